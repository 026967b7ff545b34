"""Names are text that users choose: whatever they are, they are shown and do nothing else."""

import unicodedata
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import viz
from autograd import Value
from viz import Drawing, render
from viz.build import build
from viz.dot import quote
from viz.graph import plain

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "|",
    "{a|b}",
    "<b>bold</b>",
    "<<table><tr><td href='javascript:alert(1)'>x</td></tr></table>>",
    'say "hi"',
    "end with a backslash \\",
    'a quote after a backslash \\"',
    "\\N \\G \\l \\r \\n \\E",
    "two\nlines",
    "\n\nleading lines",
    "\r\n\t",
    "nul\0in it",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "]]><!--",
    "&amp; &lt; &#60; & &&",
    "x" * 10_000,
    "שלום עולם",
    "left\u202eto right",
    "\N{GRINNING FACE} \U0001f469‍\U0001f469‍\U0001f467",
    "重み",
    "\ud800 lone",
    "\ufffe\uffff",
    "a;b -> c [label=evil]",
    "// comment /* */ #",
    "%s {0} {name} $PATH",
    "",
    " ",
]


def pictures(name):
    """A leaf, an operation and a group that have the name, in each kind of output."""
    x, y = Value(2.0, name=name), Value(3.0, name=name)
    z = x * y + 1
    z.name = name
    z.backward()
    return Drawing(build(z))


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_only_shown(name):
    drawing = pictures(name)
    harmless = pictures("w")
    page = drawing.html()
    root = ET.fromstring(drawing.svg())
    tags = [element.tag for element in root.iter()]
    assert set(tags) <= {element.tag for element in ET.fromstring(harmless.svg()).iter()}
    assert all(not key.startswith("on") for element in root.iter() for key in element.attrib)
    assert "<script" not in page
    assert "<img" not in page
    assert "<table" not in page
    assert "href" not in {key.rpartition("}")[2] for e in root.iter() for key in e.attrib}
    shown = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert shown.count(plain(name)) == (3 if plain(name) else 0)
    bundle = drawing._repr_mimebundle_()
    assert bundle["text/html"].count("<") == harmless._repr_mimebundle_()["text/html"].count("<")


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_graphviz_reads_a_hostile_name_as_text(name):
    drawing = pictures(name)
    root = ET.fromstring(render.render(drawing.source, "svg"))
    nodes = [g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith("node")]
    edges = [g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith("edge")]
    assert len(nodes) == 5
    assert len(edges) == 4
    assert not list(root.iter(f"{SVG}a"))
    kept = plain(name)
    if kept:
        texts = ["".join(t.itertext()).replace("\xa0", " ") for t in root.iter(f"{SVG}text")]
        assert sum(kept in text for text in texts) == 3


@given(st.text(max_size=80))
@example("\\")
@example('\\\\"')
@example("\n\n")
def test_a_quoted_text_comes_back_from_graphviz(text):
    source = f"digraph {{ a [label={quote(text)}, shape=box] b [label=end] }}"
    root = ET.fromstring(render.render(source, "svg"))
    nodes = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
    assert [n.find(f"{SVG}title").text for n in nodes] == ["a", "b"]
    lines = ["".join(t.itertext()) for t in nodes[0].findall(f"{SVG}text")]
    wanted = "".join(c for c in text if c == "\n" or unicodedata.category(c)[0] != "C" or ok(c))
    assert spaceless("".join(lines)) == spaceless(wanted)


def test_no_label_starts_with_an_empty_line():
    # some builds of Graphviz crash on it
    assert quote("\n\na\n\nb") == '"a\\n\\nb"'


def ok(character):
    return unicodedata.category(character) in ("Cf", "Co")


def spaceless(text):
    return "".join(text.split())


@given(st.text())
def test_plain_text_is_one_short_line_that_xml_can_carry(text):
    line = plain(text)
    assert len(line) <= 40
    assert "\n" not in line
    assert ET.fromstring(f"<a>{viz.svg._text(line)}</a>").text in (line, None)
    assert plain(line) == line
    line.encode()


def test_a_long_name_is_cut_on_the_picture_and_longer_in_its_tooltip():
    root = ET.fromstring(pictures("w" * 100).svg())
    assert "w" * 39 + "…" in ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    assert any("w" * 100 in t.text for t in root.iter(f"{SVG}title"))
