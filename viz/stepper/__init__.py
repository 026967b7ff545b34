"""Backprop through a graph, to step through: in a notebook, as a page, or as text."""

from __future__ import annotations

import sys
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path

from autograd import Step, Value
from nn.files import write_atomically
from viz.names import Names, names_in
from viz.stepper import mistakes, text
from viz.stepper.page import Page
from viz.stepper.story import MAX_NODES, Story

_LINES = 200  # of a table's text in a notebook


class Stepper:
    """Backprop through a graph, step by step, as it was when the stepper was made.

    A notebook shows it; elsewhere ``save`` it, or print it.

    Attributes
    ----------
    steps:
        The steps back, as ``autograd.steps`` gives them; their rules use the names shown.

    >>> x = Value(3.0, name="x")
    >>> stepper = step_through(x * x + 1)
    >>> print(stepper.to_text())
    out from 1 leaf in 2 operations
    leaves: x = 3
    <BLANKLINE>
    forward
      step  node  value
         1  v1    x * x = 3 * 3 = 9
         2  out   v1 + 1 = 9 + 1 = 10
    <BLANKLINE>
    backward from dout/dout = 1
      step  at   gradient here  to  local derivative  handed back  sum so far
         4  out  1              v1  1                 1 * 1 = 1    dout/dv1 = 0 + 1 = 1
         5  v1   1              x   x = 3             1 * 3 = 3    dout/dx = 0 + 3 = 3
                                x   x = 3             1 * 3 = 3    dout/dx = 3 + 3 = 6
    """

    def __init__(self, story: Story, mistake: str | None = None) -> None:
        self.story = story
        self.mistake = mistake

    @property
    def steps(self) -> list[Step]:
        return list(self.story.steps)

    @cached_property
    def _page(self) -> Page:
        return Page(self.story, self.mistake)

    def to_text(self) -> str:
        """The steps as aligned tables."""
        return text.to_text(self.story, self.mistake)

    def html(self) -> str:
        """The stepper as a page of its own, which needs no network.

        Raises
        ------
        viz.RenderError
            Where no Graphviz can lay the graph out; the message says what to install.
        """
        return self._page.document()

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the page, or the tables, and return the path.

        The file is complete or not written at all: what was there before stays until then.

        Parameters
        ----------
        path:
            Ends in .html or .txt.

        Raises
        ------
        ValueError
            For any other suffix.
        viz.RenderError
            Where no Graphviz can lay the graph out.
        """
        target = Path(fspath(path))
        suffix = target.suffix.lower()
        if suffix in (".html", ".htm"):
            data = self.html()
        elif suffix == ".txt":
            data = self.to_text() + "\n"
        else:
            raise ValueError(f"{str(target)!r} does not say what to write: end it in .html or .txt")
        write_atomically(target, data.encode())
        return target

    def __repr__(self) -> str:
        return f"<Stepper: {self.story.title}>"

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """For notebooks: the page, with a picture and a table where scripts do not run."""
        return {
            "text/html": self._page.fragment(),
            "text/plain": text.to_text(self.story, self.mistake, _LINES),
        }


def step_through(
    root: Value,
    *,
    names: Names | None = None,
    mistake: str | None = None,
    max_nodes: int = MAX_NODES,
    rankdir: str = "LR",
) -> Stepper:
    """Everything that ``root`` was computed from, to step through forward and backward.

    Touches no ``.grad``.

    Parameters
    ----------
    root:
        The Value that backprop starts from, such as a loss.
    names:
        What to call Values, as ``{"w": w}``; the others are called what the caller's variables
        and the Values themselves say, and else v1, v2, ...
    mistake:
        Show backprop beside itself with a mistake: ``"overwrite"`` (= in place of +=), ``"stale"``
        (gradients not zeroed) or ``"order"`` (a wrong order).
    max_nodes:
        How many values to step through at most.
    rankdir:
        Where the graph runs: ``"LR"`` from left to right, or ``"TB"``, ``"RL"``, ``"BT"``.

    Raises
    ------
    TypeError
        If ``root`` is no Value.
    ValueError
        If it was computed from nothing or from more than ``max_nodes`` values, or the mistake is
        unknown.
    autograd.StaleGraphError
        If a leaf was set after something was computed from it.

    >>> w, x = Value(-3.0), Value(2.0)
    >>> y = w * x
    >>> for step in step_through(y).steps:
    ...     for c in step.contributions:
    ...         print(f"{c.rule} = {c.local}; {c.before} + {c.value} = {c.after}")
    x = 2.0; 0.0 + 2.0 = 2.0
    w = -3.0; 0.0 + -3.0 = -3.0
    """
    mistakes.check(mistake)
    known = names_in(sys._getframe(1)).override(names)
    return Stepper(Story.of(root, known, max_nodes, rankdir), mistake)
