"""Backprop: one loop, in reverse order of creation, over what the root reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from operator import attrgetter
from typing import Any, NamedTuple

from autograd.ieee import real
from autograd.value import Value, assign_grads

_serial = attrgetter("_serial")


class StaleGraphError(ValueError):
    """A leaf's data was changed after the graph was recorded, and the rules would need both."""


def reached(*roots: Value) -> list[Value]:
    """The computed nodes that ``roots`` depend on, themselves included, newest first."""
    seen = {root for root in roots if root._op is not None}
    stack = list(seen)
    nodes = []
    while stack:
        node = stack.pop()
        nodes.append(node)
        if node._da is not None:
            operand = node._a
            if operand._op is not None and operand not in seen:
                seen.add(operand)
                stack.append(operand)
        if node._db is not None:
            operand = node._b
            if operand._op is not None and operand not in seen:
                seen.add(operand)
                stack.append(operand)
        elif node._da is None:
            for operand in node._a:
                if type(operand) is Value and operand._op is not None and operand not in seen:
                    seen.add(operand)
                    stack.append(operand)
    nodes.sort(key=_serial, reverse=True)
    return nodes


def graph(*roots: Value) -> list[Value]:
    """All nodes that ``roots`` depend on, leaves and roots included, in order of creation.

    >>> x = Value(3.0)
    >>> [node.op for node in graph(x * x + 1)]
    ['', '*', '+']
    """
    seen = set(roots)
    for node in reached(*roots):
        seen.add(node)
        seen.update(o for o in node.operands if isinstance(o, Value))
    return sorted(seen, key=_serial)


def recorded(node: Value) -> Iterable[tuple[Value, Any]]:
    """Each operand of ``node`` with its local derivative as the forward pass left it."""
    for operand, local in zip(node.operands, node.local_derivatives, strict=True):
        if local is not None:
            yield operand, local  # type: ignore[misc]


def differentiable(node: Value) -> Iterable[tuple[Value, Any]]:
    """Each operand of ``node`` with its local derivative as a Value, from the rule.

    Raises
    ------
    StaleGraphError
        If an operand is a leaf whose data was set after ``node`` was computed from it.
    """
    operands = node.operands
    for i, operand in enumerate(operands):
        if isinstance(operand, Value):
            if operand._serial > node._serial:
                name = f" {operand.name!r}" if operand.name else ""
                raise StaleGraphError(
                    f"the leaf{name} was set to {operand._data!r} after {node!r} was computed from "
                    "it: compute the output again before differentiating with create_graph=True"
                )
            assert node._op is not None
            yield operand, node._op.partial(i, node, operands)


def product(local: Any, upstream: Any) -> Any:
    """local * upstream, leaving no node for a multiplication by 1 or -1."""
    if type(local) is float and isinstance(upstream, Value):
        if local == 1.0:
            return upstream
        if local == -1.0:
            return -upstream
    return local * upstream


Observer = Callable[[Value, Any, list[tuple[Value, Any, Any, Any, Any]]], None]


def sweep(
    root: Value,
    seed: Any,
    nodes: list[Value],
    edges: Callable[[Value], Iterable[tuple[Value, Any]]] = recorded,
    observe: Observer | None = None,
) -> dict[Value, Any]:
    """THE loop: adjoint of an operand += local derivative * adjoint of the node.

    Parameters
    ----------
    nodes:
        The computed nodes to go through, newest first, each reached from ``root`` through others.
    edges:
        Gives a node's operands and local derivatives: ``recorded`` numbers or ``differentiable``
        Values.
    observe:
        Called at each node with its adjoint and, for each operand, a tuple
        (operand, local, contribution, before, after); before is None for the first contribution.

    Returns the adjoint of each node and leaf that was reached. No ``.grad`` is touched.
    """
    adjoint: dict[Value, Any] = {root: seed}
    plain = edges is recorded and observe is None
    for node in nodes:
        upstream = adjoint[node]
        # the case below, unrolled for the nodes of one or two operands: nearly all
        if plain and (node._da is not None or node._db is not None):
            local = node._da
            if local is not None:
                operand = node._a
                if operand in adjoint:
                    adjoint[operand] += local * upstream
                else:
                    adjoint[operand] = local * upstream
            local = node._db
            if local is not None:
                operand = node._b
                if operand in adjoint:
                    adjoint[operand] += local * upstream
                else:
                    adjoint[operand] = local * upstream
            continue
        given = []
        for operand, local in edges(node):
            contribution = product(local, upstream)
            before = adjoint.get(operand)
            after = contribution if before is None else before + contribution
            adjoint[operand] = after
            given.append((operand, local, contribution, before, after))
        if observe is not None:
            observe(node, upstream, given)
    return adjoint


def backward(root: Value, seed: float = 1.0) -> None:
    """Compute the gradient of ``root`` with regard to all it depends on.

    A leaf's ``.grad`` accumulates over calls; an interior node's holds this pass alone; the root's
    is ``seed``. If a leaf's data was set since, the gradients are those of the recorded pass.
    Where something is raised, Ctrl-C included, all ``.grad`` are as before or all as afterwards.

    Parameters
    ----------
    seed:
        The gradient of the final output with regard to ``root``.

    >>> x = Value(3.0)
    >>> y = x * x * x
    >>> y.backward()
    >>> y.backward()
    >>> x.grad, y.grad
    (54.0, 1.0)
    """
    adjoint = sweep(root, real(seed), reached(root))
    for leaf in [node for node in adjoint if node._op is None]:
        adjoint[leaf] = accumulated(leaf, adjoint[leaf])
    assign_grads(adjoint, adjoint.values())


def accumulated(leaf: Value, adjoint: float) -> float:
    """The gradient with an adjoint added; None, which PyTorch's users set it to, counts as 0."""
    return adjoint if leaf.grad is None else leaf.grad + adjoint


class Contribution(NamedTuple):
    """What one operand gets at a step: value = local * upstream, after = before + value."""

    operand: Value
    local: float
    value: float
    before: float
    after: float
    rule: str


class Step(NamedTuple):
    """Backprop at one node: its adjoint is complete, and its operands get their contributions."""

    node: Value
    upstream: float
    contributions: list[Contribution]


def steps(root: Value, seed: float = 1.0) -> list[Step]:
    """Backprop from ``root`` as the list of its steps. Touches no ``.grad``.

    >>> x = Value(3.0, name="x")
    >>> for step in steps(x * x):
    ...     for c in step.contributions:
    ...         print(f"{c.before} + {step.upstream} * {c.local} = {c.after}  ({c.rule})")
    0.0 + 1.0 * 3.0 = 3.0  (x)
    3.0 + 1.0 * 3.0 = 6.0  (x)
    """
    from autograd.formula import derivative_text, operand_names

    taken: list[Step] = []

    def observe(node: Value, upstream: Any, given: list[tuple[Value, Any, Any, Any, Any]]) -> None:
        names = operand_names(node)
        active = [i for i, local in enumerate(node.local_derivatives) if local is not None]
        contributions = []
        for i, (operand, local, value, before, after) in zip(active, given, strict=True):
            rule = derivative_text(node, i, names)
            before = 0.0 if before is None else before
            contributions.append(Contribution(operand, local, value, before, after, rule))
        taken.append(Step(node, upstream, contributions))

    sweep(root, real(seed), reached(root), observe=observe)
    return taken


def gradients(output: Any, inputs: Sequence[Value], create_graph: bool = False) -> tuple[Any, ...]:
    """The derivatives of ``output`` with regard to each of ``inputs``. Touches no ``.grad``.

    Parameters
    ----------
    output:
        A Value; a plain number has derivative 0.
    inputs:
        Leaves or interior nodes.
    create_graph:
        Whether the derivatives are Values with a graph of their own, to be drawn or differentiated
        again, in place of floats.

    >>> x = Value(2.0)
    >>> (slope,) = gradients(x**3, [x], create_graph=True)
    >>> slope.data, gradients(slope, [x])
    (12.0, (12.0,))
    """
    if isinstance(inputs, Value):
        raise TypeError("inputs: a sequence of Values is wanted, got one Value: write [x]")
    for i, x in enumerate(inputs):
        if not isinstance(x, Value):
            raise TypeError(f"inputs[{i}] is {x!r}: a Value is wanted, write Value({x!r}) first")
    adjoint: dict[Value, Any] = {}
    if isinstance(output, Value):
        nodes = leading_to(inputs, reached(output))
        if create_graph:
            adjoint = sweep(output, Value(1.0), nodes, differentiable)
        else:
            adjoint = sweep(output, 1.0, nodes)
    zero = Value if create_graph else float
    return tuple(adjoint[x] if x in adjoint else zero(0.0) for x in inputs)


def leading_to(inputs: Iterable[Value], nodes: list[Value]) -> list[Value]:
    """Those of ``nodes`` (newest first) that were computed from one of ``inputs``."""
    wanted = set(inputs)
    chosen = []
    for node in reversed(nodes):
        if any(operand in wanted for operand in node.operands):
            wanted.add(node)
            chosen.append(node)
    chosen.reverse()
    return chosen


def first_nonfinite(*roots: Value) -> Value | None:
    """The first node in order of creation that is inf or nan, or None.

    >>> x = Value(0.0, name="x")
    >>> first_nonfinite((1 / x - 1 / x) * 0)
    Value(inf, op='/')
    """
    return next((node for node in graph(*roots) if not isfinite(node._data)), None)
