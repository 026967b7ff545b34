"""What is raised in the middle, by a user's rule or by Ctrl-C, leaves everything as it was."""

import pytest
from interrupts import Interrupt, moments

import autograd
from autograd import Value, backprop, compile, gradients, no_grad, steps
from autograd.compiler.tracing import DataDependentGraphError, recorded
from autograd.testing import registered
from autograd.value import assign, is_paused, paused, recording, this_thread


class Broken(Exception):
    """What the rule below raises."""


class Fuse:
    """Blows when its rule is used for the ``at``-th time; 0: never."""

    def __init__(self, error):
        self.error = error
        self.set(0)

    def set(self, at):
        self.at, self.used = at, 0

    def check(self):
        self.used += 1
        if self.used == self.at:
            raise self.error("half way")


def graph(function, depth=6):
    """A chain with branches: x is used at each of ``depth`` nodes; returns output and leaves."""
    x, w = Value(0.5, name="x"), Value(-0.25, name="w")
    y = x
    for _ in range(depth):
        y = function(y) * w + x
    return y, [x, w]


def grads(output):
    """Every .grad that a pass could touch: the objects, since 0.0 may mean not computed."""
    return [node.grad for node in backprop.graph(output)]


def same(before, after):
    return len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True))


PASSES = {
    "gradients": lambda y, leaves: gradients(y, leaves, create_graph=True),
    "steps": lambda y, leaves: steps(y),
    "compile": lambda y, leaves: compile(y, [], leaves, backend="python"),
    "first use": lambda y, leaves: compile(y, [], leaves, backend="python").backward([[]]),
}


@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("kind", PASSES)
def test_a_rule_that_raises_leaves_every_gradient(kind, error):
    """At each of its uses in turn: as many positions as the pass has."""
    fuse = Fuse(error)

    def rule(out, a):
        fuse.check()
        return 2 * a

    with registered("fused", value=lambda a: a * a, partials=(rule,), python="({0} * {0})") as f:
        y, leaves = graph(f)
        wanted = gradients(y, leaves)
        PASSES[kind](y, leaves)
        for node in backprop.graph(y):
            node.zero_grad()
        y.backward()
        leaves[1].zero_grad()  # a gradient that is not computed stays so
        before = grads(y)
        positions = 0
        while True:
            compile_again()
            fuse.set(positions + 1)
            try:
                PASSES[kind](y, leaves)
            except error:
                positions += 1
            else:
                break
            assert same(before, grads(y)), positions
            assert not leaves[1].has_grad
        assert positions >= 6, "each of its six uses"
        fuse.set(0)
        for leaf in leaves:
            leaf.zero_grad()
        y.backward()
        assert tuple(leaf.grad for leaf in leaves) == wanted
        # the pass itself works as if nothing had been
        made = PASSES["gradients"](y, leaves)
        assert [slope.data for slope in made] == pytest.approx(wanted, rel=1e-15)  # 6 roundings


def compile_again():
    """Forget the programs that were compiled, so that rules are used again."""
    from autograd.compiler import program

    program._known.clear()


@pytest.mark.parametrize("error", [Broken, KeyboardInterrupt, MemoryError])
def test_a_function_that_raises_in_a_compiled_program_leaves_every_gradient(error):
    """Row by row, at each node: the sums of some rows are there when it raises."""
    fuse = Fuse(error)

    def value(a):
        fuse.check()
        return a * a

    with registered("fused", value=value, partials=(lambda out, a: 2 * a,)) as f:
        y, (x, w) = graph(f, depth=3)
        program = compile(y, [x], [w], backend="python")
        rows = [[0.1], [0.2], [0.3]]
        fuse.set(0)
        w.grad = 7.0
        whole = program.backward(rows)
        once, uses = w.grad, fuse.used
        assert uses == 9
        for at in range(1, uses + 1):
            before = w.grad, x.grad
            fuse.set(at)
            with pytest.raises(error):
                program.backward(rows)
            assert same(before, (w.grad, x.grad))
        fuse.set(0)
        assert program.backward(rows) == whole
        assert w.grad == once + (once - 7.0)


def test_a_gradient_that_is_no_number_is_refused_before_any_is_set():
    y, (x, w) = graph(lambda a: a.tanh())
    y.backward()
    for spoiled in (x, w):
        spoiled.grad = "about a half"
        before = grads(y)
        with pytest.raises(TypeError):
            y.backward(seed=2.0)
        assert same(before, grads(y))
        with pytest.raises(TypeError):
            compile(y, [], [x, w], backend="python").backward([[]])
        assert same(before, grads(y))
        spoiled.zero_grad()
    with pytest.raises(TypeError):
        y.backward(seed="1")
    y.backward(seed=2.0)
    assert y.grad == 2.0


def test_an_interrupt_of_backward_leaves_all_gradients_or_sets_all():
    y, _ = graph(lambda a: a.tanh())
    for node in backprop.graph(y):
        node.grad = 0.125

    def restored():
        for node in backprop.graph(y):
            node.grad = 0.125
        return [0.125] * len(grads(y))

    y.backward()
    afterwards = grads(y)
    outcomes = []
    for at in moments(y.backward):
        before = restored()
        Interrupt(at).run(y.backward)
        assert grads(y) in (before, afterwards), at
        outcomes.append(grads(y) == afterwards)
    assert outcomes == sorted(outcomes), "first none are set, then all"
    assert set(outcomes) == {False, True}


def test_an_interrupt_of_a_programs_backward_leaves_all_gradients_or_sets_all():
    y, leaves = graph(lambda a: a.tanh())
    program = compile(y, [], leaves, backend="python")

    def run():
        program.backward([[]])

    run()
    afterwards = [leaf.grad for leaf in leaves]
    for at in moments(run):
        for leaf in leaves:
            leaf.zero_grad()
        Interrupt(at).run(run)
        assert [leaf.grad for leaf in leaves] in ([0.0, 0.0], afterwards), at


@pytest.mark.parametrize("kind", ["gradients", "steps", "compile"])
def test_an_interrupt_of_a_pass_that_touches_no_gradient(kind):
    y, leaves = graph(lambda a: a.tanh(), depth=2)
    y.backward()
    before = grads(y)
    run = lambda: PASSES[kind](y, leaves)  # noqa: E731
    run()
    compile_again()
    for at in moments(run, most=150):
        compile_again()
        Interrupt(at).run(run)
        assert same(before, grads(y))
    wanted = gradients(y, leaves)
    assert tuple(s.data for s in gradients(y, leaves, create_graph=True)) == wanted
    assert compile(y, [], leaves, backend="python").value_and_grad([[]])[1] == list(wanted)


def test_an_interrupt_leaves_no_thread_unrecorded():
    x = Value(3.0)

    def unrecorded():
        with no_grad():
            with no_grad():
                assert is_paused()
            with recording():
                assert not is_paused()
            return x * x

    unrecorded()
    for at in moments(unrecorded):
        interrupted = Interrupt(at)
        interrupted.run(unrecorded)
        assert interrupted.where
        assert not is_paused(), interrupted.where
        assert not paused, interrupted.where
        assert (x * x).op == "*"
        paused.add("another thread's")
        assert (x * x).op == "*", interrupted.where
        paused.clear()


def test_an_interrupt_while_a_graph_is_recorded_leaves_comparisons_allowed():
    def record():
        recorded(lambda row: row[0] * row[1], [[1.0, 2.0], [3.0, 4.0]])

    record()
    for at in moments(record):
        Interrupt(at).run(record)
        assert this_thread.on_comparison is None
        assert Value(1.0) < Value(2.0)
    with pytest.raises(DataDependentGraphError):
        recorded(lambda row: row[0] if row[0] > 0 else row[1], [[1.0, 2.0]])


def test_numbers_are_set_together():
    leaves = [Value(float(i)) for i in range(5)]
    before, serials = [x.data for x in leaves], [x.serial for x in leaves]
    with pytest.raises(TypeError):
        assign(leaves, [9.0, 9.0, 9.0, "9", 9.0])
    assert [x.data for x in leaves] == before
    assert [x.serial for x in leaves] == serials
    outcomes = []
    for at in moments(lambda: assign(leaves, before)):
        assign(leaves, before)
        Interrupt(at).run(lambda: assign(leaves, [9.0] * 5))
        assert [x.data for x in leaves] in (before, [9.0] * 5), at
        outcomes.append(leaves[0].data)
    assert set(outcomes) == {0.0, 9.0}
    product = leaves[0] * leaves[1]
    assign(leaves[:1], [4.0])
    with pytest.raises(autograd.StaleGraphError):  # set since: the rules would need both
        gradients(product, leaves[:2], create_graph=True)
