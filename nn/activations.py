"""Activation functions: what a neuron does to its weighted sum.

Each is a function of one number or Value, and takes its settings as keywords; ``softmax`` and
``log_softmax`` take the whole list that a layer gives. A layer's ``activation=`` is one of these,
its name, or any function of a Value.

>>> leaky_relu(-7.0), elu(-5.0, alpha=0.1)
(-0.07, -0.09932620530009145)
>>> [round(p, 8) for p in softmax([0.8, 1.2, 3.1])]
[0.08021815, 0.11967141, 0.80011044]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd
from autograd import Value
from nn.arguments import known
from nn.module import Module


class Activation:
    """An activation function with its name and settings.

    Parameters
    ----------
    function:
        Of one number or Value, or with ``over_layer`` of the list of a layer's weighted sums.
    settings:
        Keywords for it.

    >>> gentle = elu.using(alpha=0.1)
    >>> gentle, gentle(-5.0)
    (elu(alpha=0.1), -0.09932620530009145)
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        settings: dict[str, float] | None = None,
        over_layer: bool = False,
    ) -> None:
        self.name = name
        self.function = function
        self.settings = settings or {}
        self.over_layer = over_layer
        self.__doc__ = function.__doc__

    def __call__(self, x: Any, **settings: Any) -> Any:
        return self.function(x, **(self.settings | settings))

    def using(self, **settings: float) -> Activation:
        """The same with other settings."""
        self.function([0.0] if self.over_layer else 0.0, **settings)  # a wrong keyword raises here
        return Activation(self.name, self.function, self.settings | settings, self.over_layer)

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{self.name}({settings})" if settings else self.name


class PReLU(Module):
    """Parametric ReLU (He et al. 2015): leaky ReLU whose slope is a parameter.

    Parameters
    ----------
    slope:
        Where the slope starts.
    """

    name = "prelu"

    def __init__(self, slope: float = 0.25) -> None:
        self.slope = Value(slope)

    def forward(self, x: Any) -> Any:
        return autograd.leaky_relu(x, self.slope)

    def __call__(self, x: Any) -> Any:  # it is part of its neuron, not a call of its own
        return self.forward(x)

    def __repr__(self) -> str:
        return self.name


def _linear(x: Any, a: float = 1.0) -> Any:
    """a * x; with a = 1 the weighted sum itself, no node added."""
    return x if a == 1.0 else a * x


def _leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x where x > 0, else slope * x."""
    return autograd.leaky_relu(x, slope)


def _elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, else alpha * (exp(x) - 1) (Clevert et al. 2015)."""
    return autograd.elu(x, alpha)


def _softmax(x: Sequence[Any]) -> list[Any]:
    """exp(x_i) / sum of exp(x_j), for each of a list; large x do not overflow."""
    total = autograd.logsumexp(_listed("softmax", x))
    return [autograd.exp(xi - total) for xi in x]


def _log_softmax(x: Sequence[Any]) -> list[Any]:
    """log of softmax, without computing softmax."""
    total = autograd.logsumexp(_listed("log_softmax", x))
    return [xi - total for xi in x]


def _listed(name: str, x: Any) -> list[Any]:
    if isinstance(x, Value) or not hasattr(x, "__iter__"):
        raise TypeError(
            f"{name} wants the list of a layer's outputs, got one number: write [x, ...]"
        )
    return list(x)


step = Activation("step", autograd.step)
linear = Activation("linear", _linear)
sigmoid = Activation("sigmoid", autograd.sigmoid)
tanh = Activation("tanh", autograd.tanh)
relu = Activation("relu", autograd.relu)
leaky_relu = Activation("leaky_relu", _leaky_relu)
prelu = PReLU
elu = Activation("elu", _elu)
silu = Activation("silu", autograd.silu)
swish = Activation("swish", autograd.silu)
softplus = Activation("softplus", autograd.softplus)
gelu = Activation("gelu", autograd.gelu)
softmax = Activation("softmax", _softmax, over_layer=True)
log_softmax = Activation("log_softmax", _log_softmax, over_layer=True)

names: dict[str, Any] = {
    **{a.name: a for a in list(globals().values()) if isinstance(a, Activation)},
    "prelu": PReLU,
}
"""Every activation by name."""

_for_relu = {"relu", "leaky_relu", "prelu", "elu", "silu", "swish", "gelu", "softplus"}


def resolve(activation: Any) -> Any:
    """The activation that a name stands for; a function stays what it is.

    ``prelu`` gives a new PReLU each time, so that each neuron has a slope of its own.

    Raises
    ------
    ValueError
        If there is none of that name; the message lists the names and the nearest one.
    TypeError
        If it is neither a name nor callable.
    """
    if isinstance(activation, str):
        activation = names[known("activation", activation, names)]
    if isinstance(activation, type) and issubclass(activation, PReLU):
        return activation()
    if isinstance(activation, PReLU):
        return PReLU(activation.slope.data)
    if not callable(activation):
        raise TypeError(f"activation wants a name or a function of a Value; got {activation!r}")
    return activation


def rectifies(activation: Any) -> bool:
    """Whether it is of ReLU's kind, which He initialisation is for."""
    return getattr(activation, "name", activation) in _for_relu


def __getattr__(name: str) -> Any:
    """A misspelt activation is told the names there are."""
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        return names[known("activation", name, names)]
    except ValueError as error:
        raise AttributeError(str(error)) from None
