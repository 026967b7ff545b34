// The graph, its forward pass, and backprop: right, and wrong in the ways that people get it wrong.

function makeGraph(data) {
  const edges = [];
  const uses = data.name.map(() => []);
  const feeds = data.operands.map((operands, node) =>
    operands.map((operand, place) => {
      const edge = { id: edges.length, node, place, operand };
      edges.push(edge);
      if (operand >= 0) uses[operand].push(edge);
      return edge;
    }),
  );
  const nodes = data.name.map((_, node) => node);
  return {
    data,
    edges,
    uses, // for each node the edges along which it is an operand
    feeds, // for each node the edges to its operands, in order
    nodes,
    root: nodes.length - 1,
    computed: nodes.filter((node) => feeds[node].length > 0),
    leaves: nodes.filter((node) => feeds[node].length === 0),
    number: (operand, values) => (operand >= 0 ? values[operand] : data.constants[-1 - operand]),
  };
}

// The pass that Python recorded.
function recordedRun(graph) {
  return { values: graph.data.value.map(Number), locals: graph.data.locals };
}

// The forward pass from these leaves: values, and the local derivatives at each node.
function runForward(graph, gates, leaves) {
  const values = leaves.slice();
  const locals = graph.feeds.map(() => []);
  for (const node of graph.computed) {
    const operands = graph.data.operands[node].map((operand) => graph.number(operand, values));
    const [value, ...partials] = gates[graph.data.gate[node]](operands);
    values[node] = value;
    locals[node] = partials;
  }
  return { values, locals };
}

// What an operand is multiplied by on the way back; null for a plain number.
function local(run, edge) {
  const number = run.locals[edge.node][edge.place];
  return number === null ? null : Number(number);
}

// Backprop: THE loop. The adjoint of an operand += local derivative * adjoint of the node.
function runBackward(graph, run, mistake = "", before = null) {
  const adjoint = new Map([[graph.root, 1]]);
  if (mistake === "stale") {
    for (const leaf of graph.leaves) if (before.has(leaf)) adjoint.set(leaf, before.get(leaf));
  }
  const start = new Map(adjoint);
  const order = graph.computed.slice();
  if (mistake !== "order") order.reverse();
  const steps = order.map((node) => {
    const upstream = adjoint.get(node) ?? 0;
    const given = [];
    for (const edge of graph.feeds[node]) {
      const slope = local(run, edge);
      if (slope === null) continue;
      const value = slope * upstream;
      const known = adjoint.has(edge.operand);
      const sum = known ? adjoint.get(edge.operand) : 0;
      const after = mistake === "overwrite" || !known ? value : sum + value;
      adjoint.set(edge.operand, after);
      given.push({ edge, operand: edge.operand, local: slope, value, before: sum, after });
    }
    return { node, upstream, given };
  });
  return { start, steps, adjoint, mistake };
}

// The first number that a wrong backprop gets wrong: its step, and which contribution (or null).
function firstDifference(right, wrong) {
  const twins = new Map(right.steps.map((step) => [step.node, step]));
  for (const [index, step] of wrong.steps.entries()) {
    const twin = twins.get(step.node);
    if (differ(twin.upstream, step.upstream)) return { index, place: null };
    if (wrong.mistake === "order") continue;
    for (const [place, given] of step.given.entries()) {
      if (differ(given.after, twin.given[place].after)) return { index, place };
    }
  }
  return null;
}

function differ(a, b) {
  return a !== b && !(Number.isNaN(a) && Number.isNaN(b));
}

// How many paths lead from a leaf to the root, and the first of them, each as its edges.
function pathsFrom(graph, leaf, most) {
  const ways = new Map([[graph.root, 1]]);
  for (let node = graph.root - 1; node >= 0; node--) {
    let sum = 0;
    for (const edge of graph.uses[node]) sum += ways.get(edge.node) ?? 0;
    ways.set(node, sum);
  }
  const found = [];
  const stack = [{ node: leaf, edges: [] }];
  while (stack.length && found.length < most) {
    const { node, edges } = stack.pop();
    if (node === graph.root) {
      found.push(edges);
      continue;
    }
    for (const edge of graph.uses[node].slice().reverse()) {
      stack.push({ node: edge.node, edges: [...edges, edge] });
    }
  }
  return { total: ways.get(leaf), found };
}

// What a picture shows of each node after some steps: its class, and whether its numbers are known.
function progress(graph, back, position) {
  const forward = graph.computed.length;
  const known = Math.min(position, forward);
  const taken = Math.max(0, Math.min(back.steps.length, position - forward - 1));
  const seen = new Set(graph.leaves);
  for (let i = 0; i < known; i++) seen.add(graph.computed[i]);
  const sums = new Map();
  const handed = new Map(); // edge -> contribution
  const arrived = new Map(); // node -> how many contributions
  const done = new Set();
  if (position > forward) for (const [node, sum] of back.start) sums.set(node, sum);
  for (let i = 0; i < taken; i++) {
    const step = back.steps[i];
    done.add(step.node);
    for (const given of step.given) {
      sums.set(given.operand, given.after);
      handed.set(given.edge.id, given.value);
      arrived.set(given.operand, (arrived.get(given.operand) ?? 0) + 1);
    }
  }
  return { known: seen, sums, handed, arrived, done };
}
