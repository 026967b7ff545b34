"""A story as tables of text: for terminals, and for notebooks where scripts do not run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from autograd import Step, Value
from autograd.formula import text, value_formula
from viz.graph import number
from viz.stepper.mistakes import MISTAKES, first_difference, wrong_steps
from viz.stepper.story import Story, derivative

HEADINGS = ("step", "at", "gradient here", "to", "local derivative", "handed back", "sum so far")

Row = tuple[str, ...]


def forward_rows(story: Story) -> Iterator[Row]:
    """For each operation: its number, what it is, and how its value comes about.

    >>> x = Value(3.0, name="x")
    >>> list(forward_rows(Story.of(x * x + 1)))
    [('1', 'v1', 'x * x = 3 * 3 = 9'), ('2', 'out', 'v1 + 1 = 9 + 1 = 10')]
    """
    for k, node in enumerate(story.computed, 1):
        yield str(k), story.names[node], equation(story, node)


def equation(story: Story, node: Value) -> str:
    """How the value of ``node`` comes about, in names and then in numbers."""
    assert node.primitive is not None
    numbers = [signed(o.data if isinstance(o, Value) else o) for o in node.operands]
    in_numbers = text(value_formula(node.primitive, numbers))
    return f"{in_names(story, node)} = {tidy(in_numbers)} = {number(node.data)}"


def in_names(story: Story, node: Value) -> str:
    """The formula of ``node`` in names."""
    assert node.primitive is not None
    return text(value_formula(node.primitive, story.operand_names(node)))


def tidy(formula: str) -> str:
    """A formula without the brackets around negative numbers that it does not need.

    >>> tidy("(-6) + 2"), tidy("tanh((-4))"), tidy("(-3)**2"), tidy("2 * (-1)")
    ('-6 + 2', 'tanh(-4)', '(-3)**2', '2 * (-1)')
    """
    return _NEEDLESS.sub(r"\1", formula)


_NEEDLESS = re.compile(r"(?:(?<=^)|(?<=[(|])|(?<=, ))\((-[^()\s]+)\)(?=$|[ ,)|])")


def backward_rows(
    story: Story, steps: Sequence[Step], start: int, mistake: str | None = None
) -> Iterator[Row]:
    """For each contribution the cells under HEADINGS; a step's own cells stand in its first row.

    >>> x = Value(3.0, name="x")
    >>> story = Story.of(x * x)
    >>> for row in backward_rows(story, story.steps, 2):
    ...     print(row)
    ('2', 'out', '1', 'x', 'x = 3', '1 * 3 = 3', 'dout/dx = 0 + 3 = 3')
    ('', '', '', 'x', 'x = 3', '1 * 3 = 3', 'dout/dx = 3 + 3 = 6')
    """
    root = story.names[story.root]
    wrong = None if mistake is None else first_difference(story.steps, steps)
    for k, step in enumerate(steps):
        first = (str(start + k), story.names[step.node], number(step.upstream))
        for place, c in enumerate(step.contributions):
            to = story.names[c.operand]
            local = number(c.local)
            total = f"{number(c.before)} + {signed(c.value)} = {number(c.after)}"
            if mistake == "overwrite":
                total = f"{number(c.after)}, which was {number(c.before)}"
            here = wrong is not None and (wrong.step, wrong.place or 0) == (k, place)
            yield (
                *first,
                to,
                local if c.rule == local else f"{c.rule} = {local}",
                f"{number(step.upstream)} * {signed(c.local)} = {number(c.value)}",
                f"{derivative(root, to)} = {total}" + ("  <- first wrong number" if here else ""),
            )
            first = ("", "", "")


def to_text(story: Story, mistake: str | None = None, longest: int | None = None) -> str:
    """The whole story, aligned; with at most ``longest`` lines to each of its parts."""
    steps = story.steps if mistake is None else wrong_steps(story.steps, mistake)
    root = story.names[story.root]
    leaves = ", ".join(f"{story.names[v]} = {number(v.data)}" for v in story.leaves[:12])
    more = f", and {len(story.leaves) - 12:,} more" if len(story.leaves) > 12 else ""
    lines = [story.title, f"leaves: {leaves}{more}", "", "forward"]
    lines += aligned([("step", "node", "value"), *forward_rows(story)], longest)
    start = len(story.computed) + 2  # the step in between says that the root has gradient 1
    wrong = f", with a mistake: {MISTAKES[mistake][0]}" if mistake else ""
    lines += ["", f"backward from {derivative(root, root)} = 1{wrong}"]
    lines += aligned([HEADINGS, *backward_rows(story, steps, start, mistake)], longest)
    if mistake is not None:
        lines += ["", *_told(story, steps, start)]
    return "\n".join(lines)


def _told(story: Story, steps: Sequence[Step], start: int) -> Iterator[str]:
    """Where a mistake first shows."""
    found = first_difference(story.steps, steps)
    if found is None:
        yield "the mistake changes nothing in this graph"
        return
    step = steps[found.step]
    node = step.node if found.place is None else step.contributions[found.place].operand
    yield (
        f"first wrong number, in step {start + found.step}: "
        f"{derivative(story.names[story.root], story.names[node])} is {number(found.wrong)} where "
        f"{number(found.right)} is right"
    )


def aligned(rows: Sequence[Row], longest: int | None = None) -> list[str]:
    """Rows as lines with their columns aligned; the numbers of the steps to the right.

    >>> aligned([("step", "at"), ("1", "a"), ("10", "b")])
    ['  step  at', '     1  a', '    10  b']
    """
    left_out = len(rows) - longest if longest is not None else 0
    shown = rows[:longest] if left_out > 0 else rows
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = [
        "  "
        + "  ".join(
            cell.rjust(width) if place == 0 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in shown
    ]
    return [*lines, f"  ... and {left_out:,} more lines"] if left_out > 0 else lines


def signed(value: float) -> str:
    """A number as a formula has it among others: in brackets if negative."""
    written = number(value)
    return f"({written})" if written.startswith("-") else written
