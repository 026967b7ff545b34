"""Running error analysis: how far rounding may have moved a value and its gradient.

To first order, as in Higham, Accuracy and Stability of Numerical Algorithms (2nd ed. 2002), 3.3:
a forward pass bounds the error of each node's value, a backward pass that of each adjoint. No
constant is tuned: a primitive is taken to err by a few roundings of its operands and of its result.
"""

from __future__ import annotations

from math import inf, isnan
from typing import Any

from autograd.backprop import reached
from autograd.primitive import Primitive
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
        errors = value_errors(root)
        self.value = errors.get(root, 0.0)
        size, off = {root: 1.0}, {root: 0.0}  # adjoints without cancellation, and their errors
        for node in reached(root):
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
                    + _scaled(local, error)
                    + _scaled(upstream, wrong)
                    + FEW * (abs(local) * upstream + size[operand])
                )
        self._off = off

    def gradient(self, variable: Value) -> float:
        """The bound for the derivative with regard to ``variable``."""
        return self._off.get(variable, 0.0) + 1e-300


def value_errors(root: Value) -> dict[Value, float]:
    """How far off the value of each computed node may be."""
    errors: dict[Value, float] = {}
    for node in reversed(reached(root)):
        total = FEW * abs(node.data) + UNDERFLOW
        for operand, local in zip(node.operands, node.local_derivatives, strict=True):
            if isinstance(operand, Value) and local is not None:
                total += _scaled(local, errors.get(operand, 0.0))
        assert node.primitive is not None
        if node.primitive.definition is not None:
            with recording():
                inner = node.primitive.definition(*map(Value, _numbers(node)))
            total += noise(inner)
        errors[node] = total
    return errors


def _scaled(factor: float, error: float) -> float:
    """|factor| * error; in a branch that was not taken an infinite error does not matter."""
    return abs(factor) * error if factor != 0 and error != 0 else 0.0


def noise(root: Any) -> float:
    """How far off the value of a graph may be; 0.0 for a plain number."""
    return value_errors(root).get(root, 0.0) if isinstance(root, Value) else 0.0


def _numbers(node: Value) -> list[float]:
    return [o.data if isinstance(o, Value) else o for o in node.operands]


def local_errors(node: Value, errors: dict[Value, float]) -> list[float]:
    """How far off each of ``node``'s local derivatives may be, its operands' errors being given.

    That is what errors of the operands do to it, and the rounding within its rule.
    """
    assert node.primitive is not None
    numbers = _numbers(node)
    active = tuple(isinstance(o, Value) for o in node.operands)
    partials = node.primitive.forward(active)
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
    with recording():
        fresh = [Value(x) if on else x for x, on in zip(numbers, active, strict=True)]
        out = node.primitive(*fresh)
        for k, local in enumerate(node.local_derivatives):
            if local is not None:
                wrong[k] += noise(node.primitive.partial(k, out, fresh))
    return wrong


def value_noise(primitive: Primitive, numbers: list[float]) -> float:
    """How far off ``primitive`` may be at ``numbers``."""
    with recording():
        operands = [x if primitive.needs_number(i) else Value(x) for i, x in enumerate(numbers)]
        return noise(primitive(*operands))
