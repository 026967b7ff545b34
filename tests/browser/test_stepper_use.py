"""The stepper in use: keys, sizes, scrolling, themes, listening; and where scripts do not run."""

import pytest

from viz.stepper import step_through

from .pages import circuit, positions, press


@pytest.mark.parametrize("width", [360, 800, 1600])
@pytest.mark.parametrize("tool", ["Change the inputs", "Paths", "What goes wrong", "All steps"])
def test_nothing_is_cut_at_any_width(open_page, width, tool):
    root, _ = circuit()
    page = open_page(step_through(root, mistake="order"), width=width)
    button = page.get_by_role("button", name=tool)
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    for _ in range(positions(page) + 1):
        cut = page.evaluate(
            """() => {
              const root = document.querySelector("[data-stepgrad] > div").shadowRoot;
              const all = [...root.querySelectorAll(".stepper *:not(svg *):not(.unseen)")];
              return [document.documentElement, ...all]
                .filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
                .filter((e) => !e.matches(".scroll, .scroll *, select, option, input"))
                .map((e) => e.tagName + "." + e.className + e.textContent.slice(0, 40));
            }"""
        )
        assert cut == []
        press(page, "ArrowRight")


def test_the_step_is_in_sight_on_a_narrow_screen(open_page):
    root, _ = circuit()
    page = open_page(step_through(root), width=360, reduced_motion="reduce")
    for _ in range(positions(page)):
        press(page, "ArrowRight")
        inside = page.evaluate(
            """() => {
              const root = document.querySelector("[data-stepgrad] > div").shadowRoot;
              const node = root.querySelector(".node.active .outline");
              const picture = root.querySelector(".picture");
              const [a, b] = [node, picture].map((e) => e?.getBoundingClientRect());
              const across = !a || (a.left >= b.left && a.right <= b.right);
              return across && (!a || (a.top >= b.top && a.bottom <= b.bottom));
            }"""
        )
        assert inside


def test_the_page_scrolls_and_the_picture_does_not_steal_it(open_page):
    root, _ = circuit()
    page = open_page(step_through(root), height=300)
    box = page.locator(".picture").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    scene = page.locator(".picture > g").get_attribute("style")
    page.mouse.wheel(0, 120)
    page.wait_for_function("window.scrollY > 0")
    assert page.locator(".picture > g").get_attribute("style") == scene


def test_dragging_pans_and_control_wheel_zooms(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    style = lambda: page.locator(".picture > g").get_attribute("style")  # noqa: E731
    page.get_by_role("button", name="Fit").click()
    before = style()
    box = page.locator(".picture").bounding_box()
    x, y = box["x"] + 300, box["y"] + box["height"] - 20
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y - 10, steps=4)
    page.mouse.up()
    dragged = style()
    assert dragged != before
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function(
        "(old) => document.querySelector('[data-stepgrad] > div').shadowRoot"
        ".querySelector('.picture > g').getAttribute('style') !== old",
        arg=dragged,
    )
    page.get_by_role("button", name="Fit").click()
    assert style() == before


def test_a_click_on_a_node_goes_to_its_step(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    page.locator(".node:has(.symbol:text-is('tanh'))").click()
    assert "tanh(" in page.locator(".explain h3").inner_text()
    assert "forward" in page.locator(".place").inner_text()
    press(page, "End")
    page.locator(".node:has(.symbol:text-is('tanh'))").click()
    assert "tanh(" in page.locator(".explain h3").inner_text()
    assert "backward" in page.locator(".place").inner_text()


def test_keyboard_alone_reaches_everything(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => { const e = document.activeElement?.shadowRoot?.activeElement;
                           return e ? (e.getAttribute("aria-label") ?? e.textContent) : ""; }"""
            )
        )
    focusable = page.locator("button:not(:disabled), input, select, [tabindex='0']")
    labels = focusable.evaluate_all(
        "all => all.map((e) => e.getAttribute('aria-label') ?? e.textContent)"
    )
    assert set(labels) <= reached
    guarded = focusable.evaluate_all("all => all.every((e) => e.dataset.lmSuppressShortcuts)")
    assert guarded


def test_each_step_is_spoken(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    region = page.locator("[aria-live=polite]")
    heard = set()
    for _ in range(positions(page) + 1):
        heard.add(region.text_content())
        press(page, "ArrowRight")
    assert len(heard) == positions(page) + 1


def test_motion_is_left_out_where_it_is_not_wanted(open_page):
    root, _ = circuit()
    for motion, wanted in (("reduce", "0s"), ("no-preference", "0.25s")):
        page = open_page(step_through(root), width=360, reduced_motion=motion)
        press(page, "End")
        press(page, "ArrowLeft")
        scene = page.locator(".picture > g.smooth")
        duration = scene.evaluate("(g) => getComputedStyle(g).transitionDuration")
        assert duration == wanted


@pytest.mark.parametrize("page_is", ["light", "dark"])
@pytest.mark.parametrize("viewer_likes", ["light", "dark"])
def test_it_is_as_dark_as_the_page_around_it(open_page, page_is, viewer_likes):
    """A notebook has a theme of its own, whatever the system's is."""
    root, _ = circuit()
    background = {"light": "#fff", "dark": "#111"}[page_is]
    fragment = step_through(root)._repr_mimebundle_()["text/html"]
    html = f"<!doctype html><body style='background:{background}'>{fragment}</body>"
    page = open_page(html, color_scheme=viewer_likes)
    assert page.locator("[data-stepgrad] > div").get_attribute("data-theme") == page_is


def test_keys_and_buttons_and_slider_agree(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    last = positions(page)
    place = page.locator(".place")
    press(page, "End")
    assert place.inner_text() == f"{last} / {last} done"
    press(page, "Home")
    assert place.inner_text() == f"0 / {last} start"
    page.get_by_role("button", name="Next step").click()
    page.get_by_role("button", name="Next step").click()
    page.get_by_role("button", name="Previous step").click()
    assert place.inner_text() == f"1 / {last} forward"
    page.get_by_role("button", name="Last step").click()
    assert place.inner_text() == f"{last} / {last} done"
    page.get_by_role("button", name="First step").click()
    slider = page.locator("input[aria-label=step]")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert place.inner_text() == f"2 / {last} forward"
    page.keyboard.press("End")
    assert place.inner_text() == f"{last} / {last} done"


def test_space_plays_and_pauses(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    page.locator("select[aria-label=speed]").select_option("8")
    press(page, " ")
    page.wait_for_function(
        """() => Number(document.querySelector("[data-stepgrad] > div").shadowRoot
           .querySelector("input[aria-label=step]").value) > 2"""
    )
    press(page, " ")
    assert page.get_by_role("button", name="Play").is_visible()
    before = page.locator(".place").inner_text()
    page.wait_for_timeout(400)  # three beats at this speed
    assert page.locator(".place").inner_text() == before


def test_typing_in_a_field_does_not_step(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    field = page.get_by_label("value of a", exact=True)
    field.focus()
    for key in ("ArrowLeft", "ArrowRight", "Home", "End", " "):
        page.keyboard.press(key)
    assert page.locator(".place").inner_text().startswith("0 /")


def test_two_steppers_on_one_page(open_page):
    one, _ = circuit()
    two, _ = circuit()
    first = step_through(one)._repr_mimebundle_()["text/html"]
    second = step_through(two)._repr_mimebundle_()["text/html"]
    page = open_page(f"<!doctype html><body>{first}<p>between</p>{second}{first}</body>")
    assert page.locator(".stepper").count() == 3
    page.locator(".viewport").nth(1).focus()
    page.keyboard.press("ArrowRight")
    places = page.locator(".place").all_inner_texts()
    assert [text.split()[0] for text in places] == ["0", "1", "0"]


def test_without_scripts_the_picture_and_the_table_stay(open_page):
    root, _ = circuit()
    stepper = step_through(root)
    page = open_page(stepper, scripts=False)
    image = page.locator("img")
    assert "Computation graph of out" in image.get_attribute("alt")
    assert image.evaluate("(image) => image.complete && image.naturalWidth > 100")
    assert page.locator("table").count() == 2
    handed = sum(len(step.contributions) for step in stepper.steps)
    assert page.locator("tr").count() == 2 + len(stepper.steps) + handed
