"""A mutant of what functions do, put into functions that have been imported already."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType

Swap = dict[CodeType, CodeType]


def swap(path: str, before: str, after: str) -> Swap | None:
    """The code of functions, old and new; None where other code differs: an import runs that."""
    found: Swap = {}
    pairs = [tuple(compile(t, path, "exec", dont_inherit=True) for t in (before, after))]
    for old, new in pairs:
        if old == new:
            continue
        inside = list(_codes(old)), list(_codes(new))
        if len(inside[0]) != len(inside[1]):
            return None
        pairs += zip(*inside, strict=True)
        if old.co_flags & CO_OPTIMIZED:  # the code of a function, not of a module or a class
            found[old] = new
        elif _itself(old) != _itself(new):
            return None
    return found


def fits(found: Swap, functions: list[FunctionType]) -> bool:
    """Whether some of the functions have code that is replaced, and all of these can take theirs.

    A function inside another gets its new code when the outer one next runs.
    """
    changed = [f.__code__ for f in functions if f.__code__ in found]
    return all(code.co_freevars == found[code].co_freevars for code in changed) and (
        bool(changed) or not found
    )


def put_in(found: Swap, functions: list[FunctionType]) -> None:
    """Give the functions their new code."""
    for function in functions:
        function.__code__ = found.get(function.__code__, function.__code__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, CodeType))


def _itself(code: CodeType) -> tuple[CodeType, str]:
    """The code without what stands inside and where it stands; 1, 1.0 and True are not the same."""
    constants = [c for c in code.co_consts if not isinstance(c, CodeType)]
    return code.replace(co_consts=(), co_linetable=b""), repr(constants)
