"""A graph, placed by Graphviz, as SVG.

Graphviz only says where things go; what is drawn there is drawn here, so that the picture does not
depend on which Graphviz that was. Colours are attributes, which every viewer understands; the style
sheet only replaces them for a viewer who prefers dark.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from viz.card import (
    CELL,
    EDGE_CELL,
    EDGE_TEXT,
    LINE,
    PADDING,
    SYMBOL_TEXT,
    TEXT,
    Card,
    card,
    cells,
)
from viz.colors import DARK, LIGHT
from viz.dot import edge_text, stroke
from viz.graph import NOT_COMPUTED, Edge, Graph, Node, plain, weights
from viz.layout import MARGIN
from viz.layout import Layout as Layout
from viz.layout import read_layout as read_layout
from viz.route import ARROW, Point

_MONO = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
_FOOTER = 20.0  # height of a line under the picture
_LEGEND_WIDTH = 470.0
_SMALL = f'font-family="{_MONO}" font-size="{EDGE_TEXT}"'
_DENSE = 150  # edges, from which on they are drawn lighter
_DASHES = "6 3.5"  # of a negative gradient's line


def to_svg(graph: Graph, layout: Layout, prefix: str) -> str:
    """The picture as one SVG document.

    Parameters
    ----------
    prefix:
        Starts every id, so that several pictures can stand on one page.
    """
    footer = list(_footer(graph, layout.height, max(layout.width, _LEGEND_WIDTH)))
    width = max(layout.width, _LEGEND_WIDTH) if footer else layout.width
    height = layout.height + (len(footer) * _FOOTER + 4.0 if footer else 0.0)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{prefix}" class="stepgrad" role="img" '
        f'aria-labelledby="{prefix}-title {prefix}-desc" width="{_n(width)}" '
        f'height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}">',
        f'<title id="{prefix}-title">{_text(graph.title)}</title>',
        f'<desc id="{prefix}-desc">{_text(graph.contents)}</desc>',
        f"<style>{_dark(prefix)}</style>",
        f'<rect class="paper" width="100%" height="100%" rx="6" fill="{LIGHT.paper}"/>',
        *_frames(graph, layout, prefix),
        f'<g fill="none" {_SMALL}{_opacity(graph)}>',
        *(_edge(edge, layout, prefix) for edge in graph.edges),
        "</g>",
        f'<g font-family="{_MONO}" font-size="{_n(TEXT)}" fill="{LIGHT.ink}" class="ink">',
        *_nodes(graph, layout, prefix),
        "</g>",
        *footer,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _dark(prefix: str) -> str:
    """The rules that exchange the colours; each theme's field is the class that wears it."""
    fills = {
        ".paper": DARK.paper,
        ".ink": DARK.ink,
        ".muted": DARK.muted,
        ".operation": DARK.card,
        ".symbol": DARK.symbol,
        ".leaf": DARK.leaf,
        ".constant": DARK.constant,
        ".frame": DARK.group,
        ".positive-tint": DARK.positive_tint,
        ".negative-tint": DARK.negative_tint,
        ".positive-head": DARK.positive,
        ".negative-head": DARK.negative,
        ".head": DARK.line,
    }
    strokes = {
        ".operation": DARK.line,
        ".leaf": DARK.leaf_line,
        ".constant,.frame": DARK.group_line,
        ".line": DARK.line,
        ".positive": DARK.positive,
        ".negative,.nonfinite": DARK.negative,
        ".root": DARK.ink,
        ".halo": DARK.paper,
    }
    rules = [_rule(prefix, names, "fill", color) for names, color in fills.items()]
    rules += [_rule(prefix, names, "stroke", color) for names, color in strokes.items()]
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _rule(prefix: str, names: str, property: str, color: str) -> str:
    selectors = ",".join(f"#{prefix} {name}" for name in names.split(","))
    return f"{selectors}{{{property}:{color}}}"


def _frames(graph: Graph, layout: Layout, prefix: str) -> Iterator[str]:
    yield f'<g class="muted" {_SMALL} fill="{LIGHT.muted}">'
    for group in graph.groups:
        x, y, width, height = layout.frames[group.id]
        yield (
            f'<g id="{prefix}-{group.id}"><rect class="frame" x="{_n(x)}" y="{_n(y)}" '
            f'width="{_n(width)}" height="{_n(height)}" rx="8" fill="{LIGHT.group}" '
            f'stroke="{LIGHT.group_line}"/>'
            f'<text x="{_n(x + 9)}" y="{_n(y + 15)}">{_text(plain(group.label))}</text></g>'
        )
    yield "</g>"


def _edge(edge: Edge, layout: Layout, prefix: str) -> str:
    way = layout.ways[edge.id]
    color = {"positive": LIGHT.positive, "negative": LIGHT.negative}.get(edge.sign, LIGHT.line)
    line = edge.sign if edge.sign in ("positive", "negative") else "line"
    head = f"{line}-head" if line != "line" else "head"
    start, *rest = way.points
    path = f"M{_point(start)}C" + " ".join(_point(point) for point in rest)
    dashes = f' stroke-dasharray="{_DASHES}"' if edge.sign == "negative" else ""
    width = stroke(edge)
    parts = [
        f'<g id="{prefix}-{edge.id}" class="edge"><title>{_text(_edge_title(edge))}</title>',
        f'<path class="{line}" d="{path}" stroke="{color}" stroke-width="{_n(width)}"{dashes}/>',
        f'<path class="{head}" d="{_head(way.points[-2], way.points[-1], width)}" fill="{color}"/>',
    ]
    text = edge_text(edge)
    if text and way.label is not None:
        x, y = way.label
        common = f'x="{_n(x)}" y="{_n(y + 3.5)}" text-anchor="middle"'
        parts.append(
            f'<text class="ink halo" {common} fill="{LIGHT.ink}" stroke="{LIGHT.paper}" '
            f'stroke-width="4" stroke-linejoin="round" paint-order="stroke">{_text(text)}</text>'
        )
    return "".join(parts) + "</g>"


def _opacity(graph: Graph) -> str:
    """Where edges lie over each other they let each other through."""
    return ' stroke-opacity="0.6"' if len(graph.edges) > _DENSE else ""


def _edge_title(edge: Edge) -> str:
    if edge.count > 1:
        return f"{edge.count:,} uses"
    gradient = "not computed" if edge.gradient is None else repr(edge.gradient)
    return f"gradient along this edge: {gradient}"


def _head(before: Point, base: Point, width: float) -> str:
    """An arrow head on the end of a curve, wider on a wider line."""
    length = math.dist(before, base) or 1.0
    dx, dy = (base[0] - before[0]) / length, (base[1] - before[1]) / length
    half = 2.4 + 0.55 * width
    tip = base[0] + ARROW * dx, base[1] + ARROW * dy
    left = base[0] - half * dy, base[1] + half * dx
    right = base[0] + half * dy, base[1] - half * dx
    return f"M{_point(tip)}L{_point(left)} {_point(right)}Z"


def _nodes(graph: Graph, layout: Layout, prefix: str) -> Iterator[str]:
    # on one scale with the edges, as build sizes those
    gradients = [part.grad for part in graph.nodes] + [edge.gradient for edge in graph.edges]
    for node, size in zip(graph.nodes, weights(gradients), strict=False):
        box = card(node)
        x, y = layout.centers[node.id]
        corner = f"{_n(x - box.width / 2)},{_n(y - box.height / 2)}"
        name = f"{prefix}-{node.id}"
        yield (
            f'<g id="{name}" class="node" transform="translate({corner})">'
            f"<title>{_text(_node_title(node))}</title>{_box(node, box)}"
            + "".join(_lines(node, box, size, name))
            + "</g>"
        )


def _box(node: Node, box: Card) -> str:
    fill, line, kind = {
        "leaf": (LIGHT.leaf, LIGHT.leaf_line, "leaf"),
        "constant": (LIGHT.constant, LIGHT.group_line, "constant"),
    }.get(node.kind, (LIGHT.card, LIGHT.line, "operation"))
    width, mark, dashes = 1.2, "", ""
    if node.nonfinite:
        width, mark, line, dashes = 2.6, " nonfinite", LIGHT.negative, ' stroke-dasharray="6 3"'
    elif node.root:
        width, mark, line = 2.2, " root", LIGHT.ink
    elif node.kind == "more":
        dashes = ' stroke-dasharray="4 3"'
    size = f'width="{_n(box.width)}" height="{_n(box.height)}"'
    radius = box.height / 2 if node.kind == "constant" else 3 if node.kind == "leaf" else 8
    parts = []
    if node.kind == "group":  # a second card behind the first
        parts.append(
            f'<rect class="operation" x="4" y="4" {size} rx="8" fill="{fill}" stroke="{line}"/>'
        )
    parts.append(f'<rect class="{kind}" {size} rx="{_n(radius)}" fill="{fill}"/>')
    if node.symbol:
        w, h = _n(box.symbol_width), _n(box.height)
        parts.append(
            f'<path class="symbol" d="M{w} 0H8A8 8 0 0 0 0 8V{_n(box.height - 8)}'
            f'A8 8 0 0 0 8 {h}H{w}Z" fill="{LIGHT.symbol}"/>'
            f'<text x="{_n(box.symbol_width / 2)}" y="{_n(box.height / 2 + 5)}" '
            f'text-anchor="middle" font-size="{_n(SYMBOL_TEXT)}" font-weight="600">'
            f"{_text(node.symbol)}</text>"
        )
    parts.append(
        f'<rect class="{kind}{mark}" {size} rx="{_n(radius)}" stroke="{line}" '
        f'stroke-width="{width}"{dashes} style="fill:none"/>'
    )
    return "".join(parts)


def _lines(node: Node, box: Card, weight: float, name: str) -> Iterator[str]:
    left, right = box.symbol_width + PADDING, box.width - PADDING
    name_line = plain(node.name)
    count = (1 if name_line else 0) + len(node.rows) + len(node.notes)
    y = (box.height - count * LINE) / 2 + LINE - 4.5
    if node.kind == "constant":
        yield (
            f'<text x="{_n(box.width / 2)}" y="{_n(y)}" text-anchor="middle">'
            f"{_text(node.rows[0][1])}</text>"
        )
        return
    if name_line:
        yield f'<text x="{_n(left)}" y="{_n(y)}" font-weight="600">{_text(name_line)}</text>'
        y += LINE
    for note in node.notes:
        place = f'x="{_n(left)}" y="{_n(y)}"'
        important = node.nonfinite and note == node.notes[-1]
        look = 'font-weight="600"' if important else f'class="muted" fill="{LIGHT.muted}"'
        yield f"<text {place} {look}>{_text(note)}</text>"
        y += LINE
    for label, text in node.rows:
        if label == "grad" and node.grad:
            yield _bar(node.grad, weight, right, y)
        yield (
            f'<text class="muted" x="{_n(left)}" y="{_n(y)}" fill="{LIGHT.muted}">{label}</text>'
            f'<text id="{name}-{label}" x="{_n(right)}" y="{_n(y)}" text-anchor="end">'
            f"{_text(text)}</text>"
        )
        y += LINE


def _bar(gradient: float, weight: float, right: float, y: float) -> str:
    """The size and the sign of a gradient, behind its number."""
    if math.isnan(gradient):
        return ""
    sign, color = (
        ("positive", LIGHT.positive_tint) if gradient > 0 else ("negative", LIGHT.negative_tint)
    )
    width = 10.0 + weight * (_BAR - 10.0)
    return (
        f'<rect class="{sign}-tint" x="{_n(right + 3 - width)}" y="{_n(y - 11.5)}" '
        f'width="{_n(width)}" height="15" rx="3" fill="{color}"/>'
    )


_BAR = 10 * CELL + 6


def _node_title(node: Node) -> str:
    """Shown while the pointer rests on a box: the numbers in full."""
    lines = [f"{node.name} = {node.symbol}" if node.name and node.symbol else node.heading]
    if node.data is not None:
        lines.append(f"data {node.data!r}")
        if node.kind != "constant":
            lines.append(f"grad {NOT_COMPUTED if node.grad is None else repr(node.grad)}")
    return "\n".join(plain(line, 400) for line in (*lines, *node.details) if line)


def _footer(graph: Graph, top: float, width: float) -> Iterator[str]:
    lines = _wrapped(graph.caption, int((width - 2 * MARGIN) / EDGE_CELL)) if graph.caption else []
    y = top + 8.0
    style = f'class="muted" {_SMALL} fill="{LIGHT.muted}"'
    if graph.has_gradients:
        yield f"<g {style}>{''.join(_legend(y))}</g>"
        y += _FOOTER
    for line in lines:
        yield f'<text {style} x="12" y="{_n(y)}">{_text(line)}</text>'
        y += _FOOTER


def _legend(y: float) -> Iterator[str]:
    x = MARGIN
    for text, sign, color, dashes in (
        ("gradient on each edge:", "", "", ""),
        ("positive", "positive", LIGHT.positive, ""),
        ("negative", "negative", LIGHT.negative, f' stroke-dasharray="{_DASHES}"'),
        ("(wider: larger)", "", "", ""),
    ):
        if sign:
            yield (
                f'<path class="{sign}" d="M{_n(x)} {_n(y - 3.5)}h32" stroke="{color}" '
                f'stroke-width="2.4"{dashes}/>'
            )
            x += 38
        yield f'<text x="{_n(x)}" y="{_n(y)}">{text}</text>'
        x += cells(text) * EDGE_CELL + 10


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and cells(lines[-1]) + 1 + cells(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _text(text: str) -> str:
    return escape(text, quote=True)


def _n(value: float) -> str:
    """A length with one decimal, and none where it is whole."""
    return f"{value:.1f}".removesuffix(".0")


def _point(point: Point) -> str:
    return f"{_n(point[0])},{_n(point[1])}"
