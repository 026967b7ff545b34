"""What a model answers all over the plane of its two inputs: the numbers of a boundary."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from autograd import Value, compile, no_grad
from autograd.compiler.tracing import DataDependentGraphError, refusing_comparisons
from nn import Module
from nn.arguments import amount, whole

MARGIN = 0.15  # of the points' extent, on each side
PROBABILITIES = ("sigmoid", "softmax")


class Point(NamedTuple):
    """A sample: where it is, the number of its class, and that of the class the model gives it."""

    x: float
    y: float
    wanted: int
    given: int


@dataclass(frozen=True)
class Field:
    """A model's answers on a grid, and the points it was asked about.

    Attributes
    ----------
    xs, ys:
        The grid's coordinates, ascending.
    labels:
        The classes.
    scores:
        ``scores[k][row][column]`` is above 0 where class k is the model's answer, 0 on its
        boundary; rows go with ``ys``.
    points:
        The samples.
    """

    xs: list[float]
    ys: list[float]
    labels: list[Any]
    scores: list[list[list[float]]]
    points: list[Point]

    @property
    def accuracy(self) -> float:
        """The share of the points that lie on their side."""
        return sum(p.wanted == p.given for p in self.points) / len(self.points)

    def winner(self, row: int, column: int) -> int:
        """The class that is the answer there; a tie goes to the first."""
        return _largest([layer[row][column] for layer in self.scores])

    def sureness(self) -> list[list[float]]:
        """How far from the boundary the answer is, from 0 to 1; half the grid is above 1/2."""
        tops = [
            [max(layer[i][j] for layer in self.scores) for j in range(len(self.xs))]
            for i in range(len(self.ys))
        ]
        finite = [abs(top) for row in tops for top in row if math.isfinite(top)]
        middle = median(finite) if finite and median(finite) > 0 else 1.0
        return [[_squashed(abs(top) / middle) for top in row] for row in tops]


def field(
    model: Callable[[Any], Any],
    inputs: Sequence[Sequence[float]],
    targets: Sequence[Any],
    *,
    threshold: float | None = None,
    resolution: int = 100,
) -> Field:
    """Ask ``model`` all over the rectangle around the points.

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
        How many columns and rows the grid has.

    Raises
    ------
    ValueError
        If the points are not in two dimensions, or the labels do not fit the model's answers.
    """
    whole("resolution", resolution, low=2)
    rows, wanted = _points(inputs, targets)
    xs = _steps([x for x, _ in rows], resolution)
    ys = _steps([y for _, y in rows], resolution)
    answers = evaluate(model, [[x, y] for y in ys for x in xs] + rows)
    single = isinstance(answers[0], float)
    if threshold is None:
        last = getattr(getattr(model, "output", None), "name", "")
        threshold = 0.5 if last in PROBABILITIES else 0.0
    else:
        threshold = amount("threshold", threshold, low=-math.inf)
    each = [_scores(answer, threshold) for answer in answers]
    labels, index = _labels(wanted, len(each[0]), single)
    layers = [
        [[each[i * resolution + j][k] for j in range(resolution)] for i in range(resolution)]
        for k in range(len(labels))
    ]
    given = [_largest(scores) for scores in each[resolution**2 :]]
    points = [Point(x, y, index(t), g) for (x, y), t, g in zip(rows, wanted, given, strict=True)]
    return Field(xs, ys, labels, layers, points)


def evaluate(model: Callable[[Any], Any], rows: list[list[float]]) -> list[Any]:
    """The model's answer to each row, a float or a list: compiled, where that is exact."""
    probes = rows[:: max(1, len(rows) // 16)]
    with no_grad():
        wanted = [_plain(model(row)) for row in probes]
    leaves = [Value(x) for x in rows[0]]
    try:
        with refusing_comparisons():
            output = model(leaves)
        parameters = model.parameters() if isinstance(model, Module) else []
        program = compile([output] if isinstance(output, Value) else output, leaves, parameters)
    except (DataDependentGraphError, TypeError):
        program = None
    if program is not None:
        found = [list(map(float, row)) for row in program(rows)]
        answers = [row if len(row) > 1 else row[0] for row in found]
        if repr(answers[:: max(1, len(rows) // 16)]) == repr(wanted):
            return answers
    with no_grad():  # a model that branches on numbers: one graph does not stand for all rows
        return [_plain(model(row)) for row in rows]


def _plain(answer: Any) -> Any:
    if isinstance(answer, (list, tuple)):
        return [_plain(a) for a in answer] if len(answer) > 1 else _plain(answer[0])
    return answer.data if isinstance(answer, Value) else float(answer)


def _points(inputs: Any, targets: Any) -> tuple[list[list[float]], list[Any]]:
    inputs = inputs.tolist() if hasattr(inputs, "tolist") else list(inputs)
    targets = targets.tolist() if hasattr(targets, "tolist") else list(targets)
    if len(inputs) != len(targets) or not inputs:
        raise ValueError(
            f"wanted a target for each point; got {len(inputs)} points and {len(targets)} targets"
        )
    for row in inputs:
        if len(row) != 2:
            raise ValueError(
                f"a decision boundary is drawn over two inputs; got a row of {len(row)}: {row!r}"
            )
    return [[float(x) for x in row] for row in inputs], targets


def _steps(numbers: list[float], count: int) -> list[float]:
    """Even steps over the extent of the numbers and a margin."""
    low, high = min(numbers), max(numbers)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"wanted points with finite coordinates; they go from {low} to {high}")
    room = MARGIN * (high - low) or 1.0
    low, high = low - room, high + room
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def _scores(answer: Any, threshold: float) -> list[float]:
    """For each class by how much it leads."""
    if isinstance(answer, float):
        return [threshold - answer, answer - threshold]
    return [z - max(answer[:k] + answer[k + 1 :]) for k, z in enumerate(answer)]


def _labels(
    targets: list[Any], classes: int, single: bool
) -> tuple[list[Any], Callable[[Any], int]]:
    """The classes' labels, and the number of a target's class."""
    if single:
        negative = sorted({t for t in targets if not t > 0})
        positive = sorted({t for t in targets if t > 0})
        if len(negative) > 1 or len(positive) > 1:
            raise ValueError(
                "the model's one score tells two classes apart, labelled -1 and 1, or 0 and 1; the "
                f"targets are {', '.join(map(repr, negative + positive))}"
            )
        pair = [(negative or [-1 if positive[0] == 1 else 0])[0], (positive or [1])[0]]
        return pair, lambda t: int(t > 0)
    if all(hasattr(t, "__len__") for t in targets):
        return list(range(classes)), lambda t: _largest(list(t))
    for t in targets:
        if t not in range(classes):
            raise ValueError(f"the model has {classes} outputs: wanted classes below it; got {t!r}")
    return list(range(classes)), int


def _largest(numbers: list[float]) -> int:
    return numbers.index(max(numbers))


def _squashed(x: float) -> float:
    return x / (1 + x) if math.isfinite(x) else 1.0
