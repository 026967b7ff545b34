"""How Values, modules, histories and programs show themselves in a notebook, once viz is imported.

The packages below viz know nothing of it: what is here is registered with IPython, by class.
"""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Callable, Mapping
from html import escape
from types import FrameType, SimpleNamespace
from typing import Any, cast

from autograd import Value
from autograd.compiler.program import Program
from autograd.formula import operand_names, text, value_formula
from nn import History, Module
from viz.build import build
from viz.colors import DARK, LIGHT, Palette
from viz.drawing import Drawing
from viz.graph import NOT_COMPUTED, count, number, plain, visible
from viz.model import draw_model
from viz.names import Known, names_in
from viz.render import RenderError
from viz.stepper.text import signed, tidy

_NODES = 16  # of the small picture beside a Value
_LINES = 24  # of a program's listing
_WIDTH, _HEIGHT = 360, 150  # of a loss curve


def value_html(value: Value, known: Known | None = None) -> str:
    """A Value: its number, its gradient, how it was made, and a small picture.

    >>> x = Value(3.0, name="x")
    >>> x.grad = 0.5
    >>> print(value_html(x))
    <p><b>x</b> = 3.0, gradient 0.5</p>
    >>> "<code>x * x = 3 * 3 = 9</code>" in value_html(x * x)
    True
    """
    known = known or Known()
    name = plain(known.name(value))
    gradient = repr(value.grad) if value.has_grad else NOT_COMPUTED
    heading = f"<b>{escape(name)}</b> = " if name else ""
    first = f"<p>{heading}{escape(repr(value.data))}, gradient {gradient}"
    if value.primitive is None:
        return f"{first}</p>"
    return f"{first}<br><code>{escape(_equation(value, known))}</code></p>{_picture(value, known)}"


def _equation(value: Value, known: Known) -> str:
    """How it was made, in names and then in numbers."""
    assert value.primitive is not None
    operands = value.operands
    letters = operand_names(value)
    names = [
        plain(known.name(o)) or plain(str(letter)) or f"a{i}" if isinstance(o, Value) else letter
        for i, (o, letter) in enumerate(zip(operands, letters, strict=True))
    ]
    numbers = [signed(o.data if isinstance(o, Value) else o) for o in operands]
    in_names = text(value_formula(value.primitive, names))
    in_numbers = tidy(text(value_formula(value.primitive, numbers)))
    return f"{in_names} = {in_numbers} = {number(value.data)}"


def _picture(value: Value, known: Known) -> str:
    drawing = Drawing(build(value, known, max_nodes=_NODES))
    try:
        return drawing._repr_mimebundle_()["text/html"]
    except RenderError:
        return ""  # no Graphviz: the numbers still stand


def module_html(module: Module) -> str:
    """A module: how Python writes it, its parameters, and the network if it is one."""
    parameters = module.parameters()
    reached = sum(parameter.has_grad for parameter in parameters)
    told = f"{count(len(parameters), 'parameter')}, {reached:,} with a gradient"
    heading = f"<p><code>{escape(plain(repr(module), 400))}</code><br>{told}</p>"
    try:
        return heading + draw_model(module, title="")._repr_mimebundle_()["text/html"]
    except ValueError:  # not layers in a chain
        return heading


def history_html(history: History) -> str:
    """A history: the loss by epoch as a curve, and as a table."""
    table = f"<pre>{escape(visible(str(history)))}</pre>"
    curves = [name for name in ("loss", "val_loss") if name in history.columns()]
    if len(history) < 2 or not curves:
        return table
    image = base64.b64encode(_curves({name: history[name] for name in curves}).encode()).decode()
    told = ", ".join(
        f"{name} from {number(history[name][0])} to {number(history[name][-1])}" for name in curves
    )
    alt = escape(f"{count(len(history), 'epoch')}: {told}", quote=True)
    return f'<p><img src="data:image/svg+xml;base64,{image}" alt="{alt}"></p>{table}'


def _curves(losses: Mapping[str, list[float]]) -> str:
    finite = [x for curve in losses.values() for x in curve if math.isfinite(x)] or [0.0]
    low, high = min(finite), max(finite)
    epochs = max(map(len, losses.values()))
    left, bottom, top = 62.0, _HEIGHT - 24.0, 12.0

    def at(i: int, loss: float) -> str:
        x = left + i / max(epochs - 1, 1) * (_WIDTH - left - 10)
        y = bottom - (loss - low) / ((high - low) or 1.0) * (bottom - top)
        return f"{x:.1f},{y:.1f}"

    lines = []
    for name, curve in losses.items():
        step = max(1, len(curve) // 500)
        points = [at(i, x) for i, x in enumerate(curve) if math.isfinite(x) and i % step == 0]
        lines.append(f'<polyline class="{name}" points="{" ".join(points)}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}"><style>text{{font:11px monospace}}'
        ".loss,.val_loss,.axis{fill:none;stroke-width:2}.axis{stroke-width:1}"
        f".val_loss{{stroke-dasharray:6 3}}{_curve_colors(LIGHT)}"
        f"@media(prefers-color-scheme:dark){{{_curve_colors(DARK)}}}</style>"
        '<rect class="paper" width="100%" height="100%" rx="6"/>'
        f'<path class="axis" d="M{left} {top}V{bottom}H{_WIDTH - 10}"/>'
        f'<text x="{left - 6}" y="{top + 4}" text-anchor="end">{number(high)}</text>'
        f'<text x="{left - 6}" y="{bottom + 4}" text-anchor="end">{number(low)}</text>'
        f'<text x="{left}" y="{bottom + 16}">loss by epoch, 1 to {epochs:,}</text>'
        f"{''.join(lines)}</svg>"
    )


def _curve_colors(palette: Palette) -> str:
    return (
        f"text{{fill:{palette.ink}}}.paper{{fill:{palette.paper}}}.axis{{stroke:{palette.line}}}"
        f".loss{{stroke:{palette.positive}}}.val_loss{{stroke:{palette.negative}}}"
    )


def program_html(program: Program) -> str:
    """A program: what it computes, and the first lines of it."""
    lines = str(program).splitlines()
    shown = lines[:_LINES]
    if len(lines) > _LINES:
        shown.append(f"... and {len(lines) - _LINES:,} more lines: print(program), program.source")
    return f"<p><code>{escape(repr(program))}</code></p><pre>{escape(chr(10).join(shown))}</pre>"


def register() -> None:
    """Tell the running IPython, if there is one, how to show each class; text stays what it is."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return

    def known() -> Known:
        frame = SimpleNamespace(f_locals=shell.user_ns, f_globals={}, f_back=None)
        return names_in(cast(FrameType, frame))

    shown: dict[type, Callable[[Any], str]] = {
        Value: lambda value: value_html(value, known()),
        Module: module_html,
        History: history_html,
        Program: program_html,
    }
    html = shell.display_formatter.formatters["text/html"]
    for kind, function in shown.items():
        html.for_type(kind, function)
