"""A network of layers as columns of neurons with weights between: what a picture of it shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from autograd import Value, no_grad
from autograd.ieee import real
from autograd.transforms import flat
from nn import Layer, Module, Neuron
from viz.graph import plain

MOST = 20  # neurons of a layer that are drawn; of a wider one the first and the last


@dataclass(frozen=True, slots=True)
class Column:
    """A layer, or the inputs.

    Attributes
    ----------
    label:
        What stands over it.
    size:
        How many neurons, or inputs, it has.
    shown:
        The indices of those that are drawn; None where some are left out.
    activations:
        Their numbers for one input, None if none was given.
    """

    label: str
    size: int
    shown: tuple[int | None, ...]
    activations: tuple[float, ...] | None

    @property
    def neurons(self) -> list[int]:
        """The indices of those that are drawn."""
        return [i for i in self.shown if i is not None]


@dataclass(frozen=True)
class Network:
    """The inputs and the layers of a model, in order."""

    layers: tuple[Layer | Neuron, ...]
    columns: tuple[Column, ...]
    names: dict[Value, str]

    def neurons(self, column: int) -> list[Neuron]:
        """The neurons of column 1, 2, ...; column 0 is the inputs."""
        return neurons_of(self.layers[column - 1])

    def edges(self) -> Iterator[tuple[int, int, int, Value]]:
        """The weights drawn: the neuron's column, its index, that of its operand, the weight."""
        for column in range(1, len(self.columns)):
            neurons = self.neurons(column)
            for i in self.columns[column].neurons:
                for j in self.columns[column - 1].neurons:
                    yield column, i, j, neurons[i].weights[j]

    @property
    def has_gradients(self) -> bool:
        """Whether a backward pass has reached any of its parameters."""
        return any(parameter.has_grad for parameter in self.names)


def network(model: Module, x: Any = None, most: int = MOST) -> Network:
    """The layers of a model, each fed the outputs of the one before.

    Parameters
    ----------
    model:
        An MLP, a Layer, a Neuron, or a Module whose Layers form a chain.
    x:
        One input, to show the activations of.
    most:
        How many neurons of a layer to draw at most.

    Raises
    ------
    TypeError
        If ``model`` is no Module.
    ValueError
        If it has no layers, or they do not form a chain.

    >>> import nn
    >>> [column.size for column in network(nn.MLP(2, [3, 1]), [0.0, 0.0]).columns]
    [2, 3, 1]
    """
    if not isinstance(model, Module):
        raise TypeError(
            f"a network's picture is of a Module such as nn.MLP(2, [3, 1]); got {model!r}"
        )
    layers = _layers(model)
    values = _activations(model, layers, x)
    sizes = [len(neurons_of(layers[0])[0].weights), *(len(neurons_of(layer)) for layer in layers)]
    labels = [
        "input",
        *(f"layer {k} {_activation(layer)}".rstrip() for k, layer in enumerate(layers)),
    ]
    columns = tuple(
        Column(label, size, _shown(size, most), value)
        for label, size, value in zip(labels, sizes, values, strict=True)
    )
    names = {parameter: name for name, parameter in model.named_parameters()}
    return Network(layers, columns, names)


def neurons_of(layer: Layer | Neuron) -> list[Neuron]:
    """Its neurons; a Neuron is a layer of one."""
    return [layer] if isinstance(layer, Neuron) else layer.neurons


def _layers(model: Module) -> tuple[Layer | Neuron, ...]:
    if isinstance(model, Neuron):
        return (model,)
    layers = tuple(module for _, module in model.named_modules() if isinstance(module, Layer))
    if not layers:
        raise ValueError(f"{model!r} has no nn.Layer to draw: draw a Value that it computes")
    for before, after in pairwise(layers):
        if before.n_out != after.n_in:
            raise ValueError(
                f"{model!r}: a layer of {before.n_out} neurons is followed by one that takes "
                f"{after.n_in} inputs, so they form no chain: draw the layers one by one"
            )
    return layers


def _activations(
    model: Module, layers: Sequence[Layer | Neuron], x: Any
) -> list[tuple[float, ...] | None]:
    if x is None:
        return [None] * (len(layers) + 1)
    inputs = x.tolist() if hasattr(x, "tolist") else x
    row: Any = [
        Value(item.data if isinstance(item, Value) else real(item)) for item in flat(inputs)
    ]
    found: list[tuple[float, ...] | None] = [tuple(item.data for item in row)]
    with no_grad():
        for layer in layers:
            row = list(flat(layer.forward(row)))
            found.append(tuple(item.data if isinstance(item, Value) else item for item in row))
    return found


def _activation(layer: Layer | Neuron) -> str:
    name = plain(getattr(layer.activation, "name", ""))
    return name if name != "linear" else ""


def _shown(size: int, most: int) -> tuple[int | None, ...]:
    """All of a small layer; of a large one the first two thirds of ``most``, and the last third."""
    if size <= most:
        return tuple(range(size))
    tail = most // 3
    return (*range(most - tail), None, *range(size - tail, size))
