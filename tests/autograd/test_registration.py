"""A primitive of one's own: a single call, and everything has it."""

import copy
import gc
import math
import random
from contextlib import ExitStack

import pytest

import autograd
from autograd import Value, compile, grad, gradients, primitive, steps
from autograd.formula import latex, text, value_formula
from autograd.primitive import Primitive, replaced, table, take_out
from autograd.primitives import cos, exp, sin
from autograd.testing import registered


@pytest.fixture
def register():
    """``autograd.primitive``, undone after the test."""
    with ExitStack() as stack:
        yield lambda name, **fields: stack.enter_context(registered(name, **fields))


def test_base_primitive_is_a_method_and_a_function(register):
    sinh = register(
        "sinh", value=math.sinh, partials=(lambda out, a: cosh(a),), doc="Sine, hyperbolic."
    )
    cosh = register("cosh", value=math.cosh, partials=(lambda out, a: sinh(a),))
    x = Value(0.5, name="x")
    y = x.sinh()
    assert autograd.sinh is sinh
    assert (y.op, y.data, y.args) == ("sinh", math.sinh(0.5), (x,))
    assert grad(grad(grad(sinh)))(0.5) == math.cosh(0.5)
    assert steps(y)[0].contributions[0].rule == "cosh(x)"
    assert "sinh" in dir(autograd)
    assert Value.sinh.__doc__ == "Sine, hyperbolic."
    assert text(value_formula(sinh, ["x"])) == "sinh(x)"
    assert latex(value_formula(sinh, ["x"])) == r"\operatorname{sinh}(x)"


def test_derived_primitive(register):
    bump = register(
        "bump", definition=lambda a: exp(-(a * a)), partials=(lambda out, a: -2 * a * out,)
    )
    assert bump(0.5) == math.exp(-0.25)
    assert grad(bump)(0.5) == -math.exp(-0.25)
    assert grad(grad(bump))(0.5) == pytest.approx((4 * 0.25 - 2) * math.exp(-0.25), rel=1e-15)


def test_an_operand_that_must_be_a_number(register):
    scaled = register(
        "scaled_sine",
        arity=2,
        defaults=(2.0,),
        value=lambda a, k: math.sin(k * a),
        partials=(lambda out, a, k: k * cos(k * a), None),
    )
    x = Value(0.3)
    for y in (x.scaled_sine(), scaled(x), scaled(x, 2), x.scaled_sine(2.0)):
        assert (y.data, y.operands) == (math.sin(0.6), (x, 2.0))
        assert gradients(y, [x]) == (2 * math.cos(0.6),)
    for wrong in (lambda: scaled(x, Value(2.0)), lambda: x.scaled_sine(Value(2.0))):
        with pytest.raises(TypeError, match=r"operand 1 of scaled_sine must be a number.* \.data"):
            wrong()
    assert scaled(0.3) == math.sin(0.6)


def test_a_first_operand_that_must_be_a_number(register):
    order = register(
        "nth_sine",
        arity=2,
        value=lambda n, a: math.sin(n * a),
        partials=(None, lambda out, n, a: n * cos(n * a)),
    )
    x = Value(0.3)
    assert gradients(order(2, x), [x]) == (2 * math.cos(0.6),)
    with pytest.raises(TypeError, match="operand 0 of nth_sine must be a number"):
        x.nth_sine(0.3)


def test_any_number_of_operands_and_three(register):
    norm = register(
        "norm",
        arity=None,
        value=lambda *operands: math.hypot(*operands),
        partials=lambda out, operand: operand / out,
    )
    xs = [Value(3.0), Value(4.0)]
    assert gradients(norm(xs), xs) == (0.6, 0.8)
    assert gradients(norm(xs[0], 4), xs) == (0.6, 0.0)
    triple = register(
        "triple",
        arity=3,
        value=lambda a, b, c: a * b * c,
        partials=(
            lambda out, a, b, c: b * c,
            lambda out, a, b, c: a * c,
            lambda out, a, b, c: a * b,
        ),
    )
    abc = [Value(2.0), Value(3.0), Value(5.0)]
    y = abc[0].triple(abc[1], abc[2])
    assert gradients(y, abc) == (15.0, 10.0, 6.0)
    assert gradients(triple(2.0, abc[1], 5), abc) == (0.0, 10.0, 0.0)
    y.backward()
    assert [x.grad for x in abc] == [15.0, 10.0, 6.0]


@pytest.mark.parametrize("count", [1, 2, 9, 64, 65, 200])
def test_any_number_of_operands_is_ieee_754_and_compiled_the_same(register, count):
    """On floats Python would raise for 0/0 and 1e200**2, and a**2 is not always a*a."""
    rms = register(
        "rms",
        arity=None,
        definition=lambda *xs: (sum(x**2 for x in xs) / len(xs)) ** 0.5,
        partials=lambda out, x: x / (out * count),
    )
    zeros = [Value(0.0) for _ in range(count)]
    assert rms(zeros).data == rms(*[0.0] * count) == 0.0
    assert all(math.isnan(slope) for slope in gradients(rms(zeros), zeros))
    assert rms(*[1e200] * count) == math.inf
    draw = random.Random(count)
    for _ in range(20):
        row = [draw.uniform(-2.0, 2.0) for _ in range(count)]
        xs = [Value(x) for x in row]
        y = rms(xs)
        assert y.data == rms(*row) == compile(y, xs, backend="python")([row])[0]
        assert list(gradients(y, xs)) == pytest.approx([x / (y.data * count) for x in row])
        if count > 1:  # a plain number among them
            (slope,) = gradients(rms([xs[0], *row[1:]]), [xs[0]])
            assert slope == pytest.approx(row[0] / (y.data * count))


def test_names_that_cannot_be(register):
    for name in ("a b", "lambda", ""):
        with pytest.raises(ValueError, match=f"'{name}' is not a Python identifier"):
            primitive(name, value=math.tanh, partials=(sin,))
    for fields in ({}, {"value": math.sin, "definition": sin}):
        with pytest.raises(ValueError, match=r"give either value= .* or definition="):
            Primitive("neither", partials=(sin,), **fields)
    assert "neither" not in table


@pytest.mark.parametrize("name", ["data", "backward", "tanh", "index", "trace"])
def test_names_that_are_taken_change_nothing(name):
    """By another primitive, by Value, or by what stands for a Value while a rule is read."""
    before = list(table)
    with pytest.raises(ValueError, match=f"primitive name '{name}' is taken: choose another"):
        primitive(name, value=lambda a: a, partials=(lambda out, a: 1.0,))
    assert list(table) == before
    assert grad(autograd.tanh)(0.0) == 1.0


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lambda out, a: 1.0 if a > 0 else 0.0, "cannot branch .* where"),
        (lambda out, a: 1.0 if a else 0.0, "cannot branch .* where"),
        (lambda out, a: math.exp(a), "in place of math.exp"),
    ],
)
def test_rules_that_could_not_be_differentiated_are_refused(register, rule, message):
    wrong = register("wrong", value=lambda a: a, partials=(rule,))
    with pytest.raises(TypeError, match=message):
        wrong(Value(1.0))


# -- registered again --


@pytest.fixture
def undone():
    """What the test registers is taken out of the table after it."""
    before = set(table)
    yield
    for name in set(table) - before:
        take_out(table[name])


def cell(factor, kind="value"):
    """A notebook's cell, run with a mistake and again without: twice a number, and its rule."""
    return primitive(
        "twice", **{kind: lambda a: factor * a}, partials=[lambda out, a: factor], doc=f"{factor}"
    )


@pytest.mark.usefixtures("undone")
@pytest.mark.parametrize("kind", ["value", "definition"])
def test_registered_again_all_follow(kind):
    old = cell(3.0, kind)
    taken = Value.twice
    x = Value(5.0)
    assert (x.twice().data, grad(old)(5.0)) == (15.0, 3.0)
    assert compile(x.twice(), [x], backend="python")([[1.0]]) == [3.0]
    place = list(table)
    new = cell(2.0, kind)
    assert new is not old
    assert list(table) == place
    assert (autograd.twice, table["twice"]) == (new, new)
    y = x.twice()
    assert (y.primitive, y.data, gradients(y, [x])) == (new, 10.0, (2.0,))
    assert Value.twice.__doc__ == "2.0"
    for backend in ("python", "auto") if kind == "definition" else ("python",):
        assert compile(y, [x], backend=backend)([[1.0]]) == [2.0]
    assert taken(x).data == 15.0, "a method that was held before its first use is the old one"
    assert x.twice().data == 10.0, "and does not come back"


@pytest.mark.usefixtures("undone")
@pytest.mark.parametrize("first", [False, True])
def test_a_graph_of_the_primitive_as_it_was_keeps_its_rule(first):
    """Also where no code had been generated for it before; both may stand in one graph."""
    old = primitive("cubed", value=lambda a: a**3, partials=[lambda out, a: 3 * sin(a)])
    x, w = Value(2.0), Value(3.0)
    y = old(x)
    if first:
        assert grad(old)(2.0) == 3 * math.sin(2.0)
    new = primitive("cubed", value=lambda a: a * a * a, partials=[lambda out, a: 3 * a * a])
    assert gradients(y, [x]) == (3 * math.sin(2.0),)
    (slope,) = gradients(y, [x], create_graph=True)
    assert gradients(slope, [x]) == (3 * math.cos(2.0),)
    assert steps(y)[0].contributions[0].rule == "3 * sin(a)"
    both = old(x * w) + new(x)
    rows, slopes = [[2.0], [1.0]], [3 * math.sin(6.0), 3 * math.sin(3.0)]
    program = compile(both, [x], [w], backend="python")
    assert program(rows) == [216.0 + 8.0, 27.0 + 1.0]
    assert program.value_and_grad(rows, "sum")[1] == [slopes[0] * 2.0 + slopes[1]]
    scope = {}
    exec(program.source, scope)
    assert scope["program"](rows, [3.0]) == [(224.0,), (28.0,)]
    assert copy.deepcopy(old) is old
    assert copy.deepcopy(both).operands[0].primitive is old


@pytest.mark.usefixtures("undone")
def test_what_was_made_with_it_follows():
    """As a Python function that calls another by name does; programs made before stay."""
    cell(3.0)
    primitive(
        "four_times",
        definition=lambda a: a.twice().twice(),
        partials=[lambda out, a: out / a],
    )
    x = Value(1.0)
    program = compile(x.four_times(), [x], backend="python")
    assert (x.four_times().data, grad(autograd.four_times)(1.0)) == (9.0, 9.0)
    assert autograd.four_times(1.0) == 9.0
    cell(2.0)
    assert (x.four_times().data, grad(autograd.four_times)(1.0)) == (4.0, 4.0)
    assert autograd.four_times(1.0) == 4.0
    assert compile(x.four_times(), [x], backend="python")([[1.0]]) == [4.0]
    assert program([[1.0]]) == [9.0]


@pytest.mark.usefixtures("undone")
def test_only_the_module_that_registered_a_name_may_do_so_again():
    cell(2.0)
    theirs = {"__name__": "theirs"}
    source = "import autograd; autograd.primitive('twice', value=abs, partials=[abs])"
    with pytest.raises(
        ValueError, match=r"'twice' is taken by one that the module '.*' registered"
    ):
        exec(source, theirs)
    assert autograd.twice(1.0) == 2.0


@pytest.mark.usefixtures("undone")
def test_registered_for_a_test_gives_the_name_back():
    own = cell(2.0)
    x = Value(1.0)
    assert x.twice().data == 2.0
    with registered("twice", value=lambda a: 3.0 * a, partials=[lambda out, a: 3.0]) as other:
        assert (x.twice().data, autograd.twice) == (3.0, other)
        assert compile(own(x) + other(x), [x], backend="python")([[1.0]]) == [5.0]
    assert (x.twice().data, autograd.twice, own.written) == (2.0, own, "twice")
    assert compile(own(x) + other(x), [x], backend="python")([[1.0]]) == [5.0]
    thrice = cell(3.0)
    cell(4.0)
    y = own(thrice(x.twice()))
    assert compile(y, [x], backend="python")([[1.0]]) == [24.0], "three of one name"
    with registered("thrice", value=lambda a: 3.0 * a, partials=[lambda out, a: 3.0]) as other:
        y = x.thrice()
    assert compile(y, [x], backend="python")([[1.0]]) == [3.0], "it outlives the block in a graph"


@pytest.mark.usefixtures("undone")
def test_a_primitive_that_nothing_uses_any_more_is_freed():
    for factor in (1.0, 2.0, 3.0):
        assert cell(factor)(1.0) == factor
    gc.collect()
    assert not [name for name in replaced if name.startswith("twice")]
