// The film itself: a slider over the epochs moves the network, its answers and the loss together.

class Film {
  constructor(root, data, program) {
    this.data = data;
    this.program = program;
    this.frames = data.frames.map(([epoch, numbers]) => [epoch, numbers.map(Number)]);
    this.index = this.frames.length - 1;
    this.point = data.inputs[0];
    this.playing = null;
    this.network = new NetworkPicture(data);
    const drawable = data.sizes[0] === 2 || (data.sizes[0] === 1 && !data.targets.includes(null));
    const answer = (point, parameters) => this.columns(point, parameters).at(-1);
    this.map = drawable
      ? new AnswerMap(data, answer, (point) => {
          this.point = point;
          this.render();
        })
      : null;
    this.loss = new LossCurve(data.losses, (epoch) => this.toEpoch(epoch));
    this.words = el("p", { role: "status", "aria-live": "polite" });
    this.where = el("p", { class: "where" });
    this.build(root);
    this.render();
    new MutationObserver(() => this.render()).observe(root.host, {
      attributeFilter: ["data-theme"],
    });
  }

  build(root) {
    const act = (what) => () => this.act(what);
    this.play = button("Play (space)", ICONS.play, act("play"));
    this.slider = el("input", {
      type: "range",
      min: 0,
      max: this.frames.length - 1,
      value: this.index,
      "aria-label": "frame",
      oninput: () => this.goTo(Number(this.slider.value)),
    });
    const controls = el(
      "div",
      { class: "controls" },
      el(
        "div",
        { class: "buttons" },
        button("First frame (Home)", ICONS.first, act("first")),
        button("Previous frame (left arrow)", ICONS.back, act("back")),
        this.play,
        button("Next frame (right arrow)", ICONS.next, act("next")),
        button("Last frame (End)", ICONS.last, act("last")),
      ),
      el("div", { class: "slider" }, this.slider),
    );
    root.append(
      el(
        "div",
        { class: "stepper film", onkeydown: (event) => this.key(event) },
        el("h2", {}, this.data.title),
        controls,
        this.words,
        el(
          "div",
          { class: "panels" },
          el("figure", {}, el("figcaption", {}, "the network"), this.network.element, this.where),
          this.map
            ? el(
                "figure",
                {},
                el("figcaption", {}, "its answers"),
                this.map.canvas,
                el("p", { class: "where" }, this.map.caption),
              )
            : null,
          el("figure", {}, el("figcaption", {}, "the loss"), this.loss.element),
        ),
      ),
    );
  }

  // What each layer gives at a point, the inputs first.
  columns(point, parameters) {
    const all = this.program([...point, ...parameters]);
    const columns = [point];
    let start = 0;
    for (const size of this.data.sizes.slice(1)) {
      columns.push(all.slice(start, start + size));
      start += size;
    }
    return columns;
  }

  goTo(index) {
    this.index = Math.min(this.frames.length - 1, Math.max(0, index));
    this.render();
  }

  // To the frame that is nearest to an epoch.
  toEpoch(epoch) {
    const off = this.frames.map(([at]) => Math.abs(at - epoch));
    this.stop();
    this.goTo(off.indexOf(Math.min(...off)));
  }

  act(what) {
    if (what === "play") {
      if (this.playing) this.stop();
      else this.start();
      return;
    }
    this.stop();
    const last = this.frames.length - 1;
    this.goTo({ first: 0, back: this.index - 1, next: this.index + 1, last }[what]);
  }

  start() {
    if (this.index === this.frames.length - 1) this.goTo(0);
    const pause = Math.max(60, Math.min(500, 6000 / this.frames.length));
    this.playing = setInterval(() => {
      this.goTo(this.index + 1);
      if (this.index === this.frames.length - 1) this.stop();
    }, pause);
    this.render();
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.render();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === this.slider) return;
    const point = this.map?.moved(event, this.point);
    if (point) {
      event.preventDefault();
      event.stopPropagation();
      this.point = point;
      this.render();
      return;
    }
    if (event.key === " " && event.target.localName === "button") return;
    const what = {
      ArrowRight: "next",
      ArrowLeft: "back",
      Home: "first",
      End: "last",
      " ": "play",
    }[event.key];
    if (!what) return;
    event.preventDefault();
    event.stopPropagation();
    this.act(what);
  }

  render() {
    const [epoch, parameters] = this.frames[this.index];
    const columns = this.columns(this.point, parameters);
    this.slider.value = this.index;
    this.slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
    this.network.update(parameters, columns);
    this.map?.update(parameters, this.point);
    this.loss.update(epoch);
    const losses = this.loss.curves
      .filter(([, all]) => epoch > 0 && all[epoch - 1] !== undefined)
      .map(([name, all]) => `${name} ${show(all[epoch - 1])}`);
    const when = epoch === 0 ? "Before training" : `Epoch ${epoch}: ${losses.join(", ")}`;
    setText(this.words, when);
    const at = this.point.slice(0, 6).map(show).join(", ");
    const more = this.point.length > 6 ? ", ..." : "";
    const out = columns.at(-1).map(show).join(", ");
    setText(this.where, `at (${at}${more}) it gives ${out}`);
    const label = this.playing ? "Pause (space)" : "Play (space)";
    setAttribute(this.play, "aria-label", label);
    if (this.play.title !== label) {
      this.play.title = label;
      this.play.replaceChildren(icon(...(this.playing ? ICONS.pause : ICONS.play)));
    }
  }
}
