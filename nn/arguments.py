"""What arguments may be: one wording for all of nn's errors about numbers, counts and seeds."""

import difflib
import math
import random
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

from autograd.ieee import real

Random = int | random.Random


def generator(rng: Any) -> random.Random:
    """rng itself, or a generator of its own with that seed."""
    if isinstance(rng, random.Random):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, Integral):
        raise TypeError(f"rng wants a seed (a whole number) or a random.Random; got {rng!r}")
    return random.Random(int(rng))


def whole(name: str, value: Any, low: int) -> int:
    """Refuse what is not a whole number of at least low."""
    wanted = f"{name} wants a whole number of at least {low}; got {value!r}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(wanted)
    if value < low:
        raise ValueError(wanted)
    return int(value)


def amount(
    name: str, value: Any, low: float = 0.0, high: float = math.inf, below: float = math.inf
) -> float:
    """Refuse what is not a finite number of at least low, at most high and below `below`."""
    wanted = f"{name} wants a finite number of at least {low:g}"
    if high < math.inf:
        wanted += f" and at most {high:g}"
    if below < math.inf:
        wanted += f" and below {below:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{wanted}; got {value!r}")
    number = real(value)
    if not (math.isfinite(number) and low <= number <= high and number < below):
        raise ValueError(f"{wanted}; got {value!r}")
    return number


def known(kind: str, name: str, names: Iterable[str]) -> str:
    """The name, if it is one of names; else refuse it with the names there are and the nearest."""
    choices = sorted(names)
    if name in choices:
        return name
    near = difflib.get_close_matches(name, choices, n=1)
    hint = f": did you mean {near[0]!r}?" if near else "."
    raise ValueError(f"there is no {kind} {name!r}{hint} There are {', '.join(choices)}.")
