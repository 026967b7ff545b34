"""Traces: what a rule does, written down as a list of instructions.

A rule of the table is a Python function of its operands. Called with Terms in place of numbers
it leaves a Trace: each operation once (equal operations of equal operands are one instruction),
numbers folded, derived primitives written out in base ones where that is wanted. The fast methods
of Value, the formulas that people read and the compiled programs are all made from Traces.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd.primitive import OPERATORS, Primitive, on_registration

Operand: TypeAlias = "Term | float"


class Term:
    """The result of one instruction (or an input) of a Trace; has the operators of a Value."""

    __slots__ = ("index", "trace")

    def __init__(self, trace: Trace, index: int) -> None:
        self.trace = trace
        self.index = index

    def __repr__(self) -> str:
        return f"t{self.index}"

    def operand_of(self, primitive: Primitive, i: int) -> Operand | None:
        """Operand ``i`` of the instruction that made this, if it is one of ``primitive``."""
        by, operands = self.trace.instructions[self.index]
        return operands[i] if by is primitive else None

    def __bool__(self) -> bool:
        raise TypeError(
            "a rule is written down once for all numbers, so it cannot branch on one: in place of "
            "`x if a > b else y` write where(greater(a, b), x, y)"
        )

    def __lt__(self, other: Any) -> bool:
        return bool(self)

    __gt__ = __le__ = __ge__ = __lt__

    def __float__(self) -> float:
        raise TypeError(
            "a rule is differentiated in turn, which the functions of math are not: write the "
            "primitive, autograd.exp(a) in place of math.exp(a)"
        )

    @staticmethod
    def record(primitive: Primitive, operands: tuple[Any, ...]) -> Operand:
        """``primitive`` on operands of which one at least is a Term."""
        trace = next(o.trace for o in operands if isinstance(o, Term))
        if primitive.by_number is not None and not isinstance(operands[-1], Term):
            primitive = primitive.by_number
        return trace.apply(
            primitive, tuple(o if isinstance(o, Term) else float(o) for o in operands)
        )

    if TYPE_CHECKING:

        def __add__(self, other: Any) -> Any: ...
        def __sub__(self, other: Any) -> Any: ...
        def __mul__(self, other: Any) -> Any: ...
        def __truediv__(self, other: Any) -> Any: ...
        def __pow__(self, other: Any) -> Any: ...
        def __neg__(self) -> Any: ...
        def __abs__(self) -> Any: ...


def _attach(primitive: Primitive) -> None:
    """Give Term the method, and the operator, of ``primitive``."""
    setattr(Term, primitive.name, lambda *operands: primitive(*operands))
    operator = OPERATORS.get(primitive.name)
    if operator:
        setattr(Term, operator, lambda *operands: primitive(*operands))
        if primitive.arity == 2:
            setattr(Term, f"__r{operator[2:]}", lambda b, a: primitive(a, b))


on_registration(Term, _attach)


class Trace:
    """A list of instructions, each ``(primitive, operands)``; an input has no primitive.

    Parameters
    ----------
    expand:
        Whether a derived primitive is written out in base primitives (to compute) or stands as
        itself (to read).

    >>> from autograd.primitives import sigmoid, tanh
    >>> trace = Trace(expand=False)
    >>> x = trace.input("x")
    >>> y = tanh(x) * tanh(x)
    >>> [(primitive.name, operands) for primitive, operands in trace.instructions if primitive]
    [('tanh', (t0,)), ('mul', (t1, t1))]
    """

    __slots__ = ("_known", "_terms", "expand", "instructions", "names")

    def __init__(self, expand: bool = True) -> None:
        self.expand = expand
        self.instructions: list[tuple[Primitive | None, tuple[Operand, ...]]] = []
        self.names: dict[int, str] = {}
        self._terms: list[Term] = []
        self._known: dict[tuple[object, ...], Term] = {}

    def input(self, name: str) -> Term:
        """A new input of that name."""
        term = self._append(None, ())
        self.names[term.index] = name
        return term

    def apply(self, primitive: Primitive, operands: tuple[Operand, ...]) -> Operand:
        """``primitive`` on ``operands``: folded, found again, or a new instruction."""
        if not any(type(operand) is Term for operand in operands):
            return primitive.value(*operands)
        if primitive.fold is not None and (self.expand or primitive.fold_when_recording):
            folded: Operand | None = primitive.fold(*operands)
            if folded is not None:
                return folded
        if self.expand and primitive.definition is not None:
            return primitive.definition(*operands)  # type: ignore[no-any-return]
        # 0.0 == -0.0 and nan != nan, so numbers are told apart by what they print
        key = (primitive, *[o.index if type(o) is Term else repr(o) for o in operands])
        term = self._known.get(key)
        if term is None:
            term = self._known[key] = self._append(primitive, operands)
        return term

    def _append(self, primitive: Primitive | None, operands: tuple[Operand, ...]) -> Term:
        term = Term(self, len(self.instructions))
        self.instructions.append((primitive, operands))
        self._terms.append(term)
        return term

    def needed(self, outputs: Iterable[Operand]) -> list[int]:
        """The indices of the instructions that ``outputs`` depend on, in order; inputs left out."""
        wanted = {o.index for o in outputs if isinstance(o, Term)}
        for index in reversed(range(len(self.instructions))):
            if index in wanted:
                wanted.update(o.index for o in self.instructions[index][1] if isinstance(o, Term))
        return [i for i in sorted(wanted) if self.instructions[i][0] is not None]
