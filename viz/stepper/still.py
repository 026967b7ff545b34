"""A story's picture as a small SVG: what stands in for the stepper where scripts do not run.

`viz.svg` makes the picture to look at by itself. This one is a quarter of its size, so that a page
of a hundred values with it stays under 150 KB: boxes and lines of one kind are one path each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from viz.card import CELL, LINE, PADDING, SYMBOL_TEXT, TEXT, card
from viz.colors import DARK, LIGHT, Palette
from viz.graph import Graph, Node, plain
from viz.route import Point
from viz.svg import Layout


def to_svg(graph: Graph, layout: Layout) -> str:
    """The graph as one SVG document without ids; it follows a viewer's preference for dark."""
    size = f"{layout.width:.0f} {layout.height:.0f}"
    width, height = size.split()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {size}" font-family="monospace" font-size="{TEXT:g}">'
        f"<style>{_style(LIGHT)}@media(prefers-color-scheme:dark){{{_style(DARK)}}}</style>"
        f'<path class="paper" d="M0 0H{width}V{height}H0Z"/>'
        + "".join(_frames(graph, layout))
        + "".join(_edges(graph, layout))
        + "".join(_boxes(graph, layout))
        + "".join(text for node in graph.nodes for text in _texts(node, layout))
        + "</svg>"
    )


def _style(palette: Palette) -> str:
    return (
        f"text{{fill:{palette.ink};white-space:pre}}.paper{{fill:{palette.paper}}}"
        f".leaf{{fill:{palette.leaf};stroke:{palette.leaf_line}}}"
        f".operation,.group,.more{{fill:{palette.card};stroke:{palette.line}}}"
        f".constant,.frame{{fill:{palette.group};stroke:{palette.group_line}}}"
        f".tab{{fill:{palette.symbol}}}.edge{{fill:none;stroke:{palette.line}}}"
        f".positive{{stroke:{palette.positive};stroke-width:2}}"
        f".negative{{stroke:{palette.negative};stroke-width:2;stroke-dasharray:6 3}}"
    )


def _frames(graph: Graph, layout: Layout) -> Iterator[str]:
    for group in graph.groups:
        x, y, width, height = layout.frames[group.id]
        yield f'<path class="frame" d="{_rectangle(x, y, width, height)}"/>'
        yield f'<text x="{x + 9:.0f}" y="{y + 15:.0f}">{escape(plain(group.label))}</text>'


def _edges(graph: Graph, layout: Layout) -> Iterator[str]:
    paths: dict[str, list[str]] = {}
    for edge in graph.edges:
        paths.setdefault(edge.sign, []).append(curve(layout.ways[edge.id].points))
    for sign, curves in sorted(paths.items()):
        yield f'<path class="edge {sign}" d="{"".join(curves)}"/>'


def curve(points: Sequence[Point]) -> str:
    """A chain of cubic curves as a short SVG path of M, h and c in whole numbers.

    >>> curve([(1, 2), (3, 2), (5, 2), (7, 2), (8, 2), (8, 4), (9, 4)])
    'M1 2h6c1 0 1 2 2 2'
    """
    rounded = [(round(x), round(y)) for x, y in points]
    x, y = rounded[0]
    parts = [f"M{x} {y}"]
    for i in range(1, len(rounded) - 2, 3):
        steps = [(u - x, v - y) for u, v in rounded[i : i + 3]]
        level = all(v == 0 for _, v in steps)
        written = " ".join(f"{u} {v}" for u, v in steps).replace(" -", "-")
        parts.append(f"h{steps[-1][0]}" if level else f"c{written}")
        x, y = rounded[i + 2]
    return "".join(parts)


def _boxes(graph: Graph, layout: Layout) -> Iterator[str]:
    paths: dict[str, list[str]] = {}
    for node in graph.nodes:
        box = card(node)
        left, top = _corner(node, layout)
        paths.setdefault(node.kind, []).append(_rectangle(left, top, box.width, box.height))
        if node.symbol:
            paths.setdefault("tab", []).append(_rectangle(left, top, box.symbol_width, box.height))
    for kind in sorted(paths, key=lambda kind: kind == "tab"):
        yield f'<path class="{kind}" d="{"".join(paths[kind])}"/>'


def _texts(node: Node, layout: Layout) -> Iterator[str]:
    box = card(node)
    left, top = _corner(node, layout)
    if node.symbol:
        yield (
            f'<text x="{left + box.symbol_width / 2:.0f}" y="{top + box.height / 2 + 5:.0f}" '
            f'font-size="{SYMBOL_TEXT:g}" text-anchor="middle">{escape(node.symbol)}</text>'
        )
    room = int((box.width - box.symbol_width - 2 * PADDING) / CELL)
    lines = [plain(node.name), *node.notes]
    lines += [label + text.rjust(room - len(label)) for label, text in node.rows]
    written = [line for line in lines if line]
    y = top + (box.height - len(written) * LINE) / 2 - 4.5
    for i, line in enumerate(written, 1):
        at = f'x="{left + box.symbol_width + PADDING:.0f}" y="{y + i * LINE:.0f}"'
        yield f"<text {at}>{escape(line)}</text>"


def _corner(node: Node, layout: Layout) -> tuple[float, float]:
    box, (x, y) = card(node), layout.centers[node.id]
    return x - box.width / 2, y - box.height / 2


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    return f"M{x:.0f} {y:.0f}h{width:.0f}v{height:.0f}h{-width:.0f}z"
