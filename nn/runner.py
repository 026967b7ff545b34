"""How a batch is learnt: what is to be learnt, and the Runner that does it on Values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from autograd import Value, no_grad
from nn import losses
from nn.module import Module
from nn.optim import Optimizer, clip_grad_norm


class Task(NamedTuple):
    """What is to be learnt: the arguments of ``fit`` that say it."""

    model: Module
    inputs: Sequence[Any]
    targets: Sequence[Any]
    loss: losses.Loss
    penalty: Callable[[Module], Any] | None
    optimizer: Optimizer
    max_grad_norm: float | None

    def cost(self, rows: Sequence[int]) -> Value:
        """The mean loss over these rows, plus the penalty."""
        each = [self.loss(self.model(self.inputs[i]), self.targets[i]) for i in rows]
        cost = losses.cost(each, self.penalty(self.model) if self.penalty else 0.0)
        if not isinstance(cost, Value):
            raise TypeError(f"the loss must be a Value that depends on the model; got {cost!r}")
        return cost


class Runner(Protocol):
    """How ``fit`` learns from rows and predicts: on Values, or compiled."""

    def learn(self, rows: Sequence[int]) -> tuple[float, float]:
        """One optimizer step on these rows: the cost before it and the gradient's norm."""

    def predict(self, inputs: Sequence[Any]) -> list[Any]:
        """The model's outputs for each of ``inputs``, as floats."""

    def write_back(self) -> None:
        """Put the parameters as they are now into the model's Values."""


class Eager:
    """A Runner that records the graph of each batch anew."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def learn(self, rows: Sequence[int]) -> tuple[float, float]:
        cost, optimizer = self.task.cost(rows), self.task.optimizer
        if not math.isfinite(cost.data):
            return cost.data, math.nan
        optimizer.zero_grad()
        cost.backward()
        norm = math.hypot(*(p.grad for p in optimizer.parameters))
        if self.task.max_grad_norm is not None and norm > self.task.max_grad_norm:
            clip_grad_norm(optimizer.parameters, self.task.max_grad_norm)
        optimizer.step()
        return cost.data, norm

    def predict(self, inputs: Sequence[Any]) -> list[Any]:
        with no_grad():
            return [numbers(self.task.model(x)) for x in inputs]

    def write_back(self) -> None:
        pass


def prediction_for(loss: losses.Loss, output: Any) -> Any:
    """A model's output in floats as ``loss`` takes it: a function of one's own takes Values."""
    return output if loss in losses.names.values() else values(output)


def values(output: Any) -> Any:
    """A model's output with Values in place of floats."""
    return list(map(values, output)) if isinstance(output, list) else Value(output)


def numbers(output: Any) -> Any:
    """A model's output with floats in place of Values."""
    if isinstance(output, (list, tuple)):
        return [numbers(item) for item in output]
    return output.data if isinstance(output, Value) else output
