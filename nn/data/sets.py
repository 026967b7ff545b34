"""Data sets: from a formula and a seed, made up, or (the digits) from scikit-learn."""

import importlib
import math
from collections.abc import Callable, Sequence
from typing import Any

from nn.arguments import Random, amount, generator, whole

Point = Sequence[float]
Classes = tuple[list[list[float]], list[Any]]


def _labels(labels: Sequence[Any] | None, classes: int) -> Sequence[Any]:
    if labels is None:
        return range(classes)
    if len(labels) != classes:
        raise ValueError(f"labels wants one label a class, {classes}; got {labels!r}")
    return labels


def _classes(
    n: int,
    classes: int,
    noise: float,
    labels: Sequence[Any] | None,
    rng: Random,
    place: Callable[[int, int, int], Point],
) -> Classes:
    """n points, spread evenly over the classes, with noise, and shuffled.

    place(c, i, size): where point i of the size points of class c lies without noise.
    """
    whole("n", n, low=1)
    noise = amount("noise", noise)
    labels = _labels(labels, classes)
    rng = generator(rng)
    rows = []
    for c in range(classes):
        size = n // classes + (c < n % classes)
        for i in range(size):
            inputs = [float(x) + noise * rng.gauss(0.0, 1.0) for x in place(c, i, size)]
            rows.append((inputs, labels[c]))
    rng.shuffle(rows)
    return [inputs for inputs, _ in rows], [label for _, label in rows]


def _along(i: int, size: int) -> float:
    """Even steps from 0 to 1."""
    return i / (size - 1) if size > 1 else 0.0


def moons(
    n: int = 100, noise: float = 0.1, rng: Random = 0, labels: Sequence[Any] | None = None
) -> Classes:
    """Two half circles of radius 1 that interlock: (cos a, sin a) and (1 - cos a, 1/2 - sin a).

    noise: the standard deviation of what is added to each coordinate.

    >>> moons(4, noise=0.0, labels=(-1, 1))[1]
    [1, -1, -1, 1]
    """

    def place(c: int, i: int, size: int) -> Point:
        turn = math.pi * _along(i, size)
        x, y = math.cos(turn), math.sin(turn)
        return (x, y) if c == 0 else (1 - x, 0.5 - y)

    return _classes(n, 2, noise, labels, rng, place)


def circles(
    n: int = 100,
    noise: float = 0.05,
    ratio: float = 0.5,
    rng: Random = 0,
    labels: Sequence[Any] | None = None,
) -> Classes:
    """A circle of radius 1 (class 0) around one of radius ratio (class 1)."""
    amount("ratio", ratio, high=1.0)

    def place(c: int, i: int, size: int) -> Point:
        turn = 2 * math.pi * i / size
        radius = ratio if c else 1.0
        return radius * math.cos(turn), radius * math.sin(turn)

    return _classes(n, 2, noise, labels, rng, place)


def spirals(
    n: int = 200,
    classes: int = 2,
    noise: float = 0.02,
    turns: float = 1.0,
    rng: Random = 0,
    labels: Sequence[Any] | None = None,
) -> Classes:
    """Interleaved spiral arms, one a class, from near the centre out to radius 1."""
    whole("classes", classes, low=1)
    amount("turns", turns)

    def place(c: int, i: int, size: int) -> Point:
        s = _along(i, size)
        radius = 0.1 + 0.9 * s
        turn = 2 * math.pi * (turns * s + c / classes)
        return radius * math.cos(turn), radius * math.sin(turn)

    return _classes(n, classes, noise, labels, rng, place)


def xor(
    n: int = 4, noise: float = 0.0, rng: Random = 0, labels: Sequence[Any] | None = None
) -> Classes:
    """Exclusive or: the corners of the unit square, class 1 where just one coordinate is 1.

    The corners come in turn, in order: 00, 01, 10, 11. With noise, clouds around them.

    >>> xor()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    whole("n", n, low=1)
    noise = amount("noise", noise)
    labels = _labels(labels, 2)
    rng = generator(rng)
    corners = [(i >> 1 & 1, i & 1) for i in range(n)]
    inputs = [[x + noise * rng.gauss(0.0, 1.0) for x in corner] for corner in corners]
    return inputs, [labels[a ^ b] for a, b in corners]


def blobs(
    n: int = 100,
    centers: int | Sequence[Point] = 3,
    spread: float = 1.0,
    rng: Random = 0,
    labels: Sequence[Any] | None = None,
) -> Classes:
    """Round clouds of points, one a class, with the standard deviation spread in each coordinate.

    centers: the points to put them around (of any dimension), or how many to draw from the square
    -10 to 10.
    """
    rng = generator(rng)
    if isinstance(centers, int):
        count = whole("centers", centers, low=1)
        points: Sequence[Point] = [[rng.uniform(-10, 10) for _ in range(2)] for _ in range(count)]
    else:
        points = centers
        if len({len(point) for point in points}) != 1:
            raise ValueError(f"centers wants points of one dimension; got {centers!r}")
    amount("spread", spread)
    return _classes(n, len(points), spread, labels, rng, lambda c, i, size: points[c])


def houses() -> tuple[list[list[float]], list[float]]:
    """Six houses: size in square metres, price in thousands.

    Made up, near the line price = 3 * size - 90. That line is negative below 30 square metres,
    where a price can't be: bend it at 0 and it is a ReLU.

    >>> sizes, prices = houses()
    >>> [size for size, in sizes]
    [50.0, 70.0, 85.0, 110.0, 130.0, 160.0]
    >>> prices
    [65.0, 112.0, 170.0, 233.0, 308.0, 386.0]
    """
    sizes = [50.0, 70.0, 85.0, 110.0, 130.0, 160.0]
    return [[size] for size in sizes], [65.0, 112.0, 170.0, 233.0, 308.0, 386.0]


def line_with_outliers(
    n: int = 50,
    slope: float = 2.0,
    intercept: float = 1.0,
    noise: float = 0.2,
    outliers: float = 0.1,
    rng: Random = 0,
) -> tuple[list[list[float]], list[float]]:
    """Points near slope * x + intercept, x evenly from 0 to 5, of which a share lies far above.

    outliers: the share, 0 to 1 (rounded to whole points), that is put 5 to 15 too high, so that a
    fit by squared error is pulled up and one by absolute error or Huber's is not.
    """
    whole("n", n, low=1)
    amount("noise", noise)
    amount("outliers", outliers, high=1.0)
    rng = generator(rng)
    far = set(rng.sample(range(n), round(outliers * n)))
    xs = [5 * _along(i, n) for i in range(n)]
    targets = []
    for i, x in enumerate(xs):
        y = slope * x + intercept + noise * rng.gauss(0.0, 1.0)
        targets.append(y + rng.uniform(5, 15) if i in far else y)
    return [[x] for x in xs], targets


def digits() -> tuple[list[list[float]], list[int]]:
    """1797 handwritten digits: rows of 64 numbers from 0 to 1 (8 by 8 pixels), and digits 0 to 9.

    scikit-learn's copy of the UCI data set (Alpaydin and Kaynak, 1998), which comes with that
    package: nothing is downloaded. Raises ImportError where it is not installed.
    """
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise ImportError(
            "nn.data.digits() reads the digits that scikit-learn brings along; "
            'install it with: pip install "stepgrad[notebooks]"'
        ) from error
    data = datasets.load_digits()
    return (data.data / 16.0).tolist(), data.target.tolist()
