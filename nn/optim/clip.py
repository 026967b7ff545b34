"""Gradient clipping."""

import math
from collections.abc import Iterable

from autograd import Value
from nn.arguments import amount
from nn.optim.optimizer import leaves


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale the gradients, as one vector g, by min(1, max_norm / |g|); return |g| as it was before.

    parameters: leaf Values; max_norm: at least 0. The direction stays. If a gradient is inf or nan,
    so is the norm, and what is left is 0 and nan: look at the norm that is returned.
    (torch.nn.utils.clip_grad_norm_ divides by |g| + 1e-6.) Source: Pascanu, Mikolov and Bengio
    (2013), algorithm 1.

    >>> w, b = Value(0.0), Value(0.0)
    >>> w.grad, b.grad = 3.0, 4.0
    >>> clip_grad_norm([w, b], max_norm=1.0)
    5.0
    >>> w.grad, b.grad
    (0.6000000000000001, 0.8)
    """
    found = leaves(parameters)
    amount("max_norm", max_norm)
    norm = math.hypot(*(parameter.grad for parameter in found))
    if not norm <= max_norm:
        scale = max_norm / norm
        for parameter in found:
            parameter.grad *= scale
    return norm


def clip_grad_value(parameters: Iterable[Value], limit: float) -> None:
    """Cut each gradient off at -limit and limit; nan stays nan.

    parameters: leaf Values; limit: at least 0.

    >>> w, b = Value(0.0), Value(0.0)
    >>> w.grad, b.grad = -3.0, 0.4
    >>> clip_grad_value([w, b], limit=1.0)
    >>> w.grad, b.grad
    (-1.0, 0.4)
    """
    found = leaves(parameters)
    amount("limit", limit)
    for parameter in found:
        if abs(parameter.grad) > limit:
            parameter.grad = math.copysign(limit, parameter.grad)
