"""Every primitive of the table, over its whole domain, at every order, against 50 digits."""

import itertools
import math
import struct

import oracles
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

import autograd
from autograd import Value, gradients, jvp
from autograd.formula import derivative_formula, latex, text
from autograd.primitive import OPERATORS, table
from autograd.testing import Program, registered, slopes
from autograd.testing.program import inside
from autograd.testing.rounding import Bounds, local_errors, value_noise
from autograd.testing.strategies import numbers, points_in

inf, nan = math.inf, math.nan
ULP = 2.0**-53

ALL = list(table.values())
names = [primitive.name for primitive in ALL]
every_primitive = pytest.mark.parametrize("primitive", ALL, ids=names)

fewer = settings(max_examples=max(1, settings.default.max_examples // 4))  # of each primitive

MAGNITUDES = (
    5e-324, 2.3e-308, 1e-300, 1e-160, 1e-20, 1e-8, 1e-3, 0.1, 0.5, 1.0, 1.2784645427610738, 2.0,
    3.3, 6.0, 10.0, 19.0, 26.0, 40.0, 100.0, 700.0, 745.0, 1e3, 1e8, 1e16, 1e154, 1e200, 1.7e308,
)  # fmt: skip
LINE = sorted({0.0, *MAGNITUDES, *[-x for x in MAGNITUDES]})
SOME = [x for x in LINE if abs(x) in (0.0, 5e-324, 1e-160, 1e-8, 0.5, 1.0, 3.3, 40.0, 745.0, 1e154)]
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 3.0, 5e-324, 1e308, -1e308, inf, -inf, nan)


def bits(x):
    """A float to the bit; every nan is one."""
    return "nan" if x != x else struct.pack("<d", x)


def grid(primitive):
    """Operands over the whole domain: in the tails, near its edges and near 0."""
    count = primitive.arity or 2
    domain = primitive.domain if primitive.arity else primitive.domain * count
    line = LINE if count == 1 else SOME if count == 2 else SOME[::2]
    edges = [(1e-300, 1e-8, 0.5) if math.isfinite(low) else () for low, _ in domain]
    lines = [
        line + [low + e for e in near] + [high - e for e in near if math.isfinite(high)]
        for (low, high), near in zip(domain, edges, strict=True)
    ]
    points = itertools.product(*lines)
    # n * a**(n - 1) with a subnormal base and a tiny n: the power overflows, the product would not
    least = 2.0**-1022 if primitive.name in ("pow", "pow_number") else 0.0
    return [point for point in points if inside(primitive, point) and abs(point[0]) >= least]


def within_rounding(got, function, operands, extra=0.0):
    """Whether ``got`` is ``function`` of operands that are at most 16 ulp away.

    The widest honest claim for a function in floats: its operands may be off by a few roundings
    (and its result by a few more), whatever that does to it. Among subnormal numbers a
    rounding is 5e-324, which one further multiplication may scale by an operand.
    """
    exact = function(*operands)
    if math.isnan(got):
        return False
    allowed = 16 * ULP * abs(exact) + 4 * mp.mpf(5e-324) * (1 + max(map(abs, operands))) + extra
    for i, x in enumerate(operands):
        for factor in (1 - 16 * ULP, 1 + 16 * ULP):
            moved = [*operands[:i], x * factor, *operands[i + 1 :]]
            if all(map(math.isfinite, moved)):
                allowed += abs(function(*moved) - exact)
    if math.isinf(got):
        return abs(exact) + allowed >= mp.mpf("1.7976931348623157e308") and (got > 0) == (exact > 0)
    return abs(mp.mpf(got) - exact) <= allowed


def known_losses(primitive, point, exact):
    """What two formulas lose beyond that, and keep for being simple."""
    if primitive.name in ("pow", "pow_number"):  # a**(b - 1): b - 1 is rounded, log(a) scales it
        return 2 * ULP * abs(math.log(point[0])) * abs(exact)
    if primitive.name == "logsumexp":  # log(sum) + shift: an absolute error where they cancel
        return 4 * ULP
    return 0.0


@every_primitive
def test_value_and_rules_over_the_whole_domain(primitive):
    points = grid(primitive)
    assert len(points) >= 20, "a domain is covered"
    active = tuple(not primitive.needs_number(i) for i in range(primitive.arity or 2))
    for point in points:
        value, *partials = primitive.forward(active)(*point)
        assert bits(value) == bits(primitive.value(*point)), point
        extra = known_losses(primitive, point, 0.0)
        assert within_rounding(
            value, lambda *at: oracles.value(primitive.name, at), point, extra
        ), point
        partials = [p for p in partials if p is not None]
        for k, partial in enumerate(partials):

            def exact(*at, k=k):
                return oracles.partials(primitive.name, at)[k]

            extra = known_losses(primitive, point, exact(*point))
            assert within_rounding(partial, exact, point, extra), (point, k, partial, exact(*point))


@every_primitive
@fewer
@given(data=st.data())
def test_rules_at_drawn_points(primitive, data):
    point = data.draw(points_in(primitive))
    active = tuple(not primitive.needs_number(i) for i in range(len(point)))
    _, *partials = primitive.forward(active)(*point)
    for k, partial in enumerate([p for p in partials if p is not None]):

        def exact(*at):
            return oracles.partials(primitive.name, at)[k]  # noqa: B023 (used at once)

        extra = known_losses(primitive, point, exact(*point))
        assert within_rounding(partial, exact, point, extra), (k, partial, exact(*point))


@every_primitive
@fewer
@given(data=st.data())
def test_rules_against_differences(primitive, data):
    point = data.draw(points_in(primitive))
    node = primitive(*[x if primitive.needs_number(i) else Value(x) for i, x in enumerate(point)])
    off = local_errors(node, {})
    for i, partial in enumerate(node.local_derivatives):
        if partial is not None and math.isfinite(partial):

            def section(x, i=i):
                return primitive.value(*point[:i], x, *point[i + 1 :])

            found = slopes(section, point[i], value_noise(primitive, list(point)))
            assert found.excess(partial, 4 * ULP * abs(partial) + off[i]) == 0, (i, partial, found)


def derivatives(primitive, point, i, order):
    """The derivatives by operand ``i`` of orders 1 to ``order``, each with a bound for rounding."""
    operands = [Value(x) if not primitive.needs_number(k) else x for k, x in enumerate(point)]
    found = primitive(*operands)
    for n in range(order):
        bound = Bounds(found).gradient(operands[i])
        (found,) = gradients(found, [operands[i]], create_graph=n < order - 1)
        yield (found.data if isinstance(found, Value) else found), bound


MODERATE = (-40.0, -6.0, -2.5, -1.0, -0.3, -1e-3, -1e-8, 1e-8, 1e-3, 0.4, 1.0, 1.3, 2.5, 6.0, 40.0)


@pytest.mark.parametrize("name", [n for n in names if n in oracles.DERIVATIVES])
def test_second_and_third_derivatives(name):
    primitive = table[name]
    count = primitive.arity or 2
    lines = [MODERATE] + [(-2.5, -0.3, 0.4, 1.3, 2.0, 3.0)] * (count - 1)
    points = [point for point in itertools.product(*lines) if inside(primitive, point)]
    assert points
    for point in points:
        for i in range(count):
            if primitive.needs_number(i):
                continue
            for n, (got, bound) in enumerate(derivatives(primitive, point, i, 3), start=1):
                exact = oracles.second_and_third(name, point, i, n)
                # the bound is for the sum over the graph; 16 more for its local derivatives, each
                # of which is off by a few roundings in proportion to itself; 1e-12 for 1 - x
                # in the tails, where the terms that cancel are not in the sum
                assert abs(got - exact) <= 16 * bound + 1e-12 * abs(exact), (
                    point,
                    i,
                    n,
                    got,
                    exact,
                )


@every_primitive
def test_total_no_exception_and_no_complex_at_any_edge(primitive):
    count = primitive.arity or 3
    for point in itertools.product(EDGES, repeat=count):
        operands = [x if primitive.needs_number(i) else Value(x) for i, x in enumerate(point)]
        output = primitive(*operands)
        assert type(output.data) is float
        assert bits(output.data) == bits(primitive(*point)), point
        leaves = [o for o in operands if isinstance(o, Value)]
        first = gradients(output, leaves, create_graph=True)
        plain = gradients(output, leaves)
        assert [type(slope) for slope in plain] == [float] * len(leaves)
        assert [bits(slope.data) for slope in first] == [bits(slope) for slope in plain], point
        for slope in first:
            gradients(slope, leaves)


@every_primitive
def test_nan_in_gives_nan_out(primitive):
    """A nan is never hidden, but where the result does not depend on that operand."""
    count = primitive.arity or 2
    ignored = {("where", i) for i in range(3)} | {("greater", 2), ("leaky_relu", 1), ("elu", 1)}
    for i in range(count):
        point = [0.5] * count
        point[i] = nan
        if (primitive.name, i) not in ignored:
            assert math.isnan(primitive.value(*point)), (primitive.name, i)


@every_primitive
@fewer
@given(data=st.data())
def test_textbook_formula_is_the_rule(primitive, data):
    """What is shown as the derivative equals what is computed, and its text says the same."""
    if primitive.arity is None:
        point = data.draw(st.tuples(numbers(-5, 5), numbers(-5, 5)))
    else:
        point = data.draw(points_in(primitive))
    letters = "abcdefgh"[: len(point)]
    names = [
        x if primitive.needs_number(i) else n
        for i, (x, n) in enumerate(zip(point, letters, strict=True))
    ]
    for i in range(len(point)):
        if primitive.needs_number(i):
            continue
        term = derivative_formula(primitive, i, names)
        shown = computed(term, dict(zip(letters, point, strict=True)))
        active = tuple(isinstance(name, str) for name in names)
        rule = primitive.forward(active)(*point)[1 + i]
        # 1 - tanh**2 and the like cancel where the rule does not: to 1e-9 of the largest of the
        # derivatives there is, which is 1, or of itself
        assert shown == pytest.approx(rule, rel=1e-9, abs=1e-9), text(term)


def test_brackets_in_latex():
    from autograd.trace import Trace

    trace = Trace(expand=False)
    a, b = trace.input("a"), trace.input("b")
    exp = table["exp"]
    wanted = {
        r"{(e^{a})}^{2}": exp(a) ** 2,
        r"{(a \cdot b)}^{-1}": (a * b) ** -1,
        r"a - (-2)": a - -2.0,
        r"a \cdot (-b)": a * -b,
        r"-a \cdot b": -(a * b),
        r"-(a + b)": -(a + b),
        r"\frac{a - b}{a + b}": (a - b) / (a + b),
        r"a \cdot \frac{a}{b}": a * (a / b),
        r"{a}^{{b}^{a}}": a ** (b**a),
        r"{({a}^{b})}^{a}": (a**b) ** a,
        r"{|a|}^{-b}": abs(a) ** -b,
    }
    assert [latex(term) for term in wanted.values()] == list(wanted)


def computed(operand, inputs):
    """The number that a Term stands for."""
    if isinstance(operand, float | int):
        return float(operand)
    primitive, operands = operand.trace.instructions[operand.index]
    if primitive is None:
        return inputs[operand.trace.names[operand.index]]
    return primitive.value(*[computed(o, inputs) for o in operands])


@given(st.data())
def test_text_of_a_formula_is_python_that_computes_it(data):
    """Brackets are where they are needed: random formulas are evaluated from their text."""
    from autograd.trace import Term, Trace

    trace = Trace(expand=False)
    terms = [trace.input("a"), trace.input("b")]
    for _ in range(data.draw(st.integers(1, 6))):
        name = data.draw(st.sampled_from(["add", "sub", "mul", "div", "neg", "pow", "tanh"]))
        operands = [
            data.draw(st.sampled_from([*terms, 2.0, -3.0])) for _ in range(table[name].arity)
        ]
        result = trace.apply(table[name], tuple(operands))
        if isinstance(result, Term):
            terms.append(result)
    inputs = {"a": data.draw(numbers(0.5, 3)), "b": data.draw(numbers(-2, 2))}
    scope = {"tanh": table["tanh"], **{name: Value(x) for name, x in inputs.items()}}
    wanted = computed(terms[-1], inputs)
    got = eval(text(terms[-1]), scope).data
    # `a**2` in the text is a square, in the formula a power with exponent 2.0: the same bits
    assert bits(got) == bits(wanted) or got == pytest.approx(wanted, rel=1e-12), text(terms[-1])


@every_primitive
def test_generated_methods_are_record_to_the_bit(primitive):
    """A method, the function and an operator make the same node that ``Value.record`` makes."""
    count = primitive.arity or 3
    edges = EDGES if count < 3 else EDGES[:8]
    for point in itertools.product(edges, repeat=count):
        for active in itertools.product((True, False), repeat=count):
            if not any(active) or any(
                on and primitive.needs_number(i) for i, on in enumerate(active)
            ):
                continue
            operands = [Value(x) if on else x for x, on in zip(point, active, strict=True)]
            wanted = Value.record(primitive, tuple(operands))
            made = [primitive(*operands)]
            if active[0] and hasattr(Value, primitive.name):
                made.append(getattr(operands[0], primitive.name)(*operands[1:]))
            if primitive.name in OPERATORS:
                made.append(operated(primitive.name, operands))
            for node in made:
                assert node.primitive is wanted.primitive
                assert len(node.operands) == len(wanted.operands)
                for mine, its in zip(node.operands, wanted.operands, strict=True):
                    assert mine is its or bits(mine) == bits(its)
                assert bits(node.data) == bits(wanted.data), (point, active)
                assert [x if x is None else bits(x) for x in node.local_derivatives] == [
                    x if x is None else bits(x) for x in wanted.local_derivatives
                ], (point, active)


def operated(name, operands):
    a, *b = operands
    if name in ("neg", "abs"):
        return -a if name == "neg" else abs(a)
    operators = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b,
    }
    return operators[name](a, b[0])


@every_primitive
def test_defaults_and_counts(primitive):
    if primitive.arity is None:
        with pytest.raises(
            TypeError, match=f"{primitive.name} takes at least one operand, got none"
        ):
            primitive()
        return
    least = primitive.arity - len(primitive.defaults)
    operands = [0.5] * primitive.arity
    full = primitive(*operands[:least], *primitive.defaults)
    assert bits(primitive(*operands[:least])) == bits(full)
    assert bits(primitive(Value(0.5), *operands[1:least]).data) == bits(full)
    with pytest.raises(TypeError, match=f"{primitive.name} takes .* got {primitive.arity + 1}"):
        primitive(*operands, 0.5)
    with pytest.raises(TypeError, match=f"{primitive.name} takes .* got 0"):
        primitive()


@every_primitive
def test_what_is_read_of_it(primitive):
    """The fields that pictures and tables show are there, and its names reach it."""
    assert primitive.words
    assert primitive.symbol
    assert primitive.__doc__
    assert getattr(autograd, primitive.name) is primitive
    assert callable(getattr(Value(1.0), primitive.name))
    assert len(primitive.domain) == (primitive.arity or 1)


@every_primitive
@fewer
@given(data=st.data())
def test_forward_mode_is_reverse_mode(primitive, data):
    """Along any direction, at every point, jvp is the gradient times the direction."""
    point = data.draw(points_in(primitive))
    direction = data.draw(st.tuples(*[numbers(-3, 3)] * len(point)))
    free = [i for i in range(len(point)) if not primitive.needs_number(i)]

    def function(*some):
        operands = list(point)
        for i, x in zip(free, some, strict=True):
            operands[i] = x
        return primitive(*operands)

    at = tuple(point[i] for i in free)
    along = tuple(direction[i] for i in free)
    value, tangent = jvp(function, at, along)
    slopes_ = autograd.grad(function, argnums=range(len(free)))(*at)
    assert bits(value) == bits(primitive.value(*point))
    terms = [s * d for s, d in zip(slopes_, along, strict=True)]
    assume(all(map(math.isfinite, terms)))
    # one product and one sum an operand, in another order
    assert abs(tangent - sum(terms)) <= 4 * len(terms) * ULP * sum(map(abs, terms)) + 1e-300


def test_a_program_uses_every_primitive():
    """The strategies reach the whole table: a new primitive is in random programs at once."""
    for primitive in ALL:
        count = primitive.arity or 2
        free = [i for i in range(count) if not primitive.needs_number(i)]
        point = next(p for p in grid(primitive) if min(map(abs, p)) > 0.1 and max(map(abs, p)) < 50)
        leaves = tuple(point[i] for i in free)
        operands = [len(free) - 1 - free.index(i) if i in free else point[i] for i in range(count)]
        assert len(Program(leaves, ((primitive.name, *operands),)).instructions) == 1, primitive


COUNTS = {
    "tanh": (2, "tanh takes 1 operand, got 2"),
    "maximum": (1, "maximum takes 2 operands, got 1"),
    "where": (4, "where takes 3 operands, got 4"),
    "greater": (1, "greater takes 2 to 3 operands, got 1"),
    "leaky_relu": (0, "leaky_relu takes 1 to 2 operands, got 0"),
    "logsumexp": (0, "logsumexp takes at least one operand, got none"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_how_a_wrong_count_is_answered(name):
    count, message = COUNTS[name]
    with pytest.raises(TypeError) as caught:
        table[name](*[0.5] * count)
    assert str(caught.value) == message


def test_defaults_are_those_of_the_textbooks():
    assert {name: entry.defaults for name, entry in table.items() if entry.defaults} == {
        "greater": (0.5,),  # a tie between maximum's operands is shared
        "leaky_relu": (0.01,),
        "elu": (1.0,),
    }


def test_domains_are_those_of_calculus():
    """Where the value and the rule are finite numbers; for a power also where tests draw from."""
    inf = math.inf
    limited = {
        name: entry.domain
        for name, entry in table.items()
        if any(side != (-inf, inf) for side in entry.domain)
    }
    assert limited == {
        "div": ((-inf, inf), (0.0, inf)),
        "pow": ((0.0, inf), (-3.0, 3.0)),
        "pow_number": ((0.0, inf), (-3.0, 3.0)),
        "log": ((0.0, inf),),
        "log1p": ((-1.0, inf),),
        "sqrt": ((0.0, inf),),
        "tan": ((-math.pi / 2, math.pi / 2),),
    }


def test_what_a_primitive_without_a_text_says():
    with registered("twice", value=lambda a: a + a, partials=(lambda out, a: 2.0,)) as twice:
        assert twice.__doc__ == "twice of 1 operand."
        assert twice.words == "twice scales the gradient by its local derivative"
    with registered(
        "total", arity=None, value=lambda *a: sum(a), partials=lambda out, operand: 1.0
    ) as total:
        assert total.__doc__ == "total of any number of operands."


def test_an_infinite_operand_of_logsumexp():
    assert table["logsumexp"](math.inf, 0.0) == math.inf
    assert table["logsumexp"](-math.inf, 0.0) == 0.0
    assert table["logsumexp"](-math.inf, -math.inf) == -math.inf
