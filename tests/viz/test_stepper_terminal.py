"""Stepping in a terminal."""

import subprocess
import sys

import pytest

from autograd import Value
from viz.graph import number
from viz.stepper.story import Story
from viz.stepper.terminal import interact, pages


def story():
    a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    return Story.of((a * b + a).tanh() * a)


def seen(answers, mistake=None):
    lines, answers = [], iter(answers)

    def read(prompt):
        try:
            return next(answers)
        except StopIteration:
            raise EOFError from None

    interact(story(), mistake, read, lines.append)
    return [line.strip() for line in lines]


def test_every_contribution_is_told():
    told = list(pages(story()))
    steps = story().steps
    assert len(told) == 2 + 2 * len(steps)
    for text, step in zip(told[-len(steps) :], steps, strict=True):
        for c in step.contributions:
            assert f" = {number(c.after)}\n" in text
            assert c.rule in text


@pytest.mark.parametrize(
    ("answers", "steps"),
    [
        (["n", "", "p"], [0, 1, 2, 1]),
        (["g 5", "g3", "2"], [0, 5, 3, 2]),
        (["l", "n", "f", "p"], [0, 9, 9, 0, 0]),
        (["g 99"], [0, 9]),
        (["q", "n"], [0]),
        ([], [0]),
    ],
)
def test_commands_move(answers, steps):
    lines = [line for line in seen(answers) if line.startswith("step ")]
    assert [int(line.split()[1]) for line in lines] == steps


def test_what_is_no_command_is_said_and_asked_again():
    lines = seen(["what", "g x", "n"])
    assert sum("is no command" in line for line in lines) == 2
    assert lines[-1].startswith("step 1 of 9")


def test_a_mistake_is_stepped_through():
    right, wrong = seen(["l"])[-1], seen(["l"], "overwrite")[-1]
    assert right != wrong
    assert "+=" not in wrong.split("->")[0]


def test_from_the_command_line(tmp_path):
    command = [sys.executable, "-m", "viz", "x*x", "x=3"]
    stepping = subprocess.run(
        [*command, "--interactive"], input="l\nq\n", capture_output=True, text=True, check=True
    )
    assert "-> 3 + (1 * 3) = 6" in " ".join(stepping.stdout.split())
    printed = subprocess.run([*command, "--steps"], capture_output=True, text=True, check=True)
    assert "dout/dx = 3 + 3 = 6" in printed.stdout
    assert "picture:" not in printed.stdout
