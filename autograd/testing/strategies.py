"""Hypothesis strategies: numbers, Values, points in a domain, random programs and networks.

>>> from hypothesis import given
>>> from autograd.testing import check_gradients, strategies
>>> @given(strategies.programs())
... def test_gradients(program):
...     check_gradients(program, *program.leaves)
>>> test_gradients()

Needs Hypothesis (``pip install hypothesis``), which knows how to draw a Value without an import of
this module: it is registered as an entry point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from autograd.primitive import Primitive, table
from autograd.testing.program import SMALLEST, Program, inside
from autograd.value import Value

Step = tuple[str | int | float, ...]

ACTIVATIONS = ("tanh", "sigmoid", "softplus", "silu", "gelu")


def numbers(low: float = -1e6, high: float = 1e6) -> SearchStrategy[float]:
    """Floats between ``low`` and ``high``: short decimals, dyadic fractions, and awkward ones.

    A short decimal (``3e-05``) reads well in a failure, a dyadic fraction computes exactly, and
    the awkward ones are what Hypothesis makes up, those nearer to 0 than 1e-30 left out: below,
    differences of floats tell little of a slope.
    """
    awkward = st.floats(low, high, allow_nan=False).filter(lambda x: x == 0 or abs(x) >= SMALLEST)
    return st.one_of(_dyadics(), _decimals(), awkward).filter(lambda x: low <= x <= high)


# composite: what st.builds or map makes is shown in a failure as the call that made it


@st.composite
def _dyadics(draw: st.DrawFn) -> float:
    return draw(st.integers(-64, 64)) * 2.0 ** -draw(st.integers(0, 6))


@st.composite
def _decimals(draw: st.DrawFn) -> float:
    return float(f"{draw(st.integers(-99, 99))}e{draw(st.integers(-6, 4))}")


@st.composite
def _next_to(draw: st.DrawFn, end: float, width: float) -> float:
    """Beside ``end``, on the side that ``width`` points to."""
    return end + width * 2.0 ** -draw(st.integers(1, 40))


def values(low: float = -1e6, high: float = 1e6) -> SearchStrategy[Value]:
    """Leaves: Values of ``numbers(low, high)``, without a name."""
    return st.builds(Value, numbers(low, high))


def points_in(
    domain: tuple[float, float] | Sequence[tuple[float, float]] | Primitive,
) -> SearchStrategy[float] | SearchStrategy[tuple[float, ...]]:
    """Points strictly inside a domain.

    Parameters
    ----------
    domain:
        An open interval ``(low, high)`` gives floats; a sequence of intervals, or a primitive
        (whose kinks are left out), gives tuples of floats.

    >>> from autograd.primitives import log
    >>> from hypothesis import given
    >>> @given(points_in(log))
    ... def test_positive(point):
    ...     assert point[0] > 0
    >>> test_positive()
    """
    if isinstance(domain, Primitive):
        primitive = domain
        if primitive.arity is None:
            many = st.lists(_within(*primitive.domain[0]), min_size=1, max_size=4)
            points: SearchStrategy[tuple[float, ...]] = many.map(tuple)
        else:
            points = st.tuples(*[_within(low, high) for low, high in primitive.domain])
        return points.filter(lambda point: inside(primitive, point))
    first = domain[0]
    if isinstance(first, (int, float)):
        return _within(first, domain[1])  # type: ignore[arg-type]
    return st.tuples(*[_within(low, high) for low, high in domain])  # type: ignore[misc]


def _within(low: float, high: float) -> SearchStrategy[float]:
    """Numbers strictly between, those near a finite end included, as near as steps can resolve."""
    low += abs(low) * 2.0**-24 if math.isfinite(low) else 0.0
    high -= abs(high) * 2.0**-24 if math.isfinite(high) else 0.0
    width = min(high - low, 1.0)
    choices = [numbers(max(low, min(-1e6, 2 * high)), min(high, max(1e6, 2 * low)))]
    if low > -math.inf:
        choices.append(_next_to(low, width))
    if high < math.inf:
        choices.append(_next_to(high, -width))
    return st.one_of(*choices).filter(lambda x: low < x < high)


def programs(
    max_leaves: int = 3,
    max_steps: int = 12,
    primitives: Sequence[str | Primitive] | None = None,
    anywhere: bool = False,
    leaves: SearchStrategy[float] | None = None,
) -> SearchStrategy[Program]:
    """Random programs with shared subexpressions: recipes that shrink to a few operations.

    Parameters
    ----------
    primitives:
        Which to use: all of the table, unless given.
    anywhere:
        Whether steps may leave a primitive's domain, stand on a kink, or give inf and nan.
    leaves:
        What to draw the leaves from: ``numbers(-10, 10)``, unless given.
    """
    chosen = list(table.values()) if primitives is None else [_primitive(p) for p in primitives]
    drawn = numbers(-10, 10) if leaves is None else leaves
    return st.builds(
        Program,
        leaves=st.lists(drawn, min_size=1, max_size=max_leaves).map(tuple),
        steps=st.lists(st.sampled_from(chosen).flatmap(_step), min_size=1, max_size=max_steps).map(
            tuple
        ),
        anywhere=st.just(anywhere),
    )


def _primitive(name: str | Primitive) -> Primitive:
    return name if isinstance(name, Primitive) else table[name]


def _step(primitive: Primitive) -> SearchStrategy[Step]:
    node = st.integers(0, 7)
    number = numbers(-10, 10)
    name = st.just(primitive.name)
    if primitive.arity is None:
        operands = st.lists(node, min_size=1, max_size=4)
        return st.builds(lambda name, some: (name, *some), name, operands)
    # three in four: one_of would count each kind of number, and a node but once
    either = st.integers(0, 3).flatmap(lambda k: number if k == 3 else node)
    drawn = [
        number if primitive.needs_number(i) else node if i == 0 else either
        for i in range(primitive.arity)
    ]
    return st.tuples(name, *drawn)


def networks(max_inputs: int = 2, max_width: int = 2) -> SearchStrategy[Program]:
    """Programs that are small dense networks with smooth activations and one output.

    The leaves are the inputs, then for each neuron of each layer its weights and its bias. The time
    that ``check_gradients`` takes grows with their square: with wider ones, check ``order=1``.
    """
    shapes = st.tuples(st.integers(1, max_inputs), st.integers(1, max_width))
    activations = st.sampled_from(ACTIVATIONS)
    return st.tuples(shapes, activations).flatmap(lambda drawn: _network(*drawn[0], drawn[1]))


def _network(n_in: int, width: int, activation: str) -> SearchStrategy[Program]:
    count = n_in + width * (n_in + 1) + width + 1
    steps: list[Step] = []

    def node(name: str, *operands: int) -> int:
        newest = count + len(steps) - 1
        steps.append((name, *[newest - operand for operand in operands]))
        return newest + 1

    leaf = iter(range(n_in, count))

    def neuron(inputs: Sequence[int]) -> int:
        weighted = [node("mul", next(leaf), x) for x in inputs]
        total = next(leaf)
        for product in weighted:
            total = node("add", total, product)
        return total

    hidden = [node(activation, neuron(range(n_in))) for _ in range(width)]
    neuron(hidden)
    drawn = st.lists(numbers(-3, 3), min_size=count, max_size=count).map(tuple)
    return st.builds(Program, leaves=drawn, steps=st.just(tuple(steps)), anywhere=st.just(True))
