"""Machine code: rolled loops, threads, and the cache on disk; none of them changes a bit."""

import ctypes
import hashlib
import os
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from compiled import bits, eager, network, numbers, program_of, summed, table_of

pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")
pytest.importorskip("numpy", reason="machine code runs on numpy's arrays")

import itertools

import numpy

import autograd
from autograd import Value
from autograd.compiler import ir, jit, llvm, loops, native, rolling
from autograd.compiler.layout import Place
from autograd.compiler.loops import Shape
from autograd.compiler.rolling import Layer, Outer, plan


def code_of(program):
    return program._lowered.gradient


def assert_same(function, inputs, weights, rows=37, seed=0, **options):
    program = program_of(function, inputs, weights, backend="llvm", **options)
    data = table_of(rows, inputs, seed)
    value, gradient = program.value_and_grad(data, "sum")
    wanted = summed(function, data, weights)
    assert [*map(bits, [value, *gradient])] == [*map(bits, [wanted[0], *wanted[1]])]
    assert program(data) == [eager(function, row, weights)[0] for row in data]
    assert program(data[:2]) == program(data)[:2]
    return program


def layers_of(program):
    """(neurons, weights to each) of the loops that were found, and those of the gradients."""
    found = plan(code_of(program), True)
    layers = [(len(u.outs), len(u.values)) for u in found.units if isinstance(u, Layer)]
    return layers, [(len(outer.rows), len(outer.columns)) for outer in found.outers]


# -- loops --


@pytest.mark.parametrize(
    "sizes", [(2, 16, 16, 1), (9, 5, 3), (40, 7), (17, 17, 17, 17), (5, 33, 2), (100, 1)]
)
@pytest.mark.parametrize("reverse", [False, True])
def test_layers_of_all_shapes_are_rolled_and_exact(sizes, reverse):
    function, count = network(sizes, reverse=reverse)
    program = assert_same(function, sizes[0], numbers(count, 1, 0.3))
    layers, outers = layers_of(program)
    forward = [(m, n) for n, m in itertools.pairwise(sizes) if n >= 4 and m * n >= 16]
    backward = [(n, m) for n, m in itertools.pairwise(sizes[1:]) if m >= 4]
    assert sorted(layers) == sorted(forward + backward)
    assert outers == [(m, n) for n, m in itertools.pairwise(sizes) if n >= 8]


def test_activations_between_layers():
    for activation in ("tanh", "sigmoid", "softplus", "gelu"):
        function, count = network([6, 8, 8, 1], activation)
        assert_same(function, 6, numbers(count, 2))


def test_weights_in_any_order():
    """Weights that are at no regular place, shared, or used elsewhere too."""
    sizes = [12, 10, 9, 1]
    function, count = network(sizes)
    weights = numbers(count, 3, 0.3)
    orders = {
        "backwards": list(range(count))[::-1],
        "shuffled": random.Random(1).sample(range(count), count),
        "shared": [k % 20 for k in range(count)],
        "every other twice": [k // 2 for k in range(count)],
    }
    for order in orders.values():
        assert_same(lambda x, w, order=order: function(x, [w[k] for k in order]), 12, weights)
    assert_same(lambda x, w: function(x, w) + w[3] * w[3] * 0.1, 12, weights)
    assert_same(lambda x, w: function(x, w) + sum(v * v for v in w) * 0.1, 12, weights)


def test_seeds_of_any_kind():
    """Chains that go on from a constant, an input, another chain, or from nothing."""

    def chain(start, weights, values):
        for w, x in zip(weights, values, strict=True):
            start = w * x if start is None else start + w * x
        return start

    def function(starts):
        def build(x, w):
            units = [
                chain(start(x, w), w[10 * k : 10 * k + 10], x) for k, start in enumerate(starts)
            ]
            total = units[0].tanh()
            for k, unit in enumerate(units[1:], 1):
                total = total + unit.tanh() * w[k]
            return total

        return build

    weights = numbers(64, 4)
    kinds = [
        lambda x, w: None,
        lambda x, w: Value(0.5) * 1.0,
        lambda x, w: x[3],
        lambda x, w: w[60],
        lambda x, w: chain(w[61], w[40:50], x),
        lambda x, w: x[0] * x[1],
        lambda x, w: w[62] * w[63],
    ]
    for kind in kinds:
        assert_same(function([kind] * 4), 10, weights)
    assert_same(function(kinds[:6]), 10, weights)


def test_windows_over_the_inputs():
    """One kernel slid over a row, as in a convolution: the weights are the same, the inputs not."""

    def function(x, w):
        outs = []
        for start in range(len(x) - 8):
            total = w[8]
            for k in range(8):
                total = total + w[k] * x[start + k]
            outs.append(total.relu())
        total = outs[0]
        for out in outs[1:]:
            total = total + out
        return total

    assert_same(function, 20, numbers(9, 5))


def test_one_layer_feeds_two():
    def layer(w, values, count):
        step = len(values)
        outs = []
        for j in range(count):
            total = w[j * step] * values[0]
            for k in range(1, step):
                total = total + w[j * step + k] * values[k]
            outs.append(total)
        return outs

    def function(x, w):
        hidden = [h.tanh() for h in layer(w, x, 8)]
        left = layer(w[80:], hidden, 8)
        right = layer(w[144:], hidden[::-1], 8)
        again = layer(w[208:], [*left[:4], *right[:4]], 8)
        total = again[0]
        for a, b in zip(again[1:], [*left, *right], strict=False):
            total = total + a * b
        return total

    assert_same(function, 10, numbers(272, 6, 0.4))


def test_parts_of_a_layer_that_are_used_elsewhere():
    """Sums on the way, and products, that something else uses too."""

    def function(x, w):
        total = None
        for j in range(6):
            unit, on_the_way = w[9 * j + 8], []
            products = [w[9 * j + k] * x[k] for k in range(8)]
            for product in products:
                unit = unit + product
                on_the_way.append(unit)
            more = on_the_way[j] * products[7 - j]
            result = unit.tanh() + more
            total = result if total is None else total + result
        return total

    assert_same(function, 8, numbers(54, 16, 0.5))


def test_layers_one_after_the_other_over_the_same_values():
    """Chains over the same values, of which one goes on from what another gave."""

    def function(x, w):
        units = [w[0]] * 4
        for layer in range(3):
            following = []
            for j, unit in enumerate(units):
                start = 40 * layer + 10 * j
                total = unit.tanh()
                for k in range(10):
                    total = total + w[start + k] * x[k]
                following.append(total)
            units = following
        return units[0] * units[1] + units[2] * units[3]

    assert_same(function, 10, numbers(120, 17, 0.4))


def test_a_layer_waits_for_seeds_that_need_one_another():
    """Only the first neuron of the layer comes before the seeds of the others."""

    def function(x, w):
        def chain(start, k):
            for j, value in enumerate(values):
                start = start + w[10 * k + j] * value
            return start

        values = [x_.tanh().tanh().tanh().tanh() for x_ in x]
        units = [chain((x[0] * w[40]).tanh(), 0)]
        seeds = [(x[0] * w[41]).tanh()]
        for k in (1, 2, 3):
            units.append(chain(seeds[-1], k))
            seeds.append(seeds[-1].tanh())
        return units[0] * units[1] + units[2] * units[3]

    program = assert_same(function, 10, numbers(42, 18, 0.4))
    assert (4, 10) in layers_of(program)[0]


def test_second_order_gradients_compile():
    """A loss that holds a gradient itself, as in a gradient penalty."""

    def function(x, w):
        inner, _ = network([4, 8, 1], "tanh")
        output = inner(x, w)
        slopes = autograd.gradients(output, x, create_graph=True)
        total = output
        for slope in slopes:
            total = total + slope * slope
        return total

    assert_same(function, 4, numbers(network([4, 8, 1])[1], 7, 0.5), rows=9)


def test_code_does_not_grow_with_the_width_of_a_layer():
    sizes = []
    for width in (50, 100, 400):
        function, count = network([width, 8, 1])
        program = program_of(function, width, numbers(count, 1), backend="python")
        sizes.append(len(llvm.write(code_of(program), True, 8, 8, 32, False).text))
    assert sizes[2] < 1.02 * sizes[0]  # numbers have more digits; each weight more took 100s


@pytest.mark.parametrize("lanes", [2, 4])
def test_other_machines(monkeypatch, lanes):
    """Registers of other sizes change the code and not the result."""
    here = jit.machine()._replace(wide=lanes, registers=16)
    monkeypatch.setattr(jit, "machine", lambda: here)
    monkeypatch.setattr("autograd.compiler.program._known", type(autograd_known())())
    function, count = network([11, 9, 6, 2], "tanh")
    assert_same(function, 11, numbers(count, 8))


@pytest.mark.parametrize(
    ("triple", "features", "found"),
    [
        ("x86_64-unknown-linux-gnu", "sse2", (2, 16, False)),
        ("x86_64-pc-windows-msvc", "sse2 avx avx2", (4, 16, False)),
        ("x86_64-apple-darwin", "sse2 avx avx2 fma", (4, 16, True)),
        ("x86_64-unknown-linux-gnu", "avx2 fma avx512f", (4, 16, True)),
        ("x86_64-unknown-linux-gnu", "avx2 fma avx512f avx512vl", (8, 32, True)),
        ("aarch64-unknown-linux-gnu", "neon", (2, 32, True)),
        ("arm64-apple-darwin", "neon", (2, 32, True)),
    ],
)
def test_what_a_machine_has(monkeypatch, triple, features, found):
    """Doubles to a register, registers, and whether it multiplies and adds in one."""
    has = jit.llvm.get_host_cpu_features()
    for name in list(has):
        has[name] = name in features.split()
    has.update(dict.fromkeys(features.split(), True))
    monkeypatch.setattr(jit.llvm, "get_host_cpu_features", lambda: has)
    monkeypatch.setattr(jit.llvm, "get_default_triple", lambda: triple)
    here = jit.machine.__wrapped__()
    assert (here.wide, here.registers, here.fused) == found


@pytest.mark.parametrize(
    ("lanes", "slots", "wide", "registers", "vectors", "tile"),
    [
        (8, 100, 8, 32, 4, (4, 4)),
        (8, 3000, 8, 32, 4, (4, 4)),
        (8, 3001, 8, 32, 1, (4, 1)),
        (1, 100, 8, 32, 1, (4, 1)),
        (4, 100, 4, 16, 4, (4, 2)),
        (2, 9000, 2, 16, 1, (4, 1)),
        (1, 100, 4, 16, 1, (4, 1)),
        (2, 100, 2, 32, 4, (4, 4)),
    ],
)
def test_how_rows_are_grouped(lanes, slots, wide, registers, vectors, tile):
    """Half of the registers hold sums; a group of very many numbers is one vector of rows."""
    shape = llvm.shape_for(lanes, slots, wide, registers)
    assert (shape.lanes, shape.vectors, shape.tile, shape.wide) == (lanes, vectors, tile, wide)


def kinds_of_programs():
    """Straight-line code, layers, and numbers that are the same for every row."""
    yield lambda x, w: (x[0] * w[0]).tanh() - x[1] * w[1], 2, 3
    yield lambda x, w: x[0] * (w[0] * w[1] + w[2].tanh()), 1, 3
    yield lambda x, w: x[0] * (w[0] * w[1]), 1, 2
    yield lambda x, w: x[0] * x[1], 2, 0
    function, count = network((9, 5, 2), "tanh")
    yield function, 9, count
    yield lambda x, w: function(x, w) + (w[0] * w[1]).tanh(), 9, count


@pytest.mark.parametrize("lanes", [0, 1])
def test_the_work_buffer_is_used_to_its_end_and_no_further(lanes):
    for function, inputs, count in kinds_of_programs():
        weights = numbers(count, 1, 0.3)
        program = program_of(function, inputs, weights, backend="python")
        data = table_of(300, inputs, 2)  # two blocks
        rows, parameters = numpy.array(data).reshape(300, inputs), numpy.array(weights)
        wanted = summed(function, data, weights)
        for gradient, code in enumerate(program._lowered.codes):
            kernel = native.Kernel(code, bool(gradient), lanes, False)
            work, out = numpy.full(kernel._size + 64, numpy.nan), numpy.zeros(300)
            sums = numpy.zeros(count + 1)
            places = [rows.ctypes.data, 300, parameters.ctypes.data, work.ctypes.data]
            if gradient:
                kernel.run(*places, sums.ctypes.data, out.ctypes.data, 2.0)
                assert sums[-1] == wanted[0] / 2
                assert out[:count].tolist() == [slope / 2 for slope in wanted[1]]
                assert not out[count:].any()
            else:
                kernel.run(*places, out.ctypes.data)
                assert out.tolist() == program(data)
            assert numpy.isnan(work[kernel._size :]).all()
            if gradient:
                assert not numpy.isnan(work[kernel._size - 1])


def test_many_numbers_that_are_the_same_for_every_row(monkeypatch):
    """More than go to one function, as outputs, in a sum, and next to what depends on the row."""
    monkeypatch.setattr(llvm, "CHUNK", 4)
    monkeypatch.setattr("autograd.compiler.program._known", type(autograd_known())())
    x, weights = Value(0.5), [Value(w) for w in numbers(10, 3)]
    squares = [w * w for w in weights]
    program = autograd.compile([*squares, x], [x], weights, backend="llvm")
    wanted = [square.data for square in squares]
    assert program([[2.0], [3.0]]) == [[*wanted, 2.0], [*wanted, 3.0]]
    assert_same(lambda x, w: sum((v * v for v in w), x[0]) * x[0], 1, numbers(10, 3), rows=5)


def test_no_loop_begins_before_the_first():
    """It would read what lies before an array, which is often there, and harmless."""
    function, count = network([11, 9, 6, 2], "tanh")
    program = program_of(
        lambda x, w: function(x, w) + (w[0] * w[1]).tanh(), 11, numbers(count, 8), backend="python"
    )
    for gradient, code in enumerate([program._lowered.value, program._lowered.gradient]):
        starts = re.findall(
            r" = phi i64 \[ (-?\d+),", llvm.write(code, bool(gradient), 8, 8, 32, False).text
        )
        assert len(starts) > 5
        assert all(int(start) >= 0 for start in starts)


def test_what_is_long_is_compiled_quickly(monkeypatch):
    """Three operations for each row and two for all."""

    def function(x, w):
        return x[0].tanh().tanh() * (w[0] * w[1]).tanh()

    code = program_of(function, 1, [0.5, 0.25], backend="python")._lowered.value
    for large, quickly in ((4, True), (5, False)):
        monkeypatch.setattr(llvm, "LARGE", large)
        assert (") #1 {" in llvm.write(code, False, 8, 8, 32, False).text) == quickly


def autograd_known():
    from autograd.compiler import program

    return program._known


def test_code_that_is_compiled_quickly(monkeypatch):
    monkeypatch.setattr(llvm, "LARGE", 0)
    monkeypatch.setattr("autograd.compiler.program._known", type(autograd_known())())
    function, count = network([6, 9, 2], "tanh")
    weights = numbers(count, 8)
    program = assert_same(lambda x, w: function(x, w) + w[0] * w[1], 6, weights)
    assert ") #1 {" in llvm.write(code_of(program), True, 8, 8, 32, False).text


def test_the_layers_tests_have_teeth(monkeypatch):
    """A loop that adds in another order is noticed."""
    function, count = network([24, 6, 1])
    original = rolling._weights

    def backwards(code, uniform, products):
        found = original(code, uniform, products)
        if found is None:
            return None
        base, step, values = found
        return base + step * (len(values) - 1), -step, values[::-1]

    monkeypatch.setattr(rolling, "_weights", backwards)
    monkeypatch.setattr("autograd.compiler.program._known", type(autograd_known())())
    with pytest.raises(AssertionError):
        assert_same(function, 24, numbers(count, 9))


def test_nothing_is_read_or_written_beyond_the_rows():
    """Rows, parameters and results that end where a page ends that may not be touched."""
    script = """
import ctypes, mmap, numpy, autograd
from autograd import Value

PAGE = mmap.PAGESIZE
libc = ctypes.CDLL(None, use_errno=True)

def guarded(shape):
    size = int(numpy.prod(shape)) * 8
    pages = -(-size // PAGE) + 1
    memory = mmap.mmap(-1, pages * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    last = ctypes.c_void_p(start + (pages - 1) * PAGE)
    assert libc.mprotect(last, PAGE, 0) == 0
    count, offset = int(numpy.prod(shape)), (pages - 1) * PAGE - size
    return numpy.frombuffer(memory, float, count, offset).reshape(shape)

for columns in (3, 11, 16):
    xs, ws = [Value(0.5) for _ in range(columns)], [Value(0.1) for _ in range(5 * columns)]
    total = ws[0]
    for j in range(5):
        unit = ws[columns * j] * xs[0]
        for k in range(1, columns):
            unit = unit + ws[columns * j + k] * xs[k]
        total = total + unit.tanh()
    program = autograd.compile(total, inputs=xs, parameters=ws, backend="llvm")
    for count in (1, 3, 4, 8, 9, 31, 33, 257):
        rows = guarded((count, columns))
        numbers, gradient = guarded(5 * columns), guarded(5 * columns)
        rows[:], numbers[:] = 0.25, 0.5
        program.value_and_grad(rows, parameters=numbers, gradient=gradient)
        assert numpy.isfinite(gradient).all()
        program(rows)
print("done")
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "done\n"), run.stderr


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_chain_as_long_as_one_likes(backend):
    x, w = Value(0.5), Value(0.25)
    total = x
    for _ in range(5_000):  # five times the depth that Python's recursion has
        total = total * w + x
    program = autograd.compile(total, inputs=[x], parameters=[w], backend=backend)
    total.backward()
    assert program.value_and_grad([[0.5]]) == (total.data, [w.grad])


# -- the functions that go over rows --


SHAPES = [Shape(1, 1, (4, 1), 2), Shape(2, 3, (3, 2), 4), Shape(4, 2, (2, 2), 2)]


def machine_code(name, write):
    """The function ``name`` that ``write`` writes to a module, of arrays and whole numbers."""
    module = ir.Module()
    write(module)
    loaded = jit.load(module.text().replace("internal ", ""))

    def call(*arguments):
        kinds = {int: ctypes.c_int64, float: ctypes.c_double, numpy.ndarray: ctypes.c_void_p}
        function = ctypes.CFUNCTYPE(None, *[kinds[type(a)] for a in arguments])
        given = [a.ctypes.data if isinstance(a, numpy.ndarray) else a for a in arguments]
        function(loaded.address(name))(*given)

    return call


class Memory:
    """Random numbers, more of them to either side, which ``changed`` finds to be as they were."""

    def __init__(self, size, seed):
        self.whole = numpy.random.default_rng(seed).normal(size=size + 512)
        self.before = self.whole.copy()
        self.part = self.whole[256:-256]

    def changed(self, wanted):
        """Whether ``wanted``, by place, are the only numbers that changed."""
        for place, value in wanted.items():
            self.before[256 + place] = value
        same = self.whole.view(numpy.int64) == self.before.view(numpy.int64)
        return bool(same.all())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("inputs", [1, 4, 7])
def test_rows_go_to_the_slots_of_the_inputs(shape, inputs):
    call = machine_code("load_rows", lambda module: loops.load_rows(module, shape, inputs))
    for n in range(1, shape.rows + 1):
        work, rows = Memory(inputs * shape.rows, n), Memory(n * inputs, n)
        vectors = -(-n // shape.lanes)
        call(work.part, rows.part, n, vectors)
        table = rows.part.reshape(n, inputs)
        # lanes beyond the last row repeat it
        there = itertools.product(range(inputs), range(vectors * shape.lanes))
        assert work.changed({i * shape.rows + r: table[min(r, n - 1), i] for i, r in there})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("count", "place"), [(1, (3, 1)), (4, (5, -1)), (7, (0, 2))])
def test_slots_go_to_rows(shape, count, place):
    place = Place(*place)
    call = machine_code("rows", lambda module: loops.row_major(module, shape, "rows", place, count))
    width = loops.padded(count, shape)
    for vectors in range(1, shape.vectors + 1):
        n = vectors * shape.lanes
        work, pack = Memory(14 * shape.rows, 1), Memory(n * width, 2)
        call(work.part, pack.part, vectors)
        slots = work.part.reshape(14, shape.rows)
        pack.part.reshape(n, width)[:, count:] = pack.before[256:-256].reshape(n, width)[:, count:]
        there = itertools.product(range(n), range(count))
        wanted = {r * width + k: slots[place.start + k * place.step, r] for r, k in there}
        assert work.changed({})
        assert pack.changed(wanted)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("columns", [1, 2, 4, 7, 8])
def test_products_are_added_to_the_gradient_row_after_row(shape, columns):
    n, row, base, rows, stride = shape.rows, columns + 1, 3, Place(6, -1), columns + 2
    unit = Outer(tuple(range(5)), tuple(range(columns)), base, row)
    call = machine_code(
        "outer", lambda module: loops.outer(module, shape, "outer", unit, rows, 8 * stride)
    )
    work, table, gradient = Memory(7 * n, 1), Memory(n * stride, 2), Memory(base + 5 * row, 3)
    wanted = {}
    for j, k in itertools.product(range(5), range(columns)):
        place = base + j * row + k
        total = gradient.part[place]
        for r in range(n):
            total += work.part[(rows.start + j * rows.step) * n + r] * table.part[r * stride + k]
        wanted[place] = total
    call(work.part, table.part, gradient.part, n)
    assert gradient.changed(wanted)
    assert work.changed({})
    assert table.changed({})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("count", "place"), [(1, (3, 1)), (4, (5, -1)), (7, (0, 2))])
def test_slots_are_summed_row_after_row(shape, count, place):
    start, step = place
    call = machine_code(
        "add_sums", lambda module: loops.add_sums(module, shape, Place(*place), count)
    )
    for n in range(1, shape.rows + 1):
        work, sums = Memory(14 * shape.rows, n), Memory(loops.padded(count, shape), n)
        work.part[start * shape.rows : start * shape.rows + n] = -0.0
        work.before[:] = work.whole
        sums.part[0] = -0.0
        wanted = {}
        for k in range(count):
            total = sums.part[k]
            for r in range(n):
                total += work.part[(start + k * step) * shape.rows + r]
            wanted[k] = total
        call(work.part, sums.part, n, -(-n // shape.lanes))
        assert sums.changed(wanted)
        assert work.changed({})


@pytest.mark.parametrize("wide", [1, 2, 4])
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_numbers_are_set_added_and_divided(wide, count):
    def write(module):
        loops.on_numbers(module, wide, count)

    to, other = Memory(count, 1), Memory(count, 2)
    machine_code("zero", write)(to.part)
    assert to.changed(dict.fromkeys(range(count), 0.0))
    to, wanted = Memory(count, 3), {}
    wanted = dict(enumerate(to.part + other.part))
    machine_code("add", write)(to.part, other.part)
    assert to.changed(wanted)
    assert other.changed({})
    quotients = dict(enumerate(to.part / 7.0))
    last = {count - 1: quotients.pop(count - 1)}
    machine_code("finish", write)(to.part, other.part, 7.0)
    assert to.changed(last)
    assert other.changed(quotients)


@pytest.mark.parametrize(
    ("count", "tile", "parts"),
    [(8, 4, [4]), (9, 4, [4, 1]), (3, 4, [3]), (5, 1, [1]), (0, 4, []), ("%n", 4, [4, 1])],
)
def test_tiles_are_as_large_as_they_can_be(count, tile, parts):
    def written(count, tile):
        b = ir.Builder("f", [("i64", "%n")], 1, ir.Module())
        return [many for _, many in loops.tiles(b, count, tile)]

    assert written(count, tile) == parts
    assert written("%n", 1) == [1]


def test_a_tile_of_sums_is_kept_in_registers():
    """As many neurons, or upstream numbers, and as many vectors as the shape says."""

    def sums(write):
        module = ir.Module()
        write(module)
        heads = re.findall(r"head\d+:\n(.*?)\n  %v", module.text(), re.DOTALL)
        found = [len(re.findall(r"= phi <", head)) for head in heads]
        return sorted(number for number in found if number)

    shape = Shape(2, 2, (3, 2), 2)
    layer = Layer((20, 21, 22), (), (0, 1, 2, 3, 4, 5), 0, 6, 1)
    places = SimpleNamespace(vectors={layer.outs: Place(6, 1), layer.values: Place(0, 1)})
    assert sums(lambda m: loops.layer(m, shape, "f", layer, places)) == [3, 6]
    unit = Outer((20, 21, 22), (0, 1, 2, 3, 4, 5, 6), 0, 7)
    assert sums(lambda m: loops.outer(m, shape, "f", unit, Place(0, 1), 56)) == [3, 3, 6]


def test_rows_are_padded_to_whole_vectors():
    for lanes, wide in [(1, 1), (1, 4), (8, 4), (4, 4)]:
        shape = Shape(lanes, 1, (1, 1), wide)
        for count in range(1, 20):
            fits = [n for n in range(count, 40) if n % lanes == 0 and n % wide == 0]
            assert loops.padded(count, shape) == fits[0]


# -- threads --


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 1000, 9000])
def test_the_result_is_the_same_for_every_number_of_threads(rows):
    function, count = network([3, 6, 1])
    weights = numbers(count, 10)
    data = numpy.array(table_of(rows, 3, 11))
    results = set()
    for threads in (1, 2, 3, 7):
        program = program_of(function, 3, weights, backend="llvm", threads=threads)
        value, gradient = program.value_and_grad(data)
        results.add((value, *gradient.tolist(), program(data).tobytes()))
    assert len(results) == 1


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_rows_are_cut_between_blocks_into_a_part_for_each_thread(threads):
    program = program_of(lambda x, w: x[0] * w[0], 1, [0.5], backend="llvm", threads=threads)
    for start, stop in ((0, 1), (0, 256), (0, 257), (512, 512 + 5 * 256), (0, 4000)):
        parts = []
        program._backend._over_threads(lambda *part, p=parts: p.append(part), start, stop)
        parts.sort()
        blocks = -(-(stop - start) // 256)
        assert len(parts) == min(threads, blocks)
        assert [parts[0][0], *[last for _, last in parts]] == [*[first for first, _ in parts], stop]
        assert parts[0][0] == start
        assert all((first - start) % 256 == 0 for first, _ in parts)
        sizes = [-(-(last - first) // 256) for first, last in parts]
        assert max(sizes) - min(sizes) <= 1


def test_few_rows_run_one_at_a_time():
    program = program_of(lambda x, w: x[0] * w[0] + 7.0, 1, [0.5], backend="llvm")
    made = program._backend._kernels
    made.clear()
    for count, keys in ((3, [1]), (4, [1, 0]), (1, [1, 0]), (900, [1, 0])):
        program([[2.0]] * count)
        assert list(made) == [(False, key) for key in keys]
    program.value_and_grad([[2.0]] * 4)
    assert list(made)[2:] == [(True, 0)]


def test_sums_start_at_zero_whatever_was_computed_before():
    program = program_of(lambda x, w: x[0] * w[0] * 0.1, 1, [0.7], backend="llvm")
    assert program.value_and_grad([[0.3]] * 10, "sum")[0] > 0.2
    assert program.value_and_grad([[0.0]] * 10, "sum") == (0.0, [0.0])


def test_work_buffers_are_used_again_and_start_at_a_cache_line():
    program = program_of(lambda x, w: x[0] * w[0] - 7.0, 1, [0.5], backend="llvm")
    kernel = program._backend._kernel(True, 100)
    kernel._free.clear()
    for size in range(1, 40):
        work = native.Work(size, 3)
        start, room = native.address(work._buffer), 8 * len(work._buffer)
        assert work.buffer % 64 == 0
        assert start <= work.buffer <= work.buffer + 8 * size <= start + room
        assert (work.sums.shape, work.total) == ((4,), native.address(work.sums))
    for threads in (1, 2):
        program = program_of(
            lambda x, w: x[0] * w[0] - 7.0, 1, [0.5], backend="llvm", threads=threads
        )
        for _ in range(3):
            program.value_and_grad([[1.0]] * 1000)
            program([[1.0]] * 1000)
        for kernel in program._backend._kernels.values():
            assert 1 <= len(kernel._free) <= threads + 1
            assert len({work.buffer for work in kernel._free}) == len(kernel._free)


def test_an_array_that_was_freed_is_not_mistaken_for_another():
    first = numpy.zeros(3)
    last = native.Last().of(first)
    assert last.of(first) is last
    assert last.address == native.address(first)
    second = numpy.ones(3)
    other = last.of(second)
    assert other.address == native.address(second) != last.address
    del first
    assert last.of(second) is not last
    assert last._array() is None


def test_more_blocks_than_one_wave_of_threads():
    program = program_of(lambda x, w: (x[0] * w[0]).tanh(), 1, [0.5], backend="llvm", threads=2)
    rows = table_of(256 * 40 + 3, 1, 12)
    wanted = summed(lambda x, w: (x[0] * w[0]).tanh(), rows, [0.5])
    assert program.value_and_grad(rows, "sum") == (wanted[0], wanted[1])


@pytest.mark.parametrize("threads", [1, 2])
def test_what_parameters_alone_give_lasts_for_every_block(threads):
    def function(x, w):
        return x[0] * (w[0] * w[1]).tanh() + w[1]

    weights, rows = [0.5, -0.75], table_of(4 * 256 + 1, 1, 15)
    program = program_of(function, 1, weights, backend="llvm", threads=threads)
    assert program.value_and_grad(rows, "sum") == summed(function, rows, weights)


def test_a_program_keeps_its_threads():
    program = program_of(lambda x, w: x[0] * w[0], 1, [0.5], backend="llvm", threads=2)
    rows = numpy.ones((1000, 1))
    program(rows)
    pool = program._backend._pool
    assert pool is not None
    program.value_and_grad(rows)
    assert program._backend._pool is pool


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are Unix's")
def test_a_forked_process_has_threads_of_its_own():
    script = """
import os, signal, autograd, numpy
from autograd import Value
x = Value(1.0)
program = autograd.compile(x * x, inputs=[x], backend="llvm", threads=2)
rows = numpy.ones((2000, 1))
program(rows)
child = os.fork()
if child == 0:
    signal.alarm(60)
    os._exit(int(program(rows).sum() != 2000))
print(os.waitpid(child, 0)[1])
"""
    ignored = ["-W", "ignore::DeprecationWarning"]  # of fork where there are threads
    command = [sys.executable, *ignored, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("0\n", "")


def test_straight_code_grows_with_the_program():
    """Four times the operations are four times the text, and no more."""
    sizes = []
    for count in (1000, 4000):
        rng = random.Random(2)
        nodes = [Value(0.1 * k) for k in range(6)]
        leaves = list(nodes)
        for _ in range(count):
            nodes.append((nodes[-1] * rng.choice(nodes[-40:])).tanh())
        program = autograd.compile(nodes[-1], inputs=leaves, backend="python")
        text = llvm.write(program._lowered.value, False, 8, 8, 32, False).text
        sizes.append((len(text), len(program.source)))
    for small, large in zip(*sizes, strict=True):
        assert 3.5 * small < large < 4.5 * small  # longer names, and what all programs have


def test_one_program_called_from_several_threads():
    function, count = network([3, 8, 1], "tanh")
    program = program_of(function, 3, numbers(count, 13), backend="llvm")
    tables = [numpy.array(table_of(300, 3, seed)) for seed in range(8)]
    wanted = [program.value_and_grad(table)[0] for table in tables]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            got = pool.map(lambda table: program.value_and_grad(table)[0], tables)
            assert list(got) == wanted


def test_two_threads_that_need_the_code_at_once_make_it_once(monkeypatch):
    function, count = network([3, 2, 1], "tanh")
    program = program_of(function, 3, numbers(count, 14), backend="llvm", threads=1)
    backend, made, kernel = program._backend, [], native.Kernel

    def slow(*arguments):
        made.append(arguments)
        time.sleep(0.2)
        return kernel(*arguments)

    monkeypatch.setattr(native, "Kernel", slow)
    with ThreadPoolExecutor(4) as pool:
        kernels = list(pool.map(lambda rows: backend._kernel(False, rows), [100] * 4))
    assert len(made) == len(set(map(id, kernels))) == 1


# -- the cache --


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STEPGRAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


MODULE = """
define void @run(ptr %x) {
  %v = load double, ptr %x
  %w = fadd double %v, 0x3FF0000000000000
  store double %w, ptr %x
  ret void
}
"""


def run_module(text=MODULE):
    import ctypes

    loaded = jit.load(text)
    number = ctypes.c_double(2.0)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(loaded.address("run"))(ctypes.addressof(number))
    return number.value


def test_code_is_kept_and_used_again(cache, monkeypatch):
    assert run_module() == 3.0
    (file,) = cache.iterdir()

    def refuse(text):
        raise AssertionError("compiled again")

    monkeypatch.setattr(jit.llvm, "parse_assembly", lambda t: refuse(t) if t else PARSE(t))
    assert run_module() == 3.0
    assert list(cache.iterdir()) == [file]


PARSE = jit.llvm.parse_assembly


def test_code_of_another_version_is_not_used(cache, monkeypatch):
    run_module()
    monkeypatch.setattr(jit.llvmlite, "__version__", "another")
    run_module()
    assert len(list(cache.iterdir())) == 2


def test_the_oldest_files_go_where_there_are_many(cache, monkeypatch):
    """Those of the cache: whoever names a folder with files of their own keeps them."""
    monkeypatch.setattr(jit, "KEPT", 10)
    cache.mkdir(mode=0o700)
    old = [f"{k:064x}{'.left' if k % 2 else ''}" for k in range(10)]
    own = ["m.json", "object", *(f"{k:063x}" for k in range(20))]
    for k, name in enumerate([*old, *own]):
        (cache / name).write_bytes(b"")
        os.utime(cache / name, (k, k))
    for name in own:
        os.utime(cache / name, (0, 0))
    assert run_module() == 3.0
    left = {file.name for file in cache.iterdir()}
    assert set(own) <= left
    assert left & set(old) == set(old[6:])
    assert len(left) == 5 + len(own)


def test_no_file_goes_while_there_are_no_more_than_are_kept(cache, monkeypatch):
    monkeypatch.setattr(jit, "KEPT", 10)
    cache.mkdir(mode=0o700)
    for k in range(9):
        (cache / f"{k:064x}").write_bytes(b"")
    assert run_module() == 3.0
    assert len(list(cache.iterdir())) == 10


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    for folder in (str(blocked), str(blocked / "below"), ""):
        monkeypatch.setenv("STEPGRAD_CACHE", folder)
        assert run_module() == 3.0
    assert blocked.read_text() == "not a folder"


def test_a_disk_that_is_full_leaves_nothing(cache, monkeypatch):
    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert run_module() == 3.0
    assert list(cache.iterdir()) == []


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.delenv("STEPGRAD_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert str(jit.cache_folder()) == "/somewhere/stepgrad"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(jit.Path, "home", lambda: tmp_path)
    assert jit.cache_folder() == tmp_path / ".cache" / "stepgrad"

    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(jit.Path, "home", nowhere)
    assert jit.cache_folder() is None
    assert run_module() == 3.0


def test_programs_are_the_same_from_the_cache_and_from_one_process_to_the_next(cache):
    script = """
import autograd, numpy
from autograd import Value
x, w = Value(1.0), [Value(k / 7) for k in range(40)]
total = w[0]
for v in w[1:]:
    total = total + (v * x).tanh()
program = autograd.compile(total, inputs=[x], parameters=w, backend="llvm")
value, gradient = program.value_and_grad(numpy.linspace(-1, 1, 50).reshape(50, 1))
print(value.hex(), gradient.tobytes().hex())
"""
    printed, files = set(), set()
    for seed in ("0", "1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert run.stderr == ""
        printed.add(run.stdout)
        files.add(hashlib.sha256(str(sorted(cache.iterdir())).encode()).hexdigest())
    assert len(printed) == 1
    assert len(files) == 1


def test_only_so_much_is_remembered(monkeypatch):
    from autograd.compiler import program

    monkeypatch.setattr(program, "_known", type(program._known)())
    monkeypatch.setattr(program, "KEPT", 30)
    x = Value(1.0)

    def compiled(count):
        total = x
        for _ in range(count):
            total = (total * 2.0).tanh()
        return autograd.compile(total, inputs=[x], backend="python")

    small = compiled(1)._lowered
    assert compiled(1)._lowered is small
    compiled(9)
    assert compiled(1)._lowered is small
    large = compiled(100)._lowered
    assert list(program._known.values()) == [large]
    assert compiled(1)._lowered is not small


def test_equal_structures_share_their_code():
    function, count = network([3, 4, 1])
    first = program_of(function, 3, numbers(count, 1), backend="llvm")
    second = program_of(function, 3, numbers(count, 2), backend="llvm")
    assert first._backend is second._backend
    rows = table_of(5, 3, 3)
    assert first(rows) != second(rows)
    other = program_of(lambda x, w: function(x, w) * 2.0, 3, numbers(count, 1), backend="llvm")
    assert other._backend is not first._backend
    third = program_of(function, 3, numbers(count, 3), backend="llvm", threads=1, fast_math=False)
    assert third._backend is first._backend
    for options in ({"threads": 2}, {"fast_math": True}):
        third = program_of(function, 3, numbers(count, 3), backend="llvm", **options)
        assert third._backend is not first._backend


# -- fast_math --


def units_apart(a, b):
    """For each pair of doubles, how many doubles lie from one to the other; nan is near nan."""
    ordered = []
    for array in (a, b):
        whole = numpy.ascontiguousarray(array).view(numpy.int64)
        ordered.append(numpy.where(whole < 0, numpy.int64(-(2**63)) - whole, whole))
    apart = numpy.abs(ordered[0] - ordered[1])
    return numpy.where(numpy.isnan(a) & numpy.isnan(b), 0, apart)


@pytest.mark.parametrize("name", ["exp", "log"])
def test_fast_functions_are_within_a_unit_in_the_last_place(name):
    rng = numpy.random.default_rng(1)
    edges = [0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.0**-1022, 1.7e308, numpy.inf, -numpy.inf]
    edges += [numpy.nan, 709.78, 709.79, 710.0, 1e5, -708.3, -708.4, -745.1, -745.2, -746.0, -1e5]
    edges += [numpy.nextafter(1.0, 0), numpy.nextafter(1.0, 2), 0.5**0.5, 2.0**0.5]
    random = [rng.uniform(-s, s, 30_000) for s in (1e-3, 1.0, 40.0, 760.0)]
    anything = rng.integers(0, 2**63, 50_000).view(numpy.float64)
    xs = numpy.concatenate([edges, *random, *map(numpy.abs, random), anything, -anything])
    x = Value(1.0)
    output = getattr(autograd, name)(x)
    exact = autograd.compile(output, inputs=[x], backend="llvm")(xs.reshape(-1, 1))
    fast = autograd.compile(output, inputs=[x], backend="llvm", fast_math=True)(xs.reshape(-1, 1))
    assert units_apart(exact, fast).max() <= 1
    single = autograd.compile(output, inputs=[x], backend="llvm", fast_math=True)
    assert all(
        bits(single([[value]])[0]) == bits(wanted)
        for value, wanted in zip(xs[:60], fast, strict=False)
    )


def test_fast_math_stays_near():
    """A rounding more or less for each of some 300 operations: 1e-13 is 900 half units."""
    function, count = network([30, 8, 3], "sigmoid")
    weights = numbers(count, 14, 0.3)
    rows = numpy.array(table_of(64, 30, 15))
    exact = program_of(function, 30, weights, backend="llvm").value_and_grad(rows)
    fast = program_of(function, 30, weights, backend="llvm", fast_math=True).value_and_grad(rows)
    assert fast[0] == pytest.approx(exact[0], rel=1e-13)
    numpy.testing.assert_allclose(fast[1], exact[1], rtol=1e-11, atol=1e-14)
    if jit.machine().fused:
        assert (fast[1] != exact[1]).any()
