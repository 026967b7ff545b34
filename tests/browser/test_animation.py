"""The animation's player in a browser: it plays, stops at the end, and can be moved by hand."""

import json
import re

import pytest

pytest.importorskip("matplotlib", reason="it draws the frames")
import matplotlib

matplotlib.use("Agg")

from nn.optim import SGD
from viz.plots import animate_descent, descent_path


def bowl(x):
    return 0.1 * x[0] ** 2 + 2 * x[1] ** 2


@pytest.fixture(scope="module")
def player():
    hostile = '</script><img src=x onerror="window.harmed=1">'
    path = descent_path(bowl, [-5.0, -2.0], lambda p: SGD(p, lr=0.4), 4)
    return animate_descent(bowl, {hostile: path}, interval=60).to_html()


def frames(html):
    return json.loads(re.search(r'json">(.*?)</script>', html).group(1))


def test_it_plays_to_the_end_and_again(open_page, player):
    page = open_page(player)
    image, button, slider = page.locator("img"), page.locator("button"), page.locator("input")
    assert image.get_attribute("src") == frames(player)[4]
    assert page.evaluate("window.harmed") is None
    for _ in range(2):
        button.click()
        assert button.text_content() == "Pause"
        page.wait_for_function("document.querySelector('button').textContent === 'Play'")
        assert slider.input_value() == "4"
        assert image.get_attribute("src") == frames(player)[4]


def test_it_is_moved_and_stopped_by_hand(open_page, player):
    page = open_page(player)
    image, button, slider = page.locator("img"), page.locator("button"), page.locator("input")
    for step in (0, 2, 3):
        slider.fill(str(step))
        assert image.get_attribute("src") == frames(player)[step]
    slider.fill("0")
    button.click()
    slider.fill("1")
    assert button.text_content() == "Play"
    page.wait_for_timeout(200)
    assert slider.input_value() == "1"
    slider.press("ArrowRight")
    assert image.get_attribute("src") == frames(player)[2]


def test_two_on_one_page_do_not_mix(open_page, player):
    page = open_page(player + player)
    page.locator("input").nth(0).fill("1")
    assert page.locator("img").nth(0).get_attribute("src") == frames(player)[1]
    assert page.locator("img").nth(1).get_attribute("src") == frames(player)[4]


def test_without_scripts_the_last_frame_stands(open_page, player):
    page = open_page(player, scripts=False)
    assert page.locator("img").get_attribute("src") == frames(player)[4]
    assert page.locator("img").get_attribute("alt").startswith("Loss surface: ")
