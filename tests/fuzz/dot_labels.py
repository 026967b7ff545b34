"""DOT under test: names, symbols and frames of any text, read back by a reader of its own.

A case is what is drawn, and then its texts; as bytes the number of the first, then the texts.
"""

import random
import re
import xml.etree.ElementTree as ET
from functools import cache

import graphviz
import reading_dot
import texts as typed
from comparing import Comparison, placeholder
from pictures import PICTURES, attributes, symbol

from viz import dot, wasm
from viz.build import build
from viz.graph import Graph

KINDS = ["quote", *PICTURES, "collapsed", "layout"]
_BY_BYTE = [*KINDS, *["quote"] * 11]  # through which every text goes, and which is quick
_TEXTS = 4


def joined(case: list[str]) -> bytes:
    return bytes([KINDS.index(case[0])]) + typed.joined(case[1:])


def decoded(data: bytes) -> tuple[str, list[str]]:
    kind = _BY_BYTE[(data[:1] or b"\0")[0] % len(_BY_BYTE)]
    texts = typed.some(data[1:], _TEXTS)
    return kind, attributes(texts) if kind in ("module", "collapsed", "layout") else texts


def case(data: bytes) -> list[str]:
    """How the corpus writes a case."""
    kind, _ = decoded(data)
    return [kind, *typed.fields(data[1:])[:_TEXTS]]


def mutated(data: bytes, rng: random.Random) -> bytes:
    return typed.mutated_case(data, rng, len(_BY_BYTE), _TEXTS)


def _graph(kind: str, texts: list[str]) -> Graph:
    with symbol(texts[2]):
        if kind == "collapsed":
            return build(*PICTURES["module"](texts), max_nodes=5)
        return build(*PICTURES["module" if kind == "layout" else kind](texts))


@cache
def _harmless(kind: str, texts: tuple[str, ...]) -> Graph:
    return _graph(kind, list(texts))


def check(data: bytes) -> None:
    """Write a graph as DOT, read it, and find in it the texts and else what is always there."""
    kind, texts = decoded(data)
    if kind == "quote":
        _check_quote(texts[0])
        return
    graph = _graph(kind, texts)
    plain = _harmless(kind, tuple(placeholder(i, text) for i, text in enumerate(texts)))
    if kind == "layout":
        _check_layout(dot.to_layout_dot(graph), plain)
        return
    source = dot.to_dot(graph)
    assert source.count("\n") == dot.to_dot(plain).count("\n")  # one statement a line
    _compare(reading_dot.read(source).elements(), _read(plain), Comparison(texts))
    body = source.splitlines(keepends=True)[1:-1]  # as draw_dot hands it on
    assert graphviz.Digraph("computation", body=body).source == source


def _check_layout(source: str, plain: Graph) -> None:
    """All that Graphviz is asked to place, and no text."""
    got = reading_dot.read(source).elements()
    wanted = reading_dot.read(dot.to_layout_dot(plain)).elements()
    for (what, mine), (other, theirs) in zip(got, wanted, strict=True):
        assert what == other
        assert list(mine) == list(theirs)
        assert set(mine.pop("label", "")) <= {"m"}
        for key, text in mine.items():
            if key in ("width", "height"):
                assert _LENGTH.fullmatch(text)
            else:
                assert text == theirs[key]


_LENGTH = re.compile(r"[0-9]+\.[0-9]+")


@cache
def _read(graph: Graph) -> reading_dot.Elements:
    return reading_dot.read(dot.to_dot(graph)).elements()


def _compare(got: reading_dot.Elements, wanted: reading_dot.Elements, texts: Comparison) -> None:
    assert [what for what, _ in got] == [what for what, _ in wanted]
    for (_, mine), (_, theirs) in zip(got, wanted, strict=True):
        assert list(mine) == list(theirs)
        for key, text in mine.items():
            if key == "label":
                shown = reading_dot.label(text)
                assert not shown.startswith("\n")
                texts.lines(shown, reading_dot.label(theirs[key]))
            elif key in ("width", "height"):
                assert _LENGTH.fullmatch(text)
            else:
                assert text == theirs[key]


def _check_quote(text: str) -> None:
    quoted = dot.quote(text)
    ((_, attributes), *more) = reading_dot.read(f"digraph g {{ a [label={quoted}] }}").nodes
    assert not more
    assert list(attributes) == ["label"]
    assert reading_dot.label(attributes["label"]) == _kept(text)


def _kept(text: str) -> str:
    """All but what no label may hold; blank lines at the start crash a Graphviz."""
    spaced = [" " if ord(c) in typed.SPACES and c != "\n" else c for c in text]
    return "".join(c for c in spaced if c == "\n" or not typed.dropped(c)).lstrip("\n")


def check_drawn(data: bytes) -> None:
    """Let Graphviz itself read it: the same boxes and lines, and the same texts."""
    kind, texts = decoded(data)
    if kind == "quote":
        source = f"digraph g {{ a [shape=box, label={dot.quote(texts[0])}] }}"
        _, lines = _drawn(source)
        assert "".join("".join(lines).split()) == "".join(_kept(texts[0]).split())
        return
    source = dot.to_dot(_graph(kind, texts))
    plain = dot.to_dot(_harmless(kind, tuple(placeholder(i, text) for i, text in enumerate(texts))))
    boxes, _ = _drawn(source)
    expected, _ = _drawn(plain)
    assert boxes == expected


_SVG = "{http://www.w3.org/2000/svg}"


def _drawn(source: str) -> tuple[list[str], list[str]]:
    """What Graphviz draws: the elements that hold no text, and the lines of text."""
    root = ET.fromstring(wasm.render(source, "svg"))
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    assert not [e for e in elements if e.tag in (f"{_SVG}a", f"{_SVG}image", f"{_SVG}script")]
    shown = [e for e in elements if e.tag != f"{_SVG}text"]
    lines = ["".join(e.itertext()) for e in elements if e.tag == f"{_SVG}text"]
    return [f"{e.tag} {e.get('id')} {e.get('class')}" for e in shown], lines
