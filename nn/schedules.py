"""Learning-rate schedules: the learning rate as a plain function of the step.

A step is the number of updates already done, so the first update uses `schedule(0)`. Every
optimizer takes one as `lr=`. Each schedule here is a frozen dataclass that is called like a
function and whose repr is the code that makes it; any function of yours from the step to a rate
will do as well.

>>> rate = warmup(cosine(start=0.3, end=0.01, steps=20), steps=5)
>>> [round(rate(step), 4) for step in (0, 1, 5, 15, 25, 1000)]
[0.0, 0.06, 0.3, 0.155, 0.01, 0.01]
>>> rate
warmup(schedule=cosine(start=0.3, end=0.01, steps=20), steps=5, start=0.0)
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nn.arguments import amount, whole

Schedule = Callable[[int], float]


def _step(step: int) -> int:
    if not step >= 0:
        raise ValueError(f"a schedule wants the number of steps done, 0 or more; got {step!r}")
    return step


# Lower-case names: these classes are called like functions, and that is all that is done with them.


@dataclass(frozen=True)
class constant:
    """The same rate at every step.

    >>> constant(0.1)(1000)
    0.1
    """

    rate: float

    def __post_init__(self) -> None:
        amount("constant's rate", self.rate)

    def __call__(self, step: int) -> float:
        _step(step)
        return float(self.rate)


@dataclass(frozen=True)
class piecewise_constant:
    """One rate after another, changing at given steps (also called multi-step).

    boundaries: the steps, ascending, from which on the next rate holds; rates: one more than
    boundaries.

    >>> rate = piecewise_constant(boundaries=[10, 20], rates=[0.1, 0.01, 0.001])
    >>> rate(9), rate(10), rate(20)
    (0.1, 0.01, 0.001)
    """

    boundaries: Sequence[int]
    rates: Sequence[float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "boundaries", tuple(self.boundaries))
        object.__setattr__(self, "rates", tuple(self.rates))
        for boundary in self.boundaries:
            whole("piecewise_constant's boundary", boundary, low=1)
        for rate in self.rates:
            amount("piecewise_constant's rate", rate)
        if list(self.boundaries) != sorted(set(self.boundaries)):
            raise ValueError(
                f"piecewise_constant wants ascending boundaries; got {self.boundaries!r}"
            )
        if len(self.rates) != len(self.boundaries) + 1:
            raise ValueError(
                "piecewise_constant wants one rate more than boundaries (the first rate "
                f"holds before the first boundary); got {len(self.rates)} rates and "
                f"{len(self.boundaries)} boundaries"
            )

    def __call__(self, step: int) -> float:
        _step(step)
        return float(self.rates[sum(step >= boundary for boundary in self.boundaries)])


@dataclass(frozen=True)
class factor:
    """Times a factor at each step, down to a floor: max(floor, start * factor**step).

    factor: above 0, at most 1; floor: at most start.

    >>> rate = factor(start=0.5, factor=0.5, floor=0.1)
    >>> [rate(step) for step in range(4)]
    [0.5, 0.25, 0.125, 0.1]
    """

    start: float
    factor: float
    floor: float = 0.0

    def __post_init__(self) -> None:
        amount("factor's start", self.start)
        amount("factor's factor", self.factor, high=1.0)
        if self.factor == 0:
            raise ValueError("factor's factor wants a number above 0; got 0")
        amount("factor's floor", self.floor, high=self.start)

    def __call__(self, step: int) -> float:
        return float(max(self.floor, self.start * self.factor ** _step(step)))


@dataclass(frozen=True)
class exponential:
    """Exponential decay, start * exp(-decay * step).

    >>> rate = exponential(start=0.1, decay=0.5)
    >>> round(rate(2), 6)
    0.036788
    """

    start: float
    decay: float

    def __post_init__(self) -> None:
        amount("exponential's start", self.start)
        amount("exponential's decay", self.decay)

    def __call__(self, step: int) -> float:
        return self.start * math.exp(-self.decay * _step(step))


@dataclass(frozen=True)
class polynomial:
    """Polynomial decay, start * (1 + decay * step) ** -power.

    The form of Zhang et al., Dive into Deep Learning, section 12.4. With power 1/2 and decay 1 it
    is inverse_sqrt.

    >>> polynomial(start=0.1, power=2, decay=0.5)(2)
    0.025
    """

    start: float
    power: float = 0.5
    decay: float = 1.0

    def __post_init__(self) -> None:
        amount("polynomial's start", self.start)
        amount("polynomial's power", self.power)
        amount("polynomial's decay", self.decay)

    def __call__(self, step: int) -> float:
        # Dividing 1 by the base keeps it at most 1, so that no power of it overflows.
        return float(self.start * (1 / (1 + self.decay * _step(step))) ** self.power)


@dataclass(frozen=True)
class inverse_sqrt:
    """Decay with the inverse square root, start / sqrt(step + 1).

    >>> inverse_sqrt(0.1)(3)
    0.05
    """

    start: float

    def __post_init__(self) -> None:
        amount("inverse_sqrt's start", self.start)

    def __call__(self, step: int) -> float:
        return self.start / math.sqrt(_step(step) + 1)


def _cosine(start: float, end: float, progress: float) -> float:
    """From start (progress 0) to end (progress 1) along half a cosine wave."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


@dataclass(frozen=True)
class cosine:
    """Half a cosine wave from start down to end over so many steps, end from then on.

    Source: Loshchilov and Hutter, SGDR (2017), equation 5, without restarts.

    >>> rate = cosine(start=0.3, end=0.01, steps=20)
    >>> [round(rate(step), 9) for step in (0, 5, 10, 15, 20, 30)]
    [0.3, 0.257530483, 0.155, 0.052469517, 0.01, 0.01]
    """

    start: float
    end: float
    steps: int

    def __post_init__(self) -> None:
        amount("cosine's start", self.start)
        amount("cosine's end", self.end)
        whole("cosine's steps", self.steps, low=1)

    def __call__(self, step: int) -> float:
        if _step(step) >= self.steps:
            return float(self.end)
        return _cosine(self.start, self.end, step / self.steps)


@dataclass(frozen=True)
class one_cycle:
    """Up from start to the peak along a cosine, then down to end, over so many steps.

    The peak comes at step rise * steps - 1 and the last step of the cycle is steps - 1, as in
    torch.optim's OneCycleLR. start: peak / 25 unless given; end: start / 10,000 unless given; rise:
    the rising share of the steps, 0 to 1. Source: Smith and Topin, Super-Convergence (2018).

    >>> rate = one_cycle(peak=0.1, steps=10, rise=0.3)
    >>> [round(rate(step), 4) for step in range(10)]
    [0.004, 0.052, 0.1, 0.095, 0.0812, 0.0611, 0.0389, 0.0188, 0.005, 0.0]
    """

    peak: float
    steps: int
    rise: float = 0.3
    start: float | None = None
    end: float | None = None

    def __post_init__(self) -> None:
        peak = amount("one_cycle's peak", self.peak)
        whole("one_cycle's steps", self.steps, low=1)
        amount("one_cycle's rise", self.rise, high=1.0)
        start = peak / 25 if self.start is None else amount("one_cycle's start", self.start)
        end = start / 1e4 if self.end is None else amount("one_cycle's end", self.end)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)

    def __call__(self, step: int) -> float:
        assert self.start is not None
        assert self.end is not None
        top, last = self.rise * self.steps - 1, self.steps - 1
        if _step(step) >= last:
            return self.end
        if step < top:
            return _cosine(self.start, self.peak, step / top)
        return _cosine(self.peak, self.end, (step - top) / (last - top))


@dataclass(frozen=True)
class cyclical:
    """Up and down between two rates in straight lines, again and again.

    half: the steps from low to high, and as many back; shrink: what the height of the triangle is
    multiplied by after each cycle (1 keeps it, 1/2 is "triangular2"). Source: Smith, Cyclical
    Learning Rates (2017).

    >>> rate = cyclical(low=1.0, high=2.0, half=2, shrink=0.5)
    >>> [rate(step) for step in range(9)]
    [1.0, 1.5, 2.0, 1.5, 1.0, 1.25, 1.5, 1.25, 1.0]
    """

    low: float
    high: float
    half: int
    shrink: float = 1.0

    def __post_init__(self) -> None:
        amount("cyclical's low", self.low)
        amount("cyclical's high", self.high, low=self.low)
        whole("cyclical's half", self.half, low=1)
        amount("cyclical's shrink", self.shrink, high=1.0)

    def __call__(self, step: int) -> float:
        cycle, within = divmod(_step(step), 2 * self.half)
        height = 1 - abs(within / self.half - 1)
        return float(self.low + (self.high - self.low) * height * self.shrink**cycle)


@dataclass(frozen=True)
class warmup:
    """Rise in a straight line from start over so many steps, then follow a schedule from 0 on.

    schedule: a schedule, or a number, which stays the same.

    >>> rate = warmup(0.1, steps=4, start=0.02)
    >>> [round(rate(step), 3) for step in range(6)]
    [0.02, 0.04, 0.06, 0.08, 0.1, 0.1]
    """

    schedule: Schedule | float
    steps: int
    start: float = 0.0

    def __post_init__(self) -> None:
        if not callable(self.schedule):
            object.__setattr__(
                self, "schedule", constant(amount("warmup's schedule", self.schedule))
            )
        whole("warmup's steps", self.steps, low=1)
        amount("warmup's start", self.start)

    def __call__(self, step: int) -> float:
        assert callable(self.schedule)
        if _step(step) >= self.steps:
            return self.schedule(step - self.steps)
        return self.start + (self.schedule(0) - self.start) * step / self.steps
