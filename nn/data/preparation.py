"""What turns a data set into batches: split, shuffle, standardize, one-hot."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from nn.arguments import Random, amount, generator, whole

Input = TypeVar("Input")
Target = TypeVar("Target")


def _pairs(inputs: Sequence[Any], targets: Sequence[Any]) -> int:
    if len(inputs) != len(targets):
        raise ValueError(
            f"wanted one target for each input; got {len(inputs)} inputs and {len(targets)} targets"
        )
    return len(inputs)


def train_test_split(
    inputs: Sequence[Input],
    targets: Sequence[Target],
    test_size: float = 0.2,
    rng: Random = 0,
) -> tuple[list[Input], list[Input], list[Target], list[Target]]:
    """Shuffle, and put a part aside: (train inputs, test inputs, train targets, test targets).

    test_size: the share of the rows to put aside, between 0 and 1 (rounded up to whole rows), or
    their number, from 1 to one less than the rows.

    >>> train_test_split([[1.0], [2.0], [3.0]], ["a", "b", "c"], test_size=1)
    ([[3.0], [2.0]], [[1.0]], ['c', 'b'], ['a'])
    """
    n = _pairs(inputs, targets)
    if isinstance(test_size, int):
        size = whole("test_size", test_size, low=1)
    else:
        # Rounded first, so that 0.2 * 35 = 7.000000000000001 does not become 8 rows.
        size = math.ceil(round(amount("test_size", test_size, high=1.0) * n, 9))
    if not 0 < size < n:
        raise ValueError(f"wanted rows left to train on; got {size} of {n} rows to test on")
    order = list(range(n))
    generator(rng).shuffle(order)
    train, test = order[size:], order[:size]
    return (
        [inputs[i] for i in train],
        [inputs[i] for i in test],
        [targets[i] for i in train],
        [targets[i] for i in test],
    )


def shuffled_batches(n: int, batch_size: int, rng: Random = 0) -> Iterator[list[int]]:
    """The row numbers 0 to n - 1 in random order, in lists of batch_size (the last may be shorter).

    >>> list(shuffled_batches(5, batch_size=2))
    [[2, 1], [0, 4], [3]]
    """
    whole("n", n, low=0)
    whole("batch_size", batch_size, low=1)
    order = list(range(n))
    generator(rng).shuffle(order)
    return (order[start : start + batch_size] for start in range(0, n, batch_size))


def minibatches(
    inputs: Sequence[Input], targets: Sequence[Target], batch_size: int, rng: Random = 0
) -> Iterator[tuple[list[Input], list[Target]]]:
    """One epoch: every row once, in random order, batch_size at a time (the last may be fewer).

    rng: give every epoch the same random.Random and each has an order of its own; a seed gives the
    same order each time.

    >>> import random
    >>> generator = random.Random(0)
    >>> for epoch in range(2):
    ...     print([batch for batch, _ in minibatches("abcde", range(5), 2, rng=generator)])
    [['c', 'b'], ['a', 'e'], ['d']]
    [['a', 'c'], ['b', 'd'], ['e']]
    """
    batches = shuffled_batches(_pairs(inputs, targets), batch_size, rng)
    return (([inputs[i] for i in rows], [targets[i] for i in rows]) for rows in batches)


@dataclass(frozen=True)
class Standardizer:
    """The transform (x - mean) / std of each column, ready for rows that it was not fitted to.

    A column that is constant has a std of 1 here, so that it becomes 0 and not nan.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @overload
    def __call__(self, inputs: Sequence[float]) -> list[float]: ...
    @overload
    def __call__(self, inputs: Sequence[Sequence[float]]) -> list[list[float]]: ...
    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        """(x - mean) / std for each column of the rows (or, for one column, plain numbers)."""
        return self._each(inputs, lambda x, mean, std: (x - mean) / std)

    @overload
    def inverse(self, inputs: Sequence[float]) -> list[float]: ...
    @overload
    def inverse(self, inputs: Sequence[Sequence[float]]) -> list[list[float]]: ...
    def inverse(self, inputs: Sequence[Any]) -> list[Any]:
        """Back to the original units: x * std + mean."""
        return self._each(inputs, lambda x, mean, std: x * std + mean)

    def _each(
        self, inputs: Sequence[Any], change: Callable[[float, float, float], float]
    ) -> list[Any]:
        rows, flat = _rows(inputs)
        if rows and len(rows[0]) != len(self.mean):
            raise ValueError(
                f"this standardizer was fitted to {len(self.mean)} columns; got {len(rows[0])}"
            )
        changed = [
            [change(x, mean, std) for x, mean, std in zip(row, self.mean, self.std, strict=True)]
            for row in rows
        ]
        return [x for (x,) in changed] if flat else changed


def _rows(inputs: Sequence[Any]) -> tuple[list[list[float]], bool]:
    """The inputs as rows of finite floats, and whether they were plain numbers (one column)."""
    flat = len(inputs) > 0 and not hasattr(inputs[0], "__len__")
    rows = [[float(x) for x in ([row] if flat else row)] for row in inputs]
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"wanted rows of equal length; row 0 has {len(rows[0])} numbers, row {i} {len(row)}"
            )
        for j, x in enumerate(row):
            if not math.isfinite(x):
                raise ValueError(f"wanted finite numbers; row {i}, column {j} is {x}")
    return rows, flat


@overload
def standardize(inputs: Sequence[float]) -> tuple[list[float], Standardizer]: ...
@overload
def standardize(inputs: Sequence[Sequence[float]]) -> tuple[list[list[float]], Standardizer]: ...
def standardize(inputs: Sequence[Any]) -> tuple[list[Any], Standardizer]:
    """Shift and scale each column to mean 0 and standard deviation 1 (of the rows, dividing by n).

    Returns the new rows and the transform that made them. Fit it to the training rows only, then
    call it on the test rows. A list of plain numbers (targets) is one column and stays a list of
    plain numbers.

    >>> scaled, standardizer = standardize([[1.0, 5.0], [3.0, 5.0]])
    >>> scaled
    [[-1.0, 0.0], [1.0, 0.0]]
    >>> standardizer([[4.0, 6.0]])
    [[2.0, 1.0]]
    >>> standardizer.inverse([[2.0, 1.0]])
    [[4.0, 6.0]]
    """
    rows, _ = _rows(inputs)
    if not rows:
        raise ValueError("standardize wants at least one row; got none")
    columns = list(zip(*rows, strict=True))
    means = [math.fsum(column) / len(column) for column in columns]
    deviations = [
        math.hypot(*(x - mean for x in column)) / math.sqrt(len(column))
        for column, mean in zip(columns, means, strict=True)
    ]
    for j, column in enumerate(columns):
        # The mean of equal numbers can be off by a rounding error, which must not be blown up to 1.
        if min(column) == max(column):
            means[j], deviations[j] = column[0], 0.0
    standardizer = Standardizer(tuple(means), tuple(std or 1.0 for std in deviations))
    return standardizer(inputs), standardizer


@overload
def one_hot(labels: int, classes: int) -> list[float]: ...
@overload
def one_hot(labels: Sequence[int], classes: int) -> list[list[float]]: ...
def one_hot(labels: Any, classes: int) -> list[Any]:
    """A class as a row of zeros with a single one; a list of classes as a list of rows.

    labels: whole numbers from 0 to classes - 1.

    >>> one_hot(2, classes=4)
    [0.0, 0.0, 1.0, 0.0]
    >>> one_hot([0, 1], classes=2)
    [[1.0, 0.0], [0.0, 1.0]]
    """
    whole("classes", classes, low=1)
    if hasattr(labels, "__len__") and not isinstance(labels, str):
        return [one_hot(label, classes) for label in labels]
    if not whole("one_hot's label", labels, low=0) < classes:
        raise ValueError(f"one_hot wants labels from 0 to {classes - 1}; got {labels}")
    return [float(c == labels) for c in range(classes)]
