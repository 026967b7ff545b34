"""The stepper in a browser: it shows what Python computes."""

import json

import pytest

from autograd import Value, gradients
from autograd.backprop import graph
from viz.graph import number
from viz.stepper import step_through
from viz.stepper.mistakes import MISTAKES, wrong_steps

from .pages import circuit, positions, press, shown, titles

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
