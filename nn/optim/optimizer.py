"""What all optimizers share: parameters, learning rate, state, steps on floats and arrays."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autograd import Value
from autograd.ieee import real
from autograd.value import assign
from nn.arguments import amount, whole
from nn.optim.arithmetic import Numbers
from nn.schedules import Schedule

Rule = Callable[..., tuple[Numbers, ...]]


def leaves(parameters: Iterable[Value]) -> list[Value]:
    """The parameters as a list; refuse anything that is not a list of distinct leaf Values."""
    if isinstance(parameters, Value) or not isinstance(parameters, Iterable):
        raise TypeError(
            "wanted a list of parameters (model.parameters(), or [w, b]); "
            f"got {_describe(parameters)}"
        )
    found = list(parameters)
    for i, parameter in enumerate(found):
        if not isinstance(parameter, Value):
            raise TypeError(
                f"wanted parameters that are Values (model.parameters(), or [w, b]); "
                f"number {i} is {_describe(parameter)}"
            )
        if parameter.op or parameter.is_constant:
            made = f"the result of {parameter.op!r}" if parameter.op else "a constant"
            raise TypeError(
                f"wanted parameters that are leaves, made by Value(number); number {i} is {made}"
            )
    if not found:
        raise ValueError("wanted at least one parameter; got none")
    if len({id(parameter) for parameter in found}) < len(found):
        raise ValueError("wanted each parameter once; the same Value comes twice in the list")
    return found


def _describe(thing: object) -> str:
    return f"{type(thing).__name__} {thing!r}"


class Optimizer(ABC):
    """The base of all optimizers: a subclass gives the names of its state and its rule.

    parameters: the leaf Values to change; lr: the learning rate, a number or a function of the
    number of steps done (nn.schedules); maximize: climb instead of descend; state: what the rule
    remembers for each parameter, by name, with its value at the start.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule,
        maximize: bool,
        state: Mapping[str, float],
    ) -> None:
        self.parameters = leaves(parameters)
        self.lr = lr
        self.maximize = maximize
        self.steps = 0
        self._state: dict[str, Any] = {
            name: [float(start)] * len(self.parameters) for name, start in state.items()
        }

    @abstractmethod
    def rule(self, lr: float, t: int) -> Rule:
        """The update rule of step t (1, 2, ...) with the learning rate lr.

        It is a function of one parameter, its gradient and its state, in order, that gives the new
        parameter and the new state; or of arrays of them, element by element. It changes none of
        its arguments.
        """

    @property
    def lr(self) -> float | Schedule:
        """The learning rate: a number, or a function of the number of steps done."""
        return self._lr

    @lr.setter
    def lr(self, lr: float | Schedule) -> None:
        self._lr = lr if callable(lr) else amount("lr", lr)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step, as a number."""
        if callable(self._lr):
            rate = self._lr(self.steps)
            return amount(f"the rate that {self._lr!r} gives for step {self.steps}", rate)
        return self._lr

    def step(self) -> None:
        """Change each parameter by the rule and its .grad (0 where no backward pass came).

        A step is taken whole or, if something is raised on the way, Ctrl-C included, not at all.
        """
        before = [parameter.data for parameter in self.parameters]
        state, steps = self._state, self.steps
        try:
            # None, which PyTorch's users set it to, counts as 0
            gradients = [0.0 if p.grad is None else p.grad for p in self.parameters]
            assign(self.parameters, self.update(before, gradients))
        except BaseException:
            self._state, self.steps = state, steps
            pairs = zip(self.parameters, before, strict=True)
            changed = {parameter: x for parameter, x in pairs if parameter.data is not x}
            assign(list(changed), changed.values())
            raise

    def zero_grad(self) -> None:
        """Forget the gradient of each parameter: it reads 0."""
        for parameter in self.parameters:
            parameter.zero_grad()

    def update(self, parameters: Numbers, gradients: Numbers) -> Numbers:
        """One step on numbers instead of Values: the parameters after it.

        Takes lists of floats and returns one, or numpy arrays of float64 of the shape
        (number of parameters,) and returns one. Neither the arguments nor the Values are changed.
        It counts as a step and shares rule and state with step(), and each element gets the same
        bits in any form, so that all three can follow one another in any order.

        >>> from nn.optim import Adam
        >>> w = Value(1.0)
        >>> Adam([w], lr=0.1).update([1.0], [0.5])
        [0.900000002]
        """
        n = len(self.parameters)
        rule = self.rule(self.learning_rate, self.steps + 1)
        if isinstance(parameters, (list, tuple)):
            new, *state = self._on_floats(rule, _floats(parameters, n), _floats(gradients, n))
        else:
            new, *state = self._on_arrays(rule, _array(parameters, n), _array(gradients, n))
        self._state = dict(zip(self._state, state, strict=True))
        self.steps += 1
        return new

    def _on_floats(
        self, rule: Rule, parameters: list[float], gradients: list[float]
    ) -> Iterable[list[float]]:
        if self.maximize:
            gradients = [-gradient for gradient in gradients]
        state = [_as_list(slot) for slot in self._state.values()]
        rows = [rule(*row) for row in zip(parameters, gradients, *state, strict=True)]
        return map(list, zip(*rows, strict=True))

    def _on_arrays(self, rule: Rule, parameters: Numbers, gradients: Numbers) -> Iterable[Numbers]:
        import numpy

        # A copy, since a rule may keep it as state (SGD's first step) and the caller may reuse it.
        gradients = -gradients if self.maximize else gradients.copy()
        state = [numpy.asarray(slot, dtype=numpy.float64) for slot in self._state.values()]
        with numpy.errstate(all="ignore"):
            return rule(parameters, gradients, *state)

    def state_dict(self) -> dict[str, Any]:
        """What it takes to go on later: the optimizer, the steps done, and a list for each state.

        It goes through JSON and back bit for bit. The learning rate and the other arguments are not
        in it: they are the constructor's.
        """
        state = {name: list(_as_list(slot)) for name, slot in self._state.items()}
        return {"optimizer": type(self).__name__, "steps": self.steps, **state}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from a state_dict() of the same optimizer with as many parameters.

        Raises ValueError (or TypeError, where a number is none) for one that does not fit, and then
        changes nothing.
        """
        name = type(self).__name__
        wanted = ["optimizer", "steps", *self._state]
        missing = [key for key in wanted if key not in state_dict]
        unexpected = [key for key in state_dict if key not in wanted]
        if missing or unexpected:
            raise ValueError(
                f"this state does not fit {name} with these arguments: "
                f"missing {missing}, unexpected {unexpected}"
            )
        if state_dict["optimizer"] != name:
            raise ValueError(f"wanted the state of {name}; got that of {state_dict['optimizer']}")
        steps = whole("steps", state_dict["steps"], low=0)
        state = {key: _loaded(key, state_dict[key], len(self.parameters)) for key in self._state}
        self.steps, self._state = steps, state

    def __repr__(self) -> str:
        names = list(inspect.signature(type(self)).parameters)[1:]
        arguments = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__name__}({len(self.parameters)} parameters, {arguments})"


def _as_list(slot: Any) -> list[float]:
    return slot if isinstance(slot, list) else slot.tolist()


def _floats(numbers: Sequence[float], n: int) -> list[float]:
    if len(numbers) != n:
        raise ValueError(f"wanted {n} numbers, one a parameter; got {len(numbers)}")
    return [real(number) for number in numbers]


def _array(array: Numbers, n: int) -> Numbers:
    shape, dtype = getattr(array, "shape", None), getattr(array, "dtype", None)
    if shape != (n,) or dtype != "float64":
        got = _describe(array) if dtype is None else f"shape {shape} of {dtype}"
        raise ValueError(f"wanted a numpy array of float64 of the shape ({n},); got {got}")
    return array


def _loaded(key: str, numbers: Any, n: int) -> list[float]:
    if not isinstance(numbers, (list, tuple)):
        raise TypeError(f"wanted {key!r} to be a list of numbers; got {_describe(numbers)}")
    if len(numbers) != n:
        raise ValueError(f"wanted {n} numbers for {key!r}, one a parameter; got {len(numbers)}")
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise TypeError(f"wanted numbers for {key!r}; got {_describe(number)}")
    return [float(number) for number in numbers]
