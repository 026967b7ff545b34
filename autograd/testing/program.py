"""Random programs as recipes: a graph with shared subexpressions, small enough to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, isnan
from typing import Any, TypeAlias

from autograd.primitive import OPERATORS, Primitive, table
from autograd.value import Value

Instruction: TypeAlias = "tuple[str, tuple[int | float, ...]]"

LARGEST, SMALLEST = 1e30, 1e-30
"""Beyond these a result is not used, so that no derivative of a program overflows."""


@dataclass(frozen=True)
class Program:
    """A function of some numbers, as a list of operations: what ``strategies.programs`` draws.

    Parameters
    ----------
    leaves:
        The numbers to start from.
    steps:
        Each ``(name of a primitive, operand, ...)``. An operand that is an int counts back from
        the newest node, 0 being the newest, and beyond the first leaf from the newest again; a
        float is that number. A step is left out where it stands outside the primitive's domain or
        on a kink, and where the result is not a number of moderate size: so any part of a program
        is a program.
    anywhere:
        Keep the steps outside of domains, on kinks, and with results of any size, inf and nan.

    The result of the last step (or the last leaf) is the output. A Program is also a function:
    called with as many numbers or Values as it has leaves, it computes the same operations on them.

    >>> program = Program(leaves=(2.0,), steps=(("mul", 0, 0), ("tanh", 1), ("add", 0, 1)))
    >>> output, leaves = program.build()
    >>> output.data, program(2.0), leaves
    (4.9640275800758165, 4.9640275800758165, [Value(2.0, name='x0')])
    >>> print(program)
    x0 = Value(2.0)
    t0 = x0 * x0
    t1 = tanh(x0)
    t2 = t1 + t0
    """

    leaves: tuple[float, ...]
    steps: tuple[tuple[str | int | float, ...], ...]
    anywhere: bool = False

    def __repr__(self) -> str:
        anywhere = ", anywhere=True" if self.anywhere else ""
        steps = "".join(f"({', '.join(map(_written, step))}), " for step in self.steps)
        leaves = "".join(f"{_written(x)}, " for x in self.leaves)
        return f"Program(leaves=({leaves.rstrip()}), steps=({steps.rstrip()}){anywhere})"

    def __str__(self) -> str:
        names = [f"x{i}" for i in range(len(self.leaves))]
        lines = [
            f"{name} = Value({_written(x)})" for name, x in zip(names, self.leaves, strict=True)
        ]
        for i, (name, operands) in enumerate(self.instructions):
            written = [names[o] if isinstance(o, int) else _written(o) for o in operands]
            lines.append(f"t{i} = {_call(table[name], written)}")
            names.append(f"t{i}")
        return "\n".join(lines)

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The steps that are taken, operands counted from the first leaf."""
        numbers = list(self.leaves)
        taken: list[Instruction] = []
        for name, *references in self.steps:
            primitive = table[str(name)]
            operands = _resolved(references, len(numbers))
            if not _accepts(primitive, operands):
                continue
            values = [numbers[o] if isinstance(o, int) else o for o in operands]
            if self.anywhere or inside(primitive, values):
                result = primitive.value(*values)
                if self.anywhere or result == 0 or SMALLEST <= abs(result) <= LARGEST:
                    numbers.append(result)
                    taken.append((primitive.name, operands))
        return tuple(taken)

    def run(self, leaves: Sequence[Any], apply: Callable[[str, list[Any]], Any]) -> list[Any]:
        """Every node's result, ``apply(name, operands)`` being how a primitive is computed."""
        nodes = list(leaves)
        for name, operands in self.instructions:
            nodes.append(apply(name, [nodes[o] if isinstance(o, int) else o for o in operands]))
        return nodes

    def __call__(self, *leaves: Any) -> Any:
        if len(leaves) != len(self.leaves):
            raise TypeError(f"this program has {len(self.leaves)} leaves, got {len(leaves)}")
        return self.run(leaves, lambda name, operands: table[name](*operands))[-1]

    def build(self) -> tuple[Value, list[Value]]:
        """The program as a graph: its output and its leaves, named x0, x1 and so on."""
        leaves = [Value(x, name=f"x{i}") for i, x in enumerate(self.leaves)]
        return self(*leaves), leaves


def _written(item: Any) -> str:
    if isinstance(item, float) and not isfinite(item):
        return f"float({str(item)!r})"
    return repr(item)


def _call(primitive: Primitive, operands: list[str]) -> str:
    if primitive.name in OPERATORS and len(operands) == 2:
        return f" {primitive.symbol} ".join(operands)
    return f"{primitive.name}({', '.join(operands)})"


def _resolved(references: Sequence[Any], count: int) -> tuple[int | float, ...]:
    return tuple(count - 1 - r % count if isinstance(r, int) else float(r) for r in references)


def _accepts(primitive: Primitive, operands: tuple[int | float, ...]) -> bool:
    """Whether the count is right, one operand is a node, and numbers are where they must be."""
    if primitive.arity not in (None, len(operands)):
        return False
    nodes = [i for i, o in enumerate(operands) if isinstance(o, int)]
    return bool(nodes) and not any(primitive.needs_number(i) for i in nodes)


def inside(primitive: Primitive, operands: Sequence[float]) -> bool:
    """Whether ``primitive`` is differentiable at ``operands``: in its domain and on no kink."""
    domain = primitive.domain if primitive.arity else primitive.domain * len(operands)
    if not all(low < x < high for (low, high), x in zip(domain, operands, strict=True)):
        return False
    distances = [kink(*operands) for kink in primitive.kinks]
    return not any(d == 0 or isnan(d) for d in distances)
