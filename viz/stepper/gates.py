"""What a page needs of the table of primitives: functions to compute with, formulas to fill in."""

from __future__ import annotations

from collections.abc import Sequence

from autograd import Primitive, Value
from autograd.compiler import javascript
from autograd.formula import derivative_formula, text, value_formula
from autograd.trace import Operand, Trace

_SLOTS = 0xE000  # private use characters: slot i of a template is the character _SLOTS + i


class Gates:
    """The distinct gates of a graph, each found by its number.

    A gate is a primitive together with which of its operands are differentiated: it has a function
    in JavaScript of the operands that gives ``[value, partials...]``, null for an operand that is a
    plain number.

    >>> gates = Gates()
    >>> x = Value(3.0)
    >>> gates.of(2 * x), gates.of(x * x), gates.of(3 * x)
    (0, 1, 0)
    """

    def __init__(self) -> None:
        self._known: dict[tuple[Primitive, tuple[bool, ...]], int] = {}

    def of(self, node: Value) -> int:
        """The number of the gate that made ``node``."""
        assert node.primitive is not None
        active = tuple(local is not None for local in node.local_derivatives)
        return self._known.setdefault((node.primitive, active), len(self._known))

    def table(self) -> list[dict[str, str]]:
        """What pages say of each: its name, and what it does with a gradient."""
        return [{"name": p.name, "words": p.words} for p, _ in self._known]

    def source(self) -> str:
        """A JavaScript array of their functions.

        Raises
        ------
        ValueError
            If a primitive has no form in JavaScript.
        """
        return "[" + ",\n".join(_function(*gate) for gate in self._known) + "]"


def _function(primitive: Primitive, active: Sequence[bool]) -> str:
    trace = Trace()
    inputs = [trace.input(f"a{i}") for i in range(len(active))]
    out: Operand = trace.apply(primitive, tuple(inputs))
    outputs = [out]
    for i, wanted in enumerate(active):
        if wanted:
            outputs.append(primitive.partial(i, out, inputs))
    places = iter(range(1, len(outputs)))
    spread = ", ".join(f"out[{next(places)}]" if wanted else "null" for wanted in active)
    body = javascript.function(trace, outputs, "gate")
    returned = f"const out = gate(inputs);\n  return [out[0], {spread}];"
    return f"(function (inputs) {{\n{body}\n  {returned}\n}})"


class Templates:
    """Formulas with slots for their operands, each kept once.

    >>> templates = Templates()
    >>> x = Value(3.0)
    >>> templates.value(x * x), templates.partial(x * x, 0), templates.partial(x * x, 1)
    (0, 1, 2)
    >>> [t.replace(chr(0xE000), "a").replace(chr(0xE001), "b") for t in templates.texts]
    ['a * b', 'b', 'a']
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._known: dict[str, int] = {}

    def value(self, node: Value) -> int:
        """The number of the formula of ``node``."""
        assert node.primitive is not None
        return self._of(value_formula(node.primitive, _slots(node)))

    def partial(self, node: Value, i: int) -> int:
        """The number of the formula of its local derivative with regard to operand ``i``."""
        assert node.primitive is not None
        return self._of(derivative_formula(node.primitive, i, _slots(node)))

    def _of(self, formula: Operand) -> int:
        written = text(formula)
        if written not in self._known:
            self._known[written] = len(self.texts)
            self.texts.append(written)
        return self._known[written]


def _slots(node: Value) -> list[str | float]:
    return [chr(_SLOTS + i) if isinstance(o, Value) else o for i, o in enumerate(node.operands)]
