"""Functions of functions: grad, value_and_grad, jvp, vjp, jacobian, hessian.

Each takes a function of numbers, or of nested lists of numbers, and works on Values within. They
nest: while one is calling its function, an inner one gives Values with a graph of their own, so
``grad(grad(f))`` and an inner ``grad`` that closes over an outer variable are right.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.backprop import differentiable, gradients, graph, product, recorded
from autograd.ieee import real
from autograd.primitives import identity
from autograd.value import Value, recording

_within = threading.local()


@contextmanager
def _calling() -> Iterator[None]:
    """Marks that this thread is inside the function of a transform, and records."""
    _within.depth = getattr(_within, "depth", 0) + 1
    try:
        with recording():
            yield
    finally:
        _within.depth -= 1


def _nested(*arguments: Any) -> bool:
    """Whether the result must be differentiable in turn."""
    return getattr(_within, "depth", 0) > 0 or any(isinstance(x, Value) for x in flat(arguments))


# -- nested lists of numbers --


def flat(nested: Any) -> Iterator[Any]:
    """The numbers in nested lists and tuples, in order."""
    if isinstance(nested, (list, tuple)):
        for item in nested:
            yield from flat(item)
    else:
        yield nested


def like(nested: Any, leaves: Iterator[Any]) -> Any:
    """``leaves`` in the nesting of ``nested``."""
    if isinstance(nested, (list, tuple)):
        return [like(item, leaves) for item in nested]
    return next(leaves)


def _variable(x: Any) -> Value:
    """A node of its own that stands for ``x``: a leaf, or the identity of an outer Value."""
    return identity(x) if isinstance(x, Value) else Value(x)


def _variables(arguments: Sequence[Any], argnums: Sequence[int]) -> tuple[list[Any], list[Value]]:
    """The arguments with Values in place of the numbers of those chosen, and these Values."""
    chosen = list(arguments)
    leaves: list[Value] = []
    for i in argnums:
        if not -len(chosen) <= i < len(chosen):
            raise ValueError(
                f"argnums has {i}, but the function was called with {len(chosen)} argument(s)"
            )
        own = [_variable(x) for x in flat(chosen[i])]
        leaves += own
        chosen[i] = like(chosen[i], iter(own))
    return chosen, leaves


def _scalar(output: Any, who: str) -> Any:
    if isinstance(output, Value):
        return output
    try:
        return real(output)
    except TypeError:
        raise TypeError(
            f"{who} is for functions that return one number, got {type(output).__name__}: return "
            "one number (a sum or a mean, say), or use jacobian"
        ) from None


def _plain(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


# -- reverse mode --


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns ``(f(*args), the gradient of f there)``.

    Parameters
    ----------
    f:
        Takes numbers or nested lists of numbers, returns one number.
    argnums:
        Which argument to differentiate by: one gives its gradient in its own nesting, several a
        tuple of such.

    >>> value_and_grad(lambda w, b: w[0] * w[1] + b)([2.0, 3.0], 1.0)
    (7.0, [3.0, 2.0])
    """
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)

    def differentiated(*arguments: Any, **keywords: Any) -> tuple[Any, Any]:
        nested = _nested(*arguments, *keywords.values())
        chosen, leaves = _variables(arguments, numbers)
        with _calling():
            output = _scalar(f(*chosen, **keywords), "grad")
            slopes = iter(gradients(output, leaves, create_graph=nested))
        result = tuple(like(arguments[i], slopes) for i in numbers)
        value = output if nested else _plain(output)
        return value, result[0] if isinstance(argnums, int) else result

    return differentiated


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns the gradient of ``f``: floats in, floats out, same nesting.

    >>> from autograd import tanh
    >>> grad(tanh)(0.5), grad(grad(tanh))(0.5)
    (0.7864477329659274, -0.7268619813835873)
    """
    both = value_and_grad(f, argnums)

    def gradient(*arguments: Any, **keywords: Any) -> Any:
        return both(*arguments, **keywords)[1]

    return gradient


def vjp(
    f: Callable[..., Any], primals: Sequence[Any]
) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """``f(*primals)`` and the function that takes an adjoint of that output back to the primals.

    >>> output, back = vjp(lambda x, y: [x * y, x + y], (2.0, 3.0))
    >>> output, back([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    nested = _nested(*primals)
    chosen, leaves = _variables(primals, range(len(primals)))
    with _calling():
        output = f(*chosen)

    def back(cotangent: Any) -> tuple[Any, ...]:
        again = nested or _nested(cotangent)
        outputs, weights = list(flat(output)), list(flat(cotangent))
        if len(outputs) != len(weights):
            raise ValueError(
                f"the output has {len(outputs)} number(s) and the cotangent {len(weights)}: "
                "give one for each, in the same nesting"
            )
        with recording():
            root = sum(o * weight for o, weight in zip(outputs, weights, strict=True))
            slopes = iter(gradients(root, leaves, create_graph=again))
        return tuple(like(primal, slopes) for primal in primals)

    return (output if nested else like(output, map(_plain, flat(output)))), back


def jacobian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """A function that returns all derivatives of all of ``f``'s outputs: outputs outermost.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] ** 2])([2.0, 3.0])
    [[3.0, 2.0], [4.0, 0.0]]
    """

    def matrix(*arguments: Any) -> Any:
        nested = _nested(*arguments)
        chosen, leaves = _variables(arguments, [argnums])
        with _calling():
            output = f(*chosen)
            rows = [
                like(arguments[argnums], iter(gradients(o, leaves, create_graph=nested)))
                for o in flat(output)
            ]
        return like(output, iter(rows))

    return matrix


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """A function that returns the second derivatives of ``f``: a list of lists.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


# -- forward mode --


def tangents(
    roots: Iterable[Value], seeds: dict[Value, Any], create_graph: bool = False
) -> dict[Value, Any]:
    """Forward mode over a recorded graph: the tangent of every node that depends on ``seeds``.

    A node's tangent is the sum of local derivative * tangent over its operands.
    """
    edges = differentiable if create_graph else recorded
    tangent = dict(seeds)
    for node in graph(*roots):
        if node.primitive is None or node in seeds:
            continue
        total = None
        for operand, local in edges(node):
            if operand in tangent:
                part = product(local, tangent[operand])
                total = part if total is None else total + part
        if total is not None:
            tangent[node] = total
    return tangent


def jvp(
    f: Callable[..., Any], primals: Sequence[Any], tangents_in: Sequence[Any]
) -> tuple[Any, Any]:
    """``f(*primals)`` and its derivative along ``tangents_in``, in one forward sweep.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    nested = _nested(*primals, *tangents_in)
    chosen, leaves = _variables(primals, range(len(primals)))
    directions = list(flat(list(tangents_in)))
    if len(directions) != len(leaves):
        raise ValueError(
            f"the primals have {len(leaves)} number(s) and the tangents {len(directions)}: give "
            "one for each, in the same nesting"
        )
    seeds = {
        leaf: direction if isinstance(direction, Value) else real(direction)
        for leaf, direction in zip(leaves, directions, strict=True)
    }
    with _calling():
        output = f(*chosen)
        outputs = [o for o in flat(output) if isinstance(o, Value)]
        along = tangents(outputs, seeds, create_graph=nested)
    zero: Any = Value if nested else float
    out = [along[o] if isinstance(o, Value) and o in along else zero(0.0) for o in flat(output)]
    value = output if nested else like(output, map(_plain, flat(output)))
    return value, like(output, iter(out))
