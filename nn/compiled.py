"""Training on compiled programs: the loss of one sample, recorded once, run over batches."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from autograd import Value, compile
from autograd.compiler.tracing import DataDependentGraphError, recorded
from autograd.value import assign
from nn import losses
from nn.runner import Task, numbers, prediction_for

CLASSES = (losses.cross_entropy, losses.categorical_cross_entropy)


class Compiled:
    """A Runner that computes batches by a program, and keeps the parameters in one flat buffer.

    The model's Values take the buffer's numbers at ``write_back``. A target becomes inputs of the
    program: a class its one-hot list, a list its numbers.

    Raises
    ------
    DataDependentGraphError
        If the loss or the model branches on its data, so that one graph can't stand for all rows.
    """

    def __init__(self, task: Task) -> None:
        model, loss, optimizer = task.model, task.loss, task.optimizer
        self.model, self.optimizer, self.max_grad_norm = model, optimizer, task.max_grad_norm
        self.parameters = optimizer.parameters
        self.width = len(_row(task.inputs[0]))
        answer = numbers(model(task.inputs[0]))
        taken = prediction_for(loss, answer)
        table = []
        for i, (x, target) in enumerate(zip(task.inputs, task.targets, strict=True)):
            try:
                loss(taken, target)  # in the program a target is a Value, which is not judged
            except (TypeError, ValueError) as error:
                raise type(error)(f"targets[{i}]: {error}") from None
            table.append(_row(x) + _target(loss, target, answer))
        single = not isinstance(task.targets[0], list) and loss not in CLASSES

        def sample(row: list[Value]) -> Value:
            x, target = row[: self.width], row[self.width :]
            result: Value = loss(model(x), target[0] if single else target)
            return result

        output, leaves = recorded(sample, [table[0], table[-1]])
        self.program = compile(output, leaves, self.parameters)
        self.arrays = self.program.backend == "llvm"
        self.penalty = None
        if task.penalty is not None:
            self.penalty = compile(task.penalty(model), [], self.parameters, backend="python")
        self.table = self._array(table)
        self.flat = self._array([p.data for p in self.parameters])

    @cached_property
    def answers(self) -> Any:
        """The program of the model's outputs."""
        leaves = [Value(0.0) for _ in range(self.width)]
        return compile(self.model(leaves), leaves, self.model.parameters())

    def _array(self, numbers: Any) -> Any:
        if not self.arrays:
            return numbers
        import numpy

        return numpy.array(numbers, dtype=numpy.float64)

    def learn(self, rows: Sequence[int]) -> tuple[float, float]:
        batch = self.table[rows] if self.arrays else [self.table[i] for i in rows]
        cost, gradient = self.program.value_and_grad(batch, parameters=self.flat)
        if self.penalty is not None:
            more, slopes = self.penalty.value_and_grad([[]], parameters=list(self.flat))
            cost += more
            gradient = self._sum(gradient, slopes)
        if not math.isfinite(cost):
            return float(cost), math.nan
        norm = math.sqrt(gradient @ gradient) if self.arrays else math.hypot(*gradient)
        if self.max_grad_norm is not None and norm > self.max_grad_norm:
            scale = self.max_grad_norm / norm
            gradient = gradient * scale if self.arrays else [g * scale for g in gradient]
        self.flat = self.optimizer.update(self.flat, gradient)
        return float(cost), norm

    def _sum(self, a: Any, b: Any) -> Any:
        return a + self._array(b) if self.arrays else [x + y for x, y in zip(a, b, strict=True)]

    def predict(self, inputs: Sequence[Any]) -> list[Any]:
        results = self.answers(self._array([_row(x) for x in inputs]))
        return results.tolist() if self.arrays else results  # type: ignore[no-any-return]

    def write_back(self) -> None:
        numbers = zip(self.parameters, map(float, self.flat), strict=True)
        changed = {parameter: x for parameter, x in numbers if parameter.data != x}
        assign(list(changed), changed.values())


def compiled_or_none(mode: bool | str, task: Task) -> Compiled | None:
    """The Runner for ``compile=mode``; None without compiling, or where "auto" can't, and says so.

    Raises
    ------
    ValueError
        If ``mode`` is not True, False or "auto".
    """
    if mode is False:
        return None
    if mode is True:
        return Compiled(task)
    if mode != "auto":
        raise ValueError(f'compile wants True, False or "auto"; got {mode!r}')
    try:
        return Compiled(task)
    except DataDependentGraphError as error:
        warnings.warn(f"not compiled, trained on Values: {error}", stacklevel=3)
        return None


def _row(x: Any) -> list[float]:
    return list(x) if hasattr(x, "__len__") else [x]


def _target(loss: losses.Loss, target: Any, answer: Any) -> list[float]:
    """A target as numbers: a class as its one-hot list."""
    if isinstance(target, list):
        return target
    if loss in CLASSES:
        return [1.0 if i == target else 0.0 for i in range(len(answer))]
    return [target]
