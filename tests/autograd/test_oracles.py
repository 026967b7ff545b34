"""The oracles themselves: written-down derivatives against 50-digit differences of the values."""

import oracles
import pytest
from mpmath import mp

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
