"""The strongest scheme for a scalar engine among pure-Python peers, written for comparison."""

from __future__ import annotations

from typing import Any


class TupleNode:
    """Slots, operands and local derivatives in tuples; no cycles."""

    __slots__ = ("data", "grad", "locals", "operands")

    def __init__(
        self,
        data: float,
        operands: tuple[TupleNode, ...] = (),
        locals: tuple[float, ...] = (),
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.operands = operands
        self.locals = locals

    def __add__(self, other: Any) -> TupleNode:
        other = other if isinstance(other, TupleNode) else TupleNode(other)
        return TupleNode(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> TupleNode:
        other = other if isinstance(other, TupleNode) else TupleNode(other)
        return TupleNode(self.data * other.data, (self, other), (other.data, self.data))

    def relu(self) -> TupleNode:
        positive = self.data > 0
        return TupleNode(self.data if positive else 0.0, (self,), (1.0 if positive else 0.0,))

    def backward(self) -> None:
        order: list[TupleNode] = []
        visited: set[TupleNode] = set()

        def visit(node: TupleNode) -> None:
            if node not in visited:
                visited.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            upstream = node.grad
            for operand, local in zip(node.operands, node.locals, strict=True):
                operand.grad += local * upstream
