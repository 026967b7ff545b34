"""Tests of gradients: for functions, networks and primitives of one's own.

>>> import autograd
>>> from autograd.testing import check_gradients
>>> check_gradients(lambda x: autograd.log(x) * x, 2.0)

``autograd.testing.strategies`` draws numbers, programs and networks for Hypothesis.
"""

from autograd.testing.gradients import GradientMismatch, check_gradients, check_module
from autograd.testing.numeric import Slope, Slopes, numeric_gradient, slopes
from autograd.testing.primitives import check_primitive
from autograd.testing.program import Program
from autograd.testing.registration import registered

__all__ = [
    "GradientMismatch",
    "Program",
    "Slope",
    "Slopes",
    "check_gradients",
    "check_module",
    "check_primitive",
    "numeric_gradient",
    "registered",
    "slopes",
]
