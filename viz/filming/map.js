// What the network answers: over the plane of its two inputs, or along its one.

const CELLS = 90;
const SIDE = 360;

class AnswerMap {
  constructor(data, answer, onPick) {
    this.data = data;
    this.answer = answer; // (point, parameters) -> the outputs
    this.canvas = el("canvas", { width: 2 * SIDE, height: 2 * SIDE, class: "map", tabindex: "0" });
    this.canvas.setAttribute("data-lm-suppress-shortcuts", "true");
    const label = "the network's answers; a click, or the arrow keys, choose the point to look at";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    this.plane = data.sizes[0] === 2;
    const extent = (numbers) => {
      const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
      const room = 0.15 * (high - low) || 1;
      return [low - room, high + room];
    };
    this.x = extent(data.inputs.map((row) => row[0]));
    this.y = extent(this.plane ? data.inputs.map((row) => row[1]) : data.targets);
    this.canvas.addEventListener("click", (event) => {
      const box = this.canvas.getBoundingClientRect();
      const share = [
        (event.clientX - box.left) / box.width,
        1 - (event.clientY - box.top) / box.height,
      ];
      const at = [this.x, this.y].map(([low, high], i) => low + share[i] * (high - low));
      onPick(this.plane ? at : at.slice(0, 1));
    });
  }

  // What is drawn, in words.
  get caption() {
    const [x, y] = [this.x, this.y].map(([low, high]) => `${show(low)} to ${show(high)}`);
    if (!this.plane) return `input ${x} across, output ${y} up; dots: the samples`;
    const marks = "circles and squares: the samples by class, with a wide rim where answered wrong";
    return `first input ${x} across, second ${y} up; ${marks}`;
  }

  // The point, moved by a key; null for other keys.
  moved(event, point) {
    const way = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    }[event.key];
    if (!way || event.target !== this.canvas) return null;
    const extents = [this.x, this.y];
    return point.map((at, i) => at + (way[i] * (extents[i][1] - extents[i][0])) / 40);
  }

  at([low, high], value) {
    return ((value - low) / (high - low)) * SIDE;
  }

  update(parameters, point) {
    const style = getComputedStyle(this.canvas);
    this.colors = Object.fromEntries(
      ["paper", "ink", "positive", "negative", "muted", "line"].map((name) => [
        name,
        style.getPropertyValue(`--${name}`).trim(),
      ]),
    );
    const context = this.canvas.getContext("2d");
    context.setTransform(2, 0, 0, 2, 0, 0); // two pixels to a length, for sharp screens
    context.fillStyle = this.colors.paper;
    context.globalAlpha = 1;
    context.fillRect(0, 0, SIDE, SIDE);
    if (this.plane) this.paintPlane(context, parameters);
    else this.paintLine(context, parameters);
    const [x, y] = [this.at(this.x, point[0]), this.plane ? this.at(this.y, point[1]) : null];
    context.strokeStyle = this.colors.ink;
    context.lineWidth = 1;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, SIDE);
    if (y !== null) {
      context.moveTo(0, SIDE - y);
      context.lineTo(SIDE, SIDE - y);
    }
    context.stroke();
    context.setLineDash([]);
  }

  color(which) {
    const more = ["#009e73", "#cc79a7", "#8a7a00", "#56b4e9", "#5a5a5a"];
    return [this.colors.negative, this.colors.positive, ...more][which % 7];
  }

  // Which class wins at an output, and by how much.
  winner(outputs) {
    if (outputs.length === 1) {
      const score = outputs[0] - this.data.threshold;
      return [score > 0 ? 1 : 0, Math.abs(score)];
    }
    const ranked = outputs.slice().sort((a, b) => b - a);
    return [outputs.indexOf(ranked[0]), ranked[0] - ranked[1]];
  }

  paintPlane(context, parameters) {
    const step = SIDE / CELLS;
    const won = [];
    for (let row = 0; row < CELLS; row++) {
      for (let column = 0; column < CELLS; column++) {
        const share = [(column + 0.5) / CELLS, 1 - (row + 0.5) / CELLS];
        const at = [this.x, this.y].map(([low, high], i) => low + share[i] * (high - low));
        const [which, lead] = this.winner(this.answer(at, parameters));
        won.push(which);
        context.fillStyle = this.color(which);
        context.globalAlpha = 0.12 + 0.38 * (lead / (1 + lead));
        context.fillRect(column * step, row * step, step, step);
      }
    }
    context.globalAlpha = 1;
    context.fillStyle = this.colors.ink;
    for (let cell = 0; cell < won.length; cell++) {
      const [row, column] = [Math.floor(cell / CELLS), cell % CELLS];
      if (column + 1 < CELLS && won[cell] !== won[cell + 1]) {
        context.fillRect((column + 1) * step - 1, row * step, 2, step);
      }
      if (row + 1 < CELLS && won[cell] !== won[cell + CELLS]) {
        context.fillRect(column * step, (row + 1) * step - 1, step, 2);
      }
    }
    this.data.inputs.forEach((point, i) => this.paintPoint(context, parameters, point, i));
  }

  // Circles and squares for the classes, as their colours; a wide rim where the answer is wrong.
  paintPoint(context, parameters, point, i) {
    const target = this.data.targets[i];
    if (target === null) return;
    const outputs = this.answer(point, parameters);
    const wanted = outputs.length === 1 ? Number(target > 0) : target;
    const wrong = this.winner(outputs)[0] !== wanted;
    const [x, y] = [this.at(this.x, point[0]), SIDE - this.at(this.y, point[1])];
    context.beginPath();
    if (wanted === 0) context.arc(x, y, 4.2, 0, 7);
    else context.rect(x - 3.8, y - 3.8, 7.6, 7.6);
    context.fillStyle = this.color(wanted);
    context.fill();
    context.strokeStyle = wrong ? this.colors.ink : this.colors.paper;
    context.lineWidth = wrong ? 2.5 : 1;
    context.stroke();
  }

  paintLine(context, parameters) {
    context.fillStyle = this.colors.negative;
    this.data.inputs.forEach(([x], i) => {
      context.beginPath();
      context.arc(this.at(this.x, x), SIDE - this.at(this.y, this.data.targets[i]), 4.5, 0, 7);
      context.fill();
    });
    context.strokeStyle = this.colors.positive;
    context.lineWidth = 3;
    context.beginPath();
    for (let pixel = 0; pixel <= SIDE; pixel += 2) {
      const x = this.x[0] + (pixel / SIDE) * (this.x[1] - this.x[0]);
      context.lineTo(pixel, SIDE - this.at(this.y, this.answer([x], parameters)[0]));
    }
    context.stroke();
  }
}
