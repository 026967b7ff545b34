"""The tools that test gradients, tested: what they find, what they say, and no false alarm."""

import configparser
import math
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import find, given, settings

import autograd
import nn
from autograd import Value, backprop
from autograd.primitive import table
from autograd.primitives import cos, exp, sin
from autograd.testing import (
    GradientMismatch,
    Program,
    check_gradients,
    check_module,
    check_primitive,
    numeric_gradient,
    registered,
    slopes,
    strategies,
)  # fmt: skip
from autograd.testing.rounding import Bounds

ROOT = Path(__file__).parents[2]

# -- differences --


@pytest.mark.parametrize(
    ("function", "derivative", "points", "digits"),
    [
        (math.exp, math.exp, (-700.0, -1.0, 0.0, 1.0, 300.0), 7),
        (math.log, lambda x: 1 / x, (1e-12, 1e-3, 1.0, 1e5, 1e200), 7),
        (math.sqrt, lambda x: 0.5 / math.sqrt(x), (1e-20, 1e-5, 1.0, 1e10), 7),
        (math.tanh, lambda x: math.cosh(x) ** -2, (0.0, 1e-9, 0.5, 3.0, 20.0, 40.0), 7),
        (math.tan, lambda x: 1 + math.tan(x) ** 2, (0.0, 1.5, 1.57, 1.5707962), 2),
        (lambda x: 1 / x, lambda x: -(x**-2), (1e-9, 6e-8, 1.0, -3.0, 1e8), 7),
        (lambda x: math.sin(1e6 * x), lambda x: 1e6 * math.cos(1e6 * x), (0.1, 1.0, 3.0), 3),
        (lambda x: x**1.5, lambda x: 1.5 * x**0.5, (1e-10, 1.0), 7),
        (math.log1p, lambda x: 1 / (1 + x), (-0.9999999997671694, -0.5, 0.0, 1e-12), 0.5),
        (lambda x: math.log((1e8 + x) - 1e8), lambda x: 1 / x, (1.0, 3.0, 77.0), 3),
        (lambda x: 2.0, lambda x: 0.0, (0.0, 3.0), 7),
    ],
)
def test_the_error_of_differences_is_honest(function, derivative, points, digits):
    """And small: next to a pole, or where the function is noisy, fewer digits can be had."""
    for x in points:
        found = slopes(function, x).both
        assert abs(found.value - derivative(x)) <= found.error, (x, found)
        scale = max(abs(derivative(x)), abs(function(x) / (x or 1.0)))
        assert found.error <= 10**-digits * scale + 1e-300, (x, found)


def test_one_sided_at_the_edge_of_a_domain():
    found = slopes(lambda x: x * math.sqrt(x), 0.0)
    assert found.both == found.right
    assert found.left.error == math.inf
    assert found.excess(0.0) == 0.0
    assert found.excess(0.1) > 0.09


def test_at_a_kink_any_number_between_the_sides_is_right():
    found = slopes(abs, 0.0)
    assert found.is_kink
    assert [found.excess(d) == 0.0 for d in (-1.0, 0.0, 0.5, 1.0)] == [True] * 4
    assert found.excess(1.1) == pytest.approx(0.1)
    assert found.excess(math.nan) == found.excess(math.inf) == found.excess(-math.inf) == math.inf
    near = slopes(lambda x: max(x, 0.0), 1e-9, noise=0.0)
    assert not near.is_kink
    assert near.both.value == 1.0


def test_numeric_gradient_in_the_nesting_of_the_arguments():
    f = lambda w, x: w[0] * x + w[1] ** 2  # noqa: E731
    w, x = numeric_gradient(f, [2.0, 3.0], 5.0)
    assert w == pytest.approx([5.0, 6.0])
    assert x == pytest.approx(2.0)
    assert numeric_gradient(f, [2.0, 3.0], 5.0, argnums=0) == pytest.approx([5.0, 6.0])
    (only,) = numeric_gradient(f, [2.0, 3.0], 5.0, argnums=[-1])
    assert only == pytest.approx(2.0)
    assert numeric_gradient(autograd.tanh, 0.5) == pytest.approx(autograd.grad(autograd.tanh)(0.5))
    assert numeric_gradient(math.sin, 0.5) == pytest.approx(math.cos(0.5))
    by_value = numeric_gradient(lambda v: (Value(v) if type(v) is float else v) * 2, Value(3.0))
    assert by_value == pytest.approx(2.0)


# -- rounding --


@given(strategies.programs(primitives=["add", "sub", "mul"], max_steps=8))
def test_bounds_hold_against_exact_fractions(program):
    from fractions import Fraction

    import oracles

    output, leaves = program.build()
    bounds = Bounds(output)
    for i, leaf in enumerate(leaves):
        exact = [
            oracles.Exact(Fraction(x), Fraction(int(i == j))) for j, x in enumerate(program.leaves)
        ]
        wanted = program.run(exact, oracles.Exact.apply)[-1]
        assert abs(Fraction(output.data) - wanted.value) <= bounds.value
        (slope,) = autograd.gradients(output, [leaf])
        assert abs(Fraction(slope) - wanted.tangent) <= bounds.gradient(leaf)


# -- what check_gradients finds --


def plus(out, a):
    return -sin(a) + 1e-9


PLANTED = {
    "a factor": {"partials": [lambda out, a: -2 * sin(a)]},
    "a sign": {"partials": [lambda out, a: sin(a)]},
    "one part in 10^9": {"partials": [plus]},
    "a constant": {"partials": [lambda out, a: -0.8414709848078965]},
    "the operand's place": {"partials": [lambda out, a: -sin(out)]},
    "nothing": {"partials": [lambda out, a: 0.0]},
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_wrong_rule_is_found_and_named(fault):
    with registered("planted", value=math.cos, **PLANTED[fault]) as planted:
        with pytest.raises(GradientMismatch) as caught:
            check_gradients(lambda x, y: exp(x[0]) * planted(y * x[1]) + x[0], [0.3, 0.5], 1.2)
        error = caught.value
        assert "the rule of 'planted' for operand 0 is wrong: at (0.6) it gives" in str(error)
        assert error.rule in str(error)
        assert error.argument in ("argument 0[1]", "argument 1")
        assert f"with regard to {error.argument} is wrong" in str(error)
        assert repr(error.reverse) in str(error)
        assert re.search(
            rf"\n  reverse +{error.reverse!r}\n  forward +-?\d.*\n  numeric +-?\d", str(error)
        )
        assert f"\n  numeric      {error.other}\n" in str(error)
        assert "argument 0[0] = 0.3, argument 0[1] = 0.5, argument 1 = 1.2" in str(error)
        with pytest.raises(AssertionError):
            check_primitive(planted)


def test_a_rule_that_is_infinite_where_the_slope_is_not():
    """Its own rounding has no bound, which is no excuse; a vertical tangent is."""
    steep = {"value": autograd.ieee.sqrt, "partials": [lambda out, a: 0.5 / out]}
    with registered("steep", **steep) as right:
        check_gradients(right, 0.0, order=1)
    rule = [lambda out, a: 1 / (1 + a) ** 2]
    with registered("flat", definition=lambda a: a / (1 + abs(a)), partials=rule) as flat:
        for modes in (["reverse"], ["forward"], ["reverse", "forward"]):
            with pytest.raises(GradientMismatch, match=r"'flat' .* at \(-1.0\) it gives inf"):
                check_gradients(flat, -1.0, modes=modes)
        with pytest.raises(GradientMismatch, match=r"\(-1.0\) it gives inf") as caught:
            check_gradients(lambda w, x: flat(w * x), 0.5, -2.0)  # w*x is rounded: inf times that
        assert 0 < caught.value.allowed < 1e-9


def test_which_operand_is_named():
    rules = [lambda out, a, b: 1.0, lambda out, a, b: 1.0]
    with registered("minus", arity=2, value=lambda a, b: a - b, partials=rules) as minus:
        check_gradients(lambda a: minus(a, 2.0), 1.0)
        with pytest.raises(GradientMismatch, match="rule of 'minus' for operand 1 is wrong"):
            check_gradients(minus, 1.0, 2.0)


def test_a_wrong_rule_that_only_higher_orders_meet():
    """The first derivative is right; the rule holds a number where an operand should be."""

    def rule(out, operand):
        return 2 * (operand.data if isinstance(operand, Value) else operand)

    total = lambda *xs: math.fsum(x * x for x in xs)  # noqa: E731
    with registered("squares", arity=None, value=total, partials=rule) as squares:
        check_gradients(lambda x, y: squares(x, y), 1.0, 2.0, order=1)
        with pytest.raises(GradientMismatch) as caught:
            check_gradients(lambda x, y: squares(x, y), 1.0, 2.0)
        assert caught.value.output == "d the output / d argument 0"
        assert "rule of 'squares' for operand 0 cannot be differentiated" in str(caught.value)


def test_a_wrong_second_derivative_by_another_wrong_rule():
    """sin is right to first order; its rule uses a cosine that is wrong."""
    with (
        registered("bad_cos", value=math.cos, partials=[lambda out, a: sin(a)]) as bad_cos,
        registered("my_sin", value=math.sin, partials=[lambda out, a: bad_cos(a)]) as my_sin,
    ):
        check_gradients(my_sin, 0.5, order=1)
        with pytest.raises(GradientMismatch, match="rule of 'bad_cos' for operand 0 is wrong"):
            check_gradients(my_sin, 0.5, order=2)


def test_a_graph_that_was_cut_is_found():
    """A number taken out of its graph on the way: backprop sees a constant, differences do not."""
    cut = [
        lambda x: math.sin(x.data),
        lambda x: Value(math.sin(x.data)),
        lambda x: x * 0.0 + math.sin(x.data),
        lambda x: [x, x.detach()],
        lambda x: x * x.data,
    ]
    for function in cut:
        with pytest.raises(
            GradientMismatch, match="a number leaves the graph on its way"
        ) as caught:
            check_gradients(function, 0.5)
        assert caught.value.rule is None
    check_gradients(lambda x: 3.0, 0.5)
    check_gradients(lambda x: [x * 2, 3], 0.5)


def test_a_nan_from_one_mode_alone_is_found(monkeypatch):
    monkeypatch.setattr(
        "autograd.testing.gradients.tangents", lambda outputs, seeds: {outputs[0]: math.nan}
    )
    with pytest.raises(GradientMismatch, match=r"forward +nan"):
        check_gradients(lambda x: x * 2, 0.5)


def test_a_fault_in_the_loop_blames_no_rule(monkeypatch):
    """Contributions overwritten in place of added up: forward mode and differences both see it."""

    def overwriting(root, seed, nodes, edges=backprop.recorded, observe=None):
        adjoint = {root: seed}
        for node in nodes:
            for operand, local in edges(node):
                adjoint[operand] = backprop.product(local, adjoint[node])
        return adjoint

    monkeypatch.setattr(backprop, "sweep", overwriting)
    check_gradients(lambda x: x * 3.0, 2.0)
    for modes in (("reverse", "forward"), ("reverse",)):
        with pytest.raises(GradientMismatch) as caught:
            check_gradients(lambda x: x * 3.0 + x, 2.0, modes=modes)
        assert caught.value.rule is None
        assert caught.value.method == ("forward" if len(modes) == 2 else "numeric")
        assert ("the two modes put the same rules together" in str(caught.value)) is (
            len(modes) == 2
        )
    check_gradients(lambda x: x * 3.0 + x, 2.0, modes=["forward"], order=1)


def test_a_planted_rule_is_shrunk_to_one_step():
    with registered("planted", value=math.sin, partials=[lambda out, a: cos(a) + 0.1]):
        smallest = find(
            strategies.programs(primitives=["add", "planted"], max_steps=4),
            fails,
            settings=settings(max_examples=20, database=None, deadline=None, derandomize=True),
        )
    assert [step[0] for step in smallest.steps] == ["planted"]
    assert len(smallest.leaves) == 1


def fails(program):
    try:
        check_gradients(program, *program.leaves, order=1)
    except GradientMismatch:
        return True
    return False


def test_a_failure_of_a_primitive_is_shown_at_a_simple_point():
    wrong = [lambda out, a: autograd.where(autograd.greater(a, 3.0), 2.0, 2 * a)]
    with registered("square", value=lambda a: a * a, partials=wrong) as square:
        with pytest.raises(GradientMismatch) as caught:
            check_primitive(square)
        assert "at (4.0) it gives 2.0" in str(caught.value), "the first whole number above 3"


def test_a_rule_that_is_wrong_on_a_kink_alone():
    """Between the slopes of both sides all is right, so it must be outside to be wrong."""
    hat = {"definition": lambda a: autograd.maximum(1 - abs(a), 0.0)}
    kinks = [lambda a: a, lambda a: abs(a) - 1]

    def rule(at_0):
        return lambda out, a: autograd.where(
            autograd.greater(abs(a), 1.0, 1.0), 0.0, 1 - 2 * autograd.greater(a, 0.0, at_0)
        )

    with registered("hat", **hat, partials=[rule(0.5)], kinks=kinks) as right:
        check_primitive(right)
    with (
        registered("hat", **hat, partials=[rule(-1.0)], kinks=kinks) as wrong,
        pytest.raises(GradientMismatch) as caught,
    ):
        check_primitive(wrong)
    assert r"at (0.0) it gives 3.0" in str(caught.value)
    assert "(1 from the left, -1 from the right: all between is right)" in str(caught.value)


def test_of_many_arguments_the_wrong_one_is_shown():
    with pytest.raises(GradientMismatch) as caught:
        check_gradients(lambda x: sum(x[:11]) + x[11].data, list(map(float, range(13))), order=1)
    first = "argument 0[11] = 11.0, argument 0[0] = 0.0, argument 0[1] = 1.0"
    assert re.search(rf" at +{re.escape(first)}.*0\[6\] = 6.0 and 5 more\n", str(caught.value))


def test_operands_are_named_as_the_primitive_has_them():
    """The first must be a number here, so the one that is differentiated is operand 1."""
    rules = [None, lambda out, n, a: n]
    with (
        registered("power_n", arity=2, value=lambda n, a: n * a * a, partials=rules) as wrong,
        pytest.raises(GradientMismatch, match="with regard to operand 1 is wrong"),
    ):
        check_primitive(wrong)


def test_without_hypothesis_points_are_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    check_primitive(autograd.tanh, points=[(0.5,), (-1.0,)])
    with pytest.raises(ImportError, match="pip install hypothesis, or give points="):
        check_primitive(autograd.tanh)


def test_a_primitive_that_changes_its_mind(monkeypatch):
    """Wrong while Hypothesis looks, right when its find is looked at."""
    monkeypatch.setattr("autograd.testing.primitives._simplest", lambda primitive, order: (0.5,))
    with pytest.raises(AssertionError, match=r"'tanh' was wrong at \(0.5,\), and then was not"):
        check_primitive(autograd.tanh)


def test_check_primitive_finds_what_else_is_wrong():
    rule = [lambda out, a: exp(a)]
    message = r"'raises' at \(1e\+308,\) is OverflowError.*inf"
    with (
        registered("raises", value=math.exp, partials=rule) as raises,
        pytest.raises(AssertionError, match=message),
    ):
        check_primitive(raises)
    shown = [lambda out, a: out + 1]
    total = autograd.ieee.exp
    with (
        registered("shows", value=total, partials=rule, shown=shown) as shows,
        pytest.raises(AssertionError, match=r"formula shown for 'shows' and operand 0"),
    ):
        check_primitive(shows)
    with pytest.raises(ValueError, match="not in the domain of 'log'"):
        check_primitive(autograd.log, points=[(-1.0,)])
    log_like = {"value": autograd.ieee.log, "partials": [lambda out, a: 1 / a]}
    with registered("log_like", domain=[(0.0, math.inf)], **log_like) as right:
        check_primitive(right)


@pytest.mark.parametrize("primitive", list(table.values()), ids=lambda p: p.name)
def test_check_primitive_passes_the_table(primitive):
    check_primitive(primitive)


def test_kinks_edges_and_outputs_of_all_kinds():
    check_gradients(abs, 0.0)
    check_gradients(autograd.relu, 0.0)
    check_gradients(autograd.maximum, 2.0, 2.0)
    check_gradients(autograd.sqrt, 0.0, order=1)
    with pytest.raises(GradientMismatch, match=r"reverse +nan"):
        check_gradients(lambda x: x * autograd.sqrt(x), 0.0)  # 0 * inf; the slope is 0
    check_gradients(lambda x: x**2, 1e-200)
    check_gradients(lambda x: [x[0] * x[1], [3.0, x[1]]], [2.0, 3.0], order=3)
    check_gradients(lambda x: autograd.log(x), -1.0)
    check_gradients(lambda x: x * 2, Value(3.0))


def test_wrong_calls():
    with pytest.raises(ValueError, match=r"modes: 'reverse', 'forward' or both are wanted"):
        check_gradients(abs, 1.0, modes=["backward"])
    with pytest.raises(ValueError, match="modes: "):
        check_gradients(abs, 1.0, modes=[])
    with pytest.raises(ValueError, match="order: 1 or more is wanted, got 0"):
        check_gradients(abs, 1.0, order=0)
    with pytest.raises(TypeError, match="a number is wanted, got the str"):
        check_gradients(abs, "1.0")
    with pytest.raises(TypeError, match="this program has 1 leaves, got 2"):
        Program((1.0,), ())(1.0, 2.0)


# -- modules --


class Line:
    """A module as check_module needs it: a call and named parameters."""

    def __init__(self, function):
        self.w, self.b = Value(3.0, name="w"), Value(1.0, name="b")
        self.function = function

    def named_parameters(self):
        return [("w", self.w), ("b", self.b)]

    def __call__(self, x):
        return self.function(self.w * x[0] + self.b * x[1])


def test_check_module_names_the_parameter_and_leaves_no_trace():
    good = Line(autograd.tanh)
    before = good([Value(0.3), 0.2])
    check_module(good, [0.3, 0.2], order=2)
    check_module(good, [Value(0.3), 0.2])
    assert (good.w.data, good.b.data) == (3.0, 1.0)
    assert not good.w.has_grad
    assert autograd.gradients(before, [good.w], create_graph=True), "not stale"
    with registered("wrong", value=math.tanh, partials=[lambda out, a: 1 - out]) as wrong:
        bad = Line(wrong)
        with pytest.raises(GradientMismatch) as caught:
            check_module(bad, [0.3, 0.2])
        assert "input[0] = 0.3, input[1] = 0.2, w = 3.0, b = 1.0" in str(caught.value)
        assert "'wrong' for operand 0 is wrong: at (1.0999999999999999)" in str(caught.value)
        assert (bad.w.data, bad.b.data) == (3.0, 1.0)
    frozen = Line(lambda z: z.detach() + z * 0.0)
    with pytest.raises(GradientMismatch) as caught:
        check_module(frozen, [0.0, 0.2])
    assert caught.value.argument in ("input[0]", "b")


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_check_module_on_a_network(activation):
    model = nn.MLP(2, [3, 2], activation=activation, rng=0)
    state = model.state_dict()
    check_module(model, [0.3, -0.7])
    assert model.state_dict() == state
    assert not any(parameter.has_grad for parameter in model.parameters())


# -- strategies --


@pytest.mark.parametrize("first", ["from autograd.testing import strategies", "import hypothesis"])
def test_hypothesis_draws_a_value_by_its_type(first, tmp_path):
    """As installed, by the entry point; Hypothesis may load because ``strategies`` imports it."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    installed = tmp_path / "stepgrad-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: stepgrad\nVersion: 0\n")
    points = setup["options.entry_points"]["hypothesis"]
    (installed / "entry_points.txt").write_text(f"[hypothesis]{points}\n")
    program = (
        f"{first}\n"
        "import autograd\n"
        "from hypothesis import given, strategies as st\n"
        "@given(st.from_type(autograd.Value))\n"
        "def drawn(x):\n"
        "    assert type(x) is autograd.Value and x.op == ''\n"
        "drawn()\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, check=True)


@given(strategies.points_in((2.0, 3.0)), strategies.points_in([(0.0, math.inf), (-math.inf, 0.0)]))
def test_points_are_inside(x, point):
    assert 2.0 < x < 3.0
    assert point[0] > 0
    assert point[1] < 0


@given(strategies.programs(max_leaves=2, max_steps=5, primitives=["add", autograd.tanh]))
def test_programs_are_as_asked_for(program):
    assert 1 <= len(program.leaves) <= 2
    assert len(program.steps) <= 5
    assert {name for name, _ in program.instructions} <= {"add", "tanh"}


def test_programs_and_numbers_are_of_all_kinds():
    shapes = {
        "a node twice": lambda p: any(len(set(o)) < len(o) for _, o in p.instructions),
        "deep": lambda p: len(p.instructions) >= 8,
        "a number": lambda p: any(isinstance(o, float) for _, os in p.instructions for o in os),
        "wide": lambda p: len(p.leaves) == 3 and any(len(o) == 3 for _, o in p.instructions),
        "a decimal": lambda p: any(0 < abs(x) < 1e-3 and len(repr(x)) <= 6 for x in p.leaves),
        "a dyadic": lambda p: any(x * 64 == int(x * 64) != 0 for x in p.leaves),
        "awkward": lambda p: any(len(repr(x)) > 12 for x in p.leaves),
    }
    seen = set()

    @settings(max_examples=300, database=None, derandomize=True)
    @given(strategies.programs())
    def look(program):
        seen.update(name for name, has in shapes.items() if has(program))

    look()
    assert seen == set(shapes)


def test_programs_skip_what_is_not_legal():
    steps = (
        ("log", 0), ("add", 0), ("pow_number", 0, 0), ("abs", 0), ("log", 1.0), ("exp", 0),
        ("mul", 0, 0), ("mul", 0, 0), ("mul", 0, 0), ("mul", 0, 0),
    )  # fmt: skip
    program = Program((-1.0,), steps)
    assert program.instructions == (
        ("abs", (0,)), ("exp", (1,)), ("mul", (2, 2)), ("mul", (3, 3)),
        ("mul", (4, 4)), ("mul", (5, 5)),
    )  # fmt: skip
    around = Program((2.0, 3.0), (("tanh", 5), ("add", 3, 4)))
    assert around.instructions == (("tanh", (0,)), ("add", (2, 1)))  # beyond the first, the newest
    assert Program((0.0,), (("abs", 0),)).instructions == ()
    assert Program((0.0,), (("abs", 0),), anywhere=True).instructions == (("abs", (0,)),)
    assert len(Program((1e10,), (("mul", 0, 0),) * 9).instructions) == 1
    for size in (1e30, -1e30, 1e-30, -1e-30, 0.0):
        assert len(Program((size,), (("neg", 0),)).instructions) == 1
    for size in (1.1e30, -1.1e30, 0.9e-30, -0.9e-30):
        assert Program((size,), (("neg", 0),)).instructions == ()


def test_a_program_is_a_value():
    """Equal and hashed by what it is, so it cannot be changed."""
    program = Program((2.0,), (("neg", 0),))
    assert len({program, Program((2.0,), (("neg", 0),))}) == 1
    with pytest.raises(AttributeError):
        program.leaves = (3.0,)
    three = Program((2.0,), (("logsumexp", 0, 0, 0), ("mul", 0, 1), ("neg", 0)))
    assert str(three).splitlines()[1:] == [
        "t0 = logsumexp(x0, x0, x0)",
        "t1 = t0 * x0",
        "t2 = neg(t1)",
    ]
    assert repr(program) == "Program(leaves=(2.0,), steps=(('neg', 0),))"
    assert repr(Program((), (), True)) == "Program(leaves=(), steps=(), anywhere=True)"


def test_numeric_gradient_of_each_place():
    def weighed(v, w):
        return v[0] + 10 * v[1] + 100 * v[2] + 1000 * w[0]

    found = numeric_gradient(weighed, [1.0, 2.0, 3.0], [4.0, 5.0])
    assert [[round(x, 6) for x in part] for part in found] == [[1, 10, 100], [1000, 0]]
    assert numeric_gradient(math.prod, [2.0, 3.0, 5.0]) == pytest.approx([15.0, 10.0, 6.0])


def test_close_to_a_kink_is_no_false_alarm():
    """Differences that reach beyond it say nothing of the slope on this side."""
    hat = {"definition": lambda a: autograd.maximum(1 - abs(a), 0.0)}
    kinks = [lambda a: a, lambda a: abs(a) - 1]
    rng = random.Random(0)

    def rule(out, a):
        flat = autograd.greater(abs(a), 1.0, 1.0)
        return autograd.where(flat, 0.0, 1 - 2 * autograd.greater(a, 0.0))

    with registered("hat", **hat, partials=[rule], kinks=kinks) as right:
        for _ in range(300):
            near = rng.choice([1, -1]) * 10 ** rng.uniform(-14, -1)
            points = [(rng.choice([0.0, 1.0, -1.0]) + near,)]
            check_primitive(right, points=points, order=1)
    with (
        registered(
            "hat", **hat, partials=[lambda out, a: 1.001 * rule(out, a)], kinks=kinks
        ) as wrong,
        pytest.raises(GradientMismatch),
    ):
        check_primitive(wrong, points=[(1e-3,)], order=1)
