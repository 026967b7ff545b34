"""A program as Python over rows of data: to read, and the backend that needs nothing."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Sequence
from typing import Any

from autograd.compiler.code import Code
from autograd.compiler.data import array, is_array, listed
from autograd.compiler.python import form, literal, namespace
from autograd.primitive import replaced, table

BLOCK = 256
"""Rows are summed in order within blocks of this many, and then the blocks' sums in order."""

DEPTH = 40  # operations to one expression: Python's own parser has a limit


def identifiers(code: Code) -> list[str]:
    """A distinct Python name for each number: its label made one, ``t7``, or a literal."""
    taken = {"rows", "parameters", "total", "outputs", "nan", "inf", *keyword.kwlist}
    taken |= {*table, *replaced}
    result = [""] * len(code.operands)
    computed = (i for i, primitive in enumerate(code.primitives) if primitive is not None)
    for count, i in enumerate(computed, 1):
        result[i] = f"t{count}"
    for i, value in code.constants.items():
        result[i] = literal(value)
    for i, label in code.labels.items():
        name = re.sub(r"\W+", "_", label, flags=re.ASCII).strip("_") or "v"
        if name[0].isdigit() or re.fullmatch(r"t\d+|d_.*", name):
            name = f"v_{name}"
        if name in taken:
            name = f"{name}_{i}"
        while name in taken:
            name += "_"
        taken.add(name)
        result[i] = name
    return result


def within(code: Code) -> bytearray:
    """For each number 1 if it is written within the sum that alone uses it.

    So are products, and sums at the left of a sum, but for those that have a label of their own.
    """
    user: dict[int, tuple[int, int]] = {}
    for i, operands in enumerate(code.operands):
        for place, operand in enumerate(operands):
            user[operand] = i, place
    result = bytearray(len(code.operands))
    for i, count in enumerate(code.uses()):
        if count == 1 and i in user and i not in code.labels:
            by, place = user[i]
            if code.name(by) == "add":
                result[i] = code.name(i) == "mul" or (code.name(i) == "add" and place == 0)
    return result


def statements(code: Code, names: Sequence[str], inlined: bytearray) -> list[str]:
    """One assignment for each instruction, or for each sum of products."""
    text: dict[int, str] = {}
    depth = [0] * len(code.operands)
    lines = []
    for i, primitive in enumerate(code.primitives):
        if primitive is None:
            continue
        operands = code.operands[i]
        expression = form(primitive, [text.pop(o, names[o]) for o in operands])
        depth[i] = 1 + max([depth[o] for o in operands])
        if inlined[i] and depth[i] < DEPTH:
            text[i] = expression
        else:
            depth[i] = 0
            lines.append(f"{names[i]} = {expression}")
    return lines


def source(code: Code, gradient: bool) -> str:
    """The Python function that computes ``code`` for rows of inputs.

    Parameters
    ----------
    code:
        What to compute. With ``gradient``, its outputs are the value and then the derivatives.
    gradient:
        Whether the function returns the sum of the value over the rows and the list of the sums of
        the derivatives, or a list of the outputs of each row.
    """
    names = identifiers(code)
    body = statements(code, names, within(code))
    parameters = names[code.inputs : code.inputs + code.parameters]
    results = [names[i] for i in code.outputs]
    lines = [f"def {'value_and_gradient' if gradient else 'program'}(rows, parameters):"]
    if parameters:
        lines.append(f"    {_unpacked(parameters)} = parameters")
    if gradient:
        lines.append("    total = 0.0")
        lines += [f"    d_{parameter} = 0.0" for parameter in parameters]
    else:
        lines.append("    outputs = []")
    lines.append(f"    for {_unpacked(names[: code.inputs]) or '_'} in rows:")
    lines += [f"        {line}" for line in body]
    if gradient:
        lines.append(f"        total += {results[0]}")
        sums = zip(parameters, results[1:], strict=True)
        lines += [f"        d_{parameter} += {result}" for parameter, result in sums]
        lines.append(f"    return total, [{', '.join(f'd_{p}' for p in parameters)}]")
    else:
        lines.append(f"        outputs.append(({_unpacked(results)}))")
        lines.append("    return outputs")
    return "\n".join(lines) + "\n"


def _unpacked(names: Sequence[str]) -> str:
    """Names as the elements of a tuple."""
    return f"{names[0]}," if len(names) == 1 else ", ".join(names)


def imports(codes: Sequence[Code]) -> str:
    """The lines that make the sources of ``codes`` run on their own."""
    written = "\n".join(form(p, "abc") for code in codes for p in set(code.primitives) if p)
    literals = {literal(value) for code in codes for value in code.constants.values()}
    words = (
        set(re.findall(r"[a-z]\w+", written)) | literals | set(re.findall(r"inf", str(literals)))
    )
    lines = []
    for module, names in (("math", ("inf", "nan")), ("autograd", sorted({*table, *replaced}))):
        used = [name for name in names if name in words]
        if used:
            lines.append(f"from {module} import {', '.join(used)}\n")
    return "".join(lines)


def function(text: str) -> Callable[..., Any]:
    """The one function that ``source`` wrote, ready to call."""
    scope = namespace()
    before = set(scope)
    exec(compile(text, "<program>", "exec"), scope)
    return next(made for name, made in scope.items() if name not in before and callable(made))  # type: ignore[no-any-return]


class PythonBackend:
    """Runs a program as generated Python.

    Parameters
    ----------
    codes:
        The program's code for its outputs, and for its value and gradient.
    """

    name = "python"

    def __init__(self, codes: Sequence[Code]) -> None:
        self._codes = codes
        self._names = [codes[0].labels[k] for k in range(codes[0].inputs)]
        self._functions: dict[bool, Callable[..., Any]] = {}

    def _function(self, gradient: bool) -> Callable[..., Any]:
        if gradient not in self._functions:
            self._functions[gradient] = function(source(self._codes[gradient], gradient))
        return self._functions[gradient]

    def outputs(self, rows: Any, parameters: Sequence[float]) -> list[tuple[float, ...]]:
        """For each row its outputs."""
        return self._function(False)(listed(rows, self._names), parameters)  # type: ignore[no-any-return]

    def value_and_grad(
        self, rows: Any, parameters: Sequence[float], mean: bool, gradient: Any = None
    ) -> tuple[float, Any]:
        """The sum or mean of the value over the rows, and those of the derivatives."""
        numbers = listed(rows, self._names)
        value, derivatives = self._sums(numbers, parameters)
        if mean:
            if not numbers:
                raise ValueError("rows: the mean of no rows is wanted, write at least one")
            value /= len(numbers)
            derivatives = [d / len(numbers) for d in derivatives]
        if gradient is not None:
            gradient[:] = derivatives
            return value, gradient
        return value, array(derivatives) if is_array(rows) else derivatives

    def _sums(
        self, rows: Sequence[Sequence[float]], parameters: Sequence[float]
    ) -> tuple[float, list[float]]:
        run = self._function(True)
        total, gradient = run(rows[:BLOCK], parameters)
        for start in range(BLOCK, len(rows), BLOCK):
            value, more = run(rows[start : start + BLOCK], parameters)
            total += value
            gradient = [a + b for a, b in zip(gradient, more, strict=True)]
        return total, gradient
