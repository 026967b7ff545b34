// The network's picture, which Python drew; a frame changes its lines and its lights in place.

const THIN = 0.4;
const THICK = 4.5;
const FAINT = 0.3;

class NetworkPicture {
  constructor(data) {
    this.data = data;
    const parsed = new DOMParser().parseFromString(data.network, "image/svg+xml");
    this.element = document.importNode(parsed.documentElement, true);
    const find = (id) => this.element.querySelector(`[id="${id}"]`);
    this.weights = data.weights.map(([k, i, j, place]) => ({
      place,
      line: find(`f-w${k}-${i}-${j}`),
    }));
    this.neurons = data.columns.flatMap((indices, k) =>
      indices.map((i) => {
        const group = find(`f-n${k}-${i}`);
        const [light, text] = [group.querySelector(".light"), group.querySelector(".number")];
        return { k, i, light, text, title: group.querySelector("title") };
      }),
    );
    this.thickest = Math.max(1.5, Math.min(THICK, (THICK * 60) / Math.max(1, this.weights.length)));
  }

  // columns: what each layer gives, the inputs first
  update(parameters, columns) {
    const largest = Math.max(...this.weights.map(({ place }) => Math.abs(parameters[place])));
    for (const { place, line } of this.weights) {
      const weight = parameters[place];
      const size = largest > 0 && Number.isFinite(largest) ? Math.abs(weight) / largest : 0;
      setAttribute(line, "class", `edge ${sign(weight)}`);
      setAttribute(line, "stroke-width", (THIN + this.thickest * size).toFixed(2));
      setAttribute(line, "stroke-opacity", (FAINT + (1 - FAINT) * size).toFixed(2));
      const title = line.querySelector("title");
      setText(title, `${title.textContent.split(" ")[0]} ${weight}`);
    }
    for (const { k, i, light, text, title } of this.neurons) {
      const value = columns[k][i];
      const most = Math.max(...columns[k].map(Math.abs));
      setAttribute(light, "class", `light ${sign(value)}`);
      setAttribute(
        light,
        "fill-opacity",
        (0.9 * (most > 0 ? Math.abs(value) / most : 0)).toFixed(2),
      );
      setText(text, show(value));
      setText(title, `${title.textContent.split("\n")[0]}\n${value}`);
    }
  }
}

function sign(x) {
  return x > 0 ? "positive" : x < 0 ? "negative" : "";
}
