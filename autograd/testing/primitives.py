"""Is a primitive right? Its rules, their derivatives and its formulas, over its domain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import inf, nan
from typing import Any

from autograd.primitive import Primitive
from autograd.testing.gradients import check_function
from autograd.testing.program import inside
from autograd.testing.rounding import FEW, local_errors, noise
from autograd.value import Value

WHOLE = (0.0, 1.0, -1.0, 2.0)
EDGES = (0.0, -0.0, 1.0, -1.0, 5e-324, 1e308, -1e308, inf, -inf, nan)


def check_primitive(
    primitive: Primitive, points: Iterable[Sequence[float]] | None = None, order: int = 2
) -> None:
    """Check a primitive at many points of its domain: rules, their derivatives, and formulas.

    Parameters
    ----------
    points:
        Where to check, a number for each operand. Unless given, Hypothesis (which is then needed)
        draws them from the primitive's domain, and a failure is shown at the simplest point that it
        can find. On kinks small whole numbers are tried.
    order:
        The order of derivative to check up to.

    Raises
    ------
    GradientMismatch
        An AssertionError that says which rule is wrong, at which operands, by how much.
    AssertionError
        If the value is not a float everywhere, or a formula for show is not the rule.
    ValueError
        If a given point is outside of the domain or on a kink.

    >>> import math
    >>> from autograd.testing import registered
    >>> rule = lambda out, a: 3 * a  # 2 * a is right
    >>> with registered("square", value=lambda a: a * a, partials=[rule]) as square:
    ...     try:
    ...         check_primitive(square, points=[(1.0,)])
    ...     except AssertionError as error:
    ...         print(str(error).partition("because ")[2].partition(",")[0])
    the rule of 'square' for operand 0 is wrong: at (1.0) it gives 3.0
    """
    __tracebackhide__ = True  # pytest shows the test, and the message
    _check_edges(primitive)
    if points is not None:
        for point in points:
            if not inside(primitive, point):
                raise ValueError(
                    f"{tuple(point)} is not in the domain of {primitive.name!r}, or on a kink"
                )
            _check_point(primitive, point, order)
        return
    for point in _kinks(primitive):
        _check_point(primitive, point, 1)
    failing = _simplest(primitive, order)
    if failing is not None:
        _check_point(primitive, failing, order)
        raise AssertionError(
            f"{primitive.name!r} was wrong at {failing}, and then was not: it does not compute the "
            "same from the same operands"
        )


def _simplest(primitive: Primitive, order: int) -> tuple[float, ...] | None:
    """The simplest point of the domain that Hypothesis can find where something is wrong."""
    try:
        from hypothesis import HealthCheck, find, settings
        from hypothesis.errors import NoSuchExample
    except ImportError as error:
        raise ImportError(
            "check_primitive draws points with Hypothesis: pip install hypothesis, or give points="
        ) from error

    from autograd.testing.strategies import points_in

    def is_wrong(point: tuple[float, ...]) -> bool:
        try:
            _check_point(primitive, point, order)
        except Exception:  # of the user's rule
            return True
        return False

    quiet = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    try:
        point: Any = find(points_in(primitive), is_wrong, settings=quiet)
    except NoSuchExample:
        return None
    return tuple(point)


def _kinks(primitive: Primitive) -> Iterator[tuple[float, ...]]:
    """Small whole numbers where ``primitive`` has a kink."""
    domain = primitive.domain * (1 if primitive.arity else 2)
    for point in product(WHOLE, repeat=len(domain)):
        within = all(low < x < high for (low, high), x in zip(domain, point, strict=True))
        if within and any(kink(*point) == 0 for kink in primitive.kinks):
            yield point


def _check_edges(primitive: Primitive) -> None:
    """The value is a float at the edges of the number line, one operand at a time."""
    count = primitive.arity or 2
    for i in range(count):
        for edge in EDGES:
            operands = [0.5] * count
            operands[i] = edge
            try:
                value: Any = primitive.value(*operands)
            except (ArithmeticError, ValueError) as error:
                value = error
            if type(value) is not float:
                raise AssertionError(
                    f"the value of {primitive.name!r} at {tuple(operands)} is {value!r}, a float "
                    "is wanted: return math.inf or math.nan where there is no other answer"
                )


def _check_point(primitive: Primitive, point: Sequence[float], order: int) -> None:
    __tracebackhide__ = True
    free = [i for i in range(len(point)) if not primitive.needs_number(i)]

    def function(moved: list[Value]) -> list[Any]:
        operands: list[Any] = list(point)
        for i, x in zip(free, moved, strict=True):
            operands[i] = x
        return [primitive(*operands)]

    numbers = [float(point[i]) for i in free]
    check_function(function, numbers, [f"operand {i}" for i in free], order)
    (node,) = function([Value(x) for x in numbers])
    if isinstance(node, Value) and node.primitive is not None:
        _check_formulas(node)


def _check_formulas(node: Value) -> None:
    """What is shown as a derivative is the rule, up to rounding."""
    primitive = node.primitive
    assert primitive is not None
    off = local_errors(node, {})
    for i, shown in enumerate(primitive.shown):
        local = node.local_derivatives[i]
        if shown is None or local is None:
            continue
        formula = shown(node, *node.operands)
        value = formula.data if isinstance(formula, Value) else float(formula)
        allowed = noise(formula) + off[i] + FEW * abs(local)
        if not abs(value - local) <= allowed:
            raise AssertionError(
                f"the formula shown for {primitive.name!r} and operand {i} is not the rule: at "
                f"{node.operands} it gives {value!r}, the rule {local!r}: apart by more than "
                f"{allowed:.3g}"
            )
