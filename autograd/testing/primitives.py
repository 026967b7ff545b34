"""Is a primitive right? Its rules, their derivatives and its formulas, over its domain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, nan
from typing import Any

from autograd.primitive import Primitive
from autograd.testing.gradients import check_gradients
from autograd.testing.program import inside
from autograd.testing.rounding import FEW, local_errors, noise
from autograd.value import Value

EDGES = (0.0, -0.0, 1.0, -1.0, 5e-324, 1e308, -1e308, inf, -inf, nan)


def check_primitive(
    primitive: Primitive, points: Iterable[Sequence[float]] | None = None, order: int = 2
) -> None:
    """Check a primitive at many points of its domain: rules, their derivatives, and formulas.

    Parameters
    ----------
    points:
        Where to check, a number for each operand. Unless given, Hypothesis (which is then needed)
        draws them from the primitive's domain, kinks left out, and a failure is shown at the
        simplest point that it can find.
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
            _check_point(primitive, point, order)
        return
    from hypothesis import HealthCheck, given, settings

    from autograd.testing.strategies import points_in

    @settings(
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(points_in(primitive))
    def at(point: tuple[float, ...]) -> None:
        __tracebackhide__ = True
        _check_point(primitive, point, order)

    at()


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
    if not inside(primitive, point):
        raise ValueError(f"{tuple(point)} is not in the domain of {primitive.name!r}, or on a kink")
    free = [i for i in range(len(point)) if not primitive.needs_number(i)]

    def function(*moved: Any) -> Any:
        operands: list[Any] = list(point)
        for i, x in zip(free, moved, strict=True):
            operands[i] = x
        return primitive(*operands)

    check_gradients(function, *[point[i] for i in free], order=order)
    node = function(*[Value(point[i]) for i in free])
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
