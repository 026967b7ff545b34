"""What the engine is held against: derivatives from textbooks in 50 digits, and whole programs.

Nothing here reads the rules of the table. A primitive that is not in ``DERIVATIVES`` (a new one) is
differentiated by differences of its value.

``ORACLES`` are six ways to differentiate a program: functions of a Program and of what bounds the
rounding of the engine's own result. They return for each leaf a derivative and how far the engine's
may be from it (inf: this oracle cannot tell), or None where they do not hold.
"""

import math
from typing import NamedTuple

import mpmath
from dual_numbers import ARITHMETIC, COMPLEX, FRACTIONS, Exact, complex_step, step_at
from mpmath import mp

from autograd.primitive import table
from autograd.testing import slopes
from autograd.testing.numeric import ROUNDING
from autograd.testing.rounding import Bounds

mp.dps = 50
half = mp.mpf(1) / 2


def logistic(a):
    return 1 / (1 + mp.exp(-a))


def erfc(a):
    """mpmath's, which gives up on huge numbers: beyond 1e5 it is 0 or 2 to 4e9 digits."""
    return mp.erfc(a) if abs(a) < 1e5 else mp.mpf(0 if a > 0 else 2)


def normal_cdf(a):
    return erfc(-a / mp.sqrt(2)) / 2


def normal_pdf(a):
    return mp.exp(-a * a / 2) / mp.sqrt(2 * mp.pi)


def softmax(*operands):
    top = max(operands)
    weights = [mp.exp(a - top) for a in operands]
    return [weight / sum(weights) for weight in weights]


VALUES = {
    **ARITHMETIC,
    "pow": lambda a, b: a**b,
    "greater": lambda a, b, tie: mp.mpf(a > b),
    "where": lambda condition, a, b: a if condition else b,
    "step": lambda a: mp.mpf(a >= 0),
    "sign": lambda a: mp.sign(a),
    "abs": lambda a: abs(a),
    "maximum": lambda a, b: max(a, b),
    "minimum": lambda a, b: min(a, b),
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "erf": mp.erf,
    "erfc": erfc,
    "tanh": mp.tanh,
    "sigmoid": logistic,
    "softplus": lambda a: max(a, 0) + mp.log1p(mp.exp(-abs(a))),
    "relu": lambda a: max(a, 0),
    "leaky_relu": lambda a, slope: a if a > 0 else slope * a,
    "elu": lambda a, alpha: a if a > 0 else alpha * mp.expm1(a),
    "silu": lambda a: a * logistic(a),
    "gelu": lambda a: a * normal_cdf(a),
    "logsumexp": lambda *operands: (
        max(operands) + mp.log(sum(mp.exp(a - max(operands)) for a in operands))
    ),
}

DERIVATIVES = {
    "add": lambda a, b: [1, 1],
    "sub": lambda a, b: [1, -1],
    "mul": lambda a, b: [b, a],
    "div": lambda a, b: [1 / b, -a / b**2],
    "neg": lambda a: [-1],
    "pow_number": lambda a, n: [n * a ** (n - 1)],
    "pow": lambda a, b: [b * a ** (b - 1), a**b * mp.log(a)],
    "identity": lambda a: [1],
    "greater": lambda a, b, tie: [0, 0],
    "where": lambda condition, a, b: [0, int(bool(condition)), int(not condition)],
    "step": lambda a: [0],
    "sign": lambda a: [0],
    "abs": lambda a: [mp.sign(a)],
    "maximum": lambda a, b: [int(a > b), int(b > a)],
    "minimum": lambda a, b: [int(a < b), int(b < a)],
    "exp": lambda a: [mp.exp(a)],
    "expm1": lambda a: [mp.exp(a)],
    "log": lambda a: [1 / a],
    "log1p": lambda a: [1 / (1 + a)],
    "sqrt": lambda a: [1 / (2 * mp.sqrt(a))],
    "sin": lambda a: [mp.cos(a)],
    "cos": lambda a: [-mp.sin(a)],
    "tan": lambda a: [1 / mp.cos(a) ** 2],
    "erf": lambda a: [2 / mp.sqrt(mp.pi) * mp.exp(-a * a)],
    "erfc": lambda a: [-2 / mp.sqrt(mp.pi) * mp.exp(-a * a)],
    "tanh": lambda a: [1 / mp.cosh(a) ** 2],
    "sigmoid": lambda a: [1 / (2 * mp.cosh(a / 2)) ** 2],
    "softplus": lambda a: [logistic(a)],
    "relu": lambda a: [int(a > 0)],
    "leaky_relu": lambda a, slope: [1 if a > 0 else slope, a if a < 0 else 0],
    "elu": lambda a, alpha: [
        1 if a > 0 else alpha * mp.exp(a),
        mp.expm1(a) if a < 0 else 0,
    ],
    "silu": lambda a: [logistic(a) * (1 + a * logistic(-a))],
    "gelu": lambda a: [normal_cdf(a) + a * normal_pdf(a)],
    "logsumexp": softmax,
}


def exactly(operands):
    """Floats as 50-digit numbers, which hold them without rounding."""
    return [mp.mpf(x) for x in operands]


def value(name, operands):
    """The value of a primitive at floats, as a 50-digit number."""
    if name not in VALUES:
        return mp.mpf(table[name].value(*operands))
    return mp.mpf(VALUES[name](*exactly(operands)))


def partials(name, operands):
    """The partial derivatives of a primitive at floats, as 50-digit numbers."""
    if name in DERIVATIVES:
        return [mp.mpf(partial) for partial in DERIVATIVES[name](*exactly(operands))]
    primitive = table[name]
    found = []
    for i, x in enumerate(operands):
        if not primitive.needs_number(i):

            def section(x, i=i):
                return primitive.value(*operands[:i], x, *operands[i + 1 :])

            found.append(mp.mpf(slopes(section, x).both.value))
    return found


def second_and_third(name, operands, i, n):
    """The ``n``-th derivative by operand ``i``, from the first one in 50 digits."""
    count = -1
    for k in range(i + 1):
        count += not table[name].needs_number(k)
    at = exactly(operands)

    def first(x):
        return DERIVATIVES[name](*at[:i], x, *at[i + 1 :])[count]

    # central differences of step h are off by h**2, relatively; 50 digits leave room for 2**-40
    return mp.diff(first, at[i], n - 1, h=(abs(at[i]) or 1) * mp.mpf(2) ** -40)


class Dual:
    """A float, its derivative along one leaf, and that derivative's size without cancellation.

    The float is the engine's own, the partial derivatives are correctly rounded ones from
    ``partials``; so what is compared is the chain rule, and each rule at the numbers it met.
    ``blurred`` is the size as it is where a rule of ``CANCELLING`` is off in proportion to 1.
    """

    def __init__(self, value, tangent=0.0, size=0.0):
        self.value, self.tangent, self.size, self.blurred = value, tangent, size, size

    @staticmethod
    def apply(name, operands):
        numbers = [o.value if isinstance(o, Dual) else o for o in operands]
        locals_ = iter([float(partial) for partial in partials(name, numbers)])
        tangent = size = blurred = 0.0
        for i, operand in enumerate(operands):
            if table[name].needs_number(i):
                continue
            local = next(locals_)
            if isinstance(operand, Dual):
                tangent += local * operand.tangent
                size += abs(local) * operand.size
                blurred += (abs(local) + (name in CANCELLING)) * operand.blurred
        dual = Dual(table[name].value(*numbers), tangent, size)
        dual.blurred = blurred
        return dual


CANCELLING = {"elu", "expm1", "sigmoid", "silu", "softplus", "tanh"}
"""Whose derivatives PyTorch takes from the value, as 1 - tanh**2, which leaves no digit far out."""


# -- programs --


class Rounding(NamedTuple):
    """How far rounding may have moved a program's value, and its derivative by each leaf."""

    value: float
    slopes: list[float]

    @classmethod
    def of(cls, output, leaves):
        bounds = Bounds(output)
        return cls(bounds.value, [bounds.gradient(leaf) for leaf in leaves])


def seeded(program, number):
    """For each leaf the program's leaves, ``number(x, 1)`` for that one and ``number(x, 0)``."""
    leaves = program.leaves
    return [[number(x, int(i == j)) for j, x in enumerate(leaves)] for i in range(len(leaves))]


def duals(program, rounding):
    """Forward mode on floats. Over n nodes a sum is off by at most 4 n u times its terms.

    Local derivatives are off as well, by a few roundings of their operands: 16 in place of 4, and
    what ``Bounds`` finds where they are ill conditioned.
    """
    found = dual_gradient(program)
    some = 16 * (len(program.leaves) + len(program.instructions)) * ROUNDING
    return [(d.tangent, some * d.size + b) for d, b in zip(found, rounding.slopes, strict=True)]


def dual_gradient(program):
    """The program's output as a Dual along each leaf."""
    every = seeded(program, lambda x, e: Dual(x, float(e), float(e)))
    return [program.run(leaves, Dual.apply)[-1] for leaves in every]


def run_in_digits(program):
    """Forward mode in 50 digits, by ``VALUES`` and ``DERIVATIVES``: nodes, and a row for each."""
    count = len(program.leaves)
    nodes = [mp.mpf(x) for x in program.leaves]
    rows = [[mp.mpf(i == j) for j in range(count)] for i in range(count)]
    for name, operands in program.instructions:
        at = [nodes[o] if isinstance(o, int) else mp.mpf(o) for o in operands]
        locals_ = iter(DERIVATIVES[name](*at))
        row = [mp.mpf(0)] * count
        for i, o in enumerate(operands):
            if not table[name].needs_number(i):
                local = next(locals_)
                if isinstance(o, int):
                    row = [total + local * t for total, t in zip(row, rows[o], strict=True)]
        nodes.append(mp.mpf(VALUES[name](*at)))
        rows.append(row)
    return nodes, rows


def digits(program, rounding):
    """The derivatives of exact values, where floats take the same branches."""
    nodes, rows = run_in_digits(program)
    return well_conditioned(rows[-1], rounding) if branches_alike(program, nodes) else None


def fractions(program, rounding):
    """Dual numbers over fractions, for rational programs."""
    rational = all(name in FRACTIONS for name, _ in program.instructions)
    exponents = [o[1] for name, o in program.instructions if name == "pow_number"]
    if not rational or not all(float(n).is_integer() for n in exponents):
        return None
    found = []
    for leaves in seeded(program, Exact):
        nodes = program.run(leaves, Exact.apply)
        found.append(nodes[-1].tangent)
    if not branches_alike(program, [node.value for node in nodes]):
        return None
    return well_conditioned(found, rounding)


def complex_steps(program, rounding):
    """The imaginary part of f(x + ih) / h, for programs of what cmath has; nothing cancels."""
    if not all(name in COMPLEX for name, _ in program.instructions):
        return None
    rows = seeded(program, lambda x, e: complex(x, e * step_at(x)))
    found = []
    for row, x, bound in zip(rows, program.leaves, rounding.slopes, strict=True):
        try:
            output = program.run(row, complex_step)[-1]
        except (OverflowError, ZeroDivisionError):  # cmath raises where floats would give inf
            return None
        # it rounds as often as the engine, and loses what is below the smallest of floats
        found.append((output.imag / step_at(x), 2 * bound + 2.0**-1070 / step_at(x)))
    return found


def differences(program, rounding):
    """Differences of the program's value, with their own estimate of what they miss."""
    found = []
    for i, bound in enumerate(rounding.slopes):

        def section(x, i=i):
            return program(*program.leaves[:i], x, *program.leaves[i + 1 :])

        slope = slopes(section, program.leaves[i], rounding.value)
        error = math.inf if slope.is_kink else slope.both.error
        found.append((slope.both.value, error + bound))
    return found


def torch(program, rounding):
    """PyTorch's autograd in float64, where it is installed."""
    functions = torch_functions()
    import torch

    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.leaves]

    def apply(name, operands):
        return functions[name](*[torch.as_tensor(o, dtype=torch.float64) for o in operands])

    output = program.run(leaves, apply)[-1]
    slopes = [None] * len(leaves)
    if output.requires_grad:
        slopes = torch.autograd.grad(output, leaves, allow_unused=True)
    found = [0.0 if slope is None else slope.item() for slope in slopes]
    # it rounds as often as the engine, and cancels
    some = 16 * (len(leaves) + len(program.instructions)) * ROUNDING
    sizes = [dual.blurred for dual in dual_gradient(program)]
    allowed = [2 * b + some * size for b, size in zip(rounding.slopes, sizes, strict=True)]
    return list(zip(found, allowed, strict=True))


def torch_functions():
    """The primitives under PyTorch's names, where those are other ones."""
    import torch
    from torch.nn import functional

    others = {
        "div": torch.true_divide,
        "pow_number": torch.pow,
        "identity": lambda a: a * 1.0,
        "greater": lambda a, b, tie: (a > b).double(),
        "where": lambda condition, a, b: torch.where(condition != 0, a, b),
        "step": lambda a: (a >= 0).double(),
        "gelu": lambda a: 0.5 * a * torch.special.erfc(-math.sqrt(0.5) * a),  # its own cancels
        "leaky_relu": lambda a, slope: torch.where(a > 0, a, slope * a),
        "elu": lambda a, alpha: torch.where(a > 0, a, alpha * torch.expm1(torch.clamp(a, max=0.0))),
        "softplus": lambda a: torch.logaddexp(a, torch.zeros_like(a)),
        "logsumexp": lambda *operands: torch.logsumexp(torch.stack(operands), 0),
    }
    return {
        name: others.get(name) or getattr(torch, name, None) or getattr(functional, name)
        for name in table
    }


def branches_alike(program, nodes):
    """Whether floats fall to the same sides of all kinks as these more accurate numbers."""
    floats = program.run(program.leaves, lambda name, operands: table[name].value(*operands))
    for name, operands in program.instructions:
        for kink in table[name].kinks:
            sides = [
                kink(*[numbers[o] if isinstance(o, int) else o for o in operands])
                for numbers in (floats, nodes)
            ]
            if (sides[0] > 0) != (sides[1] > 0) or (sides[0] < 0) != (sides[1] < 0):
                return False
    return True


def well_conditioned(found, rounding):
    """Derivatives of exact values: the bounds are of first order, good while they are small."""
    allowed = [
        4 * bound if bound < 1e-6 * (abs(slope) + 1) else math.inf
        for slope, bound in zip(found, rounding.slopes, strict=True)
    ]
    return list(zip(found, allowed, strict=True))


ORACLES = {
    "duals": duals,
    "50 digits": digits,
    "fractions": fractions,
    "complex step": complex_steps,
    "differences": differences,
    "torch": torch,
}

__all__ = ["ORACLES", "Dual", "Exact", "mpmath", "partials", "second_and_third", "value"]
