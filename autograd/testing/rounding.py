"""Running error analysis: how far rounding may have moved a value and its gradient.

To first order, as in Higham, Accuracy and Stability of Numerical Algorithms (2nd ed. 2002), 3.3:
a forward pass bounds the error of each node's value, a backward pass that of each adjoint. No
constant is tuned: a primitive is taken to err by a few roundings of its operands and of its result.
"""

from __future__ import annotations

from math import inf, isnan
from typing import Any

from autograd.backprop import reached
from autograd.testing.numeric import ROUNDING, UNDERFLOW
from autograd.value import Value, recording

FEW = 4 * ROUNDING


class Bounds:
    """Bounds for a graph as it was recorded.

    >>> x = Value(1.0)
    >>> y = (1e8 + x) - 1e8
    >>> bounds = Bounds(y.log())
    >>> bounds.value > 1e-9, bounds.gradient(x) > 1e-9
    (True, True)
    """

    def __init__(self, root: Value) -> None:
        nodes = reached(root)
        errors: dict[Value, float] = {}  # of values
        for node in reversed(nodes):
            errors[node] = _value_error(node, errors)
        self.value = errors.get(root, 0.0)
        size, off = {root: 1.0}, {root: 0.0}  # adjoints without cancellation, and their errors
        for node in nodes:
            upstream, error = size[node], off[node]
            wrongs = local_errors(node, errors)
            for operand, local, wrong in zip(
                node.operands, node.local_derivatives, wrongs, strict=True
            ):
                if local is None or not isinstance(operand, Value):
                    continue
                size[operand] = size.get(operand, 0.0) + abs(local) * upstream
                off[operand] = (
                    off.get(operand, 0.0)
                    + abs(local) * error
                    + wrong * upstream
                    + FEW * (abs(local) * upstream + size[operand])
                )
        self._off = off

    def gradient(self, variable: Value) -> float:
        """The bound for the derivative with regard to ``variable``."""
        return self._off.get(variable, 0.0) + 1e-300


def _value_error(node: Value, errors: dict[Value, float]) -> float:
    total = FEW * abs(node.data) + UNDERFLOW
    for operand, local in zip(node.operands, node.local_derivatives, strict=True):
        if isinstance(operand, Value) and local is not None:
            total += abs(local) * errors.get(operand, 0.0)
    if node.primitive is not None and node.primitive.definition is not None:
        total += _inner(node)
    return total


def _inner(node: Value) -> float:
    """The error of a derived primitive's value, from the primitives it is defined by."""
    assert node.primitive is not None
    assert node.primitive.definition is not None
    numbers = [o.data if isinstance(o, Value) else o for o in node.operands]
    with recording():
        root = node.primitive.definition(*map(Value, numbers))
    return Bounds(root).value


def local_errors(node: Value, errors: dict[Value, float]) -> list[float]:
    """How far off each of ``node``'s local derivatives may be, its operands' errors being given."""
    assert node.primitive is not None
    numbers = [o.data if isinstance(o, Value) else o for o in node.operands]
    partials = node.primitive.forward(tuple(isinstance(o, Value) for o in node.operands))
    wrong = [0.0] * len(numbers)
    for i, (operand, number) in enumerate(zip(node.operands, numbers, strict=True)):
        error = FEW * abs(number)
        if isinstance(operand, Value):
            error += errors.get(operand, 0.0)
        for near in (number - error, number + error) if error else ():
            _, *there = partials(*numbers[:i], near, *numbers[i + 1 :])
            for k, local in enumerate(node.local_derivatives):
                if local is not None:
                    change = abs(there[k] - local)
                    wrong[k] += inf if isnan(change) else change
    return wrong


def noise(primitive: Any, numbers: list[float]) -> float:
    """How far off ``primitive`` may be at ``numbers``, with all that rounding its operands does."""
    with recording():
        operands = [x if primitive.needs_number(i) else Value(x) for i, x in enumerate(numbers)]
        root = primitive(*operands)
    return Bounds(root).value
