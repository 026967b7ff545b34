"""Newton's method, damped so that it goes down from anywhere."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograd import hessian, value_and_grad
from autograd.ieee import real
from nn.arguments import amount, whole

Function = Callable[[Any], Any]
Vector = list[float]
Matrix = list[list[float]]

UNIT = 2.0**-53
"""Half the distance from 1 to the next float: the relative error of one rounding."""


@dataclass(frozen=True)
class Newton:
    """Where Newton's method got to.

    x: the point, a number if it started from one, else a list; value: f(x); gradient_norm: |f'(x)|;
    steps: how many were taken; converged: whether x is a minimum by its gradient and Hessian;
    reason: why it stopped, in words; path: the points from the start to x.
    """

    x: Any
    value: float
    gradient_norm: float
    steps: int
    converged: bool
    reason: str
    path: list[Any] = field(repr=False)


def newton(
    f: Function, x: float | Sequence[float], *, steps: int = 100, tolerance: float = 1e-10
) -> Newton:
    """Look for a minimum of f by Newton's method with Levenberg's damping.

    Each step solves (H + damping * I) p = -gradient, with H the Hessian, and goes to x + p. The
    damping is 0 as long as H is positive definite and f falls about as far as H foretells; else it
    grows until both hold, which turns p towards the steepest descent and makes it short. So a
    quadratic takes one step, and where H is indefinite it still goes down.

    f: a function of a list of numbers (or of one number) that autograd can differentiate; x: the
    start; steps: at most so many; tolerance: done when the norm of the gradient is no larger.

    Sources: Levenberg (1944); Nocedal and Wright, Numerical Optimization (2006), section 4.1.

    >>> found = newton(lambda x: x[0] ** 2 + 2 * x[1] ** 2, [-5.0, -2.0])
    >>> found.x, found.steps, found.converged
    ([0.0, 0.0], 1, True)
    >>> round(newton(lambda x: x**4 - 4 * x, 3.0).x, 9)
    1.0
    >>> newton(lambda x: x[0] ** 2 - x[1] ** 2, [1.0, 0.0]).reason
    'the gradient is 0 and the Hessian is not positive: a saddle or a maximum'
    """
    whole("steps", steps, low=0)
    amount("tolerance", tolerance)
    if not isinstance(x, Sequence):
        scalar = newton(lambda v: f(v[0]), [x], steps=steps, tolerance=tolerance)
        return replace(scalar, x=scalar.x[0], path=[point[0] for point in scalar.path])
    if not x:
        raise ValueError("wanted a start of at least one number; got an empty list")
    at = _Place.of(f, [real(number) for number in x])
    if not math.isfinite(at.value):
        raise ValueError(f"wanted a start where f is finite; f({list(x)!r}) is {at.value}")
    path, damping, reason = [at.x], 0.0, ""
    while not reason:
        curvature = hessian(f)(at.x)
        if at.norm <= tolerance:
            reason = _kind(curvature)
        elif len(path) > steps:
            reason = f"the gradient is not 0 after {steps} steps"
        elif (found := _descend(f, at, curvature, damping)) is None:
            reason = "no step, however short, makes f smaller"
        else:
            at, damping = found
            path.append(at.x)
    return Newton(at.x, at.value, at.norm, len(path) - 1, reason == MINIMUM, reason, path)


MINIMUM = "the gradient is 0 and the Hessian is positive: a minimum"


def _kind(curvature: Matrix) -> str:
    """What a place without a gradient is; a Hessian of 0 in some direction counts as positive."""
    if _factors(curvature, damping=1e-12 * (_size(curvature) or 1.0)):
        return MINIMUM
    return "the gradient is 0 and the Hessian is not positive: a saddle or a maximum"


@dataclass(frozen=True)
class _Place:
    x: Vector
    value: float
    gradient: Vector
    norm: float

    @staticmethod
    def of(f: Function, x: Vector) -> "_Place":
        value, gradient = value_and_grad(f)(x)
        return _Place(x, value, gradient, math.hypot(*gradient))


def _descend(
    f: Function, at: _Place, curvature: Matrix, damping: float
) -> tuple[_Place, float] | None:
    """The place after one step, and the damping to try next; None where no step goes down."""
    size = _size(curvature) or 1.0
    while damping < math.inf:
        # Half of it must do, or the least curvature, and with it the step, could be anything.
        factors = _factors(curvature, damping / 2) and _factors(curvature, damping)
        if factors:
            p = _solve(factors, [-g for g in at.gradient])
            x = [a + b for a, b in zip(at.x, p, strict=True)]
            if x == at.x:
                return None
            to = _Place.of(f, x)
            foretold = _foretold(at.gradient, curvature, p)
            ratio = (at.value - to.value) / foretold if foretold > 0 else 0.0
            # Near the minimum the fall of f drowns in rounding errors; the gradient still tells.
            drowned = foretold <= 16 * UNIT * abs(at.value) and to.norm < at.norm
            if math.isfinite(to.value) and (ratio > 0.1 or drowned):
                if ratio > 0.75 or drowned:
                    damping = damping / 4 if damping > 1e-6 * size else 0.0
                return to, damping
        damping = max(2 * damping, 1e-3 * size)
    return None


def _foretold(gradient: Vector, curvature: Matrix, p: Vector) -> float:
    """How far the quadratic with this gradient and Hessian falls along p."""
    return -_dot(p, gradient) - 0.5 * _dot(p, [_dot(row, p) for row in curvature])


def _size(matrix: Matrix) -> float:
    """The largest entry; inf if not all are finite."""
    sizes = [abs(entry) for row in matrix for entry in row]
    return max(sizes) if all(map(math.isfinite, sizes)) else math.inf


def _factors(matrix: Matrix, damping: float) -> tuple[Matrix, Vector] | None:
    """L and D with L D L^T = matrix + damping * I, D > 0; None where that is not positive definite.

    L is unit lower triangular (its ones are left out), D diagonal. Source: Golub and Van Loan,
    Matrix Computations (2013), section 4.1.2.
    """
    lower: Matrix = []
    diagonal: Vector = []
    for i, row in enumerate(matrix):
        scaled: Vector = []  # row i of L D
        for j in range(i):
            scaled.append(row[j] - _dot(scaled, lower[j]))
        new = [a / d for a, d in zip(scaled, diagonal, strict=True)]
        pivot = row[i] + damping - _dot(scaled, new)
        if not 0 < pivot < math.inf:
            return None
        lower.append(new)
        diagonal.append(pivot)
    return lower, diagonal


def _solve(factors: tuple[Matrix, Vector], b: Vector) -> Vector:
    """The x with L D L^T x = b."""
    lower, diagonal = factors
    y: Vector = []
    for row, number in zip(lower, b, strict=True):
        y.append(number - _dot(row, y))
    x = [number / d for number, d in zip(y, diagonal, strict=True)]
    for i in reversed(range(len(b))):
        for j, entry in enumerate(lower[i]):
            x[j] -= entry * x[i]
    return x


def _dot(a: Vector, b: Vector) -> float:
    total = 0.0  # not sum(), which rounds otherwise from Python 3.12 on
    for x, y in zip(a, b, strict=True):
        total += x * y
    return total
