// The stepper itself: what is shown, and how the viewer moves through it.

class Stepper {
  constructor(host, data, gates) {
    this.data = data;
    this.gates = gates;
    this.graph = makeGraph(data);
    this.words = new Words(this.graph);
    this.last = 2 * this.graph.computed.length + 2;
    this.position = 0;
    this.playing = null;
    this.mistake = data.mistake;
    this.path = new Set();
    this.recorded = recordedRun(this.graph);
    this.setRun(this.recorded);
    this.build(host);
    this.setMistake(this.mistake);
    this.render();
  }

  build(host) {
    const pick = (node) => this.pick(node);
    const { data } = this;
    this.picture = new Picture(this.graph, data.description, pick);
    this.wrongPicture = new Picture(this.graph, `${data.description} With a mistake.`, pick);
    const help = "The graph. Drag to move it; plus, minus and 0 zoom; the arrow keys step.";
    this.viewport = new Viewport([{ picture: this.picture }], help);
    this.controls = new Controls(this);
    this.explanation = new Explanation(this.graph, this.words);
    this.tools = new Tools(this);
    this.live = el("p", { class: "unseen", "aria-live": "polite", role: "status" });
    this.element = el(
      "div",
      { class: "stepper", onkeydown: (event) => this.key(event) },
      el("h2", {}, data.title),
      el(
        "div",
        { class: "stage" },
        el("div", { class: "scene" }, this.viewport.element, legend(), this.controls.element),
        this.explanation.element,
        this.tools.element,
      ),
      this.live,
    );
    host.append(this.element);
  }

  // -- numbers --

  setRun(run) {
    this.run = run;
    this.right = runBackward(this.graph, run);
    this.nonfinite = this.graph.nodes.find((node) => !Number.isFinite(run.values[node])) ?? null;
    this.largest = 0;
    for (const { given } of this.right.steps) {
      for (const { value } of given) {
        if (Number.isFinite(value)) this.largest = Math.max(this.largest, Math.abs(value));
      }
    }
    this.setWrong();
  }

  setWrong() {
    this.wrong = null;
    if (!this.mistake) return;
    this.wrong = runBackward(this.graph, this.run, this.mistake, this.right.adjoint);
    this.wrong.first = firstDifference(this.right, this.wrong);
  }

  setMistake(mistake) {
    this.mistake = mistake;
    this.setWrong();
    const pictures = [{ picture: this.picture, caption: mistake ? "right" : "" }];
    if (mistake) {
      const caption = `wrong: ${this.data.mistakes[mistake].title}`;
      pictures.push({ picture: this.wrongPicture, caption });
    }
    this.viewport.show(pictures);
  }

  // -- moving --

  goTo(position) {
    this.position = Math.min(this.last, Math.max(0, position));
    this.tools.asked();
    this.render();
    if (this.position === this.last) this.stop();
  }

  act(what) {
    if (what === "play") {
      if (this.playing) this.stop();
      else this.start();
      return;
    }
    this.stop();
    const to = { first: 0, back: this.position - 1, next: this.position + 1, last: this.last };
    this.goTo(to[what]);
  }

  start() {
    if (this.position === this.last) this.goTo(0);
    const beat = () => {
      this.playing = setTimeout(beat, 1000 / Number(this.controls.speed.value));
      this.goTo(this.position + 1);
    };
    this.playing = setTimeout(beat, 250);
    this.render();
  }

  stop() {
    clearTimeout(this.playing);
    if (!this.playing) return;
    this.playing = null;
    this.render();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const within = event.target.localName;
    const type = event.target.getAttribute("type");
    if (within === "select" || (within === "input" && type !== "checkbox")) return;
    if (event.key === " " && (within === "button" || within === "input")) return;
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

  // A click on a node: to the step that it is at work in, or for a leaf to its tools.
  pick(node) {
    this.stop();
    const index = this.graph.computed.indexOf(node);
    const forward = this.graph.computed.length;
    if (index < 0) this.tools.pick(node);
    else this.goTo(this.position <= forward ? index + 1 : 2 * forward - index + 1);
  }

  // -- showing --

  phaseAt(position) {
    const forward = this.graph.computed.length;
    if (position === 0) return "start";
    if (position <= forward) return "forward";
    if (position === forward + 1) return "seed";
    return position === this.last ? "done" : "backward";
  }

  view(back) {
    const { graph, position } = this;
    const forward = graph.computed.length;
    const phase = this.phaseAt(position);
    const step = phase === "backward" ? back.steps[position - forward - 2] : null;
    const node = { forward: graph.computed[position - 1], seed: graph.root }[phase] ?? step?.node;
    const lit = new Set();
    const touched = new Set();
    if (node !== undefined && phase !== "seed") {
      for (const edge of graph.feeds[node]) {
        if (step && local(this.run, edge) === null) continue;
        lit.add(edge.id);
        if (edge.operand >= 0) touched.add(edge.operand);
      }
    }
    return {
      position,
      last: this.last,
      phase,
      backward: position > forward,
      node: node ?? null,
      step,
      lit,
      touched,
      run: this.run,
      path: this.path,
      state: progress(graph, back, position),
      nonfinite: this.nonfinite,
      largest: this.largest,
      hidden: { data: new Set(), grads: new Set(), edges: new Set() },
      wrong: new Set(),
    };
  }

  render() {
    const view = this.view(this.right);
    const question = this.tools.question(view);
    if (this.wrong) this.renderWrong(view);
    this.picture.update(view);
    this.explanation.update(view, question);
    this.controls.update(view, this.playing !== null);
    this.tools.update(view);
    this.viewport.follow(view.node === null ? [] : [view.node, ...view.touched]);
    setText(this.live, this.words.spoken(view));
  }

  renderWrong(view) {
    const { wrong, graph, position } = this;
    const wrongView = this.view(wrong);
    wrongView.hidden = view.hidden;
    if (position === this.last || wrong.mistake !== "order") {
      for (const [node, sum] of wrongView.state.sums) {
        if (differ(sum, view.state.sums.get(node) ?? sum)) wrongView.wrong.add(node);
      }
    }
    const index = position - graph.computed.length - 2;
    const step = wrong.steps[index];
    if (step && view.phase === "backward") {
      const first = wrong.first !== null && wrong.first.index === index;
      const past = wrong.first !== null && index >= wrong.first.index;
      const place = first ? wrong.first.place : null;
      view.wrongStep = { step, first, differs: past, place, mistake: wrong.mistake };
      const at = place === null ? step.node : step.given[place].operand;
      if (first) wrongView.wrong.add(at);
    }
    this.wrongPicture.update(wrongView);
  }
}

function legend() {
  const line = (mark) =>
    svg(
      "svg",
      { width: 34, height: 8, "aria-hidden": "true", class: `edge handed ${mark}` },
      svg("path", { class: "line", d: "M0 4H34", "stroke-width": 2.5 }),
    );
  return el(
    "p",
    { class: "legend" },
    el("span", {}, "gradient handed back: "),
    el("span", {}, line("positive"), " positive"),
    el("span", {}, line("negative"), " negative"),
    el("span", {}, "wider: larger"),
  );
}
