"""Ctrl-C at any moment of training leaves a model, an optimizer and a history that agree."""

import random
import signal
import sys
import threading

import pytest
from interrupts import Interrupt, moments

import nn
from autograd import Value, gradients
from autograd.value import is_paused, paused

# a progress bar that was interrupted while it was made complains when it is freed
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

X = [[0.5, 1.0], [-1.0, 0.25], [2.0, -0.5], [0.1, 0.9]]
T = [1, -1, 1, -1]
BATCHES, EPOCHS = 2, 2


class Run:
    """A training that can be interrupted."""

    def __init__(self, compile, state=None):
        self.compile = compile
        self.model = nn.MLP(2, [2, 1], activation="tanh", rng=1)
        self.optimizer = nn.optim.Adam(self.model.parameters(), lr=0.1)
        self.history = None
        if state:
            self.model.load_state_dict(state[0])
            self.optimizer.load_state_dict(state[1])

    def fit(self, epochs=EPOCHS, callbacks=()):
        self.history = nn.fit(
            self.model,
            X,
            T,
            "hinge",
            self.optimizer,
            epochs=epochs,
            batch_size=len(X) // BATCHES,
            metrics="accuracy",
            callbacks=callbacks,
            compile=self.compile,
            progress=False,
        )

    def state(self):
        return self.model.state_dict(), self.optimizer.state_dict()


def finished_steps(compile):
    """The state before the first step and after each, and that of training on from there."""
    run = Run(compile)
    states = [run.state()]
    update = run.optimizer.update

    def updated(parameters, gradients):
        new = update(parameters, gradients)
        names = list(states[0][0])
        states.append((dict(zip(names, map(float, new), strict=True)), run.optimizer.state_dict()))
        return new

    run.optimizer.update = updated
    run.fit()
    assert len(states) == 1 + BATCHES * EPOCHS
    return states, [further(Run(compile, state)) for state in states]


def further(run):
    run.fit(epochs=1)
    return run.state()


def check_usable(run, states, later):
    """The state is that of a finished step, the history tells no more, and training goes on."""
    assert run.state() in states
    step = states.index(run.state())
    assert not is_paused()
    assert not paused
    history = run.history
    if 0 < step < BATCHES * EPOCHS:
        assert history is not None, "it ends training, and what happened is returned"
    if history is not None and len(history) < EPOCHS:
        assert history.stopped == f"interrupted in epoch {len(history) + 1}"
        assert 0 <= step - BATCHES * len(history) <= BATCHES
        assert all(len(column) == len(history) for column in history.to_dict().values())
        assert str(history).endswith(history.stopped)
    assert further(run) == later[step]
    return step


@pytest.mark.parametrize("compile", [False, True])
def test_an_interrupt_at_any_moment_leaves_a_finished_step(compile):
    states, later = finished_steps(compile)
    met = set()
    for at in moments(Run(compile).fit, most=50):
        run, interrupt = Run(compile), Interrupt(at)
        interrupt.run(run.fit)
        step = check_usable(run, states, later)
        if interrupt.where:  # caches and the progress bar make one run shorter than another
            met.add(step)
    assert len(met) >= 3, "interrupted after several steps"


def interrupt_after(seconds, function):
    """``function()`` with a signal as Ctrl-C sends it, or what it let through."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    hook, sys.unraisablehook = sys.unraisablehook, lambda lost_in_a_finalizer: None
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            function()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = hook


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that send a signal")
@pytest.mark.parametrize("compile", [False, True])
def test_a_signal_at_any_time_leaves_a_finished_step(compile):
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals are met by the main thread")
    if sys.gettrace() is not None:
        pytest.skip("a tracer interrupted while it holds its lock would wait for itself")
    states, later = finished_steps(compile)
    rng = random.Random(1)
    for _ in moments(Run(compile).fit, most=30):
        run = Run(compile)
        interrupt_after(rng.uniform(1e-4, 1e-2), run.fit)
        check_usable(run, states, later)


def test_an_interrupted_bar_holds_up_no_other_thread(capsys):
    """tqdm's lock would stay with the thread that Ctrl-C took out of the middle of it."""

    def train():
        nn.fit(nn.Neuron(1, "linear"), [[1.0]], [0.0], epochs=1, progress=True)

    threads = set(threading.enumerate())
    for at in moments(train, most=300):
        Interrupt(at).run(train)
    assert set(threading.enumerate()) == threads, "tqdm has one that watches bars, with the lock"
    other = threading.Thread(target=train, daemon=True)
    other.start()
    other.join(60)
    assert not other.is_alive()
    assert "fit: 100%" in capsys.readouterr().err


def test_an_interrupt_while_a_state_is_loaded_loads_all_or_nothing():
    """As ``EarlyStopping`` does when it takes the best parameters back."""
    model, other = nn.MLP(2, [2, 1], rng=1), nn.MLP(2, [2, 1], rng=2).state_dict()
    before = model.state_dict()
    found = set()
    for at in moments(lambda: model.load_state_dict(other)):
        model.load_state_dict(before)
        Interrupt(at).run(lambda: model.load_state_dict(other))
        assert model.state_dict() in (before, other)
        found.add(model.state_dict() == other)
    assert found == {True, False}


# -- one step --

OPTIMIZERS = [
    "SGD",
    "Adagrad",
    "Adadelta",
    "RMSprop",
    "Adam",
    "Adamax",
    "NAdam",
    "AdamW",
    "Yogi",
]


def after_two_steps(name, **arguments):
    parameters = [Value(float(i)) for i in range(3)]
    optimizer = getattr(nn.optim, name)(parameters, **{"lr": 0.1, **arguments})
    for gradient in (0.5, -1.5):
        for parameter in parameters:
            parameter.grad = gradient
        optimizer.step()
    return optimizer


def numbers(optimizer):
    return [p.data for p in optimizer.parameters], optimizer.state_dict()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_interrupted_step_is_taken_whole_or_not_at_all(name):
    arguments = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = after_two_steps(name, **arguments)
    before = numbers(optimizer)
    optimizer.step()
    after = numbers(optimizer)
    for at in moments(after_two_steps(name, **arguments).step):
        optimizer = after_two_steps(name, **arguments)
        interrupt = Interrupt(at)
        interrupt.run(optimizer.step)
        assert numbers(optimizer) in (before, after), interrupt.where
        if numbers(optimizer) == before:
            optimizer.step()
            assert numbers(optimizer) == after, "what was undone leaves no trace"


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("wrong", ["raises", "text"])
def test_a_rule_that_fails_at_a_parameter_changes_none(at, wrong):
    class Own(nn.optim.SGD):
        broken = False

        def rule(self, lr, t):
            update, count = super().rule(lr, t), iter(range(3))

            def failing(x, g, *state):
                new = update(x, g, *state)
                if next(count) != at or not self.broken:
                    return new
                if wrong == "raises":
                    raise ZeroDivisionError
                return "a half", *new[1:]

            return failing

    parameters = [Value(float(i)) for i in range(3)]
    optimizer = Own(parameters, lr=0.5, momentum=0.5)
    for parameter in parameters:
        parameter.grad = 1.0
    optimizer.step()
    before = numbers(optimizer)
    optimizer.broken = True
    with pytest.raises((ZeroDivisionError, TypeError)):
        optimizer.step()
    assert numbers(optimizer) == before
    optimizer.broken = False
    optimizer.step()
    assert [p.data for p in parameters] == [i - 0.5 - 0.75 for i in range(3)]  # dyadic: exact


def test_a_rate_that_cannot_be_computed_changes_nothing():
    def rate(step):
        if step == 1:
            raise KeyError(step)
        return 0.5

    parameter = Value(1.0)
    optimizer = nn.optim.Adam([parameter], lr=rate)
    parameter.grad = 1.0
    optimizer.step()
    before = numbers(optimizer)
    square = parameter * parameter
    with pytest.raises(KeyError):
        optimizer.step()
    assert numbers(optimizer) == before
    (slope,) = gradients(square, [parameter], create_graph=True)  # of a leaf set since, an error
    assert slope.data == 2 * parameter.data
