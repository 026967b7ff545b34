"""Programs as the properties draw them, and floats to the bit."""

from compiled import bits
from hypothesis import strategies as st

from autograd import gradients
from autograd.testing.strategies import numbers, programs

anywhere = programs(anywhere=True, leaves=st.one_of(numbers(-10, 10), st.floats()))
"""Programs that leave every domain: kinks, infinities and nan."""


def all_bits(xs):
    return [bits(x) for x in xs]


def gradient_of(program):
    output, leaves = program.build()
    return gradients(output, leaves)


__all__ = ["all_bits", "anywhere", "bits", "gradient_of"]
