"""Digits: a grid of images, weights as images, mistakes, the confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from nn import MLP, Layer
from nn.arguments import whole
from viz.field import evaluate
from viz.plots.canvas import BLUE, INK, VERMILION, Axes, new_axes, pyplot

Model = Callable[[Any], Any]
Rows = Sequence[Sequence[float]]


def plot_digits(
    images: Rows,
    labels: Sequence[Any] | None = None,
    *,
    columns: int = 10,
    title: str = "Digits",
    ax: Axes | None = None,
) -> Axes:
    """Images in a grid, each with its label.

    Parameters
    ----------
    images:
        Rows of pixels, as many as the square of a width: 64 for 8 by 8.
    labels:
        What is written at each.
    columns:
        How many images to a row.
    """
    rows = _listed(images)
    if labels is not None and len(labels) != len(rows):
        raise ValueError(f"wanted a label for each image; got {len(rows)} and {len(labels)}")
    room = 1 if labels is None else 1 + _side(rows) // 3
    ax, _ = _mosaic(ax, rows, columns, title, "Greys", room=room)
    for i, label in enumerate(labels if labels is not None else ()):
        left, top = _place(i, columns, _side(rows), room)
        middle = left + (_side(rows) - 1) / 2
        ax.text(middle, top - 0.8, str(label), color=INK, fontsize=9, ha="center", va="bottom")
    return ax


def plot_weights(model: MLP | Layer, *, columns: int = 8, ax: Axes | None = None) -> Axes:
    """The weights of each neuron of the first layer as an image: blue above 0, vermilion below.

    Parameters
    ----------
    model:
        An MLP or a Layer whose inputs are the pixels of square images.
    columns:
        How many images to a row.
    """
    layer = model.layers[0] if isinstance(model, MLP) else model
    rows = [[w.data for w in neuron.weights] for neuron in layer.neurons]
    limit = max(abs(w) for row in rows for w in row) or 1.0
    title = f"What the {len(rows)} neurons of the first layer look for"
    ax, image = _mosaic(ax, rows, columns, title, _diverging(), limit=limit)
    ax.figure.colorbar(image, ax=ax, label="weight", shrink=0.8)
    return ax


def plot_misclassified(
    model: Model, images: Rows, targets: Sequence[int], *, most: int = 30, ax: Axes | None = None
) -> Axes:
    """The images that the model takes for something else, each labelled "what it is: what it said".

    Parameters
    ----------
    model:
        Gives one number a class for a row of pixels.
    images, targets:
        Rows of pixels and their classes.
    most:
        At most so many are shown.
    """
    said = predictions(model, images)
    rows = _listed(images)
    wrong = [i for i, (t, p) in enumerate(zip(targets, said, strict=True)) if t != p]
    title = f"{len(wrong)} of {len(rows)} misclassified (is: said)"
    shown = wrong[: whole("most", most, low=1)]
    if not shown:
        ax = new_axes(ax, title, "", "")
        ax.set_axis_off()
        return ax
    labels = [f"{targets[i]}: {said[i]}" for i in shown]
    columns = min(10, len(shown))
    return plot_digits([rows[i] for i in shown], labels, columns=columns, title=title, ax=ax)


def plot_confusion_matrix(
    model: Model, inputs: Rows, targets: Sequence[int], *, ax: Axes | None = None
) -> Axes:
    """How often each class was taken for each: rows are what it is, columns what the model said.

    Parameters
    ----------
    model:
        Gives one number a class.
    inputs, targets:
        Rows and their classes.
    """
    said = predictions(model, inputs)
    classes = 1 + max(*targets, *said)
    counts = [[0] * classes for _ in range(classes)]
    for target, answer in zip(targets, said, strict=True):
        counts[target][answer] += 1
    right = sum(counts[k][k] for k in range(classes))
    title = f"Confusion matrix: {right} of {len(said)} right"
    ax = new_axes(ax, title, "what the model said", "what it is", size=(5.5, 5.0))
    most = max(map(max, counts))
    ax.imshow(counts, cmap="Blues", vmin=0, vmax=most)
    ax.set_xticks(range(classes))
    ax.set_yticks(range(classes))
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            if count:
                color = "white" if count > 0.6 * most else INK
                ax.text(j, i, str(count), ha="center", va="center", color=color, fontsize=9)
    return ax


def predictions(model: Model, inputs: Rows) -> list[int]:
    """The class with the largest output, for each row."""
    answers = evaluate(model, _listed(inputs))
    if isinstance(answers[0], float):
        raise ValueError("wanted a model with one output a class; this one has a single output")
    return [answer.index(max(answer)) for answer in answers]


def _listed(rows: Any) -> list[list[float]]:
    rows = rows.tolist() if hasattr(rows, "tolist") else [list(map(float, row)) for row in rows]
    if not rows:
        raise ValueError("wanted at least one row; got none")
    return rows  # type: ignore[no-any-return]


def _side(rows: list[list[float]]) -> int:
    side = math.isqrt(len(rows[0]))
    for row in rows:
        if len(row) != side * side:
            raise ValueError(
                f"wanted square images, such as rows of 64 pixels for 8 by 8; got {len(row)}"
            )
    return side


def _place(i: int, columns: int, side: int, room: int) -> tuple[int, int]:
    """The left and top pixel of the i-th image."""
    return (i % columns) * (side + 1), (i // columns) * (side + room) + room


def _mosaic(
    ax: Axes | None,
    rows: list[list[float]],
    columns: int,
    title: str,
    cmap: Any,
    *,
    limit: float | None = None,
    room: int = 1,
) -> tuple[Axes, Any]:
    """The images side by side in one.

    Parameters
    ----------
    limit:
        Colours go from -limit to limit; None: along the pixels there are.
    room:
        How many empty pixels there are over each image.
    """
    side, columns = _side(rows), whole("columns", columns, low=1)
    lines = math.ceil(len(rows) / columns)
    columns = min(columns, len(rows))
    canvas = [[math.nan] * (columns * (side + 1) - 1) for _ in range(lines * (side + room))]
    for i, pixels in enumerate(rows):
        left, top = _place(i, columns, side, room)
        for y in range(side):
            canvas[top + y][left : left + side] = pixels[y * side : (y + 1) * side]
    size = 0.75 * columns + 0.5, 0.75 * lines * (side + room) / (side + 1) + 0.7
    ax = new_axes(ax, title, "", "", size=size)
    low, high = (None, None) if limit is None else (-limit, limit)
    image = ax.imshow(canvas, cmap=cmap, vmin=low, vmax=high, interpolation="nearest")
    ax.set_axis_off()
    return ax, image


def _diverging() -> Any:
    """Vermilion below 0, white at 0, blue above."""
    pyplot()
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signs", [VERMILION, "#ffffff", BLUE])
