// Backprop with a mistake beside the right one.

class Mistakes {
  constructor(stepper) {
    this.title = "What goes wrong";
    this.stepper = stepper;
    const { mistakes } = stepper.data;
    this.choice = el(
      "select",
      { "aria-label": "mistake", onchange: () => this.chosen() },
      el("option", { value: "" }, "none"),
      ...Object.entries(mistakes).map(([key, { title }]) =>
        el("option", { value: key, selected: key === stepper.mistake }, title),
      ),
    );
    this.words = el("p");
    this.found = el("p", { class: "found" });
    this.jump = el(
      "button",
      { type: "button", onclick: () => this.toFirst() },
      "Go to the first wrong number",
    );
    this.element = el(
      "div",
      {},
      el("p", {}, "Backprop beside itself with a mistake: ", this.choice),
      this.words,
      this.found,
      this.jump,
    );
  }

  chosen() {
    this.stepper.setMistake(this.choice.value);
    this.stepper.render();
  }

  toFirst() {
    const { wrong, graph } = this.stepper;
    this.stepper.act("first");
    this.stepper.goTo(graph.computed.length + 2 + wrong.first.index);
  }

  update() {
    const { wrong, right, data, words } = this.stepper;
    const mistake = wrong ? data.mistakes[wrong.mistake] : null;
    setText(this.words, mistake ? mistake.words : "");
    this.jump.hidden = !wrong?.first;
    if (!wrong) return setText(this.found, "");
    if (!wrong.first)
      return setText(
        this.found,
        "It changes nothing in this graph: every number is right all the same.",
      );
    const { index, place } = wrong.first;
    const step = wrong.steps[index];
    const twin = right.steps.find((each) => each.node === step.node);
    const node = place === null ? step.node : step.given[place].operand;
    const [is, should] =
      place === null
        ? [step.upstream, twin.upstream]
        : [step.given[place].after, twin.given[place].after];
    return setText(
      this.found,
      `The first wrong number: ${words.gradient(node)} is ${show(is)} where ${show(should)} is right.`,
    );
  }
}
