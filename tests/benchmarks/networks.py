"""The networks of the benchmarks, for each peer: 2-16-16-1 with squared error, and two classifiers.

Parameters lie neuron by neuron: its weights, then its bias. A row is the inputs, then the targets,
of which a classifier's are a one-hot list.
"""

import importlib.util
import itertools
import subprocess
import tempfile
from pathlib import Path

import numpy

NETWORKS = {
    "2-16-16-1": (2, 16, 16, 1),
    "64-16-16-10": (64, 16, 16, 10),
    "784-16-16-10": (784, 16, 16, 10),
}


def has(module):
    return importlib.util.find_spec(module) is not None


def classifies(sizes):
    return sizes[-1] > 1


def shapes(sizes):
    """(start, neurons, inputs) of each layer in the flat parameters."""
    start = 0
    for n, m in itertools.pairwise(sizes):
        yield start, m, n
        start += m * (n + 1)


def data(sizes, count, seed=0):
    """Rows and flat parameters, float64."""
    rng = numpy.random.default_rng(seed)
    parts = [rng.normal(size=m * (n + 1)) / numpy.sqrt(n) for _, m, n in shapes(sizes)]
    inputs = rng.normal(size=(count, sizes[0]))
    if classifies(sizes):
        targets = numpy.eye(sizes[-1])[rng.integers(0, sizes[-1], count)]
    else:
        targets = rng.normal(size=(count, sizes[-1]))
    return numpy.ascontiguousarray(numpy.hstack([inputs, targets])), numpy.concatenate(parts)


def loss_of(sizes, row, parameters, logsumexp=None):
    """The loss of one row, written with scalars of any kind that has +, *, - and relu."""
    weights = iter(parameters)
    units, targets = row[: sizes[0]], row[sizes[0] :]
    for k, width in enumerate(sizes[1:]):
        layer = []
        for _ in range(width):
            own = [next(weights) for _ in units]
            total = next(weights)
            for w, x in zip(own, units, strict=True):
                total = total + w * x
            layer.append(total if k == len(sizes) - 2 else total.relu())
        units = layer
    if logsumexp is None:
        return (units[0] - targets[0]) ** 2
    chosen = targets[0] * units[0]
    for target, unit in zip(targets[1:], units[1:], strict=True):
        chosen = chosen + target * unit
    return logsumexp(units) - chosen


def ours(sizes, backend, **options):
    """The program of the loss of a row, from a graph of Values."""
    import autograd
    from autograd import Value

    row = [Value(0.5) for _ in range(sizes[0] + sizes[-1])]
    count = sum(m * (n + 1) for _, m, n in shapes(sizes))
    parameters = [Value(0.1) for _ in range(count)]
    loss = loss_of(sizes, row, parameters, autograd.logsumexp if classifies(sizes) else None)
    return lambda: autograd.compile(
        loss, inputs=row, parameters=parameters, backend=backend, **options
    )


def c_function(sizes):
    """The compiled reference.c: (rows, count, parameters, gradient) -> mean loss."""
    import ctypes

    folder = Path(tempfile.mkdtemp())
    source = Path(__file__).with_name("reference.c")
    defined = [f"-DN{k}={size}" for k, size in enumerate(sizes)]
    if classifies(sizes):
        defined.append("-DCROSS_ENTROPY")
    strict = ["-O3", "-march=native", "-ffp-contract=off"]
    command = ["gcc", *strict, "-shared", "-fPIC", *defined, source, "-o", folder / "it.so", "-lm"]
    subprocess.run(command, check=True)
    function = ctypes.CDLL(str(folder / "it.so")).value_and_grad
    function.restype = ctypes.c_double
    function.argtypes = [ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    return function


def torch_layers(sizes, parameters):
    """The weights and biases as tensors that want a gradient."""
    import torch

    tensors = []
    for start, m, n in shapes(sizes):
        part = parameters[start : start + m * (n + 1)].reshape(m, n + 1)
        for tensor in (part[:, :n], part[:, n]):
            tensors.append(torch.tensor(tensor.copy(), requires_grad=True))
    return tensors


def torch_loss(sizes, tensors, inputs, targets):
    from torch.nn import functional

    units = inputs
    for k in range(0, len(tensors), 2):
        units = functional.linear(units, tensors[k], tensors[k + 1])
        units = units if k == len(tensors) - 2 else functional.relu(units)
    if classifies(sizes):
        return functional.cross_entropy(units, targets)
    return ((units - targets) ** 2).sum(1).mean()


def torch_data(sizes, rows):
    import torch

    inputs = torch.tensor(rows[:, : sizes[0]].copy())
    targets = torch.tensor(rows[:, sizes[0] :].copy())
    return inputs, targets.argmax(1) if classifies(sizes) else targets


def jax_layers(sizes, parameters):
    import jax.numpy as jnp

    layers = []
    for start, m, n in shapes(sizes):
        part = parameters[start : start + m * (n + 1)].reshape(m, n + 1)
        layers.append((jnp.array(part[:, :n].T), jnp.array(part[:, n])))
    return layers


def jax_loss(sizes):
    import jax

    def loss(layers, inputs, targets):
        units = inputs
        for k, (weights, biases) in enumerate(layers):
            units = units @ weights + biases
            units = units if k == len(layers) - 1 else jax.nn.relu(units)
        if classifies(sizes):
            return (jax.nn.logsumexp(units, axis=1) - (units * targets).sum(1)).mean()
        return ((units - targets) ** 2).sum(1).mean()

    return loss
