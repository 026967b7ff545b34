"""Differences, and bounds for rounding, where both can be worked out by hand."""

import math
import sys
from math import inf, nan

import pytest

from autograd import Value
from autograd.primitive import table
from autograd.primitives import exp, relu, where
from autograd.testing import Slope, Slopes, registered, slopes
from autograd.testing.numeric import ROUNDING, UNDERFLOW, _Tableau, in_words
from autograd.testing.rounding import Bounds, local_errors, noise, value_noise

U = sys.float_info.epsilon / 2  # of one rounding


def near(expected, absolute=0.0):
    return pytest.approx(expected, rel=1e-9, abs=absolute)


# -- differences --


def test_one_rounding_and_the_smallest_floats():
    assert ROUNDING == U
    assert 4 * math.ulp(0.0) == UNDERFLOW


@pytest.mark.parametrize(
    ("x", "reach", "first", "count"),
    [
        (8.0, inf, 2.0, 21),
        (-8.0, inf, 2.0, 21),
        (0.5, inf, 0.25, 21),
        (0.0, inf, 0.25, 21),
        (8.0, 0.5, 0.125, 19),
        (8.0, 1e-20, 2.0**-27, 7),
        (0.0, 2.0**-10, 2.0**-12, 21),
        (0.0, 0.0, 4096 * 5e-308, 7),
        (1e-300, inf, 0.25, 510),
    ],
)
def test_steps_are_in_proportion_each_a_quarter_of_the_one_before(x, reach, first, count):
    """Down to 2^-42 of the argument, and seven of them at least, if they reach too far for that."""
    seen = []

    def constant(at):
        seen.append(at)
        return 1.0

    slopes(constant, x, 0.0, reach)
    steps = [first / 4**k for k in range(count)]
    assert seen == [x, *[at for step in steps for at in (x + step, x - step)]]


def test_the_error_is_of_rounding_where_nothing_is_truncated():
    """3x at 0, by the second difference: 4 * (2 noises) / (two steps of 1/16), or one of them."""
    noisy = slopes(lambda x: 3 * x, 0.0, noise=2.0**-20)
    assert [side.value for side in noisy] == [3.0, 3.0, 3.0]
    assert [side.error for side in noisy] == near([2.0**-14, 2.0**-13, 2.0**-13])
    changes = slopes(lambda x: 3 * x, 0.0)  # the smallest change that was seen: 3 * 2^-42
    assert changes.both == near((3.0, 64 * 3 * 2.0**-42), absolute=16 * U)
    beyond = slopes(lambda x: 3 * x if x < 2**-3 else nan, 0.0)
    assert beyond.both == near((3.0, 256 * 3 * 2.0**-42), absolute=64 * U)
    flat = slopes(lambda x: -2.0, 0.0)  # four roundings of 2 twice, and that of f
    assert flat.both == near((0.0, 32 * (16 + 2) * U))
    for x in (1.0, -1.0):  # 3 * 17/16 is rounded once, x four times
        assert slopes(lambda x: 3 * x, x, noise=0.0).both == near(
            (3.0, 32 * (51 / 16 + 4 * 3) * U), absolute=16 * U
        )
    tiny = slopes(lambda x: 0.0, 0.0, noise=0.0)
    assert tiny.both == (0.0, 32 * UNDERFLOW)
    assert tiny.left == tiny.right == (0.0, 64 * UNDERFLOW)


def test_the_error_is_of_truncation_where_steps_are_coarse():
    """x^3 at steps of 1/4 and 1/16, x^5 at 1/64 too: Richardson's tableau on paper."""
    cube = slopes(lambda x: x**3 if abs(x) >= 1 / 16 else nan, 0.0, noise=0.0)
    assert cube.both == near((0.0, 4 / 16))
    assert cube.left.error == cube.right.error == inf
    fifth = slopes(lambda x: x**5 if abs(x) >= 1 / 64 else nan, 0.0, noise=0.0)
    assert fifth.both == near((-(2.0**-20), 4 * (2.0**-16 + 2.0**-20)))
    square = slopes(lambda x: x**2 if x == 0 or abs(x) >= 1 / 16 else nan, 0.0, noise=0.0)
    assert square.right == near((0.0, 1.0))
    assert square.left == near((0.0, 1.0))


@pytest.mark.parametrize("degree", range(1, 7))
def test_a_polynomial_is_differentiated_to_rounding(degree):
    """Steps of 1/4 and down cancel a power of the step each: the error is of rounding alone."""
    for x in (0.0, 1.0, -3.0):
        slope = degree * x ** (degree - 1)
        found = slopes(lambda x: x**degree, x, noise=0.0)
        for side in found:
            assert abs(side.value - slope) <= side.error <= 1e-11 * (1 + abs(slope) * 10)


@pytest.mark.parametrize(
    ("estimates", "agreed"),
    [
        ([(1.0, 0.5)], (1.0, 0.5)),
        ([(1.0, 0.5), (1.25, 0.5)], (1.25, 0.5)),
        ([(5.0, 0.5), (1.0, 0.25)], (1.0, 0.25)),
        ([(-5.0, 0.5), (1.0, 0.25)], (1.0, 0.25)),
        ([(1.5, 0.25), (1.0, 0.25)], (1.25, 0.0)),
        ([(0.5, 0.25), (1.0, 0.25)], (0.75, 0.0)),
        ([(0.0, 1.0), (0.875, 0.25)], (0.875, 0.25)),
        ([(0.875, 0.25), (0.0, 1.0)], (0.875, 0.25)),
        ([(1.0, 0.01), (5.0, 0.1), (1.0, 0.25)], (1.0, 0.25)),
    ],
)
def test_estimates_count_from_the_finest_upwards_as_far_as_all_agree(estimates, agreed):
    tableau = _Tableau(4.0)
    assert tableau.result.error == inf
    tableau.estimates = [Slope(*estimate) for estimate in estimates]
    assert tableau.result == agreed


def test_two_estimates_meet_up_to_their_errors():
    assert Slope(1.0, 0.5).meets(Slope(2.0, 0.5))
    assert Slope(2.0, 0.25).meets(Slope(1.0, 0.75))
    assert not Slope(1.0, 0.5).meets(Slope(2.125, 0.5))
    assert not Slope(2.125, 0.5).meets(Slope(1.0, 0.5))
    assert not Slope(1.0, 0.0).meets(Slope(1.5, 0.25))
    assert Slope(nan, inf).meets(Slope(5.0, 0.0))
    assert Slope(5.0, 0.0).meets(Slope(nan, inf))
    assert Slope(0.0, inf).meets(Slope(nan, inf))


def test_how_far_a_derivative_misses():
    one = Slope(2.0, 0.25)
    smooth = Slopes(one, one, one)
    missed = [smooth.excess(d) for d in (1.5, 1.75, 2.0, 2.25, 2.5)]
    assert missed == [0.25, 0.0, 0.0, 0.0, 0.25]
    assert [smooth.excess(d, 0.125) for d in (1.5, 1.625, 2.5)] == [0.125, 0.0, 0.125]
    assert smooth.excess(nan) == inf
    kink = Slopes(Slope(0.5, 0.25), Slope(-1.0, 0.125), Slope(1.0, 0.25))
    assert kink.is_kink
    assert [kink.excess(d) for d in (-1.25, -1.125, 0.0, 1.25, 1.5)] == [0.125, 0, 0, 0, 0.25]
    beside = Slopes(Slope(3.0, 0.5), Slope(-1.0, 0.125), Slope(1.0, 0.25))
    assert [beside.excess(d) for d in (3.5, 3.75)] == [0.0, 0.25]
    mirrored = Slopes(Slope(-3.0, 0.5), Slope(1.0, 0.25), Slope(-1.0, 0.125))
    assert [mirrored.excess(d) for d in (-3.75, -3.5, 1.25, 1.5)] == [0.25, 0.0, 0.0, 0.25]
    unknown = Slopes(Slope(nan, inf), one, one)
    assert [unknown.excess(d) for d in (-5.0, inf, nan)] == [0.0, 0.0, 0.0]


def test_an_infinite_derivative_is_right_where_no_side_has_a_slope():
    lost = Slope(1.0, 0.5)  # half of the value or more
    assert Slopes(lost, lost, lost).excess(inf) == 0.0
    assert Slopes(lost, lost, lost).excess(-inf) == 0.0
    for sign in (1, -1):
        known = Slope(sign * 1.0, 0.4375)
        for some in ((known, lost, lost), (lost, known, lost), (lost, lost, known)):
            assert Slopes(*some).excess(inf) == Slopes(*some).excess(-inf) == inf


def test_a_slope_in_words():
    one = Slope(0.5, 0.00123)
    assert in_words(Slopes(one, one, one)) == "0.5 +- 0.0012"
    assert in_words(Slopes(one, Slope(-1.0, 0.1), Slope(2 / 3, 0.1))) == (
        "0.5 +- 0.0012 (-1 from the left, 0.666667 from the right: all between is right)"
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if x <= 0 else nan,
        lambda x: x if x <= 0 else inf,
        lambda x: x if x <= 0 else math.log(-x),
        lambda x: x if x <= 0 else 1 / 0,
        lambda x: x if x <= 0 else math.exp(1e9),
        lambda x: x if x <= 0 else (-x) ** 0.5,
    ],
)
def test_one_side_decides_where_the_other_is_not_defined(function):
    for found in (slopes(function, 0.0), slopes(lambda x: -function(-x), 0.0)):
        known = [side for side in (found.left, found.right) if side.error < inf]
        assert known == [found.both]
        assert found.both.value == 1.0
        assert found.both.error < 1e-9


# -- rounding --


def test_bounds_by_hand():
    """Four roundings of each result; what errors of the operands do is told by their slopes."""
    x, y, w = Value(2.0), Value(4.0), Value(8.0)
    product = x * y
    bounds = Bounds(product)
    assert bounds.value == near(4 * 8 * U)
    # x: the rule, 4, is rounded (4 of 4, and 4 of their sum), and y may be off on either side
    assert bounds.gradient(x) == near((16 + 16 + 2 * 16) * U)
    assert bounds.gradient(y) == near((8 + 8 + 2 * 8) * U)
    assert bounds.gradient(w) == 1e-300
    bounds = Bounds(product * w)
    assert bounds.value == near((4 * 64 + 8 * 32) * U)
    assert bounds.gradient(w) == near((2 * (4 * 8 + 32) + 2 * 4 * 8) * U)
    on_product = 2 * 4 * 8 + 2 * 4 * 8
    assert bounds.gradient(product) == near(on_product * U)
    of_x = 4 * on_product + 8 * 2 * 16 + 4 * (32 + 32)
    assert bounds.gradient(x) == near(of_x * U)
    of_y = 2 * on_product + 8 * 2 * 8 + 4 * (16 + 16)
    assert bounds.gradient(y) == near(of_y * U)
    square = Bounds(x * x)
    assert square.gradient(x) == near((16 + 4 * (2 + 2) + 16 + 4 * (2 + 4)) * U)
    negative = Bounds(Value(-2.0) * y)
    assert negative.value == near(4 * 8 * U)
    assert negative.gradient(y) == near(32 * U)
    assert Bounds(Value(0.0) * y).value == UNDERFLOW
    plain_first = table["mul"](4.0, x)
    assert Bounds(plain_first).value == near(4 * 8 * U)
    assert Bounds(plain_first).gradient(x) == near((16 + 16 + 2 * 16) * U)


def test_a_leaf_and_a_plain_number_are_exact():
    leaf = Value(3.0)
    assert Bounds(leaf).value == noise(leaf) == noise(3.0) == 0.0
    assert noise(leaf * 2) == near(4 * 6 * U)


def test_a_definition_adds_the_rounding_within_it():
    """a^3 at 2: four roundings of 4, doubled, and of 8; then four of the result."""
    with registered(
        "cubed", definition=lambda a: a * a * a, partials=[lambda out, a: 3 * a * a]
    ) as cubed:
        assert Bounds(cubed(Value(2.0))).value == near((2 * 16 + 32 + 32) * U)
        assert value_noise(cubed, [2.0]) == near((2 * 16 + 32 + 32) * U)
    assert value_noise(table["mul"], [2.0, 4.0]) == near(32 * U)
    assert value_noise(table["leaky_relu"], [2.0, 0.5]) >= 4 * 2 * U


def test_a_branch_that_is_not_taken_may_be_infinitely_wrong():
    x, y = Value(2.0), Value(1000.0)
    for chosen in (where(Value(1.0), x, exp(y)), where(Value(0.0), exp(y), x)):
        assert 0 < Bounds(chosen).value < 100 * U
        assert 0 < Bounds(chosen).gradient(x) < 100 * U


@pytest.mark.parametrize("x", [0.5, -0.5])
def test_a_rule_is_looked_at_on_either_side_of_its_operand(x):
    """The slope of relu changes by 1 on the side of 0, and not on the other."""
    operand = Value(x)
    node = relu(operand)
    assert local_errors(node, {operand: 1.0}) == [near(1.0)]
    assert local_errors(node, {operand: 0.25}) == [near(0.0, absolute=10 * U)]


def test_the_rule_s_own_rounding_counts():
    """sin at 1: the cosine at 1 moved by four roundings to either side, and four of its own."""
    (off,) = local_errors(Value(1.0).sin(), {})
    assert off == near((2 * 4 * math.sin(1.0) + 4 * math.cos(1.0)) * U, absolute=2 * U)
    assert local_errors(Value(0.0).sin(), {}) == near([4 * U])
    zero = Value(0.0)
    assert local_errors(zero * Value(3.0), {}) == near([2 * 12 * U, 0.0], absolute=8 * U)
    root = Value(0.0).sqrt()
    assert local_errors(root, {root.operands[0]: 1.0}) == [inf]
