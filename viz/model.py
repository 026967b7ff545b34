"""A model as people draw networks: neurons in layers, and every weight an edge."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from math import isfinite
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from autograd import Value
from nn import Module
from nn.files import write_atomically
from viz.colors import DARK, LIGHT, Palette
from viz.graph import NOT_COMPUTED, count, number, plain
from viz.network import MOST, Network, network
from viz.page import document

RADIUS = 13.0
GAP, STEP = 150.0, 42.0  # between columns, and between the neurons of one
LEFT, TOP, BOTTOM = 60.0, 62.0, 30.0
THINNEST, THICKEST = 0.4, 4.5  # lines; the thickest are thinner where there are many
FAINTEST = 0.3
DASHES = "5 3"
_LONGEST = 400  # characters of a title or a name


class ModelDrawing:
    """A picture of a network as it was when it was drawn: a notebook shows it, ``save`` keeps it.

    Weights are blue where positive, orange and dashed where negative, the wider the larger. After
    a backward pass a second picture has the gradients in the weights' place.
    """

    def __init__(self, network: Network, title: str) -> None:
        self.network = network
        self.title = plain(title, _LONGEST)
        self._svg = "\n".join(_document(network, self.title, self.description)) + "\n"

    @property
    def description(self) -> str:
        """What the picture shows, in words."""
        sizes = ", ".join(str(column.size) for column in self.network.columns)
        parts = [f"{self.title}: a network of {sizes} neurons, the inputs first"]
        parts.append(count(len(self.network.names), "parameter"))
        output = self.network.columns[-1].activations
        if output is not None:
            parts.append("output " + ", ".join(map(number, output[:8])))
        if self.network.has_gradients:
            parts.append("below it the gradients of its weights")
        return "; ".join(parts)

    def svg(self) -> str:
        """The picture as an SVG document; it follows a viewer's preference for light or dark."""
        return self._svg

    def html(self) -> str:
        """The picture as a page of its own, where pointing at a neuron or a weight tells it."""
        return document(self.title, self._svg)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture, whole or not at all, and return the path.

        Raises
        ------
        ValueError
            If ``path`` does not end in .svg or .html.
        """
        target = Path(fspath(path))
        suffix = target.suffix.lower()
        if suffix not in (".svg", ".html"):
            raise ValueError(f"{str(target)!r} does not say what to write: end it in .svg or .html")
        write_atomically(target, (self._svg if suffix == ".svg" else self.html()).encode())
        return target

    def __repr__(self) -> str:
        return f"<ModelDrawing: {self.description}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """For notebooks: an image, which a script puts in line so that pointing at it tells."""
        data = base64.b64encode(self._svg.encode()).decode()
        alt = escape(self.description, quote=True)
        id = hashlib.sha256(data.encode()).hexdigest()[:12]
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}">'
        html = f'<div data-stepgrad="{id}" style="overflow-x:auto">{image}</div>'
        return {
            "text/html": html + "<script>" + _INLINE.replace("ID", id) + "</script>",
            "text/plain": repr(self),
        }


def draw_model(
    model: Module, x: Any = None, *, most: int = MOST, title: str | None = None
) -> ModelDrawing:
    """The network as people draw it: neurons in layers, weights as edges.

    After ``backward()`` the gradients are drawn below. Pointing at an edge or a neuron tells its
    numbers.

    Parameters
    ----------
    model:
        An MLP, a Layer, a Neuron, or a Module whose Layers form a chain.
    x:
        One input: the neurons then show their activations, the larger the stronger the colour.
    most:
        Of a layer with more neurons than this, some are left out.
    title:
        What stands over the picture; None: the model as Python writes it.

    Raises
    ------
    TypeError, ValueError
        If ``model`` is no Module, or has no layers that form a chain.

    >>> import nn
    >>> draw_model(nn.MLP(2, [3, 1]), title="a small one")
    <ModelDrawing: a small one: a network of 2, 3, 1 neurons, the inputs first; 13 parameters>
    """
    return ModelDrawing(network(model, x, most), repr(model) if title is None else title)


# -- the document --


Places = dict[tuple[int, int | None], tuple[float, float]]


def places(network: Network) -> tuple[Places, float, float]:
    """Where each neuron's middle is, by column and index, and the size of the whole."""
    tallest = max(len(column.shown) for column in network.columns)
    found: Places = {}
    for k, column in enumerate(network.columns):
        start = TOP + (tallest - len(column.shown)) / 2 * STEP
        for row, i in enumerate(column.shown):
            found[k, i] = LEFT + k * GAP, start + row * STEP
    width = 2 * LEFT + (len(network.columns) - 1) * GAP
    return found, width, TOP + (tallest - 1) * STEP + BOTTOM


def _document(network: Network, title: str, description: str) -> Iterator[str]:
    _, width, height = places(network)
    shown = title if len(title) <= 70 else title[:69] + "…"
    width = max(width, 8.0 * len(shown) + 30.0, 300.0)
    panels = [("", False), ("gradients", True)] if network.has_gradients else [("", False)]
    whole = 30.0 + len(panels) * height + 24.0
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{whole:.0f}" '
        f'viewBox="0 0 {width:.0f} {whole:.0f}" role="img">'
    )
    yield f"<title>{escape(shown)}</title><desc>{escape(description)}</desc>"
    prefix = "m" + hashlib.sha256(f"{description}{id_of(network)}".encode()).hexdigest()[:8]
    yield f'<style>{style(f".{prefix}")}</style><g class="{prefix}">'
    yield '<rect class="paper" width="100%" height="100%" rx="6"/>'
    yield f'<text class="title" x="14" y="24">{escape(shown)}</text>'
    for i, (heading, gradients) in enumerate(panels):
        top = 30.0 + i * height
        yield f'<g transform="translate(0,{top:.0f})">'
        if heading:
            yield f'<text class="title" x="14" y="12">{heading}</text>'
        yield from panel(network, gradients)
        yield "</g>"
    yield _legend(whole - 12.0)
    yield "</g></svg>"


def id_of(network: Network) -> str:
    """What tells one state of a network from another."""
    return repr([(value.data, value.grad) for value in network.names])


def panel(network: Network, gradients: bool, prefix: str = "") -> Iterator[str]:
    """The neurons and the weights of a network, or their gradients; with ids if ``prefix``."""
    at, _, _ = places(network)
    edges = list(network.edges())
    values = [_value(weight, gradients) for *_, weight in edges]
    largest = max((abs(value) for value in values if value is not None), default=0.0)
    thickest = max(1.5, min(THICKEST, THICKEST * 60 / max(len(edges), 1)))
    for (k, i, j, weight), value in zip(edges, values, strict=True):
        size = min(1.0, abs(value) / largest) if value and isfinite(largest) else 0.0
        (x0, y0), (x1, y1) = at[k - 1, j], at[k, i]
        mark = f' id="{prefix}-w{k}-{i}-{j}"' if prefix else ""
        yield (
            f'<path{mark} class="edge {_sign(value)}" d="M{x0 + RADIUS:.0f} {y0:.1f}'
            f'L{x1 - RADIUS:.0f} {y1:.1f}" stroke-width="{THINNEST + thickest * size:.2f}" '
            f'stroke-opacity="{FAINTEST + (1 - FAINTEST) * size:.2f}">'
            f"<title>{escape(_told(network, weight))}</title></path>"
        )
    for k, column in enumerate(network.columns):
        x = LEFT + k * GAP
        yield f'<text class="muted" x="{x:.0f}" y="{TOP - 34:.0f}">{escape(column.label)}</text>'
        for slot in column.shown:
            center_x, center_y = at[k, slot]
            if slot is None:
                left_out = column.size - len(column.neurons)
                yield (
                    f'<text class="muted" x="{center_x:.0f}" y="{center_y + 4:.0f}">'
                    f"{left_out:,} more</text>"
                )
            else:
                yield from _neuron(network, k, slot, (center_x, center_y), gradients, prefix)


def _neuron(
    network: Network, k: int, i: int, at: tuple[float, float], gradients: bool, prefix: str
) -> Iterator[str]:
    column = network.columns[k]
    activation = None if column.activations is None or gradients else column.activations[i]
    largest = max(map(abs, column.activations or (0.0,)), default=0.0)
    told = [f"{column.label}, {'input' if k == 0 else 'neuron'} {i}"]
    shown = ""
    if k > 0:
        bias = network.neurons(k)[i].bias
        told.append(_told(network, bias))
        if gradients:
            shown = number(bias.grad) if bias.has_grad else NOT_COMPUTED
    if activation is not None:
        told.append(f"{'value' if k == 0 else 'activation'} {activation!r}")
        shown = number(activation)
    strength = min(1.0, abs(activation) / largest) if activation and largest else 0.0
    sign = _sign(activation) if activation is not None else ""
    mark = f' id="{prefix}-n{k}-{i}"' if prefix else ""
    x, y = f"{at[0]:.0f}", f"{at[1]:.1f}"
    yield (
        f"<g{mark}><title>{escape(chr(10).join(told))}</title>"
        f'<circle class="neuron" cx="{x}" cy="{y}" r="{RADIUS:g}"/>'
        f'<circle class="light {sign}" cx="{x}" cy="{y}" r="{RADIUS:g}" '
        f'fill-opacity="{0.9 * strength:.2f}"/>'
        f'<text class="number" x="{x}" y="{at[1] + RADIUS + 10:.1f}">{shown}</text></g>'
    )


def _value(weight: Value, gradients: bool) -> float | None:
    if gradients:
        return weight.grad if weight.has_grad else None
    return weight.data


def _told(network: Network, parameter: Value) -> str:
    name = plain(network.names.get(parameter, parameter.name or ""), _LONGEST)
    gradient = repr(parameter.grad) if parameter.has_grad else NOT_COMPUTED
    return f"{name} {parameter.data!r}, gradient {gradient}"


def _sign(value: float | None) -> str:
    return "" if not value else "positive" if value > 0 else "negative" if value < 0 else ""


def style(scope: str) -> str:
    """The look of what ``panel`` draws inside ``scope``, light and dark."""
    fixed = (
        f"{scope} text{{font:10.5px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "text-anchor:middle;paint-order:stroke;stroke-width:4px;stroke-linejoin:round}"
        f"{scope} .title{{font:600 14px system-ui,sans-serif;text-anchor:start}}"
        f"{scope} .legend{{text-anchor:start}}{scope} .edge{{fill:none}}"
        f"{scope} .edge.negative{{stroke-dasharray:{DASHES}}}{scope} .neuron{{stroke-width:1.5}}"
        f"{scope} .edge:hover{{stroke-width:7px}}"
    )
    return (
        fixed
        + _colors(scope, LIGHT)
        + f"@media(prefers-color-scheme:dark){{{_colors(scope, DARK)}}}"
    )


def _colors(scope: str, palette: Palette) -> str:
    rules = {
        "text": f"fill:{palette.ink};stroke:{palette.paper}",
        ".muted": f"fill:{palette.muted}",
        ".paper": f"fill:{palette.paper}",
        ".neuron": f"fill:{palette.card};stroke:{palette.ink}",
        ".edge": f"stroke:{palette.group_line}",
        ".edge.positive": f"stroke:{palette.positive}",
        ".edge.negative": f"stroke:{palette.negative}",
        ".light.positive": f"fill:{palette.positive}",
        ".light.negative": f"fill:{palette.negative}",
    }
    return "".join(f"{scope} {selector}{{{rule}}}" for selector, rule in rules.items())


def _legend(y: float) -> str:
    return (
        f'<path class="edge positive" d="M14 {y - 4:.0f}h30" stroke-width="2.5"/>'
        f'<text class="legend" x="50" y="{y:.0f}">positive</text>'
        f'<path class="edge negative" d="M116 {y - 4:.0f}h30" stroke-width="2.5"/>'
        f'<text class="legend" x="152" y="{y:.0f}">negative; wider: larger</text>'
    )


_INLINE = """
(function () {
  var place = document.querySelector('[data-stepgrad="ID"]:not([data-ready])');
  var image = place && place.querySelector("img");
  if (!image) return;
  place.setAttribute("data-ready", "");
  var binary = atob(image.src.split(",")[1]);
  var bytes = Uint8Array.from(binary, function (c) { return c.charCodeAt(0); });
  var text = new TextDecoder().decode(bytes);
  var picture = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  image.replaceWith(document.importNode(picture, true));
})();
"""
