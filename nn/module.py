"""Module: what has parameters, names for them, and can be called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autograd import Value
from autograd.ieee import real
from autograd.transforms import flat
from autograd.value import assign, mark_call, serial


class Module:
    """The base of everything with parameters: Neuron, Layer, MLP and what users build of them.

    A subclass keeps leaf Values, Modules, and lists of either as attributes, and has a ``forward``
    method. Parameters are named by the way to them; an attribute whose name begins with ``_`` is
    not looked into.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.weight, self.bias = Value(2.0), Value(1.0)
    ...
    ...     def forward(self, x):
    ...         return self.weight * x + self.bias
    >>> line = Line()
    >>> line(3.0).data, [name for name, _ in line.named_parameters()]
    (7.0, ['weight', 'bias'])
    """

    _path: str | None = None

    def forward(self, x: Any) -> Any:
        """The outputs for ``x``; a subclass defines it."""
        raise TypeError(
            f"{type(self).__name__} has no forward(self, x): define it to call the module"
        )

    def __call__(self, x: Any) -> Any:
        if self._path is None:
            self._name_modules()
        start = serial()
        output = self.forward(x)
        for made in flat(output):
            if isinstance(made, Value) and made.primitive is not None and made.serial > start:
                mark_call(made, start, self._path or type(self).__name__)
        return output

    def _name_modules(self) -> None:
        """Tell each module below its path, by which pictures group the nodes it makes."""
        for path, module in self.named_modules():
            module._path = path

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module ('') and those in it, each with its path, outer before inner."""
        return ((path, item) for path, item in _walk("", self) if isinstance(item, Module))

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Each parameter once, with its name, such as 'layers.0.neurons.3.weights.1'."""
        found: dict[Value, str] = {}
        for path, item in _walk("", self):
            if isinstance(item, Value):
                found.setdefault(item, path)
        return [(path, parameter) for parameter, path in found.items()]

    def parameters(self) -> list[Value]:
        """The parameters, in the order of their names."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradient of every parameter: it reads 0.0."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def state_dict(self) -> dict[str, float]:
        """The parameters' numbers by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set the parameters' numbers by name: all of them, or, where something is wrong, none.

        Raises
        ------
        ValueError
            If names are missing or unexpected; they are listed.
        TypeError
            If something is not a number.
        """
        parameters = dict(self.named_parameters())
        missing = [name for name in parameters if name not in state]
        unexpected = [name for name in state if name not in parameters]
        if missing or unexpected:
            raise ValueError(
                f"this state does not fit {type(self).__name__}: missing {_some(missing)}; "
                f"unexpected {_some(unexpected)}"
            )
        numbers = {}
        for name in parameters:
            try:
                numbers[name] = real(state[name])
            except TypeError as error:
                raise TypeError(f"{name}: {error}") from None
        assign(list(parameters.values()), numbers.values())


def _walk(path: str, item: Any) -> Iterator[tuple[str, Any]]:
    """The Modules and leaf Values in ``item`` with their paths, each before what is in it."""
    if isinstance(item, Value):
        if item.primitive is None:  # a result that a module keeps is none of its parameters
            yield path, item
    elif isinstance(item, Module):
        yield path, item
        for name, inner in vars(item).items():
            if not name.startswith("_"):
                yield from _walk(f"{path}.{name}" if path else name, inner)
    elif isinstance(item, (list, tuple)):
        for i, inner in enumerate(item):
            yield from _walk(f"{path}.{i}", inner)


def _some(names: list[str]) -> str:
    """Up to five of ``names``, and how many more there are."""
    if not names:
        return "none"
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(repr, names[:5])) + more
