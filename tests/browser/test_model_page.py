"""draw_model in a browser: an image where scripts are stripped, and in line where they run."""

import nn
import viz


def fragment():
    return viz.draw_model(nn.MLP(2, [3, 1], rng=0), [1.0, -1.0])._repr_mimebundle_()["text/html"]


def test_in_line_so_that_pointing_tells(open_page):
    page = open_page(f"<!doctype html><body>{fragment()}{fragment()}</body>")
    assert page.locator("img").count() == 0
    assert page.locator("svg").count() == 2
    assert page.locator("svg").first.locator("circle.neuron").count() == 6
    title = page.locator("path.edge > title").first.text_content()
    assert title.startswith("layers.0.neurons.0.weights.0 ")
    page.locator("path.edge").first.hover(force=True)


def test_an_image_with_words_where_scripts_do_not_run(open_page):
    page = open_page(f"<!doctype html><body>{fragment()}</body>", scripts=False)
    image = page.locator("img")
    assert "a network of 2, 3, 1 neurons" in image.get_attribute("alt")
    assert image.evaluate("(image) => image.complete && image.naturalWidth > 100")
