"""A program's flat code, and the Python written of it, next to what was worked out by hand."""

import math
import random
import re

import pytest

import autograd
from autograd import Value, exp, maximum, where
from autograd.compiler import program as programs
from autograd.compiler import rows as written
from autograd.compiler.code import flatten
from autograd.compiler.data import checked, listed
from autograd.primitive import table
from autograd.trace import Trace


def compiled(output, inputs=(), parameters=()):
    return autograd.compile(output, inputs, parameters, backend="python")


def named(*names):
    return [Value(0.5, name=name) for name in names]


def small_code():
    """Of two inputs and two parameters, one listed late; the product of parameters is uniform."""
    trace = Trace()
    x, y, w = map(trace.input, ["x", "y", "w"])
    p = w * x
    v = trace.input("v")
    unused = x + 5.0
    q = w * v
    r = p + 2.0
    s = r * 0.0 - y
    outputs = [s, q, x, 2.0, -0.0, 0.0]
    return flatten(trace, 2, 2, outputs, {p.index: "p", unused.index: "unused", s.index: "s"})


def test_flat_code_by_hand():
    code = small_code()
    names = ["", "", "", "", "mul", "mul", "", "add", "", "mul", "sub", ""]
    assert (code.inputs, code.parameters) == (2, 2)
    assert [code.name(i) for i in range(len(names))] == names
    assert code.primitives == [table[name] if name else None for name in names]
    nothing = ()
    assert code.operands == [
        *[nothing] * 4,
        *[(2, 0), (2, 3), nothing, (4, 6), nothing, (7, 8), (9, 1), nothing],
    ]
    assert {i: repr(value) for i, value in code.constants.items()} == {
        6: "2.0",
        8: "0.0",
        11: "-0.0",
    }
    assert code.outputs == [10, 5, 0, 6, 11, 8]
    assert code.labels == {0: "x", 1: "y", 2: "w", 3: "v", 4: "p", 10: "s"}


def test_what_flat_code_says_of_its_numbers():
    code = small_code()
    assert code.uses() == [2, 1, 2, 1, 1, 1, 2, 1, 2, 1, 1, 1]
    assert list(code.uniform()) == [0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1]
    assert [i for i in range(12) if code.is_parameter(i)] == [2, 3]


def test_a_constant_is_one_number_however_often_it_is_used():
    trace = Trace()
    x = trace.input("x")
    code = flatten(trace, 1, 0, [x + math.nan, x * math.nan, math.nan, x - 1.0, 1.0])
    assert [repr(value) for value in code.constants.values()] == ["nan", "1.0"]
    assert code.labels == {0: "x"}


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (1, "x0"),
        (5, "x0, x1, x2, x3, x4"),
        (6, "x0, x1, x2, x3, x4, x5"),
        (7, "x0, x1, x2, x3, x4, ..., x6"),
        (40, "x0, x1, x2, x3, x4, ..., x39"),
    ],
)
def test_a_row_of_another_length_is_told_the_inputs(count, shown):
    names = [f"x{k}" for k in range(count)]
    wanted = f"the program takes {count} a row ({shown})"
    for given in (0, count + 1):
        plural = "" if given == 1 else "s"
        message = re.escape(f"rows[1] has {given} number{plural}, {wanted}") + "$"
        with pytest.raises(ValueError, match=message):
            listed([[1.0] * count, [1.0] * given], names)
    numpy = pytest.importorskip("numpy", reason="arrays are numpy's")
    for shape in ((2, count + 1), (count,), (2, count, 1)):
        message = re.escape(f"rows has shape {shape}, {wanted}: (rows, {count})") + "$"
        with pytest.raises(ValueError, match=message):
            checked(numpy.ones(shape), names)


# -- Python --


def test_the_source_of_a_value_and_gradient():
    x, y, w, b = named("x", "y", "w", "b")
    output = maximum(w * x + b * y, -0.5) ** 2.0
    program = """\
def program(rows, parameters):
    w, b = parameters
    outputs = []
    for x, y in rows:
        t3 = w * x + b * y
        t4 = t3 if t3 > (-0.5) or t3 != t3 else (-0.5)
        t5 = t4 * t4
        outputs.append((t5,))
    return outputs
"""
    gradient = """\
def value_and_gradient(rows, parameters):
    w, b = parameters
    total = 0.0
    d_w = 0.0
    d_b = 0.0
    for x, y in rows:
        t3 = w * x + b * y
        t4 = t3 if t3 > (-0.5) or t3 != t3 else (-0.5)
        t5 = t4 * t4
        t6 = 2.0 * t4
        t7 = 1.0 if t3 > (-0.5) else 0.0 if t3 < (-0.5) else 0.5 if t3 == (-0.5) else nan
        t8 = t7 * t6
        t9 = y * t8
        t10 = x * t8
        total += t5
        d_w += t10
        d_b += t9
    return total, [d_w, d_b]
"""
    source = compiled(output, [x, y], [w, b]).source
    assert source == f"from math import nan\n\n\n{program}\n\n{gradient}"


def test_the_source_of_one_input_or_none():
    (x,) = named("x")
    source = compiled(x, [x]).source
    assert "    for x, in rows:\n" in source
    assert "= parameters" not in source
    assert "return total, []\n" in source
    (w,) = named("w")
    source = compiled([exp(w), w, Value(math.inf)], [], [w]).source
    assert source.startswith("from math import inf\nfrom autograd import exp\n\n\ndef program(")
    assert "    w, = parameters\n" in source
    assert "    for _ in rows:\n" in source
    assert "outputs.append((t1, w, inf))\n" in source


def test_names_made_of_labels():
    labels = {
        "a b": "a_b",
        "__x__": "x",
        "x.0": "x_0",
        "é": "v",
        "?": "v_4",
        "1a": "v_1a",
        "t1": "v_t1",
        "t1a": "t1a",
        "d_x": "v_d_x",
        "rows": "rows_9",
        "lambda": "lambda_10",
        "tanh": "tanh_11",
        "nan": "nan_12",
        "a_15": "a_15",
        "a": "a",
        "a!": "a_15_",
    }
    xs = named(*labels)
    total = xs[0] + 2.5
    for x in xs[1:]:
        total = total + x
    total.name = "sum of all"
    code = compiled(total * 2.0, xs)._lowered.value
    names = written.identifiers(code)
    assert dict(zip(labels, names, strict=False)) == labels
    computed = [names[i] for i in range(len(names)) if code.name(i)]
    assert computed == [*[f"t{k}" for k in range(1, 16)], "sum_of_all", "t17"]
    assert [names[i] for i in code.constants] == ["2.5", "2.0"]


@pytest.mark.parametrize(
    ("build", "lines"),
    [
        (lambda a, b, c: a + b + c, ["t2 = a + b + c"]),
        (lambda a, b, c: a + (b + c), ["t1 = b + c", "t2 = a + t1"]),
        (lambda a, b, c: a + b * c, ["t2 = a + b * c"]),
        (lambda a, b, c: a * b + b * c + a, ["t4 = a * b + b * c + a"]),
        (lambda a, b, c: a * b - c, ["t1 = a * b", "t2 = t1 - c"]),
        (lambda a, b, c: (a + b) * c, ["t1 = a + b", "t2 = t1 * c"]),
        (lambda a, b, c: a * b * c + a, ["t1 = a * b", "t3 = t1 * c + a"]),
        (lambda a, b, c: a * b + a * b, ["t1 = a * b", "t2 = t1 + t1"]),
        (lambda a, b, c: a.exp() + b, ["t1 = exp(a)", "t2 = t1 + b"]),
        (lambda a, b, c: -a + b, ["t1 = -a", "t2 = t1 + b"]),
        (lambda a, b, c: a - b + c, ["t1 = a - b", "t2 = t1 + c"]),
    ],
)
def test_a_sum_of_products_is_one_statement(build, lines):
    a, b, c = named("a", "b", "c")
    source = compiled([build(a, b, c)], [a, b, c]).source
    body = source.partition(" in rows:\n")[2].splitlines()[: len(lines) + 1]
    last = lines[-1].partition(" ")[0]
    assert [line.strip() for line in body] == [*lines, f"outputs.append(({last},))"]


def test_what_has_a_name_or_is_wanted_is_a_statement_of_its_own():
    a, b = named("a", "b")
    product = a * b
    product.name = "product"
    other = b * 3.0
    source = compiled([product + other + a, other], [a, b]).source
    assert "        product = a * b\n" in source
    assert "        t2 = b * 3.0\n" in source
    assert "        t4 = product + t2 + a\n" in source


def test_a_long_sum_is_cut_into_expressions_of_so_many_operations():
    """Python's parser has a limit. A product is one operation deep, and so is each sum."""
    xs = [Value(0.5) for _ in range(100)]
    total = xs[0] * 2.0
    for x in xs[1:]:
        total = total + x * 2.0
    source = compiled([total, total], xs).source
    lines = [line for line in source.splitlines() if line.startswith("        t")]
    assert [(line.count(" + "), line.count(" * ")) for line in lines] == [
        (39, 40),
        (39, 39),
        (21, 21),
    ]

    total = xs[0].exp() + xs[1].exp()
    for x in xs[2:]:
        total = total + x
    source = compiled([total, total], xs).source
    lines = [line for line in source.splitlines() if line.startswith("        t")]
    assert [line.count(" + ") for line in lines] == [0, 0, 40, 40, 19]


@pytest.mark.parametrize(
    ("numbers", "imported"),
    [
        ([math.inf], "from math import inf"),
        ([-math.inf], "from math import inf"),
        ([math.nan], "from math import nan"),
        ([math.nan, 1.0, -math.inf], "from math import inf, nan"),
    ],
)
def test_the_source_imports_what_its_constants_need(numbers, imported):
    (x,) = named("x")
    source = compiled([x, *map(Value, numbers)], [x]).source
    assert source.splitlines()[:2] == [imported, ""]
    scope = {}
    exec(source, scope)
    (found,) = scope["program"]([[2.0]], [])
    assert repr(found) == repr((2.0, *numbers))


# -- what is printed --


def test_a_program_is_abridged_above_so_many_lines():
    for count, shown in ((400, 400), (401, 401), (450, 401)):
        (x,) = named("x")
        total = x
        for _ in range(count):
            total = total.tanh()
        lines = str(compiled([total], [x])).splitlines()
        assert lines[0] == f"program of 1 input, 0 parameters, {count} instructions"
        assert len(lines) == 1 + shown + 1
        assert lines[-1] == f"value: t{count}"
        left = [f"t{k} = tanh({f't{k - 1}' if k > 1 else 'x'})" for k in range(1, count + 1)]
        if count > 400:
            left[200:-200] = [f"... {count - 400} more ..."]
        assert lines[1:-1] == left


def test_an_instruction_reads_as_one_expression():
    a, b, c = named("a", "b", "c")
    outputs = [a / b, where(a, b, c), autograd.greater(a, b), maximum(a, -2.0), a.exp(), -a, a - b]
    lines = str(compiled(outputs, [a, b, c])).splitlines()
    assert lines[1 : 1 + len(outputs)] == [
        "t1 = a / b",
        "t2 = where(a, b, c)",
        "t3 = greater(a, b, 0.5)",
        "t4 = maximum(a, (-2.0))",
        "t5 = exp(a)",
        "t6 = -a",
        "t7 = a - b",
    ]
    assert lines[1 + len(outputs) :] == [f"output {k}: t{k + 1}" for k in range(len(outputs))]
    assert lines[0] == "program of 3 inputs, 0 parameters, 7 instructions"


def test_one_instruction_is_no_plural():
    x, w = named("x", "w")
    program = compiled(w * x, [x], [w])
    assert str(program).splitlines() == [
        "program of 1 input, 1 parameter, 1 instruction",
        "t1 = w * x",
        "value: t1",
        "d/dw: x",
    ]
    assert repr(program) == "<program of 1 input, 1 parameter, 1 instruction: python>"
    several = compiled([w * x, w], [x], [w])
    assert repr(several) == "<program of 1 input, 1 parameter, 1 instruction: python>"


# -- what is remembered --


def test_the_programs_used_last_are_remembered_up_to_so_many_instructions(monkeypatch):
    """Their gradients are counted, and the one just made stays, however long."""
    known = type(programs._known)()
    monkeypatch.setattr(programs, "_known", known)
    monkeypatch.setattr(programs, "KEPT", 123)
    x, w = named("x", "w")
    rng, model, exact = random.Random(3), {}, 0
    for _ in range(60):
        count = rng.choice([1, 1, 2, 3, 4, 10])
        total = w
        for _ in range(count):
            total = (total * x).tanh()
        lowered = compiled(total, [x], [w])._lowered
        model.pop(count, None)
        model[count] = lowered
        while sum(len(m.gradient.operands) for m in model.values()) > 123 and len(model) > 1:
            del model[next(iter(model))]
        exact += sum(len(m.gradient.operands) for m in model.values()) == 123
        assert list(known.values()) == list(model.values())
    assert exact
