"""The stepper in a browser: it shows what Python computes, and can be moved in every way."""

import json
import math
import random

import pytest

import autograd
from autograd import Value, gradients
from autograd.backprop import graph
from viz.graph import number
from viz.page import sources
from viz.stepper import step_through
from viz.stepper.gates import Gates
from viz.stepper.mistakes import MISTAKES, wrong_steps
from viz.stepper.page import SCRIPTS, Page
from viz.stepper.story import Story

HOSTILE = [
    "</script><img src=x onerror=window.harmed=1>",
    "<img src=x onerror=window.harmed=1>",
    "--><script>window.harmed=1</script>",
    "`${window.harmed=1}`",
    '";window.harmed=1;//',
    "javascript:window.harmed=1",
    "\\u003cimg src=x onerror=window.harmed=1\\u003e",
    "]]></style><svg onload=window.harmed=1>",
    "a|b{c}<d>",
    "\u2028\u2029\u202e\0\x1b[31m",
    "&lt;b&gt;&amp;",
    "__proto__",
    "constructor",
]


def circuit():
    """Shared values, numbers among the operands, and a saturated tanh."""
    a, b = Value(2.0, name="a"), Value(-3.0, name="b")
    d = a * b + a
    out = d.tanh() * d + (a - 2.5) ** 2 / b
    out.name = "out"
    return out, [a, b]


def positions(page):
    return int(page.locator("input[aria-label=step]").get_attribute("max"))


def press(page, key, times=1):
    page.locator(".viewport").first.focus()
    for _ in range(times):
        page.keyboard.press(key)


def shown(page):
    """What the page says, apart from the buttons."""
    return page.evaluate(
        """() => {
          const root = document.querySelector("[data-stepgrad] > div").shadowRoot;
          return [".picture", ".explain", ".place"].map((part) => root.querySelector(part).outerHTML
            .replace(/transform: [^;]*;/g, "").replace(/ ?smooth/g, "").replace(/ class=""/g, ""));
        }"""
    )


def titles(page, picture=0):
    """By name, the numbers in full that a picture holds for each node."""
    texts = page.locator(".picture").nth(picture).locator(".node > title").all_text_contents()
    table = {}
    for text in texts:
        heading, *lines = text.split("\n")
        name = heading.split(" = ")[0]
        table[name] = {key: float(x) for key, x in (line.split() for line in lines)}
    return table


def test_to_the_end_and_back(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    start = shown(page)
    last = positions(page)
    seen = [start]
    for _ in range(last):
        press(page, "ArrowRight")
        seen.append(shown(page))
    assert page.locator(".place").inner_text().startswith(f"{last} / {last}")
    assert len({json.dumps(each) for each in seen}) == last + 1  # every step shows something new
    for expected in reversed(seen[:-1]):
        press(page, "ArrowLeft")
        assert shown(page) == expected


def test_the_last_step_is_backward(open_page):
    root, _ = circuit()
    stepper = step_through(root)
    page = open_page(stepper)
    press(page, "End")
    root.backward()
    table = titles(page)
    for node in graph(root):
        name = stepper.story.names[node]
        assert table[name] == {"data": node.data, "grad": node.grad}  # to the last bit
        box = page.locator(f".node:has(.name:text-is('{name}'))").first
        numbers = box.locator(".number").all_text_contents()
        assert numbers == [number(node.data), number(node.grad)]


def test_every_step_says_what_python_says(open_page):
    root, _ = circuit()
    stepper = step_through(root)
    page = open_page(stepper)
    names = stepper.story.names
    press(page, "ArrowRight", len(stepper.story.computed) + 1)
    for step in stepper.steps:
        press(page, "ArrowRight")
        text = page.locator(".explain").inner_text()
        for c in step.contributions:
            assert f"d{names[root]}/d{names[c.operand]} += " in text
            assert c.rule in text
            product = f"{number(step.upstream)} \u00d7 {signed(c.local)} = {number(c.value)}"
            assert product in text
            assert f"{number(c.before)} + {signed(c.value)} = {number(c.after)}" in text


def signed(x):
    return f"({number(x)})" if number(x).startswith("-") else number(x)


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


@pytest.mark.parametrize("by", ["field", "slider"])
def test_moving_a_leaf_computes_everything_again(open_page, by):
    root, _ = circuit()
    page = open_page(step_through(root))
    press(page, "End")
    if by == "field":
        field = page.get_by_label("value of a", exact=True)
        field.fill("0.7")
        field.press("Enter")
        a = 0.7
    else:
        slider = page.get_by_label("slider of a", exact=True)
        slider.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        a = titles(page)["a"]["data"]
        assert a == 2.08  # two hundredths of the slider's reach of 4
    b = Value(-3.0)
    twin = Value(a)
    d = twin * b + twin
    out = d.tanh() * d + (twin - 2.5) ** 2 / b
    expected = gradients(out, [twin, b])
    table = titles(page)
    # a few operations, each within two units in the last place of Python's
    assert table["out"]["data"] == pytest.approx(out.data, rel=1e-12)
    assert table["a"]["grad"] == pytest.approx(expected[0], rel=1e-12)
    assert table["b"]["grad"] == pytest.approx(expected[1], rel=1e-12)
    page.get_by_role("button", name="Back to the start").click()
    assert titles(page)["a"]["data"] == 2.0


def test_a_nudge_does_what_it_says(open_page):
    x = Value(3.0, name="x")
    page = open_page(step_through(x * x))
    cells = page.locator("tr[data-leaf='0'] .number").all_text_contents()
    # 3.01**2 - 9 = 0.0601, where the gradient 6 foretells 0.06
    assert cells == ["6", "0.06", "0.0601", "0.0001"]


def test_a_field_refuses_what_is_no_number(open_page):
    root, _ = circuit()
    page = open_page(step_through(root))
    field = page.get_by_label("value of a", exact=True)
    for bad in ("", "two", "1,5", "0x"):
        field.fill(bad)
        field.press("Enter")
        assert field.get_attribute("aria-invalid") == "true"
        assert titles(page)["a"]["data"] == 2.0
    field.fill("-1e-3")
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "false"
    assert titles(page)["a"]["data"] == -0.001


def test_paths_sum_to_the_gradient(open_page):
    root, (a, _) = circuit()
    page = open_page(step_through(root))
    page.get_by_role("button", name="Paths").click()
    products = page.locator(".paths code").all_text_contents()
    assert len(products) == 5  # a reaches d twice and d reaches out twice; then the square
    total = sum(float(text.split("= ")[1]) for text in products)
    (gradient,) = gradients(root, [a])
    assert total == pytest.approx(gradient, abs=5 * 0.5e-3)  # five numbers of four digits, below 10
    assert f"The sum over all 5 paths is {number(gradient)}" in page.locator(".sum").inner_text()
    lit = page.locator(".on-path").count()
    page.locator(".paths button").first.hover()
    assert 0 < page.locator(".on-path").count() < lit


def test_many_paths_are_capped_and_said_so(open_page):
    x = y = Value(1.0, name="x")
    for _ in range(20):
        y = y + y
    page = open_page(step_through(y))
    page.get_by_role("button", name="Paths").click()
    text = page.locator(".sum").inner_text()
    assert "There are 1.049e+06 paths; the first 100 are listed" in text
    assert "dy/dx = 1.049e+06" in text
    assert gradients(y, [x]) == (2.0**20,)


def test_predicting_hides_the_number_until_it_is_guessed(open_page):
    w, x = Value(-3.0, name="w"), Value(2.0, name="x")
    page = open_page(step_through((w * x).tanh() * 5, names={}))
    page.get_by_role("button", name="Predict").click()
    press(page, "ArrowRight")
    assert "-6" not in page.locator(".explain").inner_text()
    assert "-6" not in page.locator(".picture").text_content()
    page.locator(".question input").fill("6")
    page.keyboard.press("Enter")
    reply = page.locator(".reply").inner_text()
    assert "Off by 12" in reply
    assert "it is -6" in reply
    assert "sign" in reply
    assert "-6" in page.locator(".explain").inner_text()
    press(page, "ArrowRight", 3)  # tanh, * and the seed
    press(page, "ArrowRight")
    assert page.locator(".operand .result").count() == 0
    page.locator(".question input").fill("5")
    page.keyboard.press("Enter")
    assert "Right" in page.locator(".reply").inner_text()
    assert page.locator(".operand .result").count() == 1


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_beside_the_right_one(open_page, mistake):
    root, _ = circuit()
    stepper = step_through(root, mistake=mistake)
    page = open_page(stepper)
    assert page.locator(".picture").count() == 2
    press(page, "End")
    wrong = {root: 1.0}
    for step in wrong_steps(stepper.steps, mistake):
        for c in step.contributions:
            wrong[c.operand] = c.after
    right, beside = titles(page, 0), titles(page, 1)
    for node, name in stepper.story.names.items():
        assert right[name]["grad"] == stepper.story.gradients[node]
        assert beside[name]["grad"] == wrong[node]
    page.get_by_role("button", name="Go to the first wrong number").click()
    assert "first wrong number" in page.locator(".mistake h4").inner_text()
    assert page.locator(".cross").count() == 1
    press(page, "ArrowLeft")
    assert page.locator(".cross").count() == 0
    assert page.locator(".differs").count() == 0


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


def test_hostile_names_do_nothing(open_page):
    leaves = [Value(float(i), name=name) for i, name in enumerate(HOSTILE, 1)]
    out = leaves[0]
    for i, leaf in enumerate(leaves[1:]):
        out = out * leaf if i % 2 else out + leaf
        out.name = HOSTILE[i]
    page = open_page(step_through(out.tanh(), mistake="overwrite"))
    for tool in ("Paths", "Predict", "All steps", "Change the inputs"):
        page.get_by_role("button", name=tool).click()
        for _ in range(positions(page) + 1):
            press(page, "ArrowRight")
        press(page, "Home")
    assert page.evaluate("window.harmed") is None
    texts = page.locator(".name").all_text_contents()
    assert any("<img src=x" in text for text in texts)  # shown as the text that it is
    assert page.locator("img").count() == 0


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


# -- JavaScript and Python agree --


def loaded(open_page, gates=None):
    page = open_page("<!doctype html><body></body>")
    gates_source = f"\nwindow.gates = {gates.source()};" if gates else ""
    exported = "\nObject.assign(window, { show, makeGraph, recordedRun, runForward, runBackward });"
    page.add_script_tag(content=f"(() => {{{sources(SCRIPTS)}{gates_source}{exported}}})();")
    return page


def test_numbers_read_as_in_python(open_page):
    page = loaded(open_page)
    rng = random.Random(0)
    numbers = [rng.uniform(-1, 1) * 10.0 ** rng.randint(-12, 12) for _ in range(3000)]
    numbers += [rng.randint(-(10**6), 10**6) / 2 ** rng.randint(0, 12) for _ in range(3000)]  # ties
    numbers += [0.0, 0.99995, 9999.5, 99995.0, 1e300, 5e-324, 1e-5, 0.0001, 1234.5, 1.0625, -1.0625]
    assert page.evaluate("(all) => all.map(show)", numbers) == [number(x) for x in numbers]
    assert page.evaluate("[NaN, Infinity, -Infinity, -0].map(show)") == ["nan", "inf", "-inf", "-0"]


def random_graph(rng):
    """Operations on what is there already, so that much is shared."""
    values = [Value(rng.uniform(-2, 2), name=f"x{i}") for i in range(3)]
    for _ in range(rng.randint(2, 25)):
        a, b = rng.choice(values), rng.choice(values[-4:])
        makers = [
            lambda a, b: a + b,
            lambda a, b: a * b,
            lambda a, b: a - 2 * b,
            lambda a, b: a / (b * b + 1),
            lambda a, b: (a * b).tanh(),
            lambda a, b: a.maximum(b),
            lambda a, b: a.relu() - b.sigmoid(),
            lambda a, b: a**2 + 1,
        ]
        values.append(rng.choice(makers)(a, b).tanh())
    return values[-1] * values[-2]


@pytest.mark.parametrize("seed", range(20))
def test_any_graph_is_the_same_in_javascript(open_page, seed):
    root = random_graph(random.Random(seed))
    story = Story.of(root)
    page_of = Page(story)
    page = loaded(open_page, page_of.gates)
    found = page.evaluate(
        """(data) => {
          const graph = makeGraph(data);
          const recorded = recordedRun(graph);
          const right = runBackward(graph, recorded);
          const pairs = (back) => [...back.adjoint.entries()];
          const wrong = Object.keys(data.mistakes).map((mistake) =>
            [mistake, pairs(runBackward(graph, recorded, mistake, right.adjoint))]);
          const run = runForward(graph, gates, recorded.values);
          const again = runBackward(graph, run);
          return { right: pairs(right), wrong, values: run.values, again: pairs(again) };
        }""",
        page_of.data,
    )
    nodes = story.nodes
    # on the recorded pass both add and multiply the same floats in the same order: no rounding
    assert {nodes[i]: x for i, x in found["right"]} == story.gradients
    for mistake, pairs in found["wrong"]:
        wrong = {root: 1.0}
        for step in wrong_steps(story.steps, mistake):
            for c in step.contributions:
                wrong[c.operand] = c.after
        assert {nodes[i]: x for i, x in pairs} == wrong
    # computed again, tanh and exp may differ in the last place, which 25 operations amplify little
    assert found["values"] == pytest.approx([node.data for node in nodes], rel=1e-12, abs=1e-14)
    again = {nodes[i]: x for i, x in found["again"]}
    assert again == pytest.approx(dict(story.gradients), rel=1e-9, abs=1e-12)


def inside(interval, rng):
    low, high = (max(-4.0, interval[0]), min(4.0, interval[1]))
    return low + (high - low) * rng.uniform(0.02, 0.98)


@pytest.mark.parametrize(
    "name", [p.name for p in autograd.table.values() if p.javascript or p.definition]
)
def test_every_primitive_is_the_same_in_javascript(open_page, name):
    primitive = autograd.table[name]
    rng = random.Random(name)
    arity = primitive.arity or 3
    gates = Gates()
    cases = []
    for _ in range(40):
        domain = primitive.domain if primitive.arity else primitive.domain * arity
        numbers = [inside(interval, rng) for interval in domain]
        operands = [x if primitive.needs_number(i) else Value(x) for i, x in enumerate(numbers)]
        node = primitive(*operands)
        if node.primitive is primitive:  # not folded, nor another that stands in
            cases.append((gates.of(node), numbers, [node.data, *node.local_derivatives]))
    assert cases
    page = loaded(open_page, gates)
    given = page.evaluate(
        "(cases) => cases.map(([gate, numbers]) => gates[gate](numbers))",
        [[gate, numbers] for gate, numbers, _ in cases],
    )
    for got, (_, numbers, wanted) in zip(given, cases, strict=True):
        for a, b in zip(got, wanted, strict=True):
            assert (a is None) == (b is None)
            # the bar of the design; library functions differ by a unit or two in the last place,
            # and a difference such as 1 - x loses up to two digits of those
            assert b is None or math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-300), numbers
