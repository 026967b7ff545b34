"""To PyTorch and back: the torch.nn.Sequential that computes the same, in float64.

PyTorch is imported when one of the two is called. Where a model has outgrown Values, PyTorch's own
engines (GPUs, torch.distributed) take it from there.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any

from nn import activations
from nn.activations import Activation, PReLU
from nn.layers import MLP, Layer, Neuron
from nn.module import Module


@dataclass(frozen=True)
class Pair:
    """A module of torch.nn that computes one of ``nn.activations``.

    Attributes
    ----------
    torch:
        Its name there.
    settings:
        What our settings are called there; the defaults are the same.
    fixed:
        Arguments that it must have, each with the numbers that will do, the best first.
    """

    torch: str
    settings: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, tuple[Any, ...]] = field(default_factory=dict)


PAIRS = {
    "sigmoid": Pair("Sigmoid"),
    "tanh": Pair("Tanh"),
    "relu": Pair("ReLU"),
    "silu": Pair("SiLU"),
    "gelu": Pair("GELU", fixed={"approximate": ("none",)}),
    "elu": Pair("ELU", {"alpha": "alpha"}),
    "leaky_relu": Pair("LeakyReLU", {"slope": "negative_slope"}),
    # a straight line from the threshold on: at 40 the two are the same float
    "softplus": Pair("Softplus", fixed={"beta": (1,), "threshold": (40, 20)}),
    "softmax": Pair("Softmax", fixed={"dim": (-1, 1)}),
    "log_softmax": Pair("LogSoftmax", fixed={"dim": (-1, 1)}),
}
"""The activations that PyTorch has as they are; linear, step and PReLU are seen to below."""


def to_torch(model: Module) -> Any:
    """The torch.nn.Sequential that computes what ``model`` does, in float64.

    It takes rows: a tensor of the shape (rows, inputs), and gives (rows, outputs), one column
    where ``model`` gives a single Value. The outputs agree up to the order of the sums.

    Parameters
    ----------
    model:
        A Neuron, a Layer or an MLP.

    Raises
    ------
    TypeError
        For a module of one's own, and for an activation that is a function of one's own.
    ValueError
        If the neurons of one layer have different activations.
    ImportError
        Where PyTorch is not installed.
    """
    torch = _torch()
    parts: list[Any] = []
    for neurons, activation in _rows(model):
        scale = activation.settings.get("a", 1.0) if _name(activation) == "linear" else 1.0
        weights = [[scale * w.data for w in neuron.weights] for neuron in neurons]
        linear = torch.nn.Linear(neurons[0].n_in, len(neurons), dtype=torch.float64)
        _set(torch, linear.weight, weights)
        _set(torch, linear.bias, [scale * neuron.bias.data for neuron in neurons])
        parts.append(linear)
        if _name(activation) == "prelu":
            parts.append(torch.nn.PReLU(len(neurons), dtype=torch.float64))
            _set(torch, parts[-1].weight, [neuron.activation.slope.data for neuron in neurons])
        elif _name(activation) == "step":
            parts.append(step_module()())
        elif _name(activation) != "linear":
            pair = PAIRS[_name(activation)]
            settings = {pair.settings[name]: x for name, x in activation.settings.items()}
            best = {name: allowed[0] for name, allowed in pair.fixed.items()}
            parts.append(getattr(torch.nn, pair.torch)(**settings, **best))
    return torch.nn.Sequential(*parts)


def from_torch(module: Any) -> MLP:
    """The MLP that computes what a torch.nn.Sequential does.

    Parameters
    ----------
    module:
        ``Linear`` modules, each with an activation after it or none; numbers of any float type.
        A PReLU's slopes become the neurons' own. PyTorch's Softplus with its usual threshold of 20
        is a straight line from there on, which makes a difference of 2e-9.

    Raises
    ------
    TypeError
        If it holds anything else; the message names it and lists what there may be.
    ValueError
        If the hidden layers have different activations: an MLP has one for all.
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Sequential):
        raise TypeError(f"from_torch takes a torch.nn.Sequential; got {module!r}")
    linears: list[Any] = []
    after: list[Any] = []
    for part in module:
        if isinstance(part, torch.nn.Linear):
            linears.append(part)
            after.append(None)
        elif not linears or after[-1] is not None:
            raise TypeError(f"{part!r} follows no Linear: wanted Linear, activation, Linear, ...")
        else:
            after[-1] = part
    if not linears:
        raise TypeError(f"there is no Linear in {module!r}")
    found = [_activation(torch, part) for part in after]
    hidden = sorted({repr(activation) for activation in found[:-1]})
    if len(hidden) > 1:
        raise ValueError(
            f"the hidden layers have different activations, {', '.join(hidden)}: an MLP has one "
            "for all; build a Module of your own from nn.Layer"
        )
    sizes = [linear.out_features for linear in linears]
    model = MLP(linears[0].in_features, sizes, found[0], found[-1], init="zeros")
    for layer, linear, part in zip(model.layers, linears, after, strict=True):
        _fill(layer, linear, part)
    return model


def _fill(layer: Layer, linear: Any, part: Any) -> None:
    """Put the numbers of a Linear, and of a PReLU after it, into a layer."""
    bias = [0.0] * layer.n_out if linear.bias is None else linear.bias.tolist()
    for j, (neuron, row) in enumerate(zip(layer.neurons, linear.weight.tolist(), strict=True)):
        for parameter, number in zip([*neuron.weights, neuron.bias], [*row, bias[j]], strict=True):
            parameter.data = number
        if isinstance(neuron.activation, PReLU):
            slopes = part.weight.tolist()
            neuron.activation.slope.data = slopes[j % len(slopes)]


def _activation(torch: Any, part: Any) -> Any:
    """The activation that a module of torch.nn is."""
    if part is None or isinstance(part, torch.nn.Identity):
        return activations.linear
    if isinstance(part, torch.nn.PReLU):
        return PReLU()
    if isinstance(part, step_module()):
        return activations.step
    for name, pair in PAIRS.items():
        if type(part) is getattr(torch.nn, pair.torch) and all(
            getattr(part, argument) in allowed for argument, allowed in pair.fixed.items()
        ):
            usual = getattr(torch.nn, pair.torch)()
            settings = {
                ours: getattr(part, theirs)
                for ours, theirs in pair.settings.items()
                if getattr(part, theirs) != getattr(usual, theirs)
            }
            activation = activations.names[name]
            return activation.using(**settings) if settings else activation
    there = [
        f"{pair.torch}({', '.join(f'{k}={v[0]!r}' for k, v in pair.fixed.items())})"
        for pair in PAIRS.values()
    ]
    raise TypeError(f"no activation here computes {part!r}; there are PReLU(), {', '.join(there)}")


def _rows(model: Module) -> list[tuple[list[Neuron], Any]]:
    """The neurons of each layer, and their activation."""
    if isinstance(model, MLP):
        return [row for layer in model.layers for row in _rows(layer)]
    if isinstance(model, Layer):
        return [(model.neurons, _checked(model.neurons, model.activation))]
    if isinstance(model, Neuron):
        return [([model], _checked([model], model.activation))]
    raise TypeError(
        f"to_torch takes a Neuron, a Layer or an MLP; got {model!r}: write the torch.nn.Module by "
        "hand, and copy model.state_dict() into it"
    )


def _checked(neurons: list[Neuron], activation: Any) -> Any:
    """The activation, if all neurons have it and PyTorch has it too."""
    shown = sorted({repr(neuron.activation) for neuron in neurons})
    if len(shown) > 1:
        raise ValueError(
            f"the neurons of a layer have different activations, {', '.join(shown)}: PyTorch has "
            "one module for a layer"
        )
    if not _name(activation):
        raise TypeError(
            f"the activation {activation!r} is a function, and PyTorch has no module for it: use "
            f"one of {', '.join(activations.names)}, or write the torch.nn.Module by hand"
        )
    return activation


def _name(activation: Any) -> str:
    """The name under which PAIRS knows it; '' for a function of one's own."""
    if isinstance(activation, PReLU):
        return "prelu"
    if isinstance(activation, Activation):
        for name in ("linear", "step", *PAIRS):
            if activation.function is activations.names[name].function:
                return name
    return ""


def _set(torch: Any, tensor: Any, numbers: Any) -> None:
    with torch.no_grad():
        tensor.copy_(torch.tensor(numbers, dtype=torch.float64))


@functools.cache
def step_module() -> Any:
    """The class of a torch module that PyTorch lacks: 1 where its input is at least 0, else 0."""
    torch = _torch()

    class Step(torch.nn.Module):  # type: ignore[misc, name-defined]
        def forward(self, x: Any) -> Any:
            return torch.where(x.isnan(), x, (x >= 0).to(x.dtype))

    Step.__qualname__ = "Step"  # where pickle finds it: see __getattr__
    return Step


def __getattr__(name: str) -> Any:
    if name == "Step":
        return step_module()
    raise AttributeError(f"module 'nn.export' has no attribute {name!r}")


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "nn.export hands models to PyTorch, which is not installed: pip install torch"
        ) from error
    return torch
