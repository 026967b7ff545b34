"""What arguments may be: the bounds, to the last number, and the words of the refusals."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.arguments import amount, generator, known, whole

bounds = st.none() | st.sampled_from([0.0, 0.5, 1.0, -1.0, 2.0])


@given(
    x=st.floats() | st.sampled_from([0.0, 0.5, 1.0, 2.0, -1.0]),
    low=bounds,
    high=bounds,
    below=bounds,
)
def test_an_amount_is_within_its_bounds(x, low, high, below):
    given = {"low": low, "high": high, "below": below}
    given = {name: bound for name, bound in given.items() if bound is not None}
    least = given.get("low", 0.0)
    fits = math.isfinite(x) and x >= least
    fits = fits and ("high" not in given or x <= high) and ("below" not in given or x < below)
    if fits:
        assert amount("x", x, **given) == x
        return
    words = f"x wants a finite number of at least {least:g}"
    words += f" and at most {high:g}" if "high" in given else ""
    words += f" and below {below:g}" if "below" in given else ""
    with pytest.raises(ValueError, match="wants") as e:
        amount("x", x, **given)
    assert str(e.value) == f"{words}; got {x!r}"


@pytest.mark.parametrize("wrong", [True, "1", None, 1j, [1.0]])
def test_what_is_no_number(wrong):
    with pytest.raises(TypeError) as e:
        amount("x", wrong)
    assert str(e.value) == f"x wants a finite number of at least 0; got {wrong!r}"
    with pytest.raises(TypeError) as e:
        whole("x", wrong, low=1)
    assert str(e.value) == f"x wants a whole number of at least 1; got {wrong!r}"


def test_any_real_number_is_an_amount():
    made = amount("x", Fraction(1, 4))
    assert (made, type(made)) == (0.25, float)
    assert type(amount("x", 3)) is float


@given(x=st.integers(-5, 5), low=st.integers(-2, 2))
def test_a_whole_number_is_at_least_its_bound(x, low):
    if x >= low:
        assert whole("x", x, low) == x
        return
    with pytest.raises(ValueError, match="wants") as e:
        whole("x", x, low)
    assert str(e.value) == f"x wants a whole number of at least {low}; got {x}"


def test_a_generator_is_one_or_a_seed():
    mine = random.Random(5)
    assert generator(mine) is mine
    assert generator(5).random() == random.Random(5).random()
    for wrong in (True, 0.5, None, "5"):
        with pytest.raises(TypeError, match="rng wants a seed"):
            generator(wrong)


def test_a_name_that_is_not_known():
    names = ["gelu", "elu", "tanh"]
    assert known("activation", "elu", names) == "elu"
    for wrong, hint in [("elo", ": did you mean 'elu'?"), ("xyz", ".")]:
        with pytest.raises(ValueError, match="there is no") as e:
            known("activation", wrong, iter(names))
        wanted = f"there is no activation {wrong!r}{hint} There are elu, gelu, tanh."
        assert str(e.value) == wanted
