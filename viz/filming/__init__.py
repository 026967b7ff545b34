"""Training as a film: the network, its answers and the loss, epoch by epoch."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from autograd import Value
from autograd.compiler import javascript
from autograd.compiler.tracing import refusing_comparisons, traced
from autograd.transforms import flat
from nn import History, Module
from nn.arguments import whole
from nn.files import write_atomically
from viz import page
from viz.field import PROBABILITIES
from viz.graph import count, number, plain
from viz.model import ModelDrawing, panel, places
from viz.network import Network, network

MOST_PARAMETERS = 3000
_DIGITS = 5  # of a parameter in a frame
_ROWS = 20  # of the table that stands in for the film
SCRIPTS = (
    *(f"stepper/{name}.js" for name in ("numbers", "dom", "controls", "mount")),
    *(f"filming/{name}.js" for name in ("network", "map", "loss", "film")),
)
STYLES = ("stepper/stepper.css", "filming/film.css")


class Film:
    """The frames of a training, and the page that shows them.

    It is a callback of ``nn.fit``: ``nn.fit(..., callbacks=[film])`` takes a frame an epoch, and
    thins them out evenly where there are more than ``max_frames``.

    Attributes
    ----------
    frames:
        For each frame the epoch and the parameters' numbers, epoch 0 being before training.
    losses:
        The losses by epoch, by name: ``"loss"`` and, where there is one, ``"val_loss"``.
    """

    def __init__(
        self, model: Module, inputs: list[list[float]], targets: list[Any], max_frames: int
    ) -> None:
        self.model = model
        self.inputs = inputs
        self.targets = targets
        self.max_frames = max_frames
        self.frames: list[tuple[int, list[float]]] = [(0, _numbers(model))]
        self.losses: dict[str, list[float]] = {}
        self._every = 1
        self._latest = self.frames[0]

    def __call__(self, model: Module, history: History) -> None:
        """Take the frame of the epoch that has just ended."""
        epoch = len(history)
        for name in ("loss", "val_loss"):
            if name in history.columns():
                self.losses[name] = history[name]
        self._latest = (epoch, _numbers(model))
        if epoch % self._every:
            return
        self.frames.append(self._latest)
        if len(self.frames) > self.max_frames:
            self._every *= 2
            self.frames = [frame for frame in self.frames if frame[0] % self._every == 0]

    def html(self) -> str:
        """The film as a page of its own, which needs no network."""
        return page.document("Training, epoch by epoch", self._fragment())

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the page, whole or not at all, and return the path.

        Raises
        ------
        ValueError
            If ``path`` does not end in .html.
        """
        target = Path(fspath(path))
        if target.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"{str(target)!r}: a film is a page, end its name in .html")
        write_atomically(target, self.html().encode())
        return target

    def __repr__(self) -> str:
        epochs = self._latest[0]
        frames = count(len(self._shown()), "frame")
        return f"<Film: {count(epochs, 'epoch')} of {self.model!r} in {frames}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """For notebooks: the page, with the trained network and the losses as its fallback."""
        return {"text/html": self._fragment(), "text/plain": repr(self)}

    # -- the page --

    def _shown(self) -> list[tuple[int, list[float]]]:
        """The frames, and the last epoch's where it is not among them."""
        last = [] if self.frames[-1][0] == self._latest[0] else [self._latest]
        return [*self.frames, *last]

    def _fragment(self) -> str:
        shape = network(self.model, self.inputs[0])
        data = {
            "network": _picture(shape),
            "weights": self._places(shape),
            "columns": [column.neurons for column in shape.columns],
            "sizes": [column.size for column in shape.columns],
            "frames": [
                [epoch, [page.exact(float(f"{x:.{_DIGITS}g}")) for x in numbers]]
                for epoch, numbers in self._shown()
            ],
            "losses": {k: [page.exact(x) for x in v] for k, v in self.losses.items()},
            "inputs": self.inputs,
            "targets": [float(t) if isinstance(t, int | float) else None for t in self.targets],
            "threshold": self._threshold(),
            "title": f"Training of {plain(repr(self.model), 400)}",
        }
        program = f"({_program(self.model, shape)})"
        return page.fragment(self._fallback(shape), data, program, "Film", SCRIPTS, STYLES)

    def _places(self, shape: Network) -> list[list[int]]:
        """For each weight drawn: column, neuron, operand, and its place among the parameters."""
        place = {parameter: i for i, parameter in enumerate(self.model.parameters())}
        return [[k, i, j, place[weight]] for k, i, j, weight in shape.edges()]

    def _threshold(self) -> float:
        """The score above which the answer is the positive class, as draw_boundary has it."""
        last = getattr(getattr(self.model, "output", None), "name", "")
        return 0.5 if last in PROBABILITIES else 0.0

    def _fallback(self, shape: Network) -> str:
        drawing = ModelDrawing(shape, f"{self.model!r} after {count(self._latest[0], 'epoch')}")
        image = base64.b64encode(drawing.svg().encode()).decode()
        alt = escape(drawing.description, quote=True)
        names = list(self.losses)
        epochs = range(1, len(self.losses["loss"]) + 1) if names else range(0)
        step = max(1, -(-len(epochs) // _ROWS))
        rows = [
            (str(e), *(number(self.losses[name][e - 1]) for name in names))
            for e in epochs
            if e % step == 0 or e == len(epochs)
        ]
        return f'<p><img src="data:image/svg+xml;base64,{image}" alt="{alt}"></p>\n' + page.table(
            ("epoch", *names), rows, 2 * _ROWS
        )


def film(
    model: Module, inputs: Sequence[Any], targets: Sequence[Any], *, max_frames: int = 100
) -> Film:
    """A film of a training: give it to ``nn.fit`` as a callback, then show or save it.

    One page has a slider over the epochs: the network, the loss and, for a model of one or two
    inputs, its answers, move together. A click on the answers shows the network at that point.

    Parameters
    ----------
    model:
        An MLP, a Layer, a Neuron, or a Module whose Layers form a chain.
    inputs, targets:
        The samples to show: rows of numbers, and a number or a class for each.
    max_frames:
        How many frames to keep at most.

    Raises
    ------
    TypeError, ValueError
        If ``model`` is no chain of layers or too large to be computed in a page, or inputs and
        targets do not fit.

    >>> import nn
    >>> inputs, targets = nn.data.moons(20, labels=(-1, 1))
    >>> model = nn.MLP(2, [4, 1], activation="tanh", rng=0)
    >>> recording = film(model, inputs, targets)
    >>> history = nn.fit(model, inputs, targets, "hinge", epochs=30, callbacks=[recording])
    >>> recording
    <Film: 30 epochs of MLP(2, [4, 1], activation='tanh', output='linear') in 31 frames>
    """
    shape = network(model)
    size = len(model.parameters())
    if size > MOST_PARAMETERS:
        raise ValueError(
            f"a film computes the network in the page, which it does for {MOST_PARAMETERS:,} "
            f"parameters at most; this model has {size:,}: film a smaller one, or look at single "
            "epochs with viz.draw_model"
        )
    rows = [[float(x) for x in flat(_list(row))] for row in _list(inputs)]
    wanted = _list(targets)
    if not rows or len(rows) != len(wanted):
        raise ValueError(
            f"wanted a target for each sample; got {len(rows)} inputs and {len(wanted)} targets"
        )
    if any(len(row) != shape.columns[0].size for row in rows):
        size = shape.columns[0].size
        raise ValueError(f"{model!r} takes {size} inputs; a row has another number of them")
    _program(model, shape)
    return Film(model, rows, wanted, whole("max_frames", max_frames, low=2))


def _list(items: Any) -> list[Any]:
    return items.tolist() if hasattr(items, "tolist") else list(items) if _many(items) else [items]


def _many(items: Any) -> bool:
    return hasattr(items, "__iter__") or hasattr(items, "__getitem__")


def _numbers(model: Module) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


def _picture(shape: Network) -> str:
    """The network as SVG with an id for each neuron and weight."""
    _, width, height = places(shape)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="network" viewBox="0 0 {width:.0f} '
        f'{height:.0f}">{"".join(panel(shape, False, "f"))}</svg>'
    )


def _program(model: Module, shape: Network) -> str:
    """JavaScript from inputs and parameters to what every neuron gives, layer by layer."""
    inputs = [Value(0.5) for _ in range(shape.columns[0].size)]
    row: Any = inputs
    outputs: list[Any] = []
    with refusing_comparisons():
        for layer in shape.layers:
            row = list(flat(layer(row)))
            outputs += row
    trace, terms = traced(outputs, inputs, model.parameters())
    written = [terms[o] if isinstance(o, Value) else float(o) for o in outputs]
    return javascript.function(trace, written, "network")
