"""What losses share: their register, and predictions and targets side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import autograd
from autograd import Value
from autograd.ieee import real
from nn.arguments import known

Loss = Callable[[Any, Any], Any]

names: dict[str, Loss] = {}
"""Every loss by name."""


def loss(function: Any) -> Any:
    names[function.__name__] = function
    return function


def resolve(loss: Any) -> Loss:
    """The loss that a name stands for; a function of (prediction, target) stays what it is."""
    if isinstance(loss, str):
        return names[known("loss", loss, names)]
    if not callable(loss):
        raise TypeError(f"loss wants a name or a function of (prediction, target); got {loss!r}")
    return loss  # type: ignore[no-any-return]


def is_list(x: Any) -> bool:
    return not isinstance(x, Value) and hasattr(x, "__len__") and not isinstance(x, str)


def paired(prediction: Any, target: Any) -> list[tuple[Any, Any]]:
    """The numbers of both, side by side."""
    if is_list(prediction) != is_list(target):
        shapes = [f"{len(x)} numbers" if is_list(x) else "one number" for x in (prediction, target)]
        raise ValueError(f"the prediction is {shapes[0]} and the target {shapes[1]}: give one each")
    if not is_list(prediction):
        return [(prediction, target)]
    if len(prediction) != len(target):
        raise ValueError(f"the prediction has {len(prediction)} numbers, the target {len(target)}")
    if len(prediction) == 0:
        raise ValueError("the prediction has no numbers")
    return list(zip(prediction, target, strict=True))


def alone(prediction: Any) -> Any:
    """A prediction that must be one number; a list of one is that number."""
    if is_list(prediction):
        if len(prediction) != 1:
            raise ValueError(f"this loss takes one number, got a list of {len(prediction)}")
        return prediction[0]
    return prediction


def summed(items: Iterable[Any]) -> Any:
    total: Any = None
    for item in items:
        total = item if total is None else total + item
    return total


def mean_of(items: Sequence[Any]) -> Any:
    return items[0] if len(items) == 1 else summed(items) / len(items)


def square(x: Any) -> Any:
    """x**2; of a float too large for it inf, where Python's own ** raises."""
    return autograd.pow(x, 2.0)


def within(what: str, x: Any, low: float, high: float) -> Any:
    """``x``; refused if it is a number outside [low, high]. A Value is not judged."""
    if not isinstance(x, Value) and not low <= real(x) <= high:
        raise ValueError(f"{what} wants a number in [{low:g}, {high:g}]; got {x!r}")
    return x
