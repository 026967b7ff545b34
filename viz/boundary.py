"""A decision boundary as a picture of its own: SVG by the standard library, light and dark."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from nn.files import write_atomically
from viz.colors import DARK, LIGHT, Palette
from viz.field import Field, field
from viz.graph import plain
from viz.png import Color, data_uri, png

WIDTH, HEIGHT = 560, 440
LEFT, TOP, RIGHT, BOTTOM = 56, 84, 16, 46
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
_LONGEST = 200  # characters of a title
SHADES = 24  # of each class, from the boundary to where the model is sure

# one a class (Okabe and Ito's, told apart with any colour vision), on light and on dark
COLORS = [
    (LIGHT.negative, DARK.negative),
    (LIGHT.positive, DARK.positive),
    ("#009e73", "#2bc79b"),
    ("#cc79a7", "#e3a0c6"),
    ("#8a7a00", "#f0e442"),
    ("#56b4e9", "#a5d8f7"),
    ("#5a5a5a", "#b8b8b8"),
]


def _star(corners: int, depth: float, turn: float) -> list[tuple[float, float]]:
    """The corners of a polygon, every second one drawn in by ``depth``."""
    points = []
    for i in range(2 * corners):
        radius = 5.5 * (depth if i % 2 else 1.0)
        angle = math.pi * (i / corners + turn)
        points.append((radius * math.sin(angle), -radius * math.cos(angle)))
    return points


# the marks of the classes after the first, a circle: square, triangle, diamond, star, ...
CORNERS = [
    _star(4, math.sqrt(0.5), 0.25),
    _star(3, 0.5, 0.0),
    _star(4, math.sqrt(0.5), 0.0),
    _star(5, 0.45, 0.0),
    _star(3, 0.5, 1.0),
    _star(4, 0.4, 0.25),
]


class Boundary:
    """A picture of a decision boundary. A notebook shows it; elsewhere ``save`` it.

    What it shows is in ``field``.
    """

    def __init__(self, field: Field, title: str, axes: tuple[str, str]) -> None:
        self.field, self.title = field, plain(title, _LONGEST)
        self.axes = plain(axes[0], _LONGEST), plain(axes[1], _LONGEST)

    @property
    def description(self) -> str:
        """What the picture shows, in a sentence."""
        found = self.field
        right = sum(p.wanted == p.given for p in found.points)
        classes = ", ".join(map(str, found.labels))
        return (
            f"{self.title}: the regions of {len(found.labels)} classes ({classes}) over "
            f"{self.axes[0]} and {self.axes[1]}; {right} of {len(found.points)} points lie in "
            "their own"
        )

    def svg(self) -> str:
        """The picture as an SVG document; it follows a viewer's preference for light or dark."""
        return "\n".join(_document(self)) + "\n"

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to a file whose name ends in .svg, and return the path.

        Raises
        ------
        ValueError
            for any other suffix.
        """
        target = Path(fspath(path))
        if target.suffix.lower() != ".svg":
            raise ValueError(
                f"{str(target)!r}: this picture is an SVG, end the name in .svg; for PNG and PDF "
                "write viz.plot_decision_boundary(...).figure.savefig(...)"
            )
        write_atomically(target, self.svg().encode())
        return target

    def __repr__(self) -> str:
        return f"<Boundary: {self.description}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """For notebooks: an image with an alternative text."""
        data = base64.b64encode(self.svg().encode()).decode()
        alt = escape(self.description, quote=True)
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}">'
        return {"text/html": image, "text/plain": repr(self)}


def draw_boundary(
    model: Callable[[Any], Any],
    inputs: Sequence[Sequence[float]],
    targets: Sequence[Any],
    *,
    threshold: float | None = None,
    resolution: int = 100,
    title: str = "Decision boundary",
    axes: tuple[str, str] = ("x1", "x2"),
) -> Boundary:
    """A picture of which class ``model`` answers where, with the points it was asked about.

    Parameters
    ----------
    model:
        Takes a list of two inputs and gives one score, or one number a class.
    inputs, targets:
        Points, and their classes: for one score two labels such as -1 and 1 or 0 and 1, else 0,
        1, 2, ... or one-hot lists.
    threshold:
        The score above which the answer is the positive class; None: 1/2 if the model's last
        activation is sigmoid or softmax, else 0.
    resolution:
        In how many columns and rows the model is asked.
    title, axes:
        What is written over the picture and along it.

    Raises
    ------
    ValueError
        If the points are not in two dimensions, the labels do not fit the model's answers, or
        there are more classes than colours.

    >>> from autograd import Value
    >>> draw_boundary(lambda x: x[0] - 2 * x[1], [[1.0, 0.0], [0.0, 1.0]], [1, -1])
    <Boundary: Decision boundary: the regions of 2 classes (-1, 1) over x1 and x2; 2 of 2 points
    lie in their own>
    """
    found = field(model, inputs, targets, threshold=threshold, resolution=resolution)
    if len(found.labels) > len(COLORS):
        raise ValueError(f"there are colours for {len(COLORS)} classes; got {len(found.labels)}")
    return Boundary(found, title, axes)


# -- the document --


def _document(picture: Boundary) -> Iterator[str]:
    found = picture.field
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    )
    yield f"<title>{escape(picture.title)}</title>"
    yield f"<desc>{escape(picture.description)}</desc>"
    yield f"<style>{_style(len(found.labels))}</style>"
    yield f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>'
    yield f'<text class="title" x="{LEFT}" y="26">{escape(picture.title)}</text>'
    yield from _legend(found)
    for theme, name in enumerate(("light", "dark")):
        image = data_uri(_raster(found, theme))
        yield (
            f'<image class="{name}" x="{LEFT}" y="{TOP}" width="{PLOT_WIDTH}" '
            f'height="{PLOT_HEIGHT}" preserveAspectRatio="none" href="{image}"/>'
        )
    yield f'<path class="boundary" d="{_boundary(found)}"/>'
    yield from _axis(found, picture.axes)
    for point in found.points:
        at = _x(found, point.x), _y(found, point.y)
        wrong = " wrong" if point.wanted != point.given else ""
        yield _mark(point.wanted, at, f"point k{point.wanted}{wrong}")
    yield "</svg>"


def _style(classes: int) -> str:
    def theme(palette: Palette, which: int) -> str:
        fills = "".join(f".k{k}{{fill:{COLORS[k][which]}}}" for k in range(classes))
        return (
            f".paper{{fill:{palette.paper}}}text{{fill:{palette.ink}}}.label{{fill:{palette.muted}}}"
            f".axis{{stroke:{palette.line};fill:none}}.boundary{{stroke:{palette.ink};fill:none}}"
            f".point{{stroke:{palette.paper}}}.wrong{{stroke:{palette.ink}}}{fills}"
        )

    return (
        "text{font:13px system-ui,sans-serif}.title{font-size:17px;font-weight:600}"
        ".boundary{stroke-width:2}.point{stroke-width:1}.wrong{stroke-width:2.5}"
        f".dark{{display:none}}{theme(LIGHT, 0)}"
        "@media (prefers-color-scheme:dark){.light{display:none}.dark{display:inline}"
        f"{theme(DARK, 1)}}}"
    )


def _legend(found: Field) -> Iterator[str]:
    """How many points lie where they belong, and a mark for each class."""
    wrong = sum(p.wanted != p.given for p in found.points)
    note = f"{len(found.points) - wrong} of {len(found.points)} points lie in their region"
    note += ", the others are ringed" if wrong else ""
    yield f'<text class="label" x="{LEFT}" y="46">{note}</text>'
    x = float(LEFT + 6)
    for k, label in enumerate(found.labels):
        yield _mark(k, (x, 66), f"point k{k}")
        yield f'<text x="{x + 10:g}" y="70">class {escape(str(label))}</text>'
        x += 34 + 7 * len(f"class {label}")


def _raster(found: Field, theme: int) -> bytes:
    """The regions as an image: a class's colour, the more opaque the surer the model is."""
    sureness = found.sureness()
    palette: list[Color] = []
    for color in COLORS[: len(found.labels)]:
        red, green, blue = (int(color[theme][i : i + 2], 16) for i in (1, 3, 5))
        palette += [(red, green, blue, 20 + 110 * s // (SHADES - 1)) for s in range(SHADES)]
    rows = []
    for i in reversed(range(len(found.ys))):
        shades = [min(int(s * SHADES), SHADES - 1) for s in sureness[i]]
        rows.append(bytes(found.winner(i, j) * SHADES + s for j, s in enumerate(shades)))
    return png(rows, palette)


def _boundary(found: Field) -> str:
    """Where a class's lead is 0, as the lines of an SVG path (marching squares)."""
    layers = found.scores[1:] if len(found.labels) == 2 else found.scores
    parts = []
    for layer in layers:
        for i in range(len(found.ys) - 1):
            for j in range(len(found.xs) - 1):
                crossings = list(_crossings(found, layer, i, j))
                for (x1, y1), (x2, y2) in zip(crossings[::2], crossings[1::2], strict=True):
                    parts.append(f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}")
    return "".join(parts)


def _crossings(
    found: Field, layer: list[list[float]], i: int, j: int
) -> Iterator[tuple[float, float]]:
    """Where the lead changes its sign along the four sides of a cell: none, two or four places."""
    corners = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j)]
    for (i1, j1), (i2, j2) in zip(corners, corners[1:] + corners[:1], strict=True):
        a, b = layer[i1][j1], layer[i2][j2]
        if (a > 0) != (b > 0):
            share = a / (a - b) if math.isfinite(a - b) else 0.5
            x = found.xs[j1] + share * (found.xs[j2] - found.xs[j1])
            y = found.ys[i1] + share * (found.ys[i2] - found.ys[i1])
            yield _x(found, x), _y(found, y)


def _axis(found: Field, names: tuple[str, str]) -> Iterator[str]:
    yield (f'<rect class="axis" x="{LEFT}" y="{TOP}" width="{PLOT_WIDTH}" height="{PLOT_HEIGHT}"/>')
    bottom = TOP + PLOT_HEIGHT
    for tick in _ticks(found.xs[0], found.xs[-1]):
        x = f"{_x(found, tick):.1f}"
        yield f'<path class="axis" d="M{x} {bottom}v5"/>'
        yield f'<text class="label" x="{x}" y="{bottom + 19}" text-anchor="middle">{tick:g}</text>'
    for tick in _ticks(found.ys[0], found.ys[-1]):
        y = _y(found, tick)
        yield f'<path class="axis" d="M{LEFT} {y:.1f}h-5"/>'
        yield (
            f'<text class="label" x="{LEFT - 9}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>'
        )
    middle = LEFT + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT / 2
    yield (
        f'<text x="{middle[0]:g}" y="{HEIGHT - 8}" text-anchor="middle">{escape(names[0])}</text>'
    )
    yield (
        f'<text x="16" y="{middle[1]:g}" text-anchor="middle" '
        f'transform="rotate(-90 16 {middle[1]:g})">{escape(names[1])}</text>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """Four to ten round numbers between the two: multiples of 1, 2 or 5 times a power of ten."""
    power: float = 10 ** math.floor(math.log10((high - low) / 4))
    size = next(m * power for m in (5, 2, 1) if (high - low) / (m * power) >= 4)
    return [k * size for k in range(math.ceil(low / size), math.floor(high / size) + 1)]


def _mark(k: int, at: tuple[float, float], kind: str) -> str:
    """A class's mark: its shape tells it as well as its colour."""
    x, y = at
    if k == 0:
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    places = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in CORNERS[k - 1])
    return f'<polygon class="{kind}" points="{places}"/>'


def _x(found: Field, x: float) -> float:
    low, high = found.xs[0], found.xs[-1]
    return LEFT + PLOT_WIDTH * (x - low) / (high - low)


def _y(found: Field, y: float) -> float:
    low, high = found.ys[0], found.ys[-1]
    return TOP + PLOT_HEIGHT * (high - y) / (high - low)
