// Predict: the number of the step stays hidden until the viewer has typed a guess.

class Predict {
  constructor(stepper) {
    this.title = "Predict";
    this.stepper = stepper;
    this.answered = false;
    this.asked = this.near = 0;
    this.score = el("p");
    this.element = el(
      "div",
      {},
      el(
        "p",
        {},
        "Step through, and work each number out before you see it: forward what a node comes to, " +
          "backward what it hands back to one operand. Close this to see all numbers again.",
      ),
      this.score,
    );
  }

  opened() {
    this.forget();
  }

  forget() {
    this.answered = false;
    this.form = null;
  }

  update() {
    const { asked, near } = this;
    setText(this.score, asked ? `${near} of ${count(asked, "guess", "guesses")} within 1%.` : "");
  }

  // Hide in the view what is asked for; the form that asks.
  question(view) {
    const target = this.target(view);
    if (!target) return null;
    if (!this.answered) {
      if (view.phase === "forward") view.hidden.data.add(view.node);
      else {
        for (const given of view.step.given) {
          view.hidden.edges.add(given.edge.id);
          view.hidden.grads.add(given.operand);
        }
      }
    }
    this.form ??= this.makeForm(target);
    return this.form;
  }

  target(view) {
    const { words } = this.stepper;
    if (view.phase === "forward") {
      return { text: `What is ${words.name[view.node]}?`, number: view.run.values[view.node] };
    }
    const open = view.step?.given.filter((given) => given.local !== 1) ?? [];
    const given = open[0] ?? view.step?.given[0];
    if (!given) return null;
    const inner = derivative(words.name[view.step.node], words.name[given.operand]);
    const text = `What does ${words.name[given.operand]} get: ${words.gradient(view.step.node)}${TIMES}${inner}?`;
    return { text, number: given.value };
  }

  makeForm({ text, number }) {
    const field = el("input", { type: "text", inputmode: "decimal", size: 9, "aria-label": text });
    const reply = el("p", { class: "reply", role: "status" });
    const answer = (guess) => {
      this.answered = true;
      field.disabled = true;
      for (const each of form.querySelectorAll("button")) each.remove();
      setText(reply, guess === null ? `It is ${show(number)}.` : this.judged(guess, number));
      this.stepper.render();
      this.stepper.controls.next.focus();
    };
    const form = el(
      "form",
      {
        class: "question",
        onsubmit: (event) => {
          event.preventDefault();
          const guess = Number(field.value);
          const bad = field.value.trim() === "" || Number.isNaN(guess);
          field.setAttribute("aria-invalid", String(bad));
          if (bad) setText(reply, "A number is wanted, such as -1.5 or 3e-4.");
          else answer(guess);
        },
      },
      el("label", {}, `${text} `, field),
      el("button", { type: "submit" }, "Check"),
      el("button", { type: "button", onclick: () => answer(null) }, "Show me"),
      reply,
    );
    return form;
  }

  judged(guess, number) {
    const off = Math.abs(guess - number);
    const near = off <= 0.01 * Math.abs(number) || !differ(guess, number);
    this.asked += 1;
    if (near) this.near += 1;
    if (off === 0) return `Right: it is ${show(number)}.`;
    const said = near ? "Right, within 1%" : `Off by ${show(off)}`;
    const sign = guess === -number && number !== 0 ? " The sign is the other way round." : "";
    return `${said}: you said ${show(guess)}, it is ${show(number)}.${sign}`;
  }
}
