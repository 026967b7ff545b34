"""Value's methods and operators, generated from the table as dataclasses generates __init__.

``Value.record`` computes any primitive on any operands; a method generated here does the same for
one primitive of one or two operands in straight-line code: the value and the local derivatives
come from the primitive's own rules, written out and shared by a Trace. A method is generated when
it is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import value as recording
from autograd.compiler.python import assignments, namespace, reference, traced
from autograd.ieee import real
from autograd.primitive import OPERATORS, Primitive, on_registration, table
from autograd.value import Value

NODE = """
    node = new(Value)
    node._data = {value}
    node.grad = NOT_COMPUTED
    node._op = {primitive}
    node._a = {a}
    node._b = {b}
    node._da = {da}
    node._db = {db}
    node._serial = serial()
    node._label = None
    return node
"""


def branch(primitive: Primitive, holder: str, operands: list[str], active: tuple[bool, ...]) -> str:
    """The body that computes ``primitive`` on floats named a, b and makes the node."""
    trace, _, outputs = traced(primitive, active)
    lines = assignments(trace, [o for o in outputs if o is not None])
    written = ["None" if o is None else reference(o, trace.names) for o in outputs]
    value, da, db = [*written, "None"][:3]
    a, b = [*operands, "None"][:2]
    body = "".join(f"    {line}\n" for line in lines)
    return body + NODE.format(value=value, primitive=holder, a=a, b=b, da=da, db=db).lstrip("\n")


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def unary(primitive: Primitive) -> str:
    head = (
        "def method(x):\n    if recording.paused: return record(primitive, (x,))\n    a = x._data\n"
    )
    return head + branch(primitive, "primitive", ["x"], (True,))


def binary(primitive: Primitive, reflected: bool) -> str:
    """``x op y`` where y is a Value or a number; reflected: y is the number on the left."""
    pair = "(y, x)" if reflected else "(x, y)"
    x, y = ("b", "a") if reflected else ("a", "b")
    holder, by_number = "primitive", primitive
    if primitive.by_number is not None and not reflected:
        holder, by_number = "primitive.by_number", primitive.by_number
    names = ["y", "x"] if reflected else ["x", "y"]
    default = "".join(f"={number!r}" for number in primitive.defaults)
    source = f"def method(x, y{default}):\n"
    source += f"    if recording.paused: return record(primitive, {pair})\n    {x} = x._data\n"
    if not reflected and not primitive.needs_number(1):
        source += f"    if type(y) is Value:\n        {y} = y._data\n"
        source += indented(branch(primitive, "primitive", names, (True, True)))
    source += f"    if type(y) is float:\n        {y} = y\n"
    source += "    elif type(y) is int:\n        try:\n"
    source += f"            {y} = y = float(y)\n"
    source += f"        except OverflowError:\n            {y} = y = real(y)\n"
    source += f"    else:\n        return other(primitive, {pair}, y)\n"
    return source + branch(by_number, holder, names, (not reflected, reflected))


def other(primitive: Primitive, operands: tuple[Any, ...], y: Any) -> Any:
    """The slow path of a binary method; types that have the operator themselves may answer."""
    operator = OPERATORS.get(primitive.name)
    if operator and not isinstance(y, Value) and hasattr(type(y), f"__r{operator[2:]}"):
        try:
            recording._operand(primitive, y)
        except TypeError:
            if type(y).__module__ in ("builtins", "numpy", "decimal"):
                raise
            return NotImplemented
    return Value.record(primitive, operands)


def generate(primitive: Primitive, reflected: bool) -> Callable[..., Any]:
    """The method of Value for a primitive of one or two operands."""
    source = unary(primitive) if primitive.arity == 1 else binary(primitive, reflected)
    scope: dict[str, Any] = namespace() | {
        "Value": Value,
        "NOT_COMPUTED": recording.NOT_COMPUTED,
        "new": recording.new,
        "other": other,
        "primitive": primitive,
        "real": real,
        "record": Value.record,
        "recording": recording,
        "serial": recording.serial,
    }
    exec(compile(source, f"<Value.{primitive.name}>", "exec"), scope)
    method: Callable[..., Any] = scope["method"]
    return method


def _attach(primitive: Primitive) -> None:
    """Give Value the methods of ``primitive``, each to be generated when it is first called."""
    operator = OPERATORS.get(primitive.name)
    names = [primitive.name, operator] if operator else [primitive.name]
    _install(primitive, names, reflected=False)
    if operator and primitive.arity == 2:
        _install(primitive, [f"__r{operator[2:]}"], reflected=True)


def _install(primitive: Primitive, names: list[str], reflected: bool) -> None:
    def put(method: Callable[..., Any]) -> None:
        method.__doc__ = primitive.__doc__
        method.__name__ = method.__qualname__ = names[0]
        for name in names:
            setattr(Value, name, method)

    def first(*operands: Any) -> Any:
        method = generate(primitive, reflected)
        if reflected and primitive.name == "add":
            method = _without_zero(method)
        if table.get(primitive.name) is primitive:  # not replaced since this was taken from Value
            put(method)
        return method(*operands)

    if primitive.arity in (1, 2):
        put(first)
    else:
        put(lambda *operands: primitive(*operands))


def _without_zero(radd: Callable[..., Any]) -> Callable[..., Any]:
    """So that ``sum`` of Values, which starts from the int 0, makes no node for it."""

    def method(x: Value, y: Any) -> Any:
        return x if type(y) is int and y == 0 and not recording.is_paused() else radd(x, y)

    return method


on_registration(Value, _attach)
