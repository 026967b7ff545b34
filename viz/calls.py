"""Which module call made which node: the groups of a picture, read from the serial numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograd import Value


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a module.

    Parameters
    ----------
    label:
        The module's path, such as ``"layers.0.neurons.3"``.
    start, end:
        The serials of the nodes that it made.
    parent:
        The index of the call around it, None for an outermost one.
    depth:
        How many calls stand around it.
    """

    label: str
    start: int
    end: int
    parent: int | None
    depth: int


def calls(nodes: Sequence[Value]) -> list[Called]:
    """The module calls that ended in any of ``nodes``, each after the ones around it.

    A module with several outputs ended in each of them, which is one call all the same.
    """
    ends: dict[tuple[int, str], int] = {}
    nesting: dict[tuple[int, str], int] = {}
    for node in nodes:
        call, inner = node.call, 0
        while call is not None:
            key = (call.start, call.label)
            ends[key] = max(ends.get(key, 0), node.serial)
            nesting[key] = max(nesting.get(key, 0), inner)
            call, inner = call.outer, inner + 1
    found: list[Called] = []
    around: list[int] = []
    for key in sorted(ends, key=lambda key: (key[0], -ends[key], -nesting[key], key[1])):
        (start, label), end = key, ends[key]
        while around and found[around[-1]].end < end:
            around.pop()
        found.append(Called(label, start, end, around[-1] if around else None, len(around)))
        around.append(len(found) - 1)
    return found


def innermost(nodes: Sequence[Value], found: Sequence[Called]) -> dict[Value, int]:
    """For each of ``nodes`` (in order of creation) that a call made, the index of the innermost."""
    result: dict[Value, int] = {}
    around: list[int] = []
    coming = 0
    for node in nodes:
        while coming < len(found) and found[coming].start <= node.serial:
            around.append(coming)
            coming += 1
        while around and found[around[-1]].end < node.serial:
            around.pop()
        if around:
            result[node] = around[-1]
    return result


def path(index: int | None, found: Sequence[Called]) -> list[int]:
    """The calls around the call ``index``, outermost first, itself last."""
    indices: list[int] = []
    while index is not None:
        indices.append(index)
        index = found[index].parent
    return indices[::-1]
