"""A scalar autograd engine: Values that record a graph, and reverse-mode backprop over it.

>>> from autograd import Value
>>> x = Value(2.0, name="x")
>>> y = 3 * x**2 + x.tanh()
>>> y.backward()
>>> x.grad
12.070650824853164
"""

from typing import Any

import autograd.methods
import autograd.primitives  # noqa: F401 (the two imports fill the table and give Value its methods)
from autograd.backprop import (
    Contribution,
    StaleGraphError,
    Step,
    backward,
    first_nonfinite,
    gradients,
    graph,
    steps,
)
from autograd.compiler.program import Program, compile
from autograd.primitive import Primitive, primitive, replaced, table
from autograd.transforms import grad, hessian, jacobian, jvp, value_and_grad, vjp
from autograd.value import Value, no_grad

__all__ = [
    "Contribution",
    "Primitive",
    "Program",
    "StaleGraphError",
    "Step",
    "Value",
    "backward",
    "compile",
    "first_nonfinite",
    "grad",
    "gradients",
    "graph",
    "hessian",
    "jacobian",
    "jvp",
    "no_grad",
    "primitive",
    "steps",
    "value_and_grad",
    "vjp",
]


def __getattr__(name: str) -> Any:
    """The primitives, those registered by users included."""
    known = table.get(name) or replaced.get(name)
    if known is not None:
        return known
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *table})
