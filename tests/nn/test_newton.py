"""Newton's method: known minima, linear algebra against fractions, and what stops it."""

import inspect
import itertools
import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from nn.optim import newton

MINIMUM = "the gradient is 0 and the Hessian is positive: a minimum"
SADDLE = "the gradient is 0 and the Hessian is not positive: a saddle or a maximum"


def solve_exactly(matrix, b):
    """Gauss-Jordan elimination on fractions."""
    n = len(b)
    rows = [[*map(Fraction, row), Fraction(y)] for row, y in zip(matrix, b, strict=True)]
    for i in range(n):
        pivot = next(row for row in rows[i:] if row[i] != 0)
        rows.remove(pivot)
        rows.insert(i, [entry / pivot[i] for entry in pivot])
        for j in set(range(n)) - {i}:
            rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [row[n] for row in rows]


def quadratic(root, center):
    """|root (x - center)|^2 / 2 and its Hessian, root^T root."""
    n = len(center)
    hessian = [[sum(r[i] * r[j] for r in root) for j in range(n)] for i in range(n)]

    def f(x):
        moved = [a - b for a, b in zip(x, center, strict=True)]
        total = 0.0
        for row in root:
            y = 0.0
            for entry, number in zip(row, moved, strict=True):
                y = y + entry * number
            total = total + y * y / 2
        return total

    return f, hessian


small = st.integers(-3, 3)


@given(st.data(), st.integers(1, 4))
def test_a_quadratic_takes_one_step(data, n):
    vectors = st.lists(small, min_size=n, max_size=n)
    above = [data.draw(vectors) for _ in range(n)]
    # a triangle with a diagonal of at least 1 is regular
    root = [[0] * i + [1 + abs(above[i][i])] + above[i][i + 1 :] for i in range(n)]
    center, start = data.draw(vectors), data.draw(vectors)
    f, _ = quadratic(root, center)
    found = newton(f, start)
    # entries below 64, 4 unknowns: the condition is below 1e5, and errors below 1e5 * 1e-15
    assert found.x == pytest.approx(center, abs=1e-9)
    assert found.reason == MINIMUM
    assert found.converged
    assert found.steps <= 2  # the second where the rounding of the first is above the tolerance
    assert found.path[0] == [float(x) for x in start]
    assert found.path[-1] == found.x
    if len(found.path) > 1:
        assert found.path[1] == pytest.approx(center, abs=1e-9)


@given(st.data(), st.integers(1, 4), st.integers(0, 3))
def test_the_linear_solver(data, n, damping):
    """L D L^T against elimination on fractions."""
    module = inspect.getmodule(newton)
    vectors = st.lists(small, min_size=n, max_size=n)
    root, b = [data.draw(vectors) for _ in range(n)], data.draw(vectors)
    matrix = [[sum(r[i] * r[j] for r in root) for j in range(n)] for i in range(n)]
    shifted = [
        [entry + (1 + damping) * (i == j) for j, entry in enumerate(row)]
        for i, row in enumerate(matrix)
    ]
    factors = module._factors([[float(x) for x in row] for row in matrix], 1.0 + damping)
    solution = module._solve(factors, [float(x) for x in b])
    # eigenvalues from 1 to 150: a condition of 150
    assert solution == pytest.approx(
        [float(x) for x in solve_exactly(shifted, b)], rel=1e-12, abs=1e-12
    )
    lower, diagonal = factors
    assert [len(row) for row in lower] == list(range(n))
    assert all(d > 0 for d in diagonal)
    assert module._factors([[-entry for entry in row] for row in shifted], 0.5) is None


@pytest.mark.parametrize("entry", [0.0, -0.5, -1e-300, math.inf, math.nan])
def test_what_is_not_positive_definite_has_no_factors(entry):
    module = inspect.getmodule(newton)
    assert module._factors([[entry]], 0.0) is None
    assert module._factors([[1.0, 0.0], [0.0, entry]], 0.0) is None
    assert module._factors([[4.0, 2.0], [2.0, 1.0]], 0.0) is None
    for positive in (5e-324, 0.5, 1.0, 1e308):
        assert module._factors([[positive]], 0.0) == ([[]], [positive])
        assert module._factors([[-positive]], 2 * positive) is not None or positive == 1e308


@pytest.mark.parametrize("seed", range(10))
def test_what_is_foretold_is_the_fall_of_the_quadratic(seed):
    """All numbers are whole, and so all sums exact."""
    rng = random.Random(seed)
    a, b, c, d, e, g, u, v = (float(rng.randint(-8, 8)) for _ in range(8))
    along = a * u + b * v + (c * u * u + (d + e) * u * v + g * v * v) / 2
    assert inspect.getmodule(newton)._foretold([a, b], [[c, d], [e, g]], [u, v]) == -along


def test_the_unit_is_the_error_of_one_rounding():
    unit = inspect.getmodule(newton).UNIT
    assert 1.0 + unit == 1.0 < 1.0 + 1.0000001 * unit


@pytest.mark.parametrize("size", [2.0**-30, 1.0, 2.0**30])
@pytest.mark.parametrize(
    ("damping", "after"),
    [(0.0, 0.0), (2.0**-24, 0.0), (1e-6, 0.0), (2.0**-19, 2.0**-21), (2.0**-5, 2.0**-7)],
)
def test_damping_falls_to_a_quarter_and_below_a_millionth_to_nothing(damping, after, size):
    """In units of the largest second derivative, after a step that went as foretold."""
    module = inspect.getmodule(newton)
    f = lambda x: size * x[0] ** 2 / 2  # noqa: E731
    to, then = module._descend(f, module._Place.of(f, [1.0]), [[size]], damping * size)
    assert then == after * size
    assert to.x == [1.0 - size / (size + damping * size)]


@pytest.mark.parametrize(
    ("curvature", "after"), [(1.0, 0.125), (1.4, 0.125), (1.6, 0.5), (2.7, 0.5), (2.9, 1.0)]
)
def test_damping_depends_on_how_well_the_fall_was_foretold(curvature, after):
    """Told that the second derivative is 1, and damped by 1/2, f falls by a share of what was
    foretold of 3/2 - curvature/2: above 3/4 the damping falls, up to 1/10 the step is refused.
    """
    module = inspect.getmodule(newton)
    f = lambda x: curvature * x[0] ** 2 / 2  # noqa: E731
    to, then = module._descend(f, module._Place.of(f, [1.0]), [[1.0]], 0.5)
    assert then == after
    assert to.x == [1.0 - curvature / (1.0 + max(0.5, after))]


def test_damping_grows_until_a_step_goes_down():
    """From a thousandth of the largest second derivative on, doubled each time."""
    module = inspect.getmodule(newton)
    for start, least in [(0.0, 1e-3), (0.25, 1.0)]:
        f = lambda x: -(x[0] ** 2) / 2  # noqa: E731
        to, _ = module._descend(f, module._Place.of(f, [1.0]), [[-1.0]], start)
        tried = [max(start, 1e-3)]
        while not (tried[-1] / 2 > 1 and tried[-1] > least):
            tried.append(2 * tried[-1])
        assert to.x == [1.0 + 1.0 / (tried[-1] - 1.0)]
    # on a line the second derivative is 0, and counts as 1
    assert newton(lambda x: x, 1.0, steps=1).x == 1.0 - 1 / 1e-3


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


@pytest.mark.parametrize("start", [[-1.2, 1.0], [0.0, 0.0], [5.0, -5.0], [-3.0, 40.0]])
def test_rosenbrocks_valley(start):
    found = newton(rosenbrock, start)
    assert found.x == pytest.approx([1.0, 1.0], abs=1e-9)
    assert found.converged
    assert found.gradient_norm <= 1e-10
    values = [rosenbrock(x) for x in found.path]
    assert values == sorted(values, reverse=True)  # every step goes down
    assert len(found.path) == found.steps + 1


@pytest.mark.parametrize(
    ("f", "start", "minima"),
    [
        # around the start the Hessian is negative or indefinite; plain Newton would climb
        (lambda x: autograd.cos(x), 0.1, [math.pi, -math.pi]),
        (lambda x: x**4 - 2 * x**2, 0.2, [1.0, -1.0]),
        (lambda x: x * autograd.cos(math.pi * x), 0.5, [1.0904082219467]),
        (lambda x: -autograd.exp(-(x**2)), 1.5, [0.0]),
        # plain Newton overshoots ever further, since the slope levels off
        (lambda x: autograd.log(autograd.exp(x) + autograd.exp(-x)), 3.0, [0.0]),
        (lambda x: autograd.sqrt(1 + x**2), 50.0, [0.0]),
    ],
)
def test_one_number(f, start, minima):
    found = newton(f, start)
    assert type(found.x) is float
    assert all(type(x) is float for x in found.path)
    # where |f'| <= 1e-10 and f'' >= 1, x is within 1e-10; the third minimum is given to 13 digits
    assert any(found.x == pytest.approx(x, abs=2e-10) for x in minima)
    assert found.converged
    assert found.value == pytest.approx(f(found.x), rel=1e-15)


def test_an_indefinite_hessian_is_no_obstacle():
    """x^4 - x^2 + y^2 has a saddle at 0; from beside it, plain Newton's step leads into it."""
    found = newton(lambda x: x[0] ** 4 - x[0] ** 2 + x[1] ** 2, [1e-3, 1.0])
    assert found.x == pytest.approx([math.sqrt(0.5), 0.0], abs=1e-9)
    assert found.converged


def test_a_saddle_is_not_called_a_minimum():
    for start in ([0.0, 0.0], [1.0, 0.0]):
        found = newton(lambda x: x[0] ** 2 - x[1] ** 2, start)
        assert found.x == pytest.approx([0.0, 0.0], abs=1e-10)
        assert (found.converged, found.reason) == (False, SADDLE)
    found = newton(lambda x: autograd.cos(x), 0.0)
    assert (found.steps, found.converged, found.reason) == (0, False, SADDLE)


def test_stationary_points_that_are_flat_or_hardly_curved():
    assert newton(lambda x: x**4, 0.0).converged
    assert newton(lambda x: 1e-20 * x**2, 0.0).converged
    assert newton(lambda x: -1e-20 * x**2, 0.0).reason == SADDLE


def waves(x):
    return 20 + x[0] ** 2 / 10 + 3 * autograd.sin(3 * x[0]) + x[1] ** 4


coordinates = st.floats(-4, 4)


@given(coordinates, coordinates)
def test_every_step_goes_down(x, y):
    found = newton(waves, [x, y])
    values = [waves(point) for point in found.path]
    # 1e-13: where f no longer falls by more than its rounding errors, below 16 * 30 * 2**-53
    assert all(after <= before + 1e-13 for before, after in itertools.pairwise(values))
    assert found.value == values[-1]
    assert found.gradient_norm == math.hypot(*autograd.grad(waves)(found.x))


def test_a_flat_direction():
    found = newton(lambda x: (x[0] + x[1] - 2) ** 2, [0.0, 0.0])
    assert sum(found.x) == pytest.approx(2.0, abs=1e-9)
    assert found.converged
    assert newton(lambda x: x**4, 1.0).x == pytest.approx(0.0, abs=1e-3)


def test_no_minimum_stops_with_a_reason():
    found = newton(lambda x: x[0] ** 3 + x[1] ** 2, [-1.0, 1.0], steps=7)
    assert (found.steps, found.converged) == (7, False)
    assert found.reason == "the gradient is not 0 after 7 steps"
    assert newton(lambda x: x, 1.0, steps=5).x < 1.0  # a line has a Hessian of 0
    assert newton(rosenbrock, [3.0, 3.0], steps=0).x == [3.0, 3.0]


def test_steps_and_tolerance_if_none_are_given():
    assert newton(lambda x: x, 1.0).steps == 100
    assert newton(lambda x: 1e-10 * x, 1.0).steps == 0
    assert newton(lambda x: 1.1e-10 * x, 1.0).steps > 0
    # a gradient of exactly 0 is one of at most 0
    found = newton(lambda x: x**2, 1.0, tolerance=0.0)
    assert (found.x, found.steps, found.converged) == (0.0, 1, True)


@pytest.mark.parametrize("scale", [2.0**-40, 2.0**13])
@pytest.mark.parametrize("start", [[3.0, -2.5], [0.4, 1.0], [-1.1, 0.0]])
def test_the_unit_of_f_makes_no_difference(scale, start):
    """Twice f has twice the slope and twice the curvature: the same steps, to the bit."""
    found = newton(waves, start, steps=12, tolerance=0.0)
    scaled = newton(lambda x: scale * waves(x), start, steps=12, tolerance=0.0)
    assert scaled.path == found.path
    assert scaled.value == scale * found.value
    assert (scaled.steps, scaled.reason) == (found.steps, found.reason)


def test_where_it_got_to_is_not_to_be_changed():
    found = newton(lambda x: x**2, 1.0)
    with pytest.raises(AttributeError):
        found.x = 1.0
    assert "path" not in repr(found)  # which may be long


def test_a_kink_is_found_too():
    assert newton(lambda x: abs(x - 0.3), 1.0).x == pytest.approx(0.3, abs=1e-6)
    found = newton(lambda x: abs(x - 0.3), 1.0, steps=3)
    assert (found.converged, found.gradient_norm) == (False, 1.0)


def test_beyond_the_domain_steps_get_shorter():
    """x - log x: a full step from 3 goes to -3, where the logarithm is nan."""
    found = newton(lambda x: x - autograd.log(x), 3.0)
    assert found.x == pytest.approx(1.0, abs=2e-10)
    assert found.converged


def test_a_large_constant_does_not_hide_the_minimum():
    """f is 1e6 and some: from |x - 1| = 1e-5 on, its fall drowns in its rounding."""
    found = newton(lambda x: 1e6 + (x - 1) ** 2 + (x - 1) ** 4, 3.0)
    assert found.x == pytest.approx(1.0, abs=1e-10)
    assert found.converged


def test_bad_starts_and_arguments():
    with pytest.raises(ValueError, match=r"a start where f is finite; f\(\[-1.0\]\) is nan"):
        newton(lambda x: autograd.log(x), -1.0)
    with pytest.raises(ValueError, match=r"at least one number; got an empty list"):
        newton(rosenbrock, [])
    with pytest.raises(ValueError, match=r"steps wants .*at least 0; got -1"):
        newton(rosenbrock, [1.0, 1.0], steps=-1)
    with pytest.raises(ValueError, match=r"tolerance wants .*at least 0; got -1"):
        newton(rosenbrock, [1.0, 1.0], tolerance=-1.0)


def test_a_hessian_that_is_not_finite_stops():
    """sqrt(x^2)^3 has a Hessian of nan at 0."""
    found = newton(lambda x: autograd.sqrt(x[0] ** 2) ** 3 + x[1], [0.0, 1.0])
    assert not found.converged
    assert found.reason == "no step, however short, makes f smaller"


def test_a_step_too_short_to_move_is_the_last():
    """Where no float has a gradient of 0, one beside the minimum is found, and that is it."""
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        return autograd.exp(x) - 3 * x

    found = newton(f, 1.0, tolerance=0.0)
    assert abs(found.x - math.log(3)) <= math.ulp(found.x)
    assert found.reason == "no step, however short, makes f smaller"
    assert calls < 100  # else it would double the damping a thousand times, up to inf
