"""From Values to a Graph."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

from autograd import Value
from autograd.backprop import first_nonfinite
from viz.abridge import Cover, InCall, Leaves, Omitted, choose
from viz.graph import Edge, Graph, Group, Node, count, plain, weights
from viz.names import Known
from viz.recording import Recording, backflow

RANKDIRS = ("LR", "TB", "RL", "BT")
MAX_NODES = 800  # Graphviz takes a fifth of a second for so many, and seven for 5,000


def build(
    root: Value | Sequence[Value],
    known: Known | None = None,
    *,
    rankdir: str = "LR",
    max_nodes: int = MAX_NODES,
) -> Graph:
    """What a picture of ``root`` shows.

    Parameters
    ----------
    root:
        A Value, or several.
    known:
        What the caller calls the Values, and which of them are parameters.
    rankdir:
        Where the graph runs: ``"LR"`` from left to right, or ``"TB"``, ``"RL"``, ``"BT"``.
    max_nodes:
        Larger graphs are collapsed to neurons, then to layers.

    Raises
    ------
    TypeError, ValueError
        for a root that is no Value, and for settings that cannot be.

    >>> x = Value(3.0, name="x")
    >>> graph = build(x * x)
    >>> [node.heading for node in graph.nodes], [(e.tail, e.head) for e in graph.edges]
    (['x', '*'], [('n0', 'n1'), ('n0', 'n1')])
    """
    if rankdir not in RANKDIRS:
        raise ValueError(f"rankdir must be one of {', '.join(RANKDIRS)}; got {rankdir!r}")
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, int):
        raise TypeError(f"max_nodes must be a whole number; got {max_nodes!r}")
    if max_nodes < 2:
        raise ValueError(f"max_nodes must be at least 2; got {max_nodes}")
    recording = Recording.of(_roots(root), known or Known())
    cover, caption = choose(recording, max_nodes)
    return _Builder(recording, cover, caption).graph(rankdir)


def _roots(root: object) -> list[Value]:
    roots: list[Value] = list(root) if isinstance(root, list | tuple) else [root]  # type: ignore[list-item]
    for item in roots:
        if not isinstance(item, Value):
            raise TypeError(
                f"a picture is of a Value, or of a list of them; got {item!r} of type "
                f"{type(item).__name__}: draw the Value that you computed with it"
            )
    if not roots:
        raise ValueError("a picture is of at least one Value; got an empty list")
    return roots


class _Builder:
    """One graph in the making."""

    def __init__(self, recording: Recording, cover: Cover, caption: str) -> None:
        self.recording = recording
        self.cover = cover
        self.caption = caption
        self.nonfinite = first_nonfinite(*recording.roots)
        self.members: dict[Hashable, list[Value]] = {}
        for value in recording.values:
            self.members.setdefault(cover[value], []).append(value)
        self.ids = {key: f"n{i}" for i, key in enumerate(self.members)}

    def graph(self, rankdir: str) -> Graph:
        nodes: list[Node] = []
        for key, members in self.members.items():
            nodes += self._value(key) if isinstance(key, Value) else [self._box(key, members)]
        return Graph(
            tuple(nodes),
            tuple(self._edges([node.grad for node in nodes])),
            tuple(self._groups({node.group for node in nodes})),
            self._caption(),
            len(self.recording.values),
            rankdir,
        )

    # -- boxes --

    def _value(self, value: Value) -> list[Node]:
        """The box of one value, after those of the plain numbers among its operands."""
        id, group = self.ids[value], self._frame(value)
        nodes = [
            Node(f"{id}c{position}", "constant", data=float(operand), group=group)
            for position, operand in enumerate(value.operands)
            if not isinstance(operand, Value)
        ]
        node = Node(
            id,
            "leaf" if value.primitive is None else "operation",
            plain(value.op),
            self._name(value),
            value.data,
            value.grad if value.has_grad else None,
            group=group,
            root=value in self.recording.roots,
            nonfinite=self._first_nonfinite([value]),
        )
        return [*nodes, node]

    def _box(self, key: Hashable, members: Sequence[Value]) -> Node:
        """The box of many values."""
        inside = set(members)
        outputs = [
            value
            for value in members
            if value in self.recording.roots
            or any(user not in inside for user in self.recording.users[value])
        ]
        only = outputs[0] if len(outputs) == 1 and isinstance(key, InCall) else None
        name, details, group = self._told(key, members, outputs)
        return Node(
            self.ids[key],
            "more" if isinstance(key, Omitted) else "group",
            name=name,
            data=None if only is None else only.data,
            grad=None if only is None or not only.has_grad else only.grad,
            details=details,
            group=group,
            root=any(value in inside for value in self.recording.roots),
            nonfinite=self._first_nonfinite(members),
        )

    def _told(
        self, key: Hashable, members: Sequence[Value], outputs: Sequence[Value]
    ) -> tuple[str, tuple[str, ...], str | None]:
        """The name of a box of many values, what it says of them, and the frame it stands in."""
        if isinstance(key, InCall):
            computed = sum(value.primitive is not None for value in members)
            details = [count(computed, "operation")]
            if len(members) > computed:
                details.append(count(len(members) - computed, "parameter"))
            if key.call is None:
                calls = sum(call.label == key.label for call in self.recording.calls)
                return key.label, (f"in {count(calls, 'call')}", *details), None
            if len(outputs) > 1:
                details.append(count(len(outputs), "output"))
            return self._label(key.call), tuple(details), self._group(key.call)
        if isinstance(key, Leaves):
            names = [self.recording.known.name(value) for value in members]
            ends = f"{names[0]} … {names[-1]}" if names[0] and names[-1] else ""
            return ends, (count(len(members), "leaf", "leaves"),), None
        return "…", (f"{len(members):,} more values",), None

    def _name(self, value: Value) -> str:
        """Its name; inside a frame without what the frame says already."""
        name = self.recording.known.name(value)
        around = self.recording.paths[value]
        return name.removeprefix(f"{self.recording.calls[around[-1]].label}.") if around else name

    def _first_nonfinite(self, members: Sequence[Value]) -> str:
        if self.nonfinite is None or self.nonfinite not in members:
            return ""
        return "nan" if math.isnan(self.nonfinite.data) else "inf"

    # -- edges --

    def _edges(self, gradients: Sequence[float | None]) -> list[Edge]:
        """The uses, their gradients sized on one scale with those of the boxes."""
        found: dict[Hashable, list[tuple[str, str, float | None, bool]]] = {}
        for node in self.recording.values:
            for position, operand in enumerate(node.operands):
                if not isinstance(operand, Value):
                    if self.cover[node] is node:
                        id = self.ids[node]
                        found[id, position] = [(f"{id}c{position}", id, None, False)]
                    continue
                tail, head = self.ids[self.cover[operand]], self.ids[self.cover[node]]
                if tail != head:
                    single = self.cover[node] is node and self.cover[operand] is operand
                    shared = single and len(self.recording.users[operand]) > 1
                    use = (tail, head, backflow(node, position), shared)
                    found.setdefault((head, position) if single else (tail, head), []).append(use)
        uses = [(*use[0][:2], use[0][2] if len(use) == 1 else None) for use in found.values()]
        sizes = weights([*(gradient for _, _, gradient in uses), *gradients])[: len(uses)]
        return [
            Edge(f"e{i}", tail, head, gradient, size, len(use), use[0][3])
            for i, ((tail, head, gradient), size, use) in enumerate(
                zip(uses, sizes, found.values(), strict=True)
            )
        ]

    # -- frames --

    def _frame(self, value: Value) -> str | None:
        """The frame that a value stands in: none where all calls of a module share a box."""
        around = self.recording.paths[value]
        merged = any(isinstance(key, InCall) and key.call is None for key in self.members)
        return f"g{around[-1]}" if around and not merged else None

    def _group(self, call: int) -> str | None:
        parent = self.recording.calls[call].parent
        return None if parent is None else f"g{parent}"

    def _groups(self, used: set[str | None]) -> list[Group]:
        calls = self.recording.calls
        for index in range(len(calls) - 1, -1, -1):  # a frame in use needs the frames around it
            if f"g{index}" in used:
                used.add(self._group(index))
        return [
            Group(f"g{index}", self._label(index), self._group(index))
            for index in range(len(calls))
            if f"g{index}" in used
        ]

    def _label(self, call: int) -> str:
        """Its path, without what the frame around it says already."""
        called = self.recording.calls[call]
        if called.parent is None:
            return called.label
        return called.label.removeprefix(f"{self.recording.calls[called.parent].label}.")

    def _caption(self) -> str:
        changed = self.recording.changed
        if not changed:
            return self.caption
        one = changed == 1
        return (
            f"{self.caption} {count(changed, 'leaf', 'leaves')} {'was' if one else 'were'} set "
            f"after this was computed, and {'shows its' if one else 'show their'} new data."
        ).strip()
