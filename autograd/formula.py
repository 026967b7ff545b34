"""Formulas from the table, as text and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.compiler.python import LETTERS
from autograd.primitive import Primitive
from autograd.trace import Operand, Term, Trace
from autograd.value import Value

# how tightly each binds; whatever is not here (a call, a number, a name) needs no brackets
BINDING = {"add": 1, "sub": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4, "pow_number": 4}
ATOM = 5


def number(x: float) -> str:
    """A number with four significant digits at most; whole ones without a point."""
    return f"{x:.4g}"


def text(operand: Operand) -> str:
    """A Term as Python would write it.

    >>> from autograd.primitives import tanh
    >>> trace = Trace(expand=False)
    >>> a, b = trace.input("a"), trace.input("b")
    >>> text((a + b) * -tanh(a) ** 2 / (b - 1))
    '(a + b) * -tanh(a)**2 / (b - 1)'
    """
    return _written(operand, latex=False)[0]


def latex(operand: Operand) -> str:
    r"""A Term as LaTeX.

    >>> from autograd.primitives import exp
    >>> trace = Trace(expand=False)
    >>> a = trace.input("a")
    >>> latex(1 / (1 + exp(-a)))
    '\\frac{1}{1 + e^{-a}}'
    """
    return _written(operand, latex=True)[0]


def _written(operand: Operand, latex: bool) -> tuple[str, int]:
    """The formula and how tightly its outermost operation binds."""
    if not isinstance(operand, Term):
        return _number(operand, latex)
    primitive, operands = operand.trace.instructions[operand.index]
    if primitive is None:
        return operand.trace.names[operand.index], ATOM
    parts = [_written(o, latex) for o in operands]
    binding = BINDING.get(primitive.name, ATOM)
    template = primitive.latex if latex else primitive.text
    if template and latex and primitive.name in ("div", "pow", "pow_number"):
        base = _bracketed(parts[0], 0 if primitive.name == "div" else ATOM)
        binding = BINDING["neg"] if primitive.name == "div" else binding  # a fraction stands alone
        return template.format(base, parts[1][0]), binding
    if primitive.name == "neg":
        return "-" + _bracketed(parts[0], BINDING["mul"] if latex else binding), binding
    if template:
        raised = latex and primitive.name == "exp"  # (e^a)^2 needs its brackets
        return template.format(*[part for part, _ in parts]), BINDING["pow"] if raised else ATOM
    if binding < ATOM:
        tight = primitive.name in ("pow", "pow_number")
        left = _bracketed(parts[0], ATOM if tight else binding)
        # a - (b - c) and a / (b * c) need their brackets, a + (b + c) shows how it was added
        right = _bracketed(parts[1], binding if tight else binding + 1)
        if latex and right[0] == "-":
            right = f"({right})"
        sign = r"\cdot" if latex and primitive.name == "mul" else primitive.symbol
        return (f"{left}{sign}{right}" if tight else f"{left} {sign} {right}"), binding
    name = rf"\operatorname{{{primitive.name}}}" if latex else primitive.name
    return f"{name}({', '.join(part for part, _ in parts)})", ATOM


def _number(x: float, latex: bool) -> tuple[str, int]:
    written = number(x)
    binding = BINDING["neg"] if written.startswith("-") else ATOM
    if latex and "e" in written:  # an e would be read as a letter
        digits, exponent = written.split("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}", min(binding, BINDING["mul"])
    return written.replace("inf", r"\infty") if latex else written, binding


def _bracketed(part: tuple[str, int], least: int) -> str:
    written, binding = part
    return written if binding >= least else f"({written})"


def operand_names(node: Value) -> list[str | float]:
    """How a formula at ``node`` calls its operands: by name, by letter, or as the number it is."""
    names: list[str | float] = []
    free = iter(LETTERS)
    for i, operand in enumerate(node.operands):
        letter = next(free, f"a{i}")
        if isinstance(operand, Value):
            names.append(operand.name or letter)
        else:
            names.append(operand)
    return names


def _traced(primitive: Primitive, names: Sequence[str | float]) -> tuple[Operand, list[Operand]]:
    trace = Trace(expand=False)
    operands = [trace.input(name) if isinstance(name, str) else name for name in names]
    return trace.apply(primitive, tuple(operands)), operands


def value_formula(primitive: Primitive, names: Sequence[str | float]) -> Operand:
    """The primitive applied to operands of those names or numbers, for ``text`` or ``latex``.

    >>> from autograd.primitives import mul, relu
    >>> text(value_formula(mul, ["w", "x"])), text(value_formula(relu, ["z"]))
    ('w * x', 'relu(z)')
    """
    return _traced(primitive, names)[0]


def derivative_formula(primitive: Primitive, i: int, names: Sequence[str | float]) -> Operand:
    """The partial derivative with regard to operand ``i`` as textbooks write it, as a Term.

    >>> from autograd.primitives import mul, tanh
    >>> text(derivative_formula(mul, 0, ["w", "x"])), text(derivative_formula(tanh, 0, ["z"]))
    ('x', '1 - tanh(z)**2')
    """
    out, operands = _traced(primitive, names)
    shown = primitive.shown[i] if i < len(primitive.shown) else None
    result: Any = shown(out, *operands) if shown else primitive.partial(i, out, operands)
    return result  # type: ignore[no-any-return]


def derivative_text(node: Value, i: int, names: Sequence[str | float]) -> str:
    """The local derivative at ``node`` with regard to operand ``i``, as text."""
    assert node.primitive is not None
    return text(derivative_formula(node.primitive, i, names))
