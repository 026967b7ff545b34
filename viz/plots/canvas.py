"""What all plots share: matplotlib, imported when the first is drawn; Axes; colours; numbers.

The colours are Okabe and Ito's, which people with any colour vision tell apart; lines differ in
their dashes and markers as well, so that they are told apart in grey.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from autograd import Value, gradients, no_grad

Axes: TypeAlias = Any
"""A matplotlib Axes: matplotlib is optional, so its types can't be named here."""

BLUE, VERMILION = "#0072b2", "#d55e00"
COLORS = [BLUE, VERMILION, "#009e73", "#cc79a7", "#8a7a00", "#56b4e9", "#5a5a5a"]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 2))]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
INK, GRID = "#1a2230", "#d9dee5"


def pyplot() -> Any:
    """matplotlib.pyplot.

    Raises
    ------
    ImportError
        Where matplotlib is not installed; the message says how to install it.
    """
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError(
            "viz's plots are drawn by matplotlib, which is not installed: "
            'pip install "stepgrad[notebooks]"'
        ) from error
    return matplotlib.pyplot


def new_axes(
    ax: Axes | None, title: str, x: str, y: str, *, size: tuple[float, float] = (6.0, 4.0)
) -> Axes:
    """``ax``, or Axes in a figure of their own, with a title and the names of both axes."""
    plt = pyplot()
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    elif not hasattr(ax, "plot"):
        raise TypeError(f"ax wants a matplotlib Axes, as plt.subplots() gives; got {ax!r}")
    ax.set_title(title)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    return ax


def grid(ax: Axes) -> None:
    """Thin lines behind what is drawn."""
    ax.grid(True, color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)


def line_style(i: int) -> dict[str, Any]:
    """Colour, dashes and width of the i-th line."""
    return {"color": COLORS[i % 7], "linestyle": DASHES[i % 7], "linewidth": 2.0}


def legend(ax: Axes, **where: Any) -> None:
    """A legend, if something on ``ax`` has a name."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=True, framealpha=0.9, edgecolor=GRID, **where)


def spaced(low: float, high: float, count: int = 401) -> list[float]:
    """Even steps from low to high.

    Raises
    ------
    ValueError
        If they are not finite, or not in this order.
    """
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"wanted finite limits, the lower first; got {low!r} and {high!r}")
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def number(y: Any) -> float:
    """The number in a Value, or a plain number, as a float."""
    return y.data if isinstance(y, Value) else float(y)


def values(f: Callable[[Any], Any], xs: Iterable[Any]) -> list[float]:
    """f at each number, or list of numbers; f gets Values, so that it may use their methods."""
    with no_grad():
        return [number(f([*map(Value, x)] if isinstance(x, list) else Value(x))) for x in xs]


def slopes(f: Callable[[Any], Any], xs: Iterable[float]) -> list[float]:
    """The derivative of f at each number."""
    found = []
    for x in xs:
        leaf = Value(x)
        found.append(float(gradients(f(leaf), [leaf])[0]))
    return found


def unjoined(xs: Sequence[float], ys: Sequence[float]) -> tuple[list[float], list[float]]:
    """The points of a line, with a gap where the function jumps: by a tenth of all it covers."""
    finite = [y for y in ys if math.isfinite(y)]
    height = max(finite) - min(finite) if finite else 0.0
    along, up = [xs[0]], [ys[0]]
    for x, y in zip(xs[1:], ys[1:], strict=True):
        if height > 0 and abs(y - up[-1]) > 0.1 * height:
            along.append(x)
            up.append(math.nan)
        along.append(x)
        up.append(y)
    return along, up
