"""Exercises: whether an answer is right, said without telling it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value


def check(answer: Any, right: Any, *, at: Sequence[Any] = (), tolerance: float = 1e-6) -> None:
    """Print ``right``, or ``not yet:`` and what is wrong with ``answer``, but not what is right.

    Parameters
    ----------
    answer:
        A number or a Value, a text, a list of such, or a function; None where there is none yet.
    right:
        What it should be; or a judge: a function of the answer that returns a hint, or "" where it
        is right. With points, a function that gives the same at each.
    at:
        The points to compare functions at: a number each, or a tuple of arguments.
    tolerance:
        By how much numbers may differ, in proportion to the right one (if that is 0: at all).

    >>> check(None, 32.0)
    not yet: put your answer in place of None
    >>> check(-32, 32.0), check([4.0, 1.0], [4.0, 2.0]), check(32.0, 32.0)
    not yet: the sign is wrong
    not yet: number 2 is too small
    right
    (None, None, None)
    >>> check(lambda x: 2 * x, lambda x: 3 * x**2, at=[0.0, 2.0])
    not yet: at 2.0 it is too small
    """
    wrong = _wrong(answer, right, at, tolerance)
    print(f"not yet: {wrong}" if wrong else "right")


def _wrong(answer: Any, right: Any, at: Sequence[Any], tolerance: float) -> str:
    """What is wrong with the answer, '' if nothing."""
    if answer is None or (isinstance(answer, (list, tuple)) and None in answer):
        return "put your answer in place of None"
    if callable(answer) and at:
        return _wrong_function(answer, right, at, tolerance)
    if callable(right):
        return str(right(answer) or "")
    if isinstance(right, str):
        return "" if str(answer).strip().lower() == right.lower() else "that is not it"
    if not isinstance(right, (list, tuple)):
        return _wrong_number(answer, right, tolerance, "it is ")
    if not isinstance(answer, (list, tuple)) or len(answer) != len(right):
        return f"a list of {len(right)} is wanted"
    for i, (mine, wanted) in enumerate(zip(answer, right, strict=True), start=1):
        if wrong := _wrong_number(mine, wanted, tolerance, f"number {i} is "):
            return wrong
    return ""


def _wrong_function(
    answer: Callable[..., Any], right: Any, at: Sequence[Any], tolerance: float
) -> str:
    for point in at:
        arguments = point if isinstance(point, tuple) else (point,)
        given = answer(*arguments)
        if given is None:
            return f"at {point} it gives None: let it return your result"
        if wrong := _wrong(given, right(*arguments), (), tolerance):
            return f"at {point} {wrong}"
    return ""


def _wrong_number(answer: Any, right: Any, tolerance: float, subject: str) -> str:
    mine, wanted = _number(answer), _number(right)
    if mine is None:
        return f"{subject}no number: {answer!r}"
    assert wanted is not None
    if math.isclose(mine, wanted, rel_tol=tolerance, abs_tol=0.0 if wanted else tolerance):
        return ""
    if math.isnan(mine):
        return f"{subject}nan, not a number"
    if mine * wanted < 0:
        return "the sign is wrong" if subject == "it is " else f"{subject}of the wrong sign"
    return subject + ("too small" if mine < wanted else "too large")


def _number(x: Any) -> float | None:
    if isinstance(x, Value):
        return x.data
    try:
        return float(x)
    except (TypeError, ValueError):
        return None
