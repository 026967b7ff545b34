// First, previous, play, next, last; the slider; speed; zoom.

const SPEEDS = [0.5, 1, 2, 4, 8]; // steps a second

class Controls {
  constructor(stepper) {
    this.stepper = stepper;
    const go = (to) => () => stepper.act(to);
    this.first = button("First step (Home)", ICONS.first, go("first"));
    this.back = button("Previous step (left arrow)", ICONS.back, go("back"));
    this.play = button("Play (space)", ICONS.play, go("play"));
    this.next = button("Next step (right arrow)", ICONS.next, go("next"));
    this.last = button("Last step (End)", ICONS.last, go("last"));
    this.slider = el("input", {
      type: "range",
      min: 0,
      max: stepper.last,
      step: 1,
      value: 0,
      "aria-label": "step",
      oninput: () => stepper.goTo(Number(this.slider.value)),
    });
    this.place = el("output", { class: "place" });
    this.speed = el(
      "select",
      { "aria-label": "speed", title: "speed of playing" },
      ...SPEEDS.map((speed) =>
        el("option", { value: speed, selected: speed === 1 }, `${speed} a second`),
      ),
    );
    const zoom = (factor) => () => stepper.viewport.zoom(factor);
    this.element = el(
      "div",
      { class: "controls" },
      el("div", { class: "buttons" }, this.first, this.back, this.play, this.next, this.last),
      el("div", { class: "slider" }, this.slider, this.marks()),
      this.place,
      this.speed,
      el(
        "div",
        { class: "buttons" },
        textButton("\u2212", "Zoom out (-)", zoom(0.8)),
        textButton("+", "Zoom in (+)", zoom(1.25)),
        textButton("fit", "Fit the picture (0)", () => stepper.viewport.fit(true)),
      ),
    );
  }

  // Where forward ends and backward begins, under the slider.
  marks() {
    const { graph, last } = this.stepper;
    const share = ((graph.computed.length + 0.5) / last) * 100;
    return el(
      "div",
      { class: "marks", "aria-hidden": "true" },
      el("span", { style: `width: ${share}%` }, "forward"),
      el("span", {}, "backward"),
    );
  }

  update(view, playing) {
    const words = { start: "start", done: "done", seed: "backward" };
    if (this.slider.value !== String(view.position)) this.slider.value = view.position;
    this.slider.setAttribute("aria-valuetext", `step ${view.position} of ${view.last}`);
    setText(this.place, `${view.position} / ${view.last} ${words[view.phase] ?? view.phase}`);
    this.first.disabled = this.back.disabled = view.position === 0;
    this.next.disabled = this.last.disabled = view.position === view.last;
    const label = playing ? "Pause (space)" : "Play (space)";
    if (this.play.title !== label) {
      this.play.title = label;
      this.play.setAttribute("aria-label", label);
      this.play.replaceChildren(icon(...(playing ? ICONS.pause : ICONS.play)));
    }
  }
}

function button(label, paths, onclick) {
  return el(
    "button",
    { type: "button", title: label, "aria-label": label, onclick },
    icon(...paths),
  );
}

function textButton(text, label, onclick) {
  return el("button", { type: "button", title: label, "aria-label": label, onclick }, text);
}
