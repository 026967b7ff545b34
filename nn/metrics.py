"""Metrics: what people read beside the loss. Each is a function of one prediction and target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value
from nn.arguments import known

Metric = Callable[[Any, Any], float]


def accuracy(prediction: Any, target: Any, threshold: float = 0.0) -> float:
    """1.0 where the predicted class is the target, else 0.0; its mean over samples is the accuracy.

    Parameters
    ----------
    prediction:
        A list with a number a class (the largest is the prediction), or one score.
    target:
        The class or its one-hot list; for one score -1 or +1, or 0 or 1.
    threshold:
        The score above which the prediction is positive: 0 for logits and for labels -1 and +1,
        1/2 for probabilities. ``fit`` chooses it by its loss and labels.

    >>> accuracy([0.1, 2.0, -1.0], 1), accuracy(-0.3, 1), accuracy(0.7, 1, threshold=0.5)
    (1.0, 0.0, 1.0)
    """
    if isinstance(prediction, (list, tuple)) and len(prediction) > 1:
        scores = [_data(p) for p in prediction]
        wanted = target
        if hasattr(target, "__len__"):
            chances = [_data(t) for t in target]
            wanted = chances.index(max(chances))
        return float(scores.index(max(scores)) == wanted)
    score = _data(prediction[0] if isinstance(prediction, (list, tuple)) else prediction)
    label = _data(target[0] if isinstance(target, (list, tuple)) else target)
    return float((score > threshold) == (label > 0))


def _data(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


names: dict[str, Metric] = {"accuracy": accuracy}
"""Every metric by name."""


def resolve(metric: Any) -> tuple[str, Metric]:
    """The name and the function of a metric given as either."""
    if isinstance(metric, str):
        name = known("metric", metric, names)
        return name, names[name]
    if not callable(metric):
        raise TypeError(f"metrics wants names or functions of (prediction, target); got {metric!r}")
    return getattr(metric, "__name__", "metric"), metric
