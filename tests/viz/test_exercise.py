"""The checker of exercises tells right from wrong, and wrong answers are not told what is right."""

import contextlib
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from viz.exercise import check

numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


def verdict(capsys, *arguments, **keywords):
    check(*arguments, **keywords)
    return capsys.readouterr().out.strip()


def printed(*arguments, **keywords):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        check(*arguments, **keywords)
    return out.getvalue().strip()


@given(numbers)
def test_a_right_number_is_right_and_its_neighbours_are_not(x):
    assert printed(x, x) == printed(Value(x), x) == "right"
    assert printed(x - 0.5 - abs(x) / 100, x).startswith("not yet")
    assert printed(x + 0.5 + abs(x) / 100, x).startswith("not yet")


@given(numbers.filter(lambda x: abs(x) > 0.01), st.floats(0.5, 0.99))
def test_the_hint_says_which_way(x, shrink):
    assert printed(x * shrink, x) == f"not yet: it is too {'small' if x > 0 else 'large'}"
    assert printed(x / shrink, x) == f"not yet: it is too {'large' if x > 0 else 'small'}"
    assert printed(-x, x) == "not yet: the sign is wrong"


@given(st.lists(numbers, min_size=1, max_size=5), st.data())
def test_a_list_is_right_only_if_every_number_is(xs, data):
    assert printed(xs, xs) == "right"
    i = data.draw(st.integers(0, len(xs) - 1))
    wrong = [*xs[:i], xs[i] + 1 + abs(xs[i]), *xs[i + 1 :]]
    assert printed(wrong, xs).startswith(f"not yet: number {i + 1} is ")
    assert printed(xs[1:], xs) == f"not yet: a list of {len(xs)} is wanted"


def test_functions_are_compared_at_every_point(capsys):
    assert verdict(capsys, math.exp, lambda x: math.e**x, at=[-1.0, 0.0, 2.0]) == "right"
    assert verdict(capsys, lambda x, y: x, lambda x, y: x + y, at=[(1.0, 0.0), (1.0, 2.0)]) == (
        "not yet: at (1.0, 2.0) it is too small"
    )
    assert "gives None" in verdict(capsys, lambda x: None, math.exp, at=[0.0])


def test_a_judge_gives_the_hint(capsys):
    def judge(rate):
        return "" if rate < 0.1 else "it diverges"

    assert verdict(capsys, 0.05, judge) == "right"
    assert verdict(capsys, 0.5, judge) == "not yet: it diverges"
    assert verdict(capsys, abs, lambda f: "" if f(-1) == 1 else "no") == "right"
    assert verdict(capsys, abs, lambda f: "no") == "not yet: no"


@pytest.mark.parametrize(
    ("answer", "right", "said"),
    [
        (None, 1.0, "put your answer"),
        ("a", 1.0, "no number: 'a'"),
        (math.nan, 1.0, "nan"),
        ("b", "a", "that is not it"),
        (1.0, [1.0], "a list of 1"),
        (0.1, 0.0, "too large"),
    ],
)
def test_other_answers(capsys, answer, right, said):
    assert said in verdict(capsys, answer, right)


def test_small_slips_of_spelling_and_of_rounding_are_forgiven(capsys):
    assert verdict(capsys, " A ", "a") == "right"
    assert verdict(capsys, 0.73, 0.7310585786300049, tolerance=0.01) == "right"
    assert verdict(capsys, 1e-7, 0.0) == "right"
