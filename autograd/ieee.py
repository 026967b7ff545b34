"""Arithmetic on floats as IEEE 754 has it: inf and nan, never an exception, never complex.

Python's own float arithmetic raises in some places where the standard returns a number
(``1.0 / 0.0``, ``math.exp(710)``, ``math.log(0)``), turns complex in others (``(-1.0) ** 0.5``)
and orders nan by argument position (``max(1.0, nan)``). Here every function is total.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

inf = math.inf
nan = math.nan


def real(number: Any) -> float:
    """``number`` as a float, for anything that stands for one real number.

    Accepts any ``numbers.Real``: int, float, Fraction, numpy's floats and integers.

    Raises
    ------
    TypeError
        For bool, str, complex, arrays, sequences and Values: the message says what to write.

    >>> real(3)
    3.0
    >>> real("3")
    Traceback (most recent call last):
        ...
    TypeError: a number is wanted, got the str '3': write float('3')
    """
    kind = type(number)
    if kind is float:
        return number  # type: ignore[no-any-return]
    if kind is not bool and isinstance(number, Real):
        return _rounded(number)
    raise TypeError(f"a number is wanted, got {_described(number)}")


def _rounded(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:  # an int beyond 1.8e308 rounds to infinity, as IEEE conversion does
        return inf if number > 0 else -inf


def _described(thing: Any) -> str:
    """What was given and what to write instead, for a thing that is not a number."""
    kind = type(thing).__name__
    shown = repr(thing)
    shown = shown if len(shown) <= 40 else shown[:37] + "..."
    if isinstance(thing, bool):
        return f"the bool {shown}: write {int(thing)}.0"
    if isinstance(thing, str):
        return f"the str {shown}: write float({shown})"
    if isinstance(thing, complex):
        return f"the complex {shown}: write {shown}.real, or its real and imaginary parts apart"
    if hasattr(thing, "backward") and hasattr(thing, "data"):
        return f"{shown}: it is a {kind} already, write its number, .data, or use it as it is"
    if hasattr(thing, "item") and getattr(thing, "shape", None) == ():
        return f"the {kind} {shown}: write its .item()"
    if hasattr(thing, "__len__") or hasattr(thing, "__iter__") or hasattr(thing, "shape"):
        return f"the {kind} {shown}: go over its elements, [... for element in it]"
    return f"the {kind} {shown}: write it as a float"


def div(a: float, b: float) -> float:
    """a / b.

    >>> div(1.0, 0.0), div(-1.0, 0.0), div(1.0, -0.0), div(0.0, 0.0)
    (inf, -inf, -inf, nan)
    """
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0 or a != a:
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """a ** b as C's ``pow`` has it (C11, F.10.4.4); a square is exactly ``a * a``.

    >>> power(0.0, -1.0), power(-8.0, 1 / 3), power(-2.0, 3.0), power(1e200, 3.0)
    (inf, nan, -8.0, inf)
    """
    if b == 2.0:
        return a * a
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and math.fmod(b, 2.0) != 0 else inf
    except ValueError:
        if a == 0:  # b < 0
            odd = math.fabs(math.fmod(b, 2.0)) == 1.0
            return math.copysign(inf, a) if odd else inf
        return nan  # a < 0 and b is not a whole number


def total(function: Callable[[float], float], overflow: float = inf) -> Callable[[float], float]:
    """``function`` of ``math``, with ``overflow`` and nan where it raises."""

    def everywhere(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return overflow
        except ValueError:
            return nan

    everywhere.__name__ = function.__name__
    return everywhere


exp = total(math.exp)
expm1 = total(math.expm1)
sqrt = total(math.sqrt)
sin = total(math.sin)
cos = total(math.cos)
tan = total(math.tan)


def log(x: float) -> float:
    """The natural logarithm.

    >>> log(0.0), log(-1.0)
    (-inf, nan)
    """
    return math.log(x) if x > 0 else -inf if x == 0 else nan


def log1p(x: float) -> float:
    """log(1 + x), accurate for small x.

    >>> log1p(-1.0), log1p(-2.0)
    (-inf, nan)
    """
    return math.log1p(x) if x > -1 else -inf if x == -1 else nan


def maximum(a: float, b: float) -> float:
    """The greater of two; nan if either is.

    >>> maximum(1.0, nan), maximum(nan, 1.0)
    (nan, nan)
    """
    return a if a > b or a != a else b


def minimum(a: float, b: float) -> float:
    """The lesser of two; nan if either is."""
    return a if a < b or a != a else b


def greater(a: float, b: float, tie: float) -> float:
    """1 where a > b, 0 where a < b, ``tie`` where they are equal, nan where they do not compare."""
    return 1.0 if a > b else 0.0 if a < b else tie if a == b else nan
