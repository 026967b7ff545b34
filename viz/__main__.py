"""The command line: backprop through an expression, as tables, a picture and a page."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from autograd import Value, graph
from nn.console import Parser, printable, run
from viz.build import RANKDIRS, build
from viz.drawing import SUFFIXES, Drawing
from viz.expression import ExpressionError, functions, parse
from viz.names import Known
from viz.render import RenderError
from viz.stepper import Stepper
from viz.stepper.story import MAX_NODES, Story
from viz.stepper.terminal import interact

PICTURE, PAGE = "graph.svg", "steps.html"

_DESCRIPTION = """\
Compute an expression and its gradient, and see every step.

Prints the forward values and backprop step by step, writes a picture of the
graph, and a page on which you step through it and move the inputs.
"""

_EPILOG = """\
expressions
  Numbers, names, + - * / **, brackets, pi and e, and the functions
{functions}
  Give every name a value: w=2, w=-1.5e-3, or arithmetic such as angle=pi/4.
  Quote the expression, so that the shell leaves * and ( alone.

files
  The picture is {picture} unless -o says otherwise; its name's ending decides the
  format: {suffixes}. PNG and PDF need Graphviz's program dot.
  A file that is there already is replaced, and the output says so.

examples
  python -m viz "w*x + b" w=2 x=3 b=1
  python -m viz "tanh(w1*x1 + w2*x2 + b)" x1=2 x2=0 w1=-3 w2=1 b=6.8813735870195432
  python -m viz "relu(x)**2 / (1 + exp(-x))" x=0.5 -o gate.png
  python -m viz "x*x*x" x=2 --rankdir TB -o cube.pdf --page cube.html

exit codes
  0 all written   1 a file could not be written   2 a mistake in what was typed
"""


class Usage(Exception):
    """A mistake in what was typed; the message is what to print."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code."""
    options = _parser().parse_args(_expressions_first(arguments))
    try:
        root, leaves = _compute(options.expression, options.values)
        picture = _target(options.output, SUFFIXES)
        page = _target(options.page, (".html", ".txt"))
        story = _told(root, leaves)
    except Usage as error:
        print(f"python -m viz: error\n{printable(str(error))}", file=sys.stderr)
        return 2
    if options.interactive:
        interact(story)
        return 0
    stepper = Stepper(story)
    print(stepper.to_text())
    if options.steps:
        return 0
    root.backward()
    known = Known(chosen={**story.names, **leaves})
    print("\ngradients")
    print("\n".join(_gradients(leaves)))
    print()
    drawing = Drawing(build(root, known, rankdir=options.rankdir))
    saved = [_save(drawing, picture, "picture"), _save(stepper, page, "page to step through")]
    return 0 if all(saved) else 1


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(sorted(name for name in functions()))
    listed = textwrap.fill(names, 76, initial_indent="    ", subsequent_indent="    ")
    parser = Parser(
        prog="python -m viz",
        description=_DESCRIPTION,
        epilog=_EPILOG.format(functions=listed, picture=PICTURE, suffixes=", ".join(SUFFIXES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("expression", help="what to compute, such as 'tanh(w*x + b)'")
    parser.add_argument("values", nargs="*", metavar="name=value", help="the value of each name")
    parser.add_argument(
        "-o", "--output", metavar="FILE", default=PICTURE, help=f"the picture (default: {PICTURE})"
    )
    parser.add_argument(
        "--page", metavar="FILE", default=PAGE, help=f"the page to step through (default: {PAGE})"
    )
    parser.add_argument("--steps", action="store_true", help="print the steps, and write no file")
    parser.add_argument(
        "--interactive", action="store_true", help="step in the terminal, and write no file"
    )
    parser.add_argument(
        "--rankdir", choices=RANKDIRS, default="LR", help="where the graph runs (default: LR)"
    )
    return parser


def _expressions_first(arguments: Sequence[str] | None) -> list[str]:
    """The arguments with those like -x*2 marked as no option: a space in front does it."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = ("--", "-h", "-o")
    return [f" {a}" if a.startswith("-") and not a.startswith(options) else a for a in given]


def _compute(source: str, assignments: Sequence[str]) -> tuple[Value, dict[Value, str]]:
    """The result, and its leaves with their names."""
    try:
        expression = parse(source)
        values = dict(_assignment(text) for text in assignments)
        if len(values) < len(assignments):
            raise Usage("a name is given two values: one is wanted")
        unused = [name for name in values if name not in expression.names]
        if unused:
            raise Usage(f"the expression has no {', '.join(unused)}: leave out its value")
        leaves = {name: Value(value, name=name) for name, value in values.items()}
        root = expression.evaluate(leaves)
    except ExpressionError as error:
        raise Usage(textwrap.indent(error.pointed(), "  ")) from None
    if not isinstance(root, Value):
        raise Usage(f"  {source}\n  has no variable to take a gradient by: write, say,  'x*x' x=3")
    if root.primitive is None:
        raise Usage(f"  {source}\n  has no operation to step through: write, say,  'x*x' x=3")
    return root, {value: name for name, value in leaves.items()}


def _told(root: Value, leaves: dict[Value, str]) -> Story:
    size = len(graph(root))
    if size > MAX_NODES:
        raise Usage(
            f"  {size:,} values are too many to step through: {MAX_NODES:,} at most. Take a part "
            "of it, with a name in place of the rest"
        )
    return Story.of(root, Known(chosen=leaves))


def _assignment(text: str) -> tuple[str, float]:
    """The two sides of name=value; the value may be arithmetic on numbers."""
    name, sign, right = (part.strip() for part in text.partition("="))
    name = unicodedata.normalize("NFKC", name)  # as Python reads the names in the expression
    if not sign or not right or not name.isidentifier():
        raise Usage(f"  {text}\n  is no name=value: write, say,  x=2  (and quote the expression)")
    if name in functions():
        raise Usage(f"  {text}\n  {name} is a function: choose another name")
    try:
        return name, float(right)
    except ValueError:
        pass
    try:
        value: float = parse(right).evaluate({})
    except ExpressionError as error:
        place = len(name) + 1
        raise ExpressionError(
            error.message, f"{name}={error.source}", place + error.start, place + error.end
        ) from None
    return name, value


def _target(name: str, suffixes: Sequence[str]) -> Path:
    path = Path(name)
    if path.suffix.lower() not in suffixes:
        raise Usage(f"  {name}\n  does not say what to write: end it in {', '.join(suffixes)}")
    if path.suffix.lower() in (".png", ".pdf") and shutil.which("dot") is None:
        raise Usage(
            f"  {name}\n  needs Graphviz's own program dot, which is not installed: install "
            f"graphviz,\n  or write {path.with_suffix('.svg')}, which needs nothing more"
        )
    return path


def _gradients(leaves: dict[Value, str]) -> list[str]:
    """Each leaf's gradient in full."""
    width = max(len(name) for name in leaves.values())
    return [f"  {name:<{width}}  {leaf.grad!r}" for leaf, name in leaves.items()]


def _save(what: Drawing | Stepper, path: Path, words: str) -> bool:
    """Write a file and say so; say what is wrong otherwise."""
    replaced = " (replaced)" if path.is_file() else ""
    try:
        what.save(path)
    except (OSError, RenderError) as error:
        message = printable(f"the {words} {path} was not written: {error}")
        print(f"python -m viz: {message}", file=sys.stderr)
        return False
    print(printable(f"{words}: {path}{replaced}"))
    return True


if __name__ == "__main__":
    run(main)
