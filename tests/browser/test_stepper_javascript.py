"""What a page computes in JavaScript is what Python computes."""

import math
import random

import pytest

import autograd
from autograd import Value
from viz.graph import number
from viz.page import sources
from viz.stepper.gates import Gates
from viz.stepper.mistakes import wrong_steps
from viz.stepper.page import SCRIPTS, Page
from viz.stepper.story import Story


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
