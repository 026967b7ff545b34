"""Plots of models over their data, of images, and the animation, read back."""

import base64
import io
import itertools
import json
import math
import re

import pytest

pytest.importorskip("matplotlib", reason="the plots are drawn by matplotlib")
import matplotlib

matplotlib.use("Agg")
import numpy
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.contour import QuadContourSet
from PIL import Image

import nn
from nn.optim import SGD
from viz.plots import (
    animate_descent,
    descent_path,
    plot_confusion_matrix,
    plot_decision_boundary,
    plot_digits,
    plot_fit,
    plot_line_fits,
    plot_misclassified,
    plot_weights,
)
from viz.plots.canvas import BLUE, COLORS, INK, VERMILION


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def slanted(x):
    return 0.25 + 0.5 * x[0] - x[1]


SQUARE = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]

# images of 3 by 3 pixels, and a model that calls them by their brightest column
IMAGES = [[float(i % 3 == k) for i in range(9)] for k in range(3)]


def brightest(x):
    return [x[k] + x[k + 3] + x[k + 6] for k in range(3)]


MAKERS = {
    "boundary": lambda ax: plot_decision_boundary(slanted, SQUARE, [1, 1, -1, -1], ax=ax),
    "fit": lambda ax: plot_fit(lambda x: 2 * x[0], [1.0, 2.0], [2.0, 3.0], ax=ax),
    "lines": lambda ax: plot_line_fits([1.0, 2.0, 3.0], [2.0, 3.0, 4.0], {"L2": "mse"}, ax=ax),
    "digits": lambda ax: plot_digits(IMAGES, [0, 1, 2], ax=ax),
    "weights": lambda ax: plot_weights(nn.Layer(9, 4), ax=ax),
    "wrong": lambda ax: plot_misclassified(brightest, IMAGES, [0, 1, 1], ax=ax),
    "confusion": lambda ax: plot_confusion_matrix(brightest, IMAGES, [0, 1, 1], ax=ax),
}


@pytest.mark.parametrize("name", MAKERS)
def test_each_takes_axes_and_gives_them_back_with_words(name):
    _, mine = plt.subplots()
    assert MAKERS[name](mine) is mine
    assert len(plt.get_fignums()) == 1
    for ax in (mine, MAKERS[name](None)):
        assert ax.get_title()
        if name not in ("digits", "weights", "wrong"):  # images have no axes to name
            assert ax.get_xlabel()
            assert ax.get_ylabel()


# -- decision boundaries --


def test_points_and_regions():
    ax = plot_decision_boundary(slanted, SQUARE, [1, 1, -1, 1], resolution=21)
    assert ax.get_title() == "Decision boundary: 75.0% of 4 points right"
    clouds = {c.get_label(): c for c in ax.collections if c.get_label().startswith("class")}
    assert {k: c.get_offsets().tolist() for k, c in clouds.items()} == {
        "class -1": [[0.0, 1.0]],
        "class 1": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]],
    }
    edges = [to_hex(c) for c in clouds["class 1"].get_edgecolors()]
    assert edges == ["#ffffff", "#ffffff", INK]  # the last is on the wrong side
    assert to_hex(clouds["class -1"].get_facecolors()[0]) == VERMILION
    assert to_hex(clouds["class 1"].get_facecolors()[0]) == BLUE
    shapes = [c.get_paths()[0].vertices.tolist() for c in clouds.values()]
    assert shapes[0] != shapes[1]  # told apart without colour

    regions, line = [c for c in ax.collections if c.get_label() not in clouds]
    for x, y in line.get_paths()[0].vertices:
        assert slanted([x, y]) == pytest.approx(0, abs=1e-9)  # a line is straight between places
    for k, color in enumerate((VERMILION, BLUE)):
        assert to_hex(regions.get_facecolors()[k]) == color
        for x, y in [(0.5, 0.1), (0.5, 0.9), (0.0, 0.0), (1.1, 0.9), (-0.1, 0.5)]:
            inside = regions.get_paths()[k].contains_point((x, y))
            assert inside == ((slanted([x, y]) > 0) == bool(k))


def test_where_one_class_has_it_all_there_is_no_boundary():
    ax = plot_decision_boundary(lambda x: 1.0 + x[0] ** 2, SQUARE, [1, 1, -1, 1], resolution=21)
    assert ax.get_title() == "Decision boundary: 75.0% of 4 points right"
    regions = [c for c in ax.collections if isinstance(c, QuadContourSet)]
    assert [c.filled for c in regions] == [True]


def test_three_classes():
    inputs, targets = nn.data.blobs(30, centers=[(-3, 0), (3, 0), (0, 4)], spread=0.3)
    model = nn.MLP(2, [3], rng=0)
    nn.fit(model, inputs, targets, "cross_entropy", nn.optim.Adam(model.parameters(), lr=0.3))
    ax = plot_decision_boundary(model, inputs, nn.data.one_hot(targets, 3), resolution=30)
    clouds = [c for c in ax.collections if c.get_label().startswith("class")]
    assert [len(c.get_offsets()) for c in clouds] == [10, 10, 10]
    assert len({to_hex(c.get_facecolors()[0]) for c in clouds}) == 3
    assert "100.0% of 30" in ax.get_title()
    with pytest.raises(ValueError, match="colours for 7 classes; got 8"):
        plot_decision_boundary(lambda x: [x[0] * k for k in range(8)], SQUARE, [0, 1, 2, 7])


# -- fits --


def points(ax):
    return {line.get_label(): list(zip(*line.get_data(), strict=True)) for line in ax.get_lines()}


def test_the_bent_line_over_the_houses():
    sizes, prices = nn.data.houses()
    model = nn.Neuron(1, "relu")
    model.load_state_dict({"weights.0": 3.0, "bias": -90.0})
    ax = plot_fit(model, sizes, prices, low=0.0, title="Houses", names=("m2", "price"))
    for x, y in points(ax)["model"]:
        assert y == max(0.0, 3.0 * x - 90.0)
    assert (points(ax)["model"][0][0], points(ax)["model"][-1][0]) == (0.0, 160.0)
    (cloud,) = ax.collections
    assert cloud.get_offsets().tolist() == [[x, y] for (x,), y in zip(sizes, prices, strict=True)]
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("Houses", "m2", "price")
    with pytest.raises(ValueError, match="a target for each input; got 6 and 2"):
        plot_fit(model, sizes, prices[:2])


def test_outliers_pull_squared_error_and_not_the_others():
    inputs, targets = nn.data.line_with_outliers(rng=1)
    ax = plot_line_fits(inputs, targets)
    drawn = points(ax)
    assert list(drawn) == ["squared (L2)", "absolute (L1)", "Huber"]
    slope, intercept = numpy.polyfit([x for (x,) in inputs], targets, 1)
    for x, y in drawn["squared (L2)"]:
        assert y == pytest.approx(slope * x + intercept, abs=0.01)  # 600 steps of Adam
    for name in ("absolute (L1)", "Huber"):
        # near the line without the outliers, 2 * x + 1, whose noise is 0.2
        assert all(y == pytest.approx(2 * x + 1, abs=0.3) for x, y in drawn[name])
    assert max(abs(y - 2 * x - 1) for x, y in drawn["squared (L2)"]) > 1


# -- images --


def test_digits_in_a_grid():
    images = [[float(10 * k + i) for i in range(4)] for k in range(5)]
    ax = plot_digits(images, "abcde", columns=3)
    (drawn,) = ax.get_images()
    canvas = drawn.get_array().filled(math.nan)
    assert canvas.shape == (2 * (2 + 1), 3 * 3 - 1)
    for k, pixels in enumerate(images):
        top, left = 3 * (k // 3) + 1, 3 * (k % 3)
        assert canvas[top : top + 2, left : left + 2].ravel().tolist() == pixels
    assert numpy.isfinite(canvas).sum() == 20
    assert [t.get_text() for t in ax.texts] == list("abcde")
    assert ax.texts[4].get_position() == pytest.approx((3.5, 3.2))
    assert plot_digits(images).texts[:] == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plot_digits([]), "at least one row"),
        (lambda: plot_digits([[1.0, 2.0]]), "square images, such as rows of 64 pixels.*got 2"),
        (lambda: plot_digits(IMAGES, [1]), "a label for each image; got 3 and 1"),
        (lambda: plot_digits(IMAGES, columns=0), "columns wants"),
        (lambda: plot_weights(nn.MLP(5, [2])), "square images"),
        (lambda: plot_confusion_matrix(lambda x: x[0], IMAGES, [0, 1, 2]), "one output a class"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_first_layer_weights_as_images():
    model = nn.MLP(4, [3, 2], rng=1)
    ax = plot_weights(model, columns=2)
    (drawn,) = ax.get_images()
    canvas = drawn.get_array().filled(math.nan)
    for k, neuron in enumerate(model.layers[0].neurons):
        top, left = 3 * (k // 2) + 1, 3 * (k % 2)
        pixels = canvas[top : top + 2, left : left + 2].ravel().tolist()
        assert pixels == [w.data for w in neuron.weights]
    low, high = drawn.get_clim()
    assert low == -high == -max(abs(w.data) for n in model.layers[0].neurons for w in n.weights)
    colors = [to_hex(drawn.cmap(x)) for x in (0.0, 0.5, 1.0)]
    assert colors[0] == VERMILION
    assert colors[2] == BLUE
    assert min(int(colors[1][i : i + 2], 16) for i in (1, 3, 5)) > 250


def test_confusion_matrix():
    targets = [0, 0, 1, 1, 1, 2]
    images = [IMAGES[k] for k in (0, 1, 1, 1, 0, 2)]
    ax = plot_confusion_matrix(brightest, images, targets)
    (drawn,) = ax.get_images()
    assert drawn.get_array().tolist() == [[1, 1, 0], [1, 2, 0], [0, 0, 1]]
    assert ax.get_title() == "Confusion matrix: 4 of 6 right"
    written = {t.get_position(): t.get_text() for t in ax.texts}
    assert written == {(0, 0): "1", (1, 0): "1", (0, 1): "1", (1, 1): "2", (2, 2): "1"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("what the model said", "what it is")


def test_misclassified():
    ax = plot_misclassified(brightest, IMAGES * 2, [0, 1, 1, 0, 2, 2])
    assert ax.get_title() == "2 of 6 misclassified (is: said)"
    assert [t.get_text() for t in ax.texts] == ["1: 2", "2: 1"]
    canvas = ax.get_images()[0].get_array().filled(math.nan)
    assert canvas[-3:, :3].ravel().tolist() == IMAGES[2]
    assert canvas[-3:, 4:7].ravel().tolist() == IMAGES[1]
    assert len(plot_misclassified(brightest, IMAGES, [2, 2, 1], most=2).texts) == 2
    none = plot_misclassified(brightest, IMAGES, [0, 1, 2])
    assert none.get_title() == "0 of 3 misclassified (is: said)"
    assert none.get_images()[:] == []


def test_digits_of_scikit_learn():
    pytest.importorskip("sklearn", reason="it brings the digits along")
    inputs, targets = nn.data.digits()
    model = nn.MLP(64, [10], rng=0)
    adam = nn.optim.Adam(model.parameters(), lr=0.05)
    nn.fit(model, inputs[:300], targets[:300], "cross_entropy", adam, epochs=15, compile=True)
    ax = plot_confusion_matrix(model, inputs[300:500], targets[300:500])
    counts = ax.get_images()[0].get_array()
    assert counts.sum() == 200
    assert numpy.trace(counts) > 150
    assert counts.sum(axis=1).tolist() == [targets[300:500].count(k) for k in range(10)]
    assert len(plot_misclassified(model, inputs[300:500], targets[300:500], most=99).texts) == (
        200 - numpy.trace(counts)
    )


# -- animation --


def bowl(x):
    return 0.1 * x[0] ** 2 + 2 * x[1] ** 2


def race():
    paths = {
        "plain": descent_path(bowl, [-5.0, -2.0], lambda p: SGD(p, lr=0.4), 4),
        "momentum": descent_path(bowl, [-5.0, -2.0], lambda p: SGD(p, lr=0.4, momentum=0.5), 6),
    }
    return paths, animate_descent(bowl, paths, interval=150)


def test_each_frame_shows_the_paths_up_to_its_step():
    paths, animation = race()
    assert animation.frames == 7
    for step in (0, 3, 6):
        drawn = animation.draw(step)
        for line, path in zip(drawn, paths.values(), strict=True):
            assert list(zip(*line.get_data(), strict=True)) == [tuple(p) for p in path[: step + 1]]
        assert animation.ax.get_title() == f"Loss surface, step {step}"
    assert [to_hex(line.get_color()) for line in drawn] == COLORS[1:3]


def test_a_gif(tmp_path):
    _, animation = race()
    image = Image.open(io.BytesIO(animation.save(tmp_path / "race.gif").read_bytes()))
    assert image.n_frames == 7
    assert image.info["duration"] == 150
    frames = []
    for i in range(7):
        image.seek(i)
        frames.append(numpy.array(image.convert("RGB")))
    assert all((a != b).any() for a, b in itertools.pairwise(frames))
    with pytest.raises(ValueError, match=r"race.mp4': an animation is written as .gif or .html"):
        animation.save(tmp_path / "race.mp4")


def test_a_player_that_needs_nothing_else(tmp_path):
    _, animation = race()
    page = animation.save(tmp_path / "race.html").read_text()
    assert re.findall(r"https?:", page) == []
    assert set(re.findall(r'src="([a-z:/]+)', page)) == {"data:image/png"}
    frames = json.loads(re.search(r'json">(.*?)</script>', page).group(1))
    assert len(frames) == 7
    for frame in frames:
        data = base64.b64decode(frame.removeprefix("data:image/png;base64,"))
        assert Image.open(io.BytesIO(data)).size == (540, 360)
    assert 'alt="Loss surface: plain: ' in page
    assert page.count("data-lm-suppress-shortcuts") == 2
    assert 'data-stepgrad-animation="150"' in page


def test_a_notebook_plays_it():
    page = animate_descent(bowl, [[1.0, 1.0], [0.5, 0.0]])._repr_html_()
    assert len(json.loads(re.search(r'json">(.*?)</script>', page).group(1))) == 2
    assert "data-stepgrad-animation" in page


def test_nothing_to_animate():
    with pytest.raises(ValueError, match="at least one path"):
        animate_descent(bowl, {})
    with pytest.raises(ValueError, match="interval wants"):
        animate_descent(bowl, [[1.0, 1.0]], interval=0)
