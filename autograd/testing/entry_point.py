"""What Hypothesis calls when it loads, wherever stepgrad is installed: see setup.cfg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.value import Value

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def register() -> None:
    """Tell Hypothesis how to draw a Value.

    Hypothesis may be loading because ``autograd.testing.strategies`` imports it, so that is left
    alone until a Value is drawn.
    """
    from hypothesis import strategies

    strategies.register_type_strategy(Value, _values)


def _values(_: type[Value]) -> SearchStrategy[Value]:
    from autograd.testing.strategies import values

    return values()
