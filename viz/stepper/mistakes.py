"""Backprop done wrong, in the ways that people do it wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from autograd import Contribution, Step, Value

MISTAKES: Mapping[str, tuple[str, str]] = {
    "overwrite": (
        "= in place of +=",
        "Each contribution overwrites the one before it, so that a value used more than once "
        "keeps only the last. Nothing goes wrong where every value is used once.",
    ),
    "stale": (
        "gradients not zeroed",
        "The leaves still hold the gradients of the last pass, and += adds to them: here the same "
        "pass was run once before, so every leaf ends with twice its gradient.",
    ),
    "order": (
        "a wrong order",
        "The nodes hand their gradients back in the order of the forward pass, as if reversed() "
        "had been forgotten: before all that they are to hand on has come.",
    ),
}
"""By the name of the mistake: what it is called, and what it does."""


def check(mistake: str | None) -> None:
    """Raise ValueError unless ``mistake`` is one of MISTAKES, or None."""
    if mistake is not None and mistake not in MISTAKES:
        raise ValueError(f"mistake must be one of {', '.join(MISTAKES)}; got {mistake!r}")


def wrong_steps(right: Sequence[Step], mistake: str) -> tuple[Step, ...]:
    """The steps of a backprop that makes a mistake, given the right ones.

    >>> from autograd import steps
    >>> x = Value(3.0)
    >>> [c.after for step in wrong_steps(steps(x * x), "overwrite") for c in step.contributions]
    [3.0, 3.0]
    """
    check(mistake)
    nodes = reversed(right) if mistake == "order" else right
    adjoint = {right[0].node: right[0].upstream}
    if mistake == "stale":
        adjoint |= {
            contribution.operand: contribution.after
            for step in right
            for contribution in step.contributions
            if contribution.operand.primitive is None
        }
    taken = []
    for step in nodes:
        upstream = adjoint.get(step.node, 0.0)
        given = []
        for c in step.contributions:
            value = c.local * upstream
            before = adjoint.get(c.operand, 0.0)
            after = value if mistake == "overwrite" else before + value
            adjoint[c.operand] = after
            given.append(Contribution(c.operand, c.local, value, before, after, c.rule))
        taken.append(Step(step.node, upstream, given))
    return tuple(taken)


class Difference(NamedTuple):
    """The first number that a mistake gets wrong.

    ``step`` counts the wrong steps; ``place`` is that of the contribution whose sum is wrong, or
    None where it is the step's own gradient.
    """

    step: int
    place: int | None
    right: float
    wrong: float


def first_difference(right: Sequence[Step], wrong: Sequence[Step]) -> Difference | None:
    """The first wrong number, in the order of the wrong steps; None if there is none."""
    at_node: dict[Value, Step] = {step.node: step for step in right}
    same_order = [step.node for step in right] == [step.node for step in wrong]
    for k, step in enumerate(wrong):
        twin = at_node[step.node]
        if _differ(twin.upstream, step.upstream):
            return Difference(k, None, twin.upstream, step.upstream)
        if same_order:
            for i, (c, d) in enumerate(zip(twin.contributions, step.contributions, strict=True)):
                if _differ(c.after, d.after):
                    return Difference(k, i, c.after, d.after)
    return None


def _differ(a: float, b: float) -> bool:
    return a != b and not (a != a and b != b)
