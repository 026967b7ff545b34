"""Losses of predicted classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import autograd
from autograd import Value
from nn.losses.loss import alone, is_list, loss, paired, square, summed, within


@loss
def hinge(prediction: Any, target: Any) -> Any:
    """max(0, 1 - t*y) for a score y and a label t of -1 or +1."""
    return autograd.relu(1 - _label(target) * alone(prediction))


@loss
def squared_hinge(prediction: Any, target: Any) -> Any:
    """max(0, 1 - t*y)**2 for a score y and a label t of -1 or +1."""
    return square(hinge(prediction, target))


def _label(target: Any) -> Any:
    target = alone(target)
    if not isinstance(target, Value) and target not in (-1, 1):
        raise ValueError(f"hinge wants a label of -1 or +1; got {target!r}")
    return target


@loss
def binary_cross_entropy(prediction: Any, target: Any) -> Any:
    """-(t*log(p) + (1 - t)*log(1 - p)) for a probability p and a target t in [0, 1].

    A certain and right p costs 0, a certain and wrong one inf.
    """
    p = within("binary_cross_entropy's prediction", alone(prediction), 0, 1)
    t = within("binary_cross_entropy's target", alone(target), 0, 1)
    if not isinstance(t, Value) and t in (0, 1):  # leaves out 0 * log(0)
        return -autograd.log(p) if t == 1 else -autograd.log1p(-p)
    yes = t * _log(p, weight=t)
    no = (1 - t) * autograd.log1p(_unless_both_0(1 - t, 1 - p, -p, 0.0))
    return -(yes + no)


def _log(p: Any, weight: Any) -> Any:
    """log(p), which is to be multiplied by its weight: 0 * log(0) counts as 0."""
    return autograd.log(_unless_both_0(weight, p, p, 1.0))


def _unless_both_0(weight: Any, p: Any, x: Any, instead: float) -> Any:
    """``x``, and ``instead`` where weight and p are 0; a weight that is a number is not."""
    if not isinstance(weight, Value):
        return x
    return autograd.where(autograd.where(weight, 1.0, p), x, instead)


@loss
def binary_cross_entropy_with_logits(prediction: Any, target: Any) -> Any:
    """binary_cross_entropy of sigmoid(z), for a logit z of any size: softplus(z) - t*z."""
    z = alone(prediction)
    t = within("binary_cross_entropy_with_logits' target", alone(target), 0, 1)
    if not isinstance(t, Value) and t == 1:  # softplus(z) - z would cancel
        return autograd.softplus(-z)
    if not isinstance(t, Value) and t == 0:
        return autograd.softplus(z)
    return t * autograd.softplus(-z) + (1 - t) * autograd.softplus(z)


@loss
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
    if not is_list(target):
        return total - logits[_class("cross_entropy", target, len(logits))]
    pairs = paired(logits, _distribution("cross_entropy", target))
    return summed([t * (total - z) for z, t in pairs if isinstance(t, Value) or t != 0])


@loss
def categorical_cross_entropy(prediction: Any, target: Any) -> Any:
    """-log p of the target class, for a list of probabilities such as a softmax layer gives.

    The target is as for ``cross_entropy``, which takes logits and is more accurate.
    """
    p = _logits("categorical_cross_entropy", prediction)
    for pi in p:
        within("categorical_cross_entropy's prediction", pi, 0, 1)
    if not is_list(target):
        return -autograd.log(p[_class("categorical_cross_entropy", target, len(p))])
    pairs = paired(p, _distribution("categorical_cross_entropy", target))
    return -summed([t * _log(pi, weight=t) for pi, t in pairs if isinstance(t, Value) or t != 0])


@loss
def kl_divergence(prediction: Any, target: Any) -> Any:
    """The sum of t*log(t/p) over two lists of probabilities: what p lacks to be t.

    A class that the target gives 0 counts 0.
    """
    p = _logits("kl_divergence", prediction)
    for pi in p:
        within("kl_divergence's prediction", pi, 0, 1)
    pairs = paired(p, _distribution("kl_divergence", target))
    parts = [
        t * (_log(t, weight=t) - _log(pi, weight=t))
        for pi, t in pairs
        if isinstance(t, Value) or t != 0
    ]
    return summed(parts)


def _logits(loss: str, prediction: Any) -> list[Any]:
    if not is_list(prediction) or len(prediction) < 2:
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
        within(f"{loss}'s target", t, 0, 1)
    if any(isinstance(t, Value) for t in target):
        return target
    total = math.fsum(target)
    if not math.isclose(total, 1.0, abs_tol=1e-9):  # 0.1 and the like add up only nearly
        raise ValueError(f"{loss} wants target probabilities that add up to 1; got {total!r}")
    return target
