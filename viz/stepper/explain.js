// The panel beside the picture: the arithmetic of the step.

class Explanation {
  constructor(graph, words) {
    this.graph = graph;
    this.words = words;
    this.element = el("section", { class: "explain", "aria-label": "this step" });
  }

  update(view, question) {
    const parts = {
      start: () => this.start(),
      forward: () => this.forward(view, question),
      seed: () => this.seed(),
      backward: () => this.backward(view, question),
      done: () => this.done(view),
    };
    this.element.replaceChildren(...parts[view.phase]().filter(Boolean));
  }

  start() {
    const { graph, words } = this;
    const leaves = count(graph.leaves.length, "leaf", "leaves");
    const operations = count(graph.computed.length, "operation");
    return [
      heading("Before the first step", `${words.root} from ${leaves}`),
      paragraph(
        `Forward: ${operations}, each computed from numbers that are known already, until ` +
          `${words.root} is known.`,
      ),
      paragraph(
        `Backward: from ${words.root} to the leaves. The gradient of a value, written ` +
          `${derivative(words.root, "value")}, says how much ${words.root} changes for each unit that ` +
          "the value changes. Every operation hands its gradient back to its operands, times its own " +
          "local derivative: that is the chain rule, once per edge.",
      ),
      paragraph(
        "Next, or the right arrow key, takes the first step; Home, End and the space bar work as " +
          "well. A click on a node goes to its step, a click on a leaf to where it can be changed.",
      ),
    ];
  }

  forward(view, question) {
    const { words } = this;
    const node = view.node;
    const name = words.name[node];
    const numbers = words.formula(node, view.run);
    const hidden = view.hidden.data.has(node);
    return [
      heading("Forward", `${name} = ${words.formula(node)}`),
      formula(`${name} = ${words.formula(node)}`),
      formula(`${" ".repeat(name.length)} = ${numbers}`),
      hidden
        ? null
        : formula(`${" ".repeat(name.length)} = ${show(view.run.values[node])}`, "result"),
      question,
      view.nonfinite === node
        ? paragraph(
            `This is the first number that is ${show(view.run.values[node])}: look here for the cause.`,
          )
        : null,
      this.uses(node),
    ];
  }

  uses(node) {
    const users = this.graph.uses[node].map((edge) => this.words.name[edge.node]);
    if (users.length < 2) return null;
    const name = this.words.name[node];
    return paragraph(
      `${name} is used ${users.length} times (${listed(users)}): on the way back its gradient is a sum.`,
    );
  }

  seed() {
    const { words } = this;
    return [
      heading("Backward begins", words.root),
      formula(`${words.gradient(this.graph.root)} = 1`, "result"),
      paragraph(
        `${words.root} changes one for one with itself. From here each node, newest first, hands its ` +
          "gradient back to what it was computed from. All its uses come before it, so that its own " +
          "sum is complete when its turn comes.",
      ),
    ];
  }

  backward(view, question) {
    const { words, graph } = this;
    const { step } = view;
    const uses = graph.uses[step.node].length;
    const name = words.name[step.node];
    const all = uses > 1 ? `: all ${uses} uses have handed back their part` : "";
    return [
      heading("Backward", `${name} = ${words.formula(step.node)}`),
      el(
        "p",
        {},
        "Its gradient is complete",
        `${all}: `,
        code(`${words.gradient(step.node)} = ${show(step.upstream)}`),
      ),
      ...(question ? [question] : []),
      ...step.given.map((given) => this.operand(view, step, given)),
      step.given.length === 0
        ? paragraph("All its operands are plain numbers: nothing to hand back.")
        : null,
      el("p", { class: "gate" }, ...words.gate(step).flatMap((line) => [line, " "])),
      this.wrong(view),
    ];
  }

  operand(view, step, given) {
    const { words } = this;
    const hidden = view.hidden.edges.has(given.edge.id);
    const to = given.operand;
    const [into, out] = [words.gradient(to), words.gradient(step.node)];
    const inner = derivative(words.name[step.node], words.name[to]);
    const rule = words.rule(given.edge);
    const slope = show(given.local);
    const lines = hidden
      ? [row("local derivative", `${inner} = ${rule}`), row("handed back", "?")]
      : [
          row("local derivative", `${inner} = ${rule}${rule === slope ? "" : ` = ${slope}`}`),
          row("handed back", words.product(step, given)),
          row("sum so far", words.sum(given, ""), "result"),
        ];
    return el(
      "div",
      { class: `operand ${hidden ? "" : signOf(given.value)}` },
      el("h4", {}, "to ", code(words.name[to])),
      formula(`${into} += ${out}${TIMES}${inner}`, "rule"),
      el("dl", {}, ...lines),
      hidden ? null : this.ledger(view, to),
    );
  }

  // Who has handed back what to a value that is used more than once.
  ledger(view, node) {
    const edges = this.graph.uses[node];
    if (edges.length < 2) return null;
    const rows = edges
      .slice()
      .sort((a, b) => b.node - a.node || a.place - b.place)
      .slice(0, 12)
      .map((edge) => {
        const handed = view.state.handed.get(edge.id);
        const text = handed === undefined ? "to come" : show(handed);
        const from = this.words.name[edge.node];
        return el(
          "li",
          { class: handed === undefined ? "waiting" : "" },
          code(from),
          el("span", {}, text),
        );
      });
    const sum = show(view.state.sums.get(node));
    const more = edges.length > 12 ? el("li", {}, `and ${edges.length - 12} more`) : null;
    return el(
      "div",
      { class: "ledger" },
      el(
        "p",
        {},
        `${this.words.name[node]} is used ${edges.length} times; its gradient adds up from`,
      ),
      el(
        "ul",
        {},
        ...rows,
        more,
        el("li", { class: "total" }, el("span", {}, "sum so far"), el("span", {}, sum)),
      ),
    );
  }

  // The same step as the mistake takes it.
  wrong(view) {
    const { words } = this;
    if (!view.wrongStep) return null;
    const { step, first, differs, place } = view.wrongStep;
    const { mistake } = view.wrongStep;
    const sums = step.given.map((given, i) => {
      const line = `${words.gradient(given.operand)} = ${words.sum(given, mistake)}`;
      return formula(line, first && place === i ? "cross" : "");
    });
    const at = `${words.gradient(step.node)} = ${show(step.upstream)}`;
    return el(
      "div",
      { class: `operand mistake ${differs ? "differs" : ""}` },
      el("h4", {}, first ? "Here it goes wrong: the first wrong number" : "With the mistake"),
      formula(`at ${words.name[step.node]}, ${at}`, first && place === null ? "cross" : ""),
      ...sums,
    );
  }

  done(view) {
    const { graph, words } = this;
    const leaves = graph.leaves.slice(0, 12);
    const rows = leaves.map((leaf) =>
      el(
        "tr",
        {},
        el("td", {}, code(words.name[leaf])),
        el("td", { class: "number" }, show(view.run.values[leaf])),
        el("td", { class: "number" }, show(view.state.sums.get(leaf) ?? 0)),
      ),
    );
    const more = graph.leaves.length - leaves.length;
    return [
      heading("Done", `${words.root} = ${show(view.run.values[graph.root])}`),
      paragraph(
        "Every gradient is complete. A step against it makes " +
          `${words.root} smaller, a step along it larger: that is what an optimizer does.`,
      ),
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ...["leaf", "data", "gradient"].map((text, i) =>
              el("th", { class: i ? "number" : "" }, text),
            ),
          ),
        ),
        el("tbody", {}, ...rows),
      ),
      more > 0 ? paragraph(`and ${more} more leaves`) : null,
      paragraph("Change an input below and see whether the gradient told the truth."),
    ];
  }
}

function heading(phase, what) {
  return el("header", {}, el("p", { class: "phase" }, phase), el("h3", {}, what));
}

function paragraph(text) {
  return el("p", {}, text);
}

function code(text) {
  return el("code", {}, text);
}

function formula(text, mark = "") {
  return el("pre", { class: `formula ${mark}` }, text);
}

function row(term, text, mark = "") {
  return el("div", { class: mark }, el("dt", {}, term), el("dd", {}, text));
}

function listed(names) {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown}, ...` : shown;
}
