"""A program as Python over rows of data: to read, and the backend that needs nothing."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd.compiler.code import Code
from autograd.compiler.python import form, literal, namespace
from autograd.primitive import table

BLOCK = 256
"""Rows are summed in order within blocks of this many, and then the blocks' sums in order."""

DEPTH = 40  # operations to one expression: Python's own parser has a limit


def identifiers(code: Code, labels: Mapping[int, str]) -> list[str]:
    """A distinct Python name for each number: its label made one, ``t7``, or a literal."""
    taken = {"rows", "parameters", "total", "outputs", "nan", "inf", *table, *keyword.kwlist}
    result = [f"t{i}" for i in range(len(code.operands))]
    for i, value in code.constants.items():
        result[i] = literal(value)
    for i, label in labels.items():
        name = re.sub(r"\W+", "_", label, flags=re.ASCII).strip("_") or "v"
        if name[0].isdigit() or re.fullmatch(r"[tg]\d*", name):
            name = f"v_{name}"
        if name in taken:
            name = f"{name}_{i}"
        while name in taken:
            name += "_"
        taken.add(name)
        result[i] = name
    return result


def within(code: Code, labels: Mapping[int, str]) -> bytearray:
    """For each number 1 if it is written within the sum that alone uses it.

    So are products, and sums at the left of a sum, but for those that have a label of their own.
    """
    user: dict[int, tuple[int, int]] = {}
    for i, operands in enumerate(code.operands):
        for place, operand in enumerate(operands):
            user[operand] = i, place
    result = bytearray(len(code.operands))
    for i, count in enumerate(code.uses()):
        if count == 1 and i in user and i not in labels:
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


def source(code: Code, labels: Mapping[int, str], gradient: bool) -> str:
    """The Python function that computes ``code`` for rows of inputs.

    Parameters
    ----------
    code:
        What to compute. With ``gradient``, its outputs are the value and then the derivatives.
    labels:
        Names for numbers: of the inputs and parameters at least.
    gradient:
        Whether the function returns the sum of the value over the rows and the list of the sums of
        the derivatives, or a list of the outputs of each row.
    """
    names = identifiers(code, labels)
    body = statements(code, names, within(code, labels))
    inputs = "".join(f"{name}, " for name in names[: code.inputs])
    parameters = "".join(f"{n}, " for n in names[code.inputs : code.inputs + code.parameters])
    results = [names[i] for i in code.outputs]
    lines = [f"def {'value_and_gradient' if gradient else 'program'}(rows, parameters):"]
    if parameters:
        lines.append(f"    {parameters.strip()} = parameters")
    if gradient:
        lines.append("    total = 0.0")
        lines += [f"    g{k} = 0.0" for k in range(len(results) - 1)]
    else:
        lines.append("    outputs = []")
    lines.append(f"    for {inputs.strip() or '_'} in rows:")
    lines += [f"        {line}" for line in body]
    if gradient:
        lines.append(f"        total += {results[0]}")
        lines += [f"        g{k} += {result}" for k, result in enumerate(results[1:])]
        lines.append(f"    return total, [{', '.join(f'g{k}' for k in range(len(results) - 1))}]")
    else:
        lines.append(f"        outputs.append(({''.join(f'{result}, ' for result in results)}))")
        lines.append("    return outputs")
    return "\n".join(lines) + "\n"


def function(text: str) -> Callable[..., Any]:
    """The one function that ``source`` wrote, ready to call."""
    scope = namespace()
    before = set(scope)
    exec(compile(text, "<program>", "exec"), scope)
    return next(made for name, made in scope.items() if name not in before and callable(made))  # type: ignore[no-any-return]


class PythonBackend:
    """Runs programs as generated Python.

    Parameters
    ----------
    value, gradient:
        The sources, by ``source``, made when first needed.
    """

    name = "python"

    def __init__(self, value: Callable[[], str], gradient: Callable[[], str]) -> None:
        self._sources = value, gradient
        self._functions: dict[bool, Callable[..., Any]] = {}

    def _function(self, gradient: bool) -> Callable[..., Any]:
        if gradient not in self._functions:
            self._functions[gradient] = function(self._sources[gradient]())
        return self._functions[gradient]

    def outputs(self, rows: Sequence[Sequence[float]], parameters: Sequence[float]) -> list[Any]:
        """For each row the tuple of its outputs."""
        return self._function(False)(rows, parameters)  # type: ignore[no-any-return]

    def sums(
        self, rows: Sequence[Sequence[float]], parameters: Sequence[float]
    ) -> tuple[float, list[float]]:
        """The sums of the value and of each derivative over the rows."""
        run = self._function(True)
        total, gradient = run(rows[:BLOCK], parameters)
        for start in range(BLOCK, len(rows), BLOCK):
            value, more = run(rows[start : start + BLOCK], parameters)
            total += value
            gradient = [a + b for a, b in zip(gradient, more, strict=True)]
        return total, gradient
