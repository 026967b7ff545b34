"""SVG, HTML and scripts under test: everything that viz shows of what users call things.

A case is what is shown, and then its texts; as bytes the number of the first, then the texts.
"""

import io
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import texts as typed
from comparing import Comparison, placeholder
from pictures import Box, attributes, leaves, module, symbol

import nn
import viz.render
from autograd import Value, compile
from viz import dot, page, svg
from viz.boundary import Boundary
from viz.build import build
from viz.display import history_html, module_html, program_html, value_html
from viz.drawing import Drawing
from viz.field import field
from viz.filming import film
from viz.graph import Graph
from viz.model import ModelDrawing, draw_model
from viz.stepper import Stepper, still
from viz.stepper.story import Story
from viz.stepper.terminal import interact

Make = Callable[[list[str]], str]
_TEXTS = 4


# -- what is shown --------------------------------------------------------------------------------


def _picture(texts: list[str]) -> Graph:
    return build(*leaves(texts))


def _frames(texts: list[str]) -> Graph:
    return build(*module(texts))


def _collapsed(texts: list[str]) -> Graph:
    return build(*module(texts), max_nodes=5)


def _svg(graph: Callable[[list[str]], Graph], write: Callable[..., str], *prefix: str) -> Make:
    def make(texts: list[str]) -> str:
        shown = graph(texts)
        source = dot.to_layout_dot(shown) if _structure(shown) not in _layouts else ""
        return write(shown, svg.read_layout(shown, {"source": source}), *prefix)

    return make


def _story(texts: list[str]) -> Story:
    return Story.of(*leaves(texts))


def _story_in_frames(texts: list[str]) -> Story:
    return Story.of(*module(texts))


def _terminal(texts: list[str]) -> str:
    out = io.StringIO()
    answers = iter(["l", "q"])
    interact(_story(texts), read=lambda prompt: next(answers), write=lambda s: print(s, file=out))
    return out.getvalue()


def _product(texts: list[str]) -> str:
    root, known = leaves(texts)
    return value_html(root.args[0].args[0], known)


class _Activation:
    """tanh with any name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, x: Any) -> Any:
        return x.tanh()


def _box(texts: list[str]) -> Box:
    box = Box(texts)
    for _, layer in box.named_modules():
        if isinstance(layer, nn.Layer):
            for neuron in layer.neurons:
                neuron.activation = _Activation(texts[3])
    return box


def _model(texts: list[str]) -> ModelDrawing:
    return draw_model(_box(texts), title=texts[3])


_FIELD = field(lambda x: x[0] - x[1], [[1.0, 0.0], [0.0, 1.0]], [1, -1], resolution=4)


def _boundary(texts: list[str]) -> Boundary:
    return Boundary(_FIELD, texts[0], (texts[1], texts[2]))


def _history(texts: list[str]) -> str:
    history = nn.History()
    name, stopped = (" ".join(text.split()) for text in texts[:2])
    for loss in (0.5, 0.25):
        history.append({"loss": loss, f"metric {name}": 1.0})
    history.stopped = f"stopped: {stopped}"
    return history_html(history)


def _page(texts: list[str]) -> str:
    rows = [[typed.line(text, typed.LONGEST) for text in texts]] * 2
    return page.document(rows[0][0], page.table(rows[0], rows, 1))


def _bundle(shown: Any) -> str:
    return str(shown._repr_mimebundle_()["text/html"])


KINDS: dict[str, tuple[str, Make]] = {
    "picture": ("xml", _svg(_picture, svg.to_svg, "p")),
    "small picture": ("xml", _svg(_picture, still.to_svg)),
    "frames": ("xml", _svg(_frames, svg.to_svg, "p")),
    "small frames": ("xml", _svg(_frames, still.to_svg)),
    "collapsed": ("xml", _svg(_collapsed, svg.to_svg, "p")),
    "picture page": ("html", lambda texts: Drawing(_picture(texts)).html()),
    "picture cell": ("html", lambda texts: _bundle(Drawing(_picture(texts)))),
    "picture in words": ("text", lambda texts: repr(Drawing(_picture(texts)))),
    "steps": ("html", lambda texts: Stepper(_story(texts)).html()),
    "steps in frames": ("html", lambda texts: _bundle(Stepper(_story_in_frames(texts)))),
    "steps in words": ("text", lambda texts: Stepper(_story(texts)).to_text()),
    "steps in terminal": ("text", _terminal),
    "value": ("html", lambda texts: value_html(*leaves(texts))),
    "product": ("html", _product),
    "leaf": ("html", lambda texts: value_html(Value(0.8125, name=texts[0]))),
    "model": ("xml", lambda texts: _model(texts).svg()),
    "model page": ("html", lambda texts: _model(texts).html()),
    "model cell": ("html", lambda texts: _bundle(_model(texts))),
    "module": ("html", lambda texts: module_html(_box(texts))),
    "model in words": ("text", lambda texts: repr(_model(texts))),
    "boundary": ("xml", lambda texts: _boundary(texts).svg()),
    "boundary cell": ("html", lambda texts: _bundle(_boundary(texts))),
    "boundary in words": ("text", lambda texts: repr(_boundary(texts))),
    "history": ("html", _history),
    "page": ("html", _page),
    "program": ("text", lambda texts: ""),
    "film": ("html", lambda texts: film(_box(texts), [[0.5]], [1.0]).html()),
}
"""By name the format, and what makes the output of the texts."""

_ATTRIBUTES = frozenset(
    kind for kind in KINDS if re.search("frames|collapsed|model|module|film", kind)
)


# -- what is checked ------------------------------------------------------------------------------


def joined(case: list[str]) -> bytes:
    return bytes([list(KINDS).index(case[0])]) + typed.joined(case[1:])


def decoded(data: bytes) -> tuple[str, list[str]]:
    kind = list(KINDS)[(data[:1] or b"\0")[0] % len(KINDS)]
    texts = typed.some(data[1:], _TEXTS)
    return kind, attributes(texts) if kind in _ATTRIBUTES else texts


def case(data: bytes) -> list[str]:
    """How the corpus writes a case."""
    kind, _ = decoded(data)
    return [kind, *typed.fields(data[1:])[:_TEXTS]]


def mutated(data: bytes, rng: random.Random) -> bytes:
    return typed.mutated_case(data, rng, len(KINDS), _TEXTS)


@lru_cache(maxsize=500)
def _harmless(kind: str, texts: tuple[str, ...]) -> str:
    return _made(kind, list(texts))


def _made(kind: str, texts: list[str]) -> str:
    with symbol(texts[2]), _layouts_kept():
        return KINDS[kind][1](texts)


def check(data: bytes) -> None:
    """Show the texts, parse what shows them, and find nothing else changed."""
    kind, texts = decoded(data)
    if kind == "program":
        _check_program(texts)
        return
    if kind.startswith("steps") and any(map(_shown_otherwise, texts)):
        return
    got = _made(kind, texts)
    wanted = _harmless(kind, tuple(placeholder(i, text) for i, text in enumerate(texts)))
    compare, format = Comparison(texts), KINDS[kind][0]
    if format == "text":
        if not got.replace("\n", "").isprintable():
            bad = [c for c in got if c != "\n" and typed.dropped(c)]
            assert not bad, bad
        compare.lines(got, wanted)
    elif format == "xml":
        compare.xml(got, wanted)
    else:
        compare.html(got, wanted)


def _shown_otherwise(text: str) -> bool:
    """Names that steppers give to what has none, and those that read like the number they name."""
    shown = typed.line(text, 24)
    return re.fullmatch(r"v\d+|out|[-+]?(\d.*|inf|nan)", shown) is not None


def _check_program(texts: list[str]) -> None:
    """Names become variables of generated Python, whatever they are, and nothing else."""
    a, b, c, d = (Value(x, name=text) for x, text in zip((2.0, -3.0, 0.5, 1.5), texts, strict=True))
    out = (a * b + c).tanh() / d
    out.backward()
    program = compile(out, inputs=[a, b], parameters=[c, d], backend="python")
    value, gradients = program.value_and_grad([[2.0, -3.0]])
    assert (value, list(gradients)) == (out.data, [c.grad, d.grad])
    shown = program_html(program)
    Comparison(texts).html(shown, shown)
    assert re.findall(r"<(.*?)>", shown) == ["p", "code", "/code", "/p", "pre", "/pre"]


# -- without Graphviz ------------------------------------------------------------------------------

_real_layout, _real_read_layout = viz.render.layout, svg.read_layout
_layouts: dict[object, svg.Layout] = {}


def _structure(graph: Graph) -> object:
    """The boxes, lines and frames of a graph."""
    edges = tuple((edge.id, edge.tail, edge.head) for edge in graph.edges)
    nodes = tuple((node.id, node.kind, node.group) for node in graph.nodes)
    return nodes, edges, tuple(group.id for group in graph.groups)


def _read_layout(graph: Graph, output: dict[str, Any]) -> svg.Layout:
    """Where Graphviz put a graph of the same structure: there are but few, and it is slow."""
    key = _structure(graph)
    if key not in _layouts:
        _layouts[key] = _real_read_layout(graph, _real_layout(output["source"]))
    return _layouts[key]


@contextmanager
def _layouts_kept() -> Iterator[None]:
    with (
        patch.object(viz.render, "layout", lambda source: {"source": source}),
        patch.object(svg, "read_layout", _read_layout),
    ):
        yield


def check_drawn(data: bytes) -> None:
    """The same, this time laid out by Graphviz."""
    _layouts.clear()
    check(data)
