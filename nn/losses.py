"""Losses, and the cost of many.

A *loss* says how wrong one prediction is; the *cost* is what training minimises: the mean of the
losses of many samples, plus a penalty on the weights (regularisation).

Each loss takes one prediction and one target and gives a Value (a float where both are numbers).
Those marked "lists" also take lists of equal length, one number for each output.

>>> from autograd import Value
>>> w = Value(3.0)
>>> loss = squared_error(w * 4, 8)
>>> loss.backward()
>>> loss.data, w.grad
(16.0, 32.0)
>>> cost([squared_error(w * x, t) for x, t in [(4, 8), (1, 2)]], l2([w], 0.1)).data
8.95
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral
from typing import Any

import autograd
from autograd import Value
from autograd.ieee import real
from nn.arguments import amount, known

Loss = Callable[[Any, Any], Any]

names: dict[str, Loss] = {}
"""Every loss by name."""


def _loss(function: Any) -> Any:
    names[function.__name__] = function
    return function


def resolve(loss: Any) -> Loss:
    """The loss that a name stands for; a function of (prediction, target) stays what it is."""
    if isinstance(loss, str):
        return names[known("loss", loss, names)]
    if not callable(loss):
        raise TypeError(f"loss wants a name or a function of (prediction, target); got {loss!r}")
    return loss  # type: ignore[no-any-return]


# -- prediction and target --


def _is_list(x: Any) -> bool:
    return not isinstance(x, Value) and hasattr(x, "__len__") and not isinstance(x, str)


def _pairs(prediction: Any, target: Any) -> list[tuple[Any, Any]]:
    """The numbers of both, side by side."""
    if _is_list(prediction) != _is_list(target):
        shapes = [
            f"{len(x)} numbers" if _is_list(x) else "one number" for x in (prediction, target)
        ]
        raise ValueError(f"the prediction is {shapes[0]} and the target {shapes[1]}: give one each")
    if not _is_list(prediction):
        return [(prediction, target)]
    if len(prediction) != len(target):
        raise ValueError(f"the prediction has {len(prediction)} numbers, the target {len(target)}")
    if len(prediction) == 0:
        raise ValueError("the prediction has no numbers")
    return list(zip(prediction, target, strict=True))


def _one(prediction: Any) -> Any:
    """A prediction that must be one number; a list of one is that number."""
    if _is_list(prediction):
        if len(prediction) != 1:
            raise ValueError(f"this loss takes one number, got a list of {len(prediction)}")
        return prediction[0]
    return prediction


def _sum(items: Iterable[Any]) -> Any:
    total: Any = None
    for item in items:
        total = item if total is None else total + item
    return total


def _mean(items: Sequence[Any]) -> Any:
    return items[0] if len(items) == 1 else _sum(items) / len(items)


def _square(x: Any) -> Any:
    """x**2; of a float too large for it inf, where Python's own ** raises."""
    return autograd.pow(x, 2.0)


def _number(what: str, x: Any, low: float, high: float) -> Any:
    """``x``; refused if it is a number outside [low, high]. A Value is not judged."""
    if not isinstance(x, Value) and not low <= real(x) <= high:
        raise ValueError(f"{what} wants a number in [{low:g}, {high:g}]; got {x!r}")
    return x


# -- regression --


@_loss
def squared_error(prediction: Any, target: Any) -> Any:
    """(y - t)**2."""
    return _square(_one(prediction) - _one(target))


@_loss
def half_squared_error(prediction: Any, target: Any) -> Any:
    """(y - t)**2 / 2, whose derivative is y - t."""
    return 0.5 * squared_error(prediction, target)


@_loss
def sum_of_squares(prediction: Any, target: Any) -> Any:
    """The sum of (y - t)**2 over lists."""
    return _sum([_square(y - t) for y, t in _pairs(prediction, target)])


@_loss
def mse(prediction: Any, target: Any) -> Any:
    """Mean squared error: the mean of (y - t)**2 over lists; of one number, its squared error."""
    return _mean([_square(y - t) for y, t in _pairs(prediction, target)])


@_loss
def mae(prediction: Any, target: Any) -> Any:
    """Mean absolute error: the mean of |y - t| over lists."""
    return _mean([abs(y - t) for y, t in _pairs(prediction, target)])


@_loss
def msle(prediction: Any, target: Any) -> Any:
    """Mean squared logarithmic error: the mean of (log(1 + y) - log(1 + t))**2 over lists.

    For amounts that are never negative; a target of -1 or less is refused.
    """
    pairs = _pairs(prediction, target)
    for _, t in pairs:
        if not isinstance(t, Value) and not real(t) > -1:
            raise ValueError(f"msle wants targets above -1; got {t!r}")
    return _mean([_square(autograd.log1p(y) - autograd.log1p(t)) for y, t in pairs])


@_loss
def euclidean_distance(prediction: Any, target: Any) -> Any:
    """sqrt of the sum of (y - t)**2 over lists; its gradient where they are equal is 0."""
    squares = sum_of_squares(prediction, target)
    safe = autograd.where(squares, squares, 1.0)  # keeps the slope of sqrt at 0, inf, out
    return autograd.where(squares, autograd.sqrt(safe), 0.0)


@_loss
def huber(prediction: Any, target: Any, delta: float = 1.0) -> Any:
    """e**2/2 where |e| <= delta, else delta*(|e| - delta/2), e = y - t; mean over lists.

    Squared for small errors, absolute for large: an outlier pulls with delta at most (Huber 1964).
    """
    delta = _positive("delta", delta)

    def one(y: Any, t: Any) -> Any:
        size = abs(y - t)
        inner = autograd.minimum(size, delta)
        return inner * (size - 0.5 * inner)  # no difference of slopes: exact for small errors too

    return _mean([one(y, t) for y, t in _pairs(prediction, target)])


@_loss
def pseudo_huber(prediction: Any, target: Any, delta: float = 1.0) -> Any:
    """delta**2 * (sqrt(1 + (e/delta)**2) - 1), e = y - t: a smooth Huber loss; mean over lists."""
    delta = _positive("delta", delta)

    def one(y: Any, t: Any) -> Any:
        # q / (sqrt(1 + q) + 1) is sqrt(1 + q) - 1 without the cancellation at small q
        q = _square((y - t) / delta)
        return delta**2 * (q / (autograd.sqrt(1 + q) + 1))

    return _mean([one(y, t) for y, t in _pairs(prediction, target)])


@_loss
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
    c = _positive("c", c)
    if not real(alpha) <= 2:
        raise ValueError(f"adaptive wants an alpha of at most 2; got {alpha!r}")

    def one(y: Any, t: Any) -> Any:
        q = _square((y - t) / c)
        if alpha == 2:
            return 0.5 * q
        if alpha == 0:
            return autograd.log1p(0.5 * q)
        if alpha == -math.inf:
            return -autograd.expm1(-0.5 * q)
        b = 2 - alpha  # expm1 and log1p keep the digits where alpha is near 0 or the error small
        return b / alpha * autograd.expm1(0.5 * alpha * autograd.log1p(q / b))

    return _mean([one(y, t) for y, t in _pairs(prediction, target)])


def _positive(name: str, number: float) -> float:
    if not amount(name, number) > 0:
        raise ValueError(f"{name} wants a number above 0; got {number!r}")
    return float(number)


# -- classes --


@_loss
def hinge(prediction: Any, target: Any) -> Any:
    """max(0, 1 - t*y) for a score y and a label t of -1 or +1."""
    return autograd.relu(1 - _label(target) * _one(prediction))


@_loss
def squared_hinge(prediction: Any, target: Any) -> Any:
    """max(0, 1 - t*y)**2 for a score y and a label t of -1 or +1."""
    return _square(hinge(prediction, target))


def _label(target: Any) -> Any:
    target = _one(target)
    if not isinstance(target, Value) and target not in (-1, 1):
        raise ValueError(f"hinge wants a label of -1 or +1; got {target!r}")
    return target


@_loss
def binary_cross_entropy(prediction: Any, target: Any) -> Any:
    """-(t*log(p) + (1 - t)*log(1 - p)) for a probability p and a target t in [0, 1].

    A certain and right p costs 0, a certain and wrong one inf.
    """
    p = _number("binary_cross_entropy's prediction", _one(prediction), 0, 1)
    t = _number("binary_cross_entropy's target", _one(target), 0, 1)
    if not isinstance(t, Value) and t in (0, 1):  # leaves out 0 * log(0)
        return -autograd.log(p) if t == 1 else -autograd.log1p(-p)
    # 0 * log(0) counts as 0: the logarithm is taken of 1 where its weight is 0
    yes = t * autograd.log(autograd.where(t, p, 1.0))
    no = (1 - t) * autograd.log1p(autograd.where(1 - t, -p, 0.0))
    return -(yes + no)


@_loss
def binary_cross_entropy_with_logits(prediction: Any, target: Any) -> Any:
    """binary_cross_entropy of sigmoid(z), for a logit z of any size: softplus(z) - t*z."""
    z = _one(prediction)
    t = _number("binary_cross_entropy_with_logits' target", _one(target), 0, 1)
    if not isinstance(t, Value) and t == 1:  # softplus(z) - z would cancel
        return autograd.softplus(-z)
    if not isinstance(t, Value) and t == 0:
        return autograd.softplus(z)
    return t * autograd.softplus(-z) + (1 - t) * autograd.softplus(z)


@_loss
def cross_entropy(prediction: Any, target: Any) -> Any:
    """-log of the probability that softmax(logits) gives to the target class.

    Parameters
    ----------
    prediction:
        A list of logits, one a class, of any size.
    target:
        The number of the class, 0 first; or a list of probabilities that add up to 1 (one-hot, or
        Values), whose cross-entropy with the softmax is taken.

    The gradient with regard to the logits is softmax minus one-hot.

    >>> from autograd import Value, gradients
    >>> logits = [Value(1000.0), Value(0.0)]
    >>> loss = cross_entropy(logits, 1)
    >>> loss.data, gradients(loss, logits)
    (1000.0, (1.0, -1.0))
    """
    logits = _logits("cross_entropy", prediction)
    total = autograd.logsumexp(logits)
    if not _is_list(target):
        return total - logits[_class("cross_entropy", target, len(logits))]
    pairs = _pairs(logits, _distribution("cross_entropy", target))
    return _sum([t * (total - z) for z, t in pairs if isinstance(t, Value) or t != 0])


@_loss
def categorical_cross_entropy(prediction: Any, target: Any) -> Any:
    """-log p of the target class, for a list of probabilities such as a softmax layer gives.

    The target is as for ``cross_entropy``, which takes logits and is more accurate.
    """
    p = _logits("categorical_cross_entropy", prediction)
    for pi in p:
        _number("categorical_cross_entropy's prediction", pi, 0, 1)
    if not _is_list(target):
        return -autograd.log(p[_class("categorical_cross_entropy", target, len(p))])
    pairs = _pairs(p, _distribution("categorical_cross_entropy", target))
    return -_sum([t * autograd.log(pi) for pi, t in pairs if isinstance(t, Value) or t != 0])


@_loss
def kl_divergence(prediction: Any, target: Any) -> Any:
    """The sum of t*log(t/p) over two lists of probabilities: what p lacks to be t.

    A class that the target gives 0 counts 0.
    """
    p = _logits("kl_divergence", prediction)
    for pi in p:
        _number("kl_divergence's prediction", pi, 0, 1)
    pairs = _pairs(p, _distribution("kl_divergence", target))
    parts = [
        t * (autograd.log(t) - autograd.log(pi))
        for pi, t in pairs
        if isinstance(t, Value) or t != 0
    ]
    return _sum(parts)


def _logits(loss: str, prediction: Any) -> list[Any]:
    if not _is_list(prediction) or len(prediction) < 2:
        raise ValueError(
            f"{loss} wants a list with one number a class, two at least; got {prediction!r}: for "
            "one output use binary_cross_entropy_with_logits"
        )
    return list(prediction)


def _class(loss: str, target: Any, classes: int) -> int:
    whole = isinstance(target, Integral) or (isinstance(target, float) and target.is_integer())
    if isinstance(target, (bool, Value)) or not whole or not 0 <= target < classes:
        raise ValueError(f"{loss} wants a class from 0 to {classes - 1}; got {target!r}")
    return int(target)


def _distribution(loss: str, target: Sequence[Any]) -> list[Any]:
    """Probabilities; those that are numbers are checked to add up to 1."""
    target = list(target)
    for t in target:
        _number(f"{loss}'s target", t, 0, 1)
    if any(isinstance(t, Value) for t in target):
        return target
    total = math.fsum(target)
    if not math.isclose(total, 1.0, abs_tol=1e-9):  # 0.1 and the like add up only nearly
        raise ValueError(f"{loss} wants target probabilities that add up to 1; got {total!r}")
    return target


# -- cost --


def cost(losses: Sequence[Any], penalty: Any = 0.0) -> Any:
    """The mean of the losses, plus the penalty: what training minimises.

    Parameters
    ----------
    losses:
        One loss a sample.
    penalty:
        From ``l1`` or ``l2``, or a sum of such.
    """
    losses = list(losses)
    if not losses:
        raise ValueError("cost wants at least one loss; got none")
    mean = _mean(losses)
    return mean if type(penalty) in (int, float) and penalty == 0 else mean + penalty


def l2(parameters: Any, strength: float) -> Any:
    """strength/2 * the sum of w**2; of a model the weights only, biases and slopes are left out."""
    strength = amount("strength", strength)
    return strength / 2 * _sum([_square(w) for w in _weights(parameters)])


def l1(parameters: Any, strength: float) -> Any:
    """strength * the sum of |w|; of a model the weights only, biases and slopes are left out."""
    strength = amount("strength", strength)
    return strength * _sum([abs(w) for w in _weights(parameters)])


def _weights(parameters: Any) -> list[Any]:
    if hasattr(parameters, "named_parameters"):
        named = parameters.named_parameters()
        found = [p for name, p in named if any(x.startswith("weight") for x in name.split("."))]
    else:
        found = list(parameters)
    if not found:
        raise ValueError(f"there are no weights in {parameters!r}")
    return found


def __getattr__(name: str) -> Any:
    """A misspelt loss is told the names there are."""
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return names[known("loss", name, names)]
    except ValueError as error:
        raise AttributeError(str(error)) from None
