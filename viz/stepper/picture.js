// The graph as a picture: laid out once, by Graphviz, when the page was made; a step changes
// numbers and marks in place.

const LINE = 17;
const PADDING = 9;
const ARROW = 7;

class Picture {
  constructor(graph, label, onPick) {
    this.graph = graph;
    this.onPick = onPick;
    const { data } = graph;
    this.width = data.width;
    this.height = data.height;
    this.edges = graph.edges.map((edge) => new EdgeShape(data.ways[edge.id]));
    this.nodes = graph.nodes.map((node) => new NodeShape(data, node));
    const constants = data.constants.map((number, i) =>
      constantShape(number, data.constantBoxes[i]),
    );
    this.scene = svg(
      "g",
      {},
      svg("g", { class: "frames" }, data.frames.map(frameShape)),
      svg(
        "g",
        { class: "edges" },
        this.edges.map((edge) => edge.element),
      ),
      svg("g", { class: "constants" }, constants),
      svg(
        "g",
        { class: "nodes" },
        this.nodes.map((node) => node.element),
      ),
    );
    this.element = svg("svg", { class: "picture", role: "img", "aria-label": label }, this.scene);
    this.element.addEventListener("click", (event) => this.picked(event));
  }

  picked(event) {
    const found = event.target.closest("[data-node]");
    if (found) this.onPick(Number(found.getAttribute("data-node")));
  }

  // view: the run, the state by progress(), what is lit, what is hidden, and the path shown.
  update(view) {
    const { graph } = this;
    const largest = view.largest;
    for (const edge of graph.edges) {
      this.edges[edge.id].update({
        handed: view.state.handed.get(edge.id),
        lit: view.lit.has(edge.id),
        forward: view.phase === "forward",
        reached: view.state.known.has(edge.node),
        onPath: view.path.has(edge.id),
        hidden: view.hidden.edges.has(edge.id),
        largest,
      });
    }
    for (const node of graph.nodes) this.nodes[node].update(nodeView(graph, view, node));
  }

  // Where a node and its operands are, to bring them into sight.
  around(nodes) {
    const boxes = nodes.map((node) => this.graph.data.boxes[node]);
    return {
      left: Math.min(...boxes.map(([x]) => x)),
      top: Math.min(...boxes.map(([, y]) => y)),
      right: Math.max(...boxes.map(([x, , w]) => x + w)),
      bottom: Math.max(...boxes.map(([, y, , h]) => y + h)),
    };
  }
}

// Of one node: its marks, and its numbers, undefined while they are not known.
function nodeView(graph, view, node) {
  const { state, hidden } = view;
  const known = state.known.has(node);
  const sum = state.sums.get(node);
  return {
    data: known ? view.run.values[node] : undefined,
    sum,
    complete: sum !== undefined && (state.arrived.get(node) ?? 0) === graph.uses[node].length,
    hidden: hidden.data.has(node) ? "data" : hidden.grads.has(node) ? "grad" : "",
    largest: view.largest,
    marks: {
      active: node === view.node,
      touched: view.touched.has(node),
      waiting: view.backward ? sum === undefined : !known,
      wrong: view.wrong.has(node),
      nonfinite: known && node === view.nonfinite,
    },
  };
}

function signOf(x) {
  return x > 0 ? "positive" : x < 0 ? "negative" : "";
}

class NodeShape {
  constructor(data, node) {
    const [x, y, width, height, symbolWidth] = data.boxes[node];
    const symbol = data.symbol[node];
    const kind = symbol ? "operation" : "leaf";
    const called = data.path[node] ?? data.name[node];
    this.called = symbol ? `${called} = ${symbol}` : called;
    this.right = width - PADDING;
    this.kind = `node ${kind}${node === data.name.length - 1 ? " root" : ""}`;
    const radius = symbol ? 8 : 3;
    this.box = svg("rect", { class: "box", width, height, rx: radius });
    const outline = svg("rect", { class: "outline", width, height, rx: radius });
    this.bar = svg("rect", { class: "bar", height: 15, rx: 3 });
    this.title = svg("title");
    const parts = [this.title, this.box];
    if (symbol) parts.push(...symbolShape(symbol, symbolWidth, height));
    const left = symbolWidth + PADDING;
    const at = (line) => top(height) + line * LINE - 4.5;
    const bold = { class: "name", x: left, y: at(1) };
    parts.push(this.bar, svg("text", bold, data.name[node]));
    this.data = svg("text", { class: "number", x: this.right, y: at(2) });
    this.grad = svg("text", { class: "number", x: this.right, y: at(3) });
    this.label = svg("text", { class: "label", x: left, y: at(3) }, "grad");
    this.bar.setAttribute("y", at(3) - 11.5);
    parts.push(svg("text", { class: "label", x: left, y: at(2) }, "data"), this.data);
    parts.push(this.label, this.grad, outline);
    this.element = svg(
      "g",
      { class: this.kind, "data-node": node, transform: `translate(${x},${y})` },
      ...parts,
    );
  }

  update(view) {
    const marks = Object.keys(view.marks).filter((mark) => view.marks[mark]);
    setAttribute(this.element, "class", [this.kind, ...marks].join(" "));
    const old = this.view;
    const same = ["data", "sum", "complete", "hidden", "largest"].every((key) =>
      Object.is(old?.[key], view[key]),
    );
    if (!same) this.write(view); // to write numbers out takes longer than to compare them
    this.view = view;
  }

  write({ data, sum, complete, hidden, largest }) {
    const unknown = "\u00b7";
    const shown = (x, what) => (hidden === what ? "?" : x === undefined ? unknown : show(x));
    setText(this.data, shown(data, "data"));
    setText(this.grad, shown(sum, "grad"));
    setText(this.label, sum !== undefined && !complete ? "sum" : "grad");
    const inFull = [this.called];
    if (data !== undefined && hidden !== "data") inFull.push(`data ${data}`);
    if (sum !== undefined && hidden !== "grad") inFull.push(`grad ${sum}`);
    setText(this.title, inFull.join("\n"));
    const sign = sum === undefined || hidden === "grad" ? "" : signOf(sum);
    const width = sign ? 10 + weight(Math.abs(sum), largest) * 68.5 : 0;
    setAttribute(this.bar, "class", `bar ${sign}`);
    setAttribute(this.bar, "width", String(width));
    setAttribute(this.bar, "x", String(this.right + 3 - width));
  }
}

// The first line's top: three lines of text, in the middle of the box.
function top(height) {
  return (height - 3 * LINE) / 2;
}

function symbolShape(symbol, width, height) {
  const corner = `M${width} 0H8A8 8 0 0 0 0 8V${height - 8}A8 8 0 0 0 8 ${height}H${width}Z`;
  const middle = { class: "symbol", x: width / 2, y: height / 2 + 5 };
  return [svg("path", { class: "tab", d: corner }), svg("text", middle, symbol)];
}

function constantShape(number, [x, y, width, height]) {
  return svg(
    "g",
    { class: "constant", transform: `translate(${x},${y})` },
    svg("title", {}, `the number ${number}`),
    svg("rect", { class: "box", width, height, rx: height / 2 }),
    svg("text", { x: width / 2, y: height / 2 + 4.2 }, show(Number(number))),
  );
}

function frameShape([label, x, y, width, height]) {
  return svg(
    "g",
    {},
    svg("rect", { class: "frame", x, y, width, height, rx: 8 }),
    svg("text", { x: x + 9, y: y + 15 }, label),
  );
}

class EdgeShape {
  constructor([d, label]) {
    this.path = d;
    this.ends = endsOf(d);
    this.line = svg("path", { class: "line", d });
    this.glow = svg("path", { class: "glow", d });
    this.head = svg("path", { class: "head" });
    this.backwards = null;
    this.text = label ? svg("text", { x: label[0], y: label[1] + 3.5 }) : null;
    this.label = label;
    this.ground = label
      ? svg("rect", { class: "ground", x: label[0], y: label[1] - 6.5, width: 0, height: 13 })
      : null;
    const parts = [this.glow, this.line, this.head, this.ground, this.text].filter(Boolean);
    this.element = svg("g", { class: "edge" }, ...parts);
  }

  update({ handed, lit, forward, reached, onPath, hidden, largest }) {
    const back = handed !== undefined && !hidden;
    const marks = [
      lit && "lit",
      onPath && "on-path",
      back ? `handed ${signOf(handed)}` : reached && forward && "passed",
    ];
    setAttribute(this.element, "class", ["edge", ...marks.filter(Boolean)].join(" "));
    const width = (back ? 1 + 2.4 * weight(Math.abs(handed), largest) : 1) + (lit ? 1.2 : 0);
    setAttribute(this.line, "stroke-width", width.toFixed(1));
    this.turn(back || (lit && !forward), width);
    if (this.text) this.tell(back ? show(handed) : "");
  }

  // The number on the edge, on a ground of its own so that the line does not run through it.
  tell(text) {
    if (this.text.textContent === text) return;
    this.text.textContent = text;
    const width = text.length ? 6.4 * text.length + 5 : 0;
    this.ground.setAttribute("width", String(width));
    this.ground.setAttribute("x", String(this.label[0] - width / 2));
  }

  // The arrow: at the result while values go forward, at the operand when gradients come back.
  turn(backwards, width) {
    const key = `${backwards}${width}`;
    if (key === this.backwards) return;
    this.backwards = key;
    const { start, leaving, arriving, end } = this.ends;
    const [from, to] = backwards ? [leaving, start] : [arriving, end];
    this.head.setAttribute("d", arrow(from, to, backwards ? 0 : ARROW, width));
    // forwards the head fills the gap before the result, backwards the line does
    const rest = beyond(arriving, end, ARROW).join(" ");
    this.line.setAttribute("d", backwards ? `${this.path}L${rest}` : this.path);
  }
}

// The first and last points of a path of M, h and c, and the points next to them.
function endsOf(d) {
  const numbers = (text) => text.match(/-?\d+/g).map(Number);
  const [move, ...rest] = d.match(/[Mhc][^Mhc]*/g);
  let end = numbers(move);
  const points = [end];
  for (const part of rest) {
    const steps = part[0] === "h" ? [...numbers(part), 0] : numbers(part);
    const from = end;
    for (let i = 0; i < steps.length; i += 2) {
      end = [from[0] + steps[i], from[1] + steps[i + 1]];
      points.push(end);
    }
  }
  return { start: points[0], leaving: points[1], arriving: points[points.length - 2], end };
}

// The point so far past the end of a line.
function beyond([x0, y0], [x1, y1], length) {
  const whole = Math.hypot(x1 - x0, y1 - y0) || 1;
  return [x1 + ((x1 - x0) / whole) * length, y1 + ((y1 - y0) / whole) * length];
}

// An arrow head on the end of a line; ``ahead`` is how far past the end its tip is.
function arrow([x0, y0], [x1, y1], ahead, width) {
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const dx = (x1 - x0) / length;
  const dy = (y1 - y0) / length;
  const half = 2.4 + 0.7 * width;
  const tip = [x1 + ahead * dx, y1 + ahead * dy];
  const foot = [tip[0] - 8 * dx, tip[1] - 8 * dy];
  const corner = (side) => `${foot[0] - side * half * dy} ${foot[1] + side * half * dx}`;
  return `M${tip[0]} ${tip[1]}L${corner(1)} ${corner(-1)}Z`;
}
