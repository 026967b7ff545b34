"""Stepping in a terminal: a line is typed, and a step is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autograd import Step
from viz.graph import number
from viz.stepper.mistakes import wrong_steps
from viz.stepper.story import Story, derivative
from viz.stepper.text import equation, in_names, signed

HELP = "n or Enter: next   p: previous   g 5: go to step 5   f: first   l: last   q: quit"


def interact(
    story: Story,
    mistake: str | None = None,
    read: Callable[[str], str] = input,
    write: Callable[[str], object] = print,
) -> None:
    """Step through a story until the end of the input, or ``q``.

    Parameters
    ----------
    mistake:
        The mistake that backprop makes, or None.
    read, write:
        How a line is asked for, and how text is shown.

    >>> from autograd import Value
    >>> x = Value(3.0, name="x")
    >>> answers = iter(["n", "l", "q"])
    >>> interact(Story.of(x * x), read=lambda prompt: next(answers))
    out from 1 leaf in 1 operation
    n or Enter: next   p: previous   g 5: go to step 5   f: first   l: last   q: quit
    <BLANKLINE>
    step 0 of 3: the leaves
      x = 3
    <BLANKLINE>
    step 1 of 3: forward
      out = x * x = 3 * 3 = 9
    <BLANKLINE>
    step 3 of 3: backward at out = x * x, dout/dout = 1
      dout/dx += dout/dout * dout/dx  ->  0 + (1 * 3) = 3
        local derivative: x = 3
      dout/dx += dout/dout * dout/dx  ->  3 + (1 * 3) = 6
        local derivative: x = 3
      * hands the gradient on with the operands swapped: each gets it times the other
    """
    steps = list(pages(story, mistake))
    last = len(steps) - 1
    write(story.title)
    write(HELP)
    at = 0
    while True:
        write("\n" + f"step {at} of {last}: {steps[at]}")
        wanted: int | None = None
        while wanted is None:
            try:
                line = read("> ").strip().lower()
            except EOFError:
                return
            if line in ("q", "quit"):
                return
            wanted = _wanted(line, at, last)
            if wanted is None:
                write(f"{line!r} is no command. {HELP}")
        at = min(last, max(0, wanted))


def _wanted(line: str, at: int, last: int) -> int | None:
    """The step that a line asks for, None if it asks for none."""
    known = {"": at + 1, "n": at + 1, "p": at - 1, "f": 0, "l": last}
    if line in known:
        return known[line]
    number = line.removeprefix("g").strip()
    if not number.isdecimal():
        return None
    return int(number) if len(number) < 10 else last


def pages(story: Story, mistake: str | None = None) -> Iterator[str]:
    """The text of each step: the leaves, the forward pass, the seed, and backprop."""
    names = story.names
    yield "the leaves" + "".join(f"\n  {names[v]} = {number(v.data)}" for v in story.leaves)
    for node in story.computed:
        yield f"forward\n  {names[node]} = {equation(story, node)}"
    root = names[story.root]
    yield f"backward begins\n  {derivative(root, root)} = 1"
    for step in story.steps if mistake is None else wrong_steps(story.steps, mistake):
        yield _backward(story, step, mistake)


def _backward(story: Story, step: Step, mistake: str | None) -> str:
    node, names = step.node, story.names
    assert node.primitive is not None
    root, name = names[story.root], names[node]
    lines = [
        f"backward at {name} = {in_names(story, node)}, "
        f"{derivative(root, name)} = {number(step.upstream)}"
    ]
    for c in step.contributions:
        to = names[c.operand]
        chain = f"{derivative(root, to)} += {derivative(root, name)} * {derivative(name, to)}"
        product = f"({number(step.upstream)} * {signed(c.local)})"
        total = f"{number(c.before)} + {product} = {number(c.after)}"
        if mistake == "overwrite":
            chain, total = chain.replace("+=", "="), f"{product} = {number(c.after)}"
        lines.append(f"  {chain}  ->  {total}")
        local = number(c.local)
        lines.append(
            f"    local derivative: {c.rule if c.rule == local else f'{c.rule} = {local}'}"
        )
    return "\n".join([*lines, f"  {node.primitive.words}"])
