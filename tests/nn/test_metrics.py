"""Metrics: accuracy in all its forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value
from nn import metrics


@pytest.mark.parametrize(
    ("prediction", "target", "right"),
    [
        ([0.1, 2.0, -1.0], 1, 1.0),
        ([0.1, 2.0, -1.0], 0, 0.0),
        ([0.1, 2.0, -1.0], 1.0, 1.0),
        ([0.1, 2.0, -1.0], [0.0, 1.0, 0.0], 1.0),
        ([0.1, 2.0, -1.0], [1.0, 0.0, 0.0], 0.0),
        ([0.5, 0.5], 0, 1.0),  # a tie goes to the first
        ((0.0, 1.0), 1, 1.0),
        (0.3, 1, 1.0),
        (-0.3, 1, 0.0),
        (-0.3, -1, 1.0),
        (-0.3, 0, 1.0),
        (0.3, 0, 0.0),
        (0.0, 1, 0.0),
        ([0.3], [1], 1.0),
        ([0.3], -1, 0.0),
        ([-0.3], [1], 0.0),
        ([0.3], 1, 1.0),
    ],
)
def test_accuracy(prediction, target, right):
    assert metrics.accuracy(prediction, target) == right
    listed = isinstance(prediction, (list, tuple))
    values = list(map(Value, prediction)) if listed else Value(prediction)
    assert metrics.accuracy(values, target) == right


@given(p=st.floats(0, 1), t=st.sampled_from([0, 1]))
def test_the_threshold_for_probabilities(p, t):
    assert metrics.accuracy(p, t, threshold=0.5) == float((p > 0.5) == bool(t))


@given(scores=st.lists(st.floats(-5, 5), min_size=2, max_size=6, unique=True), data=st.data())
def test_the_largest_score_is_the_class(scores, data):
    target = data.draw(st.integers(0, len(scores) - 1))
    right = all(scores[target] >= s for s in scores)
    assert metrics.accuracy(scores, target) == float(right)


def test_names_and_functions():
    assert metrics.resolve("accuracy") == ("accuracy", metrics.accuracy)

    def off_by(prediction, target):
        return abs(prediction - target)

    assert metrics.resolve(off_by) == ("off_by", off_by)
    with pytest.raises(ValueError, match="there is no metric 'acuracy': did you mean 'accuracy'"):
        metrics.resolve("acuracy")
    with pytest.raises(TypeError, match=r"functions of \(prediction, target\); got 3"):
        metrics.resolve(3)
