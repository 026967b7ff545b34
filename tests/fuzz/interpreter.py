"""The arithmetic of the command line once more, for comparison: plain floats and ``math``.

It is written from the documentation (`python -m viz --help`), with a list of functions of its own,
so that anything else that the command line lets through is found. Its numbers are to equal the
command line's bit for bit.
"""

import ast
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

LONGEST, DEEPEST = 2000, 200
inf, nan = math.inf, math.nan


class NotArithmetic(Exception):
    """The expression is not one; ``limit`` where it only is too long or too deep."""

    def __init__(self, message: str, limit: bool = False) -> None:
        super().__init__(message)
        self.limit = limit


@dataclass(frozen=True)
class Number:
    """A number, and whether it is one of the variables or computed from one."""

    value: float
    varies: bool = False
    computed: bool = False


def quiet(function: Callable[..., float], overflow: float = inf) -> Callable[..., float]:
    """A function of ``math`` that gives inf and nan where that one raises."""

    def total(*arguments: float) -> float:
        try:
            return function(*arguments)
        except OverflowError:
            return overflow
        except ValueError:
            return nan

    return total


def divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return nan
    return math.copysign(inf, math.copysign(1, a) * math.copysign(1, b))


def power(a: float, b: float) -> float:
    if b == 2:
        return a * a
    odd = b % 2 == 1 if math.isfinite(b) else False
    if a == 0 and b < 0:
        return math.copysign(inf, a) if odd else inf
    return quiet(math.pow, -inf if a < 0 and odd else inf)(a, b)


def greater(a: float, b: float, tie: float = 0.5) -> float:
    if math.isnan(a) or math.isnan(b):
        return nan
    return tie if a == b else float(a > b)


def larger(a: float, b: float) -> float:
    return a if math.isnan(a) or a > b else b


def smaller(a: float, b: float) -> float:
    return a if math.isnan(a) or a < b else b


def sigmoid(a: float) -> float:
    small = math.exp(-abs(a))
    return nan if math.isnan(a) else (1.0 if a >= 0 else small) / (1 + small)


def logsumexp(*operands: float) -> float:
    top = operands[0]
    for operand in operands[1:]:
        top = larger(top, operand)
    if not abs(top) < inf and not math.isnan(top):
        top = 0.0
    total = quiet(math.exp)(operands[0] - top)
    for operand in operands[1:]:
        total = total + quiet(math.exp)(operand - top)
    return top + logarithm(total)


def logarithm(a: float) -> float:
    return -inf if a == 0 else quiet(math.log)(a)


def log1p(a: float) -> float:
    return -inf if a == -1 else quiet(math.log1p)(a)


def exponential_unit(a: float, alpha: float = 1.0) -> float:
    return a if a > 0 else nan if math.isnan(a) else alpha * quiet(math.expm1)(a)


def leaky(a: float, slope: float = 0.01) -> float:
    return a if a > 0 else nan if math.isnan(a) else slope * a


def sign(a: float) -> float:
    return 2 * greater(a, 0.0) - 1


Function = tuple[int, int | None, Callable[..., float]]
"""The least and the most operands (None: any number), and what is computed."""

FUNCTIONS: dict[str, Function] = {
    "add": (2, 2, lambda a, b: a + b),
    "sub": (2, 2, lambda a, b: a - b),
    "mul": (2, 2, lambda a, b: a * b),
    "div": (2, 2, divide),
    "neg": (1, 1, lambda a: -a),
    "pow": (2, 2, power),
    "pow_number": (2, 2, power),
    "identity": (1, 1, lambda a: a),
    "greater": (2, 3, greater),
    "where": (3, 3, lambda condition, a, b: b if condition == 0 else a),
    "step": (1, 1, lambda a: greater(a, 0.0, 1.0)),
    "sign": (1, 1, sign),
    "abs": (1, 1, abs),
    "maximum": (2, 2, larger),
    "max": (2, 2, larger),
    "minimum": (2, 2, smaller),
    "min": (2, 2, smaller),
    "exp": (1, 1, quiet(math.exp)),
    "expm1": (1, 1, quiet(math.expm1)),
    "log": (1, 1, logarithm),
    "log1p": (1, 1, log1p),
    "sqrt": (1, 1, quiet(math.sqrt)),
    "sin": (1, 1, quiet(math.sin)),
    "cos": (1, 1, quiet(math.cos)),
    "tan": (1, 1, quiet(math.tan)),
    "erf": (1, 1, math.erf),
    "erfc": (1, 1, math.erfc),
    "tanh": (1, 1, math.tanh),
    "sigmoid": (1, 1, sigmoid),
    "softplus": (1, 1, lambda a: larger(a, 0.0) + log1p(quiet(math.exp)(-abs(a)))),
    "relu": (1, 1, lambda a: larger(a, 0.0)),
    "leaky_relu": (1, 2, leaky),
    "elu": (1, 2, exponential_unit),
    "silu": (1, 1, lambda a: a * sigmoid(a)),
    "gelu": (1, 1, lambda a: 0.5 * a * math.erfc(-math.sqrt(0.5) * a)),
    "logsumexp": (1, None, logsumexp),
}
NUMBERS_ONLY = {"pow_number": 1, "greater": 2}
"""Which operand of a function must not vary."""

CONSTANTS = {"pi": Number(math.pi), "e": Number(math.e)}
BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
}


def read(source: str) -> ast.expr:
    """The tree of an expression.

    Raises
    ------
    NotArithmetic
        where it is none.
    """
    line = " ".join("".join("?" if "\ud800" <= c <= "\udfff" else c for c in source).split())
    if len(line) > LONGEST:
        raise NotArithmetic("long", limit=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        raise NotArithmetic(str(error)) from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise NotArithmetic(str(error), limit=True) from None
    _check(tree, 0)
    return tree


def _check(node: ast.expr, above: int) -> None:
    """Refuse what is no arithmetic; ``above`` is how many operations stand around it."""
    match node:
        case ast.Constant(value=number):
            if type(number) not in (int, float) or not _fits(number):
                raise NotArithmetic("no number")
            return
        case ast.Name(id=name):
            if name in FUNCTIONS:
                raise NotArithmetic("a function")
            return
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            inner = [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            inner = [left, right]
        case ast.Call(func=ast.Name(id=name), args=inner, keywords=[]) if name in FUNCTIONS:
            least, most, _ = FUNCTIONS[name]
            if not least <= len(inner) <= (most or len(inner)):
                raise NotArithmetic("operands")
        case _:
            raise NotArithmetic(type(node).__name__)
    if above >= DEEPEST:
        raise NotArithmetic("deep", limit=True)
    for operand in inner:
        _check(operand, above + 1)


def _fits(number: float) -> bool:
    try:
        return float(number) < inf
    except OverflowError:
        return False


def names(tree: ast.expr) -> set[str]:
    """The variables, without the functions that are called."""
    found: set[str] = set()
    left: list[ast.expr] = [tree]
    while left:
        match left.pop():
            case ast.Name(id=name):
                found.add(name)
            case ast.UnaryOp(operand=operand):
                left.append(operand)
            case ast.BinOp(left=a, right=b):
                left += [a, b]
            case ast.Call(args=arguments):
                left += arguments
    return found


def evaluate(tree: ast.expr, values: Mapping[str, Number]) -> Number:
    """The number that it stands for.

    Raises
    ------
    NotArithmetic
        for a variable without a value, and one where a number is wanted.
    """
    match tree:
        case ast.Constant(value=int() | float() as number):
            return Number(float(number))
        case ast.Name(id=name):
            known = {**CONSTANTS, **values}
            if name not in known:
                raise NotArithmetic(f"no value for {name}")
            return known[name]
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return evaluate(operand, values)
        case ast.UnaryOp(operand=operand):
            return _applied("neg", [operand], values)
        case ast.BinOp(left=left, op=op, right=right):
            return _applied(BINARY[type(op)], [left, right], values)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _applied(name, arguments, values)
    raise AssertionError(ast.dump(tree))


def _applied(name: str, operands: list[Any], values: Mapping[str, Number]) -> Number:
    numbers = [evaluate(operand, values) for operand in operands]
    place = NUMBERS_ONLY.get(name)
    if place is not None and len(numbers) > place and numbers[place].varies:
        raise NotArithmetic(f"{name} wants a number")
    varies = any(number.varies for number in numbers)
    if name == "where" and not numbers[0].varies:  # chosen once and for all
        chosen = numbers[2] if numbers[0].value == 0 else numbers[1]
        return Number(chosen.value, varies, chosen.computed)
    value = FUNCTIONS[name][2](*(number.value for number in numbers))
    return Number(float(value), varies, varies)
