"""Frames by module call, and what a large graph becomes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
import viz
from autograd import Value
from viz.build import build
from viz.card import EDGE_CELL
from viz.names import Known


def labels(graph):
    """The full path of each frame."""
    by_id = {group.id: group for group in graph.groups}
    paths = {}
    for group in graph.groups:
        around = paths.get(by_id[group.parent].id) + "/" if group.parent else ""
        paths[group.id] = around + group.label
    return paths


def inputs(n):
    return [Value(0.1 * (i + 1), name=f"x{i}") for i in range(n)]


def test_frames_by_layer_and_neuron_hold_their_operations_and_parameters():
    model = nn.MLP(2, [2, 1], rng=0)
    x = inputs(2)
    loss = (model(x) - 1) ** 2
    graph = viz.draw(loss).graph
    paths = labels(graph)
    assert sorted(paths.values()) == [
        "MLP",
        "MLP/layers.0",
        "MLP/layers.0/neurons.0",
        "MLP/layers.0/neurons.1",
        "MLP/layers.1",
        "MLP/layers.1/neurons.0",
    ]
    where = {}
    for node in graph.nodes:
        where.setdefault(paths.get(node.group, "outside"), []).append(node)
    for path in paths.values():
        if "neurons" in path:
            leaves = [node for node in where[path] if node.kind == "leaf"]
            assert len(leaves) == 3, "two weights and a bias"
            assert not any("layers" in node.name for node in leaves), "the frame says so already"
    outside = {node.name for node in where["outside"] if node.kind == "leaf"}
    assert outside == {"x0", "x1"}
    assert {node.symbol for node in where["outside"] if node.kind == "operation"} == {"-", "**"}


@given(st.integers(1, 3), st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_each_operation_stands_in_the_frame_of_the_neuron_that_made_it(n, widths):
    model = nn.MLP(n, widths, rng=0)
    graph = build(_as_list(model(inputs(n))), Known(parameters=frozenset(model.parameters())))
    paths = labels(graph)
    neurons = [path for path in paths.values() if path.rpartition("/")[2].startswith("neurons")]
    assert len(neurons) == sum(widths)
    frame = {node.id: paths.get(node.group, "") for node in graph.nodes}
    for edge in graph.edges:
        tail, head = frame[edge.tail], frame[edge.head]
        assert "neurons" in head
        if tail != head and tail:  # from one layer to the next
            layer = [int(path.split("/")[1].removeprefix("layers.")) for path in (tail, head)]
            assert layer[1] == layer[0] + 1


def _as_list(output):
    return output if isinstance(output, list) else [output]


def test_collapsed_to_neurons_then_to_layers():
    model = nn.MLP(2, [16, 16, 1], rng=0)
    x = inputs(2)
    loss = (model(x) - 1) ** 2
    loss.backward()
    whole = viz.draw(loss, max_nodes=5000).graph
    assert whole.caption == ""
    assert not any(node.kind == "group" for node in whole.nodes)
    neurons = viz.draw(loss, max_nodes=100).graph
    boxes = [node for node in neurons.nodes if node.kind == "group"]
    assert len(boxes) == 33
    assert "collapsed to neurons" in neurons.caption
    assert boxes[0].name == "neurons.0"
    assert "3 parameters" in boxes[0].details
    outputs = [node for node in boxes if node.data is not None]
    assert outputs == boxes, "a neuron's box shows its output"
    layers = viz.draw(loss, max_nodes=20).graph
    boxes = [node for node in layers.nodes if node.kind == "group"]
    assert [node.name for node in boxes] == ["layers.0", "layers.1", "layers.2"]
    assert "collapsed to layers" in layers.caption
    counts = {(e.tail, e.head): e.count for e in layers.edges}
    assert counts[boxes[0].id, boxes[1].id] == 16 * 16
    for graph in (whole, neurons, layers):
        assert graph.size == whole.size
        held = sum(
            sum(int(d.split()[0]) for d in node.details if "operation" in d or "parameter" in d)
            if node.kind == "group"
            else node.kind != "constant"
            for node in graph.nodes
        )
        assert held == graph.size, "every value is in one box"


def test_the_digits_network_is_drawn_small():
    model = nn.MLP(784, [16, 16, 10], rng=0)
    pixels = [Value(i / 784) for i in range(784)]
    drawing = viz.draw(model(pixels))
    graph = drawing.graph
    assert graph.size > 26_000
    assert len(graph.nodes) < 60
    many = [node for node in graph.nodes if "784 leaves" in node.details]
    assert [node.name for node in many] == ["pixels[0] … pixels[783]"]
    assert drawing.svg().count('class="node"') == len(graph.nodes)


def test_a_batch_shows_the_network_once():
    model = nn.MLP(2, [4, 1], rng=0)
    total = sum(model([0.1 * i, 0.2]) ** 2 for i in range(30))
    graph = viz.draw(total, max_nodes=100).graph
    neurons = [node for node in graph.nodes if node.kind == "group"]
    assert "all calls in one" in graph.caption
    assert all("in 30 calls" in node.details for node in neurons)
    assert not graph.groups


@given(st.integers(2, 60), st.integers(0, 400))
def test_never_more_nodes_than_asked_for(max_nodes, seed):
    import random

    rng = random.Random(seed)
    values = [Value(1.0)]
    for _ in range(80):
        a, b = rng.choice(values[-8:]), rng.choice(values)
        values.append(rng.choice([a + b, a * b, a - 2.0, a.tanh()]))
    graph = build(values[-1], max_nodes=max_nodes)
    assert len(graph.nodes) <= max(max_nodes, 4), "a root is drawn with its plain numbers"
    assert any(node.root for node in graph.nodes)
    more = [node for node in graph.nodes if node.kind == "more"]
    shown = sum(node.kind not in ("constant", "more") for node in graph.nodes)
    if more:
        assert more[0].details == (f"{graph.size - shown:,} more values",)
        assert f"{graph.size - shown:,} of {graph.size:,} values left out" in graph.caption
    else:
        assert shown == graph.size


def test_of_what_is_too_much_even_collapsed_the_nearest_is_drawn():
    model = nn.MLP(1, [8, 1], rng=0)
    x = far = Value(1.0, name="x")
    for _ in range(100):
        far = far.tanh()
    near = model([far])
    for _ in range(3):
        near = near * near
    x.data = 2.0
    drawing = viz.draw(near, max_nodes=8, rankdir="TB")
    kinds = [node.kind for node in drawing.graph.nodes]
    assert kinds == ["more", "operation", "operation", "operation", "group"] + ["operation"] * 3
    svg = drawing.svg()
    first, *others = re.findall(r'<g [^>]*class="node".*?</g>', svg, re.DOTALL)
    assert "98 more values" in first
    assert "stroke-dasharray" in first
    assert not any("stroke-dasharray" in box for box in others)
    # the caption is longer than the picture is wide
    width = float(re.search(r' width="([\d.]+)"', svg)[1])
    lines = re.findall(r'x="12" y="[\d.]+">([^<]*)</text>', svg)
    assert " ".join(lines) == drawing.graph.caption
    assert len(lines) == 2
    assert max(map(len, lines)) * EDGE_CELL < width - 24


def test_a_network_that_feeds_itself_has_edges_backwards():
    model = nn.MLP(2, [3, 2], rng=0)
    state = inputs(2)
    for _ in range(30):
        state = model(state)
    drawing = viz.draw(state[0] * state[1], max_nodes=12)
    names = {node.id: node.name for node in drawing.graph.nodes}
    back = [e for e in drawing.graph.edges if "layers.1" in names[e.tail] and e.count > 1]
    assert sorted((names[e.tail], names[e.head], e.count) for e in back) == [
        (f"layers.1.neurons.{i}", f"layers.0.neurons.{j}", 29) for i in range(2) for j in range(3)
    ]
    svg = drawing.svg()
    assert svg.count(">\N{MULTIPLICATION SIGN}29<") == 6
    assert svg.count(">\N{MULTIPLICATION SIGN}30<") == 6


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
def test_collapsed_neurons_stand_in_order(rankdir):
    model = nn.MLP(2, [12, 12, 1], rng=0)
    x = inputs(2)
    drawing = viz.draw(model(x), max_nodes=60, rankdir=rankdir)
    output = viz.render.layout(viz.dot.to_layout_dot(drawing.graph))
    layout = viz.svg.read_layout(drawing.graph, output)
    by_frame = {}
    for node in drawing.graph.nodes:
        if node.kind == "group":
            by_frame.setdefault(node.group, []).append(node)
    for nodes in by_frame.values():
        across = [layout.centers[node.id][rankdir == "LR"] for node in nodes]
        assert across == sorted(across)
        assert [node.name for node in nodes] == [f"neurons.{i}" for i in range(len(nodes))]
