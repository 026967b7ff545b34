"""The colours of every picture, light and dark.

Blue and vermilion (on dark: sky blue and orange) are told apart by people with any colour vision;
they mark the sign of a gradient, together with the kind and the width of the line. Text is ink.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme; each field is a colour as ``#rrggbb``."""

    paper: str
    ink: str
    muted: str
    line: str
    card: str
    symbol: str
    leaf: str
    leaf_line: str
    constant: str
    group: str
    group_line: str
    positive: str
    negative: str
    positive_tint: str
    negative_tint: str


LIGHT = Palette(
    paper="#ffffff",
    ink="#1a2230",
    muted="#566070",
    line="#8a95a5",
    card="#ffffff",
    symbol="#e8edf4",
    leaf="#fff6da",
    leaf_line="#b39539",
    constant="#f0f2f5",
    group="#f5f7fa",
    group_line="#c9d1db",
    positive="#0072b2",
    negative="#d55e00",
    positive_tint="#d8ebf7",
    negative_tint="#fbe3d0",
)
DARK = Palette(
    paper="#11151b",
    ink="#e8ecf2",
    muted="#a4afbd",
    line="#66738a",
    card="#1b222d",
    symbol="#2b3646",
    leaf="#302a17",
    leaf_line="#b2973f",
    constant="#232a35",
    group="#171c24",
    group_line="#38434f",
    positive="#56b4e9",
    negative="#e69f00",
    positive_tint="#173a50",
    negative_tint="#4a3410",
)
