"""Dual numbers over exact fractions, and dual numbers by a complex step: derivatives by algebra.

Neither knows a derivative of any primitive. A program is run on such numbers by the formulas of its
values, and what stands beside the value at the end is the derivative.
"""

import cmath
import math
from fractions import Fraction


class Exact:
    """A fraction and its derivative along one leaf: ``value + tangent * e`` with ``e * e = 0``."""

    def __init__(self, value, tangent=0):
        self.value, self.tangent = Fraction(value), Fraction(tangent)

    @staticmethod
    def apply(name, operands):
        """The primitive ``name``, for ``Program.run``."""
        return FRACTIONS[name](*[o if isinstance(o, Exact) else Exact(o) for o in operands])

    def __add__(self, other):
        return Exact(self.value + other.value, self.tangent + other.tangent)

    def __neg__(self):
        return Exact(-self.value, -self.tangent)

    def __sub__(self, other):
        return self + -other

    def __mul__(self, other):
        return Exact(
            self.value * other.value, self.tangent * other.value + self.value * other.tangent
        )

    def inverse(self):
        """1 / self: ``(a + b e) * (1/a - b/a/a e)`` is 1."""
        return Exact(1 / self.value, -self.tangent / self.value / self.value)

    def __truediv__(self, other):
        return self * other.inverse()

    def __pow__(self, n):
        """Multiplied out: ``n`` is whole."""
        result = Exact(1)
        for _ in range(abs(int(n.value))):
            result = result * self
        return result if n.value >= 0 else result.inverse()

    def __gt__(self, other):
        return self.value > other.value


zero, one = Exact(0), Exact(1)


def sign(a):
    return one if a > zero else -one if zero > a else zero


ARITHMETIC = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow_number": lambda a, n: a**n,
    "identity": lambda a: a,
}
"""The values on numbers of any kind."""

FRACTIONS = {
    **ARITHMETIC,
    "greater": lambda a, b, tie: one if a > b else Exact(tie.value) if a.value == b.value else zero,
    "where": lambda condition, a, b: a if condition.value else b,
    "step": lambda a: zero if zero > a else one,
    "sign": sign,
    "abs": lambda a: a * sign(a),
    "maximum": lambda a, b: a if a > b else b,
    "minimum": lambda a, b: b if a > b else a,
    "relu": lambda a: a if a > zero else zero,
    "leaky_relu": lambda a, slope: a if a > zero else slope * a,
}
"""The values of the rational primitives, away from their kinks."""


def step_at(x):
    """The complex step at ``x``: its square is lost beside anything, dividing by it is exact."""
    return math.ldexp(1.0, math.frexp(x)[1] - 100)


def real_part_by(function):
    """A function of cmath, its real part from ``function`` of math, accurate where it cancels."""

    def both(complex_function):
        return lambda z: complex(function(z.real), complex_function(z).imag)

    return both


def logistic(z):
    """1 / (1 + exp(-z)), with no exp of a large number."""
    if z.real >= 0:
        return 1 / (1 + cmath.exp(-z))
    small = cmath.exp(z)
    return small / (1 + small)


def softplus(z):
    small = cmath.exp(-z if z.real > 0 else z)
    log1p = complex(math.log1p(small.real), cmath.log(1 + small).imag)
    return log1p + z if z.real > 0 else log1p


def logsumexp(*zs):
    top = max(zs, key=lambda z: z.real)
    return top + cmath.log(sum(cmath.exp(z - top) for z in zs))


expm1 = real_part_by(math.expm1)(cmath.exp)

COMPLEX = {
    **ARITHMETIC,
    "pow": lambda a, b: a**b,
    "greater": lambda a, b, tie: complex(a.real > b.real),
    "where": lambda condition, a, b: a if condition.real else b,
    "step": lambda a: complex(a.real >= 0),
    "sign": lambda a: complex(math.copysign(1.0, a.real)),
    "abs": lambda a: a if a.real > 0 else -a,
    "maximum": lambda a, b: a if a.real > b.real else b,
    "minimum": lambda a, b: a if a.real < b.real else b,
    "exp": cmath.exp,
    "expm1": expm1,
    "log": cmath.log,
    "log1p": real_part_by(math.log1p)(lambda z: cmath.log(1 + z)),
    "sqrt": cmath.sqrt,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "tan": cmath.tan,
    "tanh": cmath.tanh,
    "sigmoid": logistic,
    "softplus": softplus,
    "relu": lambda a: a if a.real > 0 else 0j,
    "leaky_relu": lambda a, slope: a if a.real > 0 else slope * a,
    "elu": lambda a, alpha: a if a.real > 0 else alpha * expm1(a),
    "silu": lambda a: a * logistic(a),
    "logsumexp": logsumexp,
}
"""Values on complex numbers, away from kinks: branches go by the real part. cmath has no erf."""


def complex_step(name, operands):
    """The primitive ``name`` on complex numbers, for ``Program.run``."""
    return COMPLEX[name](*[complex(o) for o in operands])
