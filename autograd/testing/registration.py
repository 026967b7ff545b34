"""A primitive for the length of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.primitive import Primitive, check_free, put, table, take_out


@contextmanager
def registered(name: str, **fields: Any) -> Iterator[Primitive]:
    """``autograd.primitive(name, **fields)`` within a ``with`` block, undone after it.

    A primitive of one's own that had the name has it again after the block.

    >>> import math, autograd
    >>> rule = lambda out, a: 2 * a
    >>> with registered("square", value=lambda a: a * a, partials=[rule]) as square:
    ...     square(3.0), autograd.grad(square)(3.0)
    (9.0, 6.0)
    >>> autograd.square
    Traceback (most recent call last):
        ...
    AttributeError: module 'autograd' has no attribute 'square'
    """
    check_free(name)
    entry, before = Primitive(name, **fields), table.get(name)
    put(entry)
    try:
        yield entry
    finally:
        if before is None:
            take_out(entry)
        else:
            put(before)
