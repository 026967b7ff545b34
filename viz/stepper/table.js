// Every step as a row; a click goes there.

const MOST_STEPS = 300;

class Table {
  constructor(stepper) {
    this.title = "All steps";
    this.stepper = stepper;
    this.body = el("tbody");
    const heads = ["step", "at", "value or gradient", "hands back", "sums so far"];
    this.element = el(
      "div",
      { class: "scroll tall" },
      el(
        "table",
        {},
        el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
        this.body,
      ),
    );
    this.more = el("p");
  }

  update(view) {
    if (this.run !== view.run) this.fill(view);
    this.run = view.run;
    for (const [i, row] of [...this.body.children].entries()) {
      const here = i + 1 === view.position;
      setAttribute(row, "class", here ? "here" : "");
      if (here) this.element.scrollTop = row.offsetTop - this.element.clientHeight / 2;
    }
  }

  fill(view) {
    const { graph, words, right } = this.stepper;
    const forward = graph.computed.map((node) => [
      words.name[node],
      `${words.formula(node)} = ${show(view.run.values[node])}`,
      "",
      "",
    ]);
    const seed = [words.root, `${words.gradient(graph.root)} = 1`, "", ""];
    const backward = right.steps.map((step) => [
      words.name[step.node],
      `${words.gradient(step.node)} = ${show(step.upstream)}`,
      step.given
        .map((given) => `${words.name[given.operand]}: ${words.product(step, given)}`)
        .join("\n"),
      step.given.map((given) => words.sum(given, "")).join("\n"),
    ]);
    const rows = [...forward, seed, ...backward].slice(0, MOST_STEPS);
    this.body.replaceChildren(...rows.map((cells, i) => this.row(cells, i + 1)));
    const left = forward.length + 1 + backward.length - rows.length;
    if (left > 0)
      this.body.append(el("tr", {}, el("td", { colspan: 5 }, `and ${count(left, "more step")}`)));
  }

  row(cells, position) {
    const go = () => this.stepper.goTo(position);
    const label = `go to step ${position}`;
    const jump = el(
      "button",
      { type: "button", "aria-label": label, onclick: go },
      String(position),
    );
    return el("tr", {}, el("td", {}, jump), ...cells.map((text) => el("td", {}, code(text))));
  }
}
