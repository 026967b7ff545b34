"""What a user of pytest sees: the failure alone says which rule is wrong, and at which numbers."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.testing import Program

ROOT = Path(__file__).parents[2]

TESTS = """
import autograd
from hypothesis import given, settings
from autograd.testing import check_gradients, check_module, check_primitive, strategies

sharp = autograd.primitive(
    "sharp", definition=lambda a: a / (1 + abs(a)), partials=[lambda out, a: 1 / (1 + abs(a))]
)

def test_given_numbers():
    check_gradients(lambda w, x: sharp(w[0] * x) + w[1], [-0.5, 3.0], 2.0)

def test_of_the_primitive():
    check_primitive(sharp)

@settings(database=None, derandomize=True, max_examples=20)
@given(strategies.values(-1.0, 1.0))
def test_any_number(x):
    check_gradients(sharp, x)

@settings(database=None, derandomize=True, max_examples=20)
@given(strategies.programs(max_steps=4, primitives=["add", sharp]))
def test_any_program(program):
    check_gradients(program, *program.leaves)

class Model:
    weight = autograd.Value(-2.0)
    def named_parameters(self):
        return [("weight", self.weight)]
    def __call__(self, x):
        return sharp(self.weight * x)

def test_a_module():
    check_module(Model(), 0.5)
"""


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    """What pytest prints of each test, by its name."""
    folder = tmp_path_factory.mktemp("users")
    (folder / "test_mine.py").write_text(TESTS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    options = ["-q", "--color=no", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, "test_mine.py"]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert "5 failed" in run.stdout, run.stdout + run.stderr
    parts = re.split(r"\n_+ (test_\w+) _+\n", run.stdout.partition("= short test summary")[0])
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize(
    ("test", "at", "operand"),
    [
        ("test_given_numbers", "argument 0[0] = -0.5, argument 0[1] = 3.0, argument 1 = 2.0", -1.0),
        ("test_of_the_primitive", "operand 0 = 1.0", 1.0),
        ("test_any_number", "argument 0 = 1.0", 1.0),
        ("test_a_module", "input = 0.5, weight = -2.0", -1.0),
    ],
)
def test_the_failure_names_the_rule_and_the_numbers(failures, test, at, operand):
    shown = failures[test]
    assert re.search(rf"^E +at +{re.escape(at)}$", shown, re.MULTILINE)
    assert (
        f"because the rule of 'sharp' for operand 0 is wrong: at ({operand}) it gives 0.5" in shown
    )
    for method in ("reverse", "forward", "numeric", "apart by"):
        assert re.search(rf"E +{method} +\S*\d", shown), method


def test_the_traceback_is_the_users_line_alone(failures):
    """Hypothesis adds the header of the test and, below, where else the runs differed."""
    for test, shown in failures.items():
        locations = re.findall(r"^(\S+\.py):\d+:", shown, flags=re.MULTILINE)
        assert set(locations) == {"test_mine.py"}, (test, shown)
        called = re.findall(r"^> +(check_\w+\(.*\))$", shown, flags=re.MULTILINE)
        assert len(called) == 1, (test, shown)


def test_what_hypothesis_prints_is_small_and_runs(failures):
    assert "x=Value(1.0)" in failures["test_any_number"]
    shown = failures["test_any_program"]
    assert "the rule of 'sharp' for operand 0 is wrong: at (" in shown
    (printed,) = re.findall(r"^E +program=(Program\(.*\)),$", shown, flags=re.MULTILINE)
    program = eval(printed, {"Program": Program})
    assert repr(program) == printed
    assert len(program.steps) <= 2
