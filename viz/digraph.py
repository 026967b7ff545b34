"""draw_dot: the graph for those who know micrograd and the package graphviz."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import graphviz

from autograd import Value
from nn.files import write_atomically
from viz import render
from viz.build import MAX_NODES, build
from viz.drawing import Drawing
from viz.names import names_in


class ComputationGraph(graphviz.Digraph):  # type: ignore[misc]
    """A graphviz.Digraph that needs no program ``dot`` to be SVG."""

    drawing: Drawing

    def pipe(
        self, format: str | None = None, *args: Any, encoding: str | None = None, **options: Any
    ) -> bytes | str:
        """The rendered picture; SVG comes from ``viz`` itself as long as nothing was added."""
        if (format or self.format) != "svg" or args or options.get("engine"):
            return super().pipe(format, *args, encoding=encoding, **options)  # type: ignore[no-any-return]
        if self.source == self.drawing.source:
            data = self.drawing.svg().encode()
        else:
            data = render.render(self.source, "svg")
        return data if encoding is None else data.decode()

    def render(self, filename: Any = None, directory: Any = None, **options: Any) -> str:
        """Write the source and the picture, and return the picture's path, as graphviz does."""
        wanted = options.get("format") or self.format
        if wanted != "svg" or shutil.which("dot") is not None or options.get("outfile"):
            return super().render(filename, directory=directory, **options)  # type: ignore[no-any-return]
        source = Path(self.save(filename, directory=directory))
        picture = Path(f"{source}.svg")
        data = self.pipe("svg")
        write_atomically(picture, data if isinstance(data, bytes) else data.encode())
        if options.get("cleanup"):
            source.unlink()
        return str(picture)

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> dict[str, str]:
        if self.source == self.drawing.source:
            return self.drawing._repr_mimebundle_()
        return {"image/svg+xml": str(self.pipe("svg", encoding="utf-8"))}


def draw_dot(
    root: Value | Sequence[Value],
    format: str = "svg",
    rankdir: str = "LR",
    *,
    max_nodes: int = MAX_NODES,
) -> ComputationGraph:
    """What ``draw`` shows, as a ``graphviz.Digraph`` to add to or to render.

    Parameters
    ----------
    root:
        A Value, or a list of several.
    format:
        What ``.render()`` writes: ``"svg"``, or another, which needs Graphviz's program ``dot``.
    rankdir:
        Where the graph runs: ``"LR"`` from left to right, or ``"TB"``, ``"RL"``, ``"BT"``.
    max_nodes:
        A graph with more values is abridged.

    >>> x = Value(3.0)
    >>> y = x * x
    >>> "n0 -> n1" in draw_dot(y).source
    True
    """
    known = names_in(sys._getframe(1))
    drawing = Drawing(build(root, known, rankdir=rankdir, max_nodes=max_nodes))
    _, *body, _ = drawing.source.splitlines(keepends=True)
    graph = ComputationGraph("computation", format=format, body=body)
    graph.drawing = drawing
    return graph
