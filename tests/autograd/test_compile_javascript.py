"""JavaScript agrees with Python on every primitive, inf and nan included."""

import itertools
import json
import math
import random
import shutil
import subprocess

import pytest

from autograd.compiler.javascript import LIBRARY, function, number
from autograd.primitive import Primitive, table
from autograd.trace import Trace

node = shutil.which("node")
pytestmark = pytest.mark.skipif(node is None, reason="needs node to run JavaScript")

EDGES = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -8.0, 1e-300, 1e300, math.inf, -math.inf, math.nan]

BASE = [p for p in table.values() if p.definition is None]


def run(source: str, rows: list[list[float]]) -> list[list[float]]:
    """The results of the JavaScript function ``program`` on each row."""
    written = ",".join("[" + ",".join(map(number, row)) + "]" for row in rows)
    script = f"""{source}
    const shown = x => Object.is(x, -0) ? "-0.0" : String(x);
    console.log(JSON.stringify([{written}].map(row => program(row).map(shown))));"""
    result = subprocess.run([str(node), "-"], input=script, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    read = {"Infinity": "inf", "-Infinity": "-inf", "NaN": "nan"}
    return [[float(read.get(x, x)) for x in row] for row in json.loads(result.stdout)]


def points(primitive: Primitive) -> list[list[float]]:
    """Every combination of edge numbers (for three operands some), and random ones."""
    arity = primitive.arity or 2
    rng = random.Random(primitive.name)
    rows = [list(row) for row in itertools.product(EDGES, repeat=arity)]
    rows = rng.sample(rows, min(len(rows), 500))
    for scale in (1.0, 5.0, 30.0, 700.0):
        rows += [[rng.uniform(-scale, scale) for _ in range(arity)] for _ in range(100)]
    return rows


def close(a: float, b: float) -> bool:
    """Equal to 1e-12 relative, the figure promised; below the normal numbers bits run out."""
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b) or a == b == 0:
        return str(a) == str(b)
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300)


@pytest.mark.parametrize("primitive", table.values(), ids=lambda p: p.name)
def test_value_and_partials_agree_with_python(primitive: Primitive) -> None:
    arity = primitive.arity or 2
    active = tuple(not primitive.needs_number(i) for i in range(arity))
    trace = Trace()
    inputs = [trace.input(f"x{i}") for i in range(arity)]
    out = trace.apply(primitive, tuple(inputs))
    outputs = [out] + [primitive.partial(i, out, inputs) for i in range(arity) if active[i]]
    rows = points(primitive)
    for row, got in zip(rows, run(function(trace, outputs), rows), strict=True):
        wanted = [w for w in primitive.forward(active)(*row) if w is not None]
        assert all(map(close, got, wanted)), (primitive.name, row, got, wanted)


def test_the_sign_of_zero_is_kept() -> None:
    trace = Trace()
    x = trace.input("x")
    outputs = [table["neg"](x), x * 3.0, table["erf"](x), table["sqrt"](x), x + -0.0]
    (got,) = run(function(trace, outputs), [[-0.0]])
    assert [math.copysign(1, g) for g in got] == [1.0, -1.0, -1.0, -1.0, -1.0]


def test_outputs_may_be_numbers_and_inputs() -> None:
    trace = Trace()
    x = trace.input("x")
    assert run(function(trace, [x, 2.5, -math.inf]), [[7.0]]) == [[7.0, 2.5, -math.inf]]


def test_only_helpers_that_are_called_are_written() -> None:
    trace = Trace()
    x = trace.input("x")
    source = function(trace, [table["erf"](x)])
    assert "function erfc" in source
    assert "function power" not in source
    assert set(LIBRARY) == {"greater", "power", "erf", "erfc"}


def test_a_primitive_without_a_form_is_named() -> None:
    odd = Primitive("odd", value=lambda a: a**3, partials=(lambda out, a: 3 * a * a,))
    trace = Trace()
    y = trace.apply(odd, (trace.input("x"),))
    with pytest.raises(ValueError, match=r"'odd' has no form in JavaScript.*javascript="):
        function(trace, [y])
