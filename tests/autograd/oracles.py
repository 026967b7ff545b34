"""What the engine is held against: derivatives from textbooks, in 50 digits; exact fractions.

Nothing here reads the rules of the table. A primitive that is not in ``DERIVATIVES`` (a new one) is
differentiated by differences of its value.
"""

from fractions import Fraction

import mpmath
from mpmath import mp

from autograd.primitive import table
from autograd.testing import slopes

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
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow_number": lambda a, n: a**n,
    "pow": lambda a, b: a**b,
    "identity": lambda a: a,
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


class Dual:
    """A float, its derivative along one leaf, and that derivative's size without cancellation.

    The float is the engine's own, the partial derivatives are correctly rounded ones from
    ``partials``; so what is compared is the chain rule, and each rule at the numbers it met.
    """

    def __init__(self, value, tangent=0.0, size=0.0):
        self.value, self.tangent, self.size = value, tangent, size

    @staticmethod
    def apply(name, operands):
        numbers = [o.value if isinstance(o, Dual) else o for o in operands]
        locals_ = iter([float(partial) for partial in partials(name, numbers)])
        tangent = size = 0.0
        for i, operand in enumerate(operands):
            if table[name].needs_number(i):
                continue
            local = next(locals_)
            if isinstance(operand, Dual):
                tangent += local * operand.tangent
                size += abs(local) * operand.size
        return Dual(table[name].value(*numbers), tangent, size)


def dual_gradient(program):
    """The derivative of a Program by each leaf, with its size; and the count of its nodes."""
    found = []
    for i in range(len(program.leaves)):
        leaves = [Dual(x, float(i == j), float(i == j)) for j, x in enumerate(program.leaves)]
        nodes = program.run(leaves, Dual.apply)
        found.append((nodes[-1].tangent, nodes[-1].size))
    return found, len(nodes)


class Exact:
    """A Fraction and its derivative along one leaf: rational programs without any rounding."""

    def __init__(self, value, tangent=Fraction(0)):
        self.value, self.tangent = value, tangent

    @staticmethod
    def apply(name, operands):
        a, *rest = [o if isinstance(o, Exact) else Exact(Fraction(o)) for o in operands]
        b = rest[0] if rest else None
        if name == "add":
            return Exact(a.value + b.value, a.tangent + b.tangent)
        if name == "sub":
            return Exact(a.value - b.value, a.tangent - b.tangent)
        if name == "mul":
            return Exact(a.value * b.value, a.tangent * b.value + a.value * b.tangent)
        assert name == "neg"
        return Exact(-a.value, -a.tangent)


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


__all__ = ["Dual", "Exact", "dual_gradient", "mpmath", "partials", "second_and_third", "value"]
