"""Theorems of calculus that relate derivatives to each other, over random programs.

No oracle is needed: both sides are the engine's. The tolerances are bounds of rounding, by a sweep
over the graphs. The list of all such properties is in test_metamorphic.py.
"""

import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd import Value, grad, gradients, graph, hessian, jvp, vjp
from autograd.primitive import table
from autograd.primitives import (
    cos,
    elu,
    erf,
    erfc,
    exp,
    expm1,
    gelu,
    leaky_relu,
    log,
    log1p,
    logsumexp,
    maximum,
    minimum,
    relu,
    sigmoid,
    sign,
    silu,
    sin,
    softplus,
    sqrt,
    tan,
    tanh,
)  # fmt: skip
from autograd.testing import Program
from autograd.testing.rounding import Bounds
from autograd.testing.strategies import numbers, programs

ULP = 2.0**-53
examples = settings.default.max_examples
half = settings(max_examples=max(1, examples // 2))
fewer = settings(max_examples=max(1, examples // 4))
few = settings(max_examples=max(1, examples // 12))  # there are a dozen cases of these

mixing = st.one_of(
    programs(max_steps=8),
    programs(max_steps=8, primitives=["add", "mul", "div", "pow", "logsumexp", "elu", "sin"]),
)
"""Programs of any kind, and such as have mixed second derivatives."""


def bound(output, leaf):
    return Bounds(output).gradient(leaf) if isinstance(output, Value) else 0.0


# -- linear maps --


@given(programs(), numbers(-3, 3), numbers(-3, 3))
def test_linearity(program, a, b):
    """The gradient of a*f + b*g is a times f's plus b times g's."""
    leaves = [Value(x) for x in program.leaves]
    f, g = program(*leaves), program(*leaves).tanh()
    total = a * f + b * g
    bounds = Bounds(total)
    parts = zip(
        gradients(f, leaves), gradients(g, leaves), gradients(total, leaves), leaves, strict=True
    )
    for df, dg, slope, leaf in parts:
        assume(math.isfinite(bounds.gradient(leaf)))
        assert abs(slope - (a * df + b * dg)) <= 2 * bounds.gradient(leaf)


@given(programs(), st.data())
def test_jvp_against_vjp(program, data):
    """<w, J v> is <J' w, v>, in both modes, for vectors of which each is free."""
    n = len(program.leaves)
    v = data.draw(st.tuples(*[numbers(-4, 4)] * n))
    w = data.draw(numbers(-4, 4))
    _, tangent = jvp(program, program.leaves, v)
    _, back = vjp(program, program.leaves)
    cotangents = back(w)
    output, leaves = program.build()
    allowed = sum(Bounds(output).gradient(leaf) * abs(x) for leaf, x in zip(leaves, v, strict=True))
    allowed = 4 * abs(w) * allowed + 1e-290
    assume(math.isfinite(allowed))
    assert abs(w * tangent - sum(c * x for c, x in zip(cotangents, v, strict=True))) <= allowed


@given(programs(max_steps=8), st.data())
def test_derivative_along_a_line(program, data):
    """The slope at 0 of t -> f(x + t*v) is the gradient times v."""
    v = data.draw(st.tuples(*[numbers(-4, 4).filter(bool)] * len(program.leaves)))
    t = Value(0.0)
    along = program(*[x + t * speed for x, speed in zip(program.leaves, v, strict=True)])
    output, leaves = program.build()
    allowed = bound(along, t) + sum(
        2 * bound(output, leaf) * abs(speed) for leaf, speed in zip(leaves, v, strict=True)
    )
    assume(math.isfinite(allowed))
    inner = sum(g * speed for g, speed in zip(gradients(output, leaves), v, strict=True))
    assert abs(gradients(along, [t])[0] - inner) <= allowed


# -- the chain rule --


@fewer
@given(programs(max_steps=8), st.data())
def test_chain_rule_at_any_cut(program, data):
    """d(out)/dx is the sum, over the nodes before the cut, of d(out)/d(node) * d(node)/dx."""
    assume(program.instructions)
    k = data.draw(st.integers(1, len(program.instructions)))
    leaves = [Value(x) for x in program.leaves]
    nodes = list(leaves)
    for name, operands in program.instructions[:k]:
        nodes.append(table[name](*[nodes[o] if isinstance(o, int) else o for o in operands]))
    assume(all(isinstance(node, Value) for node in nodes))
    cut = [node.detach() for node in nodes]
    after = list(cut)
    for name, operands in program.instructions[k:]:
        after.append(table[name](*[after[o] if isinstance(o, int) else o for o in operands]))
    outer = gradients(after[-1], cut)
    whole = program(*leaves)
    for leaf, slope in zip(leaves, gradients(whole, leaves), strict=True):
        allowed = 4 * bound(whole, leaf)
        assume(math.isfinite(allowed))
        inner = [gradients(node, [leaf])[0] for node in nodes]
        assert abs(sum(o * i for o, i in zip(outer, inner, strict=True)) - slope) <= allowed


@given(programs())
def test_adjoints_of_interior_nodes(program):
    """What backward leaves at a node is the derivative by that node, asked for alone."""
    assume(len(program.instructions) >= 2)
    output, _ = program.build()
    assert gradients(output, [output]) == (1.0,)
    output.backward()
    for interior in graph(output):
        if interior.op:
            assert gradients(output, [interior]) == (interior.grad,)


# -- symmetry --


@half
@given(mixing.filter(lambda program: len(program.leaves) > 1))
def test_hessian_is_symmetric(program):
    def f(x):
        return program(*x)

    matrix = hessian(f)(list(program.leaves))
    leaves = [Value(x) for x in program.leaves]
    first = gradients(f(leaves), leaves, create_graph=True)
    for i, row in enumerate(matrix):
        for j in range(i):
            allowed = Bounds(first[i]).gradient(leaves[j]) + Bounds(first[j]).gradient(leaves[i])
            assume(math.isfinite(allowed))
            assert abs(row[j] - matrix[j][i]) <= allowed


@fewer
@given(mixing, st.data())
def test_hessian_times_vector_in_three_ways(program, data):
    """Forward over reverse, reverse over reverse, and the rows of the Hessian times the vector."""
    v = data.draw(st.tuples(*[numbers(-4, 4)] * len(program.leaves)))
    every = range(len(v))
    _, forward = jvp(grad(program, argnums=every), program.leaves, v)
    leaves = [Value(x) for x in program.leaves]
    first = gradients(program(*leaves), leaves, create_graph=True)
    backward = gradients(sum(s * x for s, x in zip(first, v, strict=True)), leaves)
    for i in every:
        rows = sum(abs(v[j]) * Bounds(first[i]).gradient(leaves[j]) for j in every)
        columns = sum(abs(v[j]) * Bounds(first[j]).gradient(leaves[i]) for j in every)
        assume(math.isfinite(rows + columns))
        row = gradients(first[i], leaves)
        by_rows = sum(slope * x for slope, x in zip(row, v, strict=True))
        assert abs(forward[i] - by_rows) <= 4 * rows + 1e-290
        assert abs(backward[i] - by_rows) <= 4 * (rows + columns) + 1e-290


# -- homogeneous, translated, odd and even --


@given(st.lists(numbers(-4, 4), min_size=2, max_size=4), st.integers(1, 4), st.data())
def test_eulers_theorem(point, degree, data):
    """A form of degree k: sum of x_i * df/dx_i = k * f."""
    index = st.integers(0, len(point) - 1)
    monomial = st.lists(index, min_size=degree, max_size=degree)
    terms = data.draw(st.lists(monomial, min_size=1, max_size=4))
    xs = [Value(x) for x in point]
    form = sum(math.prod(xs[i] for i in term) for term in terms)
    gradient = gradients(form, xs)
    size = sum(math.prod(abs(point[i]) for i in term) for term in terms)
    # each term is a product of at most 5 factors and one of at most 16 that are added
    allowed = 64 * ULP * degree * size + 1e-290
    total = sum(g * x for g, x in zip(gradient, point, strict=True))
    assert abs(total - degree * form.data) <= allowed


LINEAR = ("add", "sub", "neg", "abs", "maximum", "minimum", "relu", "identity")


@given(
    st.lists(numbers(-9, 9), min_size=1, max_size=3).map(tuple),
    st.lists(
        st.sampled_from(LINEAR).flatmap(
            lambda name: st.tuples(st.just(name), *[st.integers(0, 7)] * table[name].arity)
        ),
        min_size=1,
        max_size=12,
    ).map(tuple),
    st.integers(-40, 40),
)
def test_piecewise_linear_programs_scale_exactly(leaves, steps, k):
    """Of degree 1: at 2**k times the point the value is 2**k times as large, the slopes equal."""
    program = Program(leaves, steps)
    assume(program.instructions)
    (output, at), far = program.build(), [Value(x * 2.0**k) for x in program.leaves]
    scaled = program(*far)
    assert scaled.data == output.data * 2.0**k
    assert gradients(scaled, far) == gradients(output, at)


@fewer
@given(programs(max_steps=8), st.data())
def test_translation_leaves_no_gradient(program, data):
    """A function of differences of its arguments alone: its derivatives add up to 0."""
    n = len(program.leaves) + 1
    xs = [Value(x) for x in data.draw(st.tuples(*[numbers(-10, 10)] * n))]
    output = program(*[a - b for a, b in itertools.pairwise(xs)])
    assume(isinstance(output, Value))
    allowed = sum(bound(output, x) for x in xs)
    assume(math.isfinite(allowed))
    assert abs(sum(gradients(output, xs))) <= allowed


@pytest.mark.parametrize("f", [sin, tan, tanh, erf, table["neg"], table["identity"]], ids=str)
@few
@given(x=numbers(-30, 30))
def test_odd_functions(f, x):
    """f(-x) = -f(x), f'(-x) = f'(x) and f''(-x) = -f''(x), to the bit."""
    assert f(-x) == -f(x)
    assert grad(f)(-x) == grad(f)(x)
    assert grad(grad(f))(-x) == -grad(grad(f))(x)


@pytest.mark.parametrize(
    "f", [cos, abs, lambda x: x * x, lambda x: x**2], ids=["cos", "abs", "x*x", "x**2"]
)
@few
@given(x=numbers(-30, 30))
def test_even_functions(f, x):
    assert f(-x) == f(x)
    assert grad(f)(-x) == -grad(f)(x)
    assert grad(grad(f))(-x) == grad(grad(f))(x)


# -- inverse functions and identities --


INVERSE = {
    "exp log": (log, exp),
    "log exp": (exp, log),
    "expm1 log1p": (log1p, expm1),
    "log1p expm1": (expm1, log1p),
    "square sqrt": (sqrt, lambda y: y**2),
    "sqrt square": (lambda x: x * x, sqrt),
    "cube root": (lambda x: x ** (1 / 3), lambda y: y**3),
    "reciprocal": (lambda x: 1 / x, lambda y: 1 / y),
    "negative": (lambda x: -x, lambda y: -y),
    "atanh tanh": (tanh, lambda y: 0.5 * (log1p(y) - log1p(-y))),
    "logit sigmoid": (sigmoid, lambda p: log(p) - log1p(-p)),
    "softplus": (softplus, lambda y: log(expm1(y))),
}


@pytest.mark.parametrize("name", INVERSE)
@few
@given(x=numbers(0.05, 5))
def test_inverse_functions(name, x):
    """g(f(x)) = x: the slope is 1, and the second derivative 0."""
    f, g = INVERSE[name]
    leaf = Value(x)
    there_and_back = g(f(leaf))
    assert abs(there_and_back.data - x) <= Bounds(there_and_back).value
    (slope,) = gradients(there_and_back, [leaf], create_graph=True)
    assert abs(slope.data - 1.0) <= Bounds(there_and_back).gradient(leaf)
    assert abs(gradients(slope, [leaf])[0]) <= bound(slope, leaf)


IDENTITIES = {
    "sin**2 + cos**2": (lambda a, b: sin(a) ** 2 + cos(a) ** 2, lambda a, b: a * 0.0 + 1.0),
    "sin(a + b)": (lambda a, b: sin(a + b), lambda a, b: sin(a) * cos(b) + cos(a) * sin(b)),
    "tan": (lambda a, b: tan(a), lambda a, b: sin(a) / cos(a)),
    "exp(a + b)": (lambda a, b: exp(a + b), lambda a, b: exp(a) * exp(b)),
    "log(a * b)": (lambda a, b: log(a * b), lambda a, b: log(a) + log(b)),
    "log1p": (lambda a, b: log1p(a), lambda a, b: log(1 + a)),
    "expm1": (lambda a, b: expm1(a), lambda a, b: exp(a) - 1),
    "a / b": (lambda a, b: a / b, lambda a, b: a * b**-1.0),
    "a ** b": (lambda a, b: a**b, lambda a, b: exp(b * log(a))),
    "sqrt": (lambda a, b: sqrt(a), lambda a, b: a**0.5),
    "squares": (lambda a, b: (a + b) * (a - b), lambda a, b: a**2 - b * b),
    "max + min": (lambda a, b: maximum(a, b) + minimum(a, b), lambda a, b: a + b),
    "abs": (lambda a, b: abs(a - b), lambda a, b: (a - b) * sign(a - b)),
    "relu": (lambda a, b: relu(a - b) - relu(b - a), lambda a, b: a - b),
    "leaky relu": (lambda a, b: leaky_relu(a - b, 0.1), lambda a, b: maximum(a - b, 0.1 * (a - b))),
    "elu": (
        lambda a, b: elu(a - b),
        lambda a, b: maximum(a - b, 0.0) + minimum(expm1(a - b), 0.0),
    ),
    "erf + erfc": (lambda a, b: erf(a) + erfc(a), lambda a, b: a * 0.0 + 1.0),
    "gelu": (lambda a, b: gelu(a), lambda a, b: a * (1 + erf(a * math.sqrt(0.5))) / 2),
    "sigmoid": (lambda a, b: sigmoid(a) + sigmoid(-a), lambda a, b: a * 0.0 + 1.0),
    "tanh": (lambda a, b: tanh(a), lambda a, b: 2 * sigmoid(2 * a) - 1),
    "softplus": (lambda a, b: softplus(a) - softplus(-a), lambda a, b: a + 0.0),
    "silu": (lambda a, b: silu(a) + silu(-a), lambda a, b: a * tanh(a / 2)),
    "logsumexp": (lambda a, b: logsumexp(a, b), lambda a, b: a + softplus(b - a)),
}


@pytest.mark.parametrize("name", IDENTITIES)
@few
@given(a=numbers(0.05, 5), b=numbers(0.05, 5))
def test_identities(name, a, b):
    """Two ways to write a function: equal in value, gradient and second derivatives."""
    assume(a != b)  # a kink of some
    leaves = [Value(a), Value(b)]
    left, right = (way(*leaves) for way in IDENTITIES[name])
    assert abs(left.data - right.data) <= Bounds(left).value + Bounds(right).value
    firsts = [gradients(way, leaves, create_graph=True) for way in (left, right)]
    for leaf, mine, its in zip(leaves, *firsts, strict=True):
        assert abs(mine.data - its.data) <= bound(left, leaf) + bound(right, leaf)
        for other, p, q in zip(
            leaves, gradients(mine, leaves), gradients(its, leaves), strict=True
        ):
            assert abs(p - q) <= bound(mine, other) + bound(its, other)
