"""viz.film without a browser: which frames it keeps, and what it refuses."""

import re
from itertools import pairwise

import pytest

import nn
import viz
from nn.data import moons, xor


def trained(epochs, max_frames=100, compile=False):
    inputs, targets = xor(labels=(-1, 1))
    model = nn.MLP(2, [3, 1], activation="tanh", rng=1)
    film = viz.film(model, inputs, targets, max_frames=max_frames)
    states = [[p.data for p in model.parameters()]]
    note = lambda model, history: states.append([p.data for p in model.parameters()])  # noqa: E731
    history = nn.fit(
        model, inputs, targets, "hinge", epochs=epochs, callbacks=[film, note], compile=compile
    )
    return film, states, history


@pytest.mark.parametrize("compile", [False, True])
def test_a_frame_holds_the_parameters_of_its_epoch(compile):
    film, states, history = trained(30, compile=compile)
    assert [epoch for epoch, _ in film.frames] == list(range(31))
    assert [numbers for _, numbers in film.frames] == states
    assert film.losses["loss"] == history["loss"]


@pytest.mark.parametrize("epochs", [0, 1, 9, 10, 11, 100, 257])
def test_frames_are_thinned_evenly_and_the_last_is_kept(epochs):
    film, states, _ = trained(epochs, max_frames=10)
    shown = film._shown()
    at = [epoch for epoch, _ in shown]
    assert at[0] == 0
    assert at[-1] == epochs
    assert len(at) <= 11
    # the last gap may be shorter: the last epoch is always shown
    gaps = {b - a for a, b in pairwise(at[:-1])}
    assert len(gaps) <= 1
    assert all(numbers == states[epoch] for epoch, numbers in shown)


def test_the_page_is_whole_and_small(tmp_path):
    inputs, targets = moons(100, labels=(-1, 1))
    model = nn.MLP(2, [16, 16, 1], rng=0)
    film = viz.film(model, inputs, targets)
    nn.fit(model, inputs, targets, "hinge", epochs=3, callbacks=[film])
    page = film.save(tmp_path / "film.html").read_text()
    assert page == film.html()
    assert set(re.findall(r"\w+://[\w.]+", page)) <= {"http://www.w3.org"}
    assert len(page) < 400_000
    assert page.count("<script") == 1
    with pytest.raises(ValueError, match=r"end its name in \.html"):
        film.save(tmp_path / "film.gif")


def test_a_notebook_plays_it():
    film, _, _ = trained(5)
    bundle = film._repr_mimebundle_()
    assert bundle["text/plain"] == f"<Film: 5 epochs of {film.model!r} in 6 frames>"
    before, _, script = bundle["text/html"].partition("<script>")
    assert "<img" in before  # where scripts do not run
    assert bundle["text/html"] in film.html()
    assert script.rstrip().endswith("</script>")


def test_what_cannot_be_filmed_says_why():
    inputs, targets = xor(labels=(-1, 1))
    with pytest.raises(ValueError, match="3,000 parameters at most; this model has 13,002"):
        viz.film(nn.MLP(784, [16, 16, 10]), [[0.0] * 784], [1])
    with pytest.raises(ValueError, match="4 inputs and 3 targets"):
        viz.film(nn.MLP(2, [1]), inputs, targets[:3])
    with pytest.raises(ValueError, match="takes 3 inputs"):
        viz.film(nn.MLP(3, [1]), inputs, targets)
    with pytest.raises(TypeError, match="Module"):
        viz.film(lambda x: x, inputs, targets)
