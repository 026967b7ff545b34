"""Which values share a box: in a large graph those of a neuron, or else those of a layer.

A *cover* gives each value the box that it is drawn in: itself, or a key that others have too. The
covers of a graph come in order from the most detailed; a picture takes the first that is small
enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from autograd import Value
from viz.recording import Recording

Cover = Mapping[Value, Hashable]
_EDGES_PER_NODE = 4  # Graphviz takes as long over that many edges as over the node
_MANY_LEAVES = 6  # in a collapsed graph, so many leaves that all go to the same boxes become one


@dataclass(frozen=True, slots=True)
class InCall:
    """The key of values made in one call, or (``call`` None) in all calls of one module."""

    label: str
    call: int | None


@dataclass(frozen=True, slots=True)
class Leaves:
    """The key of leaves that are used by the same boxes."""

    users: frozenset[Hashable]


@dataclass(frozen=True, slots=True)
class Omitted:
    """The key of values too far from the roots to be drawn."""


def choose(recording: Recording, max_nodes: int) -> tuple[Cover, str]:
    """The most detailed cover with at most ``max_nodes`` boxes, and what was left out, in words."""
    size = len(recording.values)
    cover: Cover = {value: value for value in recording.values}
    if _fits(recording, cover, max_nodes):
        return cover, ""
    for cover, what in _collapsed(recording):
        if _fits(recording, cover, max_nodes):
            boxes = len(set(cover.values()))
            return cover, f"{size:,} values drawn as {boxes:,} boxes: collapsed to {what}."
    nearest = _nearest(recording, cover, max_nodes - 1)
    left_out = sum(isinstance(key, Omitted) for key in nearest.values())
    return nearest, f"{left_out:,} of {size:,} values left out: those far from the result."


def _fits(recording: Recording, cover: Cover, max_nodes: int) -> bool:
    if len(set(cover.values())) > max_nodes:
        return False
    boxes: set[Hashable] = set()
    edges: set[Hashable] = set()
    constants = 0
    for node in recording.values:
        head = cover[node]
        boxes.add(head)
        for position, operand in enumerate(node.operands):
            if not isinstance(operand, Value):
                constants += head is node
            elif cover[operand] is operand and head is node:
                edges.add((node, position))
            elif cover[operand] != head:
                edges.add((cover[operand], head))
    return len(boxes) + constants <= max_nodes and len(edges) <= _EDGES_PER_NODE * max_nodes


def _collapsed(recording: Recording) -> Iterator[tuple[Cover, str]]:
    """Each call a box, the innermost first; then each module a box for all its calls."""
    deepest = max((call.depth for call in recording.calls), default=-1)
    for every_call in (True, False):
        for depth in range(deepest, -1, -1):
            keys: dict[Value, Hashable] = {}
            for value, around in recording.paths.items():
                if len(around) > depth:
                    index = around[depth]
                    label = recording.calls[index].label
                    keys[value] = InCall(label, index if every_call else None)
                else:
                    keys[value] = value
            what = _kind(recording, depth)
            yield _with_leaves(recording, keys), what if every_call else f"{what}, all calls in one"


def _kind(recording: Recording, depth: int) -> str:
    """What the calls at a depth are called: ``"neurons"`` for layers.0.neurons.3."""
    words: Counter[str] = Counter()
    for call in recording.calls:
        if call.depth == depth:
            parts = call.label.split(".")
            listed = len(parts) > 1 and parts[-1].isdigit()
            words[parts[-2] if listed else f"calls of {parts[-1]}"] += 1
    return words.most_common(1)[0][0]


def _with_leaves(recording: Recording, keys: dict[Value, Hashable]) -> Cover:
    """The same cover with leaves in with the only box that uses them, or with their like."""
    alike: dict[frozenset[Hashable], list[Value]] = {}
    for leaf in recording.values:
        if leaf.primitive is not None or keys[leaf] is not leaf or not recording.users[leaf]:
            continue
        users = frozenset(keys[user] for user in recording.users[leaf])
        only = next(iter(users)) if len(users) == 1 else None
        if isinstance(only, InCall) and leaf in recording.known.parameters:
            keys[leaf] = only
        else:
            alike.setdefault(users, []).append(leaf)
    for users, leaves in alike.items():
        if len(leaves) >= _MANY_LEAVES and not any(root in leaves for root in recording.roots):
            keys.update(dict.fromkeys(leaves, Leaves(users)))
    return keys


def _nearest(recording: Recording, cover: Cover, most: int) -> Cover:
    """The same cover for the boxes fewest steps from a root, as many as there is room for."""
    kept: set[Hashable] = set()
    seen: set[Value] = set()
    boxes = 0
    row = list(recording.roots)
    while row and boxes < most:
        following: list[Value] = []
        for value in row:
            if value in seen:
                continue
            seen.add(value)
            operands = [operand for operand in value.operands if isinstance(operand, Value)]
            if cover[value] not in kept:
                alone = cover[value] is value
                boxes += 1 + (len(value.operands) - len(operands) if alone else 0)
                if boxes > most and kept:
                    break
                kept.add(cover[value])
            following += operands
        row = following
    omitted = Omitted()
    return {value: key if key in kept else omitted for value, key in cover.items()}
