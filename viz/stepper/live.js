// Change a leaf: forward and backward are computed again here, and a nudge shows what is true.

const MOST_ROWS = 40;
const LABELS = ["gradient", "gradient \u00d7 nudge", "what the nudge does", "off by"];
const NUDGES = [1, 0.1, 0.01, 0.001, 0.0001];

class Live {
  constructor(stepper) {
    this.title = "Change the inputs";
    this.stepper = stepper;
    const { graph, data } = stepper;
    if (!stepper.gates) {
      this.element = el("p", {}, data.recordedOnly);
      return;
    }
    this.rows = new Map();
    this.nudge = el(
      "select",
      { "aria-label": "size of the nudge", onchange: () => stepper.render() },
      ...NUDGES.map((h) => el("option", { value: h, selected: h === 0.01 }, String(h))),
    );
    this.body = el("tbody");
    const heads = ["leaf", "value", "", ...LABELS];
    const root = stepper.words.root;
    this.element = el(
      "div",
      {},
      el(
        "p",
        {},
        `Move a leaf: everything is computed again, forward and backward. Then a nudge of `,
        this.nudge,
        ` shows what really happens to ${root}. The smaller the nudge, the better gradient \u00d7 nudge foretells it. `,
        el("button", { type: "button", onclick: () => this.reset() }, "Back to the start"),
      ),
      el(
        "div",
        { class: "scroll tall" },
        el(
          "table",
          { class: "leaves" },
          el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
          this.body,
        ),
      ),
    );
    for (const leaf of graph.leaves.slice(0, MOST_ROWS)) this.addRow(leaf);
    if (graph.leaves.length > MOST_ROWS) {
      const more = graph.leaves.length - MOST_ROWS;
      this.element.append(
        el(
          "p",
          {},
          `${count(more, "more leaf", "more leaves")}: click one in the picture to change it.`,
        ),
      );
    }
  }

  addRow(leaf, first = false) {
    const { data } = this.stepper;
    const name = data.path[leaf] ?? data.name[leaf];
    const start = Number(data.value[leaf]);
    const reach = Number.isFinite(start) ? Math.max(2, 2 * Math.abs(start)) : 2;
    const middle = Number.isFinite(start) ? start : 0;
    const field = el("input", {
      type: "text",
      inputmode: "decimal",
      size: 9,
      "aria-label": `value of ${name}`,
      onchange: () => this.typed(leaf),
      onkeydown: (event) => event.key === "Enter" && this.typed(leaf),
    });
    const slider = el("input", {
      type: "range",
      min: middle - reach,
      max: middle + reach,
      step: "any",
      "aria-label": `slider of ${name}`,
      oninput: () => this.set(leaf, Number(Number(slider.value).toPrecision(4))),
      onkeydown: (event) => this.slid(event, leaf, reach),
    });
    const cells = LABELS.map((label) => el("td", { class: "number", "data-label": label }));
    const row = el(
      "tr",
      { "data-leaf": leaf },
      el("th", { scope: "row" }, code(name)),
      el("td", {}, field),
      el("td", {}, slider),
      ...cells,
    );
    this.rows.set(leaf, { row, field, slider, cells });
    if (first) this.body.prepend(row);
    else this.body.append(row);
  }

  // A step of 1/100 of the reach for each key: step="any" has none of its own to speak of.
  slid(event, leaf, reach) {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    const now = this.stepper.run.values[leaf];
    this.set(leaf, Number((now + (way * reach) / 100).toPrecision(4)));
  }

  typed(leaf) {
    const { field } = this.rows.get(leaf);
    const text = field.value.trim();
    const number = Number(text);
    const bad = text === "" || Number.isNaN(number);
    field.setAttribute("aria-invalid", String(bad));
    field.title = bad ? "a number is wanted, such as -1.5 or 3e-4" : "";
    if (!bad) this.set(leaf, number);
  }

  set(leaf, number) {
    const { stepper } = this;
    const leaves = stepper.run.values.slice();
    leaves[leaf] = number;
    stepper.setRun(runForward(stepper.graph, stepper.gates, leaves));
    stepper.render();
  }

  reset() {
    for (const { field } of this.rows.values()) field.removeAttribute("aria-invalid");
    this.stepper.setRun(this.stepper.recorded);
    this.stepper.render();
  }

  pick(leaf) {
    if (!this.rows) return;
    if (!this.rows.has(leaf)) this.addRow(leaf, true);
    this.stepper.render();
    this.rows.get(leaf).field.focus();
  }

  update(view) {
    if (!this.rows) return;
    const h = Number(this.nudge.value);
    if (view.run === this.shown?.run && h === this.shown.h && this.rows.size === this.shown.size)
      return;
    this.shown = { run: view.run, h, size: this.rows.size };
    for (const [leaf, { field, slider, cells }] of this.rows) {
      const value = view.run.values[leaf];
      const active = field.getRootNode().activeElement;
      if (active !== field || field.getAttribute("aria-invalid") !== "true") {
        if (Number(field.value) !== value || field.value === "") field.value = String(value);
      }
      if (active !== slider) slider.value = String(value);
      slider.setAttribute("aria-valuetext", show(value));
      this.fill(cells, leaf, h, view);
    }
  }

  fill([gradient, foretold, real, off], leaf, h, view) {
    const { stepper } = this;
    const slope = stepper.right.adjoint.get(leaf) ?? 0;
    const leaves = view.run.values.slice();
    leaves[leaf] += h;
    const nudged = runForward(stepper.graph, stepper.gates, leaves).values[stepper.graph.root];
    const change = nudged - view.run.values[stepper.graph.root];
    setText(gradient, show(slope));
    setText(foretold, show(slope * h));
    setText(real, show(change));
    setText(off, show(Math.abs(change - slope * h)));
  }
}
