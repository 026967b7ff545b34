"""A primitive for the length of a test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.primitive import Primitive, _owners, primitive, table


@contextmanager
def registered(name: str, **fields: Any) -> Iterator[Primitive]:
    """``autograd.primitive(name, **fields)`` within a ``with`` block, undone after it.

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
    entry = primitive(name, **fields)
    try:
        yield entry
    finally:
        del table[name]
        for owner in _owners:
            delattr(owner, name)
