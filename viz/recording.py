"""What a picture is made from: the nodes that Values reach, their names and the calls around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograd import Value
from autograd.backprop import reached
from viz.calls import Called, calls, innermost, path


@dataclass(frozen=True)
class Recording:
    """The part of a graph that some Values depend on.

    Parameters
    ----------
    roots:
        The Values asked for.
    values:
        All that they depend on and themselves, operands before results.
    names:
        What the caller calls them.
    """

    roots: tuple[Value, ...]
    values: tuple[Value, ...]
    names: Mapping[Value, str] = field(default_factory=dict)

    @staticmethod
    def of(roots: Sequence[Value], names: Mapping[Value, str]) -> Recording:
        """Everything that ``roots`` depend on."""
        computed = {node for root in roots for node in reached(root)}
        ordered: dict[Value, None] = {}
        for node in sorted(computed, key=lambda node: node.serial):
            for operand in node.operands:
                if isinstance(operand, Value) and operand not in computed:
                    ordered.setdefault(operand)
            ordered.setdefault(node)
        for root in roots:
            ordered.setdefault(root)
        return Recording(tuple(dict.fromkeys(roots)), tuple(ordered), names)

    def name(self, value: Value) -> str:
        """The name it was given, or else the caller's."""
        return value.name or self.names.get(value, "")

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
        its name begins with, if nothing outside that call uses it.
        """
        computed = [value for value in self.values if value.primitive is not None]
        found = innermost(computed, self.calls)
        paths = {value: path(found.get(value), self.calls) for value in computed}
        for leaf in self.values:
            if leaf.primitive is None:
                users = self.users[leaf]
                around = [] if not users else _common([paths[user] for user in users])
                while around and not self._is_parameter(leaf, around[-1]):
                    around = around[:-1]
                paths[leaf] = around
        return paths

    def _is_parameter(self, leaf: Value, call: int) -> bool:
        return self.name(leaf).startswith(f"{self.calls[call].label}.")

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
