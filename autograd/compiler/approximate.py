"""exp and log on whole vectors, for ``fast_math``: within a unit in the last place of C's.

Both reduce the argument and sum a series (Muller, Elementary Functions, 3rd ed., chapters 5 and
11). They need a fused multiply-add to be that accurate.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence

from autograd.compiler.ir import Builder, vector_type

LN2_HIGH = 0.6931471803691238  # log(2) cut to 32 bits: exact times an exponent
LN2_LOW = 1.9082149292705877e-10  # and the rest
SHIFT = 6755399441055744.0  # 1.5 * 2**52: added to a whole number, it brings that to the low bits
MANTISSA = 52  # bits
HALF_ROOT = math.sqrt(0.5)


def bits(number: float) -> int:
    return int.from_bytes(struct.pack(">d", number), "big")


class Integers:
    """Arithmetic on the bits of a Builder's vectors."""

    def __init__(self, b: Builder) -> None:
        self._b = b
        self._kind = vector_type(b.lanes, "i64")

    def of(self, x: str) -> str:
        return self._b.let(f"bitcast {self._b.vector} {x} to {self._kind}")

    def back(self, i: str) -> str:
        return self._b.let(f"bitcast {self._kind} {i} to {self._b.vector}")

    def apply(self, operation: str, i: str, other: str | int) -> str:
        if isinstance(other, int):
            lanes = self._b.lanes
            other = str(other) if lanes == 1 else f"<{', '.join([f'i64 {other}'] * lanes)}>"
        return self._b.let(f"{operation} {self._kind} {i}, {other}")


def series(b: Builder, coefficients: Sequence[float], x: str) -> str:
    """c[0] + c[1]*x + c[2]*x**2 + ..., from the inside out."""
    total = b.operand(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = b.fma(total, x, coefficient)
    return total


def power_of_two(b: Builder, n: str) -> str:
    """2**n for a whole number n between -1022 and 1023."""
    integers = Integers(b)
    low = integers.of(b.fadd(n, SHIFT + 1023.0))
    return integers.back(integers.apply("shl", low, MANTISSA))


def exp(b: Builder, x: str) -> str:
    """exp(x) = 2**n * exp(r), with x = n*log(2) + r and so abs(r) < 0.35."""
    bounded = b.select(b.fcmp("olt", x, -746.0), -746.0, x)
    bounded = b.select(b.fcmp("ogt", bounded, 710.0), 710.0, bounded)
    n = b.intrinsic("rint", b.fmul(bounded, 1 / math.log(2.0)))
    n = b.select(b.fcmp("uno", x, x), 0.0, n)
    r = b.fma(n, -LN2_LOW, b.fma(n, -LN2_HIGH, bounded))
    rest = series(b, [1 / math.factorial(k) for k in range(2, 14)], r)
    total = b.fadd(b.fma(b.fmul(r, r), rest, r), 1.0)
    # in two steps, since 2**n may be no normal number where the result is one
    half = b.intrinsic("rint", b.fmul(n, 0.5))
    return b.fmul(b.fmul(total, power_of_two(b, half)), power_of_two(b, b.fsub(n, half)))


def log(b: Builder, x: str) -> str:
    """log(x) = n*log(2) + log(1 + f), with sqrt(1/2) <= 1 + f < sqrt(2); of s = f / (2 + f),
    log(1 + f) = 2*s + 2/3*s**3 + ..., written as f plus a correction."""
    small = b.fcmp("olt", x, 2.0**-1022)
    normal = b.select(small, b.fmul(x, 2.0**54), x)
    integers = Integers(b)
    above = integers.apply("sub", integers.of(normal), bits(HALF_ROOT))
    exponent = integers.apply("ashr", above, MANTISSA)
    whole = integers.apply("shl", exponent, MANTISSA)
    f = b.fsub(integers.back(integers.apply("sub", integers.of(normal), whole)), 1.0)
    n = b.fsub(integers.back(integers.apply("add", exponent, bits(SHIFT))), SHIFT)
    n = b.select(small, b.fsub(n, 54.0), n)
    s = b.fdiv(f, b.fadd(f, 2.0))
    z = b.fmul(s, s)
    rest = b.fmul(z, series(b, [2 / (2 * k + 1) for k in range(1, 12)], z))
    square = b.fmul(b.fmul(f, 0.5), f)
    low = b.fma(s, b.fadd(square, rest), b.fmul(n, LN2_LOW))
    total = b.fma(n, LN2_HIGH, b.fsub(f, b.fsub(square, low)))
    total = b.select(b.fcmp("oeq", x, math.inf), math.inf, total)
    total = b.select(b.fcmp("oeq", x, 0.0), -math.inf, total)
    return b.select(b.either(b.fcmp("olt", x, 0.0), b.fcmp("uno", x, x)), math.nan, total)


FUNCTIONS: dict[str, Callable[[Builder, str], str]] = {"exp": exp, "log": log}
