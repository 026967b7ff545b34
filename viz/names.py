"""What the program that draws calls its Values: their names in the caller's frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FrameType

from autograd import Value

_DEEPEST = 3  # of lists inside lists, such as rows of a matrix
_LONGEST = 100_000  # items looked at in all, so that a large data set does not slow a picture down
_NOTEBOOK = frozenset(["In", "Out", "exit", "quit", "get_ipython"])  # IPython's own, not the user's

Names = Mapping[str, Value] | Mapping[Value, str]


def names_in(frame: FrameType) -> dict[Value, str]:
    """Names for the Values that a frame can reach: its variables, then items of its lists,
    tuples and dicts, then the parameters of its modules. The first name found is kept.

    >>> import sys
    >>> def f():
    ...     w = [Value(1.0), Value(2.0)]
    ...     b = w[1]
    ...     return list(names_in(sys._getframe()).values())
    >>> f()
    ['b', 'w[0]']
    """
    variables = [
        (name, item)
        for scope in (frame.f_locals, frame.f_globals)
        for name, item in list(scope.items())
        if not name.startswith("_") and name not in _NOTEBOOK
    ]
    found: dict[Value, str] = {}
    for name, item in variables:
        if isinstance(item, Value):
            found.setdefault(item, name)
    budget = _LONGEST
    for name, item in variables:
        if isinstance(item, list | tuple | dict):
            for path, value in _items(name, item, _DEEPEST):
                budget -= 1
                if budget < 0:
                    return found
                if value is not None:
                    found.setdefault(value, path)
    for _, item in variables:
        parameters = getattr(type(item), "named_parameters", None)
        if parameters is not None and not isinstance(item, type):
            for path, value in parameters(item):
                if isinstance(value, Value):
                    found.setdefault(value, path)
    return found


def _items(path: str, container: object, depth: int) -> Iterator[tuple[str, Value | None]]:
    """Each item, a Value with its path and anything else as None."""
    pairs: Iterator[tuple[object, object]]
    if isinstance(container, dict):
        pairs = ((repr(key), item) for key, item in list(container.items()))
    elif isinstance(container, list | tuple):
        pairs = ((index, item) for index, item in enumerate(container))
    else:
        return
    for key, item in pairs:
        if isinstance(item, Value):
            yield f"{path}[{key}]", item
        elif depth > 1 and isinstance(item, list | tuple | dict):
            yield from _items(f"{path}[{key}]", item, depth - 1)
        else:
            yield "", None


def given(names: Names | None) -> dict[Value, str]:
    """The ``names`` argument as people write it, either way round.

    Raises
    ------
    TypeError
        for anything but a dict of names to Values, or of Values to names.
    """
    found: dict[Value, str] = {}
    for key, item in dict(names or {}).items():
        if isinstance(key, str) and isinstance(item, Value):
            found[item] = key
        elif isinstance(key, Value) and isinstance(item, str):
            found[key] = item
        else:
            raise TypeError(
                "names must say which Value has which name, as in names={'w': w}; "
                f"got {key!r}: {item!r}"
            )
    return found
