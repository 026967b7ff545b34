"""What the program that draws calls its Values: their names in the caller's frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, cast

from autograd import Value
from nn import Module

_DEEPEST = 3  # of lists inside lists, such as rows of a matrix
_LONGEST = 100_000  # items looked at in all, so that a large data set does not slow a picture down
_NOTEBOOK = frozenset(["In", "Out", "exit", "quit", "get_ipython"])  # IPython's own, not the user's

Container = dict[Any, Any] | list[Any] | tuple[Any, ...]
Names = Mapping[str, Value] | Mapping[Value, str]


@dataclass(frozen=True)
class Known:
    """Names for Values: ``chosen`` win over the names that Values carry, ``found`` stand in for
    them. ``parameters`` are the Values known to belong to a module."""

    found: Mapping[Value, str] = field(default_factory=dict)
    chosen: Mapping[Value, str] = field(default_factory=dict)
    parameters: frozenset[Value] = frozenset()

    def name(self, value: Value) -> str:
        """What to call a Value; empty if it has no name."""
        return self.chosen.get(value) or value.name or self.found.get(value, "")

    def override(self, names: Names | None) -> Known:
        """The same with the ``names`` argument as people write it, either way round.

        Raises
        ------
        TypeError
            for anything but a dict of names to Values, or of Values to names.
        """
        chosen: dict[Value, str] = {}
        for key, item in dict(names or {}).items():
            if isinstance(key, str) and isinstance(item, Value):
                chosen[item] = key
            elif isinstance(key, Value) and isinstance(item, str):
                chosen[key] = item
            else:
                raise TypeError(
                    "names must say which Value has which name, as in names={'w': w}; "
                    f"got {key!r}: {item!r}"
                )
        return Known(self.found, chosen, self.parameters)


def names_in(frame: FrameType) -> Known:
    """Names for the Values that a frame can reach: its variables, then items of its lists,
    tuples and dicts, then the parameters of modules, its own and those of the frames that called
    it. The first name found is kept.

    >>> import sys
    >>> def f():
    ...     w = [Value(1.0), Value(2.0)]
    ...     b = w[1]
    ...     return list(names_in(sys._getframe()).found.values())
    >>> f()
    ['b', 'w[0]']
    """
    variables = list(_variables(frame.f_locals)) + list(_variables(frame.f_globals))
    found: dict[Value, str] = {}
    for name, item in variables:
        if issubclass(type(item), Value):
            found.setdefault(cast(Value, item), name)
    budget = _LONGEST
    for name, item in variables:
        if issubclass(type(item), list | tuple | dict):
            for path, value in _items(name, cast(Container, item), _DEEPEST):
                budget -= 1
                if budget < 0:
                    break
                if value is not None:
                    found.setdefault(value, path)
    parameters: dict[Value, None] = {}
    for module in _modules(frame):
        for path, value in module.named_parameters():
            found.setdefault(value, path)
            parameters.setdefault(value)
    return Known(found, {}, frozenset(parameters))


def _variables(scope: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, item in list(scope.items()):
        if name.isidentifier() and not name.startswith("_") and name not in _NOTEBOOK:
            yield name, item


def _modules(frame: FrameType) -> list[Module]:
    """The modules in a frame and in the frames that called it, the nearest first."""
    found: dict[int, Module] = {}
    scopes: set[int] = set()
    around: FrameType | None = frame
    while around is not None:
        for scope in (around.f_locals, around.f_globals):
            if id(scope) not in scopes:
                for _, item in _variables(scope):
                    if issubclass(type(item), Module):  # isinstance runs code of proxies
                        found.setdefault(id(item), cast(Module, item))
        scopes.add(id(around.f_globals))
        around = around.f_back
    return list(found.values())


def _items(path: str, container: Container, depth: int) -> Iterator[tuple[str, Value | None]]:
    """Each item, a Value with its path and anything else as None."""
    pairs: Iterator[tuple[object, object]]
    if isinstance(container, dict):
        pairs = ((repr(k), item) for k, item in list(container.items()) if type(k) in (str, int))
    else:
        pairs = enumerate(container)
    for key, item in pairs:
        if isinstance(item, Value):
            yield f"{path}[{key}]", item
        elif depth > 1 and isinstance(item, list | tuple | dict):
            yield from _items(f"{path}[{key}]", item, depth - 1)
        else:
            yield "", None
