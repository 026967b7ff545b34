"""A story as a page that needs nothing else: picture, numbers, and the program that steps."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from autograd import Value
from viz import dot, render, svg
from viz.card import card
from viz.colors import DARK, LIGHT, Palette
from viz.graph import Node, plain
from viz.stepper import still
from viz.stepper.gates import Gates, Templates
from viz.stepper.mistakes import MISTAKES
from viz.stepper.story import Story
from viz.stepper.text import HEADINGS, backward_rows, forward_rows

PROGRAM = (
    *("numbers", "dom", "engine", "picture", "viewport", "words", "explain"),
    *("controls", "live", "paths", "predict", "mistakes", "table", "tools", "stepper", "mount"),
)
STYLES = ("stepper.css", "picture.css", "leaves.css")
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
        data = script_json(self.data)
        css = script_json(_style())
        id = "s" + hashlib.sha256(data.encode()).hexdigest()[:12]
        return (
            f'<div data-stepgrad="{id}">{self._fallback()}</div>\n'
            f'<script>\n(function () {{\n"use strict";\n{_program()}\n'
            f'mountWhenThere("{id}", {data}, {self._functions()}, {css});\n}})();\n</script>'
        )

    def document(self) -> str:
        """The same as a page of its own."""
        return _PAGE.format(title=escape(self.story.title), fragment=self.fragment())

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
            "symbol": [value.op for value in story.nodes],
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

    def _functions(self) -> str:
        return "null" if self.data["recordedOnly"] else _inside_script(self.gates.source())

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
        start = len(story.computed) + 1
        forward = list(forward_rows(story))
        backward = list(backward_rows(story, story.steps, start))
        yield _table(("step", "node", "value"), forward)
        yield _table(HEADINGS, backward)


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    # HTML closes rows and cells by itself, which makes a page of a hundred values 6 KB smaller
    cells = "".join(f"<th>{escape(heading)}" for heading in headings)
    lines = [f"<table>\n<thead><tr>{cells}</thead>\n<tbody>"]
    for row in rows[:_ROWS]:
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row))
    if len(rows) > _ROWS:
        more = f"and {len(rows) - _ROWS:,} more rows"
        lines.append(f'<tr><td colspan="{len(headings)}">{more}')
    return "\n".join([*lines, "</tbody></table>\n"])


def exact(number: float | None) -> float | str | None:
    """A number as JSON has it: inf and nan as words that JavaScript's Number reads.

    >>> exact(0.1), exact(float("-inf")), exact(float("nan"))
    (0.1, '-Infinity', 'NaN')
    """
    if number is None or math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def script_json(data: object) -> str:
    r"""JSON that is safe inside a script element.

    >>> script_json("</script>")
    '"\\u003c/script>"'
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _inside_script(source: str) -> str:
    """Generated JavaScript, checked not to end the script that it stands in.

    Raises
    ------
    ValueError
        If it would.
    """
    if "</" in source or "<!--" in source:
        raise ValueError("a primitive's form in JavaScript must not hold '</' or '<!--'")
    return source


def _short(length: float) -> float:
    rounded = round(length, 1)
    return int(rounded) if rounded == int(rounded) else rounded


def _palette(selector: str, palette: Palette) -> str:
    variables = "".join(f"--{k.replace('_', '-')}:{v};" for k, v in asdict(palette).items())
    scheme = "dark" if palette is DARK else "light"
    return f"{selector}{{{variables}color-scheme:{scheme}}}\n"


@cache
def _program() -> str:
    text = "\n".join(_file(f"{name}.js") for name in PROGRAM)
    return _inside_script(re.sub(r"^\s*(//.*\n|\n)?", "", text, flags=re.MULTILINE))


@cache
def _style() -> str:
    """The palettes as variables, and the style sheet without its white space."""
    text = re.sub(r"/\*.*?\*/", "", "".join(map(_file, STYLES)), flags=re.DOTALL)
    variables = _palette(":host", LIGHT) + _palette(':host([data-theme="dark"])', DARK)
    return variables + re.sub(r"\s*\n\s*", "", text)


def _file(name: str) -> str:
    return files("viz.stepper").joinpath(name).read_text("utf-8")


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 0; padding: 12px; background: #ffffff; color: #1a2230;
  font: 15px/1.45 system-ui, sans-serif; }}
main {{ max-width: 1560px; margin: 0 auto; }}
img {{ max-width: 100%; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #11151b; color: #e8ecf2; }} }}
</style>
</head>
<body>
<main>
{fragment}
</main>
</body>
</html>
"""
