"""The oracles themselves: that what is written down is right, and that they find wrong rules.

Which oracle judges which primitive is the table ``JUDGES``; where one does, it finds every fault of
``faults.FAULTS`` in each of the primitive's rules.
"""

import random

import oracles
import pytest
from dual_numbers import COMPLEX, FRACTIONS
from faults import applicable, planted
from mpmath import mp

from autograd import gradients
from autograd.primitive import table
from autograd.testing import Program
from autograd.testing.program import inside

POINTS = (-3.7, -1.25, -0.3, 0.4, 1.1, 2.6)


@pytest.mark.parametrize("name", oracles.DERIVATIVES)
@pytest.mark.parametrize("x", POINTS)
def test_written_derivatives_are_those_of_the_values(name, x):
    count = oracles.DERIVATIVES[name].__code__.co_argcount or 3
    operands = [abs(x) if name in ("log", "log1p", "sqrt", "pow", "pow_number") else x, 0.7, 0.2]
    at = oracles.exactly(operands[:count])
    for i, partial in enumerate(oracles.DERIVATIVES[name](*at)):

        def section(a, i=i):
            return oracles.VALUES[name](*at[:i], a, *at[i + 1 :])

        difference = mp.diff(section, at[i], h=mp.mpf(2) ** -60)
        # the error of a central difference is in proportion to 2**-120 = 8e-37: 20 digits do
        assert abs(difference - partial) <= mp.mpf(10) ** -20 * (1 + abs(partial))


JUDGES = {
    "duals": set(table),
    "50 digits": set(table),
    "differences": set(table),
    "torch": set(table),
    "complex step": set(table) - {"erf", "erfc", "gelu"},
    "fractions": {
        "add", "sub", "mul", "div", "neg", "pow_number", "identity", "greater", "where", "step",
        "sign", "abs", "maximum", "minimum", "relu", "leaky_relu",
    },
}  # fmt: skip
"""The complex step needs the function on complex numbers, fractions a rational one."""


def test_every_primitive_has_its_oracles():
    assert set(JUDGES) == set(oracles.ORACLES)
    assert set(COMPLEX) == JUDGES["complex step"]
    assert set(FRACTIONS) == JUDGES["fractions"]
    for name in table:
        assert name in oracles.VALUES
        assert sum(name in judged for judged in JUDGES.values()) >= 4


def around(primitive, count=6):
    """Programs that apply ``primitive`` to leaves, multiply the result and add to it."""
    rng = random.Random(primitive.name)
    arity = primitive.arity or 3
    made = []
    while len(made) < count:
        operands = [rng.randint(-20, 20) / 8 for _ in range(arity)]
        for i in range(arity):
            if primitive.needs_number(i):
                operands[i] = float(rng.choice([-2, 2, 3]))
        if inside(primitive, operands):
            free = [x for i, x in enumerate(operands) if not primitive.needs_number(i)]
            newest = iter(range(len(free) - 1, -1, -1))
            step = [
                x if primitive.needs_number(i) else next(newest) for i, x in enumerate(operands)
            ]
            steps = ((primitive.name, *step), ("mul", 0, 1), ("add", 0, 2))
            made.append(Program(tuple(free), steps))
    return made


def finds(oracle, program):
    """Whether an oracle contradicts the engine's gradient of a program."""
    output, leaves = program.build()
    found = oracles.ORACLES[oracle](program, oracles.Rounding.of(output, leaves))
    slopes = zip(gradients(output, leaves), found or (), strict=bool(found))
    return any(abs(slope - wanted) > allowed for slope, (wanted, allowed) in slopes)


def gradient_of(program):
    output, leaves = program.build()
    return gradients(output, leaves)


@pytest.mark.parametrize("oracle", oracles.ORACLES)
@pytest.mark.parametrize("name", table)
def test_each_oracle_finds_every_fault_where_it_judges(name, oracle):
    if oracle == "torch":
        pytest.importorskip("torch", reason="one of the oracles, where it is installed")
    primitive = table[name]
    programs = around(primitive)
    right = [gradient_of(program) for program in programs]
    assert not any(finds(oracle, program) for program in programs)
    tried = 0
    for i in range(1 if callable(primitive.partials) else len(primitive.partials)):
        for fault in applicable(primitive, i):
            with planted(name, i, fault):
                spoilt = [p for p, g in zip(programs, right, strict=True) if gradient_of(p) != g]
                if spoilt:
                    tried += 1
                    found = any(finds(oracle, program) for program in spoilt)
                    assert found == (name in JUDGES[oracle]), (i, fault)
    assert tried >= 3  # a rule that is 0 can only be too large
