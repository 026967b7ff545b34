"""Is a primitive right? Its rules, their derivatives and its formulas, over its domain."""

from __future__ import annotations

from math import inf, nan

EDGES = (0.0, -0.0, 1.0, -1.0, 5e-324, 1e308, -1e308, inf, -inf, nan)
