"""A Trace as a JavaScript function, for pages that compute without Python."""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograd.primitive import Primitive
from autograd.trace import Operand, Term, Trace

LIBRARY = {
    "greater": """\
function greater(a, b, tie) {
  return a > b ? 1 : a < b ? 0 : a === b ? tie : NaN;
}
""",
    # Math.pow gives NaN for 1 ** NaN and (-1) ** Infinity, where C's pow gives 1
    "power": """\
function power(a, b) {
  if (b === 2) return a * a;
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return Math.pow(a, b);
}
""",
    # Abramowitz and Stegun, Handbook of Mathematical Functions: the series 7.1.6, whose terms are
    # all positive, below 2; the continued fraction 7.1.14, worked out from its tail, from there on
    "erf": """\
function erf(x) {
  if (Math.abs(x) >= 2) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  let term = x, sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return x === 0 ? x : (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
""",
    "erfc": """\
function erfc(x) {
  if (Math.abs(x) < 2) return 1 - erf(x);
  if (x < 0) return 2 - erfc(-x);
  if (!(x < 28)) return x > 0 ? 0 : NaN;
  let tail = x;
  for (let n = 120; n > 0; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
""",
}
"""What generated JavaScript calls beside ``Math``: as C has it, inf and nan included."""

NEEDS = {"erf": ("erf", "erfc"), "erfc": ("erf", "erfc")}


def number(value: float) -> str:
    """A float as JavaScript writes it.

    >>> number(-0.5), number(float("inf")), number(float("nan"))
    ('(-0.5)', 'Infinity', 'NaN')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    text = repr(float(value))
    return f"({text})" if text[0] == "-" else text


def form(primitive: Primitive) -> str:
    """How JavaScript writes a base primitive, ``{0}`` being the first operand.

    Raises
    ------
    ValueError
        If its entry in the table has no ``javascript=``.
    """
    if not primitive.javascript:
        raise ValueError(
            f"the primitive {primitive.name!r} has no form in JavaScript: give its entry "
            f'javascript="..." or, in place of value=, a definition= in terms of other primitives'
        )
    return primitive.javascript


def function(trace: Trace, outputs: Sequence[Operand], name: str = "program") -> str:
    """The source of a JavaScript function that computes ``outputs`` of ``trace``.

    Parameters
    ----------
    trace:
        Instructions in base primitives (``Trace(expand=True)``).
    outputs:
        What the function returns, an array of numbers in this order.
    name:
        The function's name. Its one parameter is an array: the trace's inputs, in order.

    Raises
    ------
    ValueError
        If a primitive has no form in JavaScript.

    >>> from autograd.primitives import tanh
    >>> trace = Trace()
    >>> x, w = trace.input("x"), trace.input("w")
    >>> print(function(trace, [w * tanh(x)]))
    function program(inputs) {
      const t0 = inputs[0];
      const t1 = inputs[1];
      const t2 = Math.tanh(t0);
      const t3 = t1 * t2;
      return [t3];
    }
    """
    lines = [f"  const t{index} = inputs[{k}];" for k, index in enumerate(trace.names)]
    used: set[str] = set()
    for index in trace.needed(outputs):
        primitive, operands = trace.instructions[index]
        assert primitive is not None
        template = form(primitive)
        called = template.partition("(")[0]
        used.update(NEEDS.get(called, (called,)))
        lines.append(f"  const t{index} = {template.format(*map(_written, operands))};")
    results = ", ".join(map(_written, outputs))
    helpers = "".join("  " + line + "\n" for n in LIBRARY if n in used for line in _lines(n))
    body = "\n".join(lines)
    return f"function {name}(inputs) {{\n{helpers}{body}\n  return [{results}];\n}}"


def _lines(helper: str) -> list[str]:
    return LIBRARY[helper].splitlines()


def _written(operand: Operand) -> str:
    return f"t{operand.index}" if isinstance(operand, Term) else number(operand)
