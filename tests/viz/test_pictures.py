"""A picture shows the graph that it was made from: every value once, every use once, in order."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import viz
from autograd import Value
from autograd.testing.strategies import programs
from viz import Drawing, dot, render
from viz.build import build
from viz.card import card
from viz.graph import Node, number
from viz.layout import read_layout
from viz.route import Box, route
from viz.spans import placed, ranks

SVG = "{http://www.w3.org/2000/svg}"


def everything(root):
    """All Values that root depends on: an independent walk over .args."""
    seen, stack = {}, [root]
    while stack:
        value = stack.pop()
        if value not in seen:
            seen[value] = [a for a in value.args if not a.is_constant]
            stack += seen[value]
    return seen


@given(programs())
def test_every_value_is_a_node_and_every_use_an_edge(program):
    output, _ = program.build()
    graph = build(output)
    reached = everything(output)
    uses = sum(len(value.args) for value in reached)
    constants = uses - sum(map(len, reached.values()))
    assert len(graph.nodes) == len(reached) + constants
    assert len(graph.edges) == uses
    assert len({node.id for node in graph.nodes}) == len(graph.nodes)
    assert sum(node.kind == "constant" for node in graph.nodes) == constants
    index = {node.id: i for i, node in enumerate(graph.nodes)}
    assert all(index[edge.tail] < index[edge.head] for edge in graph.edges)


@given(programs())
def test_operands_come_in_their_order_with_their_numbers(program):
    output, _ = program.build()
    graph = build(output)
    numbers = {node.id: node.data for node in graph.nodes}
    (root,) = [node for node in graph.nodes if node.root]
    tails = {}
    for edge in graph.edges:
        tails.setdefault(edge.head, []).append(edge.tail)

    def same(value, id):
        if repr(value.data) != repr(numbers[id]):
            return False
        operands = tails.get(id, [])
        return len(operands) == len(value.args) and all(
            same(a, b) for a, b in zip(value.args, operands, strict=True)
        )

    assert same(output, root.id)


@given(programs())
def test_the_edges_into_a_sum_add_up_to_the_gradient(program):
    output, leaves = program.build()
    for leaf in leaves:
        leaf.zero_grad()
    output.backward()
    graph = build(output)
    total = {}
    # the same additions in the same order as backprop, which starts at the newest node
    for edge in sorted(graph.edges, key=lambda e: int(re.match(r"n(\d+)", e.head)[1]) * -1):
        if edge.gradient is not None and "c" not in edge.tail:
            total.setdefault(edge.tail, []).append(edge.gradient)
    for node in graph.nodes:
        if node.id in total and not node.root:
            scale = sum(map(abs, total[node.id]))
            # one rounding for each addition, in whichever order
            rounding = 4 * len(total[node.id]) * 2**-53 * scale
            if scale < float("inf"):
                assert abs(sum(total[node.id]) - node.grad) <= rounding


@settings(max_examples=30)
@given(programs(), st.sampled_from(["LR", "TB", "RL", "BT"]))
def test_svg_has_each_node_and_edge_once_inside_the_frame(program, rankdir):
    output, _ = program.build()
    output.backward()
    drawing = viz.draw(output, rankdir=rankdir)
    root = ET.fromstring(drawing.svg())
    groups = {g.get("id"): g for g in root.iter(f"{SVG}g") if g.get("id")}
    prefix = root.get("id")
    for part in (*drawing.graph.nodes, *drawing.graph.edges):
        assert f"{prefix}-{part.id}" in groups
    assert len(groups) == len(drawing.graph.nodes) + len(drawing.graph.edges)
    _, _, width, height = map(float, root.get("viewBox").split())
    for node in drawing.graph.nodes:
        group = groups[f"{prefix}-{node.id}"]
        x, y = map(float, re.findall(r"[-\d.]+", group.get("transform")))
        box = group.find(f"{SVG}rect")
        assert x >= 0
        assert x + float(box.get("width")) <= width
        assert y >= 0
        assert y + float(box.get("height")) <= height
        shown = ["".join(text.itertext()) for text in group.findall(f"{SVG}text")]
        assert all(value in shown for _, value in node.rows)


@settings(max_examples=30)
@given(programs(), st.sampled_from(["LR", "TB", "RL", "BT"]))
def test_boxes_do_not_overlap_and_edges_keep_off_them(program, rankdir):
    output, _ = program.build()
    graph = build(output, rankdir=rankdir)
    layout = viz.svg.read_layout(graph, render.layout(dot.to_layout_dot(graph)))
    boxes = []
    for node in graph.nodes:
        box, (x, y) = viz.card.card(node), layout.centers[node.id]
        boxes.append((x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2))
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
    for edge in graph.edges:
        points = layout.ways[edge.id].points
        for x, y in points:  # the ends of straight pieces and the handles of curves
            for node, (left, top, right, bottom) in zip(graph.nodes, boxes, strict=True):
                if node.id not in (edge.tail, edge.head):
                    inside = left + 1 < x < right - 1 and top + 1 < y < bottom - 1
                    assert not inside, (edge, node)


def sampled(points):
    """Points along a chain of cubic curves."""
    for i in range(0, len(points) - 3, 3):
        for k in range(11):
            t, s = k / 10, 1 - k / 10
            weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
            yield tuple(
                sum(w * p[axis] for w, p in zip(weights, points[i : i + 4], strict=True))
                for axis in (0, 1)
            )


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
def test_edges_over_several_ranks_run_past_the_boxes_there(rankdir):
    x = Value(1.0, name="x")
    values = [x]
    for i in range(1, 12):
        values.append(values[-1] * 2 + values[max(0, i - 4)])
    graph = build(values[-1] * x, rankdir=rankdir)
    kept, _ = placed(graph)
    assert len(kept) == len(graph.edges), "small enough to be placed by Graphviz"
    layout = viz.svg.read_layout(graph, render.layout(dot.to_layout_dot(graph)))
    for edge in graph.edges:
        for px, py in sampled(layout.ways[edge.id].points):
            for node in graph.nodes:
                if node.id not in (edge.tail, edge.head):
                    box, (x0, y0) = viz.card.card(node), layout.centers[node.id]
                    inside = abs(px - x0) < box.width / 2 - 1 and abs(py - y0) < box.height / 2 - 1
                    assert not inside, (edge, node)


@settings(max_examples=30)
@given(programs(), st.sampled_from(["LR", "TB", "RL", "BT"]))
def test_operands_arrive_side_by_side_in_order(program, rankdir):
    output, (x, *others) = program.build()
    y = others[0] if others else x + 1
    graph = build([output, (x - y) * (y - x)], rankdir=rankdir)  # one of them must cross
    layout = viz.svg.read_layout(graph, render.layout(dot.to_layout_dot(graph)))
    across = 0 if rankdir in ("TB", "BT") else 1
    along = -1 if rankdir in ("RL", "BT") else 1
    arrivals = {}
    for edge in graph.edges:
        forwards = [along * point[1 - across] for point in layout.ways[edge.id].points]
        assert forwards == sorted(forwards), "no edge turns back"
        arrivals.setdefault(edge.head, []).append(layout.ways[edge.id].points[-1][across])
    for places in arrivals.values():
        assert all(b - a > 4 for a, b in itertools.pairwise(places)), "wide enough apart to tell"


@given(st.text(max_size=60), st.floats(), st.floats())
def test_text_fits_its_box(name, data, grad):
    for node in (
        Node("n0", "operation", "logsumexp", name, data, grad),
        Node("n0", "leaf", "", name, data, grad),
        Node("n0", "constant", data=data),
        Node("n0", "group", "", name, details=("1,569 operations", "785 parameters")),
    ):
        box = viz.card.card(node)
        for text in ET.fromstring(f"<g>{''.join(viz.svg._lines(node, box, 1.0, 'n'))}</g>"):
            if text.tag == "text":
                wide = viz.card.cells("".join(text.itertext())) * viz.card.CELL
                at, anchor = float(text.get("x")), text.get("text-anchor", "start")
                left = at - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
                assert box.symbol_width + 4 <= left
                assert left + wide <= box.width - 4
                assert 8 <= float(text.get("y")) <= box.height - 2


@settings(max_examples=30)
@given(programs())
def test_dot_goes_through_graphviz_with_nothing_lost(program):
    output, _ = program.build()
    output.backward()
    graph = build(output)
    result = render.layout(dot.to_dot(graph))
    names = {item["name"] for item in result["objects"]}
    assert names == {node.id for node in graph.nodes}
    ends = {item["_gvid"]: item["name"] for item in result["objects"]}
    edges = sorted((ends[e["tail"]], ends[e["head"]], e["id"]) for e in result.get("edges", []))
    assert edges == sorted((edge.tail, edge.head, edge.id) for edge in graph.edges)


@given(programs())
def test_the_same_program_draws_the_same(program):
    drawn = [Drawing(build(program.build()[0])) for _ in range(2)]
    assert drawn[0].source == drawn[1].source
    assert drawn[0].svg() == drawn[1].svg()


def test_a_gradient_not_computed_is_a_dash_and_a_small_one_is_not_zero():
    x = Value(2.0, name="x")
    y = x * 6.5e-7
    assert "\N{EN DASH}" in viz.draw(y).source
    y.backward(2.0)
    source, svg = viz.draw(y).source, viz.draw(y).svg()
    assert "\N{EN DASH}" not in source
    assert "1.3e-06" in source
    assert "1.3e-06" in svg
    assert number(-0.0) == "-0"
    assert number(float("-inf")) == "-inf"


def test_constants_have_no_gradient_and_a_box_for_each_use():
    x = Value(2.0)
    y = (x + 3) * 3
    y.backward()
    constants = [node for node in build(y).nodes if node.kind == "constant"]
    assert [node.data for node in constants] == [3.0, 3.0]
    assert all(node.rows == (("", "3"),) for node in constants)


def test_signs_are_told_by_more_than_colour():
    x, y = Value(2.0, name="x"), Value(-3.0, name="y")
    z = x * y
    z.backward()
    graph = build(z)
    assert [edge.sign for edge in graph.edges] == ["negative", "positive"]
    svg = ET.fromstring(viz.draw(z).svg())
    dashed = [
        "stroke-dasharray" in path.attrib
        for path in svg.iter(f"{SVG}path")
        if path.get("class") in ("positive", "negative") and path.get("d").count("C")
    ]
    assert dashed == [True, False]
    widths = [viz.dot.stroke(edge) for edge in graph.edges]
    assert widths[0] > widths[1], "the larger gradient has the wider line"


def test_a_gradient_that_vanishes_is_thin_beside_the_one_it_came_from():
    x = Value(4.0, name="x")
    y = x.tanh().tanh()
    y.backward()
    graph = build(y)
    tiny, large = graph.edges
    assert abs(tiny.gradient) < abs(large.gradient) < 1.0
    assert tiny.weight < large.weight < 1.0, "the root has 1"


def test_the_first_nonfinite_value_is_marked():
    zero = Value(0.0, name="zero")
    bad = (1 / zero - 1 / zero) * 2
    marked = [node for node in build(bad).nodes if node.nonfinite]
    assert [(node.nonfinite, node.symbol) for node in marked] == [("inf", "/")]
    assert "first inf" in viz.draw(bad).svg()


def test_several_roots_and_a_lone_leaf():
    x = Value(3.0)
    a, b = x + 1, x * 2
    graph = viz.draw([a, b, a]).graph
    assert [node.name for node in graph.nodes if node.root] == ["a", "b"]
    assert len([node for node in graph.nodes if node.name == "x"]) == 1
    assert viz.draw(Value(1.0)).svg().startswith("<svg")


def test_a_leaf_set_later_is_told():
    x = Value(3.0, name="x")
    y = x * x
    assert viz.draw(y).graph.caption == ""
    x.data = 4.0
    assert "1 leaf was set after this was computed" in viz.draw(y).graph.caption


def test_a_step_over_the_recursion_limit_is_drawn():
    x = Value(1.0)
    for _ in range(5000):
        x = x * 1.0001
    graph = build(x, max_nodes=50)
    assert len(graph.nodes) <= 50
    assert "left out" in graph.caption


def test_a_leaf_used_all_along_a_chain_does_not_keep_graphviz_busy():
    x = Value(1.0, name="x")
    y = x
    for _ in range(300):
        y = y * x
    graph = build(y)
    kept, texts = placed(graph)
    rank = ranks(graph)
    points = sum(rank[e.head] - rank[e.tail] - 1 for e in kept)
    assert not texts
    assert points <= 1500 < sum(rank[e.head] - rank[e.tail] - 1 for e in graph.edges)
    assert {e.tail for e in kept} | {e.head for e in kept} == {n.id for n in graph.nodes}
    drawn = ET.fromstring(viz.draw(y).svg())
    edges = [g for g in drawn.iter(f"{SVG}g") if g.get("class") == "edge"]
    assert len(edges) == len(graph.edges), "those that Graphviz did not place are drawn as well"


@pytest.mark.parametrize("bad", [3.0, "x", None, [1.0]])
def test_what_is_no_value_is_refused(bad):
    with pytest.raises(TypeError, match="picture is of a Value"):
        viz.draw(bad)


def test_settings_that_cannot_be_are_refused():
    x = Value(1.0)
    with pytest.raises(ValueError, match="rankdir must be one of LR"):
        viz.draw(x, rankdir="up")
    with pytest.raises(ValueError, match="at least 2"):
        viz.draw(x, max_nodes=1)
    with pytest.raises(TypeError, match="whole number"):
        viz.draw(x, max_nodes=2.5)
    with pytest.raises(ValueError, match="empty list"):
        viz.draw([])


def test_an_edge_backwards_and_one_without_a_path_are_still_drawn():
    x = Value(1.0)
    graph = build(x * 2)
    (a, b) = (graph.edges[0].tail, graph.edges[0].head)
    boxes = {node.id: Box(0.0, 0.0, 5.0, 5.0) for node in graph.nodes}
    boxes[b] = Box(-50.0, 0.0, 5.0, 5.0)
    ways = route(graph, boxes, {}, {})
    assert all(len(way.points) == 4 for way in ways.values())
    assert a != b


def test_an_edge_that_graphviz_lost_is_drawn_from_box_to_box():
    """It says "lost edge" of some and gives no way for them."""
    x = Value(1.0)
    graph = build((x * 2.0 + 1.0).tanh() * x)
    output = render.layout(dot.to_layout_dot(graph))
    whole = read_layout(graph, output)
    for edge in output["edges"]:
        del edge["pos"]
    lost = read_layout(graph, output)
    for edge in graph.edges:
        (u, v), (end, arrival) = (lost.ways[edge.id].points[k] for k in (0, -1))
        assert u == whole.ways[edge.id].points[0][0]
        assert end == whole.ways[edge.id].points[-1][0]
        tail, head = (card(node) for node in graph.nodes if node.id in (edge.tail, edge.head))
        assert abs(v - lost.centers[edge.tail][1]) < tail.height / 2
        assert abs(arrival - lost.centers[edge.head][1]) < head.height / 2
