// What a step says: in formulas and in words, for the panel and for those who listen.

const TIMES = " \u00d7 ";

class Words {
  constructor(graph) {
    this.graph = graph;
    this.name = graph.data.name;
    this.root = this.name[graph.root];
  }

  gradient(node) {
    return derivative(this.root, this.name[node]);
  }

  // "w * x", or with numbers "2 * (-3)"
  formula(node, run = null) {
    const { data } = this.graph;
    const parts = data.operands[node].map((operand) => {
      if (run) return signed(Number(this.graph.number(operand, run.values)));
      return operand >= 0 ? this.name[operand] : "";
    });
    const text = filledIn(data.templates[data.formula[node]], parts);
    return run ? tidy(text) : text;
  }

  // The local derivative as its rule has it: "1 - tanh(n)**2"
  rule(edge) {
    const { data } = this.graph;
    const parts = data.operands[edge.node].map((operand) => this.name[operand] ?? "");
    return filledIn(data.templates[data.rules[edge.node][edge.place]], parts);
  }

  sum(given, mistake) {
    const added = `${show(given.before)} + ${signed(given.value)} = ${show(given.after)}`;
    return mistake === "overwrite"
      ? `${show(given.after)}, which was ${show(given.before)}`
      : added;
  }

  product(step, given) {
    return `${show(step.upstream)}${TIMES}${signed(given.local)} = ${show(given.value)}`;
  }

  // What the gate does with a gradient, as the table has it, and what it does here.
  gate(step) {
    const { data } = this.graph;
    const general = data.gates[data.gate[step.node]].words;
    const here = this.here(step);
    return [`${general[0].toUpperCase()}${general.slice(1)}.`, ...here];
  }

  here({ node, upstream, given }) {
    const slopes = given.map((each) => Math.abs(each.local));
    const said = [];
    if (given.length === 1 && slopes[0] === 0) {
      said.push("Here it is flat: its local derivative is 0, so nothing gets through.");
    } else if (given.length === 1 && slopes[0] < 0.01) {
      const size = show(given[0].local);
      said.push(`Here it is saturated, nearly flat: only ${size} of the gradient gets through.`);
    } else if (given.length > 1 && slopes.includes(0) && slopes.some((slope) => slope === 1)) {
      const open = given.filter((each) => Math.abs(each.local) === 1);
      const names = open.map((each) => this.name[each.operand]).join(" and ");
      said.push(`Here all of it goes to ${names}.`);
    } else if (given.some((each) => each.local === 0)) {
      const shut = given.filter((each) => each.local === 0).map((each) => this.name[each.operand]);
      said.push(`Here ${shut.join(" and ")} gets nothing: the local derivative is 0.`);
    }
    if (upstream === 0)
      said.push(`Nothing came back to ${this.name[node]}, so it has nothing to hand on.`);
    const operands = given.map((each) => each.operand);
    const twice = operands.find((operand, i) => operands.indexOf(operand) !== i);
    if (twice !== undefined) {
      said.push(
        `${this.name[twice]} is an operand twice, so it gets a part twice: the parts add up.`,
      );
    }
    return said;
  }

  // One sentence or two for aria-live.
  spoken(view) {
    const where = `Step ${view.position} of ${view.last}.`;
    const { name, graph } = this;
    if (view.phase === "start")
      return `${where} The leaves have their numbers; nothing is computed yet.`;
    if (view.phase === "forward") {
      if (view.hidden.data.size)
        return `${where} Forward. What is ${name[view.node]} = ${this.formula(view.node)}?`;
      const value = show(view.run.values[view.node]);
      return `${where} Forward. ${name[view.node]} = ${this.formula(view.node)} = ${value}.`;
    }
    if (view.phase === "seed")
      return `${where} Backward begins: ${this.gradient(graph.root)} is 1.`;
    if (view.phase === "done") return `${where} Done: every gradient is complete.`;
    const { step } = view;
    const begin = `${where} Backward at ${name[step.node]}, gradient ${show(step.upstream)}.`;
    if (view.hidden.grads.size) return `${begin} What does it hand back?`;
    const parts = step.given.map(
      (each) =>
        `${name[each.operand]} gets ${this.product(step, each)}, so far ${show(each.after)}`,
    );
    return `${begin} ${parts.join("; ")}.`;
  }
}
