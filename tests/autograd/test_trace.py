"""Traces: what they simplify, and that it changes no number."""

import itertools
import math

import pytest

from autograd import Value, compile
from autograd.formula import text
from autograd.primitive import table
from autograd.trace import Term, Trace

# what both signs of zero, infinities and nan make of a simplification is part of it
NUMBERS = [2.5, -1.5, 1.0, -1.0, 0.0, -0.0, math.inf, -math.inf, math.nan, 1e200, -1e-200]
FIXED = [-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        (lambda a: a * 1.0, "a"),
        (lambda a: 1.0 * a, "a"),
        (lambda a: a * -1.0, "-a"),
        (lambda a: -1.0 * a, "-a"),
        (lambda a: a * 2.0, "a * 2"),
        (lambda a: a * -2.0, "a * -2"),
        (lambda a: a**1.0, "a"),
        (lambda a: a**2.0, "a * a"),
        (lambda a: a**0.0, "1"),
        (lambda a: a**-1.0, "a**(-1)"),
        (lambda a: a**3.0, "a**3"),
        (lambda a: a.neg().neg(), "a"),
        (lambda a: a.neg().neg().neg(), "-a"),
        (lambda a: abs(-a), "|a|"),
        (lambda a: abs(a), "|a|"),
    ],
)
def test_what_is_simplified(build, wanted):
    trace = Trace()
    assert text(build(trace.input("a"))) == wanted


@pytest.mark.parametrize("name", [name for name, entry in table.items() if entry.fold])
def test_what_is_simplified_computes_the_same(name):
    """A primitive on an input and fixed numbers: the trace's instructions against its own value."""
    primitive = table[name]
    for place in range(primitive.arity):
        for fixed in itertools.product(FIXED, repeat=primitive.arity - 1):
            trace = Trace()
            operands = [*fixed[:place], trace.input("x"), *fixed[place:]]
            result = primitive(*operands)
            for number in NUMBERS:
                given = [number if isinstance(o, Term) else o for o in operands]
                got = run(trace, result, [number])
                wanted = primitive.value(*given)
                assert repr(got) == repr(wanted), (name, given)


def run(trace, result, inputs):
    """The number that the trace's instructions give, one by one."""
    known = {}
    given = iter(inputs)
    for i, (primitive, operands) in enumerate(trace.instructions):
        numbers = [known[o.index] if isinstance(o, Term) else o for o in operands]
        known[i] = next(given) if primitive is None else primitive.value(*numbers)
    return known[result.index] if isinstance(result, Term) else result


def test_a_power_by_a_number_and_by_an_operand():
    trace = Trace()
    a, b = trace.input("a"), trace.input("b")
    made = [
        trace.instructions[power.index][0].name for power in (a**3.0, a**b, 3.0**b, a ** (b * 1.0))
    ]
    assert made == ["pow_number", "pow", "pow", "pow"]


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, 0.5])
def test_powers_compiled(exponent):
    x = Value(1.5, name="x")
    program = compile(x**exponent + x, inputs=[x])
    for number in (0.0, -0.0, 2.0, -3.0, math.inf):
        expected = Value(number) ** exponent + number
        assert repr(program([[number]])) == repr([expected.data])
