"""Losses, and the cost of many.

A *loss* says how wrong one prediction is; the *cost* is what training minimises: the mean of the
losses of many samples, plus a penalty on the weights (regularisation).

Each loss takes one prediction and one target and gives a Value (a float where both are numbers).
Those that say "over lists" take lists of equal length too, one number for each output.

>>> from autograd import Value
>>> w = Value(3.0)
>>> loss = squared_error(w * 4, 8)
>>> loss.backward()
>>> loss.data, w.grad
(16.0, 32.0)
>>> cost([squared_error(w * x, t) for x, t in [(4, 8), (1, 2)]], l2([w], 0.1)).data
8.95
"""

from typing import Any

from nn.arguments import known
from nn.losses import classes, regression  # noqa: F401 (they register their losses in `names`)
from nn.losses.cost import cost, l1, l2
from nn.losses.loss import Loss, names, resolve

__all__ = ["Loss", "cost", "l1", "l2", "names", "resolve"]  # and every name in names

globals().update(names)


def __getattr__(name: str) -> Any:
    """A misspelt loss is told the names there are."""
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return names[known("loss", name, names)]
    except ValueError as error:
        raise AttributeError(str(error)) from None
