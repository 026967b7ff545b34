"""A Trace as flat lists: what the backends compile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from autograd.primitive import Primitive
from autograd.trace import Operand, Term, Trace


class Code(NamedTuple):
    """Instructions in base primitives, numbered: inputs first, then parameters, then the rest.

    Attributes
    ----------
    inputs, parameters:
        How many there are: number ``i < inputs`` is an input, and so on.
    primitives:
        What each number is computed by; None for inputs, parameters and constants.
    operands:
        The numbers that each is computed from.
    constants:
        The numbers that are constants, and their values.
    outputs:
        The numbers that are wanted, in order.
    labels:
        The names of numbers that have one: all inputs and parameters, and named Values.
    """

    inputs: int
    parameters: int
    primitives: list[Primitive | None]
    operands: list[tuple[int, ...]]
    constants: dict[int, float]
    outputs: list[int]
    labels: dict[int, str]

    def name(self, i: int) -> str:
        """The name of the primitive that computes it, '' for a leaf."""
        primitive = self.primitives[i]
        return primitive.name if primitive is not None else ""

    def is_parameter(self, i: int) -> bool:
        return self.inputs <= i < self.inputs + self.parameters

    def uses(self) -> list[int]:
        """How often each number is an operand or an output."""
        count = [0] * len(self.operands)
        for operands in self.operands:
            for i in operands:
                count[i] += 1
        for i in self.outputs:
            count[i] += 1
        return count

    def uniform(self) -> bytearray:
        """For each number 1 if it is the same for every row: it depends on no input."""
        same = bytearray(len(self.operands))
        for i, operands in enumerate(self.operands):
            if self.primitives[i] is not None:
                same[i] = all(map(same.__getitem__, operands))
            else:
                same[i] = i >= self.inputs
        return same


def flatten(
    trace: Trace,
    inputs: int,
    parameters: int,
    outputs: Sequence[Operand],
    names: Mapping[int, str] | None = None,
) -> Code:
    """What ``outputs`` need of a Trace.

    Parameters
    ----------
    inputs, parameters:
        How many of the Trace's inputs are the program's inputs, and how many, after those, its
        parameters.
    names:
        Names for instructions of the Trace, by index.
    """
    leaves = inputs + parameters
    primitives: list[Primitive | None] = [None] * leaves
    operands: list[tuple[int, ...]] = [()] * leaves
    constants: dict[int, float] = {}
    known: dict[str, int] = {}
    number = {index: k for k, index in enumerate(list(trace.names)[:leaves])}

    def of(operand: Operand) -> int:
        if type(operand) is Term:
            return number[operand.index]
        value = float(operand)
        i = known.get(repr(value))
        if i is None:
            i = known[repr(value)] = len(primitives)
            constants[i] = value
            primitives.append(None)
            operands.append(())
        return i

    for index in trace.needed(outputs):
        primitive, terms = trace.instructions[index]
        written = tuple([of(term) for term in terms])
        number[index] = len(primitives)
        primitives.append(primitive)
        operands.append(written)
    wanted = [of(o) for o in outputs]
    labels = {number[index]: name for index, name in trace.names.items() if index in number}
    labels |= {number[index]: name for index, name in (names or {}).items() if index in number}
    return Code(inputs, parameters, primitives, operands, constants, wanted, labels)
