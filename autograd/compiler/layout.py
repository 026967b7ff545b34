"""Where each number of a program lives while it runs: registers, or a slot of the work buffer.

A slot holds one number for each row of a group. What is used within one chunk of straight-line
code stays in registers. What loops go over, in vectors, has neighbouring slots; the rest takes a
slot from its chunk on, and gives it back after its last use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autograd.compiler.code import Code
from autograd.compiler.rolling import Layer, Plan

CHUNK = 150  # instructions to a function: compilers take more than linear time


class Place(NamedTuple):
    """A vector of numbers: its first slot, and the step from each to the next."""

    start: int
    step: int


class Copy(NamedTuple):
    """Slots brought together as a vector, because they belong to another vector too."""

    numbers: tuple[int, ...]
    start: int


Step = Layer | list[int] | Copy


class Layout:
    """The slots of a program, and its steps: layers, chunks of instructions and copies.

    Attributes
    ----------
    slots:
        The slot of each number that has one; inputs have the first ones.
    size:
        How many slots there are.
    vectors:
        The place of each vector that a loop goes over.
    steps:
        What to do for a group of rows, in order.
    fills:
        Numbers that are the same for every row and yet need a slot.
    summed:
        The vector of numbers to be summed over the rows one by one.
    """

    def __init__(self, code: Code, plan: Plan, results: Sequence[int]) -> None:
        self._code = code
        self._uniform = plan.uniform
        self.slots: dict[int, int] = {i: i for i in range(code.inputs)}
        self.size = code.inputs
        self.vectors: dict[tuple[int, ...], Place] = {}
        self.summed = tuple(dict.fromkeys([*results, *(number for _, number in plan.others)]))
        copies = [copy for vector in self._needed(plan) for copy in self._place(vector)]
        self.fills = [i for i in self.slots if self._uniform[i]]
        self.steps = list(_steps(code, plan, copies))
        self._place_chunks()

    def _needed(self, plan: Plan) -> Iterator[tuple[int, ...]]:
        for unit in plan.units:
            if isinstance(unit, Layer):
                yield unit.outs
                yield unit.values
                if unit.seeds and self.seed_parameters(unit) is None:
                    yield unit.seeds
        for outer in plan.outers:
            yield outer.rows
            yield outer.columns
        yield self.summed

    def seed_parameters(self, layer: Layer) -> Place | None:
        """The seeds of a layer as parameters at regular places, if they are."""
        seeds, code = layer.seeds, self._code
        step = seeds[1] - seeds[0] if len(seeds) > 1 else 1
        if not all(map(code.is_parameter, seeds)):
            return None
        regular = list(range(seeds[0], seeds[0] + step * len(seeds), step)) if step else []
        return Place(seeds[0] - code.inputs, step) if list(seeds) == regular else None

    def _place(self, vector: tuple[int, ...]) -> Iterator[Copy]:
        """Give a vector neighbouring slots; by a copy if some have another slot already."""
        if vector in self.vectors or not vector:
            return
        have = [self.slots.get(i) for i in vector]
        if have == [None] * len(vector) and len(set(vector)) == len(vector):
            self.vectors[vector] = Place(self.size, 1)
            self.slots.update((i, self.size + k) for k, i in enumerate(vector))
            self.size += len(vector)
            return
        if None not in have:
            first, last = have[0], have[-1]
            assert first is not None
            assert last is not None
            step = (last - first) // (len(have) - 1) if len(have) > 1 else 1
            if step and have == list(range(first, first + step * len(have), step)):
                self.vectors[vector] = Place(first, step)
                return
        for i in vector:
            if i not in self.slots:
                self.slots[i] = self.size
                self.size += 1
        self.vectors[vector] = Place(self.size, 1)
        yield Copy(vector, self.size)
        self.size += len(vector)

    def _place_chunks(self) -> None:
        """Slots for what one chunk computes and a later one uses."""
        chunk_of: dict[int, int] = {}
        last_use: dict[int, int] = {}
        for k, step in enumerate(self.steps):
            if isinstance(step, list):
                for i in step:
                    chunk_of[i] = k
                    for operand in self._code.operands[i]:
                        last_use[operand] = k
        free: list[int] = []
        ending: dict[int, list[int]] = {}
        for k, step in enumerate(self.steps):
            if isinstance(step, list):
                for i in step:
                    if i not in self.slots and last_use.get(i, k) > k:
                        if not free:
                            free.append(self.size)
                            self.size += 1
                        self.slots[i] = free.pop()
                        ending.setdefault(last_use[i], []).append(self.slots[i])
            free += ending.get(k, ())


def _steps(code: Code, plan: Plan, copies: list[Copy]) -> Iterator[Step]:
    """The plan's units, straight-line code cut into chunks, with copies as soon as they can be."""
    waiting = [(copy, {i for i in copy.numbers if not plan.uniform[i]}) for copy in copies]
    made = set(range(code.inputs))
    for unit in ([], *plan.units):
        if isinstance(unit, Layer):
            made.update(unit.outs)
            yield unit
        else:
            made.update(unit)
            for k in range(0, len(unit), CHUNK):
                yield unit[k : k + CHUNK]
        for copy, needs in waiting:
            if needs <= made:
                yield copy
        waiting = [(copy, needs) for copy, needs in waiting if not needs <= made]
