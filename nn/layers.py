"""Neuron, Layer and MLP: weighted sums, activations, and layers of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Value
from nn import activations
from nn import init as initialisation
from nn.arguments import Random, generator, whole
from nn.module import Module


class Neuron(Module):
    """One neuron: ``activation(bias + w0*x0 + w1*x1 + ...)``.

    Parameters
    ----------
    n_in:
        How many inputs it takes.
    activation:
        A name of ``nn.activations``, one of its functions, or any function of a Value.
    init:
        A name of ``nn.init`` or a function ``(n_in, n_out, rng) -> weight``; None: He for ReLU's
        kind, Xavier for the rest. The bias starts at 0.
    rng:
        A seed or a random.Random.

    Raises
    ------
    ValueError
        When called with a number of inputs other than ``n_in``.

    >>> neuron = Neuron(2, activation="tanh")
    >>> neuron.load_state_dict({"weights.0": -3.0, "weights.1": 1.0, "bias": 6.8813735870195432})
    >>> round(neuron([2.0, 0.0]).data, 6)
    0.707107
    """

    def __init__(
        self,
        n_in: int,
        activation: Any = "relu",
        *,
        init: Any = None,
        rng: Random = 0,
        n_out: int = 1,
    ) -> None:
        n_in = whole("n_in", n_in, low=1)
        self.activation = activations.resolve(activation)
        if over_layer(self.activation):
            raise ValueError(
                f"{self.activation!r} works on a layer as a whole, not on one neuron: write "
                f"nn.Layer({n_in}, n_out, activation={self.activation.name!r})"
            )
        random = generator(rng)
        draw = initialisation.resolve(init, activations.rectifies(self.activation))
        self.weights = [Value(draw(n_in, n_out, random), name=f"w{i}") for i in range(n_in)]
        self.bias = Value(0.0, name="b")

    @property
    def n_in(self) -> int:
        """How many inputs it takes."""
        return len(self.weights)

    def forward(self, x: Sequence[Any]) -> Any:
        total: Any = self.bias
        for weight, xi in zip(self.weights, inputs_of(self, x, self.n_in), strict=True):
            total = total + weight * xi
        return self.activation(total)

    def __repr__(self) -> str:
        return f"Neuron({self.n_in}, activation={_written(self.activation)})"


class Layer(Module):
    """A row of neurons that take the same inputs.

    Called, it gives a list of ``n_out`` Values; a layer of one neuron gives the Value itself.

    Parameters
    ----------
    n_in, n_out:
        How many inputs and neurons.
    activation, init, rng:
        As for Neuron; ``softmax`` and ``log_softmax`` work on the layer as a whole.
    """

    def __init__(
        self, n_in: int, n_out: int, activation: Any = "relu", *, init: Any = None, rng: Random = 0
    ) -> None:
        random = generator(rng)
        n_out = whole("n_out", n_out, low=1)
        activation = activations.resolve(activation)
        self._over = activation if over_layer(activation) else None
        if self._over and n_out == 1:
            raise ValueError(
                f"{activation!r} of one output is always the same: write activation='sigmoid' for "
                "one probability, or give the layer an output for each class"
            )
        each = "linear" if self._over else activation
        self.neurons = [
            Neuron(n_in, each, init=init, rng=random, n_out=n_out) for _ in range(n_out)
        ]

    @property
    def n_in(self) -> int:
        """How many inputs it takes."""
        return self.neurons[0].n_in

    @property
    def n_out(self) -> int:
        """How many neurons it has."""
        return len(self.neurons)

    @property
    def activation(self) -> Any:
        """The activation of its neurons, or of the layer as a whole."""
        return self._over or self.neurons[0].activation

    def forward(self, x: Sequence[Any]) -> Any:
        x = inputs_of(self, x, self.n_in)
        outputs = [neuron(x) for neuron in self.neurons]
        if self._over:
            outputs = self._over(outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer({self.n_in}, {self.n_out}, activation={_written(self.activation)})"


class MLP(Module):
    """A multi-layer perceptron: layers, each fed the outputs of the one before.

    Parameters
    ----------
    n_in:
        How many inputs.
    sizes:
        How many neurons in each layer, the outputs last.
    activation, output:
        The activation of the hidden layers and that of the last.
    init, rng:
        As for Neuron.

    >>> model = MLP(2, [16, 16, 1], rng=0)
    >>> model
    MLP(2, [16, 16, 1], activation='relu', output='linear')
    >>> len(model.parameters()), type(model([1.0, -2.0])).__name__
    (337, 'Value')
    """

    def __init__(
        self,
        n_in: int,
        sizes: Sequence[int],
        activation: Any = "relu",
        output: Any = "linear",
        *,
        init: Any = None,
        rng: Random = 0,
    ) -> None:
        if isinstance(sizes, int) or not sizes:
            raise ValueError(
                f"sizes wants the neurons of each layer, like [16, 16, 1]; got {sizes!r}"
            )
        random = generator(rng)
        activation = activations.resolve(activation)  # refused even where no layer is hidden
        widths = [n_in, *sizes]
        last = len(sizes) - 1
        self.layers = [
            Layer(
                widths[i], widths[i + 1], output if i == last else activation, init=init, rng=random
            )
            for i in range(len(sizes))
        ]

    @property
    def n_in(self) -> int:
        """How many inputs it takes."""
        return self.layers[0].n_in

    @property
    def sizes(self) -> list[int]:
        """How many neurons each layer has."""
        return [layer.n_out for layer in self.layers]

    @property
    def activation(self) -> Any:
        """The activation of the hidden layers."""
        return self.layers[0].activation

    @property
    def output(self) -> Any:
        """The activation of the last layer."""
        return self.layers[-1].activation

    def forward(self, x: Sequence[Any]) -> Any:
        for layer in self.layers:
            x = layer([x] if isinstance(x, Value) else x)
        return x

    def __repr__(self) -> str:
        hidden = f"activation={_written(self.activation)}, " if len(self.layers) > 1 else ""
        return f"MLP({self.n_in}, {self.sizes}, {hidden}output={_written(self.output)})"


def inputs_of(module: Module, x: Any, wanted: int) -> Sequence[Any]:
    """``x``, if it is a sequence of as many inputs as are wanted."""
    if hasattr(x, "tolist"):  # a row of a numpy array
        x = x.tolist()
    if not hasattr(x, "__len__"):
        raise TypeError(f"{module!r} takes a list of {wanted} inputs; got {x!r}: write [x]")
    if len(x) != wanted:
        raise ValueError(f"{module!r} takes {wanted} inputs, got {len(x)}: {_short(x)}")
    return x  # type: ignore[no-any-return]


def over_layer(activation: Any) -> bool:
    """Whether the activation works on a layer as a whole."""
    return getattr(activation, "over_layer", False)


def _written(activation: Any) -> str:
    name = getattr(activation, "name", None)
    return repr(name) if name and not getattr(activation, "settings", None) else repr(activation)


def _short(x: Any) -> str:
    shown = repr(x)
    return shown if len(shown) <= 60 else shown[:57] + "..."
