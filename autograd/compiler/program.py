"""Programs: a graph of Values made to run over many rows of data."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol

from autograd.backprop import accumulated
from autograd.compiler.code import Code, flatten
from autograd.compiler.data import array, is_array
from autograd.compiler.rows import PythonBackend, identifiers, imports, source
from autograd.compiler.tracing import differentiated, structure, traced
from autograd.primitive import Primitive, on_replacement
from autograd.trace import Term
from autograd.value import Value, assign_grads

LINES = 400  # of a printed program, after which it is abridged


class Backend(Protocol):
    """What runs a program's code over rows, an array of (rows, inputs) or a list of lists."""

    name: str

    def outputs(self, rows: Any, parameters: Any) -> Any:
        """For each row its outputs."""

    def value_and_grad(self, rows: Any, parameters: Any, mean: bool, gradient: Any) -> Any:
        """The sum or mean of the value over the rows, and those of the derivatives."""


def compile(
    output: Value | Sequence[Value],
    inputs: Sequence[Value],
    parameters: Sequence[Value] = (),
    *,
    backend: str = "auto",
    threads: int = 1,
    fast_math: bool = False,
) -> Program:
    """Make a program of a graph: its value and gradient, over many rows of inputs.

    Per row, values and gradients are bit for bit those that the graph's Values compute. Sums over
    rows are taken in order within blocks of 256 rows, and then over the blocks in order, whatever
    the backend and however many threads; so up to 256 rows they are what ``backward()`` on one row
    after the other adds up to.

    Parameters
    ----------
    output:
        What to compute: a Value, or a sequence of them (then the program has no gradient).
    inputs:
        Leaves that take the numbers of a row, in this order.
    parameters:
        Leaves that are the same for every row; their numbers are read at each call. All other
        leaves are constants, at the number they have now.
    backend:
        "python": generated Python, which needs nothing. "llvm": machine code, eight rows at a
        time where the machine can; needs the extra ``fast`` (numpy and llvmlite). "auto": "llvm"
        where that is installed, else "python".
    threads:
        How many threads "llvm" splits the rows over. The result is the same for every number.
    fast_math:
        Whether "llvm" may give up bit equality for speed: a product and a sum may be rounded once
        instead of twice, and exp and log may differ from the C library's by a unit in the last
        place.

    Raises
    ------
    TypeError, ValueError
        If an input or parameter is not a leaf, or is listed twice.
    ImportError
        If ``backend="llvm"`` and the extra is not installed.

    >>> from autograd import Value
    >>> x, w, b = Value(1.0, name="x"), Value(3.0, name="w"), Value(-1.0, name="b")
    >>> program = compile((w * x + b) ** 2, inputs=[x], parameters=[w, b], backend="python")
    >>> program([[1.0], [2.0]])
    [4.0, 25.0]
    >>> program.value_and_grad([[1.0], [2.0]])
    (14.5, [12.0, 7.0])
    >>> print(program)
    program of 1 input, 2 parameters, 5 instructions
    t1 = w * x
    t2 = t1 + b
    t3 = t2 * t2
    t4 = 2.0 * t2
    t5 = x * t4
    value: t3
    d/dw: t5
    d/db: t4
    """
    outputs = [output] if isinstance(output, Value) else list(output)
    if not outputs:
        raise ValueError("output: a Value is wanted, or a sequence of at least one")
    for k, out in enumerate(outputs):
        if not isinstance(out, Value):
            raise TypeError(f"output {k} is {out!r}: a Value is wanted, or a sequence of Values")
    _check_leaves(inputs, parameters)
    if backend not in ("auto", "python", "llvm"):
        raise ValueError(f'backend {backend!r}: "auto", "python" or "llvm" is wanted')
    lowered = _lowered(outputs, inputs, parameters)
    single = isinstance(output, Value)
    return Program(lowered, parameters, single, _backend(lowered, backend, threads, fast_math))


class Lowered:
    """A graph in base primitives: the code of its outputs, and of its value and gradient.

    It is common to all programs of one structure, and so are the backends made from it.
    """

    def __init__(
        self, outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value]
    ) -> None:
        trace, terms = traced(outputs, inputs, parameters)
        names = {}
        for node, term in terms.items():
            if node.name is not None and isinstance(term, Term) and node.primitive is not None:
                names[term.index] = node.name
        counts = len(inputs), len(parameters)
        results = [terms[o] for o in outputs]
        self.value: Code = flatten(trace, *counts, results, names)
        self.gradient: Code | None = None
        if len(outputs) == 1:
            results += differentiated(outputs[0], parameters, terms)
            self.gradient = flatten(trace, *counts, results, names)
        self.backends: dict[tuple[object, ...], Backend] = {}

    def __len__(self) -> int:
        return len(self.codes[-1].operands)

    @property
    def codes(self) -> list[Code]:
        return [self.value] if self.gradient is None else [self.value, self.gradient]


_known: OrderedDict[tuple[object, ...], Lowered] = OrderedDict()
_changing = threading.Lock()
KEPT = 1_000_000  # instructions of programs remembered within the process, the newest first
on_replacement(_known.clear)


def _lowered(
    outputs: Sequence[Value], inputs: Sequence[Value], parameters: Sequence[Value]
) -> Lowered:
    key = structure(outputs, inputs, parameters)
    lowered = _known.get(key) or Lowered(outputs, inputs, parameters)
    with _changing:
        _known[key] = lowered
        _known.move_to_end(key)
        total = sum(map(len, _known.values()))
        while total > KEPT and len(_known) > 1:
            total -= len(_known.popitem(last=False)[1])
    return lowered


def _check_leaves(inputs: Sequence[Value], parameters: Sequence[Value]) -> None:
    seen: dict[Value, str] = {}
    for kind, leaves in (("inputs", inputs), ("parameters", parameters)):
        if isinstance(leaves, Value):
            raise TypeError(f"{kind}: a sequence of Values is wanted, got one Value: write [x]")
        for k, leaf in enumerate(leaves):
            if not isinstance(leaf, Value):
                raise TypeError(f"{kind}[{k}] is {leaf!r}: a Value is wanted")
            if leaf.primitive is not None:
                raise ValueError(
                    f"{kind}[{k}] was computed ({leaf!r}): list the leaves it comes from, or "
                    "compute with .detach() of it"
                )
            if leaf in seen:
                raise ValueError(f"{kind}[{k}] is {seen[leaf]} too: list each leaf once")
            seen[leaf] = f"{kind}[{k}]"


def _backend(lowered: Lowered, name: str, threads: int, fast_math: bool) -> Backend:
    """The backend of that name, made once for a structure."""
    if name != "python":
        try:
            from autograd.compiler.native import NativeBackend, check

            check(lowered.codes)
        except (ImportError, ValueError) as error:
            if name == "llvm":
                raise
            _say_once(str(error))
        else:
            key = ("llvm", threads, fast_math)
            if key not in lowered.backends:
                lowered.backends[key] = NativeBackend(lowered.codes, threads, fast_math)
            return lowered.backends[key]
    return lowered.backends.setdefault(("python",), PythonBackend(lowered.codes))


_said: set[str] = set()


def _say_once(reason: str) -> None:
    if reason not in _said:
        _said.add(reason)
        warnings.warn(f"compiled to Python, not to machine code: {reason}", stacklevel=4)


class Program:
    """A compiled graph; see ``compile``.

    Attributes
    ----------
    parameters:
        The Values whose numbers each call reads.
    backend:
        "python" or "llvm".
    """

    def __init__(
        self, lowered: Lowered, parameters: Sequence[Value], single: bool, backend: Backend
    ) -> None:
        self._lowered = lowered
        self._single = single
        self._backend = backend
        self.parameters = tuple(parameters)
        self.backend = backend.name
        self.inputs = [lowered.value.labels[k] for k in range(lowered.value.inputs)]

    def __call__(self, rows: Any) -> Any:
        """The output for each row of inputs.

        Parameters
        ----------
        rows:
            A list of lists of numbers or a numpy array, (rows, inputs).

        Returns a list of floats, or of lists if the program has a sequence of outputs; for an
        array an array, (rows,) or (rows, outputs).

        Raises
        ------
        TypeError, ValueError
            If a row is too long or too short, or holds something other than numbers.
        """
        results = self._backend.outputs(rows, [p._data for p in self.parameters])
        if is_array(results):
            results = results[:, 0] if self._single else results
            return results if is_array(rows) else results.tolist()
        results = [r[0] for r in results] if self._single else [list(r) for r in results]
        return array(results) if is_array(rows) else results

    def value_and_grad(
        self,
        rows: Any,
        reduction: str = "mean",
        *,
        parameters: Any = None,
        gradient: Any = None,
    ) -> tuple[float, Any]:
        """The output over all rows, and its derivatives in the order of the parameters.

        Parameters
        ----------
        rows:
            A list of lists of numbers or a numpy array, (rows, inputs).
        reduction:
            "mean" or "sum" of the rows' outputs.
        parameters:
            Their numbers, if not those of the Values: for a training run that keeps them in one
            flat float64 array, (parameters,).
        gradient:
            A list or float64 array, (parameters,), that takes the derivatives and is returned.

        Returns the value, and a list; an array if ``rows`` is one.

        Raises
        ------
        TypeError, ValueError
            As ``program(rows)``, and for a mean of no rows, or if the program has several outputs.
        """
        if reduction not in ("mean", "sum"):
            raise ValueError(f'reduction {reduction!r}: "mean" or "sum" is wanted')
        if not self._single:
            raise ValueError(
                "this program has a sequence of outputs, and a gradient is one output's: compile "
                "that output, or their sum"
            )
        if parameters is None:
            parameters = [p._data for p in self.parameters]
        mean = reduction == "mean"
        return self._backend.value_and_grad(rows, parameters, mean, gradient)  # type: ignore[no-any-return]

    def backward(self, rows: Any, reduction: str = "mean") -> float:
        """Add the derivatives over all rows to each parameter's ``.grad``; returns the value.

        Parameters and errors are those of ``value_and_grad``.
        """
        value, gradient = self.value_and_grad(rows, reduction)
        pairs = zip(self.parameters, map(float, gradient), strict=True)
        assign_grads(self.parameters, [accumulated(x, derivative) for x, derivative in pairs])
        return value

    @property
    def source(self) -> str:
        """The straight-line Python that the program stands for.

        A module of two functions of (rows, parameters): the outputs of each row, and the sums of
        the value and of its derivatives over the rows; the second only if there is one output.
        """
        codes = self._lowered.codes
        parts = [imports(codes), *(source(code, k == 1) for k, code in enumerate(codes))]
        return "\n\n".join(part for part in parts if part)

    def __str__(self) -> str:
        codes = self._lowered.codes
        return listing(codes[-1], len(codes) == 2)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def __repr__(self) -> str:
        return f"<{title(self._lowered.codes[-1])}: {self.backend}>"


def title(code: Code) -> str:
    """What a program is, in a line."""
    computed = len(code.primitives) - code.primitives.count(None)
    counts = [_count(code.inputs, "input"), _count(code.parameters, "parameter")]
    return f"program of {', '.join(counts)}, {_count(computed, 'instruction')}"


def listing(code: Code, gradient: bool) -> str:
    """One instruction a line, with names; abridged in the middle if long."""
    names = identifiers(code)

    def line(i: int) -> str:
        primitive = code.primitives[i]
        assert primitive is not None
        return f"{names[i]} = {readable(primitive, [names[o] for o in code.operands[i]])}"

    computed = [i for i, primitive in enumerate(code.primitives) if primitive is not None]
    lines = [i if isinstance(i, str) else line(i) for i in _abridged(computed)]
    if gradient:
        parameters = names[code.inputs : code.inputs + code.parameters]
        heads = ["value", *[f"d/d{parameter}" for parameter in parameters]]
    else:
        heads = [f"output {k}" for k in range(len(code.outputs))]
    results = [f"{head}: {names[i]}" for head, i in zip(heads, code.outputs, strict=True)]
    return "\n".join([title(code), *lines, *_abridged(results)])


def readable(primitive: Primitive, operands: list[str]) -> str:
    """An instruction in one expression: an operator, or the primitive's name and operands."""
    if " if " in primitive.python or not primitive.python:
        named = f" {primitive.symbol} " if primitive.symbol == "/" else ", "
        written = named.join(operands)
        return written if primitive.symbol == "/" else f"{primitive.name}({written})"
    return primitive.python.format(*operands)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"


def _abridged(items: Sequence[Any]) -> list[Any]:
    """The items, those in the middle replaced by their number if there are many."""
    if len(items) <= LINES:
        return list(items)
    half = LINES // 2
    return [*items[:half], f"... {len(items) - 2 * half} more ...", *items[-half:]]
