"""A program as an LLVM module: straight-line code in chunks, loops where there were layers.

The module has one entry, ``run``, that goes through the rows group by group. With a gradient, rows
are summed in order within blocks of 256, and ``sums`` gives each block's own, for threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.compiler import loops
from autograd.compiler.approximate import FUNCTIONS
from autograd.compiler.code import Code
from autograd.compiler.ir import BYTES, Builder, Module
from autograd.compiler.layout import CHUNK, Copy, Layout
from autograd.compiler.loops import Shape
from autograd.compiler.rolling import Layer, plan
from autograd.compiler.rows import BLOCK

GROUP = [("ptr", "%work"), ("ptr", "%parameters"), ("i64", "%vectors")]
LARGE = 60_000  # instructions outside of loops, beyond which they are compiled quickly, not well
SMALL = 3000  # slots up to which a group of four vectors stays in a core's own cache


class Written(NamedTuple):
    """The text of a module, and how many doubles its work buffer has."""

    text: str
    work: int


def shape_for(lanes: int, slots: int, wide: int, registers: int) -> Shape:
    """Tiles that fill half of the registers with sums."""
    vectors = 1 if lanes == 1 or slots > SMALL else 4
    across = min(vectors, 4 if registers >= 32 else 2)
    return Shape(lanes, vectors, (registers // 2 // (4 if registers >= 32 else 2), across), wide)


def write(code: Code, gradient: bool, lanes: int, wide: int, registers: int, fast: bool) -> Written:
    """The module of a program.

    Parameters
    ----------
    gradient:
        Whether the code's outputs are a value and its derivatives, to be summed over the rows.
    lanes:
        How many rows go to a vector.
    wide, registers:
        How many doubles the machine's vector registers hold, and how many of these there are.
    fast:
        Whether a product and a sum may be rounded once, and exp and log approximated.
    """
    return Writer(code, gradient, lanes, wide, registers, fast).written()


class Writer:
    """Writes one module; see ``write``."""

    def __init__(
        self, code: Code, gradient: bool, lanes: int, wide: int, registers: int, fast: bool
    ) -> None:
        self.code = code
        self.gradient = gradient
        self.plan = plan(code, gradient)
        self.results = code.outputs[:1] if gradient else code.outputs
        self.layout = Layout(code, self.plan, self.results)
        self.shape = shape_for(lanes, self.layout.size, wide, registers)
        self.module = Module(fast, FUNCTIONS if fast else None)
        self.uniform = [
            i
            for i, primitive in enumerate(code.primitives)
            if primitive is not None and self.plan.uniform[i]
        ]
        shared = {i: code.parameters + k for k, i in enumerate(self.uniform)}
        shared |= {code.inputs + k: k for k in range(code.parameters)}
        self.shared = shared
        straight = sum(len(step) for step in self.layout.steps if isinstance(step, list))
        self.quickly = straight + len(self.uniform) > LARGE
        self.calls: list[str] = []
        self.outer_calls: list[str] = []
        # the work buffer: slots, columns by row, sums, a block's sums, numbers shared by all rows
        slots = self.layout.size * self.shape.rows
        widest = max([loops.padded(len(o.columns), self.shape) for o in self.plan.outers] + [0])
        sums = loops.padded(len(self.layout.summed), self.shape)
        self.pack = slots
        self.sums = self.pack + widest * self.shape.rows
        self.block = self.sums + sums
        self.numbers = self.block + code.parameters + 1
        self.work = self.numbers + (len(shared) if self.uniform else 0)

    def written(self) -> Written:
        loops.load_rows(self.module, self.shape, self.code.inputs)
        self._uniform_numbers()
        for k in range(0, len(self.layout.fills), CHUNK):
            self._fill(self.layout.fills[k : k + CHUNK])
        for step in self.layout.steps:
            if isinstance(step, Layer):
                loops.layer(self.module, self.shape, self._next(), step, self.layout)
            elif isinstance(step, Copy):
                self._copy(step)
            else:
                self._straight(step)
        if self.gradient:
            self._outers()
            place = self.layout.vectors[self.layout.summed]
            loops.add_sums(self.module, self.shape, place, len(self.layout.summed))
            self._sums_of_block()
            self._sums()
            self._run_gradient()
        else:
            self._run_value()
        return Written(self.module.text(), self.work)

    def _next(self) -> str:
        self.calls.append(f"step{len(self.calls)}")
        return self.calls[-1]

    # -- straight-line code --

    def _straight(self, ids: Sequence[int]) -> None:
        """One chunk, for each vector of rows of the group."""
        quickly = self.quickly
        b = Builder(self._next(), GROUP, self.shape.lanes, self.module, quickly=quickly)
        with b.loop(0, "%vectors") as (v, _):
            lane = b.address("%work", 0, v, self.shape.lanes * BYTES)
            known: dict[int, str | float] = {}
            for i in ids:
                known[i] = self._computed(b, i, known, lane)
                slot = self.layout.slots.get(i)
                if slot is not None:
                    b.store(known[i], b.address(lane, slot * self.shape.slot))
        b.close()

    def _computed(self, b: Builder, i: int, known: dict[int, str | float], lane: str) -> str:
        primitive = self.code.primitives[i]
        assert primitive is not None
        assert primitive.llvm is not None
        for operand in self.code.operands[i]:
            if operand not in known:
                known[operand] = self._read(b, operand, lane)
        return b.operand(primitive.llvm(b, *[known[o] for o in self.code.operands[i]]))

    def _read(self, b: Builder, i: int, lane: str) -> str | float:
        """A number from memory, or a constant."""
        if i in self.code.constants:
            return self.code.constants[i]
        if i in self.shared:
            return b.load_everywhere(b.address("%parameters", self.shared[i] * BYTES))
        return b.load(b.address(lane, self.layout.slots[i] * self.shape.slot))

    def _fill(self, ids: Sequence[int]) -> None:
        """Slots of numbers that are the same for every row."""
        b = Builder(self._next(), GROUP, self.shape.lanes, self.module)
        with b.loop(0, "%vectors") as (v, _):
            lane = b.address("%work", 0, v, self.shape.lanes * BYTES)
            for i in ids:
                place = b.address(lane, self.layout.slots[i] * self.shape.slot)
                b.store(self._read(b, i, lane), place)
        b.close()

    def _copy(self, step: Copy) -> None:
        b = Builder(self._next(), GROUP, self.shape.lanes, self.module)
        with b.loop(0, "%vectors") as (v, _):
            lane = b.address("%work", 0, v, self.shape.lanes * BYTES)
            for k, i in enumerate(step.numbers):
                number = b.load(b.address(lane, self.layout.slots[i] * self.shape.slot))
                b.store(number, b.address(lane, (step.start + k) * self.shape.slot))
        b.close()

    def _uniform_numbers(self) -> None:
        """@shared(numbers): what depends on parameters alone, after them; once a call."""
        for k in range(0, len(self.uniform), CHUNK):
            arguments, quickly = [("ptr", "%parameters")], self.quickly
            b = Builder(f"shared{k // CHUNK}", arguments, 1, self.module, quickly=quickly)
            known: dict[int, str | float] = {}
            for i in self.uniform[k : k + CHUNK]:
                known[i] = self._computed(b, i, known, "")
                b.store(known[i], b.address("%parameters", self.shared[i] * BYTES))
            b.close()

    def _prepare(self, b: Builder) -> str:
        """Where parameters and what depends on them alone are, ready for the rows."""
        if not self.uniform:
            return "%parameters"
        numbers = b.address("%work", self.numbers * BYTES)
        with b.loop(0, self.code.parameters) as (k, _):
            b.store(
                b.load(b.address("%parameters", 0, k), "double"), b.address(numbers, 0, k), "double"
            )
        for chunk in range(0, len(self.uniform), CHUNK):
            b.lines.append(f"call void @shared{chunk // CHUNK}(ptr {numbers})")
        return numbers

    # -- over the rows --

    def _group(self, b: Builder, n: str, rows: str) -> None:
        """Everything that gives numbers for one group of ``n`` rows."""
        vectors = b.integer("sdiv", b.integer("add", n, self.shape.lanes - 1), self.shape.lanes)
        b.lines.append(f"call void @load_rows(ptr %work, ptr {rows}, i64 {n}, i64 {vectors})")
        for name in self.calls:
            b.lines.append(f"call void @{name}(ptr %work, ptr %numbers, i64 {vectors})")
        if self.gradient:
            sums = b.address("%work", self.sums * BYTES)
            b.lines.append(f"call void @add_sums(ptr %work, ptr {sums}, i64 {n}, i64 {vectors})")
            b.lines += [call.format(rows=rows, n=n, vectors=vectors) for call in self.outer_calls]

    def _outers(self) -> None:
        for k, unit in enumerate(self.plan.outers):
            columns = self.layout.vectors[unit.columns]
            rows = self.layout.vectors[unit.rows]
            if max(unit.columns) < self.code.inputs and columns.step == 1:
                stride = self.code.inputs * BYTES
                source = f"%columns{k}"
                self.outer_calls.append(
                    f"{source} = getelementptr i8, ptr {{rows}}, i64 {columns.start * BYTES}"
                )
            else:
                stride = loops.padded(len(unit.columns), self.shape) * BYTES
                source = "%pack"
                loops.row_major(self.module, self.shape, f"rows{k}", columns, len(unit.columns))
                self.outer_calls.append(
                    f"call void @rows{k}(ptr %work, ptr %pack, i64 {{vectors}})"
                )
            loops.outer(self.module, self.shape, f"outer{k}", unit, rows, stride)
            self.outer_calls.append(
                f"call void @outer{k}(ptr %work, ptr {source}, ptr %out, i64 {{n}})"
            )

    def _sums_of_block(self) -> None:
        """@block(rows, n, numbers, work, out): derivatives and value summed over n rows."""
        parameters = self.code.parameters
        loops.on_numbers(self.module, self.shape.wide, parameters + 1)
        arguments = [("ptr", "%rows"), ("i64", "%n"), ("ptr", "%numbers"), ("ptr", "%work")]
        b = Builder("block", [*arguments, ("ptr", "%out")], 1, self.module)
        summed = self.layout.summed
        sums = b.address("%work", self.sums * BYTES)
        b.lines.append(f"%pack = getelementptr i8, ptr %work, i64 {self.pack * BYTES}")
        b.lines.append("call void @zero(ptr %out)")
        with b.loop(0, loops.padded(len(summed), self.shape)) as (k, _):
            b.store(0.0, b.address(sums, 0, k))
        self._in_groups(b)
        place_of = {number: k for k, number in enumerate(summed)}
        pairs = [(k, place_of[number]) for k, number in self.plan.others]
        pairs.append((parameters, place_of[self.results[0]]))
        for name, numbers in zip(("targets", "sources"), zip(*pairs, strict=True), strict=True):
            written = ", ".join(f"i64 {number}" for number in numbers)
            self.module.functions[name] = (
                f"@{name} = internal constant [{len(pairs)} x i64] [{written}]\n"
            )
        with b.loop(0, len(pairs)) as (k, _):
            source = b.load(b.address("@sources", 0, k), "i64")
            target = b.load(b.address("@targets", 0, k), "i64")
            b.store(b.load(b.address(sums, 0, source)), b.address("%out", 0, target))
        b.close()

    def _in_groups(self, b: Builder) -> None:
        with b.loop(0, "%n", self.shape.rows) as (r, _):
            n = b.least(b.integer("sub", "%n", r), self.shape.rows)
            rows = b.address("%rows", 0, r, self.code.inputs * BYTES)
            self._group(b, n, rows)
            if not self.gradient:
                self._store_outputs(b, r, n)

    def _call_block(self, b: Builder, start: str, numbers: str, out: str) -> None:
        n = b.least(b.integer("sub", "%n", start), BLOCK)
        rows = b.address("%rows", 0, start, self.code.inputs * BYTES)
        b.lines.append(
            f"call void @block(ptr {rows}, i64 {n}, ptr {numbers}, ptr %work, ptr {out})"
        )

    def _sums(self) -> None:
        """@sums(rows, n, parameters, work, out): the sums of each block of rows."""
        arguments = [("ptr", "%rows"), ("i64", "%n"), ("ptr", "%parameters"), ("ptr", "%work")]
        b = Builder("sums", [*arguments, ("ptr", "%out")], 1, self.module)
        numbers = self._prepare(b)
        stride = (self.code.parameters + 1) * BYTES
        with b.loop(0, "%n", BLOCK) as (start, _):
            out = b.address("%out", 0, b.integer("sdiv", start, BLOCK), stride)
            self._call_block(b, start, numbers, out)
        b.close("")

    def _run_gradient(self) -> None:
        """@run(rows, n, parameters, work, total, gradient, divisor): all blocks, in order."""
        arguments = [("ptr", "%rows"), ("i64", "%n"), ("ptr", "%parameters"), ("ptr", "%work")]
        arguments += [("ptr", "%total"), ("ptr", "%gradient"), ("double", "%divisor")]
        b = Builder("run", arguments, 1, self.module)
        numbers = self._prepare(b)
        block = b.address("%work", self.block * BYTES)
        self._call_block(b, "0", numbers, "%total")
        with b.loop(BLOCK, "%n", BLOCK) as (start, _):
            self._call_block(b, start, numbers, block)
            b.lines.append(f"call void @add(ptr %total, ptr {block})")
        b.lines.append("call void @finish(ptr %total, ptr %gradient, double %divisor)")
        b.close("")
        arguments = [("ptr", "%total"), ("ptr", "%blocks"), ("i64", "%n")]
        b = Builder("combine", arguments, 1, self.module)
        with b.loop(0, "%n") as (k, _):
            block = b.address("%blocks", 0, k, (self.code.parameters + 1) * BYTES)
            b.lines.append(f"call void @add(ptr %total, ptr {block})")
        b.close("")

    def _run_value(self) -> None:
        """@run(rows, n, parameters, work, out): the outputs of each row."""
        arguments = [("ptr", "%rows"), ("i64", "%n"), ("ptr", "%parameters"), ("ptr", "%work")]
        b = Builder("run", [*arguments, ("ptr", "%out")], 1, self.module)
        b.lines.append(f"%numbers = getelementptr i8, ptr {self._prepare(b)}, i64 0")
        self._in_groups(b)
        b.close("")

    def _store_outputs(self, b: Builder, r: str, n: str) -> None:
        place_of = {number: k for k, number in enumerate(self.layout.summed)}
        width = len(self.results) * BYTES
        for k, number in enumerate(self.results):
            start, step = self.layout.vectors[self.layout.summed]
            source = b.address("%work", (start + place_of[number] * step) * self.shape.slot)
            target = b.address(b.address("%out", 0, r, width), k * BYTES)
            with b.loop(0, n) as (row, _):
                b.store(b.load(b.address(source, 0, row)), b.address(target, 0, row, width))
