"""What an entry of the table of primitives is, and how one is called and registered."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import Any
from weakref import WeakValueDictionary

from autograd.ieee import inf, real

Rule = Callable[..., Any]

table: dict[str, Primitive] = {}
"""Every primitive by name, in the order of registration."""

replaced: WeakValueDictionary[str, Primitive] = WeakValueDictionary()
"""Those that lost their name to another but live on in graphs, by their name in generated code."""

_attach: list[Callable[[Primitive], None]] = []
"""What is done with each primitive when it is registered: Value and Term take it as a method."""

_owners: list[type] = []
"""Those that take it."""

_forget: list[Callable[[], object]] = []
"""What is called when a primitive is replaced: others may have been made from it."""


class Primitive:
    """A differentiable function: an entry of the table, and the function itself.

    Called with numbers it gives a float; with at least one Value among the operands, a Value.
    The fields are the arguments of ``primitive``.

    >>> from autograd.primitives import maximum, tanh
    >>> tanh(0.5), maximum(1, 2.5)
    (0.46211715726000974, 2.5)
    >>> tanh("0.5")
    Traceback (most recent call last):
        ...
    TypeError: tanh: a number is wanted, got the str '0.5': write float('0.5')
    """

    def __init__(
        self,
        name: str,
        *,
        partials: Sequence[Rule | None] | Rule,
        arity: int | None = 1,
        value: Callable[..., float] | None = None,
        definition: Rule | None = None,
        symbol: str = "",
        defaults: tuple[float, ...] = (),
        by_number: Primitive | None = None,
        fold: Rule | None = None,
        fold_when_recording: bool = False,
        python: str = "",
        javascript: str = "",
        llvm: Rule | None = None,
        shown: Sequence[Rule | None] = (),
        text: str = "",
        latex: str = "",
        domain: Sequence[tuple[float, float]] = (),
        kinks: Sequence[Rule] = (),
        words: str = "",
        doc: str = "",
    ) -> None:
        if (value is None) == (definition is None):
            raise ValueError(f"{name}: give either value= (a base primitive) or definition=")
        self.name = self.written = name  # written: its name in generated code
        self.module = ""  # which registered it
        self.symbol = symbol or name
        self.arity = arity
        self.definition = definition
        self.partials = partials
        self.defaults = defaults
        self.by_number = by_number
        self.fold = fold
        self.fold_when_recording = fold_when_recording
        self.python = python
        self.javascript = javascript
        self.llvm = llvm
        self.shown = shown
        self.text = text
        self.latex = latex
        self.domain = tuple(domain) or ((-inf, inf),) * (arity or 1)
        self.kinks = kinks
        self.words = words or f"{name} scales the gradient by its local derivative"
        self.__name__ = self.__qualname__ = name
        count = "any number of" if arity is None else arity
        self.__doc__ = doc or f"{name} of {count} operand{'' if arity == 1 else 's'}."
        self._value = value
        self._forward: dict[tuple[bool, ...], Callable[..., tuple[Any, ...]]] = {}

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _registered, (self.name,)

    def __deepcopy__(self, memo: object) -> Primitive:
        return self

    def __call__(self, *operands: Any) -> Any:
        operands = self._complete(operands)
        for operand in operands:
            record = getattr(type(operand), "record", None)
            if record is not None:
                return record(self, operands)
        return self.value(*[self._real(operand) for operand in operands])

    def _complete(self, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        """The operands with defaults filled in, or a TypeError with both counts."""
        if self.arity is None:
            if len(operands) == 1 and hasattr(operands[0], "__iter__"):
                operands = tuple(operands[0])
            if not operands:
                raise TypeError(f"{self.name} takes at least one operand, got none")
            return operands
        missing = self.arity - len(operands)
        if 0 < missing <= len(self.defaults):
            return operands + self.defaults[-missing:]
        if missing:
            least = self.arity - len(self.defaults)
            wanted = f"{self.arity}" if not self.defaults else f"{least} to {self.arity}"
            plural = "" if wanted == "1" else "s"
            raise TypeError(f"{self.name} takes {wanted} operand{plural}, got {len(operands)}")
        return operands

    def _real(self, operand: Any) -> float:
        try:
            return real(operand)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}") from None

    @property
    def value(self) -> Callable[..., float]:
        """The function on floats."""
        if self._value is None:
            from autograd.compiler import python

            self._value = python.value(self)
        return self._value

    def forward(self, active: tuple[bool, ...]) -> Callable[..., tuple[Any, ...]]:
        """The function on floats that returns the value and the partial derivatives.

        Parameters
        ----------
        active:
            For each operand, whether its derivative is wanted; the others' are None.
        """
        function = self._forward.get(active)
        if function is None:
            from autograd.compiler import python

            function = self._forward[active] = python.forward(self, active)
        return function

    def partial(self, i: int, out: Any, operands: Sequence[Any]) -> Any:
        """The partial derivative with regard to operand ``i``, on Values, Terms or floats.

        Raises
        ------
        TypeError
            If that operand must be a number.
        """
        if callable(self.partials):
            return self.partials(out, operands[i])
        rule = self.partials[i]
        if rule is None:
            raise TypeError(
                f"operand {i} of {self.name} must be a number, got a Value: write its .data"
            )
        return rule(out, *operands)

    @property
    def is_built_in(self) -> bool:
        """Whether it came with the package, so that its name can't be had."""
        return self.module in ("autograd.elementary", "autograd.primitives")

    def forget(self) -> None:
        """Forget the code that was generated from the definition and the rules."""
        self._forward.clear()
        if self.definition is not None:
            self._value = None

    def needs_number(self, i: int) -> bool:
        """Whether operand ``i`` must be a number."""
        return not callable(self.partials) and self.partials[i] is None


def _registered(name: str) -> Primitive:
    return table[name]


def primitive(name: str, **fields: Any) -> Primitive:
    """Register a differentiable function: it becomes a method of Value, and all read it.

    A module that registers a name again, as a notebook cell that is run twice does, replaces what
    it registered; graphs recorded before keep the rules that they were recorded with.

    Parameters
    ----------
    name:
        What it is called; ``symbol`` is what a picture shows (the name, unless given).
    arity, defaults:
        How many operands (None: any number), and numbers for the last ones where left out.
    value, python:
        For a base primitive, the function on floats, which must return for every float
        (inf and nan included), and its form in generated Python if not ``name(...)``.
    javascript, llvm:
        A base primitive's form in JavaScript, ``{0}`` being the first operand, and in LLVM: a
        function ``(builder, *operands)`` of an ``autograd.compiler.ir.Builder``. Without them it
        runs in Python alone.
    definition:
        For a derived primitive, in place of ``value``: a function of the operands written with
        other primitives, from which every backend computes it.
    partials:
        For each operand a rule ``(out, *operands) -> partial derivative`` written with primitives,
        so that it can be differentiated again; None where the operand must be a number. With any
        number of operands, one rule ``(out, operand)``.
    by_number:
        The primitive that stands in where the last operand is a number.
    fold, fold_when_recording:
        ``(*operands)`` -> an equal form, bit for bit, where some operands are known numbers, or
        None; used when programs are made, and if so marked when a graph is recorded.
    shown, text, latex:
        The partials as textbooks write them (where the rule is written otherwise for accuracy) and
        templates of the function, ``{0}`` being the first operand.
    domain, kinks:
        For each operand the open interval on which the function is differentiable, and functions
        of the operands that are 0 where it has a kink.
    words, doc:
        What the gate does with the gradient, in a sentence; what the function is.

    Raises
    ------
    ValueError
        If the name is no identifier, or is one of what Values have, of a primitive that comes with
        the package, or of one that another module registered.

    >>> from math import inf
    >>> from autograd import Value, primitive
    >>> sinc = primitive(
    ...     "sinc",
    ...     definition=lambda a: a.sin() / a,
    ...     partials=(lambda out, a: (a.cos() - out) / a,),
    ...     domain=((0.0, inf),),
    ... )
    >>> x = Value(2.0)
    >>> x.sinc().backward()
    >>> round(x.grad, 6)
    -0.435398
    """
    if not name.isidentifier() or iskeyword(name):
        raise ValueError(f"primitive name {name!r} is not a Python identifier: choose another")
    entry = Primitive(name, **fields)
    entry.module = sys._getframe(1).f_globals.get("__name__", "")
    check_free(name, entry.module)
    put(entry)
    return entry


def check_free(name: str, module: str | None = None) -> None:
    """Raise a ValueError if ``module`` (None: any) may not register a primitive of that name."""
    previous = table.get(name)
    if previous is None:
        free = not any(hasattr(owner, name) for owner in _owners)
    else:
        free = not previous.is_built_in
    if not free:
        raise ValueError(f"primitive name {name!r} is taken: choose another")
    if previous is not None and module not in (None, previous.module):
        raise ValueError(
            f"primitive name {name!r} is taken by one that the module {previous.module!r} "
            "registered: choose another"
        )


def put(entry: Primitive) -> None:
    """Make ``entry`` the primitive of its name; one that had the name lives on in its graphs."""
    previous = table.get(entry.name)
    entry.written = entry.name
    table[entry.name] = entry
    for attach in _attach:
        attach(entry)
    if previous is not None:
        _retire(previous)


def take_out(entry: Primitive) -> None:
    """Take a user's primitive out of the table again."""
    del table[entry.name]
    for owner in _owners:
        delattr(owner, entry.name)
    _retire(entry)


def _retire(entry: Primitive) -> None:
    """Call ``entry`` otherwise in generated code from now on, and have the users' others remade."""
    count = 1
    while f"{entry.name}__{count}" in replaced:
        count += 1
    entry.written = f"{entry.name}__{count}"
    replaced[entry.written] = entry
    for other in table.values():
        if not other.is_built_in:
            other.forget()
            for attach in _attach:
                attach(other)
    for forget in _forget:
        forget()


OPERATORS = {
    "add": "__add__",
    "sub": "__sub__",
    "mul": "__mul__",
    "div": "__truediv__",
    "pow": "__pow__",
    "neg": "__neg__",
    "abs": "__abs__",
}
"""Which primitives Python writes as operators."""


def on_registration(owner: type, attach: Callable[[Primitive], None]) -> None:
    """Call ``attach``, which gives ``owner`` a method, with every primitive registered from now on.

    So it comes before the table, which autograd/__init__ sees to.
    """
    _attach.append(attach)
    _owners.append(owner)


def on_replacement(forget: Callable[[], object]) -> None:
    """Call ``forget`` whenever a primitive is replaced or taken out."""
    _forget.append(forget)
