"""What the strategies draw: how far, how near, and of which kinds."""

import math
from math import inf

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.primitive import table
from autograd.testing import strategies
from autograd.testing.strategies import networks, numbers, points_in, programs, values


def drawn_from(strategy, count=100):
    """So many of what ``strategy`` draws, the same ones every time."""
    found = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(one):
        found.append(one)

    draw()
    return found


def test_dyadics_are_64ths_at_most_and_64_at_most():
    found = drawn_from(strategies._dyadics())
    assert all(type(x) is float and x * 64 == int(x * 64) for x in found)
    assert -64 <= min(found) < -40
    assert 40 < max(found) <= 64
    assert {math.log2(x.as_integer_ratio()[1]) for x in found} == set(range(7))


def test_decimals_have_two_digits_from_a_millionth_to_ten_thousands():
    found = drawn_from(strategies._decimals())
    assert -1e6 < min(found) < -1e4
    assert 1e4 < max(found) < 1e6
    assert all(x == float(f"{x:.1e}") for x in found)
    sizes = {math.floor(math.log10(abs(x))) for x in found if x}
    assert sizes <= set(range(-6, 6))
    assert len(sizes) > 9
    assert 0.0 in found


def test_numbers_are_within_a_million_unless_told():
    found = drawn_from(numbers())
    assert all(-1e6 <= x <= 1e6 and (x == 0 or abs(x) >= 1e-30) for x in found)
    assert min(found) < -1e5
    assert max(found) > 1e5
    found = drawn_from(values(), 60)
    assert {(type(x), x.op) for x in found} == {(Value, "")}
    assert all(-1e6 <= x.data <= 1e6 for x in found)
    assert min(x.data for x in found) < -1e4
    assert max(x.data for x in found) > 1e4
    assert {x.data for x in drawn_from(values(0.5, 0.5), 5)} == {0.5}
    assert set(drawn_from(numbers(-3.0, -3.0), 5)) == {-3.0}


@pytest.mark.parametrize(
    ("low", "high"),
    [(2.0, 3.0), (-3.0, -2.0), (0.0, inf), (-inf, 0.0)],
)
def test_points_come_near_a_finite_end_as_steps_can_resolve(low, high):
    """Nearer than a 2^-24 of the end's own size they do not."""
    found = drawn_from(points_in((low, high)))
    assert all(low < x < high for x in found)
    for end, beside in ((low, [x - low for x in found]), (high, [high - x for x in found])):
        if math.isfinite(end):
            closest = abs(end) * 2.0**-24
            assert closest < min(beside) < closest * 1.1 + 2.0**-26
            sizes = {round(math.log2(x - closest)) for x in beside}
            assert len(sizes & set(range(-20, -1))) > 8


def test_points_of_a_half_line_go_far():
    assert 1e5 < max(drawn_from(points_in((0.0, inf)))) <= 1e6
    assert -1e6 <= min(drawn_from(points_in((-inf, 0.0)))) < -1e5
    found = drawn_from(points_in((-inf, inf)))
    assert all(-1e6 <= x <= 1e6 for x in found)
    assert min(found) < -1e5
    assert max(found) > 1e5


@pytest.mark.parametrize("interval", [(3e6, 4e6), (2e6, inf), (-4e6, -3e6), (-inf, -2e6)])
def test_points_of_a_domain_far_away(interval):
    low, high = interval
    found = drawn_from(points_in(interval), 30)
    assert all(low < x < high for x in found)
    assert any(x - low > 1e5 for x in found)
    assert any(high - x > 1e5 for x in found)


def test_points_of_a_primitive_of_any_arity():
    found = drawn_from(points_in(table["logsumexp"]), 50)
    assert {len(point) for point in found} == {1, 2, 3, 4}
    found = drawn_from(points_in(table["maximum"]), 50)
    assert {len(point) for point in found} == {2}
    assert all(a != b for a, b in found), "on no kink"
    found = drawn_from(points_in([(0.0, 1.0), (2, 3), (-inf, 0.0)]), 50)
    assert all(0 < a < 1 and 2 < b < 3 and c < 0 for a, b, c in found)


def test_steps_have_operands_that_fit():
    """Nodes up to seven back; a number in place of one but the first; numbers where needed."""
    found = drawn_from(strategies._step(table["mul"]), 400)
    assert {name for name, *_ in found} == {"mul"}
    assert {a for _, a, _ in found} == set(range(8))
    nodes = [b for *_, b in found if type(b) is int]
    plain = [b for *_, b in found if type(b) is float]
    assert min(nodes) == 0
    assert 5 < max(nodes) <= 7
    assert len(plain) + len(nodes) == len(found)
    assert -10 <= min(plain) < -5
    assert 5 < max(plain) <= 10
    many = drawn_from(st.lists(strategies._step(table["mul"]), min_size=10, max_size=10), 40)
    nodes = [type(b) is int for steps in many for *_, b in steps]
    assert 0.5 < sum(nodes) / len(nodes) < 0.95, "three in four are nodes"
    found = drawn_from(strategies._step(table["pow_number"]), 50)
    assert {type(a) for _, a, _ in found} == {int}
    assert {type(b) for *_, b in found} == {float}
    found = drawn_from(strategies._step(table["logsumexp"]))
    assert {len(step) for step in found} == {2, 3, 4, 5}
    assert {o for step in found for o in step[1:]} == set(range(8))


def test_programs_have_leaves_and_steps_up_to_the_limits():
    found = drawn_from(programs(primitives=["neg"]), 400)
    assert {len(program.leaves) for program in found} == {1, 2, 3}
    assert max(len(program.steps) for program in found) == 12
    assert min(len(program.steps) for program in found) == 1
    leaves = [x for program in found for x in program.leaves]
    assert all(-10 <= x <= 10 for x in leaves)
    assert min(leaves) < -9
    assert max(leaves) > 9
    assert {program.anywhere for program in found} == {False}
    asked = programs(2, 3, ["neg"], anywhere=True, leaves=st.just(0.5))
    found = drawn_from(asked, 50)
    assert {program.leaves for program in found} == {(0.5,), (0.5, 0.5)}
    assert {len(program.steps) for program in found} == {1, 2, 3}
    assert {program.anywhere for program in found} == {True}


def test_networks_are_of_all_sizes_and_activations():
    """A neuron of n inputs has n + 1 leaves; the output has as many inputs as there are hidden."""
    found = drawn_from(networks(), 250)
    sizes = {n + w * (n + 1) + w + 1 for n in (1, 2) for w in (1, 2)}
    assert {len(program.leaves) for program in found} == sizes
    used = {name for program in found for name, _ in program.instructions}
    assert used == {"mul", "add", "tanh", "sigmoid", "softplus", "silu", "gelu"}
    leaves = [x for program in found for x in program.leaves]
    assert -3 <= min(leaves) < -2
    assert 2 < max(leaves) <= 3
    assert {program.anywhere for program in found} == {True}
    found = drawn_from(networks(max_inputs=1, max_width=3), 80)
    assert {len(program.leaves) for program in found} == {1 + 3 * w + 1 for w in (1, 2, 3)}


def test_a_network_computes_what_its_leaves_say():
    program = strategies._network(2, 2, "tanh")
    found = drawn_from(program, 10)
    for program in found:
        x, y, a, b, c, d, e, f, g, h, i = program.leaves
        hidden = math.tanh(a * x + b * y + c), math.tanh(d * x + e * y + f)
        expected = g * hidden[0] + h * hidden[1] + i
        assert program(*program.leaves) == pytest.approx(expected, rel=1e-12, abs=1e-12)
