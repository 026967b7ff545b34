"""The operations of update rules, on floats and on numpy arrays of floats alike.

`+ - *` and `abs` are at home on both. These are the others: on a float they do what IEEE 754 says,
as numpy does, where Python would raise an exception (1.0 / 0.0, math.sqrt(-1.0)) or leave nan to
chance (max). Both give the same bits.
"""

import math
from typing import Any, TypeAlias

from autograd import ieee

Numbers: TypeAlias = Any
"""A float, or a numpy array of float64: numpy is optional, so its types can't be named here."""


def divide(a: Numbers, b: Numbers) -> Numbers:
    """a / b, where x / 0 is inf or -inf and 0 / 0 is nan.

    >>> divide(1.0, -0.0), divide(0.0, 0.0)
    (-inf, nan)
    """
    return ieee.div(a, b) if isinstance(b, float) else a / b


def sqrt(x: Numbers) -> Numbers:
    """The square root; nan below 0.

    >>> sqrt(4.0), sqrt(-1.0)
    (2.0, nan)
    """
    if isinstance(x, float):
        return ieee.sqrt(x)
    import numpy

    return numpy.sqrt(x)


def maximum(a: Numbers, b: Numbers) -> Numbers:
    """The larger of two; nan where either is nan.

    >>> maximum(1.0, 2.0), maximum(float("nan"), 1.0), maximum(1.0, float("nan"))
    (2.0, nan, nan)
    """
    if isinstance(a, float):
        return ieee.maximum(a, b)
    import numpy

    return numpy.maximum(a, b)


def sign(x: Numbers) -> Numbers:
    """-1, 0 or 1; nan where x is nan.

    >>> sign(-0.5), sign(0.0), sign(7.0), sign(float("nan"))
    (-1.0, 0.0, 1.0, nan)
    """
    if isinstance(x, float):
        return x if math.isnan(x) else float((x > 0.0) - (x < 0.0))
    import numpy

    return numpy.sign(x)


def lerp(start: Numbers, end: Numbers, weight: float) -> Numbers:
    """That share of the way from start to end, from the nearer of the two, as torch.lerp does it.

    >>> lerp(1.0, 2.0, 0.25)
    1.25
    """
    if weight < 0.5:
        return start + weight * (end - start)
    return end - (end - start) * (1 - weight)
