"""How time grows with nodes and with rows: eager, compiled to Python, compiled to machine code.

    PYTHONPATH=. python tests/benchmarks/growth.py [--nodes 1000000] [--plot growth.png]

Both should be straight lines of slope 1 on logarithmic axes: the slope of each line's upper half is
printed with it.
"""

import argparse
import math
import random
import time

import networks
import numpy
from networks import NETWORKS, data

import autograd
from autograd import Value
from autograd.compiler.program import _known


def best(call, least=0.2):
    """Seconds of the quickest of some calls."""
    call()
    quickest, start = math.inf, time.perf_counter()
    while time.perf_counter() - start < least:
        before = time.perf_counter()
        call()
        quickest = min(quickest, time.perf_counter() - before)
    return quickest


def graph(leaves, count):
    """Random sums and products of earlier nodes, each between -1 and 1."""
    rng = random.Random(0)
    nodes = list(leaves)
    while len(nodes) < count:
        a, b = (nodes[-1 - rng.randrange(min(60, len(nodes)))] for _ in range(2))
        product = a * b
        total = product * 0.5 + a
        nodes += [product, total, total * 0.5]
    return nodes[-1]


def nodes(largest):
    """{way: {nodes: seconds}} for the value and gradient of one row, and for compiling."""
    lines = {"eager": {}, "Python": {}, "LLVM": {}, "compile to Python": {}, "compile to LLVM": {}}
    count = 100
    while count <= largest:
        leaves = [Value(0.1 * k) for k in range(10)]

        def eager(leaves=leaves, count=count):
            graph(leaves, count).backward()

        lines["eager"][count] = best(eager)
        output = graph(leaves, count)
        for way, backend in (("Python", "python"), ("LLVM", "llvm")):
            _known.clear()
            before = time.process_time()
            program = autograd.compile(output, inputs=[], parameters=leaves, backend=backend)
            rows = [[]] if backend == "python" else numpy.empty((1, 0))
            numbers = numpy.linspace(0, 1, 10) if backend == "llvm" else [0.1] * 10
            program.value_and_grad(rows, parameters=numbers)
            lines[f"compile to {way}"][count] = time.process_time() - before
            lines[way][count] = best(
                lambda program=program, rows=rows, numbers=numbers: program.value_and_grad(
                    rows, parameters=numbers
                )
            )
        print(f"{count} nodes done", flush=True)
        count *= 10
    return lines


def rows(largest):
    """{way: {rows: seconds}} for the value and gradient of 2-16-16-1."""
    lines = {"Python": {}, "LLVM": {}, "LLVM, 2 threads": {}}
    sizes = NETWORKS["2-16-16-1"]
    ways = {
        "Python": ("python", {}),
        "LLVM": ("llvm", {}),
        "LLVM, 2 threads": ("llvm", {"threads": 2}),
    }
    for way, (backend, options) in ways.items():
        program = networks.ours(sizes, backend, **options)()
        count = 1
        while count <= (largest if backend == "llvm" else min(largest, 10_000)):
            table, numbers = data(sizes, count)
            given = table if backend == "llvm" else table.tolist()
            lines[way][count] = best(
                lambda program=program, given=given, numbers=numbers: program.value_and_grad(
                    given, parameters=numbers
                )
            )
            count *= 10
    return lines


def show(title, lines):
    print(f"\n{title}")
    for way, line in lines.items():
        cells = "  ".join(f"{count:g}: {seconds:.2e} s" for count, seconds in line.items())
        upper = list(line.items())[len(line) // 2 :]
        slope = numpy.polyfit(*numpy.log(numpy.array(upper)).T, 1)[0] if len(upper) > 1 else 0
        print(f"{way:>17}: slope {slope:.2f}   {cells}")


def plot(path, pictures):
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(pictures), figsize=(12, 5), layout="constrained")
    for ax, (title, lines) in zip(axes, pictures.items(), strict=True):
        for way, line in lines.items():
            ax.loglog(list(line), list(line.values()), marker="o", label=way)
        ax.set(title=title, xlabel=title.split()[-1], ylabel="seconds")
        ax.legend()
        ax.grid(alpha=0.3)
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=100_000, help="of the largest graph")
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the largest table")
    parser.add_argument("--plot", help="where to write the picture")
    options = parser.parse_args()
    pictures = {
        "Value and gradient of one row, by nodes": nodes(options.nodes),
        "Value and gradient of 2-16-16-1, by rows": rows(options.rows),
    }
    for title, lines in pictures.items():
        show(title, lines)
    if options.plot:
        plot(options.plot, pictures)


if __name__ == "__main__":
    main()
