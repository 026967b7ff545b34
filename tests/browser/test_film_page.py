"""A film in a browser: every frame computes what the model of that epoch computes."""

import re

import pytest

import nn
import viz


def film(n_in, output="linear", targets=None):
    rows = [[0.1 * (i - 5) * (k + 1) for k in range(n_in)] for i in range(11)]
    targets = targets or [abs(row[0]) for row in rows]
    model = nn.MLP(n_in, [4, 1], activation="tanh", output=output, rng=1)
    recording = viz.film(model, rows, targets)
    outputs = [model(rows[0]).data]
    note = lambda model, history: outputs.append(model(rows[0]).data)  # noqa: E731
    nn.fit(model, rows, targets, "mse", epochs=12, callbacks=[recording, note])
    return recording, outputs


def told(page):
    return float(re.search(r"it gives (\S+)", page.locator(".where").first.inner_text())[1])


@pytest.mark.parametrize("n_in", [1, 2, 3])
def test_every_frame_answers_as_the_model_did(open_page, n_in):
    recording, outputs = film(n_in)
    page = open_page(recording)
    assert page.locator("canvas").count() == (1 if n_in < 3 else 0)
    page.get_by_role("button", name="First frame").click()
    assert page.get_by_text("Before training").is_visible()
    for epoch, output in enumerate(outputs):
        if epoch:
            page.get_by_role("button", name="Next frame").click()
            loss = recording.losses["loss"][epoch - 1]
            assert page.get_by_text(f"Epoch {epoch}: loss {loss:.4g}").is_visible()
        # parameters of five digits, an answer shown to four
        assert told(page) == pytest.approx(output, rel=2e-3, abs=1e-4)


def test_keys_play_and_a_point_that_is_chosen(open_page):
    recording, _ = film(2, targets=[i % 2 for i in range(11)])
    page = open_page(recording)
    slider = page.get_by_label("frame", exact=True)
    page.get_by_role("button", name="Next frame").focus()
    page.keyboard.press("Home")
    assert slider.input_value() == "0"
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "1"
    before = told(page)
    canvas = page.locator("canvas")
    box = canvas.bounding_box()
    canvas.click(position={"x": 0.9 * box["width"], "y": 0.2 * box["height"]})
    assert told(page) != before
    page.keyboard.press("End")
    assert slider.input_value() == "12"
    page.keyboard.press(" ")
    page.wait_for_function(
        """() => { const host = document.querySelector("[data-stepgrad] > div");
                   const slider = host.shadowRoot.querySelector("input");
                   return Number(slider.value) > 0 && Number(slider.value) < 12; }"""
    )


@pytest.mark.parametrize("width", [360, 800, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_at_any_width(open_page, width, scheme):
    recording, _ = film(2)
    page = open_page(recording, width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_scripts_the_network_and_the_losses_stay(open_page):
    recording, _ = film(2)
    page = open_page(recording, scripts=False)
    assert "a network of 2, 4, 1 neurons" in page.locator("img").get_attribute("alt")
    assert page.locator("tr").count() == 13
