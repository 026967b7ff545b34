"""Rows of data, checked: lists for generated Python, arrays for machine code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from autograd.ieee import real


def is_array(rows: Any) -> bool:
    """Whether ``rows`` is a numpy array; numpy is not imported to find out."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(rows, numpy.ndarray)


def listed(rows: Any, names: Sequence[str]) -> Sequence[Sequence[float]]:
    """``rows`` as a list of lists of floats, one number for each of the inputs ``names``.

    Raises
    ------
    TypeError, ValueError
        With the row, and what is wanted.

    >>> listed([[1, 2.5]], ["x", "y"])
    [[1.0, 2.5]]
    >>> listed([[1.0]], ["x", "y"])
    Traceback (most recent call last):
        ...
    ValueError: rows[0] has 1 number, the program takes 2 a row (x, y)
    """
    if is_array(rows):
        return checked(rows, names).tolist()  # type: ignore[no-any-return]
    try:
        rows = list(rows)
    except TypeError:
        raise TypeError(f"rows: a list of rows is wanted, got {rows!r}") from None
    for k, row in enumerate(rows):
        try:
            count = len(row)
        except TypeError:
            raise TypeError(
                f"rows[{k}] is {row!r}: a row is a list of numbers, write [[x], ...] even for one "
                "input"
            ) from None
        if count != len(names):
            raise ValueError(f"rows[{k}] has {count} number{'s' * (count != 1)}, {_wanted(names)}")
        if not set(map(type, row)) <= {float}:
            rows[k] = [_number(number, k, i) for i, number in enumerate(row)]
    return rows  # type: ignore[no-any-return]


def checked(rows: Any, names: Sequence[str]) -> Any:
    """The array ``rows`` as (rows, inputs) float64, contiguous; itself if it is that already.

    Raises
    ------
    TypeError, ValueError
        If it holds something other than real numbers, or its shape is another.
    """
    if rows.dtype.kind not in "fiu":
        raise TypeError(
            f"rows: an array of real numbers is wanted, got dtype {rows.dtype}: write "
            "rows.astype(float) if that is what is meant"
        )
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ValueError(f"rows has shape {rows.shape}, {_wanted(names)}: (rows, {len(names)})")
    return sys.modules["numpy"].ascontiguousarray(rows, dtype=float)


def array(numbers: list[Any]) -> Any:
    """A list as a float64 array, for whoever gave one."""
    return sys.modules["numpy"].array(numbers, dtype=float)


def _number(number: Any, row: int, column: int) -> float:
    try:
        return real(number)
    except TypeError as error:
        raise TypeError(f"rows[{row}][{column}]: {error}") from None


def _wanted(names: Sequence[str]) -> str:
    shown = ", ".join(names if len(names) <= 6 else [*names[:5], "...", names[-1]])
    return f"the program takes {len(names)} a row ({shown})"
