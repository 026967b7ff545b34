"""Is a gradient right? Backprop against forward mode and against differences, to any order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf, isfinite, nan
from typing import Any, NamedTuple

from autograd.backprop import gradients, reached
from autograd.ieee import real
from autograd.testing.numeric import Slopes, in_words, slopes
from autograd.testing.rounding import Bounds
from autograd.testing.rules import wrong_derivative, wrong_rule
from autograd.transforms import flat, like, tangents
from autograd.value import Value

Function = Callable[[list[Value]], list[Any]]

SHOWN = 8
"""How many arguments a message shows."""


class GradientMismatch(AssertionError):
    """Two ways to compute a derivative disagree by more than rounding explains.

    ``argument`` and ``output`` say which derivative, ``reverse`` is what was checked (backprop's,
    if that was), ``method`` and ``other`` what it was compared with, ``allowed`` how far apart they
    may be, and ``rule`` which rule is wrong, where one could be found.
    """

    __module__ = "autograd.testing"  # where users find it, and short in a line of pytest's

    def __init__(self, found: Comparison, inputs: str, rule: str | None) -> None:
        self.argument, self.output, self.method = found.argument, found.output, found.method
        numbers = {**found.modes, "numeric": f"{in_words(found.numeric)} by differences"}
        self.reverse = next(iter(found.modes.values()))
        self.other, self.allowed, self.rule = numbers[found.method], found.allowed, rule
        apart = found.excess + found.allowed
        lines = [
            f"the derivative of {found.output} with regard to {found.argument} is wrong",
            f"  at           {inputs}",
            *[f"  {method:<12} {number}" for method, number in numbers.items()],
            f"  apart by     {apart:.3g}, "
            f"allowed {found.allowed:.3g} ({apart / found.allowed:.3g} times that)",
            f"because {rule}" if rule is not None else NO_RULE[found.method],
        ]
        super().__init__("\n".join(lines))


NO_RULE = {
    "numeric": "no rule is wrong here: a number leaves the graph on its way (by .data, .detach() "
    "or math), or the function depends on more than its arguments",
    "forward": "no rule is wrong here: the two modes put the same rules together differently",
}


class Comparison(NamedTuple):
    """One derivative computed in each way that was asked for; two of them are compared.

    ``method``, which is "forward" or "numeric", with the first of ``modes``.
    """

    argument: str
    output: str
    modes: dict[str, float]
    numeric: Slopes
    method: str
    excess: float
    allowed: float


def check_gradients(
    f: Callable[..., Any],
    *args: Any,
    order: int = 2,
    modes: Sequence[str] = ("reverse", "forward"),
) -> None:
    """Check the derivatives of ``f`` at ``args``: backprop, forward mode and differences agree.

    How far two results may be apart is not a parameter: rounding is bounded by a sweep over the
    graph, and differences come with an estimate of their error. At a kink any number between the
    derivatives from the left and from the right is right.

    Parameters
    ----------
    f:
        Takes numbers or nested lists of numbers; returns one number, or nested lists of them.
    args:
        Where to check; Values stand for their numbers.
    order:
        1 checks the gradient, 2 the Hessian also, and so on: each order takes as many times longer
        as there are numbers.
    modes:
        Which of "reverse" (backprop) and "forward" are held against differences; with both, also
        against each other.

    Raises
    ------
    GradientMismatch
        An AssertionError that names the argument, the numbers from each method, the error and what
        was allowed, and the rule that is wrong.

    >>> import autograd
    >>> check_gradients(lambda w, x: autograd.tanh(w[0] * x + w[1]), [0.5, -1.0], 2.0)
    """
    __tracebackhide__ = True  # pytest shows the test, and the message
    numbers = [real(getattr(x, "data", x)) for x in flat(list(args))]
    labels = list(_labels(args))

    def on_leaves(leaves: list[Value]) -> list[Any]:
        return list(flat(f(*like(list(args), iter(leaves)))))

    check_function(on_leaves, numbers, labels, order, modes)


def check_module(model: Any, x: Any, order: int = 1) -> None:
    """``check_gradients`` of a network's output by its inputs and each of its parameters.

    Parameters
    ----------
    model:
        Callable on ``x``, with ``named_parameters()``: pairs of a name and a Value. Their numbers
        are changed during the check and put back.
    x:
        An input: a number, or nested lists of numbers.

    >>> from autograd import Value
    >>> class Line:
    ...     w, b = Value(3.0), Value(1.0)
    ...     def named_parameters(self):
    ...         return [("w", self.w), ("b", self.b)]
    ...     def __call__(self, x):
    ...         return self.w * x[0] + self.b
    >>> check_module(Line(), [2.0])
    """
    __tracebackhide__ = True
    named = [(str(name), parameter) for name, parameter in model.named_parameters()]
    parameters = [parameter for _, parameter in named]
    held = [(p._data, p._serial) for p in parameters]
    inputs = [real(getattr(number, "data", number)) for number in flat(x)]
    labels = [f"input{path}" for path in _paths(x)] + [name for name, _ in named]

    def on_leaves(leaves: list[Value]) -> list[Any]:
        for parameter, leaf in zip(parameters, leaves[len(inputs) :], strict=True):
            parameter._data = leaf._data
        return list(flat(model(like(x, iter(leaves[: len(inputs)])))))

    def own(leaves: list[Value]) -> list[Value]:
        return leaves[: len(inputs)] + parameters

    try:
        check_function(on_leaves, inputs + [p._data for p in parameters], labels, order, own=own)
    finally:
        for parameter, (data, serial) in zip(parameters, held, strict=True):
            parameter._data, parameter._serial = data, serial


def check_function(
    f: Function,
    numbers: list[float],
    labels: list[str],
    order: int,
    modes: Sequence[str] = ("reverse", "forward"),
    own: Callable[[list[Value]], list[Value]] = lambda leaves: leaves,
) -> None:
    """``check_gradients`` for a function of a list of leaves that returns a list of outputs.

    Parameters
    ----------
    labels:
        What the message calls each number.
    own:
        Which Values to differentiate by, given the leaves.
    """
    __tracebackhide__ = True
    unknown = set(modes) - {"reverse", "forward"}
    if unknown or not modes:
        raise ValueError(f"modes: 'reverse', 'forward' or both are wanted, got {modes!r}")
    if order < 1:
        raise ValueError(f"order: 1 or more is wanted, got {order!r}")
    leaves = [Value(x, name=label) for x, label in zip(numbers, labels, strict=True)]
    outputs = _outputs(f, leaves)
    names = [f"output {i}" if len(outputs) > 1 else "the output" for i in range(len(outputs))]
    seen: list[Any] = []
    for _ in range(order):
        variables = own(leaves)
        seen += outputs
        for found in _compared(f, outputs, names, leaves, variables, labels, modes):
            if found.excess > 0:
                f(leaves)  # a module's parameters are back at the point
                at = _inputs(labels, numbers, found.argument)
                raise GradientMismatch(found, at, wrong_rule(seen) or wrong_derivative(seen))
        names = [f"d {name} / d {label}" for name in names for label in labels]
        f = _slopes_of(f, own)
        outputs = _outputs(f, leaves)


def _inputs(labels: list[str], numbers: list[float], argument: str) -> str:
    """Which argument is which number: eight of them at most, ``argument`` among them."""
    shown = [f"{label} = {x!r}" for label, x in zip(labels, numbers, strict=True)]
    if len(shown) <= SHOWN:
        return ", ".join(shown)
    first = shown.pop(labels.index(argument))
    return f"{', '.join([first, *shown[: SHOWN - 1]])} and {len(labels) - SHOWN} more"


def _slopes_of(f: Function, own: Callable[[list[Value]], list[Value]]) -> Function:
    def differentiated(leaves: list[Value]) -> list[Any]:
        outputs = _outputs(f, leaves)
        return [slope for output in outputs for slope in gradients(output, own(leaves), True)]

    return differentiated


def _outputs(f: Function, leaves: list[Value]) -> list[Value]:
    """What ``f`` returns; a plain number as a leaf, whose derivatives had better be 0."""
    return [o if isinstance(o, Value) else Value(o) for o in f(leaves)]


def _compared(
    f: Function,
    outputs: list[Value],
    names: list[str],
    leaves: list[Value],
    variables: list[Value],
    labels: list[str],
    modes: Sequence[str],
) -> Iterator[Comparison]:
    """Each derivative by each pair of methods."""
    bounds = [Bounds(output) for output in outputs]
    reverse = [gradients(output, variables) for output in outputs]
    kinks = list(_kinks(outputs))
    for j, (variable, label) in enumerate(zip(variables, labels, strict=True)):
        along = tangents(outputs, {variable: 1.0})
        reach, clear = _reach(outputs, along), _clear(kinks, along)
        differences = _differences(f, leaves, j, min(reach, clear), clear)
        for i, (output, name, bound) in enumerate(zip(outputs, names, bounds, strict=True)):
            if not isfinite(output.data):
                continue
            back, ahead = reverse[i][j], along.get(output, 0.0)
            by_mode = {"reverse": back, "forward": ahead}
            noise = bound.value if output.op and isfinite(bound.value) else None
            found = differences(i, noise)
            told = label, name, {m: by_mode[m] for m in by_mode if m in modes}, found
            allowed = bound.gradient(variable)
            if len(set(modes)) == 2:
                both_nan = back != back and ahead != ahead
                gap = 0.0 if back == ahead or both_nan else abs(back - ahead)
                excess = inf if gap != gap else max(gap - allowed, 0.0)
                yield Comparison(*told, "forward", excess, allowed)
            excess = found.excess(back if "reverse" in modes else ahead, allowed)
            known = allowed if isfinite(allowed) else 0.0  # no bound where a rule gives inf
            yield Comparison(*told, "numeric", excess, known + found.both.error)


def _reach(outputs: list[Value], along: dict[Value, float]) -> float:
    """How far the variable of these tangents may move until a domain ends, to first order."""
    nearest = inf
    for node in reached(*outputs):
        assert node.primitive is not None
        domain = node.primitive.domain
        for k, operand in enumerate(node.operands):
            if not isinstance(operand, Value):
                continue
            low, high = domain[k if node.primitive.arity else 0]
            speed = abs(along.get(operand, 0.0))
            if speed > 0 and low < operand.data < high:
                nearest = min(nearest, (operand.data - low) / speed, (high - operand.data) / speed)
    return nearest


def _kinks(outputs: list[Value]) -> Iterator[tuple[float, list[tuple[Value, float]]]]:
    """How far each kink is, and how fast that changes with each operand of its node.

    A kink that a node stands on is left out: both sides are looked at there.
    """
    for node in reached(*outputs):
        assert node.primitive is not None
        for kink in node.primitive.kinks:
            at = [Value(o.data) if isinstance(o, Value) else o for o in node.operands]
            distance = kink(*at)
            if isinstance(distance, Value) and distance.data != 0.0:
                moved = [
                    (operand, x)
                    for operand, x in zip(node.operands, at, strict=True)
                    if isinstance(operand, Value) and isinstance(x, Value)
                ]
                rates = gradients(distance, [x for _, x in moved])
                yield distance.data, [(o, rate) for (o, _), rate in zip(moved, rates, strict=True)]


def _clear(
    kinks: list[tuple[float, list[tuple[Value, float]]]], along: dict[Value, float]
) -> float:
    """Half of how far the variable of these tangents may move to a kink, to first order."""
    nearest = inf
    for distance, rates in kinks:
        speed = sum(rate * along.get(operand, 0.0) for operand, rate in rates)
        if speed != 0.0:
            nearest = min(nearest, abs(distance / speed) / 2)
    return nearest


def _differences(
    f: Function, leaves: list[Value], j: int, reach: float, clear: float
) -> Callable[[int, float | None], Slopes]:
    """``(output, noise)`` -> the slopes of that output of ``f`` along the ``j``-th number.

    What lies beyond a kink tells nothing of the slope here: it counts as not defined.
    """
    numbers = [leaf.data for leaf in leaves]
    known: dict[float, list[float]] = {}

    def at(x: float) -> list[float]:
        if x not in known:
            moved = [Value(number) for number in numbers]
            moved[j] = Value(x)
            known[x] = [output.data for output in _outputs(f, moved)]
        return known[x]

    def along(i: int, noise: float | None) -> Slopes:
        def near(x: float) -> float:
            return at(x)[i] if abs(x - numbers[j]) <= clear else nan

        return slopes(near, numbers[j], noise, reach)

    return along


def _labels(args: Sequence[Any]) -> Iterator[str]:
    for i, argument in enumerate(args):
        for path in _paths(argument):
            yield f"argument {i}{path}"


def _paths(nested: Any) -> Iterator[str]:
    """``[0][1]`` and so on: where each number stands in nested lists."""
    if isinstance(nested, (list, tuple)):
        for i, item in enumerate(nested):
            yield from (f"[{i}]{path}" for path in _paths(item))
    else:
        yield ""
