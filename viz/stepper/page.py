"""A story as a page: its picture, its numbers, and the program that steps."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

from autograd import Value
from viz import dot, page, render, svg
from viz.card import card
from viz.graph import Node, plain
from viz.page import exact
from viz.stepper import still
from viz.stepper.gates import Gates, Templates
from viz.stepper.mistakes import MISTAKES
from viz.stepper.story import Story
from viz.stepper.text import HEADINGS, backward_rows, forward_rows

SCRIPTS = (
    *(f"stepper/{name}.js" for name in ("numbers", "dom", "engine", "picture", "viewport")),
    *(f"stepper/{name}.js" for name in ("words", "explain", "controls", "live", "paths")),
    *(f"stepper/{name}.js" for name in ("predict", "mistakes", "table", "tools", "stepper")),
    "stepper/mount.js",
)
STYLES = tuple(f"stepper/{name}.css" for name in ("stepper", "picture", "tools", "leaves"))
_WIDEST = -1.234e-05  # stands for every number where room is made for one
_LABELLED = 60  # values; in larger graphs room beside every shared edge costs too much
_ROWS = 200  # of the table that stands in for the page


class Page:
    """The stepper of a story, as HTML.

    Parameters
    ----------
    story:
        What it tells.
    mistake:
        The mistake that it begins with, or None.
    """

    def __init__(self, story: Story, mistake: str | None = None) -> None:
        self.story = story
        self.mistake = mistake
        placed = story.graph
        shared = len(story.nodes) <= _LABELLED
        edges = [replace(e, gradient=_WIDEST if shared else None) for e in placed.edges]
        placed = replace(placed, edges=tuple(edges))
        self.layout = svg.read_layout(placed, render.layout(dot.to_layout_dot(placed)))
        self.gates = Gates()
        self.data = self._data()

    def fragment(self) -> str:
        """What a notebook shows: a static picture and a table, which the script replaces."""
        gates = "null" if self.data["recordedOnly"] else self.gates.source()
        return page.fragment(self._fallback(), self.data, gates, "Stepper", SCRIPTS, STYLES)

    def document(self) -> str:
        """The same as a page of its own."""
        return page.document(self.story.title, self.fragment())

    # -- data --

    def _data(self) -> dict[str, Any]:
        story, graph = self.story, self.story.graph
        place = {value: i for i, value in enumerate(story.nodes)}
        templates = Templates()
        constants: list[float] = []
        operands: list[list[int]] = []
        for node in story.nodes:
            row = []
            for operand in node.operands:
                if isinstance(operand, Value):
                    row.append(place[operand])
                else:
                    constants.append(operand)
                    row.append(-len(constants))
            operands.append(row)
        boxes = [self._box(node) for node in graph.nodes if node.kind != "constant"]
        gates = [self.gates.of(v) if v.primitive is not None else -1 for v in story.nodes]
        return {
            "title": f"Step through {story.title}",
            "description": graph.description,
            "name": [story.names[value] for value in story.nodes],
            "path": {place[value]: path for value, path in story.paths.items()},
            "symbol": [plain(value.op) for value in story.nodes],
            "value": [exact(value.data) for value in story.nodes],
            "operands": operands,
            "constants": [exact(number) for number in constants],
            "locals": [[exact(local) for local in v.local_derivatives] for v in story.nodes],
            "gate": gates,
            "formula": [templates.value(v) if v.primitive is not None else -1 for v in story.nodes],
            "rules": [
                [
                    templates.partial(v, i) if local is not None else -1
                    for i, local in enumerate(v.local_derivatives)
                ]
                for v in story.nodes
            ],
            "templates": templates.texts,
            "gates": self.gates.table(),
            "boxes": boxes,
            "constantBoxes": [self._box(n)[:4] for n in graph.nodes if n.kind == "constant"],
            "ways": [self._way(edge.id) for edge in graph.edges],
            "frames": [
                [plain(group.label), *map(_short, self.layout.frames[group.id])]
                for group in graph.groups
                if group.id in self.layout.frames
            ],
            "width": _short(self.layout.width),
            "height": _short(self.layout.height),
            "mistakes": {k: {"title": t, "words": w} for k, (t, w) in MISTAKES.items()},
            "mistake": self.mistake or "",
            "recordedOnly": self._recorded_only(),
        }

    def _box(self, node: Node) -> list[float]:
        box = card(node)
        x, y = self.layout.centers[node.id]
        corner = x - box.width / 2, y - box.height / 2
        return [_short(length) for length in (*corner, box.width, box.height, box.symbol_width)]

    def _way(self, id: str) -> list[str | list[int] | None]:
        way = self.layout.ways[id]
        label = None if way.label is None else [round(c) for c in way.label]
        return [still.curve(way.points), label] if label else [still.curve(way.points)]

    def _recorded_only(self) -> str:
        """Why the inputs of this page cannot be changed, or nothing."""
        try:
            self.gates.source()
        except ValueError as error:
            return f"The inputs cannot be changed here: {error}."
        return ""

    # -- where scripts do not run --

    def _fallback(self) -> str:
        picture = still.to_svg(self.story.graph, self.layout)
        encoded = base64.b64encode(picture.encode()).decode()
        alt = escape(self.story.graph.description, quote=True)
        return (
            f'<p><img src="data:image/svg+xml;base64,{encoded}" alt="{alt}"></p>\n'
            "<p>Where scripts run, this is a page that steps through it. The steps:</p>\n"
            + "".join(self._tables())
        )

    def _tables(self) -> Iterator[str]:
        story = self.story
        start = len(story.computed) + 2
        forward = list(forward_rows(story))
        backward = list(backward_rows(story, story.steps, start))
        yield page.table(("step", "node", "value"), forward, _ROWS)
        yield page.table(HEADINGS, backward, _ROWS)


def _short(length: float) -> float:
    rounded = round(length, 1)
    return int(rounded) if rounded == int(rounded) else rounded
