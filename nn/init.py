"""Initialisation of weights: each is a function of (n_in, n_out, rng) that draws one weight.

``init=`` of Neuron, Layer and MLP takes one of these, or its name. Biases start at 0. All-zero
weights make the neurons of a layer compute the same, get the same gradient, and stay the same.

>>> import random
>>> rng = random.Random(0)
>>> round(he_normal()(100, 10, rng), 6)
0.133179
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nn.arguments import amount, known

Initializer = Callable[[int, int, random.Random], float]


@dataclass(frozen=True)
class zeros:
    """Every weight 0."""

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        return 0.0


@dataclass(frozen=True)
class normal:
    """Normal with mean 0 and standard deviation ``std``."""

    std: float = 1.0

    def __post_init__(self) -> None:
        amount("std", self.std)

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        return rng.gauss(0.0, self.std)


@dataclass(frozen=True)
class uniform:
    """Uniform on [-limit, limit]."""

    limit: float = 1.0

    def __post_init__(self) -> None:
        amount("limit", self.limit)

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        return rng.uniform(-self.limit, self.limit)


@dataclass(frozen=True)
class lecun_normal:
    """Normal with variance 1 / n_in (LeCun et al. 1998)."""

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        return rng.gauss(0.0, math.sqrt(1 / n_in))


@dataclass(frozen=True)
class xavier_normal:
    """Normal with variance 2 / (n_in + n_out) (Glorot and Bengio 2010, equation 12)."""

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        return rng.gauss(0.0, math.sqrt(2 / (n_in + n_out)))


@dataclass(frozen=True)
class xavier_uniform:
    """Uniform on +-sqrt(6 / (n_in + n_out)) (Glorot and Bengio 2010, equation 16)."""

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        limit = math.sqrt(6 / (n_in + n_out))
        return rng.uniform(-limit, limit)


@dataclass(frozen=True)
class he_normal:
    """Normal with variance 2 / n_in (He et al. 2015, equation 10), for ReLU."""

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        return rng.gauss(0.0, math.sqrt(2 / n_in))


@dataclass(frozen=True)
class he_uniform:
    """Uniform on +-sqrt(6 / n_in), the same variance as he_normal."""

    def __call__(self, n_in: int, n_out: int, rng: random.Random) -> float:
        limit = math.sqrt(6 / n_in)
        return rng.uniform(-limit, limit)


glorot_normal, glorot_uniform = xavier_normal, xavier_uniform
kaiming_normal, kaiming_uniform = he_normal, he_uniform

names: dict[str, Callable[[], Initializer]] = {
    name: item
    for name, item in list(globals().items())
    if isinstance(item, type) and item.__module__ == __name__
}
"""Every initialisation by name."""


def resolve(init: Any, rectifies: bool) -> Initializer:
    """The initialiser that a name stands for; None: He for ReLU's kind, Xavier for the rest."""
    if init is None:
        return he_normal() if rectifies else xavier_normal()
    if isinstance(init, str):
        return names[known("initialisation", init, names)]()
    if isinstance(init, type) and init in names.values():
        initializer: Initializer = init()
        return initializer
    if not callable(init):
        raise TypeError(f"init wants a name or a function of (n_in, n_out, rng); got {init!r}")
    return init  # type: ignore[no-any-return]
