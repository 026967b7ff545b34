"""The table of primitives: every differentiable function, once.

Each entry says what the function is called, how it is computed, what its partial derivatives are
(written with the other primitives), how both are read, and where they are defined. All else reads
this table: the methods of Value and the functions of ``autograd``, backprop on numbers and on
graphs, the formulas, the compiler's backends and the tests. A new primitive is one new entry.

A *base* primitive is computed by each backend in its own way; a *derived* one has a ``definition``
in terms of others, from which every backend gets it. Rules are functions of ``(out, *operands)``,
``out`` being the primitive's own result. They must hold at every order, so a rule branches only
through ``where`` and ``greater``, never by ``if``.
"""

from __future__ import annotations

import math
from typing import Any

from autograd.elementary import *
from autograd.primitive import Primitive, primitive, table

__all__ = ["primitive", "table"]  # and every name in the table

# -- activations and what they are made of ---------------------------------------------------------

tanh: Primitive = primitive(
    "tanh",
    value=math.tanh,
    javascript="Math.tanh({0})",
    llvm=lambda ir, a: ir.call("tanh", a),
    # 1 - out**2 cancels in the tails (0 from a = 20 on); this keeps full relative accuracy
    partials=(lambda out, a: 4 * sigmoid(2 * a) * sigmoid(-(2 * a)),),
    shown=(lambda out, a: 1 - out**2,),
    latex=r"\tanh({0})",
    words="tanh scales the gradient by 1 - tanh**2: 1 at the middle, near 0 where saturated",
)
sigmoid: Primitive = primitive(
    "sigmoid",
    # exp of a number that is never positive: no overflow on the way
    definition=lambda a: where(step(a), 1.0, exp(-abs(a))) / (1 + exp(-abs(a))),
    partials=(lambda out, a: out * sigmoid(-a),),
    shown=(lambda out, a: out * (1 - out),),
    latex=r"\sigma({0})",
    words="sigmoid scales the gradient by s*(1 - s): at most 1/4, near 0 where saturated",
    doc="1 / (1 + exp(-a)).",
)
softplus: Primitive = primitive(
    "softplus",
    definition=lambda a: maximum(a, 0.0) + log1p(exp(-abs(a))),
    partials=(lambda out, a: sigmoid(a),),
    words="softplus scales the gradient by the sigmoid of its operand",
    doc="log(1 + exp(a)).",
)
relu: Primitive = primitive(
    "relu",
    definition=lambda a: maximum(a, 0.0),
    partials=(lambda out, a: greater(a, 0.0, 0.0),),
    kinks=(lambda a: a,),
    words="ReLU lets the gradient through where its operand is positive, and stops it elsewhere",
    doc="max(a, 0); its derivative at 0 is 0.",
)
leaky_relu: Primitive = primitive(
    "leaky_relu",
    arity=2,
    defaults=(0.01,),
    definition=lambda a, slope: where(greater(a, 0.0, 0.0), a, slope * a),
    partials=(
        lambda out, a, slope: where(greater(a, 0.0, 0.0), 1.0, slope),
        lambda out, a, slope: where(step(-a), a, 0.0),
    ),
    kinks=(lambda a, slope: a,),
    words="leaky ReLU hands the gradient on, scaled by the slope where its operand is negative",
    doc="a where a > 0, else slope * a; its derivative at 0 is the slope.",
)
elu: Primitive = primitive(
    "elu",
    arity=2,
    defaults=(1.0,),
    definition=lambda a, alpha: where(greater(a, 0.0, 0.0), a, alpha * expm1(a)),
    partials=(
        lambda out, a, alpha: where(
            greater(a, 0.0, 0.0), 1.0, alpha * exp(where(step(-a), a, 0.0))
        ),
        lambda out, a, alpha: expm1(where(step(-a), a, 0.0)),
    ),
    kinks=(lambda a, alpha: a,),
    words="ELU hands the gradient on, scaled by alpha*exp(a) where its operand is negative",
    doc="a where a > 0, else alpha * (exp(a) - 1); its derivative at 0 is alpha.",
)
silu: Primitive = primitive(
    "silu",
    definition=lambda a: a * sigmoid(a),
    partials=(lambda out, a: sigmoid(a) * (1 + a * sigmoid(-a)),),
    words="SiLU scales the gradient by s*(1 + a*(1 - s)), s being the sigmoid of its operand",
    doc="a * sigmoid(a), also called swish.",
)
gelu: Primitive = primitive(
    "gelu",
    definition=lambda a: 0.5 * a * erfc(-math.sqrt(0.5) * a),
    partials=(
        lambda out, a: (
            0.5 * erfc(-math.sqrt(0.5) * a) + a * (math.sqrt(0.5 / math.pi) * exp(-0.5 * (a * a)))
        ),
    ),
    words="GELU scales the gradient by P(X < a) + a*p(a), X being standard normal",
    doc="a * P(X < a), X standard normal; the exact form (Hendrycks and Gimpel 2016).",
)


def _shift(operands: tuple[Any, ...]) -> Any:
    """The largest operand, or 0 where that is infinite: what keeps exp from overflowing."""
    top = operands[0]
    for operand in operands[1:]:
        top = maximum(top, operand)
    return where(greater(inf, abs(top), 0.0), top, 0.0)


def _logsumexp(*operands: Any) -> Any:
    shift = _shift(operands)
    total = exp(operands[0] - shift)
    for operand in operands[1:]:
        total = total + exp(operand - shift)
    return shift + log(total)


logsumexp: Primitive = primitive(
    "logsumexp",
    arity=None,
    definition=_logsumexp,
    partials=lambda out, operand: exp(operand - out),
    words="logsumexp shares the gradient out in proportion to exp of each operand (softmax)",
    doc="log(exp(a) + exp(b) + ...) of any number of operands, or of one sequence of them.",
)
