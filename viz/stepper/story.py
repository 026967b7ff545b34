"""What a stepper tells: the nodes of a graph with their names, and backprop step by step."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from autograd import StaleGraphError, Step, Value, steps
from autograd.formula import derivative_text
from viz.build import build
from viz.graph import Graph, count, plain, weights
from viz.names import Known
from viz.recording import Recording

MAX_NODES = 1000
_LONGEST_NAME = 24
_ROOT = "out"  # what a root without a name is called


@dataclass(frozen=True)
class Story:
    """A graph and backprop through it.

    Parameters
    ----------
    root:
        Where backprop starts.
    nodes:
        All that it was computed from and itself, operands before results.
    names:
        What each is called in formulas and on the picture.
    paths:
        The longer names of those that have one, such as ``"layers.0.neurons.3.bias"``.
    steps:
        Backprop from ``root``, as ``autograd.steps`` gives it, the rules in these names.
    gradients:
        What it comes to for each node.
    graph:
        The picture: its node ``n<i>`` is ``nodes[i]``, and its edges are the uses in order.
    """

    root: Value
    nodes: tuple[Value, ...]
    names: Mapping[Value, str]
    paths: Mapping[Value, str]
    steps: tuple[Step, ...]
    gradients: Mapping[Value, float]
    graph: Graph

    @staticmethod
    def of(
        root: object,
        known: Known | None = None,
        max_nodes: int = MAX_NODES,
        rankdir: str = "LR",
    ) -> Story:
        """The story of ``root``.

        Raises
        ------
        TypeError
            If ``root`` is no Value.
        ValueError
            If it was computed from nothing, or from too much to step through.
        StaleGraphError
            If a leaf was set after something was computed from it.

        >>> x = Value(3.0, name="x")
        >>> story = Story.of(x * x + 1)
        >>> [story.names[node] for node in story.nodes], story.gradients[x]
        (['x', 'v1', 'out'], 6.0)
        """
        if not isinstance(root, Value):
            raise TypeError(
                f"step_through wants the Value that backprop starts from; got {root!r} of type "
                f"{type(root).__name__}: pass the Value that you computed, such as the loss"
            )
        if root.primitive is None:
            raise ValueError(
                f"{root!r} was computed from nothing, so there is nothing to step through: pass "
                "the Value that you computed from it (inside no_grad nothing is recorded)"
            )
        known = known or Known()
        recording = Recording.of([root], known)
        _check(recording, max_nodes)
        called = _names(recording)
        enough = 4 * len(recording.values) + sum(len(v.operands) for v in recording.values)
        graph = build(root, replace(known, chosen=called), rankdir=rankdir, max_nodes=enough)
        drawn = {node.id: node.name for node in graph.nodes}
        shown = {
            value: plain(drawn[f"n{i}"], _LONGEST_NAME) or called[value]
            for i, value in enumerate(recording.values)
        }
        longer = {
            value: path
            for value, name in known.found.items()
            if value in shown and "." in name and (path := plain(name, 80)) != shown[value]
        }
        taken = tuple(_renamed(step, shown) for step in steps(root))
        gradients = {root: 1.0}
        for step in taken:
            for contribution in step.contributions:
                gradients[contribution.operand] = contribution.after
        graph = _told(graph, recording.values, gradients, taken)
        return Story(root, recording.values, shown, longer, taken, gradients, graph)

    @property
    def computed(self) -> list[Value]:
        """The nodes that an operation made, in the order of the forward pass."""
        return [node for node in self.nodes if node.primitive is not None]

    @property
    def leaves(self) -> list[Value]:
        """The nodes that it all starts from."""
        return [node for node in self.nodes if node.primitive is None]

    @property
    def title(self) -> str:
        """What it is the story of, in words."""
        return (
            f"{self.names[self.root]} from {count(len(self.leaves), 'leaf', 'leaves')} in "
            f"{count(len(self.computed), 'operation')}"
        )

    def operand_names(self, node: Value) -> list[str | float]:
        """How formulas call the operands of ``node``: by name, or as the number that it is."""
        return [self.names[o] if isinstance(o, Value) else o for o in node.operands]


def derivative(of: str, to: str) -> str:
    """dL/da, with brackets around what is more than a name.

    >>> derivative("L", "a"), derivative("L", "my w"), derivative("L", "w[0]")
    ('dL/da', 'dL/d(my w)', 'dL/dw[0]')
    """
    return f"d{_bracketed(of)}/d{_bracketed(to)}"


def _bracketed(name: str) -> str:
    return f"({name})" if any(character in name for character in " +-*/()") else name


def _check(recording: Recording, max_nodes: int) -> None:
    size = len(recording.values)
    if size > max_nodes:
        raise ValueError(
            f"{size:,} values are too many to step through one by one (max_nodes={max_nodes:,}): "
            "step through a part of it, such as the loss of one sample or one neuron, look at all "
            f"of it with viz.draw, or pass max_nodes={size} and expect a large page"
        )
    if recording.changed:
        raise StaleGraphError(
            f"{count(recording.changed, 'leaf', 'leaves')} of this graph got new data after it was "
            "computed, so its numbers no longer belong together: compute it again, then step"
        )


def _names(recording: Recording) -> dict[Value, str]:
    """A name for every value: its own, or the caller's, or v1, v2, ... in order."""
    called = {value: recording.known.name(value) for value in recording.values}
    taken = set(called.values())
    free = (name for i in itertools.count(1) if (name := f"v{i}") not in taken)
    for value, name in called.items():
        if not plain(name):
            root = value is recording.roots[0] and _ROOT not in taken
            called[value] = _ROOT if root else next(free)
    return called


def _renamed(step: Step, names: Mapping[Value, str]) -> Step:
    """The same step, its rules written in ``names``."""
    node = step.node
    called: list[str | float] = [names[o] if isinstance(o, Value) else o for o in node.operands]
    places = [i for i, local in enumerate(node.local_derivatives) if local is not None]
    contributions = [
        contribution._replace(rule=derivative_text(node, i, called))
        for i, contribution in zip(places, step.contributions, strict=True)
    ]
    return step._replace(contributions=contributions)


def _told(
    graph: Graph,
    values: tuple[Value, ...],
    gradients: Mapping[Value, float],
    taken: tuple[Step, ...],
) -> Graph:
    """The picture with the gradients that this backprop comes to, whatever ``.grad`` holds."""
    by_id = {f"n{i}": value for i, value in enumerate(values)}
    flow = {
        (step.node, i): contribution.value
        for step in taken
        for i, contribution in zip(
            [i for i, local in enumerate(step.node.local_derivatives) if local is not None],
            step.contributions,
            strict=True,
        )
    }
    flows = [flow.get((node, i)) for node in values for i in range(len(node.operands))]
    return replace(
        graph,
        nodes=tuple(
            replace(node, grad=gradients.get(by_id[node.id])) if node.id in by_id else node
            for node in graph.nodes
        ),
        edges=tuple(
            replace(edge, gradient=gradient, weight=size)
            for edge, gradient, size in zip(graph.edges, flows, weights(flows), strict=True)
        ),
    )
