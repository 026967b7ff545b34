"""Pages that need nothing else: an element with a fallback, and a script that takes its place."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from html import escape
from importlib.resources import files

from viz.colors import DARK, LIGHT, Palette


def fragment(
    fallback: str,
    data: object,
    gates: str,
    widget: str,
    scripts: Sequence[str],
    styles: Sequence[str],
) -> str:
    """What a notebook shows: the fallback, which the script replaces where scripts run.

    Parameters
    ----------
    fallback:
        HTML that says the same without a script.
    data, gates:
        What the widget is about, and JavaScript to compute with (an expression).
    widget:
        The name of its class: ``new widget(root, data, gates)`` puts it there.
    scripts, styles:
        The files of its program, in order, as ``"package/name.js"`` below viz.
    """
    written = script_json(data)
    id = "s" + hashlib.sha256(written.encode()).hexdigest()[:12]
    css = script_json(style(tuple(styles)))
    return (
        f'<div data-stepgrad="{id}">{fallback}</div>\n'
        f'<script>\n(function () {{\n"use strict";\n{program(tuple(scripts))}\n'
        f'mountWhenThere("{id}", {css}, (root) => new {widget}(root, {written}, '
        f"{inside_script(gates)}));\n}})();\n</script>"
    )


def document(title: str, fragment: str) -> str:
    """A fragment as a page of its own."""
    return _PAGE.format(title=escape(title), fragment=fragment)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> str:
    """An HTML table of texts, with at most so many rows."""
    # HTML closes rows and cells by itself, which makes a page of a hundred values 6 KB smaller
    cells = "".join(f"<th>{escape(heading)}" for heading in headings)
    lines = [f"<table>\n<thead><tr>{cells}</thead>\n<tbody>"]
    for row in rows[:most]:
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row))
    if len(rows) > most:
        more = f"and {len(rows) - most:,} more rows"
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


def inside_script(source: str) -> str:
    """JavaScript, checked not to end the script that it stands in.

    Raises
    ------
    ValueError
        If it would.
    """
    if "</" in source or "<!--" in source:
        raise ValueError("a primitive's form in JavaScript must not hold '</' or '<!--'")
    return source


@cache
def program(names: tuple[str, ...]) -> str:
    """Files of JavaScript as one, without comments and indentation."""
    text = "\n".join(map(_file, names))
    return inside_script(re.sub(r"^\s*(//.*\n|\n)?", "", text, flags=re.MULTILINE))


@cache
def style(names: tuple[str, ...]) -> str:
    """The palettes as variables, and style sheets without their white space."""
    text = re.sub(r"/\*.*?\*/", "", "".join(map(_file, names)), flags=re.DOTALL)
    variables = _palette(":host", LIGHT) + _palette(':host([data-theme="dark"])', DARK)
    return variables + re.sub(r"\s*\n\s*", "", text)


def _palette(selector: str, palette: Palette) -> str:
    variables = "".join(f"--{k.replace('_', '-')}:{v};" for k, v in asdict(palette).items())
    scheme = "dark" if palette is DARK else "light"
    return f"{selector}{{{variables}color-scheme:{scheme}}}\n"


def sources(names: Iterable[str]) -> str:
    """Files of JavaScript as they are."""
    return "\n".join(map(_file, names))


def _file(name: str) -> str:
    return files("viz").joinpath(*name.split("/")).read_text("utf-8")


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
main {{ max-width: 1560px; margin: 0 auto; overflow-x: auto; }}
main > svg {{ display: block; margin: 0 auto; }}
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
