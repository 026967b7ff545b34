"""What the tests of the compiler share: backends, eager results to hold against, networks."""

import importlib.util
import itertools
import math
import random

import autograd
from autograd import Value, gradients

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = ["python", "llvm"] if HAS_LLVM else ["python"]

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -8.0, 1e-300, 1e300, math.inf, -math.inf, math.nan]


def bits(number):
    """What tells floats apart: the sign of zero does, one nan from another does not."""
    return "nan" if math.isnan(number) else float(number).hex()


def eager(function, row, parameters):
    """The value and gradient that Values compute for one row, as ``.grad`` would hold it."""
    inputs = [Value(x) for x in row]
    leaves = [Value(w) for w in parameters]
    output = function(inputs, leaves)
    if not isinstance(output, Value):
        return output, [0.0] * len(leaves)
    return output.data, [0.0 + g for g in gradients(output, leaves)]


def summed(function, rows, parameters, block=256):
    """Value and gradient added up as documented: in order within blocks, then block by block."""
    totals = []
    for start in range(0, len(rows), block):
        sums = [0.0] * (len(parameters) + 1)
        for row in rows[start : start + block]:
            value, gradient = eager(function, row, parameters)
            sums = [a + b for a, b in zip(sums, [value, *gradient], strict=True)]
        totals.append(sums)
    sums = totals[0]
    for more in totals[1:]:
        sums = [a + b for a, b in zip(sums, more, strict=True)]
    return sums[0], sums[1:]


def program_of(function, inputs, parameters, **options):
    """``function`` of lists of inputs and parameters, compiled; parameters at these numbers."""
    xs = [Value(0.25, name=f"x{i}") for i in range(inputs)]
    ws = [Value(w, name=f"w{i}") for i, w in enumerate(parameters)]
    return autograd.compile(function(xs, ws), inputs=xs, parameters=ws, **options)


def network(sizes, activation="relu", reverse=False):
    """(function, count of parameters): neurons written out as b + w0*x0 + ..., squared outputs.

    With ``reverse`` each neuron adds its products from the last input on, product first.
    """

    def function(inputs, parameters):
        weights = iter(parameters)
        units = inputs
        for k, width in enumerate(sizes[1:]):
            layer = []
            for _ in range(width):
                own = [next(weights) for _ in units]
                total = next(weights)
                pairs = list(zip(own, units, strict=True))
                for w, x in reversed(pairs) if reverse else pairs:
                    total = w * x + total if reverse else total + x * w
                layer.append(total if k == len(sizes) - 2 else getattr(total, activation)())
            units = layer
        loss = units[0] * units[0]
        for unit in units[1:]:
            loss = loss + unit * unit
        return loss

    count = sum(m * (n + 1) for n, m in itertools.pairwise(sizes))
    return function, count


def numbers(count, seed, scale=1.0):
    rng = random.Random(seed)
    return [rng.gauss(0, scale) for _ in range(count)]


def table_of(rows, columns, seed, scale=1.0):
    flat = numbers(rows * columns, seed, scale)
    return [flat[k * columns : (k + 1) * columns] for k in range(rows)]
