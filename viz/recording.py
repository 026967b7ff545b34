"""What a picture is made from: the nodes that Values reach, and the module calls around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograd import Value
from autograd.backprop import reached
from viz.calls import Called, calls, innermost, path
from viz.names import Known


@dataclass(frozen=True)
class Recording:
    """The part of a graph that some Values depend on.

    Parameters
    ----------
    roots:
        The Values asked for.
    values:
        All that they depend on and themselves, operands before results.
    known:
        What the caller calls them, and which are parameters.
    """

    roots: tuple[Value, ...]
    values: tuple[Value, ...]
    known: Known = field(default_factory=Known)

    @staticmethod
    def of(roots: Sequence[Value], known: Known) -> Recording:
        """Everything that ``roots`` depend on."""
        computed = set(reached(*roots))
        ordered: dict[Value, None] = {}
        for node in sorted(computed, key=lambda node: node.serial):
            for operand in node.operands:
                if isinstance(operand, Value) and operand not in computed:
                    ordered.setdefault(operand)
            ordered.setdefault(node)
        for root in roots:
            ordered.setdefault(root)
        return Recording(tuple(dict.fromkeys(roots)), tuple(ordered), known)

    @cached_property
    def calls(self) -> list[Called]:
        """The module calls among them, each after the ones around it."""
        return calls([value for value in self.values if value.primitive is not None])

    @cached_property
    def users(self) -> dict[Value, list[Value]]:
        """For each value the nodes that it is an operand of, once per use."""
        users: dict[Value, list[Value]] = {value: [] for value in self.values}
        for node in self.values:
            for operand in node.operands:
                if isinstance(operand, Value):
                    users[operand].append(node)
        return users

    @cached_property
    def paths(self) -> dict[Value, list[int]]:
        """The calls around each value, outermost first, as indices into ``calls``.

        A parameter has no place in the order of creation; it stands in the innermost call that
        has all uses of it. Other leaves stand outside: they are what the calls were given.
        """
        computed = [value for value in self.values if value.primitive is not None]
        found = innermost(computed, self.calls)
        paths = {value: path(found.get(value), self.calls) for value in computed}
        for leaf in self.values:
            if leaf.primitive is None:
                inner = self.users[leaf] if leaf in self.known.parameters else []
                paths[leaf] = _common([paths[user] for user in inner])
        return paths

    @cached_property
    def changed(self) -> int:
        """How many leaves were set after something was computed from them."""
        return sum(
            leaf.primitive is None and any(leaf.serial > user.serial for user in self.users[leaf])
            for leaf in self.values
        )


def _common(paths: Sequence[Sequence[int]]) -> list[int]:
    """The start that all paths share."""
    shared: list[int] = []
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return shared


def backflow(node: Value, position: int) -> float | None:
    """What flows back from ``node`` to its operand at ``position``, None where nothing has."""
    derivative = node.local_derivatives[position]
    return derivative * node.grad if derivative is not None and node.has_grad else None
