"""A Trace as straight-line Python: what Value's fast methods are generated from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.primitive import Primitive, replaced, table
from autograd.trace import Operand, Term, Trace
from autograd.value import Value, no_grad

LETTERS = "abcdefgh"

WIDEST = 64
"""Operands of a primitive of any number of them up to which each number has code of its own."""


def reference(operand: Operand, names: dict[int, str]) -> str:
    """An operand as it is written in generated Python."""
    if isinstance(operand, Term):
        return names.get(operand.index) or f"t{operand.index}"
    return literal(operand)


def literal(number: float) -> str:
    """A float as it is written in generated Python."""
    if math.isnan(number):
        return "nan"
    text = repr(float(number))
    return f"({text})" if text[0] == "-" else text


def form(primitive: Primitive, operands: Sequence[str]) -> str:
    """A base primitive as it is written in generated Python."""
    if primitive.python:
        return primitive.python.format(*operands)
    return f"{primitive.written}({', '.join(operands)})"


def assignments(trace: Trace, outputs: Iterable[Operand]) -> list[str]:
    """One line for each instruction of ``trace`` that ``outputs`` need."""
    lines = []
    for index in trace.needed(outputs):
        primitive, operands = trace.instructions[index]
        assert primitive is not None
        expression = form(primitive, [reference(o, trace.names) for o in operands])
        lines.append(f"t{index} = {expression}")
    return lines


def namespace() -> dict[str, Any]:
    """What generated Python needs by name: the base primitives on floats, inf and nan."""
    known = [*table.values(), *replaced.values()]
    functions = {p.written: p.value for p in known if p.definition is None}
    return {**functions, "inf": math.inf, "nan": math.nan}


def traced(
    primitive: Primitive, active: tuple[bool, ...]
) -> tuple[Trace, list[Term], list[Operand | None]]:
    """``primitive`` and its partial derivatives as a Trace: inputs, then value and partials."""
    trace = Trace()
    names = LETTERS if len(active) <= len(LETTERS) else [f"a{i}" for i in range(len(active))]
    inputs = [trace.input(name) for name, _ in zip(names, active, strict=False)]
    out = trace.apply(primitive, tuple(inputs))
    outputs: list[Operand | None] = [out]
    for i, wanted in enumerate(active):
        outputs.append(primitive.partial(i, out, inputs) if wanted else None)
    return trace, inputs, outputs


def value(primitive: Primitive) -> Callable[..., float]:
    """The function on floats that a derived primitive's definition stands for."""
    if primitive.arity is not None:
        fixed = primitive.forward((False,) * primitive.arity)
        return lambda *operands: fixed(*operands)[0]

    def of_any_number(*operands: float) -> float:
        if len(operands) <= WIDEST:
            return primitive.forward((False,) * len(operands))(*operands)[0]  # type: ignore[no-any-return]
        assert primitive.definition is not None
        with no_grad():  # arithmetic on Values: as IEEE 754 has it, which on floats raises
            out = primitive.definition(*map(Value, operands))
        return out.data if isinstance(out, Value) else float(out)

    return of_any_number


def forward(primitive: Primitive, active: tuple[bool, ...]) -> Callable[..., tuple[Any, ...]]:
    """See Primitive.forward."""
    if len(active) > WIDEST:
        return _wide(primitive, active)
    trace, _, outputs = traced(primitive, active)
    return _function(primitive, trace, outputs)


def _wide(primitive: Primitive, active: tuple[bool, ...]) -> Callable[..., tuple[Any, ...]]:
    """The same for very many operands: one rule serves them all."""
    trace = Trace()
    out, a = trace.input("out"), trace.input("a")
    rule = _function(primitive, trace, [primitive.partial(0, out, [a])])

    def forward(*operands: float) -> tuple[Any, ...]:
        out = primitive.value(*operands)
        pairs = zip(active, operands, strict=True)
        return (out, *[rule(out, operand)[0] if wanted else None for wanted, operand in pairs])

    return forward


def _function(
    primitive: Primitive, trace: Trace, outputs: Sequence[Operand | None]
) -> Callable[..., tuple[Any, ...]]:
    """The function of the trace's inputs that returns ``outputs``."""
    lines = assignments(trace, [o for o in outputs if o is not None])
    results = ["None" if o is None else reference(o, trace.names) for o in outputs]
    source = f"def forward({', '.join(trace.names.values())}):\n"
    source += "".join(f"    {line}\n" for line in lines)
    source += f"    return {', '.join(results)},\n"
    scope = namespace()
    exec(compile(source, f"<{primitive.name}>", "exec"), scope)
    function: Callable[..., tuple[Any, ...]] = scope["forward"]
    return function
