"""The loops of a program in LLVM: layers, their gradients, and the way of rows in and sums out.

Vectors hold a number of several rows (a lane is a row), but in ``outer`` and ``add_sums``, where
they hold the derivatives of several parameters: there rows are taken one after the other, so that
sums over rows are in the order of rows. The sizes of tiles only decide how much stays in registers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autograd.compiler.ir import BYTES, Builder, Module, constant, vector_type
from autograd.compiler.layout import Layout, Place
from autograd.compiler.rolling import Layer, Outer


class Shape(NamedTuple):
    """How rows are grouped.

    Attributes
    ----------
    lanes:
        Rows to a vector.
    vectors:
        Vectors to a group: a group of rows goes through the whole program at once.
    tile:
        Sums kept in registers by the inner loops: neurons and vectors of rows.
    wide:
        Numbers to a vector where vectors do not hold rows.
    """

    lanes: int
    vectors: int
    tile: tuple[int, int]
    wide: int

    @property
    def rows(self) -> int:
        return self.lanes * self.vectors

    @property
    def slot(self) -> int:
        """Bytes of a slot: one number for each row of a group."""
        return self.rows * BYTES


def tiles(b: Builder, count: str | int, tile: int) -> Iterator[tuple[str, int]]:
    """Loops that cover range(count), ``tile`` at a time and then the rest: (start, how many)."""
    if isinstance(count, int):
        full = count // tile * tile
        if full:
            with b.loop(0, full, tile) as (start, _):
                yield start, tile
        if count > full:
            yield str(full), count - full
    else:
        whole = b.integer("mul", b.integer("sdiv", count, tile), tile)
        with b.loop(0, whole, tile) as (start, _):
            yield start, tile
        if tile > 1:
            with b.loop(whole, count) as (start, _):
                yield start, 1


def load_rows(module: Module, shape: Shape, inputs: int) -> None:
    """@load_rows(work, rows, n, vectors): the rows' numbers into the inputs' slots.

    Lanes beyond the last row repeat it: they compute something harmless.
    """
    parameters = [("ptr", "%work"), ("ptr", "%rows"), ("i64", "%n"), ("i64", "%vectors")]
    b = Builder("load_rows", parameters, shape.lanes, module)
    last = b.integer("sub", "%n", 1)
    with b.loop(0, "%vectors") as (v, _):
        first = b.integer("mul", v, shape.lanes)
        rows = []
        for k in range(shape.lanes):
            row = b.least(b.integer("add", first, k), last)
            rows.append(b.address("%rows", 0, row, inputs * BYTES))
        target = b.address("%work", 0, v, shape.lanes * BYTES)
        for i, count in tiles(b, inputs, shape.lanes):
            slots = b.address(target, 0, i, shape.slot)
            if count == shape.lanes:
                parts = [b.load(b.address(row, 0, i)) for row in rows]
                for k, column in enumerate(b.transposed(parts)):
                    b.store(column, b.address(slots, k * shape.slot))
                continue
            for k in range(count):
                column = "poison"
                for lane, row in enumerate(rows):
                    one = b.load(b.address(row, k * BYTES, i), "double")
                    column = b.let(f"insertelement {b.vector} {column}, double {one}, i64 {lane}")
                b.store(column, b.address(slots, k * shape.slot))
    b.close()


def layer(module: Module, shape: Shape, name: str, unit: Layer, layout: Layout) -> None:
    """@name(work, parameters, vectors): the outs of a layer for each row of the group."""
    arguments = [("ptr", "%work"), ("ptr", "%parameters"), ("i64", "%vectors")]
    b = Builder(name, arguments, shape.lanes, module)
    outs, values = layout.vectors[unit.outs], layout.vectors[unit.values]
    in_parameters = layout.seed_parameters(unit) if unit.seeds else None
    width = shape.lanes * BYTES

    def seeds(j: str, neurons: int, lane: str, vectors: int) -> list[str]:
        started = []
        for a in range(neurons):
            if in_parameters is not None:
                first = (in_parameters.start + a * in_parameters.step) * BYTES
                place = b.address("%parameters", first, j, in_parameters.step * BYTES)
                started += [b.load_everywhere(place)] * vectors
            elif unit.seeds:
                start, step = layout.vectors[unit.seeds]
                place = b.address(lane, (start + a * step) * shape.slot, j, step * shape.slot)
                started += [b.load(b.address(place, v * width)) for v in range(vectors)]
            else:
                first = (unit.base + a * unit.row) * BYTES
                weight = b.load_everywhere(b.address("%parameters", first, j, unit.row * BYTES))
                for v in range(vectors):
                    value = b.load(b.address(lane, values.start * shape.slot + v * width))
                    started.append(b.fmul(weight, value))
        return started

    for i, vectors in tiles(b, "%vectors", shape.tile[1]):
        lane = b.address("%work", 0, i, width)
        for j, neurons in tiles(b, len(unit.outs), shape.tile[0]):
            weights = b.address("%parameters", unit.base * BYTES, j, unit.row * BYTES)
            started = seeds(j, neurons, lane, vectors)
            with b.loop(0 if unit.seeds else 1, len(unit.values), 1, started) as (k, sums):
                place = b.address(lane, values.start * shape.slot, k, values.step * shape.slot)
                xs = [b.load(b.address(place, v * width)) for v in range(vectors)]
                place = b.address(weights, 0, k, unit.step * BYTES)
                for a in range(neurons):
                    weight = b.load_everywhere(b.address(place, a * unit.row * BYTES))
                    for v in range(vectors):
                        at = a * vectors + v
                        sums[at] = b.fadd(sums[at], b.fmul(weight, xs[v]))
            target = b.address(lane, outs.start * shape.slot, j, outs.step * shape.slot)
            for a in range(neurons):
                for v in range(vectors):
                    place = b.address(target, a * outs.step * shape.slot + v * width)
                    b.store(sums[a * vectors + v], place)
    b.close()


def row_major(module: Module, shape: Shape, name: str, place: Place, count: int) -> None:
    """@name(work, pack, vectors): ``count`` slots to rows of ``count`` numbers, padded."""
    arguments = [("ptr", "%work"), ("ptr", "%pack"), ("i64", "%vectors")]
    b = Builder(name, arguments, shape.lanes, module)
    stride = padded(count, shape) * BYTES
    with b.loop(0, "%vectors") as (v, _):
        source = b.address("%work", place.start * shape.slot, v, shape.lanes * BYTES)
        target = b.address("%pack", 0, v, shape.lanes * stride)
        for i, here in tiles(b, count, shape.lanes):
            slots = b.address(source, 0, i, place.step * shape.slot)
            parts = [b.load(b.address(slots, k * place.step * shape.slot)) for k in range(here)]
            parts += [constant(0.0, shape.lanes)] * (shape.lanes - here)
            to = b.address(target, 0, i)
            for k, row in enumerate(b.transposed(parts)):
                b.store(row, b.address(to, k * stride))
    b.close()


def padded(count: int, shape: Shape) -> int:
    """``count`` rounded up so that whole vectors fit."""
    whole = max(shape.lanes, shape.wide)
    return -(-count // whole) * whole


def outer(module: Module, shape: Shape, name: str, unit: Outer, rows: Place, stride: int) -> None:
    """@name(work, columns, gradient, n): add a row's products to the gradient, row after row.

    ``columns`` holds the numbers of ``unit.columns`` for each row, ``stride`` bytes apart.
    """
    arguments = [("ptr", "%work"), ("ptr", "%columns"), ("ptr", "%gradient"), ("i64", "%n")]
    b = Builder(name, arguments, shape.wide, module)
    wide = shape.wide
    whole = len(unit.columns) // wide * wide

    def tile(j: str, count: int, i: str, vectors: int, mask: str) -> None:
        gradient = b.address("%gradient", unit.base * BYTES, j, unit.row * BYTES)
        gradient = b.address(gradient, 0, i)
        upstream = b.address("%work", rows.start * shape.slot, j, rows.step * shape.slot)
        columns = b.address("%columns", 0, i)
        places = [
            b.address(gradient, a * unit.row * BYTES + v * wide * BYTES)
            for a in range(count)
            for v in range(vectors)
        ]
        started = [masked_load(b, place, mask) for place in places]
        with b.loop(0, "%n", 1, started) as (r, sums):
            place = b.address(columns, 0, r, stride)
            xs = [masked_load(b, b.address(place, v * wide * BYTES), mask) for v in range(vectors)]
            place = b.address(upstream, 0, r)
            for a in range(count):
                factor = b.load_everywhere(b.address(place, a * rows.step * shape.slot))
                for v in range(vectors):
                    at = a * vectors + v
                    sums[at] = b.fadd(sums[at], b.fmul(factor, xs[v]))
        for place, total in zip(places, sums, strict=True):
            masked_store(b, total, place, mask)

    for k, vectors in tiles(b, whole // wide, shape.tile[1]):
        i = b.integer("mul", k, wide)
        for j, count in tiles(b, len(unit.rows), shape.tile[0]):
            tile(j, count, i, vectors, "")
    left = len(unit.columns) - whole
    if left:
        lanes = ", ".join(f"i1 {int(k < left)}" for k in range(wide))
        for j, count in tiles(b, len(unit.rows), shape.tile[0]):
            tile(j, count, str(whole), 1, f"<{wide} x i1> <{lanes}>")
    b.close()


def masked_load(b: Builder, pointer: str, mask: str) -> str:
    """A vector, of which lanes without a mask are not read."""
    if not mask:
        return b.load(pointer)
    function = f"{b.vector} @llvm.masked.load.v{b.lanes}f64.p0"
    b.declare(f"declare {function}(ptr, i32, {b.mask}, {b.vector})")
    arguments = f"ptr {pointer}, i32 {BYTES}, {mask}, {b.vector} zeroinitializer"
    return b.let(f"call {function}({arguments})")


def masked_store(b: Builder, value: str, pointer: str, mask: str) -> None:
    if not mask:
        b.store(value, pointer)
        return
    function = f"void @llvm.masked.store.v{b.lanes}f64.p0"
    b.declare(f"declare {function}({b.vector}, ptr, i32, {b.mask})")
    b.lines.append(f"call {function}({b.vector} {value}, ptr {pointer}, i32 {BYTES}, {mask})")


def add_sums(module: Module, shape: Shape, place: Place, count: int) -> None:
    """@add_sums(work, sums, n, vectors): sums[k] += number k of the vector, row after row."""
    arguments = [("ptr", "%work"), ("ptr", "%sums"), ("i64", "%n"), ("i64", "%vectors")]
    b = Builder("add_sums", arguments, shape.lanes, module)
    integers = vector_type(shape.lanes, "i64")
    places = ", ".join(f"i64 {lane}" for lane in range(shape.lanes))
    lanes = f"<{places}>" if shape.lanes > 1 else "0"
    # x + -0.0 is x for every x, so that lanes beyond the last row add nothing
    nothing = constant(-0.0, shape.lanes)
    with b.loop(0, "%vectors") as (v, _):
        source = b.address("%work", place.start * shape.slot, v, shape.lanes * BYTES)
        left = b.integer("sub", "%n", b.integer("mul", v, shape.lanes))
        mask = b.let(f"icmp slt {integers} {lanes}, {b.everywhere(left, 'i64')}")
        for k, here in tiles(b, count, shape.lanes):
            slots = b.address(source, 0, k, place.step * shape.slot)
            loaded = [b.load(b.address(slots, q * place.step * shape.slot)) for q in range(here)]
            parts = [b.select(mask, x, nothing) for x in loaded]
            parts += [nothing] * (shape.lanes - here)
            target = b.address("%sums", 0, k)
            total = b.load(target)
            for row in b.transposed(parts):
                total = b.let(f"fadd {b.vector} {total}, {row}")
            b.store(total, target)
    b.close()


def on_numbers(module: Module, wide: int, count: int) -> None:
    """@zero(to), @add(to, from) on ``count`` numbers, and @finish(total, gradient, divisor).

    ``finish`` divides: all but the last number of ``total`` into ``gradient``, the last in place.
    """
    b = Builder("zero", [("ptr", "%to")], wide, module)
    for k, kind in _whole(b, count):
        b.store(constant(0.0, wide) if kind == b.vector else "0.0", b.address("%to", 0, k), kind)
    b.close()
    b = Builder("add", [("ptr", "%to"), ("ptr", "%from")], wide, module)
    for k, kind in _whole(b, count):
        place = b.address("%to", 0, k)
        a, c = b.load(place, kind), b.load(b.address("%from", 0, k), kind)
        b.store(b.let(f"fadd {kind} {a}, {c}"), place, kind)
    b.close()
    arguments = [("ptr", "%total"), ("ptr", "%gradient"), ("double", "%divisor")]
    b = Builder("finish", arguments, wide, module)
    divisors = b.everywhere("%divisor")
    for k, kind in _whole(b, count - 1):
        divisor = divisors if kind == b.vector else "%divisor"
        quotient = b.let(f"fdiv {kind} {b.load(b.address('%total', 0, k), kind)}, {divisor}")
        b.store(quotient, b.address("%gradient", 0, k), kind)
    last = b.address("%total", (count - 1) * BYTES)
    b.store(b.let(f"fdiv double {b.load(last, 'double')}, %divisor"), last, "double")
    b.close("")


def _whole(b: Builder, count: int) -> Iterator[tuple[str, str]]:
    """Loops over ``count`` numbers, vector by vector and then one by one: (index, type)."""
    full = count // b.lanes * b.lanes
    with b.loop(0, full, b.lanes) as (k, _):
        yield k, b.vector
    with b.loop(full, count) as (k, _):
        yield k, "double"
