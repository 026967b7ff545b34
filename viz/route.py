"""How the edges run between the boxes that Graphviz placed.

Graphviz finds a way for each edge past the boxes of the ranks in between; it is kept at those
ranks. Between two ranks, where no box can be, an edge is one smooth curve. Edges leave and arrive
side by side: the operands of a node come in order, so that a - b is not taken for b - a.

Here u runs along the graph, from operands to results, and v across it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viz.graph import Edge, Graph

Point = tuple[float, float]
ARROW = 7.0  # length of an arrow head
_SPACING = 15.0  # between edges at the side of a box, where there is room
_MARGIN = 7.0  # from the corner of a box to its first edge


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node is: its middle and half its extent along u and v."""

    u: float
    v: float
    half_u: float
    half_v: float


@dataclass(frozen=True, slots=True)
class Way:
    """An edge as an SVG path would have it: a start, then three points for each curve."""

    points: tuple[Point, ...]
    label: Point | None = None


class Axes:
    """Between (x, y), y downwards, and (u, v)."""

    def __init__(self, rankdir: str) -> None:
        self.swapped = rankdir in ("TB", "BT")
        self.sign = -1.0 if rankdir in ("RL", "BT") else 1.0

    def uv(self, point: Point) -> Point:
        x, y = point
        return (self.sign * y, x) if self.swapped else (self.sign * x, y)

    def xy(self, point: Point) -> Point:
        u, v = point
        return (v, self.sign * u) if self.swapped else (self.sign * u, v)


def route(
    graph: Graph,
    boxes: Mapping[str, Box],
    paths: Mapping[str, Sequence[Point]],
    labels: Mapping[str, tuple[Point, float]],
) -> dict[str, Way]:
    """A way for each edge, all in (u, v).

    Parameters
    ----------
    boxes:
        By the id of the node.
    paths:
        By the id of the edge, Graphviz's curves: a start, then three points for each.
    labels:
        By the id of the edge that has a text, the text's middle and half its extent along u.
    """
    ranks = _ranks(boxes)
    stops = {
        edge.id: _stops(boxes[edge.tail], boxes[edge.head], paths.get(edge.id), ranks)
        for edge in graph.edges
    }
    for id, (point, half) in labels.items():
        between = stops.get(id)
        if between is not None:
            stops[id] = _through(between, (point[0] - half, point[0] + half, point[1]))
    leave = _ports(graph.edges, boxes, stops, leaving=True)
    arrive = _ports(graph.edges, boxes, stops, leaving=False)
    ways: dict[str, Way] = {}
    for edge in graph.edges:
        tail, head = boxes[edge.tail], boxes[edge.head]
        between, label = stops[edge.id], labels.get(edge.id)
        middle = None if label is None else label[0]
        if between is None:
            ways[edge.id] = Way(tuple(paths.get(edge.id) or _straight(tail, head)), middle)
            continue
        first, last = ranks[_rank(tail)], ranks[_rank(head)]
        start = (tail.u + tail.half_u, tail.u + first, leave[edge.id])
        end = (head.u - last - ARROW, head.u - head.half_u - ARROW, arrive[edge.id])
        ways[edge.id] = Way(_smooth([start, *between, end]), middle)
    return ways


def _straight(tail: Box, head: Box) -> list[Point]:
    du, dv = (head.u - tail.u) / 3, (head.v - tail.v) / 3
    return [(tail.u + i * du, tail.v + i * dv) for i in range(4)]


def _rank(box: Box) -> float:
    return round(box.u, 1)


def _ranks(boxes: Mapping[str, Box]) -> dict[float, float]:
    """Half the extent along u of each rank, by where its middle is."""
    ranks: dict[float, float] = {}
    for box in boxes.values():
        ranks[_rank(box)] = max(ranks.get(_rank(box), 0.0), box.half_u)
    return dict(sorted(ranks.items()))


Stop = tuple[float, float, float]  # straight from u to u at v


def _stops(
    tail: Box, head: Box, path: Sequence[Point] | None, ranks: Mapping[float, float]
) -> list[Stop] | None:
    """Where an edge passes the ranks between its ends; None if it does not run forwards."""
    if tail.u + tail.half_u >= head.u - head.half_u:
        return None
    stops: list[Stop] = []
    if path is None:  # not placed by Graphviz: it goes behind the boxes
        return stops
    for u, half in ranks.items():
        if tail.u + 1.0 < u < head.u - 1.0:
            stops.append((u - half, u + half, _crossing(path, u)))
    return stops


def _through(stops: Sequence[Stop], label: Stop) -> list[Stop]:
    """The same stops with one for the edge's text; a rank that it stands in has room for both."""
    apart = [stop for stop in stops if stop[1] < label[0] or label[1] < stop[0]]
    met = [stop for stop in stops if stop not in apart]
    begin = min([label[0], *(stop[0] for stop in met)])
    end = max([label[1], *(stop[1] for stop in met)])
    return sorted([*apart, (begin, end, label[2])])


def _crossing(path: Sequence[Point], u: float) -> float:
    """Where a chain of cubic curves that runs forwards crosses a line across the graph."""
    curves = [path[i : i + 4] for i in range(0, len(path) - 3, 3)]
    a, b, c, d = next((curve for curve in curves if u <= curve[3][0]), curves[-1])
    low, high = 0.0, 1.0
    for _ in range(30):
        t = (low + high) / 2
        if _bezier(a[0], b[0], c[0], d[0], t) < u:
            low = t
        else:
            high = t
    return _bezier(a[1], b[1], c[1], d[1], low)


def _bezier(a: float, b: float, c: float, d: float, t: float) -> float:
    s = 1.0 - t
    return s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d


def _ports(
    edges: Sequence[Edge],
    boxes: Mapping[str, Box],
    stops: Mapping[str, list[Stop] | None],
    leaving: bool,
) -> dict[str, float]:
    """Where along the side of its box each edge leaves, or arrives."""
    at_box: dict[str, list[Edge]] = {}
    for edge in edges:
        at_box.setdefault(edge.tail if leaving else edge.head, []).append(edge)
    ports: dict[str, float] = {}
    for id, here in at_box.items():
        if leaving or any(edge.count > 1 for edge in here):

            def far(edge: Edge) -> float:
                between = stops[edge.id]
                if between:
                    return between[0 if leaving else -1][2]
                return boxes[edge.head if leaving else edge.tail].v

            here = sorted(here, key=far)  # stable: duplicates stay in order
        box = boxes[id]
        spacing = min(_SPACING, 2 * max(box.half_v - _MARGIN, 0.0) / max(len(here) - 1, 1))
        for i, edge in enumerate(here):
            ports[edge.id] = box.v + (i - (len(here) - 1) / 2) * spacing
    return ports


def _smooth(stops: Sequence[Stop]) -> tuple[Point, ...]:
    """Straight along each stop, and from one to the next a curve that is level at both ends."""
    points: list[Point] = [(stops[0][0], stops[0][2])]

    def line(to: Point) -> None:
        start = points[-1]
        if to != start:
            third = (to[0] - start[0]) / 3
            points.extend([(start[0] + third, start[1]), (to[0] - third, to[1]), to])

    def curve(to: Point) -> None:
        start = points[-1]
        reach = (to[0] - start[0]) * 0.5
        points.extend([(start[0] + reach, start[1]), (to[0] - reach, to[1]), to])

    for i, (begin, end, v) in enumerate(stops):
        if i:
            curve((begin, v))
        line((end, v))
    return tuple(points)
