"""Models over their data: decision boundaries, and lines over points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import nn
from viz.field import evaluate, field
from viz.plots.canvas import COLORS, INK, MARKERS, Axes, grid, legend, line_style, new_axes, spaced

Model = Callable[[Any], Any]


def plot_decision_boundary(
    model: Model,
    inputs: Sequence[Sequence[float]],
    targets: Sequence[Any],
    *,
    threshold: float | None = None,
    resolution: int = 100,
    ax: Axes | None = None,
) -> Axes:
    """Which class ``model`` answers where, with the points; those on the wrong side are ringed.

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
    """
    found = field(model, inputs, targets, threshold=threshold, resolution=resolution)
    if len(found.labels) > len(COLORS):
        raise ValueError(f"there are colours for {len(COLORS)} classes; got {len(found.labels)}")
    colors = [COLORS[1], COLORS[0], *COLORS[2:]]
    title = f"Decision boundary: {found.accuracy:.1%} of {len(found.points)} points right"
    ax = new_axes(ax, title, "x1", "x2")
    steps = range(len(found.xs))
    winners = [[found.winner(i, j) for j in steps] for i in range(len(found.ys))]
    edges = [k - 0.5 for k in range(len(found.labels) + 1)]
    ax.contourf(
        found.xs,
        found.ys,
        winners,
        levels=edges,
        colors=colors[: len(found.labels)],
        alpha=0.25,
    )
    for layer in found.scores[1:] if len(found.labels) == 2 else found.scores:
        if min(map(min, layer)) <= 0 <= max(map(max, layer)):
            ax.contour(found.xs, found.ys, layer, levels=[0.0], colors=INK, linewidths=1.5)
    for k, label in enumerate(found.labels):
        mine = [p for p in found.points if p.wanted == k]
        ax.scatter(
            [p.x for p in mine],
            [p.y for p in mine],
            color=colors[k],
            marker=MARKERS[k],
            s=30,
            linewidths=[2.0 if p.given != k else 0.6 for p in mine],
            edgecolors=[INK if p.given != k else "white" for p in mine],
            label=f"class {label}",
            zorder=3,
        )
    legend(ax)
    return ax


def plot_fit(
    models: Model | Mapping[str, Model],
    inputs: Sequence[Any],
    targets: Sequence[float],
    *,
    low: float | None = None,
    high: float | None = None,
    title: str = "Fit",
    names: tuple[str, str] = ("x", "y"),
    ax: Axes | None = None,
) -> Axes:
    """Points, and the lines that models of one input draw through them.

    Parameters
    ----------
    models:
        Takes a list of one input; or several such by name.
    inputs, targets:
        The points: rows of one number, or numbers.
    low, high:
        From where to where the lines go; None: along the points.
    title, names:
        What is written over the picture and along its axes.

    >>> sizes, prices = nn.data.houses()
    >>> model = nn.Neuron(1, "relu")  # a line, bent where it would fall below 0
    >>> model.load_state_dict({"weights.0": 3.0, "bias": -90.0})
    >>> ax = plot_fit(model, sizes, prices, low=0.0)  # doctest: +SKIP
    """
    xs = [x[0] if hasattr(x, "__len__") else x for x in inputs]
    if len(xs) != len(targets) or not xs:
        raise ValueError(f"wanted a target for each input; got {len(xs)} and {len(targets)}")
    ax = new_axes(ax, title, *names)
    grid(ax)
    steps = spaced(min(xs) if low is None else low, max(xs) if high is None else high)
    for i, (name, model) in enumerate(_by_name(models).items()):
        ax.plot(steps, evaluate(model, [[x] for x in steps]), label=name, **line_style(i))
    ax.scatter(xs, targets, color=INK, s=24, zorder=3, label="data")
    legend(ax)
    return ax


def plot_line_fits(
    inputs: Sequence[Any],
    targets: Sequence[float],
    losses: Mapping[str, str] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """A straight line through the points by each of several losses, which outliers pull or not.

    Each is fitted by 600 steps of Adam whose rate falls to 0, on standardized inputs.

    Parameters
    ----------
    inputs, targets:
        The points, such as ``nn.data.line_with_outliers()``.
    losses:
        Names of ``nn.losses`` by what to call them; None: squared, absolute and Huber's.
    """
    losses = losses or {"squared (L2)": "mse", "absolute (L1)": "mae", "Huber": "huber"}
    lines = {name: _line(inputs, targets, loss) for name, loss in losses.items()}
    return plot_fit(lines, inputs, targets, title="A line under several losses", ax=ax)


def _line(inputs: Sequence[Any], targets: Sequence[float], loss: str) -> Model:
    rows, scale = nn.data.standardize([x if hasattr(x, "__len__") else [x] for x in inputs])
    model = nn.Neuron(1, "linear", init="zeros")
    rate = nn.schedules.cosine(0.3, 0.0, 600)
    adam = nn.optim.Adam(model.parameters(), lr=rate)
    nn.fit(model, rows, targets, loss, adam, epochs=600, compile=True, progress=False)
    (mean,), (deviation,) = scale.mean, scale.std
    return lambda x: model([(x[0] - mean) / deviation])


def _by_name(models: Model | Mapping[str, Model]) -> dict[str, Model]:
    return dict(models) if isinstance(models, Mapping) else {"model": models}
