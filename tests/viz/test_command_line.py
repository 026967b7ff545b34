"""python -m viz: what it prints, what it writes, and what it says of mistakes."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from autograd import Value
from viz.__main__ import main

NEURON = "tanh(w1*x1 + w2*x2 + b)"
VALUES = ["x1=2", "x2=0", "w1=-3", "w2=1", "b=6.8813735870195432"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys, *arguments, code=0):
    assert main(arguments) == code
    return capsys.readouterr()


def test_the_neuron_of_the_readme(here):
    command = [sys.executable, "-m", "viz", NEURON, *VALUES]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "tanh(0.8814) = 0.7071" in done.stdout
    assert "1 - tanh(v4)**2 = 0.5" in done.stdout
    assert "dout/dx1 = 0 + (-1.5) = -1.5" in done.stdout
    assert "picture: graph.svg" in done.stdout
    assert sorted(os.listdir(here)) == ["graph.svg", "steps.html"]
    ET.parse(here / "graph.svg")


def test_the_gradients_printed_are_those_of_backward(here, capsys):
    out = printed(capsys, NEURON, *VALUES).out
    values = {name: Value(float(v)) for name, v in (text.split("=") for text in VALUES)}
    w1, x1, w2, x2, b = (values[name] for name in ("w1", "x1", "w2", "x2", "b"))
    (w1 * x1 + w2 * x2 + b).tanh().backward()
    lines = dict(
        line.split() for line in out.partition("gradients\n")[2].split("\n\n")[0].split("\n")
    )
    assert lines == {name: repr(value.grad) for name, value in values.items()}


def test_files_are_named_by_options_and_replacing_is_said(here, capsys):
    arguments = ["x*x", "x=3", "-o", "a.dot", "--page", "b.html"]
    assert "replaced" not in printed(capsys, *arguments).out
    assert sorted(os.listdir(here)) == ["a.dot", "b.html"]
    assert "picture: a.dot (replaced)" in printed(capsys, *arguments).out
    source = (here / "a.dot").read_text(encoding="utf-8")
    assert "data 9" in source
    assert "grad 6" in source


def test_values_are_numbers_or_arithmetic(here, capsys):
    out = printed(capsys, "x + y + z", "x=pi/2", "y=-1.5e-3", "z = 2**10").out
    assert "x = 1.571, y = -0.0015, z = 1024" in out
    assert "x = inf" in printed(capsys, "x * 1", "x=inf").out


def test_an_expression_may_begin_with_a_minus(here, capsys):
    assert "= -8" in printed(capsys, "-x**3", "x=2").out


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["tahn(x)", "x=1"], "  tahn(x)\n  ^^^^\n  no function is called tahn"),
        (["w*x", "x=1"], "  w*x\n  ^\n  no value for w: add, say,  w=1.0"),
        (["x*x"], "no value for x"),
        (["x*x", "x=1", "y=2"], "the expression has no y: leave out its value"),
        (["x*x", "x=1", "x=2"], "two values"),
        (["x*x", "x"], "is no name=value"),
        (["x*x", "x=one"], "  x=one\n    ^^^\n  no value for one"),
        (["x*x", "=1"], "is no name=value"),
        (["x*x", "tanh=1"], "tanh is a function: choose another name"),
        (["2*3"], "has no variable"),
        (["x", "x=2"], "no operation to step through"),
        (["x*x", "x=1", "-o", "g.jpg"], "end it in .svg"),
        (["x*x", "x=1", "--page", "steps"], "end it in .html"),
    ],
)
def test_a_mistake_is_shown_and_nothing_is_written(here, capsys, arguments, shown):
    result = printed(capsys, *arguments, code=2)
    assert shown in result.err
    assert result.out == ""
    assert not os.listdir(here)


@pytest.mark.parametrize("arguments", [[], ["x", "--rankdir", "up"], ["x", "--none"]])
def test_wrong_options_exit_with_2(here, arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m viz" in capsys.readouterr().err


def test_help_names_every_function_and_an_example_that_runs(here, capsys):
    from viz.expression import functions

    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in functions())
    import shlex

    examples = [line.strip() for line in text.split("\n") if line.startswith("  python -m viz")]
    assert len(examples) >= 3
    for example in examples:
        arguments = shlex.split(example)[3:]
        if not any(a.endswith((".png", ".pdf")) for a in arguments):
            printed(capsys, *arguments)


def test_png_without_the_program_is_told_before_anything_is_done(here, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    result = printed(capsys, "x*x", "x=1", "-o", "g.png", code=2)
    assert "needs Graphviz's own program dot" in result.err
    assert "g.svg" in result.err


def test_a_file_that_cannot_be_written_is_told(here, capsys):
    result = printed(capsys, "x*x", "x=1", "-o", "no/such/g.svg", code=1)
    assert "was not written" in result.err
    assert "page to step through: steps.html" in result.out
