"""Value: a number that remembers how it was made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from autograd.ieee import real
from autograd.primitive import Primitive

NOT_COMPUTED = float(0)
"""The 0.0 that a gradient reads before any backward pass has reached it; told by identity."""

new = object.__new__
serial = count(1).__next__

paused: set[object] = set()
"""The ``no_grad`` that threads are inside of: the fast methods look only whether there are any."""


class _Thread(threading.local):
    """What is so in one thread and not in another."""

    on_comparison: Callable[[], None] | None = None

    def __init__(self) -> None:
        self.paused: set[object] = set()  # those of ``paused`` that are its own


this_thread = _Thread()


class Call:
    """A module call that ended in a node: the nodes it made have serials from ``start`` on.

    ``outer`` is the call around this one that ended in the same node, and ``name`` the node's own.
    """

    __slots__ = ("label", "name", "outer", "start")

    def __init__(self, start: int, label: str, outer: Call | None, name: str | None) -> None:
        self.start = start
        self.label = label
        self.outer = outer
        self.name = name


class Value:
    """A number, the operation that made it, and its gradient: a node of a computation graph.

    Parameters
    ----------
    data:
        One real number (int, float, Fraction, numpy scalar), held as a float.
    name:
        What pictures and tables call it.

    Raises
    ------
    TypeError
        For anything that is not one real number; the message says what to write.

    >>> x = Value(2.0, name="x")
    >>> y = 3 * x**2 + x.tanh()
    >>> y.backward()
    >>> y.data, x.grad
    (12.964027580075816, 12.070650824853164)
    >>> y.op, [operand.op for operand in y.args]
    ('+', ['*', 'tanh'])
    """

    # A node of one or two operands keeps them in _a and _b and its local derivatives in _da and
    # _db (a number among the operands has none; _b is None for one operand). With more operands
    # _a and _b hold the two tuples, and _da and _db are None. A leaf has no _op. Slots in place of
    # tuples keep a node at 208 bytes, its numbers and gradient included.
    __slots__ = (  # noqa: RUF023 (in the order of the story above)
        "grad",
        "_data",
        "_op",
        "_a",
        "_b",
        "_da",
        "_db",
        "_serial",
        "_label",
        "__weakref__",
    )
    __array_ufunc__ = None  # numpy leaves `np.float64(2) * value` to us

    grad: float
    _data: float
    _op: Primitive | None
    _a: Any
    _b: Any
    _da: Any
    _db: Any
    _serial: int
    _label: str | Call | None

    def __init__(self, data: Any, *, name: str | None = None) -> None:
        self._data = data if type(data) is float else real(data)
        self.grad = NOT_COMPUTED
        self._op = self._a = self._b = self._da = self._db = None
        self._serial = serial()
        self._label = name

    # -- what a node is --

    @property
    def data(self) -> float:
        """The number. A leaf's may be set; graphs recorded before keep the pass they recorded."""
        return self._data

    @data.setter
    def data(self, data: Any) -> None:
        if self._op is not None:
            raise AttributeError(
                f"this Value was computed ({self.op}): change the leaves it came from and compute "
                "it again, or take .detach() for a leaf of its own"
            )
        self._data = data if type(data) is float else real(data)
        self._serial = serial()  # newer than what was computed from it: see stale operands

    @property
    def name(self) -> str | None:
        """What pictures and tables call it."""
        label = self._label
        return label.name if isinstance(label, Call) else label

    @name.setter
    def name(self, name: str | None) -> None:
        if isinstance(self._label, Call):
            self._label.name = name
        else:
            self._label = name

    @property
    def op(self) -> str:
        """The symbol of the operation that made it, '' for a leaf."""
        return self._op.symbol if self._op is not None else ""

    @property
    def primitive(self) -> Primitive | None:
        """The entry of the table of primitives that made it, None for a leaf."""
        return self._op

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """The operands in order, duplicates kept; plain numbers as floats."""
        if self._op is None:
            return ()
        if self._da is None and self._db is None:
            return self._a  # type: ignore[no-any-return]
        return (self._a,) if self._b is None else (self._a, self._b)

    @property
    def args(self) -> tuple[Value, ...]:
        """The operands in order, duplicates kept; plain numbers as Constants made on the fly."""
        return tuple(o if isinstance(o, Value) else Constant(o) for o in self.operands)

    @property
    def local_derivatives(self) -> tuple[float | None, ...]:
        """For each operand the local derivative at the recorded pass, None for a plain number."""
        if self._op is None:
            return ()
        if self._da is None and self._db is None:
            return self._b  # type: ignore[no-any-return]
        return (self._da,) if self._b is None else (self._da, self._db)

    @property
    def is_constant(self) -> bool:
        """Whether it stands for a plain number among the operands of another node."""
        return False

    @property
    def has_grad(self) -> bool:
        """Whether a backward pass has reached it since it was made or its gradient was zeroed."""
        return self.grad is not NOT_COMPUTED and self.grad is not None

    @property
    def serial(self) -> int:
        """The order of creation; setting a leaf's data renews it."""
        return self._serial

    @property
    def call(self) -> Call | None:
        """The module call that ended in this node, if one did."""
        return self._label if isinstance(self._label, Call) else None

    def zero_grad(self) -> None:
        """Forget the gradient: it reads 0.0, and a picture shows a dash."""
        self.grad = NOT_COMPUTED

    def detach(self) -> Value:
        """Its number as a leaf of its own."""
        return Value(self._data, name=self.name)

    def backward(self, seed: float = 1.0) -> None:
        """Backpropagate from here: see ``autograd.backprop.backward``."""
        from autograd.backprop import backward

        backward(self, seed)

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name is not None else ""
        made = f", op={self.op!r}" if self._op is not None else ""
        grad = f", grad={self.grad!r}" if self.has_grad else ""
        return f"Value({self._data!r}{name}{made}{grad})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    # -- what it is not --

    def __float__(self) -> float:
        raise TypeError(
            "float() and the functions of math would cut a Value out of its graph: write .data for "
            "its number, or the primitive, autograd.exp(x) or x.exp()"
        )

    def __bool__(self) -> bool:
        return _compared(self._data != 0.0)

    def __lt__(self, other: Any) -> bool:
        return _compared(self._data < _number(other))

    def __le__(self, other: Any) -> bool:
        return _compared(self._data <= _number(other))

    def __gt__(self, other: Any) -> bool:
        return _compared(self._data > _number(other))

    def __ge__(self, other: Any) -> bool:
        return _compared(self._data >= _number(other))

    # -- copies: flat, since a chain of operations is as deep as it is long --

    def __reduce__(self) -> tuple[Any, ...]:
        from autograd.copying import reduce

        return reduce(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        from autograd.copying import deepcopy

        return deepcopy(self, memo)

    @staticmethod
    def record(primitive: Primitive, operands: tuple[Any, ...]) -> Any:
        """``primitive`` on operands of which one at least is a Value: a new node.

        The generated methods do the same for the common cases, faster.
        """
        if primitive.by_number is not None and not isinstance(operands[-1], Value):
            primitive = primitive.by_number
        parts = [_operand(primitive, o) for o in operands]
        numbers = [o._data if isinstance(o, Value) else o for o in parts]
        if is_paused():
            return Value(primitive.value(*numbers))
        if primitive.fold_when_recording and primitive.fold is not None:
            folded = primitive.fold(*parts)
            if folded is not None:
                return folded if isinstance(folded, Value) else Value(folded)
        active = tuple(isinstance(o, Value) for o in parts)
        value, *partials = primitive.forward(active)(*numbers)
        node = new(Value)
        node._data = value
        node.grad = NOT_COMPUTED
        node._op = primitive
        if len(parts) <= 2:
            node._a, node._b = parts if len(parts) == 2 else (parts[0], None)
            node._da, node._db = partials if len(parts) == 2 else (partials[0], None)
        else:
            node._a, node._b = tuple(parts), tuple(partials)
            node._da = node._db = None
        node._serial = serial()
        node._label = None
        return node

    if TYPE_CHECKING:  # the table's functions are attached when they are registered

        def __getattr__(self, name: str) -> Callable[..., Any]: ...
        def __add__(self, other: Any) -> Value: ...
        def __radd__(self, other: Any) -> Value: ...
        def __sub__(self, other: Any) -> Value: ...
        def __rsub__(self, other: Any) -> Value: ...
        def __mul__(self, other: Any) -> Value: ...
        def __rmul__(self, other: Any) -> Value: ...
        def __truediv__(self, other: Any) -> Value: ...
        def __rtruediv__(self, other: Any) -> Value: ...
        def __pow__(self, other: Any) -> Value: ...
        def __rpow__(self, other: Any) -> Value: ...
        def __neg__(self) -> Value: ...
        def __abs__(self) -> Value: ...


class Constant(Value):
    """A plain number among the operands of a node, as ``Value.args`` shows it: no gradient."""

    __slots__ = ()

    @property
    def is_constant(self) -> bool:
        return True


def _operand(primitive: Primitive, operand: Any) -> Value | float:
    if type(operand) is Value:
        return operand
    if isinstance(operand, Value):
        return operand._data if operand.is_constant else operand
    try:
        return real(operand)
    except TypeError as error:
        raise TypeError(f"{primitive.name}: {error}") from None


def _number(other: Any) -> float:
    return other._data if isinstance(other, Value) else real(other)


# -- many at once: within one call of C comes neither a Ctrl-C nor another thread --


def assign(leaves: Sequence[Value], numbers: Iterable[Any]) -> None:
    """Set the data of each of ``leaves``: of all, or of none where something is no number."""
    checked = [x if type(x) is float else real(x) for x in numbers]
    any(map(setattr, leaves, repeat("_serial"), [serial() for _ in leaves]))
    any(map(setattr, leaves, repeat("_data"), checked))


def assign_grads(nodes: Iterable[Value], grads: Iterable[float]) -> None:
    """Set the ``.grad`` of each of ``nodes``: of all, or of none."""
    any(map(setattr, nodes, repeat("grad"), grads))


# -- comparisons, which a graph does not record --


def _compared(result: bool) -> bool:
    if this_thread.on_comparison is not None:
        this_thread.on_comparison()  # the compiler refuses graphs that depend on the data
    return result


# -- recording --


def is_paused() -> bool:
    """Whether this thread is inside ``no_grad``."""
    return not paused.isdisjoint(this_thread.paused)


@contextmanager
def no_grad() -> Iterator[None]:
    """Within it, this thread's operations make nodes without operands: nothing is recorded.

    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.args
    (4.0, ())
    """
    context, own = object(), this_thread.paused
    try:  # whenever a Ctrl-C comes, what was entered is left
        own.add(context)
        paused.add(context)
        yield
    finally:
        paused.discard(context)  # what would be left of it in ``own`` then means nothing
        own.discard(context)


@contextmanager
def recording() -> Iterator[None]:
    """Within it, this thread records even inside ``no_grad``: for the transforms' functions."""
    outer = this_thread.paused
    try:
        this_thread.paused = set()
        yield
    finally:
        this_thread.paused = outer


def mark_call(output: Value, start: int, label: str) -> None:
    """Note that the module call ``label``, begun at serial ``start``, ended in ``output``."""
    inner = output._label
    if isinstance(inner, Call):
        outermost = inner
        while outermost.outer is not None:
            outermost = outermost.outer
        outermost.outer = Call(start, label, None, None)
    else:
        output._label = Call(start, label, None, inner)
