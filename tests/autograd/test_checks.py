"""What the checks of gradients look at, how far, and what they say: by hand."""

import itertools
import math
from math import inf, nan

import pytest

from autograd import Value
from autograd.primitive import table
from autograd.primitives import greater, log, maximum, sqrt
from autograd.testing import (
    GradientMismatch,
    check_gradients,
    check_module,
    check_primitive,
    registered,
)  # fmt: skip


class Affine:
    """A network of one weight that is passed through a function."""

    def __init__(self, function, w=2.0):
        self.w, self.function = Value(w), function

    def named_parameters(self):
        return [("w", self.w)]

    def __call__(self, x):
        return self.function(self.w * x[0])


def doubled(slope=3.0):
    return registered("doubled", value=lambda a: a * 2.0, partials=[lambda out, a: slope])


# -- the message --


def number(a):
    """What leaves the graph: the number of a Value."""
    return a.data if isinstance(a, Value) else a


def test_each_line_of_a_message():
    with doubled() as wrong, pytest.raises(GradientMismatch) as caught:
        check_gradients(lambda x, y: [x * y, wrong(y)], 1.0, 0.0)
    error = caught.value
    first, at, *methods, apart, because = str(error).splitlines()
    assert first == "the derivative of output 1 with regard to argument 1 is wrong"
    assert (error.output, error.argument) == ("output 1", "argument 1")
    assert at == "  at           argument 0 = 1.0, argument 1 = 0.0"
    assert methods[:2] == ["  reverse      3.0", "  forward      3.0"]
    assert methods[2] == f"  numeric      {error.other}"
    assert error.other.startswith("2.0 +- ")
    assert error.other.endswith(" by differences")
    assert (error.method, error.reverse) == ("numeric", 3.0)
    assert apart == (
        f"  apart by     1, allowed {error.allowed:.3g} ({1 / error.allowed:.3g} times that)"
    )
    assert 0 < error.allowed < 1e-13, "the bound of rounding, not a guess from differences"
    number = methods[2].removeprefix("  numeric      ").removesuffix(" by differences")
    assert because == (
        "because the rule of 'doubled' for operand 0 is wrong: at (0.0) it gives 3.0, "
        f"differences of doubled give {number}"
    )


def test_how_far_apart_is_told_where_much_is_allowed():
    """3 from the rule, 2 by differences, of a number that rounding has left few digits."""
    with doubled() as wrong, pytest.raises(GradientMismatch) as caught:
        check_gradients(lambda x: wrong((x + 1e12) - 1e12), 1.0)
    error = caught.value
    apart = 3.0 - float(error.other.split()[0])
    assert 0.01 < error.allowed < apart
    assert f"\n  apart by     {apart:.3g}, allowed {error.allowed:.3g} " in str(error)
    assert f" ({apart / error.allowed:.3g} times that)\n" in str(error)


@pytest.mark.parametrize("count", [8, 9])
def test_eight_arguments_are_shown(count):
    with doubled() as wrong, pytest.raises(GradientMismatch) as caught:
        check_gradients(lambda x: [*x[:-1], wrong(x[-1])], [0.5] * count)
    shown = [f"argument 0[{i}] = 0.5" for i in range(count)]
    text = ", ".join(shown)
    if count == 9:
        text = ", ".join([shown[-1], *shown[:7]]) + " and 1 more"
    assert f"  at           {text}\n" in str(caught.value)


def test_a_single_output_and_nested_arguments_by_name():
    with doubled() as wrong, pytest.raises(GradientMismatch) as caught:
        check_gradients(lambda x, y: wrong(x[0][1]) + y, [[0.0, 0.5], [1.0]], 2.0)
    assert caught.value.output == "the output"
    assert caught.value.argument == "argument 0[0][1]"
    assert "argument 0[1][0] = 1.0, argument 1 = 2.0\n" in str(caught.value)


def test_each_mode_alone_is_held_against_differences():
    with doubled() as wrong:
        for mode in ("forward", "reverse"):
            with pytest.raises(GradientMismatch) as caught:
                check_gradients(wrong, 1.0, modes=[mode])
            other = {"forward": "reverse", "reverse": "forward"}[mode]
            assert f"  {mode:<12} 3.0" in str(caught.value)
            assert f"\n  {other} " not in str(caught.value)
            assert (caught.value.method, caught.value.reverse) == ("numeric", 3.0)
            with pytest.raises(GradientMismatch):
                check_gradients(wrong, 1.0, modes=[mode, mode])


def test_a_failure_is_shown_at_the_test():
    """Frames of the checks are hidden, down to the one that raises."""
    with doubled() as wrong:
        calls = [
            lambda: check_gradients(wrong, 1.0),
            lambda: check_module(Affine(wrong), [1.0]),
            lambda: check_primitive(wrong, points=[(1.0,)]),
        ]
        for call in calls:
            with pytest.raises(GradientMismatch) as caught:
                call()
            shown = caught.traceback.filter(caught)
            assert {entry.path.name for entry in shown} == {"test_checks.py"}
    assert GradientMismatch.__module__ == "autograd.testing"


# -- orders --


def passes(check, *args, **options):
    try:
        check(*args, **options)
    except GradientMismatch:
        return False
    return True


def test_orders_up_to_the_one_that_is_asked_for():
    first = lambda out, a: a.data if isinstance(a, Value) else a  # noqa: E731
    with registered("halved", value=lambda a: a * a / 2, partials=[first]) as once:
        assert passes(check_gradients, once, 0.5, order=1)
        assert not passes(check_gradients, once, 0.5)
        assert passes(check_module, Affine(once), [0.5])
        assert not passes(check_module, Affine(once), [0.5], order=2)
        assert passes(check_primitive, once, [(0.5,)], order=1)
        assert not passes(check_primitive, once, [(0.5,)])

    def cubic(out, a):
        x = a.data if isinstance(a, Value) else a
        return 3.0 * x * a + 3.0 * x * (a - x)

    with registered("cube", value=lambda a: a * a * a, partials=[cubic]) as twice:
        assert passes(check_gradients, twice, 0.5)
        assert not passes(check_gradients, twice, 0.5, order=3)
        assert passes(check_primitive, twice, [(0.5,)])
        assert not passes(check_primitive, twice, [(0.5,)], order=3)


@pytest.mark.parametrize("off", [0.5, -0.5])
def test_a_small_fault_of_the_second_derivative_is_named(off):
    """Missing or made up: half of 1 is more than rounding, with a plain number as the rule too."""

    def rule(out, a):
        x = a.data if isinstance(a, Value) else a
        return 0.5 * x if off > 0 else x * 0.5 + 0.5 * (a - x) * 2.0

    with registered("quarter", value=lambda a: a * a / 4, partials=[rule]) as quarter:
        with pytest.raises(GradientMismatch) as caught:
            check_gradients(quarter, 1.0)
        shown = "0.0" if off > 0 else "1.0"
        assert caught.value.output == "d the output / d argument 0"
        assert (
            "the rule of 'quarter' for operand 0 cannot be differentiated: at (1.0) its derivative "
            f"with regard to operand 0 comes out as {shown}, differences of the rule give 0."
        ) in str(caught.value)
        assert str(caught.value).endswith("; write the rule with primitives, of the operands")


def test_which_operands_of_a_second_derivative_are_named():
    rules = [lambda out, a, b: number(b), lambda out, a, b: a]
    with registered("times", arity=2, value=lambda a, b: a * b, partials=rules) as times:
        with pytest.raises(GradientMismatch) as caught:
            check_gradients(times, 2.0, 3.0)
        assert "for operand 0 cannot be differentiated: at (2.0, 3.0)" in caught.value.rule
        assert "with regard to operand 1 comes out as 0.0" in caught.value.rule
    rules = [lambda out, a, b: b, lambda out, a, b: number(a)]
    with registered("times", arity=2, value=lambda a, b: a * b, partials=rules) as times:
        with pytest.raises(GradientMismatch) as caught:
            check_gradients(lambda x, y: log(times(x, y) + 1.0), 2.0, 3.0)
        assert "for operand 1 cannot be differentiated: at (2.0, 3.0)" in caught.value.rule
        assert "with regard to operand 0 comes out as 0.0" in caught.value.rule
        check_gradients(lambda y: times(2.0, y), 3.0)


def test_an_operand_after_a_plain_number_is_named():
    for rule, fault in (
        (lambda out, n, a: n * a, "is wrong: at (3.0, 2.0) it gives 6.0, differences"),
        (lambda out, n, a: 2 * n * number(a), "cannot be differentiated: at (3.0, 2.0) its"),
    ):
        rules = [lambda out, n, a: a * a, rule]
        with registered("scaled", arity=2, value=lambda n, a: n * a * a, partials=rules) as scaled:
            with pytest.raises(GradientMismatch) as caught:
                check_gradients(lambda a, scaled=scaled: scaled(3.0, a), 2.0)
            assert f"because the rule of 'scaled' for operand 1 {fault}" in str(caught.value)


def test_the_first_wrong_rule_in_the_graph_is_named():
    right = {"value": lambda a: a * 2.0}
    with (
        registered("one", **right, partials=[lambda out, a: 2.001]) as one,
        registered("two", **right, partials=[lambda out, a: 1.999]) as two,
    ):
        with pytest.raises(GradientMismatch, match="the rule of 'one' for operand 0 is wrong"):
            check_gradients(lambda x: two(one(x * 3.0)), 1.0)
        with pytest.raises(GradientMismatch, match="the rule of 'two' for operand 0 is wrong"):
            check_gradients(lambda x: [x, one(two(x * 3.0))], 1.0)


def test_outputs_that_are_not_numbers_are_passed_over():
    with doubled() as wrong:
        check_gradients(lambda x: [log(x), x], -1.0)
        for function in (lambda x: [log(x), wrong(x)], lambda x: [wrong(x), log(x)]):
            with pytest.raises(GradientMismatch, match="'doubled' for operand 0 is wrong"):
                check_gradients(function, -1.0)


def test_where_nothing_is_known_a_nan_of_both_modes_is_no_fault():
    point = {"value": lambda a: 1.0 if a == 0.0 else nan, "partials": [lambda out, a: nan]}
    with registered("point", **point) as alone:
        check_gradients(alone, 0.0, order=1)
    everywhere = {"value": lambda a: a * 2.0, "partials": [lambda out, a: nan]}
    with registered("everywhere", **everywhere) as known:
        assert not passes(check_gradients, known, 0.0, order=1)


def test_a_module_that_fails_on_the_way_has_its_parameters_back():
    def failing(z):
        if model.w.data > 3.0:
            raise KeyError
        return z * 2

    model = Affine(failing, 3.0)
    with pytest.raises(KeyError):
        check_module(model, [1.0])
    assert model.w.data == 3.0


# -- how far differences reach --


def farthest(function, *args):
    """How far from its place each argument is moved at most."""
    moved = [0.0] * len(args)

    def seen(*xs):
        for i, (x, at) in enumerate(zip(xs, args, strict=True)):
            moved[i] = max(moved[i], abs(x.data - at))
        return function(*xs)

    check_gradients(seen, *args, order=1)
    return moved


def test_differences_stay_within_a_quarter_of_the_way_to_the_end_of_a_domain():
    assert farthest(lambda x: x * 2, 0.5) == [0.25]
    assert farthest(log, 0.5) == pytest.approx([0.125])
    assert farthest(lambda x: log(x * 4.0), 0.5) == pytest.approx([0.125])
    assert farthest(lambda x, y: log(x) * y, 0.5, 3.0) == pytest.approx([0.125, 0.75])
    assert farthest(lambda x: log(log(x)), 1.5) == pytest.approx([0.25 * 1.5 * math.log(1.5)])
    assert farthest(lambda x: log(2.0 - x), 1.5) == pytest.approx([0.125])
    square = {"value": lambda a: a * a, "partials": [lambda out, a: 2 * a]}
    with registered("between", domain=[(-1.0, 2.0)], **square) as between:
        assert farthest(between, 1.5) == pytest.approx([0.125])
        assert farthest(between, -0.5) == pytest.approx([0.125])
        assert farthest(lambda x: between(x * -2.0), 0.25) == pytest.approx([0.0625])
        assert farthest(lambda x: between(x * 2.0), 0.75) == pytest.approx([0.0625])
        assert farthest(between, 3.0) == [0.75], "outside already"
        assert farthest(between, 2.0) == [0.5], "at the end"
        assert farthest(between, -1.0) == [0.25]
    rules = [lambda out, a, b: 0.0, lambda out, a, b: 2 * b]
    ends = [(-inf, inf), (-1.0, 2.0)]
    with registered("second", arity=2, value=lambda a, b: b * b, partials=rules, domain=ends) as at:
        assert farthest(lambda x: at(3.0, x), 1.5) == pytest.approx([0.125])
    total = {"value": lambda *xs: sum(x * x for x in xs), "partials": lambda out, a: 2 * a}
    with registered("squares", arity=None, domain=[(-inf, 1.0)], **total) as squares:
        assert farthest(squares, 0.5, 0.0) == pytest.approx([0.125, 0.25])


def test_differences_stay_within_an_eighth_of_the_way_to_a_kink():
    assert farthest(lambda x: abs(x - 1.0), 1.5) == pytest.approx([0.0625])
    assert farthest(lambda x: abs(x - 2.0), 1.5) == pytest.approx([0.0625])
    assert farthest(lambda x: maximum(x * 4.0, 0.0), 0.5) == pytest.approx([0.0625])
    found = farthest(lambda x, y: maximum(x * 4.0, y), 0.5, 1.0)
    assert found == pytest.approx([0.25 / 8, 1 / 8])
    assert farthest(lambda x: maximum(x * 2.0, x), 0.5) == pytest.approx([0.0625])
    assert farthest(abs, 0.0) == [0.25], "both sides of it are looked at"
    assert farthest(lambda x: maximum(x * 0.5, 2.0) + log(x), 0.5) == pytest.approx([0.125])


# -- primitives --


def test_values_are_asked_for_at_the_edges_of_the_number_line():
    edges = (0.0, -0.0, 1.0, -1.0, 5e-324, 1e308, -1e308, inf, -inf, nan)
    pairs = [(0.5, edge) for edge in edges] + [(edge, 0.5) for edge in edges]
    for count, seen_at in ((2, pairs), (None, pairs), (1, [(edge,) for edge in edges])):
        seen = []

        def value(*xs, seen=seen):
            seen.append(xs)
            return 1.0

        rules = (lambda out, *xs: 0.0) if count is None else [lambda out, *xs: 0.0] * count
        with registered("looks", arity=count, value=value, partials=rules) as looks:
            check_primitive(looks, points=[])
        assert sorted(map(str, seen)) == sorted(map(str, seen_at))
    for where_to, wrong in itertools.product(edges, (1, None, "1")):
        text = str(where_to)
        value = lambda a, b, text=text, wrong=wrong: wrong if str(b) == text else 1.0  # noqa: E731
        rules = [lambda out, a, b: 0.0] * 2
        with (
            registered("odd", arity=2, value=value, partials=rules) as odd,
            pytest.raises(AssertionError) as caught,
        ):
            check_primitive(odd, points=[])
        assert str(caught.value) == (
            f"the value of 'odd' at (0.5, {text}) is {wrong!r}, a float is wanted: return math.inf "
            "or math.nan where there is no other answer"
        )


@pytest.mark.parametrize(
    ("value", "raised"),
    [
        (math.sqrt, r"\(-1.0,\) is ValueError\('"),
        (math.exp, r"\(1e\+308,\) is OverflowError\('"),
        (lambda a: 1.0 / a, r"\(0.0,\) is ZeroDivisionError\('"),
    ],
)
def test_a_value_that_raises_is_told(value, raised):
    with (
        registered("raises", value=value, partials=[lambda out, a: 0.0]) as raises,
        pytest.raises(AssertionError, match=f"the value of 'raises' at {raised}.*'\\), a float is"),
    ):
        check_primitive(raises, points=[])


@pytest.fixture
def nothing_drawn(monkeypatch):
    """Kinks alone are looked at."""
    monkeypatch.setattr("autograd.testing.primitives._simplest", lambda primitive, order: None)


WHOLE = (0.0, 1.0, -1.0, 2.0)


def test_kinks_are_looked_for_at_small_whole_numbers(nothing_drawn):
    """In the domain, which is open; a primitive of any arity is tried with two operands."""
    seen = []

    def kink(*xs):
        seen.append(xs)
        return 1.0

    top = {"value": lambda *xs: max(xs), "kinks": [kink]}
    rules = [lambda out, a, b: greater(a, b, 0.5), lambda out, a, b: greater(b, a, 0.5)]
    with registered("top", arity=2, partials=rules, **top) as both:
        check_primitive(both)
    assert seen == list(itertools.product(WHOLE, WHOLE))
    for low, high in ((-inf, 1.0), (0.0, inf)):
        seen.clear()
        inner = [(-inf, inf), (low, high)]
        with registered("top", arity=2, partials=rules, domain=inner, **top) as both:
            check_primitive(both)
        inside = [x for x in WHOLE if low < x < high]
        assert seen == list(itertools.product(WHOLE, inside))
    seen.clear()
    rule = lambda out, a: greater(a, out, 1.0)  # noqa: E731
    with registered("top", arity=None, partials=rule, **top) as any_arity:
        check_primitive(any_arity)
    assert seen == list(itertools.product(WHOLE, WHOLE))


@pytest.mark.parametrize("at", WHOLE)
def test_a_kink_is_where_the_distance_to_it_is_0(at, nothing_drawn):
    with (
        registered("bent", value=abs, partials=[lambda out, a: 9.0], kinks=[lambda a: a - at]) as w,
        pytest.raises(GradientMismatch) as caught,
    ):
        check_primitive(w)
    assert f"  at           operand 0 = {at!r}\n" in str(caught.value)
    for distance in (1.0, -1.0):
        kinks = [lambda a, distance=distance: distance]
        with registered("bent", value=abs, partials=[lambda out, a: 9.0], kinks=kinks) as nowhere:
            check_primitive(nowhere)


def test_on_a_kink_the_gradient_alone_is_checked(nothing_drawn):
    """|a| a has no second derivative at 0, and its rule's own has a nan there."""
    fields = {"value": lambda a: abs(a) * a, "partials": [lambda out, a: 2 * sqrt(a * a)]}
    with registered("bent", kinks=[lambda a: a], **fields) as bent:
        check_primitive(bent)
        assert not passes(check_gradients, bent, 0.0)


def test_a_formula_is_the_rule_up_to_rounding():
    for off, right in ((0.0, True), (1e-15, True), (1e-13, False), (-1e-13, False), (nan, False)):
        fields = {"value": lambda a: a * a, "partials": [lambda out, a: 2 * a]}
        shown = [lambda out, a, off=off: 2 * a + off]
        with registered("square", shown=shown, **fields) as square:
            if right:
                check_primitive(square, points=[(1.0,)])
                continue
            with pytest.raises(AssertionError) as caught:
                check_primitive(square, points=[(1.0,)])
            expected = f"and operand 0 is not the rule: at (Value(1.0),) it gives {2 + off!r}, the"
            assert f"the formula shown for 'square' {expected} rule 2.0" in str(caught.value)
    rules = [lambda out, a, b: b, lambda out, a, b: a]
    shown = [None, lambda out, a, b: 3.0]
    with registered("times", arity=2, value=lambda a, b: a * b, partials=rules, shown=shown) as by:
        check_primitive(by, points=[(3.0, 4.0)])
        with pytest.raises(AssertionError, match=r"'times' and operand 1 is not .* gives 3.0"):
            check_primitive(by, points=[(3.0, 4.0), (4.0, 3.0)])


def test_a_formula_may_be_four_roundings_off():
    one = math.ulp(8.0)  # two roundings of 8
    for off in (2 * one, -2 * one, 3 * one, -3 * one):
        shown = [lambda out, a, off=off: 8.0 + off]
        fields = {"value": lambda a: a * 8.0, "partials": [lambda out, a: 8.0]}
        with registered("eight", shown=shown, **fields) as eight:
            if abs(off) == 2 * one:
                check_primitive(eight, points=[(1.0,)])
            else:
                with pytest.raises(AssertionError, match=r"apart by more than 3\.55e-15$"):
                    check_primitive(eight, points=[(1.0,)])


def test_points_that_are_given_are_in_the_domain():
    check_primitive(table["pow_number"], points=[(2.0, 0.5), (3, 1.5)])
    with pytest.raises(ValueError, match=r"\(-1.0, 0.5\) is not in the domain"):
        check_primitive(table["pow"], points=[(2.0, 2.5), (-1.0, 0.5)])
