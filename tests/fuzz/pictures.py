"""Small graphs and models in which every text is a user's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import nn
from autograd import Value
from autograd.primitive import table
from viz.names import Known

Made = tuple[Value, Known]


SYMBOLIC = table["silu"]


@contextmanager
def symbol(text: str) -> Iterator[None]:
    """Let a function of the table have any symbol, as one of a user's may."""
    with patch.object(SYMBOLIC, "symbol", text or "silu"):
        yield


def leaves(texts: list[str]) -> Made:
    """Two leaves, a function and a result with names."""
    a, b, _, result = texts
    x, y = Value(0.8125, name=a), Value(-1.375, name=b)
    root = SYMBOLIC(x * y) + 1
    root.name = result
    root.backward()
    return root, Known(chosen={y: b})


class Box(nn.Module):
    """A module whose attributes have any names."""

    def __init__(self, texts: list[str]) -> None:
        inner, layer, weight, self._called = texts
        vars(self)[inner] = nn.Layer(1, 1, activation="tanh", rng=0)
        vars(self)[layer] = nn.Layer(1, 1, activation="tanh", rng=0)
        vars(self)[weight] = Value(0.5)

    def forward(self, x: Any) -> Any:
        first, second, weight = vars_of(self)
        return second([first(x)]) * weight

    def __repr__(self) -> str:
        return f"Box({self._called})"


def vars_of(box: Box) -> list[Any]:
    """What the box holds, without what nn keeps there itself."""
    return [item for name, item in vars(box).items() if not name.startswith("_")]


def module(texts: list[str]) -> Made:
    """A network in frames that have names, with parameters that have names."""
    box = Box(texts)
    root = box([Value(0.8125, name=texts[3])])
    root.backward()
    found = {parameter: name for name, parameter in box.named_parameters()}
    return root, Known(found=found, parameters=frozenset(found))


PICTURES = {"leaves": leaves, "module": module}


def attributes(texts: list[str]) -> list[str]:
    """The texts with what makes them different names of attributes that nn looks into."""
    return [f"m{i}{text}" for i, text in enumerate(texts)]
