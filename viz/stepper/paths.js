// Every path from a leaf to the root, with its product of local derivatives: they sum to the gradient.

const MOST_PATHS = 100;

class Paths {
  constructor(stepper) {
    this.title = "Paths";
    this.stepper = stepper;
    const { graph, data } = stepper;
    this.choice = el(
      "select",
      { "aria-label": "leaf", onchange: () => this.chosen() },
      ...graph.leaves.map((leaf) =>
        el("option", { value: leaf }, data.path[leaf] ?? data.name[leaf]),
      ),
    );
    this.list = el("ol", { class: "paths" });
    this.sum = el("p", { class: "sum" });
    this.element = el(
      "div",
      {},
      el(
        "p",
        {},
        "Every path from ",
        this.choice,
        ` to ${stepper.words.root}, and the product of the local derivatives along it. A path that is pointed at is lit alone.`,
      ),
      el("div", { class: "scroll" }, this.list),
      this.sum,
    );
  }

  opened() {
    this.light(null);
  }

  close() {
    this.stepper.path = new Set();
  }

  pick(leaf) {
    this.choice.value = String(leaf);
    this.chosen();
  }

  chosen() {
    this.light(null);
    this.stepper.render();
  }

  get leaf() {
    return Number(this.choice.value);
  }

  // Light one path, or all that the leaf has.
  light(path) {
    const { graph } = this.stepper;
    const edges = new Set();
    if (path) for (const edge of path) edges.add(edge.id);
    else {
      const reached = new Set([this.leaf]);
      for (const edge of graph.edges) {
        if (!reached.has(edge.operand)) continue;
        edges.add(edge.id);
        reached.add(edge.node);
      }
    }
    this.stepper.path = edges;
  }

  update(view) {
    const { graph, words } = this.stepper;
    const key = `${this.leaf} ${view.run.values.join()}`;
    if (key === this.shown) return;
    this.shown = key;
    const { total, found } = pathsFrom(graph, this.leaf, MOST_PATHS);
    let sum = 0;
    const items = found.map((path) => {
      const factors = path.map((edge) => local(view.run, edge));
      const product = factors.reduce((a, b) => a * b, 1);
      sum += product;
      const nodes = [this.leaf, ...path.map((edge) => edge.node)].map((node) => words.name[node]);
      const alone = (on) => () => {
        this.light(on ? path : null);
        this.stepper.render();
      };
      return el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            onfocus: alone(true),
            onblur: alone(false),
            onmouseenter: alone(true),
            onmouseleave: alone(false),
          },
          el("span", {}, nodes.join(" \u2192 ")),
          el(
            "code",
            {},
            `${factors.map((x, i) => (i ? signed(x) : show(x))).join(TIMES)} = ${show(product)}`,
          ),
        ),
      );
    });
    this.list.replaceChildren(...items);
    setText(this.sum, this.told(total, found.length, sum));
  }

  told(total, listed, sum) {
    const gradient = show(this.stepper.right.adjoint.get(this.leaf) ?? 0);
    const name = this.stepper.words.gradient(this.leaf);
    if (total === listed) {
      const all = total === 1 ? "The one path gives" : `The sum over all ${total} paths is`;
      return `${all} ${show(sum)}; backprop's ${name} is ${gradient}.`;
    }
    return (
      `There are ${show(total)} paths; the first ${listed} are listed, and sum to ${show(sum)}. ` +
      `All of them together make ${name} = ${gradient}. Backprop never lists them: it adds up at each ` +
      "node and hands on the sum, so that every edge is used once."
    );
  }
}
