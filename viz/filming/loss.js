// The loss by epoch, with a mark at the epoch that is shown.

const PLOT = { width: 360, height: 170, left: 58, right: 10, top: 12, bottom: 26 };

class LossCurve {
  constructor(losses, onPick) {
    this.curves = Object.entries(losses).map(([name, all]) => [name, all.map(Number)]);
    this.epochs = Math.max(1, ...this.curves.map(([, all]) => all.length));
    const finite = this.curves.flatMap(([, all]) => all.filter(Number.isFinite));
    this.low = Math.min(...finite);
    this.high = Math.max(...finite);
    this.logarithmic = this.low > 0 && this.high / this.low > 50;
    this.mark = svg("path", { class: "mark" });
    this.dot = svg("circle", { class: "dot", r: 4 });
    const label = this.logarithmic ? "loss by epoch, logarithmic" : "loss by epoch";
    const lines = this.curves.map(([name, all]) =>
      svg("path", { class: `curve ${name}`, d: this.path(all) }, svg("title", {}, name)),
    );
    this.element = svg(
      "svg",
      {
        class: "curves",
        viewBox: `0 0 ${PLOT.width} ${PLOT.height}`,
        role: "img",
        "aria-label": label,
      },
      svg("path", { class: "axis", d: this.axes() }),
      ...(finite.length ? this.labels(label) : []),
      ...lines,
      this.mark,
      this.dot,
    );
    this.element.addEventListener("click", (event) => {
      const box = this.element.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * PLOT.width;
      const room = PLOT.width - PLOT.left - PLOT.right;
      onPick(Math.round(((x - PLOT.left) / room) * this.epochs));
    });
  }

  x(epoch) {
    return PLOT.left + (epoch / this.epochs) * (PLOT.width - PLOT.left - PLOT.right);
  }

  y(loss) {
    const scale = this.logarithmic ? Math.log : (x) => x;
    const whole = scale(this.high) - scale(this.low) || 1;
    const share = (scale(loss) - scale(this.low)) / whole;
    return PLOT.height - PLOT.bottom - share * (PLOT.height - PLOT.top - PLOT.bottom);
  }

  path(all) {
    const step = Math.max(1, Math.floor(all.length / 1000));
    const points = all
      .map((loss, i) => [i + 1, loss])
      .filter(([epoch, loss]) => Number.isFinite(loss) && (epoch % step === 0 || epoch === 1));
    return points
      .map(
        ([epoch, loss], i) =>
          `${i ? "L" : "M"}${this.x(epoch).toFixed(1)} ${this.y(loss).toFixed(1)}`,
      )
      .join("");
  }

  axes() {
    const bottom = PLOT.height - PLOT.bottom;
    return `M${PLOT.left} ${PLOT.top}V${bottom}H${PLOT.width - PLOT.right}`;
  }

  labels(label) {
    const text = (x, y, words, anchor) => svg("text", { x, y, "text-anchor": anchor }, words);
    const bottom = PLOT.height - PLOT.bottom;
    return [
      text(PLOT.left - 6, this.y(this.high) + 4, show(this.high), "end"),
      text(PLOT.left - 6, this.y(this.low) + 4, show(this.low), "end"),
      text(PLOT.left, bottom + 16, "0", "middle"),
      text(PLOT.width - PLOT.right, bottom + 16, String(this.epochs), "end"),
      text((PLOT.left + PLOT.width) / 2, bottom + 16, label, "middle"),
    ];
  }

  update(epoch) {
    const x = this.x(epoch);
    this.mark.setAttribute("d", `M${x} ${PLOT.top}V${PLOT.height - PLOT.bottom}`);
    const loss = this.curves[0]?.[1][epoch - 1];
    this.dot.setAttribute("visibility", Number.isFinite(loss) ? "visible" : "hidden");
    if (!Number.isFinite(loss)) return;
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", this.y(loss));
  }
}
