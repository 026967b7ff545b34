"""Formulas: what is written is what is computed, with the brackets that takes and no more."""

import ast
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import exp, log, tanh
from autograd.formula import latex, text
from autograd.trace import Trace

OPERATORS = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult, "/": ast.Div, "**": ast.Pow}
# trees: (operator, left, right), ("neg", operand), a name, a number
TREES = st.recursive(
    st.sampled_from(["a", "b", "c"]) | st.sampled_from([2.0, 0.5, 3.0]),
    lambda part: st.one_of(
        st.tuples(st.sampled_from(sorted(OPERATORS)), part, part), st.tuples(st.just("neg"), part)
    ),
    max_leaves=6,
)


def built(tree, names):
    """The Term that ``tree`` stands for."""
    match tree:
        case str():
            return names[tree]
        case float():
            return tree
        case ("neg", operand):
            return -built(operand, names)
        case (sign, left, right):
            left, right = built(left, names), built(right, names)
            return eval(f"left {sign} right")


def read(written):
    """The tree of what was written, by Python's own rules of precedence."""

    def tree(node):
        match node:
            case ast.Name(id=name):
                return name
            case ast.Constant(value=number):
                return float(number)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=number)):
                return -float(number)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return "neg", tree(operand)
            case ast.BinOp(op=op, left=left, right=right):
                sign = next(sign for sign, kind in OPERATORS.items() if isinstance(op, kind))
                return sign, tree(left), tree(right)

    return tree(ast.parse(written, mode="eval").body)


def computed(tree):
    """The tree with what is plain arithmetic on numbers done, as Python does it before any Term."""
    match tree:
        case ("neg", operand):
            operand = computed(operand)
            return -operand if isinstance(operand, float) else ("neg", operand)
        case (sign, left, right):
            left, right = computed(left), computed(right)
            if isinstance(left, float) and isinstance(right, float):
                return eval(f"left {sign} right")
            return sign, left, right
    return tree


@given(TREES)
def test_brackets_where_they_are_needed_and_nowhere_else(tree):
    brackets_are_as_they_should_be(tree)


PAIRS = [("neg", "a"), *[(sign, "a", "b") for sign in OPERATORS]]


@pytest.mark.parametrize("inner", PAIRS, ids=str)
def test_brackets_around_each_operation_in_each_other(inner):
    brackets_are_as_they_should_be(("neg", inner))
    for sign in OPERATORS:
        brackets_are_as_they_should_be((sign, inner, "c"))
        brackets_are_as_they_should_be((sign, "c", inner))


def brackets_are_as_they_should_be(tree):
    trace = Trace(expand=False)
    names = {name: trace.input(name) for name in "abc"}
    try:
        expected = computed(tree)
    except (ZeroDivisionError, OverflowError):
        return
    if isinstance(expected, float | complex) or any(
        # four digits are shown
        isinstance(x, complex) or (isinstance(x, float) and float(f"{x:.4g}") != x)
        for x in numbers(expected)
    ):
        return
    written = text(built(tree, names))
    assert read(written) == expected, written
    pairs = [m.start() for m in re.finditer(r"\(", written)]
    for start in pairs:
        end = closing(written, start)
        without = written[:start] + written[start + 1 : end] + written[end + 1 :]
        if written[:start].endswith("**"):
            continue  # a**(-b) keeps its brackets for the eye
        assert read(without) != expected, f"{written}: {without} says the same"


def test_an_exponent_with_a_sign_has_brackets():
    trace = Trace(expand=False)
    a, b = trace.input("a"), trace.input("b")
    assert text(a**-b) == "a**(-b)"
    assert text(-(a**b)) == "-a**b"


def numbers(tree):
    if isinstance(tree, tuple):
        for part in tree[1:]:
            yield from numbers(part)
    else:
        yield tree


def closing(written, start):
    depth = 0
    for i in range(start, len(written)):
        depth += {"(": 1, ")": -1}.get(written[i], 0)
        if depth == 0:
            return i
    raise AssertionError(written)


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (lambda a, b, c: a / b, r"\frac{a}{b}"),
        (lambda a, b, c: (a + b) / (b - c), r"\frac{a + b}{b - c}"),
        (lambda a, b, c: (a / b) ** c, r"{(\frac{a}{b})}^{c}"),
        (lambda a, b, c: (a / b) * c, r"\frac{a}{b} \cdot c"),
        (lambda a, b, c: -(a / b), r"-\frac{a}{b}"),
        (lambda a, b, c: -(a + b), "-(a + b)"),
        (lambda a, b, c: -(a * b), r"-a \cdot b"),
        (lambda a, b, c: (a + b) ** 2, "{(a + b)}^{2}"),
        (lambda a, b, c: a ** (b + c), "{a}^{b + c}"),
        (lambda a, b, c: (a**b) ** c, "{({a}^{b})}^{c}"),
        (lambda a, b, c: exp(a) ** 2, "{(e^{a})}^{2}"),
        (lambda a, b, c: exp(a) * b, r"e^{a} \cdot b"),
        (lambda a, b, c: a - (b - c), "a - (b - c)"),
        (lambda a, b, c: a - b - c, "a - b - c"),
        (lambda a, b, c: a * -b, r"a \cdot (-b)"),
        (lambda a, b, c: a + -b, "a + (-b)"),
        (lambda a, b, c: a * -0.5, r"a \cdot (-0.5)"),
        (lambda a, b, c: -0.5 * a, r"-0.5 \cdot a"),
        (lambda a, b, c: (a - 1) * (b + c), r"(a - 1) \cdot (b + c)"),
        (lambda a, b, c: tanh(a + b), r"\tanh(a + b)"),
        (lambda a, b, c: log(a) / 12345.678, r"\frac{\ln(a)}{1.235 \cdot 10^{4}}"),
        (lambda a, b, c: 1e-12 * a**-5e-9, r"1 \cdot 10^{-12} \cdot {a}^{-5 \cdot 10^{-9}}"),
        (lambda a, b, c: 1e12**a, r"{(1 \cdot 10^{12})}^{a}"),
        (lambda a, b, c: math.inf * a, r"\infty \cdot a"),
        (lambda a, b, c: a + -math.inf, r"a + (-\infty)"),
    ],
)
def test_latex(build, wanted):
    trace = Trace(expand=False)
    assert latex(build(*map(trace.input, "abc"))) == wanted
