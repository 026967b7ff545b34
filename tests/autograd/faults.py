"""Wrong rules on purpose: copies of the table's primitives, to see what finds them."""

from contextlib import contextmanager

from autograd.primitive import Primitive, table
from autograd.primitives import greater, where


def below(condition, wrong, right):
    """``wrong`` where ``condition`` is below 0, by primitives, as a rule must be written."""
    return where(greater(0.0, condition, 0.0), wrong, right)


FAULTS = {
    "a thousandth": lambda rule: lambda out, *at: rule(out, *at) * 1.001,
    "a thousandth more": lambda rule: lambda out, *at: rule(out, *at) + 0.001,
    "the sign": lambda rule: lambda out, *at: -rule(out, *at),
    "a factor left out": lambda rule: lambda out, *at: 1.0,
    "nothing": lambda rule: lambda out, *at: 0.0,
    "operands swapped": lambda rule: lambda out, a, b: rule(out, b, a),
    "out for operand": lambda rule: lambda out, a, *rest: rule(out, out, *rest),
    "one side of 0": lambda rule: (
        lambda out, *at: below(at[0], rule(out, *at) + 0.001, rule(out, *at))
    ),
}
"""What each makes of a rule ``(out, *operands) -> partial derivative``."""


def applicable(primitive, i):
    """The faults that can be made in the rule for operand ``i``."""
    if primitive.needs_number(i):
        return []
    pair = primitive.arity == 2 and not primitive.needs_number(1)
    return [fault for fault in FAULTS if pair or fault != "operands swapped"]


@contextmanager
def planted(name, i, fault):
    """The primitive ``name`` with a fault in its rule for operand ``i``, in the table meanwhile."""
    right = table[name]
    wrong = Primitive.__new__(Primitive)
    wrong.__dict__ |= right.__dict__ | {"_forward": {}}
    if callable(right.partials):
        wrong.partials = FAULTS[fault](right.partials)
    else:
        rules = list(right.partials)
        rules[i] = FAULTS[fault](rules[i])
        wrong.partials = tuple(rules)
    table[name] = wrong
    try:
        yield
    finally:
        table[name] = right
