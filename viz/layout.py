"""Where everything on a picture goes: Graphviz's layout, with the edges routed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viz.card import EDGE_CELL, LINE, Card, card, cells
from viz.dot import edge_text
from viz.graph import Graph
from viz.route import Axes, Box, Point, Way, route

MARGIN = 12.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes, in points from the top left corner.

    ``centers`` and ``frames`` (left, top, width, height) are by the id of the node or group;
    ``ways`` by that of the edge.
    """

    width: float
    height: float
    centers: Mapping[str, Point]
    frames: Mapping[str, tuple[float, float, float, float]]
    ways: Mapping[str, Way]


def read_layout(graph: Graph, output: dict[str, Any]) -> Layout:
    """Graphviz's ``json0`` output for a graph, with y turned downwards and the edges routed."""
    left, bottom, right, top = _numbers(output["bb"])

    def point(text: str) -> Point:
        x, y = _numbers(text)
        return x - left + MARGIN, top - y + MARGIN

    centers: dict[str, Point] = {}
    frames: dict[str, tuple[float, float, float, float]] = {}
    for item in output.get("objects", []):
        if "pos" in item:
            centers[item["name"]] = point(item["pos"])
        else:
            x0, y0, x1, y1 = item["bb"].split(",")
            x, y = point(f"{x0},{y1}")
            x_end, y_end = point(f"{x1},{y0}")
            frames[item["name"].removeprefix("cluster_")] = (x, y, x_end - x, y_end - y)
    axes = Axes(graph.rankdir)
    paths: dict[str, list[Point]] = {}
    labels: dict[str, tuple[Point, float]] = {}
    texts = {edge.id: edge_text(edge) for edge in graph.edges}
    for item in output.get("edges", []):
        if "pos" in item:  # Graphviz loses an edge now and then, and says so on stderr
            curve = item["pos"].removeprefix("e,").split()[1:]
            paths[item["id"]] = [axes.uv(point(pair)) for pair in curve]
        if "lp" in item:
            half = LINE / 2 if axes.swapped else cells(texts[item["id"]]) * EDGE_CELL / 2 + 2
            labels[item["id"]] = axes.uv(point(item["lp"])), half
    _in_order(graph, centers, axes)
    boxes = {node.id: _box_of(card(node), axes.uv(centers[node.id]), axes) for node in graph.nodes}
    ways = {
        id: Way(
            tuple(axes.xy(point) for point in way.points),
            None if way.label is None else axes.xy(way.label),
        )
        for id, way in route(graph, boxes, paths, labels).items()
    }
    width, height = right - left + 2 * MARGIN, top - bottom + 2 * MARGIN
    return Layout(width, height, centers, frames, ways)


def _in_order(graph: Graph, centers: dict[str, Point], axes: Axes) -> None:
    """Let the collapsed neurons of a layer change places until they stand in order.

    Where all are joined with all, Graphviz has no reason to prefer that order.
    """
    alike: dict[object, list[str]] = {}
    for node in graph.nodes:
        if node.kind == "group":
            u, _ = axes.uv(centers[node.id])
            alike.setdefault((node.group, round(u, 1), card(node).height), []).append(node.id)
    for ids in alike.values():
        places = sorted((centers[id] for id in ids), key=lambda place: axes.uv(place)[1])
        centers.update(zip(ids, places, strict=True))


def _box_of(box: Card, center: Point, axes: Axes) -> Box:
    half = box.width / 2, box.height / 2
    return Box(*center, *(reversed(half) if axes.swapped else half))


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]
