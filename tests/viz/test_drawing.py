"""Drawing: names without typing them twice, files whole or not at all, notebooks, draw_dot."""

import base64
import html
import os
import re
import stat
import sys
import xml.etree.ElementTree as ET

import pytest

import nn
import viz
from autograd import Value
from nn.files import write_atomically
from viz import RenderError, drawing, names, render

outside = Value(7.0)


def called(picture):
    return [node.name for node in picture.graph.nodes if node.kind != "constant"]


def test_variables_give_their_names():
    w, x = Value(-3.0), Value(2.0)
    y = w * x
    assert called(viz.draw(y)) == ["w", "x", "y"]


def test_a_given_name_wins_over_the_variable_and_names_over_both():
    w = Value(1.0, name="given")
    v = Value(2.0)
    y = w * v
    assert called(viz.draw(y)) == ["given", "v", "y"]
    assert called(viz.draw(y, names={"chosen": w})) == ["chosen", "v", "y"]
    assert called(viz.draw(y, names={v: "other"})) == ["given", "other", "y"]
    with pytest.raises(TypeError, match="names must say which Value has which name"):
        viz.draw(y, names={"w": 1.0})


def test_items_parameters_and_globals_have_names_too():
    rows = [[Value(1.0), Value(2.0)], [Value(3.0)]]
    table = {"bias": Value(4.0)}
    neuron = nn.Neuron(1, activation="tanh", rng=0)
    y = rows[0][1] * rows[1][0] + table["bias"] + outside + neuron([Value(1.0)])
    names = called(viz.draw(y))
    assert {"rows[0][1]", "rows[1][0]", "table['bias']", "outside", "y"} <= set(names)
    assert [node for node in names if node in ("w0", "b")] == ["w0", "b"], neuron


def test_private_and_notebook_variables_give_no_names():
    _hidden = Value(1.0)
    Out = {1: _hidden}
    assert called(viz.draw(_hidden)) == [""]
    assert len(Out) == 1


def test_strange_variables_do_no_harm():
    class Proxy:
        @property
        def __class__(self):
            raise RuntimeError("working outside of request context")

    class Key:
        def __repr__(self):
            raise RuntimeError("no repr")

    proxy, keyed = Proxy(), {Key(): Value(2.0), "w": Value(3.0)}
    x = Value(1.0)
    y = x * keyed["w"]
    assert called(viz.draw(y)) == ["x", "keyed['w']", "y"]
    assert proxy is not None


def test_large_data_is_not_searched_for_names_to_its_end(monkeypatch):
    monkeypatch.setattr(names, "_LONGEST", 10)
    before, data, after = [Value(1.0)], [0.0] * 10, [Value(2.0)]
    last = Value(3.0)
    y = before[0] * after[0] + last
    assert called(viz.draw(y)) == ["before[0]", "", "", "last", "y"]
    assert len(data) == 10


def test_an_alias_has_the_name_of_the_first():
    first = Value(1.0)
    second = first
    assert called(viz.draw(second)) == ["first"]


@pytest.fixture
def picture():
    x = Value(2.0, name="x")
    y = x * x
    y.backward()
    return viz.draw(y, names={"y": y})


@pytest.mark.parametrize(
    ("suffix", "start"), [(".svg", "<svg"), (".dot", "digraph"), (".html", "<!doctype html>")]
)
def test_saving_by_the_suffix(picture, tmp_path, suffix, start):
    path = picture.save(tmp_path / f"g{suffix}")
    assert path.read_text(encoding="utf-8").startswith(start)
    assert os.listdir(tmp_path) == [f"g{suffix}"], "nothing else is left there"
    upper = picture.save(str(tmp_path / f"G{suffix.upper()}"))
    assert upper.read_bytes() == path.read_bytes()


def test_an_unknown_suffix_is_told(picture, tmp_path):
    for name in ("g", "g.jpg", "g.svg.gz"):
        with pytest.raises(ValueError, match=r"end it in \.svg, \.png, \.pdf, \.dot, \.html"):
            picture.save(tmp_path / name)
    assert not os.listdir(tmp_path)


def test_a_failed_save_leaves_the_old_file(picture, tmp_path, monkeypatch):
    path = tmp_path / "g.svg"
    path.write_text("old")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        picture.save(path)
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["g.svg"]
    with pytest.raises(OSError, match="No such file"):
        picture.save(tmp_path / "no" / "g.svg")


def test_a_failed_rendering_leaves_the_old_file(picture, tmp_path, monkeypatch):
    path = tmp_path / "g.png"
    path.write_text("old")
    monkeypatch.setattr(render.shutil, "which", lambda _: None)
    with pytest.raises(RenderError, match=r"PNG needs .*apt install graphviz"):
        picture.save(path)
    assert path.read_text() == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
def test_permissions_are_those_of_any_new_file_and_links_are_followed(picture, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    saved = picture.save(tmp_path / "g.svg")
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    saved.chmod(0o640)
    link = tmp_path / "link.svg"
    link.symlink_to(saved)
    picture.save(link)
    assert link.is_symlink()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640


def test_a_notebook_gets_an_image_with_a_true_alternative_text(picture):
    bundle = picture._repr_mimebundle_()
    source, alt = re.search(r'<img src="([^"]*)" alt="([^"]*)">', bundle["text/html"]).groups()
    svg = base64.b64decode(source.removeprefix("data:image/svg+xml;base64,")).decode()
    assert svg == picture.svg()
    assert html.unescape(alt) == picture.graph.description
    assert "y = 4" in alt
    assert "x = 2 (gradient 4)" in alt
    assert bundle["text/plain"] == repr(picture)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="descriptors are files on Unix alone")
def test_what_is_no_file_is_written_to(picture, tmp_path):
    """A pipe such as /dev/stdout of a command before a |, under a name that says the format."""
    output, given = os.pipe()
    path = tmp_path / "g.svg"
    path.symlink_to(f"/dev/fd/{given}")
    picture.save(path)
    os.close(given)
    with open(output, encoding="utf-8") as pipe:
        assert pipe.read() == picture.svg()
    assert os.listdir(tmp_path) == ["g.svg"]
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path, b"")


def test_the_picture_names_and_describes_itself(picture):
    root = ET.fromstring(picture.svg())
    ids = root.get("aria-labelledby").split()
    texts = {e.get("id"): e.text for e in root if e.get("id") in ids}
    assert root.get("role") == "img"
    assert "".join(f"{texts[i]}: " for i in ids).removesuffix(": ") == picture.graph.description


def test_pictures_do_not_share_ids():
    x = Value(2.0, name="x")
    first, second = viz.draw(x * x).svg(), viz.draw(x + x).svg()
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]
    for svg in (first, second):
        prefix = ET.fromstring(svg).get("id")
        style = re.search(r"<style>(.*?)</style>", svg)[1]
        rules = re.findall(r"([^{},]+)(?:,[^{}]*)?\{(?:fill|stroke)", style)
        assert rules
        assert all(f"#{prefix} " in rule for rule in rules)


def test_draw_dot_is_a_digraph_that_shows_itself_without_a_program(tmp_path, monkeypatch):
    import graphviz

    monkeypatch.setattr(drawing.render.shutil, "which", lambda _: None)
    x = Value(3.0)
    y = x * x
    dot = viz.draw_dot(y)
    assert isinstance(dot, graphviz.Digraph)
    assert dot.source == viz.draw(y).source
    assert dot._repr_mimebundle_() == viz.draw(y)._repr_mimebundle_()
    assert dot.pipe(encoding="utf-8") == viz.draw(y).svg()
    written = dot.render(tmp_path / "g")
    assert written == str(tmp_path / "g.svg")
    assert (tmp_path / "g.svg").read_text(encoding="utf-8") == viz.draw(y).svg()
    dot.node("more", "added <b>")
    assert "added" in dot._repr_mimebundle_()["image/svg+xml"]
    assert b"added" in dot.pipe()
    dot.render(tmp_path / "g", cleanup=True)
    assert "added" in (tmp_path / "g.svg").read_text(encoding="utf-8")
    assert os.listdir(tmp_path) == ["g.svg"]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(graphviz.ExecutableNotFound):
        dot.pipe("png")


def test_the_palette_is_readable():
    """WCAG 2: text at least 4.5 to 1 on what it stands on, lines at least 3 to 1."""

    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a, b):
        light, dark = sorted((luminance(a), luminance(b)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    for theme in (viz.colors.LIGHT, viz.colors.DARK):
        under = (theme.paper, theme.card, theme.symbol, theme.leaf, theme.constant, theme.group)
        for ground in (*under, theme.positive_tint, theme.negative_tint):
            assert contrast(theme.ink, ground) >= 4.5
        for ground in (theme.paper, theme.card, theme.leaf, theme.group):
            assert contrast(theme.muted, ground) >= 4.5
        for line in (theme.positive, theme.negative):
            assert contrast(line, theme.paper) >= 3
            assert contrast(line, theme.group) >= 3
