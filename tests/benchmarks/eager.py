"""Eager speed and memory beside other pure-Python schemes: ``python tests/benchmarks/eager.py``.

Prints a table. The schemes take turns, time is the processor's, and ratios are medians of the
ratios within a turn, so that a busy machine slows all alike.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from closures import Node as ClosureNode  # noqa: E402
from peers import TupleNode  # noqa: E402

from autograd import Value, grad, gradients  # noqa: E402

SCHEMES: dict[str, type] = {
    "stepgrad": Value,
    "closures and sets (micrograd's scheme)": ClosureNode,
    "slots and tuples (strongest peer)": TupleNode,
}
POINTS = 50
STEPS = 5  # in one turn, so that a scheme pays for collecting its own garbage


def network(node: type) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The 2-16-16-1 network with relu: its parameters, and itself as a function of the inputs."""
    rng = random.Random(0)
    parameters: list[Any] = []
    layers = []
    for n_in, n_out in ((2, 16), (16, 16), (16, 1)):
        layer = []
        for _ in range(n_out):
            weights = [node(rng.uniform(-1, 1)) for _ in range(n_in)]
            bias = node(0.0)
            layer.append((weights, bias))
            parameters += [*weights, bias]
        layers.append(layer)

    def forward(x: list[Any]) -> Any:
        for i, layer in enumerate(layers):
            outputs = []
            for weights, bias in layer:
                total = bias
                for w, xi in zip(weights, x, strict=True):
                    total = total + w * xi
                outputs.append(total.relu() if i < 2 else total)
            x = outputs
        return x[0]

    return parameters, forward


def step(node: type, forward: Callable[[list[Any]], Any], points: list[list[float]]) -> None:
    """Forward over all points, one loss, backward."""
    loss = None
    for point in points:
        output = forward([node(x) for x in point])
        squared = output * output
        loss = squared if loss is None else loss + squared
    assert loss is not None
    loss.backward()


def seconds(rounds: int) -> dict[str, list[tuple[float, float]]]:
    """For each scheme, (forward and backward, forward alone) of each round, taken in turns."""
    rng = random.Random(1)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(POINTS)]
    networks = {name: network(node) for name, node in SCHEMES.items()}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in SCHEMES}
    for _ in range(rounds):
        for name, node in SCHEMES.items():
            parameters, forward = networks[name]
            gc.collect()  # the cycles that another scheme left are not charged to this one
            start = time.process_time()
            for _ in range(STEPS):
                for point in points:
                    forward([node(x) for x in point])
            middle = time.process_time()
            for _ in range(STEPS):
                step(node, forward, points)
            end = time.process_time()
            taken[name].append(((end - middle) / STEPS, (middle - start) / STEPS))
            for p in parameters:
                p.grad = 0.0
    return taken


def bytes_per_node(node: type, count: int = 2000) -> float:
    """Of a chain of products, its numbers and gradients included."""
    x, w = node(1.5), node(0.5)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y = x
    for _ in range(count):
        y = y * w
    y.backward()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return taken / count


def import_milliseconds(rounds: int) -> float:
    """Of ``import autograd`` in a fresh interpreter, the interpreter's own start left out."""
    code = (
        "import time; start = time.perf_counter(); import autograd; "
        "print(1000 * (time.perf_counter() - start))"
    )
    command = [sys.executable, "-c", code]
    found = [
        float(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
        for _ in range(rounds)
    ]
    return statistics.median(found)


def chain(count: int) -> tuple[float, float, float]:
    """Seconds to build, to backpropagate and to free a chain of ``count`` operations."""
    x = Value(1.0)
    start = time.perf_counter()
    y = x
    for _ in range(count):
        y = y + 1e-6
    built = time.perf_counter()
    y.backward()
    backward = time.perf_counter()
    assert x.grad == 1.0
    del y
    return built - start, backward - built, time.perf_counter() - backward


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each scheme is run")
    rounds = parser.parse_args().rounds
    sys.setrecursionlimit(100_000)  # the peers sort by recursion

    seconds(1)  # methods are generated, caches filled
    taken = seconds(rounds)
    print(f"2-16-16-1 network, relu, {POINTS} points, garbage collector on, median of {rounds}")
    print(f"{'':40}{'fwd+bwd ms':>12}{'ratio':>8}{'fwd ms':>10}{'ratio':>8}{'B/node':>8}")
    for name, rows in taken.items():
        row = f"{name:40}"
        for column, width in ((0, 12), (1, 10)):
            ratios = [r[column] / o[column] for r, o in zip(rows, taken["stepgrad"], strict=True)]
            row += f"{1e3 * statistics.median(r[column] for r in rows):{width}.2f}"
            row += f"{statistics.median(ratios):8.2f}"
        print(f"{row}{bytes_per_node(SCHEMES[name]):8.0f}")
    print(f"\nimport autograd: {import_milliseconds(9):.1f} ms")
    build, back, free = chain(1_000_000)
    print(f"a chain of 1,000,000: built {build:.2f} s, backward {back:.2f} s, freed {free:.2f} s")
    x = Value(0.5)
    start = time.perf_counter()
    y = x
    for _ in range(10_000):
        y = (y * 1.001).tanh()
    (slope,) = gradients(y, [x], create_graph=True)
    assert slope.data > 0
    print(f"the graph of a gradient of 20,000 operations: {time.perf_counter() - start:.2f} s")
    start = time.perf_counter()
    grad(grad(grad(Value.tanh)))(0.5)
    print(f"third derivative of tanh: {1e3 * (time.perf_counter() - start):.2f} ms")


if __name__ == "__main__":
    main()
