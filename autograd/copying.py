"""Copies and pickles of Values: flat, since a chain of operations is as deep as it is long."""

from __future__ import annotations

from typing import Any

from autograd.backprop import graph
from autograd.value import NOT_COMPUTED, Value, new, serial

_SLOTS = ("_data", "_op", "_da", "_db", "_label")


def _clone(node: Value, twin: dict[int, Value]) -> Value:
    """A copy of ``node`` on the copies of its operands."""
    copy = new(Value)
    for slot in _SLOTS:
        setattr(copy, slot, getattr(node, slot))
    copy.grad = node.grad if node.has_grad else NOT_COMPUTED

    def of(operand: Any) -> Any:
        return twin[id(operand)] if isinstance(operand, Value) else operand

    many = node._op is not None and node._da is None and node._db is None
    copy._a = tuple(map(of, node._a)) if many else of(node._a)
    copy._b = node._b if many else of(node._b)
    copy._serial = serial()
    return copy


def deepcopy(root: Value, memo: dict[int, Any]) -> Value:
    """For ``copy.deepcopy``: what was shared stays shared, within ``root`` and beyond it."""
    for node in graph(root):
        if id(node) not in memo:
            memo[id(node)] = _clone(node, memo)
            memo.setdefault(id(memo), []).append(node)  # as copy.deepcopy keeps originals alive
    return memo[id(root)]  # type: ignore[no-any-return]


def reduce(root: Value) -> tuple[Any, ...]:
    """For ``pickle``: the leaves as objects (so they stay shared), the rest as a flat list."""
    if root.primitive is None:
        return _leaf, (root.data, root.name, root.grad if root.has_grad else None)
    nodes = graph(root)
    index = {node: i for i, node in enumerate(nodes)}
    leaves = [node for node in nodes if node.primitive is None]
    recipe = []
    for node in nodes:
        operands = [index[o] if isinstance(o, Value) else o for o in node.operands]
        held = [getattr(node, slot) for slot in _SLOTS[1:4]]
        grad = node.grad if node.has_grad else None
        partials = node.local_derivatives
        recipe.append((node._data, held, operands, partials, node.name, grad))
    return _graph, (leaves, recipe)


def _leaf(data: float, name: str | None, grad: float | None) -> Value:
    leaf = Value(data, name=name)
    if grad is not None:
        leaf.grad = grad
    return leaf


def _graph(leaves: list[Value], recipe: list[tuple[Any, ...]]) -> Value:
    remaining = iter(leaves)
    nodes: list[Value] = []
    for data, (op, da, db), operands, partials, name, grad in recipe:
        if op is None:
            nodes.append(next(remaining))
            continue
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
