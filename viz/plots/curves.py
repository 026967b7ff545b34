"""Curves over epochs and steps: training, schedules, momentum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nn import History
from viz.plots.canvas import COLORS, MARKERS, Axes, grid, legend, line_style, new_axes


def plot_history(
    history: History | Mapping[str, History],
    columns: str | Sequence[str] | None = None,
    *,
    log: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """What training did, epoch by epoch.

    Parameters
    ----------
    history:
        What ``nn.fit`` returned; or several by name, to compare.
    columns:
        Which numbers; None: the loss, and the validation loss if there is one.
    log:
        Whether the vertical axis is logarithmic.

    Raises
    ------
    KeyError
        If there is no such column; the message lists those there are.
    """
    named = {"": history} if isinstance(history, History) else dict(history)
    columns = [columns] if isinstance(columns, str) else columns
    drawn = 0
    ax = new_axes(ax, "Training", "epoch", "")
    grid(ax)
    seen: list[str] = []
    for name, run in named.items():
        for column in columns or [c for c in ("loss", "val_loss") if c in run.columns()]:
            label = f"{name}: {column}" if name and (columns is None or len(columns) > 1) else name
            epochs = range(1, len(run) + 1)
            one = MARKERS[drawn % 7] if len(run) == 1 else None  # a line of one point is no line
            ax.plot(epochs, run[column], label=label or column, marker=one, **line_style(drawn))
            drawn += 1
            seen += [] if column in seen else [column]
    ax.set_ylabel(", ".join(seen))
    if log:
        ax.set_yscale("log")
    legend(ax)
    return ax


def plot_schedules(
    schedules: Callable[[int], float] | Mapping[str, Callable[[int], float]],
    steps: int = 100,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Learning rates against the step.

    Parameters
    ----------
    schedules:
        One of ``nn.schedules``, any function of the step, or several by name.
    steps:
        How many steps.
    """
    named = {"": schedules} if callable(schedules) else dict(schedules)
    ax = new_axes(ax, "Learning-rate schedules", "step", "learning rate")
    grid(ax)
    for i, (name, schedule) in enumerate(named.items()):
        rates = [schedule(step) for step in range(steps)]
        name = name or type(schedule).__name__
        ax.plot(range(steps), rates, label=name, **line_style(i))
    ax.set_ylim(bottom=0)
    legend(ax)
    return ax


def plot_momentum_weights(
    betas: Sequence[float] = (0.5, 0.9, 0.95), steps: int = 40, *, ax: Axes | None = None
) -> Axes:
    """With which weight the gradient of so many steps ago still moves the parameter: beta**t.

    The weights add up to 1 / (1 - beta), by which momentum lengthens the step in the end.

    Parameters
    ----------
    betas:
        The momenta, at least 0 and below 1.
    steps:
        How far back.
    """
    for beta in betas:
        if not 0 <= beta < 1:
            raise ValueError(f"momentum wants a number of at least 0 and below 1; got {beta!r}")
    ax = new_axes(ax, "Momentum's weights", "steps ago t", "weight beta**t")
    grid(ax)
    for i, beta in enumerate(betas):
        ax.plot(
            range(steps),
            [beta**t for t in range(steps)],
            color=COLORS[i % 7],
            marker=MARKERS[i % 7],
            markersize=4,
            linewidth=1,
            label=f"beta = {beta:g}, sum {1 / (1 - beta):g}",
        )
    legend(ax)
    return ax
