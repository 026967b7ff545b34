"""From a graph of Values to a Trace of base primitives, its gradient included."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.backprop import graph, leading_to, reached, sweep
from autograd.trace import Operand, Term, Trace
from autograd.value import Value, this_thread


class DataDependentGraphError(Exception):
    """The graph depends on the data of its inputs, so it can't stand for other rows."""


def traced(
    outputs: Sequence[Value | float], inputs: Sequence[Value], parameters: Sequence[Value]
) -> tuple[Trace, dict[Value, Operand]]:
    """The graph that ``outputs`` end, in base primitives; leaves not listed are constants.

    Returns the Trace, whose inputs are ``inputs`` and then ``parameters``, and what of it stands
    for each node.
    """
    trace = Trace()
    terms: dict[Value, Operand] = {}
    for kind, leaves in (("x", inputs), ("w", parameters)):
        for k, leaf in enumerate(leaves):
            terms[leaf] = trace.input(leaf.name or f"{kind}{k}")
    for node in graph(*[o for o in outputs if isinstance(o, Value)]):
        if node in terms:
            continue
        primitive = node.primitive
        if primitive is None:
            terms[node] = node.data
        else:
            terms[node] = trace.apply(primitive, tuple(_terms(node, terms)))
    return trace, terms


def differentiated(
    output: Value, parameters: Sequence[Value], terms: dict[Value, Operand]
) -> list[Operand]:
    """The gradient of ``output`` with regard to ``parameters``, as eager backprop computes it."""
    nodes = leading_to(parameters, reached(output))
    wanted = {output, *nodes, *parameters}

    def edges(node: Value) -> Iterator[tuple[Value, Any]]:
        primitive = node.primitive
        assert primitive is not None
        operands = _terms(node, terms)
        active = tuple(isinstance(o, Value) for o in node.operands)
        numbers: tuple[Any, ...] = ()
        if not any(isinstance(o, Term) for o in operands):
            # all were folded: on floats a rule's own / and ** would be Python's, which raise
            numbers = primitive.forward(active)(*operands)[1:]
        for i, operand in enumerate(node.operands):
            if isinstance(operand, Value) and operand in wanted:
                local = numbers[i] if numbers else primitive.partial(i, terms[node], operands)
                yield operand, local

    adjoint = sweep(output, 1.0, nodes, edges)
    return [adjoint.get(parameter, 0.0) for parameter in parameters]


def _terms(node: Value, terms: dict[Value, Operand]) -> list[Operand]:
    return [terms[o] if isinstance(o, Value) else o for o in node.operands]


@contextmanager
def refusing_comparisons() -> Iterator[None]:
    """Within it a comparison in this thread raises: the branch it chooses would be baked in.

    Raises
    ------
    DataDependentGraphError
        With the line that compared, and what to write instead.
    """

    def refuse() -> None:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(
            "autograd."
        ):
            frame = frame.f_back
        where = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        raise DataDependentGraphError(
            f"{where} compares a Value, or takes one for true or false, so the graph would hold "
            "only for rows that compare alike: write maximum(a, b), minimum(a, b), step(a) or "
            "where(greater(a, b), x, y), which choose row by row, or use compile=False"
        )

    before = this_thread.on_comparison
    try:
        this_thread.on_comparison = refuse
        yield
    finally:
        this_thread.on_comparison = before


def recorded(
    function: Callable[[list[Value]], Value], rows: Iterable[Sequence[float]]
) -> tuple[Value, list[Value]]:
    """The graph of ``function`` on one row, checked to be the same on the others.

    Parameters
    ----------
    function:
        Takes the row as a list of Values and returns a Value, such as the loss of a sample.
    rows:
        One row, or better two that differ; each is traced.

    Returns the output and the inputs of the first row's graph: what ``compile`` takes.

    Raises
    ------
    DataDependentGraphError
        If the function compares Values, or makes another graph for another row.

    >>> output, inputs = recorded(lambda x: x[0] * x[1], [[1.0, 2.0], [3.0, 4.0]])
    >>> output.data, len(inputs)
    (2.0, 2)
    """
    first: tuple[Value, list[Value]] | None = None
    form: object = None
    for row in rows:
        inputs = [Value(number) for number in row]
        with refusing_comparisons():
            output = function(inputs)
        if first is None:
            first, form = (output, inputs), structure([output], inputs, ())
        elif structure([output], inputs, ()) != form:
            raise DataDependentGraphError(
                "two rows gave different graphs: something in the function depends on a Value's "
                ".data, or turns it into a plain number; compute with the Values themselves"
            )
    if first is None:
        raise ValueError("rows: at least one row is wanted to record the graph, got none")
    return first


def structure(
    outputs: Sequence[Value | float], inputs: Sequence[Value], parameters: Sequence[Value]
) -> tuple[object, ...]:
    """What a graph computes: equal for graphs that stand for the same program.

    Operations by place, names, and the numbers of leaves that are neither inputs nor parameters.
    """
    place: dict[Value, object] = {}
    for kind, leaves in (("x", inputs), ("w", parameters)):
        place.update((leaf, f"{kind}{k}") for k, leaf in enumerate(leaves))
    form: list[object] = [leaf.name for leaf in (*inputs, *parameters)]
    for node in graph(*[o for o in outputs if isinstance(o, Value)]):
        if node in place:
            continue
        if node.primitive is None:
            place[node] = repr(node.data)
            continue
        place[node] = len(form)
        operands = [place[o] if isinstance(o, Value) else repr(o) for o in node.operands]
        form.append((node.primitive, node.name, *operands))
    form += [place[o] if isinstance(o, Value) else repr(o) for o in outputs]
    return (len(inputs), len(parameters), *form)
