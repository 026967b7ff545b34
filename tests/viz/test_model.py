"""draw_model: the numbers behind the picture of a network, and the picture itself."""

import random
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

import nn
import viz
from autograd import Value
from viz.network import network

SVG = "{http://www.w3.org/2000/svg}"


def elements(drawing, name, mark):
    root = ET.fromstring(drawing.svg())
    return [e for e in root.iter(SVG + name) if mark in (e.get("class") or "").split()]


def titles(drawing):
    return [title.text for title in ET.fromstring(drawing.svg()).iter(f"{SVG}title")][1:]


@pytest.mark.parametrize("sizes", [[1], [3, 1], [4, 5, 2]])
def test_every_weight_is_an_edge_and_every_neuron_a_circle(sizes):
    model = nn.MLP(2, sizes, rng=1)
    drawing = viz.draw_model(model)
    edges = elements(drawing, "path", "edge")
    legend = 2
    widths = [2, *sizes]
    weights = sum(a * b for a, b in pairwise(widths))
    assert len(edges) - legend == weights
    assert len(elements(drawing, "circle", "neuron")) == sum(widths)
    told = "\n".join(titles(drawing))
    for name, parameter in model.named_parameters():
        assert f"{name} {parameter.data!r}, gradient –" in told  # noqa: RUF001


def test_sign_and_size_of_a_weight_can_be_seen():
    model = nn.Layer(4, 1, activation="linear")
    model.load_state_dict(
        {f"neurons.0.weights.{i}": w for i, w in enumerate([2.0, -1.0, 0.0, 1.0])}
        | {"neurons.0.bias": 0.0}
    )
    first, second, third, fourth = elements(viz.draw_model(model), "path", "edge")[:4]
    assert first.get("class") == "edge positive"
    assert second.get("class") == "edge negative"  # dashed, by the style sheet
    assert third.get("class").strip() == "edge"
    width = [float(edge.get("stroke-width")) for edge in (first, second, third, fourth)]
    assert width[0] > width[1] == width[3] > width[2]


def test_activations_are_the_models_own():
    rng = random.Random(0)
    model = nn.MLP(3, [5, 4, 2], activation="tanh", output="softmax", rng=2)
    x = [rng.uniform(-1, 1) for _ in range(3)]
    columns = network(model, x).columns
    assert columns[0].activations == tuple(x)
    row = [Value(item) for item in x]
    for layer, column in zip(model.layers, columns[1:], strict=True):
        row = layer(row)
        assert column.activations == tuple(value.data for value in row)
    told = "\n".join(titles(viz.draw_model(model, x)))
    for value in row:
        assert f"activation {value.data!r}" in told


def test_the_stronger_the_activation_the_stronger_the_colour():
    neuron = nn.Neuron(3, activation="linear")
    circles = elements(viz.draw_model(neuron, [1.0, -0.5, 0.0]), "circle", "light")
    assert [c.get("class").split()[1:] for c in circles[:3]] == [["positive"], ["negative"], []]
    strengths = [float(c.get("fill-opacity")) for c in circles[:3]]
    assert strengths[0] > strengths[1] > strengths[2] == 0.0


def test_gradients_come_after_backward_and_go_with_zero_grad():
    model = nn.MLP(2, [3, 1], activation="tanh", rng=3)
    before = viz.draw_model(model)
    assert "gradients" not in before.svg()
    model([0.5, -1.0]).backward()
    after = viz.draw_model(model)
    assert len(elements(after, "path", "edge")) - 2 == 2 * (
        len(elements(before, "path", "edge")) - 2
    )
    told = "\n".join(titles(after))
    for name, parameter in model.named_parameters():
        assert f"{name} {parameter.data!r}, gradient {parameter.grad!r}" in told
    model.zero_grad()
    assert viz.draw_model(model).svg() == before.svg()


def test_wide_layers_are_abridged():
    model = nn.MLP(784, [16, 16, 10], rng=0)
    drawing = viz.draw_model(model)
    assert "764 more" in drawing.svg()
    assert len(elements(drawing, "circle", "neuron")) == 20 + 16 + 16 + 10
    shown = network(model, most=6).columns[0].shown
    assert shown == (0, 1, 2, 3, None, 782, 783)
    assert network(nn.Layer(2, 20), most=20).columns[1].shown == tuple(range(20))


def test_what_is_no_chain_of_layers_is_refused():
    class Split(nn.Module):
        def __init__(self):
            self.left, self.right = nn.Layer(2, 3), nn.Layer(2, 3)

    with pytest.raises(ValueError, match="a layer of 3 neurons is followed by one that takes 2"):
        viz.draw_model(Split())
    with pytest.raises(ValueError, match=r"has no nn\.Layer to draw"):
        viz.draw_model(nn.Module())
    with pytest.raises(TypeError, match="a Module such as"):
        viz.draw_model(Value(1.0))
    with pytest.raises(ValueError, match="takes 2 inputs, got 3"):
        viz.draw_model(nn.MLP(2, [2, 1]), [1.0, 2.0, 3.0])


def test_drawing_leaves_the_model_as_it_was():
    model = nn.MLP(2, [3, 1], rng=3)
    model([0.5, -1.0]).backward()
    state = [(p.data, p.grad) for p in model.parameters()]
    viz.draw_model(model, [1.0, 1.0])
    assert [(p.data, p.grad) for p in model.parameters()] == state


def test_titles_are_text():
    drawing = viz.draw_model(nn.Neuron(1), title="</svg><script>alert(1)</script>&amp;")
    root = ET.fromstring(drawing.svg())
    assert not list(root.iter(f"{SVG}script"))
    assert "</svg><script>" in "".join(root.itertext())
    html = drawing._repr_mimebundle_()["text/html"]
    assert html.count("<script") == 1
    assert drawing.html().count("<script") == 0


def test_nothing_stands_outside_the_picture(tmp_path):
    path = viz.draw_model(nn.MLP(3, [20, 7, 2]), [1.0, 2.0, 3.0]).save(tmp_path / "model.svg")
    root = ET.fromstring(path.read_text())
    width, height = float(root.get("width")), float(root.get("height"))
    shift = float(re.search(r"translate\(0,([\d.]+)\)", path.read_text())[1])
    for circle in root.iter(f"{SVG}circle"):
        x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
        assert r < x < width - r
        assert r < y + shift < height - r
    with pytest.raises(ValueError, match=r"end it in \.svg or \.html"):
        viz.draw_model(nn.Neuron(1)).save(tmp_path / "model.png")
