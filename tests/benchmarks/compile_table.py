"""Compiled programs beside their peers, all on one thread.

    PYTHONPATH=. python tests/benchmarks/compile_table.py [section ...]

Peers that are not installed are left out and named. Each time is the median over rounds in which
the peers take turns, so that a busy machine slows them alike.
"""

import argparse
import os
import random
import shutil
import statistics
import sys
import time

import networks
import numpy
from closures import Node
from networks import NETWORKS, data, has

import autograd
from autograd import Value
from nn.optim import Adam

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ALONE = dict.fromkeys(THREADS, "1") | {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "STEPGRAD_CACHE": "",  # compile times are of compiling
}
"""The environment that keeps every peer to one thread, set before any is imported."""


def medians(peers, rounds, least=0.02):
    """Seconds a call of each peer: the median of rounds of at least ``least`` seconds each."""
    repeats, times = {}, {name: [] for name in peers}
    for name, call in peers.items():
        call()
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < least:
            call()
            count += 1
        repeats[name] = max(count, 1)
    for _ in range(rounds):
        for name, call in peers.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                call()
            times[name].append((time.perf_counter() - start) / repeats[name])
    return {name: statistics.median(taken) for name, taken in times.items()}


def peers_of(sizes, rows, parameters):
    """For each peer a call that computes the mean loss and its gradient, all checked to agree."""
    peers = {}
    program = networks.ours(sizes, "llvm")()
    gradient = numpy.empty_like(parameters)
    wanted, _ = program.value_and_grad(rows, parameters=parameters, gradient=gradient)
    peers["stepgrad"] = lambda: program.value_and_grad(
        rows, parameters=parameters, gradient=gradient
    )
    fast = networks.ours(sizes, "llvm", fast_math=True)()
    own = numpy.empty_like(parameters)
    peers["fast_math"] = lambda: fast.value_and_grad(rows, parameters=parameters, gradient=own)
    if shutil.which("gcc"):
        function, out = networks.c_function(sizes), numpy.empty_like(parameters)
        places = rows.ctypes.data, len(rows), parameters.ctypes.data, out.ctypes.data
        peers["C"] = lambda out=out: function(*places)  # which keeps the array that C writes to
        assert numpy.isclose(function(*places), wanted, rtol=1e-9)
        assert numpy.allclose(out, gradient, rtol=1e-8, atol=1e-10)
    if has("torch"):
        import torch

        torch.set_num_threads(1)
        tensors = networks.torch_layers(sizes, parameters)
        inputs, targets = networks.torch_data(sizes, rows)

        def run_torch():
            for tensor in tensors:
                tensor.grad = None
            loss = networks.torch_loss(sizes, tensors, inputs, targets)
            loss.backward()
            return loss

        assert numpy.isclose(run_torch().item(), wanted, rtol=1e-9)
        peers["PyTorch"] = run_torch
    if has("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        layers = networks.jax_layers(sizes, parameters)
        grad = jax.jit(jax.value_and_grad(networks.jax_loss(sizes)))
        xs, ts = jax.numpy.array(rows[:, : sizes[0]]), jax.numpy.array(rows[:, sizes[0] :])
        assert numpy.isclose(grad(layers, xs, ts)[0], wanted, rtol=1e-9)
        peers["JAX"] = lambda: jax.block_until_ready(grad(layers, xs, ts))
    return peers


def gradients(rounds):
    print("\nForward and backward, microseconds a row (in brackets: times stepgrad's)")
    print("a row of stepgrad is a call of value_and_grad on a float64 array and flat parameters")
    for title, sizes in NETWORKS.items():
        for count in (32, 100, 1024):
            times = medians(peers_of(sizes, *data(sizes, count)), rounds)
            base = times["stepgrad"]
            cells = [f"{name} {t / count * 1e6:.4f} ({t / base:.2f})" for name, t in times.items()]
            print(f"{title:>13}, batch {count:>4}: {'  '.join(cells)}", flush=True)


def scheme(rounds):
    """Against rebuilding a graph of closures for each row."""
    sizes, count = NETWORKS["2-16-16-1"], 100
    rows, parameters = data(sizes, count)
    listed = rows.tolist()

    def rebuild():
        leaves = [Node(w) for w in parameters.tolist()]
        total = Node(0.0)
        for row in listed:
            total = total + networks.loss_of(sizes, [Node(x) for x in row], leaves)
        (total * (1 / count)).backward()
        return total.data / count, [leaf.grad for leaf in leaves]

    python = networks.ours(sizes, "python")()
    llvm = networks.ours(sizes, "llvm")()
    flat = parameters.tolist()
    peers = {
        "closures": rebuild,
        "Python": lambda: python.value_and_grad(listed, parameters=flat),
        "LLVM": lambda: llvm.value_and_grad(rows, parameters=parameters),
    }
    assert numpy.isclose(rebuild()[0], peers["LLVM"]()[0])
    times = medians(peers, rounds)
    print("\n2-16-16-1, batch 100, against a scheme of closures and sets (micrograd's):")
    for name, t in times.items():
        print(f"{name:>9}: {t * 1e3:.4f} ms a call, {times['closures'] / t:,.0f} times as fast")


def compiling():
    print("\nSeconds to compile (graph to program, and to the first gradient), nothing cached")
    for title, sizes in NETWORKS.items():
        make = networks.ours(sizes, "llvm")
        rows, parameters = data(sizes, 32)
        forget()
        start = time.perf_counter()
        program = make()
        lowered = time.perf_counter()
        program.value_and_grad(rows, parameters=parameters)
        done = time.perf_counter()
        print(f"{title:>13}: {lowered - start:.3f} + {done - lowered:.3f} = {done - start:.3f}")


def forget():
    from autograd.compiler import program

    program._known.clear()


def steps(rounds):
    """A whole training step with Adam, batch 100."""
    print("\nA training step with Adam, batch 100, microseconds")
    for title in ("2-16-16-1", "64-16-16-10"):
        sizes = NETWORKS[title]
        rows, parameters = data(sizes, 100)
        peers = {"stepgrad": our_step(sizes, rows, parameters)}
        if has("torch"):
            peers |= torch_steps(sizes, rows, parameters)
        if has("jax"):
            peers["JAX"] = jax_step(sizes, rows, parameters)
        times = medians(peers, rounds)
        cells = [f"{name} {t * 1e6:.1f}" for name, t in times.items()]
        print(f"{title:>13}: {'  '.join(cells)}", flush=True)


def our_step(sizes, rows, parameters):
    program = networks.ours(sizes, "llvm")()
    optimizer = Adam([Value(w) for w in parameters.tolist()], lr=1e-6)
    flat, gradient = parameters.copy(), numpy.empty_like(parameters)

    def step():
        nonlocal flat
        program.value_and_grad(rows, parameters=flat, gradient=gradient)
        flat = optimizer.update(flat, gradient)

    return step


def torch_steps(sizes, rows, parameters):
    import torch

    peers = {}
    for name, options in (("PyTorch", {}), ("PyTorch fused", {"fused": True})):
        tensors = networks.torch_layers(sizes, parameters)
        optimizer = torch.optim.Adam(tensors, lr=1e-6, **options)
        inputs, targets = networks.torch_data(sizes, rows)

        def step(tensors=tensors, optimizer=optimizer, inputs=inputs, targets=targets):
            optimizer.zero_grad()
            networks.torch_loss(sizes, tensors, inputs, targets).backward()
            optimizer.step()

        peers[name] = step
    return peers


def jax_step(sizes, rows, parameters):
    """Adam written in JAX, and the whole step compiled by jit."""
    import jax
    import jax.numpy as jnp

    loss = jax.value_and_grad(networks.jax_loss(sizes))
    xs, ts = jnp.array(rows[:, : sizes[0]]), jnp.array(rows[:, sizes[0] :])

    @jax.jit
    def update(state, t):
        layers, m, v = state
        _, g = loss(layers, xs, ts)
        tree = jax.tree_util.tree_map
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        a, c = 1e-6 / (1 - 0.9**t), jnp.sqrt(1 - 0.999**t)
        layers = tree(lambda x, m, v: x - a * m / (jnp.sqrt(v) / c + 1e-8), layers, m, v)
        return layers, m, v

    layers = networks.jax_layers(sizes, parameters)
    zeros = jax.tree_util.tree_map(jnp.zeros_like, layers)
    state, t = (layers, zeros, zeros), 0.0

    def step():
        nonlocal state, t
        t += 1.0
        state = jax.block_until_ready(update(state, t))

    return step


def digits():
    if not has("sklearn"):
        print("\ndigits: left out, scikit-learn is not installed")
        return
    from sklearn.datasets import load_digits

    import nn

    images = load_digits()
    order = numpy.random.default_rng(0).permutation(len(images.target))
    inputs, targets = (images.data / 16)[order], images.target[order]
    held = len(targets) // 5
    model = nn.MLP(64, [16, 16, 10], activation="relu", rng=0)
    optimizer = nn.optim.Adam(model.parameters(), lr=0.01)
    train = inputs[held:].tolist(), targets[held:].tolist()
    start = time.perf_counter()
    nn.fit(
        model,
        *train,
        "cross_entropy",
        optimizer,
        epochs=30,
        batch_size=32,
        compile=True,
        progress=False,
    )
    taken = time.perf_counter() - start
    flat = [p.data for p in model.parameters()]
    units = inputs[:held].T
    for k, (first, m, n) in enumerate(networks.shapes(NETWORKS["64-16-16-10"])):
        part = numpy.array(flat[first : first + m * (n + 1)]).reshape(m, n + 1)
        units = part[:, :n] @ units + part[:, n:]
        units = units if k == 2 else numpy.maximum(units, 0)
    right = (units.argmax(0) == targets[:held]).mean()
    print(f"\ndigits, 64-16-16-10, 30 epochs of batches of 32: {right:.1%} right of the fifth held")
    print(f"out, {taken:.2f} s with compiling")


OPERATIONS = {  # of numbers between -1 and 1, and so are the results
    "add": lambda a, b, sin, tanh: (a + b) * 0.5,
    "sub": lambda a, b, sin, tanh: (a - b) * 0.5,
    "mul": lambda a, b, sin, tanh: a * b * 0.5 + 0.5,
    "div": lambda a, b, sin, tanh: a / (b * b + 1.0),
    "sin": lambda a, b, sin, tanh: sin(a + b),
    "tanh": lambda a, b, sin, tanh: tanh(a - b),
}


def random_program(leaves, count, seed, sin, tanh):
    rng = random.Random(seed)
    nodes = list(leaves)
    for _ in range(count):
        a, b = (nodes[-1 - rng.randrange(min(60, len(nodes)))] for _ in range(2))
        nodes.append(OPERATIONS[rng.choice(list(OPERATIONS))](a, b, sin, tanh))
    return nodes[-1]


def one_row(rounds):
    print("\nOne row, random programs of 10,000 operations, value and gradient, microseconds")
    for seed in range(3):
        point, peers = numpy.linspace(0.0, 1.0, 10), {}
        peers["stepgrad"], wanted = our_one_row(seed, point)
        if has("casadi"):
            peers["CasADi SX"] = casadi_one_row(seed, point, wanted)
        times = medians(peers, rounds)
        cells = [f"{name} {t * 1e6:.1f}" for name, t in times.items()]
        print(f"      seed {seed}: {'  '.join(cells)}", flush=True)


def our_one_row(seed, point):
    leaves = [Value(0.1 * k) for k in range(10)]
    output = random_program(leaves, 10_000, seed, autograd.sin, autograd.tanh)
    program = autograd.compile(output, inputs=[], parameters=leaves, backend="llvm")
    row, gradient = numpy.empty((1, 0)), numpy.empty(10)

    def call():
        return program.value_and_grad(row, parameters=point, gradient=gradient)

    return call, call()


def casadi_one_row(seed, point, wanted):
    import casadi

    x = casadi.SX.sym("x", 10)
    leaves = [x[k] for k in range(10)]
    made = random_program(leaves, 10_000, seed, casadi.sin, casadi.tanh)
    buffer, call = casadi.Function("f", [x], [made, casadi.gradient(made, x)]).buffer()
    value, slopes = numpy.empty(1), numpy.empty(10)
    buffer.set_arg(0, memoryview(point))
    buffer.set_res(0, memoryview(value))
    buffer.set_res(1, memoryview(slopes))

    def run(keep=(buffer, value, slopes)):
        call()

    run()
    assert numpy.isclose(value[0], wanted[0], rtol=1e-6)
    assert numpy.allclose(slopes, wanted[1], rtol=1e-5)
    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="rounds for each median")
    sections = {
        "compiling": lambda rounds: compiling(),
        "scheme": scheme,  # first: the objects of the others would slow its collector
        "gradients": gradients,
        "steps": steps,
        "digits": lambda rounds: digits(),
        "one_row": one_row,
    }
    parser.add_argument("sections", nargs="*", default=list(sections), help=", ".join(sections))
    options = parser.parse_args()
    missing = [name for name in ("torch", "jax", "casadi", "sklearn") if not has(name)]
    missing += [] if shutil.which("gcc") else ["gcc"]
    print(f"Python {sys.version.split()[0]}; not installed and left out: {missing or 'none'}")
    for section in options.sections:
        sections[section](options.rounds)


if __name__ == "__main__":
    if any(os.environ.get(name) != value for name, value in ALONE.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ALONE})
    main()
