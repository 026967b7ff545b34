"""Copies and pickles of Values: flat, since a chain of operations is as deep as it is long."""

from __future__ import annotations

from typing import Any

from autograd.backprop import graph
from autograd.value import NOT_COMPUTED, Value, new, serial


def _in_turn(root: Value) -> tuple[list[Value], list[Value]]:
    """The leaves of a graph, and its computed nodes in order of creation.

    Among the computed nodes, in its turn, stands each leaf that was set again after something was
    computed from it: it is newer than that, and a copy must know.
    """
    nodes = graph(root)
    stale = {
        operand
        for node in nodes
        for operand in node.operands
        if isinstance(operand, Value) and operand.serial > node.serial
    }
    leaves = [node for node in nodes if node.primitive is None]
    return leaves, [node for node in nodes if node.primitive is not None or node in stale]


def deepcopy(root: Value, memo: dict[int, Any]) -> Value:
    """For ``copy.deepcopy``: what was shared stays shared, within ``root`` and beyond it."""
    leaves, turns = _in_turn(root)
    set_again = {node for node in turns if node.primitive is None}
    kept = memo.setdefault(id(memo), [])  # where copy.deepcopy keeps originals alive
    met_again = False
    for node in leaves + turns:
        if id(node) not in memo:
            memo[id(node)] = _clone(node, memo)
            kept.append(node)
        else:
            met_again = met_again or node in set_again
    if met_again:  # it is newer than some of what was copied and older than the rest
        for node in sorted((o for o in kept if isinstance(o, Value)), key=lambda o: o.serial):
            memo[id(node)]._serial = serial()
    return memo[id(root)]  # type: ignore[no-any-return]


def _clone(node: Value, twin: dict[int, Value]) -> Value:
    """A copy of ``node`` on the copies of its operands."""

    def of(operand: Any) -> Any:
        return twin[id(operand)] if isinstance(operand, Value) else operand

    copy = new(type(node))
    copy._data, copy._op, copy._serial = node._data, node._op, serial()
    copy._da, copy._db, copy._label = node._da, node._db, node.name
    copy.grad = node.grad
    many = node._op is not None and node._da is None and node._db is None
    copy._a = tuple(map(of, node._a)) if many else of(node._a)
    copy._b = node._b if many else of(node._b)
    return copy


def reduce(root: Value) -> tuple[Any, ...]:
    """For ``pickle``: the leaves as objects (so they stay shared), the rest as a flat list.

    An int in the list is a leaf that was set after something was computed from it: its turn.
    """
    leaves, turns = _in_turn(root)
    if root.primitive is None:
        return _leaf, (root._data, root.name, root.grad if root.has_grad else None)
    index = {leaf: i for i, leaf in enumerate(leaves)}
    recipe: list[Any] = []
    for node in turns:
        if node.primitive is None:
            recipe.append(index[node])
            continue
        operands = [index[o] if isinstance(o, Value) else o for o in node.operands]
        held = (node._data, node._op, node._da, node._db, node.name)
        grad = node.grad if node.has_grad else None
        recipe.append((held, operands, node.local_derivatives, grad))
        index[node] = len(index)
    return _graph, (leaves, recipe)


def _leaf(data: float, name: str | None, grad: float | None) -> Value:
    leaf = Value(data, name=name)
    if grad is not None:
        leaf.grad = grad
    return leaf


def _graph(leaves: list[Value], recipe: list[Any]) -> Value:
    nodes = list(leaves)
    for entry in recipe:
        if isinstance(entry, int):
            nodes[entry]._serial = serial()
            continue
        (data, op, da, db, name), operands, partials, grad = entry
        node = new(Value)
        node._data, node._op, node._da, node._db, node._label = data, op, da, db, name
        found = tuple(nodes[o] if isinstance(o, int) else o for o in operands)
        if da is None and db is None:
            node._a, node._b = found, partials
        else:
            node._a, node._b = found if len(found) == 2 else (found[0], None)
        node.grad = NOT_COMPUTED if grad is None else grad
        node._serial = serial()
        nodes.append(node)
    return nodes[-1]
