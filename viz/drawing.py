"""Drawing: a picture of a computation graph, to look at and to save."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Sequence
from functools import cached_property
from html import escape
from os import PathLike, fspath
from pathlib import Path

from autograd import Value
from nn.files import write_atomically
from viz import dot, render, svg
from viz.build import MAX_NODES, build
from viz.graph import Graph
from viz.names import Names, names_in
from viz.page import document

SUFFIXES = (".svg", ".png", ".pdf", ".dot", ".html")


class Drawing:
    """A picture of a computation graph as it was when it was drawn.

    A notebook shows it; elsewhere ``save`` it. What it shows is in ``graph``.

    >>> x = Value(3.0, name="x")
    >>> drawing = draw(x * x)
    >>> drawing
    <Drawing: Computation graph of * = 9: 2 values (1 input) and 2 edges. Inputs: x = 3.>
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def source(self) -> str:
        """The picture in DOT, Graphviz's language."""
        return dot.to_dot(self.graph)

    @cached_property
    def _svg(self) -> str:
        layout = svg.read_layout(self.graph, render.layout(dot.to_layout_dot(self.graph)))
        # the same picture has the same ids wherever it is drawn, and another has others
        prefix = "g" + hashlib.sha256(self.source.encode()).hexdigest()[:8]
        return svg.to_svg(self.graph, layout, prefix)

    def svg(self) -> str:
        """The picture as an SVG document; it follows a viewer's preference for light or dark.

        Raises
        ------
        viz.RenderError
            where no Graphviz can lay it out; the message says what to install.
        """
        return self._svg

    def html(self) -> str:
        """The picture as a page of its own."""
        return document(self.graph.title, self._svg)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture in the format of the name's suffix, and return the path.

        The file is complete or not written at all: what was there before stays until then.

        Parameters
        ----------
        path:
            Ends in .svg, .html, .dot, or in .png or .pdf, which need Graphviz's program ``dot``.

        Raises
        ------
        ValueError
            for any other suffix.
        viz.RenderError
            where the picture cannot be made; the message says what to install.
        """
        target = Path(fspath(path))
        suffix = target.suffix.lower()
        if suffix == ".svg":
            data = self._svg.encode()
        elif suffix == ".html":
            data = self.html().encode()
        elif suffix == ".dot":
            data = self.source.encode()
        elif suffix in (".png", ".pdf"):
            data = render.render(self.source, suffix[1:])
        else:
            raise ValueError(
                f"{str(target)!r} does not say what to write: end it in {', '.join(SUFFIXES)}"
            )
        write_atomically(target, data)
        return target

    def __repr__(self) -> str:
        return f"<Drawing: {self.graph.description}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """For notebooks: an image with an alternative text, which survives in all of them."""
        data = base64.b64encode(self._svg.encode()).decode()
        alt = escape(self.graph.description, quote=True)
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}">'
        return {
            "text/html": f'<div style="overflow-x:auto">{image}</div>',
            "text/plain": repr(self),
        }


def draw(
    root: Value | Sequence[Value],
    *,
    names: Names | None = None,
    rankdir: str = "LR",
    max_nodes: int = MAX_NODES,
) -> Drawing:
    """A picture of everything that ``root`` was computed from.

    Parameters
    ----------
    root:
        A Value, or a list of several.
    names:
        What to call Values, as ``{"w": w}``; the others are called what the caller's variables
        and the Values themselves say.
    rankdir:
        Where the graph runs: ``"LR"`` from left to right, or ``"TB"``, ``"RL"``, ``"BT"``.
    max_nodes:
        A graph with more values is collapsed to its neurons, then to its layers, and else cut off
        far from the root; the picture says so.

    Raises
    ------
    TypeError
        if ``root`` is no Value.

    >>> w, x = Value(-3.0), Value(2.0)
    >>> y = w * x
    >>> y.backward()
    >>> [(node.heading, node.data, node.grad) for node in draw(y).graph.nodes]
    [('w', -3.0, 2.0), ('x', 2.0, -3.0), ('y = *', -6.0, 1.0)]
    """
    known = names_in(sys._getframe(1)).override(names)
    return Drawing(build(root, known, rankdir=rankdir, max_nodes=max_nodes))
