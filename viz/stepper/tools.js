// What can be done beside stepping: each tool is a panel that a button opens.

class Tools {
  constructor(stepper) {
    this.stepper = stepper;
    this.predict = new Predict(stepper);
    this.tools = [
      new Live(stepper),
      new Paths(stepper),
      this.predict,
      new Mistakes(stepper),
      new Table(stepper),
    ];
    this.open = null;
    this.panel = el("div", { class: "panel" });
    this.buttons = this.tools.map((tool) =>
      el(
        "button",
        { type: "button", "aria-expanded": "false", onclick: () => this.toggle(tool) },
        tool.title,
      ),
    );
    this.element = el(
      "div",
      { class: "tools" },
      el("div", { class: "tabs" }, this.buttons),
      this.panel,
    );
    const first = stepper.mistake ? this.tools[3] : this.tools[0];
    this.toggle(first, false);
  }

  toggle(tool, render = true) {
    const closing = this.open === tool;
    this.open?.close?.();
    this.open = closing ? null : tool;
    this.buttons.forEach((each, i) => {
      each.setAttribute("aria-expanded", String(this.tools[i] === this.open));
    });
    this.panel.replaceChildren(...(this.open ? [this.open.element] : []));
    this.open?.opened?.();
    if (render) this.stepper.render();
  }

  // The form to answer in place of a number, where the viewer is to predict it.
  question(view) {
    return this.open === this.predict ? this.predict.question(view) : null;
  }

  asked() {
    this.predict.forget();
  }

  pick(leaf) {
    const [live, paths] = this.tools;
    if (this.open !== paths && this.open !== live) this.toggle(live);
    this.open.pick(leaf);
  }

  update(view) {
    this.open?.update?.(view);
  }
}
