"""A graph of Values as nodes, edges and groups: what a picture shows, in no format's syntax."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["leaf", "operation", "constant", "group", "more"]

NOT_COMPUTED = "\N{EN DASH}"
_LONGEST_NAME = 40  # characters; longer names are cut, the tooltip of the picture has them whole
_WEIGHT_DECADES = 3.0  # a gradient this many powers of ten below the largest is drawn the thinnest


@dataclass(frozen=True, slots=True)
class Node:
    """One box of a picture.

    Parameters
    ----------
    id:
        Unique in its graph: letters and digits only.
    kind:
        ``"leaf"``, ``"operation"``, ``"constant"``, ``"group"`` (many values drawn as one) or
        ``"more"`` (values left out).
    symbol:
        What made it, such as ``"+"``; empty for a leaf.
    name:
        What people call it; may be empty. Any text.
    data, grad:
        Its numbers; a ``grad`` of None has not been computed. Both None: the box has no numbers.
    details:
        Further lines, such as what a group holds.
    group:
        The id of the innermost group that it stands in.
    root:
        Whether the picture was asked for this one.
    nonfinite:
        ``"nan"`` or ``"inf"`` at the first value to be that, else empty.
    """

    id: str
    kind: Kind
    symbol: str = ""
    name: str = ""
    data: float | None = None
    grad: float | None = None
    details: tuple[str, ...] = ()
    group: str | None = None
    root: bool = False
    nonfinite: str = ""

    @property
    def heading(self) -> str:
        """What stands over the numbers, as text: ``"n = +"``, ``"tanh"`` or ``"w1"``."""
        name = plain(self.name)
        return f"{name} = {self.symbol}" if name and self.symbol else name or self.symbol

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The numbers as they are shown, with their labels."""
        if self.data is None:
            return ()
        if self.kind == "constant":
            return (("", number(self.data)),)
        gradient = NOT_COMPUTED if self.grad is None else number(self.grad)
        return (("data", number(self.data)), ("grad", gradient))

    @property
    def notes(self) -> tuple[str, ...]:
        """The lines under the heading that are not numbers."""
        return (*self.details, f"first {self.nonfinite}") if self.nonfinite else self.details


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a value as an operand.

    Parameters
    ----------
    id, tail, head:
        Its own id, the operand's and the result's.
    gradient:
        What flows back along it: the local derivative times the result's gradient; None where
        that is not known, or where ``count`` uses are drawn as one.
    weight:
        The size of ``gradient`` between 0 and 1, on a logarithmic scale.
    shared:
        Whether the operand has more uses, so that its gradient is a sum over several edges.
    """

    id: str
    tail: str
    head: str
    gradient: float | None = None
    weight: float = 0.0
    count: int = 1
    shared: bool = False

    @property
    def sign(self) -> Literal["positive", "negative", "zero", "unknown"]:
        """The sign of the gradient; that of nan is unknown."""
        if self.gradient is None or math.isnan(self.gradient):
            return "unknown"
        if self.gradient == 0.0:
            return "zero"
        return "positive" if self.gradient > 0.0 else "negative"


@dataclass(frozen=True, slots=True)
class Group:
    """A frame around nodes and other groups, such as a layer or a neuron."""

    id: str
    label: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """What a picture shows. Groups come before the groups inside them, operands before results.

    ``caption`` says what was left out, and is empty where nothing was; ``size`` is the number of
    values behind the picture.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()
    caption: str = ""
    size: int = 0
    rankdir: str = "LR"

    @property
    def has_gradients(self) -> bool:
        """Whether any gradient is drawn on an edge."""
        return any(edge.gradient is not None for edge in self.edges)

    @property
    def description(self) -> str:
        """The picture in a sentence or two, for those who cannot see it.

        >>> Graph((Node("n0", "leaf", name="x", data=2.0, root=True),), (), size=1).description
        'Computation graph of x = 2: 1 value (1 input) and 0 edges.'
        """
        return f"{self.title}: {self.contents}"

    @property
    def title(self) -> str:
        """What it is a picture of."""
        roots = [node for node in self.nodes if node.root]
        shown = ", ".join(_in_words(node) for node in roots[:4]) + (", ..." if roots[4:] else "")
        return f"Computation graph of {shown}"

    @property
    def contents(self) -> str:
        """What is on it, in sentences."""
        leaves = [node for node in self.nodes if node.kind == "leaf"]
        parts = [
            f"{count(self.size, 'value')} "
            f"({count(len(leaves), 'input')}) and {count(len(self.edges), 'edge')}."
        ]
        named = [node for node in leaves if node.name and not node.root]
        if named and len(named) <= 12:
            parts.append("Inputs: " + ", ".join(_in_words(node, grad=True) for node in named) + ".")
        if self.caption:
            parts.append(self.caption)
        return " ".join(parts)


def number(value: float) -> str:
    """A number with four significant digits.

    >>> number(1.3e-6), number(-6.0), number(0.88137358), number(-0.0), number(float("nan"))
    ('1.3e-06', '-6', '0.8814', '-0', 'nan')
    """
    return f"{value:.4g}"


def plain(text: str, longest: int = _LONGEST_NAME) -> str:
    """Any text as one line that every format can carry, cut at ``longest`` characters.

    White space becomes single spaces. Control characters, lone surrogates, unassigned code
    points and the marks that turn the direction of what follows are dropped.

    >>> plain(" a\\n\\tb\\0 ")
    'a b'
    >>> plain("x" * 50, longest=5)
    'xxxx…'
    """
    line = " ".join(visible(text[: 8 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def visible(text: str) -> str:
    """A text of any number of lines without what `plain` drops; other white space is spaces.

    >>> visible("a\\tb\\0\\nc")
    'a b\\nc'
    """
    if text.isprintable():  # nearly always
        return text
    return "".join(
        character
        if character == "\n"
        else " "
        if character.isspace()
        else ""
        if unicodedata.category(character) in ("Cc", "Cs", "Cn")
        or unicodedata.bidirectional(character) in _DIRECTION_MARKS
        else character
        for character in text
    )


_DIRECTION_MARKS = frozenset(["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"])


def weights(gradients: Sequence[float | None]) -> list[float]:
    """The sizes of gradients between 0 and 1: 1 for the largest, less by a third a decade.

    >>> weights([8.0, -0.8, None, 0.0])
    [1.0, 0.6666666666666667, 0.0, 0.0]
    """
    sizes = [0.0 if g is None or math.isnan(g) else abs(g) for g in gradients]
    largest = max((size for size in sizes if math.isfinite(size)), default=0.0)
    return [_weight(size, largest) for size in sizes]


def _weight(size: float, largest: float) -> float:
    if size == 0.0:
        return 0.0
    if size == math.inf:
        return 1.0
    decades = math.log10(largest) - math.log10(size)
    return max(0.0, 1.0 - decades / _WEIGHT_DECADES)


def _in_words(node: Node, grad: bool = False) -> str:
    name = plain(node.name) or node.symbol or "value"
    value = "" if node.data is None else f" = {number(node.data)}"
    gradient = f" (gradient {number(node.grad)})" if grad and node.grad is not None else ""
    return f"{name}{value}{gradient}"


def count(n: int, one: str, many: str = "") -> str:
    """How many of what, in words.

    >>> count(1, "value"), count(1200, "leaf", "leaves")
    ('1 value', '1,200 leaves')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def by_group(graph: Graph) -> Mapping[str | None, list[Node]]:
    """The nodes that stand directly in each group; those in none are under None."""
    members: dict[str | None, list[Node]] = {group.id: [] for group in graph.groups}
    members[None] = []
    for node in graph.nodes:
        members[node.group].append(node)
    return members
