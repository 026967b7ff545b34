"""Descent on surfaces: tangents in one dimension, contours and paths in two, a saddle in three."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd import Value
from nn.arguments import whole
from nn.optim import Optimizer
from viz.plots.canvas import (
    COLORS,
    INK,
    MARKERS,
    VERMILION,
    Axes,
    grid,
    legend,
    new_axes,
    pyplot,
    slopes,
    spaced,
    values,
)

Surface = Callable[[Any], Any]
Path = Sequence[Any]
Paths = Path | Mapping[str, Path]


def descent_path(
    f: Surface,
    start: float | Sequence[float],
    optimizer: Callable[[list[Value]], Optimizer],
    steps: int = 20,
) -> list[Any]:
    """The points that an optimizer goes through on ``f``, the start first.

    Parameters
    ----------
    f:
        A function of one number, or of a list of numbers.
    start:
        Where to begin: a number or a list.
    optimizer:
        Makes one for a list of parameters: ``lambda p: nn.optim.SGD(p, lr=0.1)``.
    steps:
        How many steps.

    >>> import nn
    >>> path = descent_path(lambda x: x * x, 10.0, lambda p: nn.optim.SGD(p, lr=0.2), steps=10)
    >>> len(path), round(path[-1], 6)
    (11, 0.060466)
    """
    single = not isinstance(start, Sequence)
    numbers = [start] if single else start
    parameters = [Value(x) for x in numbers]  # type: ignore[union-attr]
    stepper = optimizer(parameters)
    path = []
    for step in range(whole("steps", steps, low=0) + 1):
        if step:
            stepper.zero_grad()
            f(parameters[0] if single else parameters).backward()
            stepper.step()
        point = [p.data for p in parameters]
        path.append(point[0] if single else point)
    return path


def plot_descent(
    f: Surface,
    path: Sequence[float],
    *,
    tangents: int = 5,
    low: float | None = None,
    high: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A function of one number, the points of a descent on it, and tangents.

    Parameters
    ----------
    f:
        The function.
    path:
        Numbers, such as ``descent_path`` gives.
    tangents:
        At how many of the first points to draw one.
    low, high:
        From where to where; None: a little more than the path.
    """
    if not len(path):
        raise ValueError("path wants at least one number; got none")
    room = 0.25 * (max(path) - min(path)) or 1.0
    low = min(path) - room if low is None else low
    high = max(path) + room if high is None else high
    ax = new_axes(ax, "Gradient descent", "parameter w", "loss")
    grid(ax)
    xs = spaced(low, high)
    ys = values(f, xs)
    ax.plot(xs, ys, color=COLORS[0], linewidth=2, label="loss")
    heights = values(f, path)
    half = 0.12 * (high - low)
    for i, (x, y, slope) in enumerate(zip(path, heights, slopes(f, path), strict=True)):
        if i < tangents:
            ends = [x - half, x + half]
            label = "tangent" if i == 0 else None
            ax.plot(
                ends, [y + slope * (e - x) for e in ends], color=INK, linewidth=1.2, label=label
            )
    ax.plot(path, heights, color=VERMILION, marker="o", linewidth=1, label="descent")
    ax.plot(path[:1], heights[:1], color=VERMILION, marker="s", markersize=9, linestyle="none")
    ax.annotate("start", (path[0], heights[0]), (8, 6), textcoords="offset points", color=INK)
    legend(ax)
    return ax


def plot_loss_surface(
    f: Surface,
    paths: Paths = (),
    *,
    extent: tuple[float, float, float, float] | None = None,
    levels: int = 18,
    ax: Axes | None = None,
) -> Axes:
    """A function of two numbers as contours, and the paths of optimizers on it.

    Parameters
    ----------
    f:
        A function of a list of two numbers.
    paths:
        Points as ``descent_path`` gives, or several such by name.
    extent:
        (left, right, bottom, top); None: around the paths, less what flies off.
    levels:
        How many contours.
    """
    named = by_name(paths)
    ax = new_axes(ax, "Loss surface", "x1", "x2")
    left, right, bottom, top = extent or _extent(named)
    xs, ys = spaced(left, right, 81), spaced(bottom, top, 81)
    heights = values(f, [[x, y] for y in ys for x in xs])
    rows = [heights[i * 81 : (i + 1) * 81] for i in range(81)]
    ax.contour(xs, ys, rows, levels=_levels(heights, levels), cmap="cividis", linewidths=1)
    for i, (name, path) in enumerate(named.items()):
        _draw_path(ax, i, path, _label(f, name, path))
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    legend(ax)
    return ax


def plot_surface(
    f: Surface,
    path: Path = (),
    *,
    low: float = -2.0,
    high: float = 2.0,
    title: str = "Surface",
    ax: Axes | None = None,
) -> Axes:
    """A function of two numbers in three dimensions, and a path on it.

    Parameters
    ----------
    f:
        A function of a list of two numbers.
    path:
        Points as ``descent_path`` gives.
    low, high:
        From where to where, in both directions.
    ax:
        Axes with ``projection="3d"``; None: a figure of its own.
    """
    if ax is None:
        figure = pyplot().figure(figsize=(6, 5), layout="constrained")
        ax = figure.add_subplot(projection="3d")
    elif not hasattr(ax, "plot_surface"):
        raise TypeError('wanted Axes in 3-D: figure.add_subplot(projection="3d")')
    ax = new_axes(ax, title, "x1", "x2")
    ax.set_zlabel("loss")
    from numpy import array

    steps = spaced(low, high, 41)
    heights = [values(f, [[x, y] for x in steps]) for y in steps]
    across = array([steps] * 41)
    ax.plot_surface(across, across.T, array(heights), cmap="cividis", alpha=0.8, linewidth=0)
    if len(path):
        up = values(f, map(list, path))
        x, y = zip(*path, strict=True)
        ax.plot(x, y, up, color=VERMILION, marker="o", markersize=4, zorder=10, label="descent")
        legend(ax)
    return ax


def plot_saddle(path: Path = (), *, ax: Axes | None = None) -> Axes:
    """The saddle x1**2 - x2**2: a minimum one way, a maximum the other, its gradient 0 between."""
    return plot_surface(_saddle, path, title="A saddle: x1**2 - x2**2", ax=ax)


def _saddle(x: Sequence[Any]) -> Any:
    return x[0] * x[0] - x[1] * x[1]


# -- paths --


def by_name(paths: Paths) -> dict[str, Path]:
    """Paths by name; a single one goes by "descent"."""
    if isinstance(paths, Mapping):
        return dict(paths)
    return {"descent": paths} if len(paths) else {}


def _label(f: Surface, name: str, path: Path) -> str:
    (end,) = values(f, [list(path[-1])])
    return f"{name}: {end:.3g} after {len(path) - 1}"


def _draw_path(ax: Axes, i: int, path: Path, label: str) -> Any:
    """A path as a line with markers; it is returned to be moved."""
    x, y = zip(*path, strict=True)
    (line,) = ax.plot(
        x,
        y,
        color=COLORS[(i + 1) % 7],
        marker=MARKERS[i % 7],
        markersize=5,
        linewidth=1.5,
        label=label,
    )
    ax.plot(x[:1], y[:1], color=INK, marker="o", markersize=8, fillstyle="none", linestyle="none")
    return line


def _extent(named: dict[str, Path]) -> tuple[float, float, float, float]:
    """Around all points no further out than 1.2 times the farthest start."""
    limits: list[float] = []
    for k in (0, 1):
        reach = 1.2 * max((abs(path[0][k]) for path in named.values()), default=5.0) or 1.0
        inside = [p[k] for path in named.values() for p in path if abs(p[k]) <= reach]
        low, high = min(inside, default=-reach), max(inside, default=reach)
        room = 0.15 * (high - low) or 1.0
        limits += [low - room, high + room]
    return limits[0], limits[1], limits[2], limits[3]


def _levels(heights: list[float], count: int) -> list[float]:
    """Closer together near the bottom, where descents end."""
    finite = [h for h in heights if math.isfinite(h)]
    low, high = min(finite), max(finite)
    if low == high:
        return [low]
    return [low + (high - low) * (i / count) ** 2 for i in range(1, count + 1)]
