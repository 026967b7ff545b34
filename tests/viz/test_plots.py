"""Plots of functions, curves and descents, read back from what was drawn."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="the plots are drawn by matplotlib")
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt

import autograd
import nn
import viz.plots
from nn.optim import SGD
from viz.plots import (
    descent_path,
    plot_activation,
    plot_cross_entropy,
    plot_descent,
    plot_history,
    plot_loss_surface,
    plot_losses,
    plot_momentum_weights,
    plot_saddle,
    plot_schedules,
    plot_steepness,
    plot_surface,
)


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def lines(ax):
    """The lines with a name: their points, without the gaps."""
    named = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    return {
        line.get_label(): [
            (x, y) for x, y in zip(*line.get_data(), strict=True) if not math.isnan(y)
        ]
        for line in named
    }


def bowl(x):
    return 0.1 * x[0] ** 2 + 2 * x[1] ** 2


MAKERS = {
    "activation": lambda ax: plot_activation("tanh", ax=ax),
    "steepness": lambda ax: plot_steepness(ax=ax),
    "losses": lambda ax: plot_losses(ax=ax),
    "cross-entropy": lambda ax: plot_cross_entropy(ax=ax),
    "schedules": lambda ax: plot_schedules(nn.schedules.cosine(0.3, 0.01, 20), ax=ax),
    "momentum": lambda ax: plot_momentum_weights(ax=ax),
    "history": lambda ax: plot_history(history(), ax=ax),
    "descent": lambda ax: plot_descent(lambda x: x * x, [2.0, 1.0], ax=ax),
    "surface": lambda ax: plot_loss_surface(bowl, [[1.0, 1.0], [0.5, 0.0]], ax=ax),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_each_takes_axes_and_gives_them_back_with_words(make):
    _, mine = plt.subplots()
    count = len(plt.get_fignums())
    assert make(mine) is mine
    assert len(plt.get_fignums()) == count
    own = make(None)
    assert own is not mine
    for ax in (mine, own):
        assert ax.get_title()
        assert ax.get_xlabel()
        assert ax.get_ylabel()
    with pytest.raises(TypeError, match="ax wants a matplotlib Axes"):
        make("axes")


def test_colours_are_told_apart():
    """Each line has a colour and dashes of its own, of those that all can tell apart."""
    ax = plot_losses(("squared_error", "mae", "huber", "pseudo_huber"))
    styles = [(line.get_color(), line.get_linestyle()) for line in ax.get_lines()]
    assert len({color for color, _ in styles}) == len({dash for _, dash in styles}) == 4
    assert {color for color, _ in styles} <= set(viz.plots.canvas.COLORS)


def test_every_plot_is_at_hand_in_viz():
    for name in viz.plots.__all__:
        assert getattr(viz, name) is getattr(viz.plots, name)
        assert name in viz.__all__


def test_importing_viz_imports_no_matplotlib():
    root = str(Path(viz.__file__).parents[1])
    code = "import sys, viz; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": root}).returncode == 0


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'pip install "stepgrad\[notebooks\]"'):
        plot_activation("tanh")


# -- functions --


@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [
        ("tanh", math.tanh, lambda z: 1 - math.tanh(z) ** 2),
        ("relu", lambda z: max(z, 0.0), lambda z: float(z > 0)),
        ("step", lambda z: float(z >= 0), lambda z: 0.0),
        ("leaky_relu", lambda z: z if z > 0 else 0.01 * z, lambda z: 1.0 if z > 0 else 0.01),
        ("prelu", lambda z: z if z > 0 else 0.25 * z, lambda z: 1.0 if z > 0 else 0.25),
        (nn.activations.elu.using(alpha=0.5), None, None),
        (lambda z: z * z, lambda z: z * z, lambda z: 2 * z),
    ],
)
def test_activations_beside_their_derivatives(name, value, slope):
    ax = plot_activation(name, low=-3, high=4)
    drawn, derivative = lines(ax).values()
    assert (drawn[0][0], drawn[-1][0]) == (-3.0, 4.0)
    assert len(drawn) >= 400
    if value is not None:
        assert all(y == pytest.approx(value(x), abs=1e-12) for x, y in drawn)
        assert all(y == pytest.approx(slope(x), abs=1e-12) for x, y in derivative)
    if isinstance(name, str):
        assert ax.get_title() == name
        assert list(lines(ax)) == [f"{name}(z)", "its derivative"]
    else:
        assert ax.get_title() in ("elu(alpha=0.5)", "<lambda>")


def test_a_jump_is_no_line():
    (line, _) = plot_activation("step").get_lines()
    x, y = line.get_data()
    (gap,) = [i for i, yi in enumerate(y) if math.isnan(yi)]
    assert (y[gap - 1], y[gap + 1]) == (0.0, 1.0)
    assert x[gap + 1] == 0.0
    assert not any(math.isnan(yi) for yi in plot_activation("tanh").get_lines()[0].get_data()[1])


def test_softmax_has_no_plot_over_one_number():
    with pytest.raises(ValueError, match="softmax is a function of a whole layer"):
        plot_activation("softmax")
    with pytest.raises(ValueError, match="did you mean 'tanh'"):
        plot_activation("tahn")
    with pytest.raises(ValueError, match="finite limits, the lower first; got 5"):
        plot_activation("tanh", low=5, high=-5)


def test_sigmoid_turns_into_a_step():
    ax = plot_steepness((1, 10), center=0.5)
    one, ten = lines(ax).values()
    assert list(lines(ax)) == ["w = 1, b = -0.5", "w = 10, b = -5"]
    assert all(y == pytest.approx(1 / (1 + math.exp(-(x - 0.5)))) for x, y in one)
    assert all(y == pytest.approx(1 / (1 + math.exp(-10 * (x - 0.5)))) for x, y in ten)


def test_loss_shapes():
    drawn = lines(plot_losses(("squared_error", "mae", "huber"), reach=2.0))
    formulas = {
        "squared_error": lambda e: e * e,
        "mae": abs,
        "huber": lambda e: e * e / 2 if abs(e) <= 1 else abs(e) - 0.5,
    }
    assert list(drawn) == list(formulas)
    for name, formula in formulas.items():
        assert drawn[name][0][0] == -2.0
        assert all(y == pytest.approx(formula(x), abs=1e-12) for x, y in drawn[name])
    ax = plot_losses(["hinge"], target=1)
    assert all(y == max(0.0, 1 - x) for x, y in lines(ax)["hinge"])
    assert ax.get_xlabel() == "prediction y, the target being 1"


def test_cross_entropy_against_p():
    drawn = lines(plot_cross_entropy())
    for (label, points), sign in zip(drawn.items(), (1, 0), strict=True):
        assert f"class {sign}" in label
        assert all(y == pytest.approx(-math.log(p if sign else 1 - p)) for p, y in points)
        assert len(points) > 500


# -- curves --


def history(n=3, **columns):
    found = nn.History()
    for i in range(n):
        found.append({"loss": 1 / (i + 1), "learning_rate": 0.1} | columns)
    return found


def test_history():
    assert lines(plot_history(history()))["loss"] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    both = lines(plot_history(history(val_loss=0.5)))
    assert list(both) == ["loss", "val_loss"]
    ax = plot_history(history(accuracy=0.9), "accuracy")
    assert lines(ax)["accuracy"] == [(1, 0.9), (2, 0.9), (3, 0.9)]
    assert ax.get_ylabel() == "accuracy"
    assert plot_history(history(), log=True).get_yscale() == "log"
    assert plot_history(history(1)).get_lines()[0].get_marker() not in (None, "None", "")
    with pytest.raises(KeyError, match="'acc' is not in this history; there are loss"):
        plot_history(history(), "acc")


def test_histories_to_compare():
    two = {"SGD": history(2), "Adam": history(3)}
    assert {k: len(v) for k, v in lines(plot_history(two, "loss")).items()} == {"SGD": 2, "Adam": 3}
    assert list(lines(plot_history(two))) == ["SGD: loss", "Adam: loss"]


def test_schedules():
    named = {"a": nn.schedules.cosine(0.3, 0.01, 20), "b": lambda step: 1 / (1 + step)}
    ax = plot_schedules(named, steps=30)
    for name, schedule in named.items():
        assert lines(ax)[name] == [(t, schedule(t)) for t in range(30)]
    assert list(lines(plot_schedules(nn.schedules.constant(0.1)))) == ["constant"]


def test_momentum_weights():
    drawn = lines(plot_momentum_weights((0.5, 0.9), steps=5))
    assert drawn["beta = 0.5, sum 2"] == [(t, 0.5**t) for t in range(5)]
    assert drawn["beta = 0.9, sum 10"] == [(t, 0.9**t) for t in range(5)]
    with pytest.raises(ValueError, match="below 1; got 1"):
        plot_momentum_weights([1])


# -- descent --


def test_a_surface_has_its_heights_in_place(monkeypatch):
    given = []  # there is no public way to read a surface back
    kind = type(plt.figure().add_subplot(projection="3d"))
    monkeypatch.setattr(
        kind, "plot_surface", lambda self, x, y, z, **style: given.append((x, y, z))
    )
    plot_surface(lambda x: x[0] + 10 * x[1], low=-1, high=1)
    ((across, along, heights),) = given
    assert heights.shape == (41, 41)
    assert heights == pytest.approx(across + 10 * along, abs=1e-12)
    assert (across.min(), across.max(), along.min(), along.max()) == (-1, 1, -1, 1)


def test_paths_are_the_lessons_numbers():
    for rate, end in [(0.2, 0.060466), (0.05, 3.486784), (1.1, 61.917364)]:
        path = descent_path(lambda x: x * x, 10.0, lambda p, r=rate: SGD(p, lr=r), 10)
        assert (path[0], round(path[-1], 6)) == (10.0, end)
    path = descent_path(bowl, [-5.0, -2.0], lambda p: SGD(p, lr=0.4))
    assert len(path) == 21
    assert [round(x, 6) for x in path[-1]] == [-0.943467, -0.000073]
    with pytest.raises(ValueError, match="steps wants"):
        descent_path(bowl, [1.0, 1.0], SGD, steps=-1)


def test_a_descent_with_its_tangents():
    path = descent_path(lambda x: x * x, 10.0, lambda p: SGD(p, lr=0.2), 10)
    ax = plot_descent(lambda x: x * x, path, tangents=3, low=-5.0, high=11.0)
    drawn = lines(ax)
    assert drawn["descent"] == [(x, x * x) for x in path]
    assert (drawn["loss"][0], drawn["loss"][-1]) == ((-5.0, 25.0), (11.0, 121.0))
    segments = [line.get_data() for line in ax.get_lines() if len(line.get_data()[0]) == 2]
    assert len(segments) == 3
    for ((x1, x2), (y1, y2)), x in zip(segments, path, strict=False):
        assert (x1 + x2) / 2 == pytest.approx(x)
        assert (y1 + y2) / 2 == pytest.approx(x * x)
        assert (y2 - y1) / (x2 - x1) == pytest.approx(2 * x)
    with pytest.raises(ValueError, match="at least one number"):
        plot_descent(bowl, [])


def test_functions_may_use_the_methods_of_values():
    assert lines(plot_descent(lambda x: x.exp(), [0.5]))["descent"] == [(0.5, math.exp(0.5))]
    plot_loss_surface(lambda x: x[0].tanh() * x[1], [[1.0, 1.0]])
    plot_descent(lambda x: x * autograd.cos(math.pi * x), [1.6, 1.4])


def test_contours_and_the_paths_of_several_optimizers():
    paths = {
        "plain": descent_path(bowl, [-5.0, -2.0], lambda p: SGD(p, lr=0.4)),
        "momentum": descent_path(bowl, [-5.0, -2.0], lambda p: SGD(p, lr=0.4, momentum=0.5)),
    }
    ax = plot_loss_surface(bowl, paths)
    drawn = lines(ax)
    assert [label.split(":")[0] for label in drawn] == ["plain", "momentum"]
    for points, path in zip(drawn.values(), paths.values(), strict=True):
        assert points == [tuple(p) for p in path]
    assert next(iter(drawn)) == f"plain: {bowl(paths['plain'][-1]):.3g} after 20"
    (contours,) = ax.collections
    checked = 0
    for level, outline in zip(contours.levels, contours.get_paths(), strict=True):
        for x, y in outline.vertices:
            # straight between places of a grid 0.08 by 0.05 apart: off by its curvature
            assert bowl([x, y]) == pytest.approx(level, abs=0.01)
            checked += 1
    assert checked > 500


def test_a_surface_that_is_flat_is_one_contour():
    ax = plot_loss_surface(lambda x: 3.0 + 0.0 * x[0], [[1.0, 1.0], [0.5, 0.0]])
    (contours,) = ax.collections
    assert list(contours.levels) == [3.0]


def test_what_flies_off_does_not_set_the_scale():
    path = descent_path(bowl, [-5.0, -2.0], lambda p: SGD(p, lr=0.6))
    assert abs(path[-1][1]) > 1000
    ax = plot_loss_surface(bowl, path)
    assert ax.get_xlim()[0] < -5 < 0 < ax.get_xlim()[1] + 1
    assert -4 < ax.get_ylim()[0] < ax.get_ylim()[1] < 4
    ax = plot_loss_surface(bowl, path, extent=(-1.0, 2.0, -3.0, 4.0))
    assert (*ax.get_xlim(), *ax.get_ylim()) == (-1.0, 2.0, -3.0, 4.0)
    assert plot_loss_surface(bowl).get_legend() is None


def test_the_saddle_in_three_dimensions():
    path = [[1.5, 0.01], [1.0, 0.1], [0.5, 0.5]]
    ax = plot_saddle(path)
    assert ax.get_title() == "A saddle: x1**2 - x2**2"
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("x1", "x2", "loss")
    (line,) = ax.get_lines()
    x, y, z = line.get_data_3d()
    assert list(zip(x, y, strict=True)) == [tuple(p) for p in path]
    assert list(z) == [a * a - b * b for a, b in path]
    low, high = ax.get_zlim()
    assert low <= -4 < 4 <= high
    figure = plt.figure()
    mine = figure.add_subplot(projection="3d")
    assert plot_surface(bowl, ax=mine) is mine
    with pytest.raises(TypeError, match='add_subplot\\(projection="3d"\\)'):
        plot_surface(bowl, ax=plt.figure().add_subplot())
