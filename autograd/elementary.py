"""The table of primitives, its first part: arithmetic, branches and elementary functions.

``autograd.primitives`` tells how an entry reads.
"""

from __future__ import annotations

import math

from autograd import ieee
from autograd.primitive import Primitive, primitive

inf = math.inf
nan = math.nan
everywhere = (-inf, inf)

# -- arithmetic ----------------------------------------------------------------------------------

add: Primitive = primitive(
    "add",
    symbol="+",
    arity=2,
    value=lambda a, b: a + b,
    python="{0} + {1}",
    javascript="{0} + {1}",
    llvm=lambda ir, a, b: ir.fadd(a, b),
    partials=(lambda out, a, b: 1.0, lambda out, a, b: 1.0),
    words="+ hands the gradient on to both operands unchanged",
)
sub: Primitive = primitive(
    "sub",
    symbol="-",
    arity=2,
    value=lambda a, b: a - b,
    python="{0} - {1}",
    javascript="{0} - {1}",
    llvm=lambda ir, a, b: ir.fsub(a, b),
    partials=(lambda out, a, b: 1.0, lambda out, a, b: -1.0),
    words="- hands the gradient on to the first operand, and its negative to the second",
)
mul: Primitive = primitive(
    "mul",
    symbol="*",
    arity=2,
    value=lambda a, b: a * b,
    python="{0} * {1}",
    javascript="{0} * {1}",
    llvm=lambda ir, a, b: ir.fmul(a, b),
    fold=lambda a, b: (
        b if a == 1.0 else -b if a == -1.0 else a if b == 1.0 else -a if b == -1.0 else None
    ),
    partials=(lambda out, a, b: b, lambda out, a, b: a),
    words="* hands the gradient on with the operands swapped: each gets it times the other",
)
div: Primitive = primitive(
    "div",
    symbol="/",
    arity=2,
    value=ieee.div,
    python="{0} / {1} if {1} else div({0}, {1})",
    javascript="{0} / {1}",
    llvm=lambda ir, a, b: ir.fdiv(a, b),
    # div(1.0, b), not 1 / b: b may be the plain number 0.0, on which Python's / raises
    partials=(lambda out, a, b: div(1.0, b), lambda out, a, b: -out / b),
    shown=(None, lambda out, a, b: -a / b**2),
    latex=r"\frac{{{0}}}{{{1}}}",
    domain=(everywhere, (0.0, inf)),
    words="/ scales the gradient by one over the divisor",
)
neg: Primitive = primitive(
    "neg",
    symbol="neg",
    value=lambda a: -a,
    python="-{0}",
    javascript="-{0}",
    llvm=lambda ir, a: ir.fneg(a),
    fold=lambda a: a.operand_of(neg, 0),
    partials=(lambda out, a: -1.0,),
    text="-{0}",
    latex="-{0}",
    words="- turns the sign of the gradient",
)
pow_number: Primitive = primitive(
    "pow_number",
    symbol="**",
    arity=2,
    value=ieee.power,
    javascript="power({0}, {1})",
    llvm=lambda ir, a, n: ir.call("pow", a, n),
    fold=lambda a, n: a if n == 1.0 else a * a if n == 2.0 else 1.0 if n == 0.0 else None,
    # n is a number, so that the branch is chosen when the rule is applied: 2 * a for a square
    partials=(
        lambda out, a, n: where(n - 2, where(n, n * a ** (n - 1), 0.0), 2 * a),
        None,
    ),
    shown=(lambda out, a, n: {0.0: 0.0, 1.0: 1.0, 2.0: 2 * a}.get(n, n * a ** (n - 1)),),
    latex="{{{0}}}^{{{1}}}",
    domain=((0.0, inf), (-3.0, 3.0)),
    words="a power scales the gradient by the exponent times the next lower power",
)
pow: Primitive = primitive(
    "pow",
    symbol="**",
    arity=2,
    value=ieee.power,
    javascript="power({0}, {1})",
    llvm=lambda ir, a, b: ir.select(ir.fcmp("oeq", b, 2.0), ir.fmul(a, a), ir.call("pow", a, b)),
    by_number=pow_number,
    partials=(
        # at (0, 0) the base is taken as 1, which gives 0 there and changes no other point
        lambda out, a, b: b * where(abs(sign(a)) + abs(sign(b)), a, 1.0) ** (b - 1),
        # 0 ** b is flat in b while b >= 0; log 0 = -inf stands where b < 0
        lambda out, a, b: out * log(where(sign(a), a, step(b))),
    ),
    shown=(lambda out, a, b: b * a ** (b - 1), lambda out, a, b: out * log(a)),
    latex="{{{0}}}^{{{1}}}",
    domain=((0.0, inf), (-3.0, 3.0)),
    words="a power scales the gradient: the base by b*a**(b-1), the exponent by log(a)",
)
identity: Primitive = primitive(
    "identity",
    value=lambda a: a,
    python="{0}",
    javascript="{0}",
    llvm=lambda ir, a: a,
    fold=lambda a: a,
    partials=(lambda out, a: 1.0,),
    words="identity hands the gradient on unchanged",
)

# -- branches ------------------------------------------------------------------------------------

greater: Primitive = primitive(
    "greater",
    symbol=">",
    arity=3,
    value=ieee.greater,
    defaults=(0.5,),
    python="1.0 if {0} > {1} else 0.0 if {0} < {1} else {2} if {0} == {1} else nan",
    javascript="greater({0}, {1}, {2})",
    llvm=lambda ir, a, b, tie: ir.select(
        ir.fcmp("ogt", a, b),
        1.0,
        ir.select(ir.fcmp("olt", a, b), 0.0, ir.select(ir.fcmp("oeq", a, b), tie, nan)),
    ),
    partials=(lambda out, a, b, tie: 0.0, lambda out, a, b, tie: 0.0, None),
    text="({0} > {1})",
    latex="[{0} > {1}]",
    kinks=(lambda a, b, tie: a - b,),
    words="a comparison is flat: no gradient passes",
    doc="1 where a > b, 0 where a < b, ``tie`` (a number) where they are equal, else nan.",
)
where: Primitive = primitive(
    "where",
    arity=3,
    value=lambda condition, a, b: a if condition else b,
    python="{1} if {0} else {2}",
    javascript="{0} !== 0 ? {1} : {2}",
    llvm=lambda ir, condition, a, b: ir.select(ir.fcmp("une", condition, 0.0), a, b),
    fold=lambda condition, a, b: (
        None if not isinstance(condition, float) else a if condition else b
    ),
    fold_when_recording=True,
    partials=(
        lambda out, condition, a, b: 0.0,
        lambda out, condition, a, b: where(condition, 1.0, 0.0),
        lambda out, condition, a, b: where(condition, 0.0, 1.0),
    ),
    kinks=(lambda condition, a, b: condition,),
    words="where routes the gradient to the branch that was taken",
    doc="""a where ``condition`` is not 0 (nan counts as not 0), else b.

    The branch not taken gets a gradient of 0 * upstream; if its own local derivative is
    infinite, 0 * inf is nan, so keep its operand inside its domain by another ``where``.""",
)
step: Primitive = primitive(
    "step",
    definition=lambda a: greater(a, 0.0, 1.0),
    partials=(lambda out, a: 0.0,),
    text="step({0})",
    kinks=(lambda a: a,),
    words="a step is flat: no gradient passes",
    doc="The binary step: 1 where a >= 0, else 0.",
)
sign: Primitive = primitive(
    "sign",
    definition=lambda a: 2 * greater(a, 0.0, 0.5) - 1,
    partials=(lambda out, a: 0.0,),
    kinks=(lambda a: a,),
    words="the sign is flat: no gradient passes",
    doc="-1, 0 or 1.",
)
abs: Primitive = primitive(
    "abs",
    value=math.fabs,
    javascript="Math.abs({0})",
    llvm=lambda ir, a: ir.intrinsic("fabs", a),
    fold=lambda a: None if a.operand_of(neg, 0) is None else abs(a.operand_of(neg, 0)),
    partials=(lambda out, a: sign(a),),
    text="|{0}|",
    latex="|{0}|",
    kinks=(lambda a: a,),
    words="abs hands the gradient on with the sign of its operand",
)
maximum: Primitive = primitive(
    "maximum",
    symbol="max",
    arity=2,
    value=ieee.maximum,
    python="{0} if {0} > {1} or {0} != {0} else {1}",
    javascript="{0} > {1} || {0} !== {0} ? {0} : {1}",
    llvm=lambda ir, a, b: ir.select(ir.either(ir.fcmp("ogt", a, b), ir.fcmp("uno", a, a)), a, b),
    partials=(lambda out, a, b: greater(a, b), lambda out, a, b: greater(b, a)),
    text="max({0}, {1})",
    latex=r"\max({0}, {1})",
    kinks=(lambda a, b: a - b,),
    words="max routes the gradient to the larger operand; a tie shares it",
    doc="The greater of two; nan if either is.",
)
minimum: Primitive = primitive(
    "minimum",
    symbol="min",
    arity=2,
    value=ieee.minimum,
    python="{0} if {0} < {1} or {0} != {0} else {1}",
    javascript="{0} < {1} || {0} !== {0} ? {0} : {1}",
    llvm=lambda ir, a, b: ir.select(ir.either(ir.fcmp("olt", a, b), ir.fcmp("uno", a, a)), a, b),
    partials=(lambda out, a, b: greater(b, a), lambda out, a, b: greater(a, b)),
    text="min({0}, {1})",
    latex=r"\min({0}, {1})",
    kinks=(lambda a, b: a - b,),
    words="min routes the gradient to the smaller operand; a tie shares it",
    doc="The lesser of two; nan if either is.",
)

# -- exponentials, logarithms, circular and error functions ---------------------------------------

exp: Primitive = primitive(
    "exp",
    value=ieee.exp,
    javascript="Math.exp({0})",
    llvm=lambda ir, a: ir.call("exp", a),
    partials=(lambda out, a: out,),
    latex="e^{{{0}}}",
    words="exp scales the gradient by its own output",
)
expm1: Primitive = primitive(
    "expm1",
    value=ieee.expm1,
    javascript="Math.expm1({0})",
    llvm=lambda ir, a: ir.call("expm1", a),
    partials=(lambda out, a: exp(a),),
    latex="(e^{{{0}}} - 1)",
    words="expm1 scales the gradient by exp of its operand",
    doc="exp(a) - 1, accurate for small a.",
)
log: Primitive = primitive(
    "log",
    value=ieee.log,
    javascript="Math.log({0})",
    llvm=lambda ir, a: ir.call("log", a),
    # outside the domain the derivative is nan like the value, at every order
    partials=(lambda out, a: 1 / where(step(a), a, nan),),
    shown=(lambda out, a: 1 / a,),
    latex=r"\ln({0})",
    domain=((0.0, inf),),
    words="log scales the gradient by one over its operand",
)
log1p: Primitive = primitive(
    "log1p",
    value=ieee.log1p,
    javascript="Math.log1p({0})",
    llvm=lambda ir, a: ir.call("log1p", a),
    partials=(lambda out, a: 1 / (1 + where(greater(a, -1.0, 1.0), a, nan)),),
    shown=(lambda out, a: 1 / (1 + a),),
    latex=r"\ln(1 + {0})",
    domain=((-1.0, inf),),
    words="log1p scales the gradient by one over one plus its operand",
    doc="log(1 + a), accurate for small a.",
)
sqrt: Primitive = primitive(
    "sqrt",
    value=ieee.sqrt,
    javascript="Math.sqrt({0})",
    llvm=lambda ir, a: ir.intrinsic("sqrt", a),
    partials=(lambda out, a: 0.5 / out,),
    latex=r"\sqrt{{{0}}}",
    domain=((0.0, inf),),
    words="sqrt scales the gradient by one over twice its output",
)
sin: Primitive = primitive(
    "sin",
    value=ieee.sin,
    javascript="Math.sin({0})",
    llvm=lambda ir, a: ir.call("sin", a),
    partials=(lambda out, a: cos(a),),
    latex=r"\sin({0})",
    words="sin scales the gradient by the cosine",
)
cos: Primitive = primitive(
    "cos",
    value=ieee.cos,
    javascript="Math.cos({0})",
    llvm=lambda ir, a: ir.call("cos", a),
    partials=(lambda out, a: -sin(a),),
    latex=r"\cos({0})",
    words="cos scales the gradient by minus the sine",
)
tan: Primitive = primitive(
    "tan",
    value=ieee.tan,
    javascript="Math.tan({0})",
    llvm=lambda ir, a: ir.call("tan", a),
    partials=(lambda out, a: 1 + out * out,),
    shown=(lambda out, a: 1 + out**2,),
    latex=r"\tan({0})",
    domain=((-math.pi / 2, math.pi / 2),),
    words="tan scales the gradient by one plus its output squared",
)
erf: Primitive = primitive(
    "erf",
    value=math.erf,
    javascript="erf({0})",
    llvm=lambda ir, a: ir.call("erf", a),
    partials=(lambda out, a: 2 / math.sqrt(math.pi) * exp(-(a * a)),),
    latex=r"\operatorname{{erf}}({0})",
    words="erf scales the gradient by a bell curve of its operand",
    doc="The error function.",
)
erfc: Primitive = primitive(
    "erfc",
    value=math.erfc,
    javascript="erfc({0})",
    llvm=lambda ir, a: ir.call("erfc", a),
    partials=(lambda out, a: -2 / math.sqrt(math.pi) * exp(-(a * a)),),
    latex=r"\operatorname{{erfc}}({0})",
    words="erfc scales the gradient by minus a bell curve of its operand",
    doc="1 - erf(a), accurate in the upper tail.",
)
