"""Plots of functions of one number: activations, neurons that sharpen, losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd
from nn import activations, losses
from viz.plots.canvas import (
    BLUE,
    VERMILION,
    Axes,
    grid,
    legend,
    line_style,
    new_axes,
    slopes,
    spaced,
    unjoined,
    values,
)


def plot_activation(
    activation: str | Callable[[Any], Any],
    *,
    low: float = -5.0,
    high: float = 5.0,
    ax: Axes | None = None,
) -> Axes:
    """An activation beside its derivative.

    Parameters
    ----------
    activation:
        A name of ``nn.activations``, one of its functions, or any function of a Value.
    low, high:
        From where to where.
    ax:
        What to draw on; None: a figure of its own.

    Raises
    ------
    ValueError
        For softmax and log_softmax, which are functions of a whole layer.
    """
    f = activations.resolve(activation)
    name = str(getattr(f, "name", getattr(f, "__name__", "f")))
    name = repr(f) if getattr(f, "settings", None) else name
    if getattr(f, "over_layer", False):
        raise ValueError(f"{name} is a function of a whole layer, not of one number to plot over")
    ax = new_axes(ax, name, "weighted sum z", "value, slope")
    grid(ax)
    xs = spaced(low, high)
    ax.plot(*unjoined(xs, values(f, xs)), color=BLUE, linewidth=2.5, label=f"{name}(z)")
    ax.plot(
        *unjoined(xs, slopes(f, xs)),
        color=VERMILION,
        linewidth=2.0,
        linestyle="--",
        label="its derivative",
    )
    legend(ax)
    return ax


def plot_steepness(
    weights: Sequence[float] = (1.0, 2.0, 5.0, 20.0),
    *,
    center: float = 0.0,
    low: float = -3.0,
    high: float = 3.0,
    ax: Axes | None = None,
) -> Axes:
    """sigmoid(w*x + b) turning into a step as w grows, with b = -w * center.

    Parameters
    ----------
    weights:
        The weights to draw a curve of each.
    center:
        Where the curves cross 1/2.
    """
    ax = new_axes(ax, "sigmoid(w*x + b) turns into a step", "input x", "output")
    grid(ax)
    xs = spaced(low, high)
    for i, w in enumerate(weights):
        ys = [autograd.sigmoid(w * (x - center)) for x in xs]
        ax.plot(xs, ys, label=f"w = {w:g}, b = {-w * center + 0.0:g}", **line_style(i))
    legend(ax)
    return ax


def plot_losses(
    names: Sequence[str] = ("squared_error", "mae", "huber", "pseudo_huber"),
    *,
    target: float = 0.0,
    reach: float = 3.0,
    ax: Axes | None = None,
) -> Axes:
    """Losses of one prediction, against the prediction.

    Parameters
    ----------
    names:
        Names of ``nn.losses``, or functions of (prediction, target).
    target:
        The target: 0 makes the prediction the error; 1 suits hinge and the cross-entropies.
    reach:
        How far from the target predictions go.
    """
    x = "error y - t" if target == 0 else f"prediction y, the target being {target:g}"
    ax = new_axes(ax, "Losses", x, "loss")
    grid(ax)
    xs = spaced(target - reach, target + reach)
    for i, name in enumerate(names):
        loss = losses.resolve(name)
        ys = values(lambda y, loss=loss: loss(y, target), xs)  # type: ignore[misc]
        ax.plot(xs, ys, label=getattr(loss, "__name__", str(name)), **line_style(i))
    legend(ax)
    return ax


def plot_cross_entropy(*, ax: Axes | None = None) -> Axes:
    """Binary cross-entropy against the probability p, for both classes: -log p and -log(1 - p)."""
    ax = new_axes(ax, "Cross-entropy", "probability p given to class 1", "loss")
    grid(ax)
    ps = spaced(0.001, 0.999, 999)
    for i, (target, formula) in enumerate([(1, "-log p"), (0, "-log(1 - p)")]):
        ys = [losses.binary_cross_entropy(p, target) for p in ps]
        ax.plot(ps, ys, label=f"class {target}: {formula}", **line_style(i))
    ax.set_ylim(0, 5)
    legend(ax)
    return ax
