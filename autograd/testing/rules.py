"""Which rule of the table is wrong: each node's local derivatives against differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.backprop import gradients, graph
from autograd.primitive import Primitive
from autograd.testing.numeric import Slopes, in_words, slopes
from autograd.testing.rounding import FEW, Bounds, local_errors, value_noise
from autograd.value import Value, recording


def wrong_rule(outputs: Iterable[Any]) -> str | None:
    """The first node under ``outputs`` whose recorded local derivative is wrong, in words."""
    for node in graph(*[output for output in outputs if isinstance(output, Value)]):
        primitive = node.primitive
        if primitive is None:
            continue
        numbers = [o.data if isinstance(o, Value) else o for o in node.operands]
        for i, local in enumerate(node.local_derivatives):
            if local is None:
                continue
            found = _section(primitive.value, numbers, i, value_noise(primitive, numbers))
            if found.excess(local, FEW * abs(local) + local_errors(node, {})[i]) > 0:
                return (
                    f"the rule of {primitive.name!r} for operand {i} is wrong: {_at(numbers)} it "
                    f"gives {local!r}, differences of {primitive.name} give {in_words(found)}"
                )
    return None


def wrong_derivative(outputs: Iterable[Any]) -> str | None:
    """The first rule under ``outputs`` that is right but cannot be differentiated, in words."""
    for node in graph(*[output for output in outputs if isinstance(output, Value)]):
        primitive = node.primitive
        if primitive is None:
            continue
        numbers = [o.data if isinstance(o, Value) else o for o in node.operands]
        active = tuple(isinstance(o, Value) for o in node.operands)
        for i, wanted in enumerate(active):
            if wanted:
                fault = _second(primitive, i, numbers, active)
                if fault is not None:
                    return fault
    return None


def _second(
    primitive: Primitive, i: int, numbers: list[float], active: tuple[bool, ...]
) -> str | None:
    """What is wrong with the derivatives of the rule for operand ``i``, if something is."""
    operands = [Value(x) if on else x for x, on in zip(numbers, active, strict=True)]
    with recording():
        partial = primitive.partial(i, primitive(*operands), operands)
    bounds = Bounds(partial) if isinstance(partial, Value) else None
    noise_of_rule = bounds.value if bounds else None
    for j, variable in enumerate(operands):
        if not isinstance(variable, Value):
            continue
        (second,) = gradients(partial, [variable])
        allowed = bounds.gradient(variable) if bounds else 0.0
        found = _section(
            lambda *at: primitive.forward(active)(*at)[1 + i], numbers, j, noise_of_rule
        )
        if found.excess(second, allowed) > 0:
            return (
                f"the rule of {primitive.name!r} for operand {i} cannot be differentiated: "
                f"{_at(numbers)} its derivative with regard to operand {j} comes out as "
                f"{second!r}, differences of the rule give {in_words(found)}; write the rule with "
                "primitives, of the operands"
            )
    return None


def _section(
    function: Callable[..., float], numbers: Sequence[float], i: int, noise: float | None
) -> Slopes:
    def along(x: float) -> float:
        return function(*numbers[:i], x, *numbers[i + 1 :])

    return slopes(along, numbers[i], noise)


def _at(numbers: Sequence[float]) -> str:
    return f"at ({', '.join(map(repr, numbers))})"
