"""Threads with graphs of their own compute what one thread computes, bit for bit."""

import random
import sys
import threading
import time

import pytest
from hypothesis import settings

from autograd import Value, compile, gradients, methods, no_grad, steps
from autograd.backprop import graph
from autograd.compiler import program as programs
from autograd.compiler.tracing import DataDependentGraphError, recorded
from autograd.primitive import table
from autograd.testing import Program
from autograd.value import mark_call

# each turn has 30 programs; at night ten minutes' worth
SECONDS = 600 if settings.get_current_profile_name() == "nightly" else 0


@pytest.fixture
def hurried():
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(*functions):
    """Run each in a thread of its own; raise what one of them raised."""
    failures = []
    start = threading.Barrier(len(functions))

    def run(function):
        start.wait()
        try:
            function()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def drawn(seed):
    """A random program of any primitives, kinks and overflows included."""
    rng = random.Random(seed)

    def step():
        primitive = rng.choice(list(table.values()))
        count = primitive.arity or rng.randint(1, 4)
        numbers = [primitive.needs_number(i) or rng.random() < 0.1 for i in range(count)]
        return primitive.name, *[
            rng.uniform(-3, 3) if number else rng.randrange(8) for number in numbers
        ]

    leaves = tuple(rng.uniform(-3, 3) for _ in range(rng.randint(1, 3)))
    return Program(leaves, tuple(step() for _ in range(rng.randint(1, 15))), anywhere=True)


def everything(seed):
    """What the engine says of a program, as text: forward, backward, steps, derivatives of
    derivatives, calls, no_grad, and the program compiled."""
    program = drawn(seed)
    output, leaves = program.build()
    said = [output.data]
    output.backward()
    said += [(node.op, node.grad) for node in graph(output)]
    said += [(s.upstream, [c.value for c in s.contributions]) for s in steps(output)]
    slopes = gradients(output, leaves, create_graph=True)
    said += [slope.data for slope in slopes]
    said += [gradients(slope, leaves) for slope in slopes]
    outer = Value(seed).serial
    again = program(*leaves)
    if again.primitive is not None:
        mark_call(again, outer, f"program {seed}")
        mark_call(again, outer - 1, "all")
        said += [again.call.label, again.call.outer.label, again.call.outer.start == outer - 1]
    with no_grad():
        unrecorded = program(*leaves)
        said += [unrecorded.data, unrecorded.args]
    sample, inputs = recorded(lambda row: program(*row), [program.leaves])
    compiled = compile(sample, inputs, backend="python")
    said += [compiled([program.leaves]), compiled.backend]
    compiled = compile(output, [], leaves, backend="python")
    said += [compiled.value_and_grad([[]]), output > leaves[0]]
    return repr(said)


def forget():
    """What is made at the first use (methods, rules written out, programs) is made again."""
    programs._known.clear()
    for primitive in table.values():
        primitive._forward.clear()
        methods._attach(primitive)


def test_programs_in_two_threads(hurried):
    """Two threads go through the same programs, one from the other end."""
    started, turn = time.monotonic(), 0
    while turn == 0 or time.monotonic() - started < SECONDS:
        seeds = range(30 * turn, 30 * (turn + 1))
        alone = {seed: everything(seed) for seed in seeds}
        forget()
        found = [{}, {}]
        together(
            lambda s=seeds, f=found: f[0].update((seed, everything(seed)) for seed in s),
            lambda s=seeds, f=found: f[1].update((seed, everything(seed)) for seed in reversed(s)),
        )
        assert found[0] == alone
        assert found[1] == alone
        turn += 1
    print(f"{30 * turn} programs, each in two threads, in {time.monotonic() - started:.0f} s")


def test_threads_share_leaves_that_they_only_read(hurried):
    program = drawn(7)
    leaves = [Value(x) for x in program.leaves]
    wanted = gradients(program(*leaves), leaves)
    assert any(slope != 0 for slope in wanted)

    def differentiate():
        for _ in range(60):
            assert repr(gradients(program(*leaves), leaves)) == repr(wanted)

    together(*[differentiate] * 4)
    assert not any(leaf.has_grad for leaf in leaves)


def elsewhere(function):
    """``function()`` from start to end in another thread, while this one stands where it is."""
    done = []
    thread = threading.Thread(target=lambda: done.append(function()))
    thread.start()
    thread.join()
    return done[0]


def test_no_grad_is_one_threads_own():
    x = Value(2.0)

    def recorded_and_not():
        with no_grad():
            unrecorded = bool((x * x).args)
        return bool((x * x + 1).args), bool(sum([x, x]).args), unrecorded

    with no_grad():
        assert elsewhere(recorded_and_not) == (True, True, False)
        assert not (x * x).args
    assert (x * x).args


def test_a_thread_that_records_for_a_program_refuses_only_its_own_comparisons():
    """As fit(compile=True) does with a sample."""

    def compares(x):
        return elsewhere(lambda: Value(1.0) < Value(2.0)) and x[0] > 0

    def records(x):
        elsewhere(lambda: recorded(lambda row: row[0] * 2, [[1.0], [2.0]]))
        return x[0] * x[1]

    with pytest.raises(DataDependentGraphError):
        recorded(compares, [[1.0]])
    output, _ = recorded(records, [[1.0, 2.0]])
    assert output.data == 2.0
    assert Value(1.0) < Value(2.0), "nothing stays refused"


def test_leaving_in_another_order_leaves_nothing_refused():
    """One thread begins to record while another does, and ends after it."""
    inside, outside = threading.Event(), threading.Event()

    def longer(x):
        inside.set()
        outside.wait(10)
        return x[0] * 2

    def shorter(x):
        other.start()
        inside.wait(10)
        return x[0] * 3

    other = threading.Thread(target=recorded, args=(longer, [[1.0]]))
    recorded(shorter, [[1.0]])
    outside.set()
    other.join()
    assert Value(1.0) < Value(2.0)
    assert elsewhere(lambda: Value(1.0) < Value(2.0))


def test_a_thread_compiles_while_another_counts_what_is_remembered(monkeypatch):
    def made(k):
        output, leaves = drawn(k).build()
        return compile(output, [], leaves, backend="python")

    counted = programs.Lowered.__len__
    others = []

    def slowly(lowered):
        if len(others) < 3 and threading.current_thread() is threading.main_thread():
            others.append(threading.Thread(target=made, args=(100 + len(others),)))
            others[-1].start()
            others[-1].join(0.05)  # it is done by then, or waits for this thread
        return counted(lowered)

    made(1), made(2)
    monkeypatch.setattr(programs.Lowered, "__len__", slowly)
    assert made(3).value_and_grad([[]])
    for thread in others:
        thread.join()
    assert len(others) == 3
