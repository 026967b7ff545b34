"""Losses of predicted numbers."""

from __future__ import annotations

import math
from typing import Any

import autograd
from autograd import Value
from autograd.ieee import real
from nn.arguments import amount
from nn.losses.loss import alone, loss, mean_of, paired, square, summed


@loss
def squared_error(prediction: Any, target: Any) -> Any:
    """(y - t)**2."""
    return square(alone(prediction) - alone(target))


@loss
def half_squared_error(prediction: Any, target: Any) -> Any:
    """(y - t)**2 / 2, whose derivative is y - t."""
    return 0.5 * squared_error(prediction, target)


@loss
def sum_of_squares(prediction: Any, target: Any) -> Any:
    """The sum of (y - t)**2 over lists."""
    return summed([square(y - t) for y, t in paired(prediction, target)])


@loss
def mse(prediction: Any, target: Any) -> Any:
    """Mean squared error: the mean of (y - t)**2 over lists; of one number, its squared error."""
    return mean_of([square(y - t) for y, t in paired(prediction, target)])


@loss
def mae(prediction: Any, target: Any) -> Any:
    """Mean absolute error: the mean of |y - t| over lists."""
    return mean_of([abs(y - t) for y, t in paired(prediction, target)])


@loss
def msle(prediction: Any, target: Any) -> Any:
    """Mean squared logarithmic error: the mean of (log(1 + y) - log(1 + t))**2 over lists.

    For amounts that are never negative; a target of -1 or less is refused.
    """
    pairs = paired(prediction, target)
    for _, t in pairs:
        if not isinstance(t, Value) and not real(t) > -1:
            raise ValueError(f"msle wants targets above -1; got {t!r}")
    return mean_of([square(autograd.log1p(y) - autograd.log1p(t)) for y, t in pairs])


@loss
def euclidean_distance(prediction: Any, target: Any) -> Any:
    """sqrt of the sum of (y - t)**2 over lists; its gradient where they are equal is 0."""
    squares = sum_of_squares(prediction, target)
    safe = autograd.where(squares, squares, 1.0)  # keeps the slope of sqrt at 0, inf, out
    return autograd.where(squares, autograd.sqrt(safe), 0.0)


@loss
def huber(prediction: Any, target: Any, delta: float = 1.0) -> Any:
    """e**2/2 where |e| <= delta, else delta*(|e| - delta/2), e = y - t; mean over lists.

    Squared for small errors, absolute for large: an outlier pulls with delta at most (Huber 1964).
    """
    delta = positive("delta", delta)

    def one(y: Any, t: Any) -> Any:
        size = abs(y - t)
        inner = autograd.minimum(size, delta)
        return inner * (size - 0.5 * inner)  # no difference of slopes: exact for small errors too

    return mean_of([one(y, t) for y, t in paired(prediction, target)])


@loss
def pseudo_huber(prediction: Any, target: Any, delta: float = 1.0) -> Any:
    """delta**2 * (sqrt(1 + (e/delta)**2) - 1), e = y - t: a smooth Huber loss; mean over lists."""
    delta = positive("delta", delta)

    def one(y: Any, t: Any) -> Any:
        # q / (sqrt(1 + q) + 1) is sqrt(1 + q) - 1 without the cancellation at small q
        q = square((y - t) / delta)
        return delta**2 * (q / (autograd.sqrt(1 + q) + 1))

    return mean_of([one(y, t) for y, t in paired(prediction, target)])


@loss
def adaptive(prediction: Any, target: Any, alpha: float = 1.0, c: float = 1.0) -> Any:
    """Barron's general adaptive robust loss rho(y - t, alpha, c) (CVPR 2019, equation 8).

    Parameters
    ----------
    alpha:
        The shape: 2 squared, 1 pseudo-Huber, 0 Cauchy, -2 Geman-McClure, -inf Welsch.
    c:
        The scale: errors smaller than it count as squared.

    >>> adaptive(3.0, 1.0, alpha=2.0), round(adaptive(3.0, 1.0, alpha=0.0), 6)
    (2.0, 1.098612)
    """
    c = positive("c", c)
    if not real(alpha) <= 2:
        raise ValueError(f"adaptive wants an alpha of at most 2; got {alpha!r}")

    def one(y: Any, t: Any) -> Any:
        q = square((y - t) / c)
        if alpha == 2:
            return 0.5 * q
        if alpha == 0:
            return autograd.log1p(0.5 * q)
        if alpha == -math.inf:
            return -autograd.expm1(-0.5 * q)
        b = 2 - alpha  # expm1 and log1p keep the digits where alpha is near 0 or the error small
        return b / alpha * autograd.expm1(0.5 * alpha * autograd.log1p(q / b))

    return mean_of([one(y, t) for y, t in paired(prediction, target)])


def positive(name: str, number: float) -> float:
    if not amount(name, number) > 0:
        raise ValueError(f"{name} wants a number above 0; got {number!r}")
    return float(number)
