"""Kinks and edges: the table of what happens at them, at every order that has an answer."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, first_nonfinite, grad, gradients, hessian, ieee, steps
from autograd.testing.strategies import numbers

inf, nan = math.inf, math.nan


def same(a, b):
    return (a != a and b != b) or struct.pack("<d", a) == struct.pack("<d", b)


def value_and_gradient(function, *point):
    leaves = [Value(x) for x in point]
    output = function(*leaves)
    output.backward()
    return [output.data, *[leaf.grad for leaf in leaves]]


TABLE = [
    # function, point, value, gradients
    ("abs", (0.0,), 0.0, (0.0,)),
    ("abs", (-0.0,), 0.0, (0.0,)),
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("relu", (nan,), nan, (nan,)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum", (1.0, nan), nan, (nan, nan)),
    ("maximum", (nan, 1.0), nan, (nan, nan)),
    ("minimum", (1.0, nan), nan, (nan, nan)),
    ("leaky_relu", (0.0, 0.1), 0.0, (0.1, 0.0)),
    ("elu", (0.0, 0.7), 0.0, (0.7, 0.0)),
    ("step", (0.0,), 1.0, (0.0,)),
    ("step", (-5e-324,), 0.0, (0.0,)),
    ("sign", (0.0,), 0.0, (0.0,)),
    ("sqrt", (0.0,), 0.0, (inf,)),
    ("sqrt", (-1.0,), nan, (nan,)),
    ("log", (0.0,), -inf, (inf,)),
    ("log", (-1.0,), nan, (nan,)),
    ("log1p", (-1.0,), -inf, (inf,)),
    ("log1p", (-2.0,), nan, (nan,)),
    ("div", (1.0, 0.0), inf, (inf, -inf)),
    ("div", (-1.0, 0.0), -inf, (inf, inf)),
    ("div", (0.0, 0.0), nan, (inf, nan)),
    ("pow", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("pow", (0.0, -1.0), inf, (-inf, -inf)),
    ("pow", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("pow", (-2.0, 3.0), -8.0, (12.0, nan)),
    ("pow", (-2.0, 0.5), nan, (nan, nan)),
    ("exp", (710.0,), inf, (inf,)),
    ("exp", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid", (-1000.0,), 0.0, (0.0,)),
    ("sigmoid", (1000.0,), 1.0, (0.0,)),
    ("sigmoid", (-inf,), 0.0, (0.0,)),
    ("tanh", (1000.0,), 1.0, (0.0,)),
    ("softplus", (21.0,), 21.000000000758256, (0.9999999992417440,)),
    ("softplus", (1000.0,), 1000.0, (1.0,)),
    ("softplus", (-1000.0,), 0.0, (0.0,)),
    ("logsumexp", (1000.0, 1000.0), 1000.6931471805599, (0.5, 0.5)),
    ("logsumexp", (-inf, 1.0), 1.0, (0.0, 1.0)),
    ("logsumexp", (-1000.0, -1000.0), -999.3068528194401, (0.5, 0.5)),
    ("sin", (inf,), nan, (nan,)),
    ("where", (nan, 2.0, 3.0), 2.0, (0.0, 1.0, 0.0)),
    ("where", (0.0, 2.0, 3.0), 3.0, (0.0, 0.0, 1.0)),
]


@pytest.mark.parametrize(("name", "point", "value", "slopes"), TABLE)
def test_table_of_edges(name, point, value, slopes):
    found = value_and_gradient(getattr(autograd, name), *point)
    for got, wanted in zip(found, [value, *slopes], strict=True):
        # the few entries that are not exact are within a rounding
        assert same(got, wanted) or got == pytest.approx(wanted, rel=3e-16), found


def test_number_exponents():
    """A plain number as exponent has no derivative, so a negative base is fine."""
    for exponent, wanted in (
        (3, (-8.0, 12.0)),
        (2, (4.0, -4.0)),
        (0, (1.0, 0.0)),
        (1, (-2.0, 1.0)),
    ):
        assert tuple(value_and_gradient(lambda x, n=exponent: x**n, -2.0)) == wanted
    assert value_and_gradient(lambda x: x**0, 0.0) == [1.0, 0.0]
    assert value_and_gradient(lambda x: x**1, 0.0) == [0.0, 1.0]
    assert value_and_gradient(lambda x: x**-1, 0.0) == [inf, -inf]
    assert value_and_gradient(lambda x: x**2, 1e200) == [inf, 2e200]
    value, slope = value_and_gradient(lambda x: x**0.5, -1.0)
    assert math.isnan(value)
    assert math.isnan(slope)


@pytest.mark.parametrize("n", [-4, -3.5, -2, -1, -0.5, 0, 0.5, 1, 2, 2.5, 3, 4, 10])
def test_number_exponents_beyond_the_domain_that_programs_use(n):
    x = Value(1.7, name="x")
    y = x**n
    # b * a**(b - 1) by C's pow, which is right to an ulp; the product adds half of one
    assert y.data == pytest.approx(1.7**n, rel=3e-16)
    assert gradients(y, [x])[0] == pytest.approx(n * 1.7 ** (n - 1), rel=3e-16)
    (rule,) = [c.rule for c in steps(y)[0].contributions]
    wanted = {0: "0", 1: "1", 2: "2 * x", 3: "3 * x**2", -2: "-2 * x**(-3)", 2.5: "2.5 * x**1.5"}
    assert rule == wanted.get(n, rule)
    # the text is rounded to four digits, which these exponents need not be
    assert eval(rule, {"x": 1.7}) == pytest.approx(n * 1.7 ** (n - 1), rel=1e-15)


@pytest.mark.parametrize("n", range(6))
def test_powers_at_zero_at_every_order(n):
    """x**n at 0: the k-th derivative is n! for k = n, else 0."""
    f = lambda x: x**n  # noqa: E731
    for k in range(1, 6):
        f = grad(f)
        assert f(0.0) == (math.factorial(n) if k == n else 0.0)


@pytest.mark.parametrize("name", ["relu", "abs", "sign", "step", "leaky_relu", "maximum"])
def test_flat_beyond_the_first_order(name):
    function = getattr(autograd, name)
    if name == "maximum":
        function = lambda x: autograd.maximum(x, 0.0)  # noqa: E731
    for x in (-1.5, 0.0, 2.0):
        assert grad(grad(function))(x) == 0.0


@pytest.mark.parametrize("name", ["leaky_relu", "elu"])
def test_hessian_is_symmetric_at_the_kink(name):
    function = getattr(autograd, name)
    matrix = hessian(lambda v: function(v[0], v[1]))([0.0, 0.3])
    assert matrix[0][1] == matrix[1][0] == 1.0
    assert grad(grad(lambda x: autograd.elu(x, 0.3)))(0.0) == 0.3


def test_tails_keep_their_digits():
    """1 - tanh**2 is 0 from 20 on and s*(1 - s) from 37 on; the rules are right to the end."""
    for x in (20.0, 40.0, 300.0, 370.0):
        # 4 * exp(-2x) up to 1 part in exp(2x)
        assert grad(autograd.tanh)(x) == pytest.approx(4 * math.exp(-2 * x), rel=1e-13)
    for x in (40.0, 300.0, 700.0):
        assert grad(autograd.sigmoid)(x) == pytest.approx(math.exp(-x), rel=1e-13)
        assert autograd.softplus(-x) == pytest.approx(math.exp(-x), rel=1e-13)
        assert grad(grad(autograd.sigmoid))(x) == pytest.approx(-math.exp(-x), rel=1e-13)


def test_cross_entropy_of_huge_logits():
    a, b = Value(1000.0), Value(0.0)
    loss = autograd.logsumexp(a, b) - b
    loss.backward()
    assert (loss.data, a.grad, b.grad) == (1000.0, 1.0, -1.0)


@given(st.lists(numbers(-700, 700), min_size=1, max_size=6), numbers(-1e6, 1e6), st.randoms())
def test_logsumexp_is_shifted_and_permuted_with_its_operands(xs, shift, rng):
    """Its gradient is the softmax: it sums to 1, and a shift of all operands leaves it."""
    total, *slopes = value_and_gradient(autograd.logsumexp, *xs)
    assert total >= max(xs)
    # each is an exponential of a difference that is off by an ulp of its larger end: 1.2e-13 of 700
    assert sum(slopes) == pytest.approx(1.0, abs=2e-12)
    moved = [x + shift for x in xs]
    shifted, *same_slopes = value_and_gradient(autograd.logsumexp, *moved)
    assert shifted == pytest.approx(total + shift, rel=1e-15, abs=1e-12)
    # x + shift is rounded: off by up to 6e-11 at 1e6, and so is its exponential, relatively
    assert same_slopes == pytest.approx(slopes, rel=5e-10, abs=5e-10)
    order = list(range(len(xs)))
    rng.shuffle(order)
    again, *permuted = value_and_gradient(autograd.logsumexp, *[xs[i] for i in order])
    assert again == pytest.approx(total, rel=1e-14, abs=1e-14)
    assert permuted == pytest.approx([slopes[i] for i in order], rel=1e-11, abs=1e-14)


def test_ieee_is_total():
    """Each raises somewhere, or turns complex, in Python's own arithmetic."""
    assert ieee.exp(1e5) == ieee.expm1(1e5) == inf
    assert ieee.power(10.0, 400.0) == inf
    assert ieee.power(-10.0, 401.0) == -inf
    assert ieee.power(0.0, -1.0) == inf
    assert ieee.power(-0.0, -1.0) == -inf
    assert ieee.power(-0.0, -2.0) == inf
    assert math.isnan(ieee.power(-1.0, 0.5))
    assert ieee.div(1.0, -0.0) == -inf
    assert ieee.div(nan, 0.0) != ieee.div(nan, 0.0)
    assert ieee.log(-0.0) == -inf
    assert [ieee.greater(a, b, 0.25) for a, b in ((1, 0), (0, 1), (1, 1))] == [1.0, 0.0, 0.25]
    assert math.isnan(ieee.greater(nan, 0.0, 0.25))
    for function in (ieee.sin, ieee.cos, ieee.tan):
        assert math.isnan(function(inf))


def test_square_is_exact():
    for x in (1.1, -3.7, 1e-170, 1e170):
        assert (Value(x) ** 2).data == x * x
        assert ieee.power(x, 2.0) == x * x


def test_first_nonfinite_is_the_first():
    x = Value(0.0, name="x")
    bad = 1 / x
    output = (bad - bad) * 0 + x
    assert first_nonfinite(output) is bad
    assert first_nonfinite(x + 1) is None
    assert first_nonfinite(Value(nan)) is not None
    assert first_nonfinite(x + 1, output) is bad


def test_branch_not_taken_does_not_poison():
    """Two `where`s keep the operand of the other branch inside its domain."""

    def safe_log(x):
        positive = autograd.greater(x, 0.0, 0.0)
        return autograd.where(positive, autograd.log(autograd.where(positive, x, 1.0)), 0.0)

    assert value_and_gradient(safe_log, -1.0) == [0.0, 0.0]
    assert value_and_gradient(safe_log, 2.0) == [math.log(2.0), 0.5]
    assert grad(grad(safe_log))(2.0) == -0.25


def test_where_gives_a_value_where_an_operand_is_one():
    x = Value(2.0)
    assert isinstance(autograd.where(0.0, x, 3.0), Value)
    assert autograd.where(1.0, x, 3.0) is x
    assert autograd.where(1.0, 2.0, 3.0) == 2.0
    (slope,) = gradients(autograd.where(0.0, x, 3.0), [x])
    assert slope == 0.0


SMOOTH = ("elu", "silu", "gelu", "softplus", "sigmoid", "relu", "abs", "sqrt", "log", "log1p")
SMOOTH += ("tan", "tanh", "erf", "exp", "expm1", "sin", "cos")
DIFFERENT = {
    ("relu", "nan"): "torch hands the gradient on at nan",
    ("abs", "nan"): "torch gives 0",
    ("log", "below 0"): "the value is nan, and torch's gradient a number",
    ("log1p", "below -1"): "the same",
}


@pytest.mark.parametrize("name", SMOOTH)
def test_edges_are_those_of_torch(name):
    torch = pytest.importorskip("torch", reason="compares with torch where it is installed")
    function = getattr(torch, name, None) or getattr(torch.nn.functional, name)
    for x in (0.0, -0.0, inf, -inf, nan, -1.0, -2.0, 0.5, 3.0, -30.0, 15.0):
        below = {"log": x < 0, "log1p": x < -1}.get(name, False)
        if (name, f"below {-(name == 'log1p'):d}" if below else str(x)) in DIFFERENT:
            continue
        theirs = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        output = function(theirs)
        output.backward()
        got = value_and_gradient(getattr(autograd, name), x)
        for mine, its in zip(got, (output.item(), theirs.grad.item()), strict=True):
            # both are within a few roundings of the truth, of which torch's gelu(-30) lost some
            assert same(mine, its) or mine == pytest.approx(its, rel=1e-12, abs=1e-15), x


@pytest.mark.parametrize(
    ("thing", "wanted"),
    [
        ([1.0], "the list [1.0]: go over its elements"),
        (iter(()), "the tuple_iterator <tuple_iterator object at 0x"),
        (type("Sized", (), {"__len__": lambda self: 1, "__repr__": lambda s: "s"})(), "go over"),
        (type("Shaped", (), {"shape": (2,), "__repr__": lambda self: "s"})(), "go over"),
        (type("Other", (), {"__repr__": lambda self: "o"})(), "the Other o: write it as a float"),
        ("1" * 38, "the str '" + "1" * 38 + "': write float('" + "1" * 38 + "')"),
        ("1" * 39, "the str '" + "1" * 36 + "...: write float"),
    ],
)
def test_what_is_no_number_is_named_and_answered(thing, wanted):
    with pytest.raises(TypeError, match="a number is wanted") as caught:
        Value(thing)
    assert wanted in str(caught.value)
    if hasattr(thing, "__next__"):
        assert "go over its elements" in str(caught.value)


def test_powers_that_overflow_keep_the_sign_of_an_odd_exponent():
    for exponent in range(2, 9):
        assert ieee.power(-1e200, float(exponent)) == (-1) ** exponent * math.inf
        assert ieee.power(-0.0, -float(exponent)) == (-1) ** exponent * math.inf
    assert ieee.power(-1e200, 1e17) == math.inf  # every number as large as that is even
