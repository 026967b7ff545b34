"""LLVM's assembly language, written as text: functions, loops and vector arithmetic.

The language reference is https://llvm.org/docs/LangRef.html. Text is quick to make and needs no
library; ``autograd.compiler.jit`` turns it into machine code.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

Operand: TypeAlias = "str | float"
Approximation: TypeAlias = "Callable[[Builder, str], str]"

BYTES = 8  # of a double

LIBRARY = (
    "exp",
    "expm1",
    "log",
    "log1p",
    "sin",
    "cos",
    "tan",
    "tanh",
    "erf",
    "erfc",
    "pow",
)
"""The functions of the C library that a Builder can call, as Python's ``math`` does."""


def number(value: float) -> str:
    """A double as LLVM writes it, exact.

    >>> number(1.0)
    '0x3FF0000000000000'
    """
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def vector_type(lanes: int, element: str = "double") -> str:
    return element if lanes == 1 else f"<{lanes} x {element}>"


def constant(value: float, lanes: int) -> str:
    """The same number in each lane."""
    if lanes == 1:
        return number(value)
    return "<" + ", ".join([f"double {number(value)}"] * lanes) + ">"


class Module:
    """A module's text in the making.

    Parameters
    ----------
    fast:
        Whether a product and a sum may be contracted, rounded once.
    approximations:
        What computes functions of the C library on vectors in their place.
    """

    def __init__(
        self, fast: bool = False, approximations: Mapping[str, Approximation] | None = None
    ) -> None:
        self.fast = fast
        self._approximations = approximations or {}
        self.functions: dict[str, str] = {}
        self.declarations: set[str] = set()

    def text(self) -> str:
        wide = 'nounwind "prefer-vector-width"="512"'
        attributes = [f"attributes #0 = {{ {wide} }}"]
        attributes.append(f"attributes #1 = {{ noinline optnone {wide} }}\n")
        return "\n".join([*sorted(self.declarations), *self.functions.values(), *attributes])

    def library(self, name: str, count: int, lanes: int) -> str:
        """The name of a function of the C library on vectors; bit for bit, so lane by lane."""
        if name not in LIBRARY:
            raise ValueError(f"{name!r} is not among the functions to call: {', '.join(LIBRARY)}")
        approximation = self._approximations.get(name)
        if approximation is None:
            self.declarations.add(f"declare double @c.{name}({', '.join(['double'] * count)})")
            if lanes == 1:
                return f"@c.{name}"
        called = f"{name}.{lanes}"
        if called not in self.functions:
            operands = [f"%x{k}" for k in range(count)]
            parameters = [(vector_type(lanes), operand) for operand in operands]
            b = Builder(called, parameters, lanes, self, exact=True)
            if approximation is None:
                result = _lane_by_lane(b, name, operands)
            else:
                result = approximation(b, operands[0])
            b.lines.append(f"ret {b.vector} {result}")
            self.functions[called] = b.text(b.vector, "internal ")
        return f"@{called}"


def _lane_by_lane(b: Builder, name: str, operands: Sequence[str]) -> str:
    result = "poison"
    for k in range(b.lanes):
        parts = [b.let(f"extractelement {b.vector} {x}, i64 {k}") for x in operands]
        call = b.let(f"call double @c.{name}({', '.join(f'double {part}' for part in parts)})")
        result = b.let(f"insertelement {b.vector} {result}, double {call}, i64 {k}")
    return result


class Builder:
    """One function in the making.

    Arithmetic is on vectors of ``lanes`` doubles (on doubles, if there is one lane). An operand is
    the name of an earlier result, or a float, which stands for itself in each lane. ``exact``: each
    operation is rounded, even in a module that is fast. ``quickly``: compiling time matters more
    than the code.
    """

    def __init__(
        self,
        name: str,
        parameters: Sequence[tuple[str, str]],
        lanes: int,
        module: Module,
        exact: bool = False,
        quickly: bool = False,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.lanes = lanes
        self.module = module
        self.vector = vector_type(lanes)
        self.mask = vector_type(lanes, "i1")
        self.lines: list[str] = []
        self._count = 0
        self._label = "entry"
        self._attributes = "#1" if quickly else "#0"
        self._flags = "contract " if module.fast and not exact else ""

    def text(self, result: str = "void", linkage: str = "") -> str:
        parameters = ", ".join(f"{kind} {name}" for kind, name in self.parameters)
        body = "\n  ".join(self.lines)
        head = f"define {linkage}{result} @{self.name}({parameters}) {self._attributes}"
        return f"{head} {{\nentry:\n  {body}\n}}\n"

    def close(self, linkage: str = "internal ") -> None:
        """End the function and add it to the module."""
        self.lines.append("ret void")
        self.module.functions[self.name] = self.text(linkage=linkage)

    def let(self, instruction: str) -> str:
        """The name of the result of an instruction."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"{name} = {instruction}")
        return name

    # -- what the table's entries use --

    def operand(self, operand: Operand) -> str:
        return constant(operand, self.lanes) if isinstance(operand, float) else operand

    def _binary(self, operation: str, a: Operand, b: Operand) -> str:
        return self.let(
            f"{operation} {self._flags}{self.vector} {self.operand(a)}, {self.operand(b)}"
        )

    def fadd(self, a: Operand, b: Operand) -> str:
        return self._binary("fadd", a, b)

    def fsub(self, a: Operand, b: Operand) -> str:
        return self._binary("fsub", a, b)

    def fmul(self, a: Operand, b: Operand) -> str:
        return self._binary("fmul", a, b)

    def fdiv(self, a: Operand, b: Operand) -> str:
        return self.let(f"fdiv {self.vector} {self.operand(a)}, {self.operand(b)}")

    def fneg(self, a: Operand) -> str:
        return self.let(f"fneg {self.vector} {self.operand(a)}")

    def fcmp(self, how: str, a: Operand, b: Operand) -> str:
        """A mask; ``how`` is one of LLVM's: oeq, ogt, olt, une (unordered or not equal), uno."""
        return self.let(f"fcmp {how} {self.vector} {self.operand(a)}, {self.operand(b)}")

    def either(self, a: str, b: str) -> str:
        """Where one of two masks is set."""
        return self.let(f"or {self.mask} {a}, {b}")

    def select(self, mask: str, a: Operand, b: Operand) -> str:
        """a where the mask is set, else b."""
        a, b = self.operand(a), self.operand(b)
        return self.let(f"select {self.mask} {mask}, {self.vector} {a}, {self.vector} {b}")

    def intrinsic(self, name: str, a: Operand) -> str:
        """One of LLVM's own functions that is exact, such as sqrt and fabs."""
        function = f"@llvm.{name}.f64" if self.lanes == 1 else f"@llvm.{name}.v{self.lanes}f64"
        self.declare(f"declare {self.vector} {function}({self.vector})")
        return self.let(f"call {self.vector} {function}({self._typed(a)})")

    def fma(self, a: Operand, b: Operand, c: Operand) -> str:
        """a * b + c, rounded once."""
        suffix = "f64" if self.lanes == 1 else f"v{self.lanes}f64"
        function = f"@llvm.fma.{suffix}"
        self.declare(f"declare {self.vector} {function}({', '.join([self.vector] * 3)})")
        typed = ", ".join(map(self._typed, (a, b, c)))
        return self.let(f"call {self.vector} {function}({typed})")

    def call(self, name: str, *operands: Operand) -> str:
        """A function of the C library, bit for bit (approximated only under fast_math)."""
        function = self.module.library(name, len(operands), self.lanes)
        return self.let(f"call {self.vector} {function}({', '.join(map(self._typed, operands))})")

    def declare(self, declaration: str) -> None:
        self.module.declarations.add(declaration)

    def _typed(self, operand: Operand) -> str:
        return f"{self.vector} {self.operand(operand)}"

    # -- memory --

    def address(self, base: str, offset: int = 0, index: str = "", stride: int = BYTES) -> str:
        """The pointer ``offset`` bytes and ``index`` times ``stride`` bytes after ``base``."""
        if index:
            if index.isdigit():
                offset += int(index) * stride
            else:
                scaled = index if stride == 1 else self.let(f"mul i64 {index}, {stride}")
                base = self.let(f"getelementptr i8, ptr {base}, i64 {scaled}")
        return self.let(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base

    def load(self, pointer: str, kind: str = "") -> str:
        return self.let(f"load {kind or self.vector}, ptr {pointer}, align {BYTES}")

    def store(self, value: Operand, pointer: str, kind: str = "") -> None:
        kind = kind or self.vector
        written = self.operand(value)
        self.lines.append(f"store {kind} {written}, ptr {pointer}, align {BYTES}")

    def load_everywhere(self, pointer: str) -> str:
        """One double in each lane."""
        return self.everywhere(self.load(pointer, "double"))

    def everywhere(self, value: str, element: str = "double") -> str:
        if self.lanes == 1:
            return value
        kind = vector_type(self.lanes, element)
        first = self.let(f"insertelement {kind} poison, {element} {value}, i64 0")
        zeros = f"<{self.lanes} x i32> zeroinitializer"
        return self.let(f"shufflevector {kind} {first}, {kind} poison, {zeros}")

    def transposed(self, rows: Sequence[str]) -> list[str]:
        """``lanes`` vectors, the rows of a square, as its columns."""
        rows, apart = list(rows), 1
        while apart < self.lanes:
            low, high = [], []
            for k in range(self.lanes):
                low.append(f"i32 {k - apart + self.lanes if k & apart else k}")
                high.append(f"i32 {k + self.lanes if k & apart else k + apart}")
            masks = [f"<{self.lanes} x i32> <{', '.join(places)}>" for places in (low, high)]
            for a in range(self.lanes):
                if not a & apart:
                    b = a | apart
                    pair = f"{self.vector} {rows[a]}, {self.vector} {rows[b]}"
                    rows[a], rows[b] = [self.let(f"shufflevector {pair}, {m}") for m in masks]
            apart *= 2
        return rows

    # -- integers and loops --

    def integer(self, operation: str, a: str, b: str | int) -> str:
        return self.let(f"{operation} i64 {a}, {b}")

    def least(self, a: str, b: str | int) -> str:
        below = self.let(f"icmp slt i64 {a}, {b}")
        return self.let(f"select i1 {below}, i64 {a}, i64 {b}")

    @contextmanager
    def loop(
        self, start: str | int, stop: str | int, step: int = 1, carried: Sequence[str] = ()
    ) -> Iterator[tuple[str, list[str]]]:
        """for i in range(start, stop, step): yields i and a list of the carried vectors.

        The body replaces the list's elements by their new values; after the loop the list holds
        the last ones.
        """
        self._count += 1
        count, before = self._count, self._label
        head, body, after = f"head{count}", f"body{count}", f"after{count}"
        index = f"%i{count}"
        entering = [f"%c{count}.{k}" for k in range(len(carried))]
        values = list(entering)
        self.lines += [f"br label %{head}", f"{head}:", ""]
        place = len(self.lines) - 1
        more = self.let(f"icmp slt i64 {index}, {stop}")
        self.lines += [f"br i1 {more}, label %{body}, label %{after}", f"{body}:"]
        self._label = body
        yield index, values
        following = self.integer("add", index, step)
        self.lines += [f"br label %{head}", f"{after}:"]
        phis = [f"{index} = phi i64 [ {start}, %{before} ], [ {following}, %{self._label} ]"]
        for name, first, last in zip(entering, carried, values, strict=True):
            edges = f"[ {first}, %{before} ], [ {last}, %{self._label} ]"
            phis.append(f"{name} = phi {self.vector} {edges}")
        self.lines[place] = "\n  ".join(phis)
        self._label = after
        values[:] = entering
