"""What notebooks show of Values, modules, histories and programs."""

import html
import re
from types import SimpleNamespace

import pytest

import autograd
import nn
from autograd import Value
from viz import RenderError, display, render
from viz.names import Known


def words(page):
    """The text of a fragment, with the texts that stand in for its images."""
    page = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    alts = re.findall(r'alt="([^"]*)"', page)
    return html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *alts]))


def test_a_value_tells_how_it_was_made():
    w, x = Value(-3.0, name="w"), Value(2.0)
    y = w * x
    assert "gradient \N{EN DASH}" in words(display.value_html(y))
    y.backward()
    told = words(display.value_html(y, Known(found={x: "x", y: "y"})))
    assert "y = -6.0, gradient 1.0" in " ".join(told.split())
    assert "w * x = -3 * 2 = -6" in told
    assert "Computation graph of y = -6" in told


def test_without_graphviz_the_numbers_still_stand(monkeypatch):
    def unavailable(*_):
        raise RenderError("no Graphviz found")

    monkeypatch.setattr(render, "render", unavailable)
    x = Value(3.0, name="x")
    assert display.value_html(x * x) == (
        "<p>9.0, gradient \N{EN DASH}<br><code>x * x = 3 * 3 = 9</code></p>"
    )


def test_a_large_graph_makes_a_small_picture():
    model = nn.MLP(2, [16, 16, 1], rng=0)
    page = display.value_html(model([1.0, 2.0]))
    assert len(page) < 60_000
    assert "collapsed" in words(page) or "nearest" in words(page)


@pytest.mark.parametrize(
    "module",
    [nn.Neuron(2), nn.Layer(2, 3), nn.MLP(2, [3, 1]), nn.MLP(784, [16, 10])],
    ids=["Neuron", "Layer", "MLP", "large"],
)
def test_a_module_shows_its_network(module):
    page = display.module_html(module)
    assert repr(module) in words(page)
    assert f"{len(module.parameters()):,} parameters, 0 with a gradient" in words(page)
    assert "a network of" in words(page)
    assert len(page) < 400_000


def test_a_module_that_is_no_chain_is_told_in_words():
    assert "0 parameters" in words(display.module_html(nn.Module()))


def test_a_history_is_a_curve_and_a_table():
    history = nn.History()
    for loss in (0.5, float("nan"), 0.25):
        history.append({"loss": loss, "learning_rate": 0.1})
    page = display.history_html(history)
    assert "3 epochs: loss from 0.5 to 0.25" in words(page)
    assert "learning_rate" in words(page)
    assert "<img" not in display.history_html(nn.History())


def test_a_program_is_listed_and_cut():
    leaves = [Value(1.0), Value(2.0)]
    model = nn.MLP(2, [8, 8, 1], rng=0)
    program = autograd.compile(model(leaves), inputs=leaves, parameters=model.parameters())
    told = words(display.program_html(program))
    assert repr(program) in told
    assert "more lines" in told
    small = autograd.compile(leaves[0] * leaves[1], inputs=leaves)
    assert "more lines" not in words(display.program_html(small))


def test_names_are_text():
    name = "<img src=x onerror=alert(1)>"
    x = Value(1.0, name=name)
    for page in (display.value_html(x), display.value_html(x * x)):
        assert "<img src=x" not in page
        assert name in words(page)


def test_every_class_is_registered_with_its_subclasses(monkeypatch):
    formatters = pytest.importorskip(
        "IPython.core.formatters", reason="shows things: pip install ipython"
    )
    formatter = formatters.HTMLFormatter()
    x = Value(2.0)
    shell = SimpleNamespace(
        user_ns={"speed": x},
        display_formatter=SimpleNamespace(formatters={"text/html": formatter}),
    )
    monkeypatch.setitem(display.sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    display.register()
    assert "speed" in formatter(x)
    assert "speed * speed" in formatter(x * x)
    assert "MLP" in formatter(nn.MLP(2, [1]))
    assert "epoch" in formatter(nn.History())
    assert "instruction" in formatter(autograd.compile(x * x, inputs=[x]))
