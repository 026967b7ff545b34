"""What a Builder writes, run: each of its operations, on one double and on vectors of them."""

import ctypes
import itertools
import math
import operator
import random

import pytest
from compiled import EDGES, bits

pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")

from autograd import ieee
from autograd.compiler import ir, jit
from autograd.compiler.approximate import FUNCTIONS
from autograd.compiler.ir import BYTES, LIBRARY, Builder, Module

LANES = [1, 2, 4, 8]
every_width = pytest.mark.parametrize("lanes", LANES)


def doubles(numbers):
    return (ctypes.c_double * len(numbers))(*numbers)


def run(build, *arrays, module=None, lanes=1, whole=(), **options):
    """Call ``build(b, "%p0", "%p1", ..., "%n0", ...)``: pointers to arrays, and whole numbers."""
    module = module or Module()
    parameters = [("ptr", f"%p{k}") for k in range(len(arrays))]
    parameters += [("i64", f"%n{k}") for k in range(len(whole))]
    b = Builder("run", parameters, lanes, module, **options)
    build(b, *[name for _, name in parameters])
    b.close("")
    loaded = jit.load(module.text())
    kinds = [ctypes.c_void_p] * len(arrays) + [ctypes.c_int64] * len(whole)
    ctypes.CFUNCTYPE(None, *kinds)(loaded.address("run"))(*map(ctypes.addressof, arrays), *whole)


def elementwise(operations, columns, lanes, **options):
    """For each of ``operations(b, *vectors)`` its results on whole columns of numbers."""
    count = len(columns[0])
    arrays = [doubles(column) for column in columns]
    module = options.setdefault("module", Module())
    made = len(
        operations(Builder("unused", [], lanes, Module(module.fast)), *["%x"] * len(columns))
    )
    out = doubles([0.0] * count * made)

    def build(b, target, *places):
        with b.loop(0, count, lanes) as (i, _):
            vectors = [b.load(b.address(place, 0, i)) for place in places]
            for k, result in enumerate(operations(b, *vectors)):
                b.store(result, b.address(target, k * count * BYTES, i))

    run(build, out, *arrays, lanes=lanes, **options)
    return [list(out[k * count : (k + 1) * count]) for k in range(made)]


def pairs():
    """Two columns: every pair of edge numbers, and random ones, in whole vectors of eight."""
    rng = random.Random(1)
    rows = list(itertools.product(EDGES, repeat=2))
    rows += [(rng.gauss(0, 9), rng.gauss(0, 9)) for _ in range(7)]
    return list(map(list, zip(*rows, strict=True)))


def same(found, wanted):
    assert [*map(bits, found)] == [*map(bits, wanted)]


@every_width
def test_arithmetic_is_that_of_floats(lanes):
    a, b = pairs()
    assert len(a) % 8 == 0

    def operations(ir, a, b):
        return [
            *(ir.fadd(a, b), ir.fsub(a, b), ir.fmul(a, b), ir.fdiv(a, b), ir.fneg(a)),
            *(ir.fadd(a, 2.5), ir.fsub(-0.5, b), ir.fmul(3.0, b), ir.fdiv(1.0, b)),
            *(ir.intrinsic("fabs", a), ir.intrinsic("rint", b), ir.operand(-0.0)),
        ]

    rint = [round(y) + 0.0 if math.isfinite(y) else y for y in b]
    columns = [
        list(map(operator.add, a, b)),
        list(map(operator.sub, a, b)),
        list(map(operator.mul, a, b)),
        list(map(ieee.div, a, b)),
        list(map(operator.neg, a)),
        [x + 2.5 for x in a],
        [-0.5 - y for y in b],
        [3.0 * y for y in b],
        [ieee.div(1.0, y) for y in b],
        list(map(abs, a)),
        [math.copysign(r, y) for r, y in zip(rint, b, strict=True)],
        [-0.0] * len(a),
    ]
    for found, wanted in zip(elementwise(operations, [a, b], lanes), columns, strict=True):
        same(found, wanted)


@every_width
def test_masks_choose_lane_by_lane(lanes):
    a, b = pairs()
    compared = {
        "oeq": lambda x, y: x == y,
        "ogt": lambda x, y: x > y,
        "olt": lambda x, y: x < y,
        "une": lambda x, y: x != y,
        "uno": lambda x, y: math.isnan(x) or math.isnan(y),
    }

    def operations(ir, a, b):
        masks = {how: ir.fcmp(how, a, b) for how in compared}
        chosen = [ir.select(mask, a, b) for mask in masks.values()]
        both = ir.either(masks["olt"], masks["uno"])
        return [*chosen, ir.select(both, 7.0, b), ir.select(ir.fcmp("ogt", a, 0.5), a, -1.0)]

    results = elementwise(operations, [a, b], lanes)
    rows = list(zip(a, b, strict=True))
    for found, how in zip(results[:-2], compared.values(), strict=True):
        same(found, [x if how(x, y) else y for x, y in rows])
    same(results[-2], [y if x >= y else 7.0 for x, y in rows])
    same(results[-1], [x if x > 0.5 else -1.0 for x in a])


@every_width
@pytest.mark.parametrize("name", LIBRARY)
def test_the_c_library_is_called_bit_for_bit(lanes, name):
    rng = random.Random(name)
    a, b = ([rng.uniform(0.1, 3.0) for _ in range(8)] for _ in range(2))
    operands = [a, b] if name == "pow" else [a]
    (found,) = elementwise(lambda ir, *operands: [ir.call(name, *operands)], operands, lanes)
    same(found, list(map(getattr(math, name), *operands)))


@every_width
def test_a_fast_module_rounds_once_and_an_exact_builder_twice(lanes):
    """1 + 2**-30 squared, less its rounded square: the rest is what one rounding keeps."""
    x = 1 + 2.0**-30
    a, c = [x] * 8, [-(x * x)] * 8
    for fast, exact in itertools.product([False, True], repeat=2):
        results = elementwise(
            lambda ir, a, c: [
                ir.fadd(ir.fmul(a, a), c),
                ir.fsub(ir.fmul(a, a), ir.fneg(c)),
                ir.fma(a, a, c),
            ],
            [a, c],
            lanes,
            module=Module(fast),
            exact=exact,
        )
        once = [2.0**-60] * 8
        loosely = fast and not exact and jit.machine().fused
        assert results == [once if loosely else [0.0] * 8] * 2 + [once]


@every_width
def test_an_address_is_a_base_an_offset_and_an_index_times_a_stride(lanes):
    """Whether the index is known when the code is written or only when it runs."""
    cases = list(itertools.product([0, 8, -8, 100], ["", "0", "3", "%n0"], [None, 0, 1, 8, 24]))
    out = (ctypes.c_int64 * len(cases))()

    def build(b, place, base, n):
        for k, (offset, index, stride) in enumerate(cases):
            options = {} if stride is None else {"stride": stride}
            pointer = b.address(base, offset, index, **options)
            number = b.let(f"ptrtoint ptr {pointer} to i64")
            b.store(number, b.address(place, k * 8), "i64")

    base = doubles([0.0])
    run(build, out, base, whole=[5], lanes=lanes)
    for found, (offset, index, stride) in zip(out, cases, strict=True):
        steps = {"": 0, "%n0": 5}.get(index) if index in ("", "%n0") else int(index)
        assert found - ctypes.addressof(base) == offset + steps * (8 if stride is None else stride)


def test_an_address_that_is_its_base_takes_no_instruction():
    b = Builder("f", [], 4, Module())
    assert b.address("%p") == b.address("%p", 0, "0") == b.address("%p", -16, "2") == "%p"
    assert b.lines == []
    assert b.address("%p", 0, "%i", 1) == "%v1"
    assert b.lines == ["%v1 = getelementptr i8, ptr %p, i64 %i"]
    b.address("%p", 8, "2", 16)
    assert b.lines[1:] == ["%v2 = getelementptr i8, ptr %p, i64 40"]


@every_width
def test_a_number_everywhere_and_a_square_turned(lanes):
    numbers = [float(k) for k in range(lanes * lanes)]
    square, out, one, whole = (
        doubles(numbers),
        doubles(numbers),
        doubles([-1.0] * (lanes + 1)),
        (ctypes.c_int64 * (lanes + 1))(*[-1] * (lanes + 1)),
    )

    def build(b, square, out, one, whole, n):
        width = lanes * BYTES
        rows = [b.load(b.address(square, k * width)) for k in range(lanes)]
        for k, column in enumerate(b.transposed(rows)):
            b.store(column, b.address(out, k * width))
        b.store(b.load_everywhere(b.address(square, 0)), one)
        kind = ir.vector_type(lanes, "i64")
        b.store(b.everywhere(n, "i64"), whole, kind)

    run(build, square, out, one, whole, whole=[7], lanes=lanes)
    rows = [numbers[k * lanes : (k + 1) * lanes] for k in range(lanes)]
    assert list(out) == [x for column in zip(*rows, strict=True) for x in column]
    assert list(one) == [0.0] * lanes + [-1.0]
    assert list(whole) == [7] * lanes + [-1]


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [(0, 0, 1), (0, 5, 1), (2, 9, 3), (2, 10, 4), (3, 1, 1), ("%n0", "%n1", 2), (0, "%n1", None)],
)
def test_a_loop_is_a_range_with_sums_carried_along(start, stop, step):
    """One within the other, each with a list of its own."""
    sums, known = doubles([0.0] * 3), {"%n0": 1, "%n1": 8}

    def build(b, out, low, high):
        steps = () if step is None else (step,)
        with b.loop(start, stop, *steps, carried=[b.operand(1.0), b.operand(0.0)]) as (i, outer):
            with b.loop(0, i, carried=outer[:1]) as (k, inner):
                inner[0] = b.fadd(inner[0], b.let(f"sitofp i64 {k} to double"))
            outer[1] = b.fadd(outer[1], inner[0])
            outer[0] = inner[0]
            with b.loop(0, 1):
                b.store(b.let(f"sitofp i64 {i} to double"), b.address(out, 16))
        for k, total in enumerate(outer):
            b.store(total, b.address(out, k * BYTES))

    run(build, sums, whole=list(known.values()))
    first, second, last = 1.0, 0.0, 0.0
    for i in range(known.get(start, start), known.get(stop, stop), step or 1):
        first += sum(range(i))
        second += first
        last = float(i)
    assert list(sums) == [first, second, last]


def test_whole_numbers():
    out = (ctypes.c_int64 * 6)()

    def build(b, place, m, n):
        numbers = [b.least(m, n), b.least(n, m), b.least(m, 4), b.least(n, 4)]
        numbers += [b.integer("sdiv", n, m), b.integer("sub", m, 10)]
        for k, number in enumerate(numbers):
            b.store(number, b.address(place, k * 8), "i64")

    run(build, out, whole=[3, 7])
    assert list(out) == [3, 3, 3, 4, 2, -7]


# -- the module --


def test_what_a_module_declares_and_defines_is_there_once():
    module = Module()
    for name in ("one", "two"):
        b = Builder(name, [("double", "%x")], 1, module)
        b.call("exp", b.call("exp", "%x"))
        b.intrinsic("fabs", "%x")
        b.close("")
    text = module.text()
    assert list(module.functions) == ["one", "two"]
    assert text.count("declare double @c.exp(double)") == text.count("declare") - 1 == 1
    assert text.index("@c.exp(") < text.index("@llvm.fabs")


def test_intrinsics_are_declared_by_the_names_of_their_types():
    declared = set()
    for lanes in (1, 4):
        b = Builder("f", [], lanes, module := Module())
        b.intrinsic("fabs", 1.0)
        b.fma(1.0, 2.0, 3.0)
        declared |= module.declarations
    assert declared == {
        "declare double @llvm.fabs.f64(double)",
        "declare double @llvm.fma.f64(double, double, double)",
        "declare <4 x double> @llvm.fabs.v4f64(<4 x double>)",
        "declare <4 x double> @llvm.fma.v4f64(<4 x double>, <4 x double>, <4 x double>)",
    }


def test_nothing_is_rounded_once_unless_asked_for():
    b = Builder("f", [], 1, Module())
    b.fadd(b.fmul("%x", "%x"), 1.0)
    assert "contract" not in b.text()


@pytest.mark.parametrize("lanes", [2, 8])
def test_a_function_on_vectors_is_written_once_for_each_width(lanes):
    module = Module()
    b = Builder("f", [], lanes, module)
    for _ in range(3):
        b.call("pow", 2.0, 3.0)
    assert list(module.functions) == [f"pow.{lanes}"]
    assert module.functions[f"pow.{lanes}"].startswith("define internal ")
    assert module.functions[f"pow.{lanes}"].count("call double @c.pow(") == lanes
    with pytest.raises(ValueError, match="'gamma' is not among the functions to call: exp, "):
        b.call("gamma", 2.0)


def test_an_approximation_stands_in_for_its_function_alone_and_is_exact():
    """A product and a sum that were rounded once would spoil the reduction of its argument."""
    module = Module(fast=True, approximations=FUNCTIONS)
    for lanes in (1, 4):
        b = Builder(f"f{lanes}", [], lanes, module)
        b.fmul(b.call("exp", b.call("log", b.call("sin", 0.5))), 2.0)
        b.close()
    functions = dict(module.functions)
    assert sorted(functions) == ["exp.1", "exp.4", "f1", "f4", "log.1", "log.4", "sin.4"]
    assert "declare double @c.sin(double)" in module.declarations
    assert not any("c.exp" in line or "c.log" in line for line in module.declarations)
    assert [name for name, text in functions.items() if "contract" in text] == ["f1", "f4"]


def test_only_what_is_compiled_quickly_is_not_made_fast():
    module = Module()
    for name, options in (("slow", {}), ("quick", {"quickly": True})):
        Builder(name, [("i64", "%n")], 1, module, **options).close()
    assert module.functions == {
        "slow": "define internal void @slow(i64 %n) #0 {\nentry:\n  ret void\n}\n",
        "quick": "define internal void @quick(i64 %n) #1 {\nentry:\n  ret void\n}\n",
    }
    first, second = module.text().splitlines()[-2:]
    assert first.startswith("attributes #0 =")
    assert "optnone" not in first
    assert second.startswith("attributes #1 =")
    assert "optnone" in second


# -- exp and log on vectors --


def units_apart(a, b):
    if math.isnan(b) or math.isinf(b) or b == 0.0:
        return 0.0 if bits(a) == bits(b) else math.inf
    return abs(a - b) / math.ulp(b)


EXPONENTS = [0.0, -0.0, 5e-324, 1e-300, 709.78, 709.79, 710.0, 745.1, 745.2, 746.0, 1e5, 1e308]
NUMBERS = [5e-324, 2.0**-1074, 2.0**-1030, 2.0**-1023, 2.0**-1022, 1.5 * 2.0**-1022, 1.7e308, 1.0]
NUMBERS += [math.nextafter(x, y) for x in (1.0, 2.0, 0.5**0.5, 2**0.5, 2.0**-1022) for y in (0, 3)]


@pytest.mark.skipif(not jit.machine().fused, reason="they need a fused multiply-add")
@every_width
@pytest.mark.parametrize(("name", "wanted"), [("exp", ieee.exp), ("log", ieee.log)])
def test_exp_and_log_on_vectors_are_those_of_c_within_a_unit(lanes, name, wanted):
    rng = random.Random(name)
    xs = [math.inf, -math.inf, math.nan, 0.0, -0.0, *NUMBERS, *[-x for x in EXPONENTS], *EXPONENTS]
    xs += [sign * rng.random() * 10.0 ** rng.randint(-5, 3) for _ in range(500) for sign in (1, -1)]
    xs += [rng.uniform(-746, 710) for _ in range(500)]
    xs += [2.0 ** rng.uniform(-1074, 1023) for _ in range(500)]
    xs += [1.0 + rng.uniform(-0.6, 0.9) * 10.0 ** -rng.randint(0, 9) for _ in range(500)]
    xs += [1.0] * (-len(xs) % 8)
    module = Module(fast=True, approximations=FUNCTIONS)
    (found,) = elementwise(lambda ir, x: [ir.call(name, x)], [xs], lanes, module=module)
    apart = {x: units_apart(y, wanted(x)) for x, y in zip(xs, found, strict=True)}
    assert {x: units for x, units in apart.items() if units > 1} == {}
    assert sum(units > 0 for units in apart.values()) < 0.15 * len(xs)
