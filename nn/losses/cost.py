"""The cost of many samples: the mean of their losses, plus a penalty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nn.arguments import amount
from nn.losses.loss import mean_of, square, summed


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
    mean = mean_of(losses)
    return mean if type(penalty) in (int, float) and penalty == 0 else mean + penalty


def l2(parameters: Any, strength: float) -> Any:
    """strength/2 * the sum of w**2; of a model the weights only, biases and slopes are left out."""
    strength = amount("strength", strength)
    return strength / 2 * summed([square(w) for w in _weights(parameters)])


def l1(parameters: Any, strength: float) -> Any:
    """strength * the sum of |w|; of a model the weights only, biases and slopes are left out."""
    strength = amount("strength", strength)
    return strength * summed([abs(w) for w in _weights(parameters)])


def _weights(parameters: Any) -> list[Any]:
    if hasattr(parameters, "named_parameters"):
        named = parameters.named_parameters()
        found = [p for name, p in named if any(x.startswith("weight") for x in name.split("."))]
    else:
        found = list(parameters)
    if not found:
        raise ValueError(f"there are no weights in {parameters!r}")
    return found
