"""Programs compute, bit for bit, what Values compute, whatever the backend."""

import itertools
import math
import random
import subprocess
import sys

import pytest
from compiled import BACKENDS, EDGES, bits, eager, network, numbers, program_of, summed, table_of
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.compiler.tracing import DataDependentGraphError, recorded
from autograd.primitive import table
from autograd.testing import registered, strategies

backends = pytest.mark.parametrize("backend", BACKENDS)


def assert_same(program, function, rows, parameters):
    """Each row's value and gradient, one by one and added up, are those of Values."""
    values = [eager(function, row, parameters)[0] for row in rows]
    assert [*map(bits, program(rows))] == [*map(bits, values)]
    for row in rows[:3]:
        value, gradient = program.value_and_grad([row], "sum")
        wanted = eager(function, row, parameters)
        assert bits(value) == bits(0.0 + wanted[0])
        assert [*map(bits, gradient)] == [*map(bits, wanted[1])]
    value, gradient = program.value_and_grad(rows, "sum")
    wanted = summed(function, rows, parameters)
    assert bits(value) == bits(wanted[0])
    assert [*map(bits, gradient)] == [*map(bits, wanted[1])]


@backends
@pytest.mark.parametrize("primitive", table.values(), ids=lambda p: p.name)
def test_every_primitive(primitive, backend):
    """Operands as inputs and as parameters, over edge numbers and random ones."""
    arity = primitive.arity or 3
    fixed = [i for i in range(arity) if primitive.needs_number(i)]
    rng = random.Random(primitive.name)
    rows = list(itertools.product(EDGES, repeat=arity - len(fixed)))
    rows = [list(row) for row in rng.sample(rows, min(len(rows), 150))]
    for scale in (1.0, 30.0, 800.0):
        rows += [[rng.uniform(-scale, scale) for _ in rows[0]] for _ in range(25)]

    def function(inputs, parameters):
        results = []
        for shift in range(len(inputs)):
            # the operands by turns: parameters are uniform over rows, and have the gradient
            mixed = [*inputs[: len(inputs) - shift], *parameters][: len(inputs)]
            for number in (0.5, 2.0, -3.0) if fixed else (0.0,):
                operands = iter(mixed)
                results.append(
                    primitive(*[number if i in fixed else next(operands) for i in range(arity)])
                )
        also = primitive(*[2.0 if i in fixed else parameters[0] for i in range(arity)])
        total = parameters[0] * inputs[0] + also
        for result in results:
            total = total + result * parameters[0]
        return total

    for parameters in ([0.75, -1.5, 3.0], [-0.0, math.inf, 1.0]):
        program = program_of(function, len(rows[0]), parameters, backend=backend)
        assert_same(program, function, rows, parameters)


@backends
@settings(max_examples=40)  # each is compiled, some 0.2 s
@given(
    program=strategies.programs(max_leaves=4, max_steps=25, anywhere=True),
    seed=st.integers(0, 2**32),
)
def test_random_programs(backend, program, seed):
    rng = random.Random(seed)
    split = rng.randint(0, len(program.leaves))
    inputs, parameters = program.leaves[:split], list(program.leaves[split:])
    rows = [list(inputs)]
    rows += [[rng.choice([rng.gauss(0, 3), rng.choice(EDGES)]) for _ in inputs] for _ in range(11)]

    def function(xs, ws):
        return program(*xs, *ws)

    if isinstance(function([Value(x) for x in inputs], [Value(w) for w in parameters]), Value):
        compiled = program_of(function, split, parameters, backend=backend)
        assert_same(compiled, function, rows, parameters)


@backends
@pytest.mark.parametrize("order", [[0, 2], [3, 2, 1, 0], [3, 1], [2, 2, 0], [3]])
def test_outputs_that_are_inputs_or_neurons_in_any_order(order, backend):
    xs = [Value(0.25, name=f"x{i}") for i in range(4)]
    ws = [Value(w, name=f"w{i}") for i, w in enumerate(numbers(16, 3))]
    units = []
    for j in range(4):
        total = ws[4 * j] * xs[0]
        for k in range(1, 4):
            total = total + ws[4 * j + k] * xs[k]
        units.append(total)
    rows = table_of(9, 4, 2)
    outputs = autograd.compile([xs[i] for i in order], inputs=xs, backend=backend)
    assert outputs(rows) == [[row[i] for i in order] for row in rows]
    every = autograd.compile(units, inputs=xs, parameters=ws, backend=backend)(rows)
    program = autograd.compile([units[i] for i in order], inputs=xs, parameters=ws, backend=backend)
    assert program(rows) == [[row[i] for i in order] for row in every]
    assert program(rows[:1]) == program(rows)[:1]


@backends
def test_weights_of_inputs_from_the_last_on(backend):
    """Their derivatives are the inputs, backwards."""

    def function(x, w):
        total = w[0] * x[15]
        for k in range(1, 16):
            total = total + w[k] * x[15 - k]
        return total

    weights = numbers(16, 4)
    program = program_of(function, 16, weights, backend=backend)
    assert_same(program, function, table_of(9, 16, 5), weights)


@backends
@pytest.mark.parametrize("row", [[1e3, 0.0, -1e3], [-1e3, 1e3, 0.0], [0.0, -1e3, 1e3], [1e3, 1e3]])
def test_logsumexp_does_not_overflow_wherever_the_largest_stands(row, backend):
    xs = [Value(0.0) for _ in row]
    program = autograd.compile(autograd.logsumexp(*xs), inputs=xs, backend=backend)
    assert program([row]) == [1e3 + math.log(row.count(1e3))]


@backends
def test_a_long_program_of_shared_nodes(backend):
    """Longer than a chunk of machine code, with values that live from one to the next."""
    rng = random.Random(1)
    steps = []
    for _ in range(1500):
        name = rng.choice(["add", "sub", "mul", "maximum", "tanh", "neg", "sin"])
        arity = table[name].arity
        steps.append((name, *[rng.randint(0, 60) for _ in range(arity)]))

    def function(inputs, parameters):
        nodes = [*inputs, *parameters]
        for name, *operands in steps:
            nodes.append(table[name](*[nodes[-1 - o % len(nodes)] for o in operands]).tanh())
        return nodes[-1] + nodes[-50] * parameters[0]

    parameters = numbers(3, 2)
    program = program_of(function, 2, parameters, backend=backend)
    assert_same(program, function, table_of(6, 2, 3), parameters)


@backends
@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 255, 256, 257, 600])
def test_every_number_of_rows(backend, count):
    function, parameters = network([3, 5, 2])
    weights = numbers(parameters, 4)
    program = program_of(function, 3, weights, backend=backend)
    rows = table_of(count, 3, 5)
    value, gradient = program.value_and_grad(rows, "sum")
    wanted = summed(function, rows, weights)
    assert [value, *gradient] == [wanted[0], *wanted[1]]
    mean, slopes = program.value_and_grad(rows)
    assert [mean, *slopes] == [n / count for n in (wanted[0], *wanted[1])]


@backends
def test_arrays_and_lists_agree(backend):
    numpy = pytest.importorskip("numpy", reason="arrays of rows are numpy's")
    function, parameters = network([3, 4, 1])
    program = program_of(function, 3, numbers(parameters, 6), backend=backend)
    rows = table_of(40, 3, 7)
    array = numpy.array(rows)
    assert program(array).tolist() == program(rows)
    value, gradient = program.value_and_grad(array)
    assert isinstance(gradient, numpy.ndarray)
    assert (value, gradient.tolist()) == program.value_and_grad(rows)
    assert isinstance(value, float)
    for same in (numpy.asfortranarray(array), array[::-1][::-1], array[:, :].astype(">f8")):
        assert program(same).tolist() == program(rows)
    single = array.astype("float32")
    assert program(single).tolist() == program(single.astype(float).tolist())
    whole = numpy.arange(6).reshape(2, 3)
    assert program(whole).tolist() == program(whole.tolist())


@backends
def test_numbers_of_its_own_for_a_training_run(backend):
    numpy = pytest.importorskip("numpy", reason="the buffers are numpy's")
    function, parameters = network([2, 3, 1])
    weights = numbers(parameters, 8)
    program = program_of(function, 2, [0.0] * parameters, backend=backend)
    rows = numpy.array(table_of(10, 2, 9))
    buffer = numpy.full(parameters, numpy.nan)
    value, gradient = program.value_and_grad(
        rows, "sum", parameters=numpy.array(weights), gradient=buffer
    )
    assert gradient is buffer
    assert (value, gradient.tolist()) == summed(function, rows.tolist(), weights)
    again = program.value_and_grad(rows.tolist(), "sum", parameters=weights, gradient=buffer)
    assert again[1] is buffer
    mine = [0.0] * parameters
    assert program.value_and_grad(rows.tolist(), parameters=weights, gradient=mine)[1] is mine
    assert mine == [g / 10 for g in gradient.tolist()]
    assert all(p.data == 0.0 for p in program.parameters)


@backends
def test_parameters_are_read_at_each_call_and_backward_accumulates(backend):
    x, w = Value(1.0), Value(3.0)
    program = autograd.compile(w * x, inputs=[x], parameters=[w], backend=backend)
    assert program([[2.0], [4.0]]) == [6.0, 12.0]
    w.data = -1.0
    assert program([[2.0], [4.0]]) == [-2.0, -4.0]
    assert program.backward([[2.0], [4.0]]) == -3.0
    assert program.backward([[2.0], [4.0]], reduction="sum") == -6.0
    assert w.grad == 3.0 + 6.0
    assert x.grad == 0.0


@backends
def test_leaves_not_listed_are_constants(backend):
    x, w, other = Value(1.0), Value(3.0), Value(5.0)
    program = autograd.compile(w * x * other, inputs=[x], parameters=[w], backend=backend)
    other.data = 1000.0
    assert program.value_and_grad([[2.0]]) == (30.0, [10.0])


@backends
def test_constants_are_told_apart(backend):
    """Programs that differ in a constant alone, be it in its sign of zero, are not the same."""
    x = Value(1.0)
    for number in (5.0, 7.0, 0.0, -0.0):
        program = autograd.compile(x * Value(number), inputs=[x], backend=backend)
        assert bits(program([[1.0]])[0]) == bits(number)
        program = autograd.compile(x * number, inputs=[x], backend=backend)
        assert bits(program([[1.0]])[0]) == bits(number)
    both = autograd.compile([x + 0.0, x + -0.0, x * 0.0, x * -0.0], inputs=[x], backend=backend)
    for row in ([-0.0], [1.0]):
        wanted = [row[0] + 0.0, row[0] + -0.0, row[0] * 0.0, row[0] * -0.0]
        assert [*map(bits, both([row])[0])] == [*map(bits, wanted)]


@backends
def test_outputs_of_any_kind(backend):
    """Inputs, parameters, constants and equal numbers may be outputs."""
    x, w = Value(1.0), Value(3.0)
    outputs = [x, w, w * w, x * w, w * x + 0.0, Value(7.0)]
    program = autograd.compile(outputs, inputs=[x], parameters=[w], backend=backend)
    assert program([[2.0], [4.0]]) == [
        [2.0, 3.0, 9.0, 6.0, 6.0, 7.0],
        [4.0, 3.0, 9.0, 12.0, 12.0, 7.0],
    ]
    with pytest.raises(ValueError, match=r"sequence of outputs.*compile that output"):
        program.value_and_grad([[2.0]])
    for output, gradient in ((x, 0.0), (w, 1.0), (w * w, 6.0), (Value(7.0), 0.0)):
        single = autograd.compile(output, inputs=[x], parameters=[w], backend=backend)
        rows = [[2.0]] * 5
        assert single.value_and_grad(rows, "sum")[1] == [5 * gradient]
        assert single.value_and_grad(rows)[0] == (2.0 if output is x else output.data)


@backends
def test_no_inputs_no_parameters_no_rows(backend):
    w = Value(3.0)
    penalty = autograd.compile(w * w, inputs=[], parameters=[w], backend=backend)
    assert penalty.value_and_grad([[]]) == (9.0, [6.0])
    x = Value(1.0)
    square = autograd.compile(x * x, inputs=[x], backend=backend)
    assert square([[3.0]]) == [9.0]
    assert square([]) == []
    assert square.value_and_grad([], "sum") == (0.0, [])
    with pytest.raises(ValueError, match="the mean of no rows"):
        square.value_and_grad([])


@backends
def test_names_do_not_matter_to_the_result(backend):
    names = [
        "rows_2",
        "t1",
        "rows",
        "lambda",
        "a b",
        "tanh",
        "x.0",
        "",
        "total",
        "d_x",
        "é",
        "nan",
        "t1",
    ]
    xs = [Value(0.0, name=name) for name in names]
    total = xs[0]
    for k, x in enumerate(xs[1:], 2):
        total = total + x * k
    product = total * xs[0]
    product.name = "rows"
    program = autograd.compile(product, inputs=xs[:6], parameters=xs[6:], backend=backend)
    for x in xs[6:]:
        x.data = 1.0
    expected = (sum(k * k for k in range(1, 7)) + sum(range(7, 14))) * 1.0
    assert program([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]) == [expected]
    scope = {}
    exec(program.source, scope)
    assert scope["program"]([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]], [1.0] * 7) == [(expected,)]


def test_the_source_is_python_that_runs():
    function, parameters = network([2, 3, 1], "tanh")
    program = program_of(function, 2, numbers(parameters, 1), backend="python")
    rows, weights = table_of(20, 2, 2), numbers(parameters, 3)
    scope = {}
    exec(program.source, scope)
    value, gradient = scope["value_and_gradient"](rows, weights)
    assert (value, gradient) == summed(function, rows, weights)
    values = [eager(function, row, weights)[0] for row in rows]
    assert [result for (result,) in scope["program"](rows, weights)] == values


def test_print_shows_every_instruction_with_names():
    x, w = Value(1.0, name="x"), Value(3.0, name="w")
    hidden = w * x
    hidden.name = "hidden"
    output = autograd.maximum(hidden, 0.5) / 4
    program = autograd.compile(output, inputs=[x], parameters=[w], backend="python")
    assert str(program).splitlines() == [
        "program of 1 input, 1 parameter, 6 instructions",
        "hidden = w * x",
        "t2 = maximum(hidden, 0.5)",
        "t3 = t2 / 4.0",
        "t4 = greater(hidden, 0.5, 0.5)",
        "t5 = t4 * 0.25",
        "t6 = x * t5",
        "value: t3",
        "d/dw: t6",
    ]
    assert repr(program) == "<program of 1 input, 1 parameter, 6 instructions: python>"


def test_in_a_notebook_it_shows_what_it_prints():
    x = Value(1.0, name="<b>&")
    program = autograd.compile(x * x, inputs=[x], backend="python")
    assert program._repr_html_() == f"<pre>{program}</pre>"
    assert "<b>" not in str(program)


def test_print_is_abridged_where_long():
    function, parameters = network([40, 20, 1])
    program = program_of(function, 40, numbers(parameters, 1), backend="python")
    lines = str(program).splitlines()
    assert len(lines) < 900
    assert any("more ..." in line for line in lines)
    several = autograd.compile([x := Value(1.0, name="x"), x * 2], inputs=[x], backend="python")
    assert str(several).splitlines()[1:] == ["t1 = x * 2.0", "output 0: x", "output 1: t1"]


# -- what is refused --


@backends
@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([[1.0, 2.0], [1.0]], ValueError, r"rows\[1\] has 1 number, the program takes 2 .*x0, x1"),
        ([[1.0, 2.0, 3.0]], ValueError, r"rows\[0\] has 3 numbers"),
        ([1.0, 2.0], TypeError, r"rows\[0\] is 1.0: a row is a list of numbers"),
        (3.0, TypeError, "a list of rows is wanted"),
        ([[1.0, "2"]], TypeError, r"rows\[0\]\[1\]: .*write float\('2'\)"),
        ([[1.0, True]], TypeError, r"rows\[0\]\[1\]: .*bool"),
        ([[1.0, Value(1.0)]], TypeError, r"rows\[0\]\[1\]: .*\.data"),
    ],
)
def test_bad_rows(backend, rows, error, message):
    program = program_of(lambda x, w: x[0] * x[1] + w[0], 2, [1.0], backend=backend)
    for call in (program, program.value_and_grad, program.backward):
        with pytest.raises(error, match=message):
            call(rows)


@backends
def test_bad_arrays(backend):
    numpy = pytest.importorskip("numpy", reason="arrays are numpy's")
    program = program_of(lambda x, w: x[0] * x[1] + w[0], 2, [1.0], backend=backend)
    for array, error in (
        (numpy.ones((3, 3)), ValueError),
        (numpy.ones(2), ValueError),
        (numpy.ones((1, 2, 1)), ValueError),
        (numpy.ones((2, 3)), ValueError),
        (numpy.ones((1, 2), dtype=bool), TypeError),
        (numpy.ones((1, 2), dtype=complex), TypeError),
        (numpy.array([["1", "2"]]), TypeError),
        (numpy.array([[None, 1.0]]), TypeError),
    ):
        with pytest.raises(error, match="rows"):
            program(array)
        with pytest.raises(error, match="rows"):
            program.value_and_grad(array)


@backends
def test_nan_in_the_data_is_nan_in_that_row(backend):
    program = program_of(lambda x, w: x[0] * x[1] + w[0], 2, [1.0], backend=backend)
    first, second = program([[math.nan, 2.0], [1.0, 2.0]])
    assert math.isnan(first)
    assert second == 3.0


@backends
def test_bad_options(backend):
    numpy = pytest.importorskip("numpy", reason="arrays are numpy's")
    program = program_of(lambda x, w: x[0] * w[0], 1, [1.0], backend=backend)
    with pytest.raises(ValueError, match="reduction 'max'"):
        program.value_and_grad([[1.0]], "max")
    if backend == "llvm":
        with pytest.raises(ValueError, match=r"parameters has shape \(2,\)"):
            program.value_and_grad([[1.0]], parameters=[1.0, 2.0])
        for bad in (numpy.empty(2), numpy.empty(1, dtype="float32"), numpy.empty(2)[::2][:0]):
            with pytest.raises(ValueError, match="gradient: a contiguous writable float64"):
                program.value_and_grad([[1.0]], gradient=bad)


def test_bad_graphs():
    x, w = Value(1.0), Value(2.0)
    with pytest.raises(TypeError, match=r"inputs: .* got one Value"):
        autograd.compile(x * w, inputs=x)
    with pytest.raises(TypeError, match=r"inputs\[0\] is 1.0"):
        autograd.compile(x * w, inputs=[1.0])
    with pytest.raises(ValueError, match=r"parameters\[0\] was computed"):
        autograd.compile(x * w, inputs=[x], parameters=[w * 2])
    with pytest.raises(ValueError, match=r"parameters\[0\] is inputs\[0\] too"):
        autograd.compile(x * w, inputs=[x], parameters=[x])
    with pytest.raises(TypeError, match=r"output 1 is 3.0"):
        autograd.compile([x, 3.0], inputs=[x])
    with pytest.raises(ValueError, match="at least one"):
        autograd.compile([], inputs=[x])
    with pytest.raises(ValueError, match="backend 'gpu'"):
        autograd.compile(x * w, inputs=[x], backend="gpu")


def test_a_primitive_without_a_form_for_machines():
    pytest.importorskip("llvmlite", reason="else Python is used for another reason")
    odd = autograd.Primitive("odd", value=lambda a: a**3, partials=(lambda out, a: 3 * a * a,))
    x = Value(2.0)
    table["odd"] = odd
    try:
        with pytest.raises(ValueError, match=r"'odd' has no form in LLVM.*compile with"):
            autograd.compile(odd(x), inputs=[x], backend="llvm")
        with pytest.warns(UserWarning, match="compiled to Python.*'odd'") as said:
            program = autograd.compile(odd(x), inputs=[x])
        assert [warning.filename for warning in said] == [__file__]
        assert program.backend == "python"
        assert program([[3.0]]) == [27.0]
    finally:
        del table["odd"]


def test_a_form_for_machines_that_calls_what_is_not_there():
    pytest.importorskip("llvmlite", reason="machine code is made by llvmlite")
    with registered(
        "cube_root",
        value=math.cbrt,
        partials=(lambda out, a: out / (3 * a),),
        llvm=lambda ir, a: ir.call("cbrt", a),
    ) as cube_root:
        x = Value(8.0)
        program = autograd.compile(cube_root(x), inputs=[x], backend="llvm")
        with pytest.raises(ValueError, match=r"'cbrt' is not among the functions to call: .*exp"):
            program([[8.0]])


@pytest.mark.parametrize("missing", ["llvmlite", "numpy"])
def test_without_the_extra(missing):
    script = f"""
import sys, warnings
sys.modules[{missing!r}] = None
from autograd import Value, compile
x = Value(2.0)
try:
    compile(x * x, inputs=[x], backend="llvm")
except ImportError as error:
    print(error)
with warnings.catch_warnings(record=True) as said:
    programs = [compile(x * x, inputs=[x]), compile(x + x, inputs=[x])]
print([str(warning.message) for warning in said])
print([(program.backend, program([[3.0]])) for program in programs])
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.stderr == ""
    reason = f"{missing} is not installed, which machine code needs: pip install 'stepgrad[fast]'"
    assert run.stdout.splitlines() == [
        reason,
        str([f"compiled to Python, not to machine code: {reason}"]),
        "[('python', [9.0]), ('python', [6.0])]",
    ]


@pytest.mark.parametrize(("version", "is_old"), [((19, 1, 7), True), ((20, 0, 0), False)])
def test_an_old_llvmlite_is_refused(version, is_old):
    script = f"""
import llvmlite.binding
llvmlite.binding.llvm_version_info = {version}
from autograd import Value, compile
x = Value(2.0)
print(compile(x * x, inputs=[x], backend="llvm")([[3.0]]))
"""
    pytest.importorskip("llvmlite", reason="it is what is too old")
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    if is_old:
        assert run.stderr.splitlines()[-1].startswith("ImportError: llvmlite 0.")
        assert "0.45 or newer is wanted" in run.stderr
    else:
        assert (run.stdout, run.stderr) == ("[9.0]\n", "")


# -- recording a function --


def branching(x):
    return x[0] if x[0] > 0 else -x[0]


def test_a_branch_on_a_value_is_refused_with_its_line():
    line = branching.__code__.co_firstlineno + 1
    with pytest.raises(DataDependentGraphError, match=rf"test_compile.py:{line} in branching") as e:
        recorded(branching, [[1.0]])
    for instead in ("maximum(a, b)", "step(a)", "where(greater(a, b), x, y)"):
        assert instead in str(e.value)
    with pytest.raises(DataDependentGraphError, match="in <lambda>"):
        recorded(lambda x: x[0] * (1.0 if x[0] else 2.0), [[1.0]])
    with pytest.raises(DataDependentGraphError, match="in <lambda>"):
        recorded(lambda x: max(x), [[1.0, 2.0]])
    assert branching([Value(-1.0)]).data == 1.0  # allowed again


def test_numbers_taken_out_of_the_graph_are_noticed():
    for function in (
        lambda x: x[0] * x[1].data,
        lambda x: x[0] * (2.0 if x[1].data > 3 else 1.0),
        lambda x: x[0].tanh() if x[1].data > 3 else x[0].exp(),
        lambda x: x[0] + x[1] if x[1].data > 3 else x[1] + x[0],
    ):
        with pytest.raises(
            DataDependentGraphError, match=r"two rows gave different graphs.*\.data"
        ):
            recorded(function, [[1.0, 2.0], [1.0, 4.0]])


def test_recorded_is_what_compile_takes():
    w = Value(3.0)
    output, inputs = recorded(lambda x: (w * x[0] - x[1]) ** 2, [[1.0, 2.0], [3.0, 5.0]])
    program = autograd.compile(output, inputs, [w], backend="python")
    assert program([[1.0, 2.0], [3.0, 5.0]]) == [1.0, 16.0]
    with pytest.raises(ValueError, match="at least one row"):
        recorded(lambda x: x[0], [])


@pytest.mark.parametrize("exponent", [0.25, 3.0, -1.5])
@pytest.mark.parametrize("number", [-0.5, 0.0, 1e200])
def test_a_power_of_what_folds_to_a_number(number, exponent):
    """leaky_relu of a positive number does not depend on its slope: a rule then meets floats, on
    which Python's ** gives complex numbers and raises."""
    slope = Value(0.5)
    base = autograd.leaky_relu(1.0, slope) * number
    output = base**exponent * slope
    wanted = autograd.gradients(output, [slope])
    program = autograd.compile(output, [], [slope], backend="python")
    value, found = program.value_and_grad([[]])
    assert repr((value, found)) == repr((output.data, list(wanted)))
