"""The stepper without a browser: its story, its text, its mistakes and its page."""

import base64
import html.parser
import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
import nn
import viz
from autograd import StaleGraphError, Value
from autograd.backprop import graph
from autograd.testing import registered
from autograd.testing.strategies import programs
from viz.colors import DARK, LIGHT
from viz.graph import number
from viz.names import Known
from viz.stepper.mistakes import MISTAKES, first_difference, wrong_steps
from viz.stepper.page import Page
from viz.stepper.story import Story
from viz.stepper.text import to_text


def neuron(n):
    """A sum of n products in a tanh: 4 * n + 2 values."""
    total = Value(0.5, name="b")
    for i in range(n):
        total = total + Value(0.1 * i, name=f"w{i}") * Value(1.0, name=f"x{i}")
    return total.tanh()


def network(hidden):
    """A layer on two shared inputs and a sum of squares, as wide as wanted."""
    x = [Value(0.3, name="x0"), Value(-0.8, name="x1")]
    total = Value(0.0, name="b")
    for i in range(hidden):
        a = Value(0.01 * i - 0.3, name=f"layers.0.neurons.{i}.weights.0")
        b = Value(0.2, name=f"layers.0.neurons.{i}.weights.1")
        total = total + (a * x[0] + b * x[1]).tanh()
    return (total - 1.0) ** 2


@given(programs())
def test_the_story_ends_where_backward_does(program):
    root, _ = program.build()
    if root.primitive is None:
        return
    story = Story.of(root, max_nodes=10_000)
    assert all(not node.has_grad for node in graph(root))
    root.backward()
    for node in graph(root):
        # to the last bit, but that a leaf adds to its 0.0, which makes 0.0 of -0.0
        told = story.gradients[node] + 0.0 if node.primitive is None else story.gradients[node]
        assert repr(told) == repr(node.grad)


@given(programs())
def test_the_table_holds_every_number(program):
    root, _ = program.build()
    if root.primitive is None:
        return
    story = Story.of(root, max_nodes=10_000)
    text = to_text(story)
    for step, twin in zip(story.steps, autograd.steps(root), strict=True):
        assert step.upstream == twin.upstream or step.upstream != step.upstream
        for c in step.contributions:
            assert f"= {number(c.value)}" in text
            assert text.count(f"/d{story.names[c.operand]} = ") or "(" in story.names[c.operand]
    lines = text.splitlines()
    table = lines[lines.index("forward") + 1 :]
    assert len(table) == 1 + len(story.computed) + 3 + sum(
        len(step.contributions) for step in story.steps
    )


@given(programs(), st.sampled_from(list(MISTAKES)))
def test_a_mistake_differs_only_from_where_it_says(program, mistake):
    root, _ = program.build()
    if root.primitive is None:
        return
    right = autograd.steps(root)
    wrong = wrong_steps(right, mistake)
    found = first_difference(right, wrong)
    twins = {step.node: step for step in right}
    before = wrong if found is None else wrong[: found.step]
    for step in before:
        assert step.upstream == twins[step.node].upstream or step.upstream != step.upstream
    if found is not None:
        assert repr(found.right) != repr(found.wrong)


def test_overwriting_keeps_the_last_part_alone():
    x = Value(3.0)
    wrong = wrong_steps(autograd.steps(x * x * x), "overwrite")
    # x gets 9 from the second product, then 9 and 9 from the first, each in place of the last
    assert [c.after for step in wrong for c in step.contributions if c.operand is x] == [9, 9, 9]


def test_stale_leaves_end_with_twice_their_gradient():
    x, y = Value(3.0), Value(-2.0)
    root = (x * y + x).tanh()
    wrong = wrong_steps(autograd.steps(root), "stale")
    last = {c.operand: c.after for step in wrong for c in step.contributions}
    root.backward()
    root.backward()  # the leaves accumulate
    assert last[x] == x.grad
    assert last[y] == y.grad


def test_a_wrong_order_hands_on_nothing():
    x = Value(0.5)
    wrong = wrong_steps(autograd.steps(x.tanh().exp().sin()), "order")
    assert [step.upstream for step in wrong] == [0.0, 0.0, 1.0]


def test_names_come_from_everywhere():
    w, x = Value(-3.0), Value(2.0, name="input")
    rows = [Value(1.0)]
    y = w * x + rows[0]
    stepper = viz.step_through(y * y)
    assert set(stepper.story.names.values()) == {"w", "input", "rows[0]", "y", "v1", "out"}
    assert "v1" in viz.step_through(y, names={"slope": w}).to_text()
    assert "slope * input" in viz.step_through(y, names={"slope": w}).to_text()


def test_names_that_are_made_up_do_not_clash():
    v1 = Value(2.0, name="v1")
    out = Value(3.0, name="out")
    story = Story.of((v1 * out) * 2)
    names = list(story.names.values())
    assert len(set(names)) == len(names)


def test_what_cannot_be_stepped_through_says_why():
    x = Value(2.0, name="x")
    with pytest.raises(TypeError, match="the Value that backprop starts from"):
        viz.step_through([x])
    with pytest.raises(ValueError, match="computed from nothing"):
        viz.step_through(x)
    with pytest.raises(ValueError, match="mistake must be one of overwrite, stale, order"):
        viz.step_through(x * x, mistake="forget")
    with pytest.raises(ValueError, match="pass max_nodes=42"):
        viz.step_through(neuron(10), max_nodes=41)
    viz.step_through(neuron(10), max_nodes=42)
    y = x * x
    x.data = 3.0
    with pytest.raises(StaleGraphError, match="1 leaf of this graph got new data"):
        viz.step_through(y)


def test_no_gradient_is_touched():
    x = Value(2.0)
    y = x * x
    y.backward()
    x.grad = 17.0
    viz.step_through(y).html()
    assert (x.grad, y.grad) == (17.0, 1.0)


@given(programs(), st.sampled_from(list(MISTAKES)))
def test_the_table_points_at_the_first_wrong_number(program, mistake):
    root, _ = program.build()
    if root.primitive is None:
        return
    stepper = viz.step_through(root, mistake=mistake, max_nodes=10_000)
    story = stepper.story
    found = first_difference(story.steps, wrong_steps(story.steps, mistake))
    lines = stepper.to_text().splitlines()
    assert f"with a mistake: {MISTAKES[mistake][0]}" in "\n".join(lines)
    marked = [i for i, line in enumerate(lines) if line.endswith("<- first wrong number")]
    if found is None:
        assert (lines[-1], marked) == ("the mistake changes nothing in this graph", [])
        return
    step = len(story.computed) + 2 + found.step
    told = f"is {number(found.wrong)} where {number(found.right)} is right"
    assert lines[-1].startswith(f"first wrong number, in step {step}: d")
    assert lines[-1].endswith(told)
    # a step's number stands at the first of its contributions
    (row,) = marked
    table = next(i for i, line in enumerate(lines) if line.startswith("backward"))
    numbered = [line.split()[0] for line in lines[table + 2 : row + 1] if line[:6].strip()]
    assert numbered[-1] == str(step)


def test_a_mistake_as_people_read_it():
    x = Value(3.0, name="x")
    told = viz.step_through(x * x, mistake="overwrite").to_text().splitlines()
    assert told[-3].endswith("dout/dx = 3, which was 3  <- first wrong number")
    assert told[-1] == "first wrong number, in step 3: dout/dx is 3 where 6 is right"


def test_a_stepper_prints_as_its_table():
    stepper = viz.step_through(neuron(1))
    assert str(stepper) == stepper.to_text()
    assert repr(stepper) == f"<Stepper: {str(stepper).splitlines()[0]}>"


def test_save_writes_all_or_nothing(tmp_path):
    stepper = viz.step_through(neuron(2))
    page = stepper.save(tmp_path / "steps.html")
    assert page.read_text() == stepper.html()
    assert stepper.save(tmp_path / "steps.txt").read_text() == stepper.to_text() + "\n"
    with pytest.raises(ValueError, match=r"end it in \.html or \.txt"):
        stepper.save(tmp_path / "steps.pdf")
    with pytest.raises(OSError, match="nowhere"):
        stepper.save(tmp_path / "nowhere" / "steps.html")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["steps.html", "steps.txt"]


def test_the_same_graph_makes_the_same_page():
    one, other = network(3), network(3)
    one.name = other.name = "loss"
    page = viz.step_through(one).html()
    assert viz.step_through(other).html() == page


@pytest.mark.parametrize(("hidden", "most"), [(14, 150_000), (143, 1_200_000)])
def test_a_page_is_small(hidden, most):
    root = network(hidden)
    assert len(graph(root)) in (103, 1006)
    assert len(viz.step_through(root, max_nodes=1006).html().encode()) < most


def test_a_notebook_without_scripts_has_the_picture_and_the_table():
    bundle = viz.step_through(neuron(2))._repr_mimebundle_()
    assert bundle["text/plain"].startswith("out from 5 leaves in 5 operations")
    before, _, after = bundle["text/html"].partition("<script>")
    assert re.search(
        r'<img src="data:image/svg\+xml;base64,[^"]+" alt="Computation graph of out', before
    )
    assert before.count("<table>") == 2
    assert "hidden" not in before  # GitHub drops the attribute, and would show what it hides
    assert after.rstrip().endswith("</script>")


def test_the_picture_without_scripts_has_the_frames_of_the_modules():
    model = nn.MLP(2, [2, 1], rng=0)
    page = viz.step_through(model([Value(1.0), Value(2.0)])).html()
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)[1]
    svg = ET.fromstring(base64.b64decode(data))
    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    frames = [path for path in svg.iter() if path.get("class") == "frame"]
    names = ["layers.0", "layers.1", "neurons.0", "neurons.1", "neurons.0", "MLP"]
    assert len(frames) == len(names)
    assert sorted(text for text in texts if text in names) == sorted(names)


def test_long_stories_are_cut_in_notebooks_alone():
    stepper = viz.step_through(neuron(100))
    short = stepper._repr_mimebundle_()["text/plain"]
    assert "more lines" in short
    assert len(short.splitlines()) < 450
    assert "more lines" not in stepper.to_text()


class Elements(html.parser.HTMLParser):
    """The elements of a page and the addresses that they point to."""

    def __init__(self, page):
        super().__init__()
        self.names, self.attributes = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += attrs


def test_hostile_names_make_no_element():
    plain, hostile = network(2), network(2)
    for i, node in enumerate(graph(hostile)):
        node.name = f"</script></div><img src=http://x.example onerror=alert({i})>\u2028<!--"
    for root, wanted in ((plain, None), (hostile, Elements(viz.step_through(plain).html()).names)):
        page = Elements(viz.step_through(root).html())
        assert page.names.count("script") == 1
        assert wanted is None or page.names == wanted
        for key, value in page.attributes:
            assert not key.startswith("on")
            assert key not in ("src", "href") or value.startswith("data:image/svg+xml;base64,")


def test_a_page_points_nowhere():
    page = viz.step_through(network(2)).html()
    assert set(re.findall(r"\w+://[\w.]+", page)) <= {"http://www.w3.org"}  # SVG's namespace


def test_inf_and_nan_reach_the_page_as_words():
    x = Value(0.0, name="x")
    data = Page(Story.of(x.log() - 1 / x, Known())).data
    assert "-Infinity" in data["value"]
    assert json.dumps(data, allow_nan=False)


def test_a_primitive_without_javascript_is_shown_as_recorded():
    halve = autograd.primitive(
        "halve_for_this_test", value=lambda a: a / 2, partials=(lambda out, a: 0.5,)
    )
    try:
        page = Page(Story.of(halve(Value(3.0, name="x")) * 2))
        assert "halve_for_this_test" in page.data["recordedOnly"]
        assert ", null));" in page.fragment()
    finally:
        del autograd.table["halve_for_this_test"]


def test_javascript_that_would_end_the_script_is_refused():
    wrong = "({0} </script>1)"
    with registered(
        "ends_the_script", value=lambda a: a, partials=(lambda out, a: 1.0,), javascript=wrong
    ) as function:
        stepper = viz.step_through(function(Value(3.0, name="x")))
        with pytest.raises(ValueError, match="must not hold '</'"):
            stepper.html()


def luminance(color):
    """WCAG 2.2's relative luminance."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_stands_out(palette):
    """4.5 to 1 for text (WCAG 2.2, 1.4.3), 3 to 1 for what marks the sign (1.4.11)."""

    def contrast(a, b):
        dark, light = sorted([luminance(a), luminance(b)])
        return (light + 0.05) / (dark + 0.05)

    grounds = [palette.paper, palette.card, palette.leaf, palette.constant, palette.group]
    for ground in [*grounds, palette.symbol, palette.positive_tint, palette.negative_tint]:
        assert contrast(palette.ink, ground) >= 4.5
    for ground in grounds:
        assert contrast(palette.muted, ground) >= 4.5
    for mark in (palette.positive, palette.negative):
        assert contrast(mark, palette.paper) >= 3
