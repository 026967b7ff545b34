"""Arithmetic that people type, as Values: parsed here, never evaluated by Python.

Only numbers, names, + - * / **, brackets and the functions in the table of primitives are let
through; everything else is an error that points at its place.
"""

from __future__ import annotations

import ast
import difflib
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograd import Primitive
from autograd.primitive import table
from viz.card import cells

CONSTANTS = {"pi": math.pi, "e": math.e}
_LONGEST = 2000  # characters
_DEEPEST = 200  # operations inside each other
_OPERATORS: dict[type[ast.operator] | type[ast.unaryop], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.USub: "neg",
}


class ExpressionError(ValueError):
    """Something in an expression that cannot be computed, and where it stands.

    Parameters
    ----------
    message:
        What is wrong and what to write.
    source:
        The expression.
    start, end:
        The part of it that is wrong.
    """

    def __init__(self, message: str, source: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.start = start
        self.end = max(end, start + 1)

    def pointed(self) -> str:
        """The expression with carets under the part that is wrong, and the message under them.

        >>> print(ExpressionError("no such function: tahn", "2*tahn(x)", 2, 6).pointed())
        2*tahn(x)
          ^^^^
        no such function: tahn
        """
        source = "".join(c if c.isprintable() else "\ufffd" for c in self.source)
        first = max(self.start - 60, 0)
        marked = source[self.start : self.end][:60]
        rest = source[self.start + len(marked) :]
        before = "..." * (first > 0) + source[first : self.start]
        line = before + marked + rest[:60] + "..." * (len(rest) > 60)
        carets = " " * cells(before) + "^" * max(cells(marked), 1)
        return f"{line}\n{carets}\n{self.message}"


def functions() -> dict[str, Primitive]:
    """Every function that an expression can use, by name and by symbol."""
    named = {name: primitive for name, primitive in table.items() if name.isidentifier()}
    symbols = {p.symbol: p for p in table.values() if p.symbol.isidentifier()}
    return symbols | named


@dataclass(frozen=True, slots=True)
class Expression:
    """Arithmetic that has been checked.

    >>> expression = parse("tanh(w*x) + 1")
    >>> expression.names
    ('w', 'x')
    >>> expression.evaluate({"w": 0.0, "x": 2.0})
    1.0
    """

    source: str
    tree: ast.expr

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, in the order of their first use; a constant may be one of them."""
        used: dict[str, int] = {}
        calls = {id(node.func) for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and id(node) not in calls:
                place = self._place(node)[0]
                used[node.id] = min(used.get(node.id, place), place)
        return tuple(sorted(used, key=lambda name: used[name]))

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Its value: a Value if one of ``values`` is one, else a float.

        Raises
        ------
        ExpressionError
            for a variable without a value, and operands that a function does not take.
        """
        missing = [name for name in self.names if name not in values and name not in CONSTANTS]
        if missing:
            first = next(n for n in _walk(self.tree) if isinstance(n, ast.Name) and n.id in missing)
            given = " ".join(f"{name}=1.0" for name in missing)
            raise self._error(first, f"no value for {', '.join(missing)}: add, say,  {given}")
        return self._evaluate(self.tree, {**CONSTANTS, **values})

    def _evaluate(self, node: ast.expr, values: Mapping[str, Any]) -> Any:
        match node:
            case ast.Constant(value=int() | float() as number):
                return self._number(node, number)
            case ast.Name(id=name):
                return values[name]
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._evaluate(operand, values)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -self._number(node, number)
            case ast.UnaryOp(op=op, operand=operand):
                return self._apply(node, _OPERATORS[type(op)], [operand], values)
            case ast.BinOp(left=left, op=op, right=right):
                return self._apply(node, _OPERATORS[type(op)], [left, right], values)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._apply(node, name, arguments, values)
        raise self._error(node, "this cannot be computed")

    def _apply(
        self, node: ast.expr, name: str, operands: list[ast.expr], values: Mapping[str, Any]
    ) -> Any:
        computed = [self._evaluate(operand, values) for operand in operands]
        try:
            return functions()[name](*computed)
        except (TypeError, ValueError) as error:
            raise self._error(node, str(error)) from None

    def _number(self, node: ast.expr, number: float) -> float:
        try:
            value = float(number)
        except OverflowError:
            value = math.inf
        if math.isinf(value):
            raise self._error(node, "too large for a number: 1.8e308 is the largest")
        return value

    def _check(self, node: ast.expr, depth: int = 1) -> None:
        """Let through what `_evaluate` understands."""
        if depth > _DEEPEST and not isinstance(node, ast.Constant | ast.Name):
            raise self._error(node, f"more than {_DEEPEST} operations inside each other")
        match node:
            case ast.Constant(value=bool() | None as word):
                raise self._error(node, f"{word} is no number: write 1 or 0")
            case ast.Constant(value=int() | float() as number):
                self._number(node, number)
            case ast.Name(id=name):
                if name in functions() and name not in CONSTANTS:
                    raise self._error(node, f"{name} is a function: write {name}(...)")
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                self._check(operand, depth + 1)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                self._check(left, depth + 1)
                self._check(right, depth + 1)
            case ast.Call(func=ast.Name(id=name)):
                self._check_call(node, name)
                for argument in node.args:
                    self._check(argument, depth + 1)
            case _:
                raise self._error(node, _unsupported(node))

    def _check_call(self, node: ast.Call, name: str) -> None:
        known = functions()
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3)
            hint = (
                f"; did you mean {' or '.join(close)}?"
                if close
                else f"; to multiply, write {name}*(...)"
            )
            raise self._error(node.func, f"no function is called {name}{hint}")
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                raise self._error(argument, "write the operands out, one by one")
        if node.keywords:
            raise self._error(
                node.keywords[0].value, "operands have no names here: write the value"
            )
        primitive, given = known[name], len(node.args)
        most = primitive.arity if primitive.arity is not None else math.inf
        least = 1 if primitive.arity is None else primitive.arity - len(primitive.defaults)
        if not least <= given <= most:
            wanted = f"{least}" if least == most else f"{least} or more"
            if least < most < math.inf:
                wanted = f"{least} to {most}"
            plural = "" if wanted == "1" else "s"
            raise self._error(node, f"{name} takes {wanted} operand{plural}, and {given} are given")

    def _place(self, node: ast.AST) -> tuple[int, int]:
        """Where a node stands, in characters; the parser counts bytes."""
        encoded = self.source.encode()
        start: int = getattr(node, "col_offset", 0)
        end: int = getattr(node, "end_col_offset", None) or start + 1
        return len(encoded[:start].decode()), len(encoded[:end].decode())

    def _error(self, node: ast.AST, message: str) -> ExpressionError:
        return ExpressionError(message, self.source, *self._place(node))


def _walk(tree: ast.expr) -> list[ast.AST]:
    return sorted(ast.walk(tree), key=lambda node: getattr(node, "col_offset", 0))


def _unsupported(node: ast.expr) -> str:
    """What to write in place of something that Python knows and expressions do not."""
    match node:
        case ast.BinOp(op=ast.BitXor()):
            return "^ is no power here: write **"
        case ast.BinOp() | ast.UnaryOp():
            return "only + - * / ** are known"
        case ast.Call(func=ast.Attribute(attr=name)) if name in functions():
            return f"no dots here: write {name}(...)"
        case ast.Attribute() | ast.Call(func=ast.Attribute()):
            return "no dots here: only names, and functions by their names"
        case ast.Call():
            return "write * between factors, as in 2*(x + 1)"
        case ast.Constant(value=str() | bytes()):
            return "text has no value: only numbers and names"
        case ast.Constant(value=complex()):
            return "only real numbers"
        case ast.Compare() | ast.BoolOp() | ast.IfExp():
            return "a choice has no derivative here: use maximum, minimum, relu or step"
        case ast.Subscript() | ast.List() | ast.Tuple() | ast.Dict() | ast.Set():
            return "only single numbers: give each its own name, such as x1 and x2"
    return "only numbers, names, + - * / **, brackets and functions"


def parse(source: str) -> Expression:
    """Check an expression without computing anything.

    Raises
    ------
    ExpressionError
        for anything but arithmetic.
    """
    line = " ".join(source.encode(errors="replace").decode().split())
    if len(line) > _LONGEST:
        message = f"{len(line):,} characters are too many: {_LONGEST:,} at most"
        raise ExpressionError(message, line, _LONGEST, _LONGEST + 1)
    if not line:
        raise ExpressionError("an empty expression: write one, such as 'x*x'", line, 0, 1)
    try:
        with warnings.catch_warnings():  # of Python's own style
            warnings.simplefilter("ignore")
            tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        start = (error.offset or 1) - 1
        end = (error.end_offset or 0) - 1
        raise ExpressionError(_explained(error, line), line, start, end) from None
    except (RecursionError, MemoryError, ValueError) as error:
        message = f"this cannot be read: {error or 'too many brackets'}"
        raise ExpressionError(message, line, 0, len(line)) from None
    expression = Expression(line, tree)
    expression._check(tree)
    return expression


def _explained(error: SyntaxError, line: str) -> str:
    if "=" in line.replace("==", "") and "invalid syntax" in error.msg:
        return "no = in the expression: values follow it, as in  'w*x' w=2 x=3"
    return f"{error.msg}: this is not arithmetic as Python writes it"
