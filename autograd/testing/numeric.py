"""Derivatives of plain functions of floats by differences, each with an estimate of its error.

Differences at steps in proportion to the argument, each a quarter of the one before, are
extrapolated to a step of 0 (Richardson's tableau, as in Ridders 1982,
doi:10.1016/S0141-1195(82)80057-0) from both sides, from the left and from the right. The error of
each entry is truncation, read off its neighbours, plus rounding, in proportion to 1/step; from the
finest step upwards the most accurate is taken, as far as all agree. Where the function is nan or
infinite on one side, the other side decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite, nan
from typing import Any, NamedTuple

from autograd.ieee import real
from autograd.transforms import flat, like

ROUNDING = 2.0**-53
"""Half the distance from 1.0 to the next float: the largest relative error of one operation."""

UNDERFLOW = 2.0**-1072
"""Two roundings among the smallest floats."""

_RATIO = 4.0
_ORDERS = 6  # columns of the tableau: beyond, rounding has eaten what extrapolation gains
_SAFETY = 4.0  # the smallest of many estimates is an optimistic one


class Slope(NamedTuple):
    """A derivative by differences, and how far it may be off."""

    value: float
    error: float

    def meets(self, other: Slope) -> bool:
        """Whether the two may be estimates of one number; an unknown one may be."""
        unknown = self.error == inf or other.error == inf
        return unknown or abs(self.value - other.value) <= self.error + other.error


class Slopes(NamedTuple):
    """The derivative from both sides, from the left and from the right.

    Where a one-sided derivative could not be found its error is inf.
    """

    both: Slope
    left: Slope
    right: Slope

    @property
    def is_kink(self) -> bool:
        """Whether the derivatives from the left and from the right differ."""
        return not self.left.meets(self.right)

    def excess(self, derivative: float, allowed: float = 0.0) -> float:
        """By how much ``derivative`` misses every slope that differences allow; 0.0 if it does not.

        At a kink any number between the two one-sided derivatives is allowed. An infinite one is
        right where the tangent is vertical: differences then grow without end.
        """
        if self.both.error == inf:
            return 0.0
        if abs(derivative) == inf:
            return inf if any(slope.error < abs(slope.value) / 2 for slope in self) else 0.0
        low, high = self.both.value - self.both.error, self.both.value + self.both.error
        if self.is_kink:
            sides = (self.left, self.right)
            low = min(low, *[side.value - side.error for side in sides])
            high = max(high, *[side.value + side.error for side in sides])
        if derivative != derivative:
            return inf
        return max(low - derivative - allowed, derivative - high - allowed, 0.0)


def in_words(found: Slopes) -> str:
    """The derivative and its error; at a kink those of both sides too."""
    shown = f"{found.both.value!r} +- {found.both.error:.2g}"
    if found.is_kink:
        left, right = found.left.value, found.right.value
        shown += f" ({left:.6g} from the left, {right:.6g} from the right: all between is right)"
    return shown


class _Tableau:
    """Richardson extrapolation of differences to a step of 0: for each step the best estimate."""

    def __init__(self, gain: float) -> None:
        self.gain = gain  # what the error of a difference falls by from one step to the next
        self.row: list[float] = []
        self.estimates: list[Slope] = []

    def add(self, up: float, down: float, width: float, noise: float, x: float) -> None:
        """The next difference, near ``x``; ``noise`` is the rounding error of ``up`` and ``down``.

        A function rounds its argument, as it were.
        """
        difference = (up - down) / width
        rounding = 2 * noise + ROUNDING * max(abs(up), abs(down)) + UNDERFLOW
        rounding += 4 * ROUNDING * abs(x * difference)
        if not (isfinite(difference) and isfinite(rounding)):
            self.row = []
            return
        row = [difference]
        power = 1.0
        best = Slope(nan, inf)
        for previous in self.row[: _ORDERS - 1]:
            power *= self.gain
            row.append(row[-1] + (row[-1] - previous) / (power - 1.0))
            truncation = abs(row[-1] - previous)  # more than row[-1] - row[-2]
            error = _SAFETY * (truncation + rounding / width)
            if error < best.error:
                best = Slope(row[-1], error)
        self.row = row
        if best.error < inf:
            self.estimates.append(best)

    @property
    def result(self) -> Slope:
        """What the estimates agree on, from the finest step upwards as far as they do.

        A coarse step may look exact and be wrong, where something happens nearer than it reaches.
        """
        low, high, best = -inf, inf, Slope(nan, inf)
        for estimate in reversed(self.estimates):
            below, above = estimate.value - estimate.error, estimate.value + estimate.error
            if below > high or above < low:
                break
            low, high = max(low, below), min(high, above)
            best = min(best, estimate, key=lambda slope: slope.error)
        if best.error == inf:
            return best
        value = min(max(best.value, low), high)
        return Slope(value, max(high - value, value - low))


def slopes(
    f: Callable[[float], float], x: float, noise: float | None = None, reach: float = inf
) -> Slopes:
    """The derivative of ``f`` at ``x`` from both sides, the left and the right, with errors.

    Parameters
    ----------
    f:
        Takes a float and returns one; nan or an infinity says that it is not defined there, as do
        the exceptions of Python's arithmetic.
    noise:
        How large the rounding error of ``f`` is near ``x``. Unless given, four roundings of f(x),
        or the smallest change of ``f`` that was seen, which is safe and costs a digit.
    reach:
        How far from ``x`` the function is known to have no singularity. One that is nearer than
        the steps, and too faint to be seen above the noise, would make them wrong unnoticed.

    >>> import math
    >>> slope = slopes(math.sin, 1.0).both
    >>> abs(slope.value - math.cos(1.0)) < slope.error < 1e-8
    True
    >>> at_kink = slopes(abs, 0.0)
    >>> at_kink.left.value, at_kink.right.value
    (-1.0, 1.0)
    """
    middle = _value(f, x)
    samples = []
    widest = min(max(abs(x), 1.0), reach)
    smallest = max((abs(x) or widest) * 2.0**-42, 5e-308)
    step = max(widest / _RATIO, smallest * _RATIO**_ORDERS)
    while step >= smallest:
        above, below = x + step, x - step  # rounded: the steps that are taken differ from `step`
        samples.append((above, below, _value(f, above), _value(f, below)))
        step /= _RATIO
    if noise is None:
        changes = [abs(y - middle) for *_, up, down in samples for y in (up, down) if y != middle]
        noise = max(4 * ROUNDING * abs(middle), min(filter(isfinite, changes), default=0.0))
    both, left, right = _Tableau(_RATIO**2), _Tableau(_RATIO), _Tableau(_RATIO)
    for above, below, up, down in samples:
        right.add(up, middle, above - x, noise, x)
        left.add(middle, down, x - below, noise, x)
        both.add(up, down, above - below, noise, x)
    central = both.result
    if not isfinite(central.error):  # the edge of the domain: one side has to do
        central = min(left.result, right.result, key=lambda slope: slope.error)
    return Slopes(central, left.result, right.result)


def _value(f: Callable[[float], float], x: float) -> float:
    try:
        y = f(x)
    except (ArithmeticError, ValueError):
        return nan
    return nan if isinstance(y, complex) else y  # as (-1.0) ** 0.5 is


def numeric_gradient(
    f: Callable[..., Any], *args: Any, argnums: int | Sequence[int] | None = None
) -> Any:
    """The gradient of ``f`` by differences: floats, in the nesting of the arguments.

    Parameters
    ----------
    f:
        Takes numbers or nested lists of numbers, returns one number (or a Value).
    args:
        Where to differentiate.
    argnums:
        Which argument: one gives its gradient, several (or None, for all, if there are several)
        a tuple of such.

    >>> [round(slope, 9) for slope in numeric_gradient(lambda w: w[0] * w[1] ** 2, [2.0, 3.0])]
    [9.0, 12.0]
    """
    if argnums is None:
        argnums = 0 if len(args) == 1 else range(len(args))
    chosen = [argnums] if isinstance(argnums, int) else list(argnums)
    found = tuple(_gradient(f, args, i % len(args)) for i in chosen)
    return found[0] if isinstance(argnums, int) else found


def _gradient(f: Callable[..., Any], args: Sequence[Any], i: int) -> Any:
    numbers = [real(getattr(x, "data", x)) for x in flat(args[i])]

    def along(k: int) -> Callable[[float], float]:
        def section(x: float) -> float:
            moved = like(args[i], iter([*numbers[:k], x, *numbers[k + 1 :]]))
            output = f(*args[:i], moved, *args[i + 1 :])
            return real(getattr(output, "data", output))

        return section

    found = [slopes(along(k), x).both.value for k, x in enumerate(numbers)]
    return like(args[i], iter(found))
