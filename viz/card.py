"""How large the box of a node is: shared by DOT, which places it, and SVG, which fills it.

All text on a box is monospaced, so that its width is known without a font at hand and numbers can
be exchanged in place. Lengths are in points.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from viz.graph import Node, plain

CELL = 7.25  # advance of one character at TEXT points; monospaced fonts have 0.55 to 0.602 em
TEXT = 12.0
EDGE_TEXT = 10.5  # of all text outside the boxes
EDGE_CELL = CELL * EDGE_TEXT / TEXT
LINE = 17.0
PADDING = 9.0
SYMBOL_CELL = 8.6  # the same for the larger text of a symbol
SYMBOL_TEXT = 14.0
_NUMBER_CELLS = 10  # "-1.234e-05": every number fits in every box
_LABEL_CELLS = 5  # "data" or "grad", and a space


@dataclass(frozen=True, slots=True)
class Card:
    """The size of a box, and of the part on its left that holds the symbol."""

    width: float
    height: float
    symbol_width: float = 0.0


def card(node: Node) -> Card:
    """The box that a node needs.

    >>> card(Node("n0", "leaf", name="x", data=2.0))
    Card(width=126.75, height=65.0, symbol_width=0.0)
    """
    if node.kind == "constant":
        return Card(cells(node.rows[0][1]) * CELL + 2 * PADDING, LINE + 7.0)
    name = plain(node.name)
    lines = [name] if name else []
    width = max([cells(line) for line in (*lines, *node.notes)], default=0)
    for _, text in node.rows:
        width = max(width, _LABEL_CELLS + max(_NUMBER_CELLS, cells(text)))
    symbol = max(30.0, cells(node.symbol) * SYMBOL_CELL + 14.0) if node.symbol else 0.0
    height = (len(lines) + len(node.rows) + len(node.notes)) * LINE
    return Card(symbol + width * CELL + 2 * PADDING, max(height, LINE) + 14.0, symbol)


def cells(text: str) -> int:
    """How many columns a text takes in a monospaced font: wide characters and emoji take two.

    >>> cells("w1"), cells("重み"), cells("e\\u0301")
    (2, 4, 1)
    """
    return sum(
        0
        if unicodedata.combining(character) or unicodedata.category(character) == "Cf"
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )
