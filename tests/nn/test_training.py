"""fit: what it computes, what it reports, how it stops, and how it fails."""

import functools
import io
import json
import math
import random
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import numpy
import pytest

import autograd
import nn
import nn.compiled
from autograd import Value
from autograd.compiler.tracing import DataDependentGraphError

X, T = nn.data.moons(24, labels=(-1, 1))


def small(seed=0, **arguments):
    return nn.MLP(2, [4, 1], activation="tanh", rng=seed, **arguments)


# -- what it computes --


def by_hand(model, optimizer, epochs, batch_size, penalty=None, max_grad_norm=None):
    """The loop that fit stands for, written out."""
    order = random.Random(0)
    for _ in range(epochs):
        for rows in nn.data.shuffled_batches(len(X), batch_size, order):
            each = [nn.losses.hinge(model(X[i]), T[i]) for i in rows]
            cost = nn.losses.cost(each, penalty(model) if penalty else 0.0)
            optimizer.zero_grad()
            cost.backward()
            if max_grad_norm is not None:
                nn.optim.clip_grad_norm(optimizer.parameters, max_grad_norm)
            optimizer.step()


extras = pytest.mark.parametrize(
    "extra", [{}, {"penalty": lambda m: nn.losses.l2(m, 0.1)}, {"max_grad_norm": 0.05}]
)


@pytest.mark.parametrize("batch_size", [1, 7, 24, 100])
@extras
def test_fit_is_the_loop_written_out(batch_size, extra):
    models = [small(), small()]
    makers = [nn.optim.Adam(m.parameters(), lr=0.1) for m in models]
    nn.fit(models[0], X, T, "hinge", makers[0], epochs=3, batch_size=batch_size, **extra)
    by_hand(models[1], makers[1], 3, batch_size, **extra)
    assert models[0].state_dict() == models[1].state_dict()
    assert makers[0].state_dict() == makers[1].state_dict()


@pytest.mark.parametrize("backend", ["python", "llvm"])
@extras
def test_compiled_it_is_the_same_loop(backend, extra, monkeypatch):
    if backend == "llvm":
        pytest.importorskip("llvmlite", reason="it makes the machine code")
    chosen = functools.partial(autograd.compile, backend=backend)
    monkeypatch.setattr(nn.compiled, "compile", chosen)
    models = [small(), small()]
    makers = [nn.optim.SGD(m.parameters(), lr=0.1) for m in models]
    nn.fit(models[0], X, T, "hinge", makers[0], epochs=3, batch_size=7, compile=True, **extra)
    by_hand(models[1], makers[1], 3, 7, **extra)
    # the samples of a batch are added up in another order
    assert models[0].state_dict() == pytest.approx(models[1].state_dict(), rel=1e-12)


def test_every_epoch_takes_each_sample_once_in_a_new_order():
    seen = []

    def loss(prediction, target):
        seen.append(target)
        return nn.losses.squared_error(prediction, 0.0)

    model = nn.Neuron(1, "linear")
    nn.fit(model, [[float(i)] for i in range(10)], list(range(10)), loss, epochs=3, batch_size=4)
    epochs = [seen[i : i + 10] for i in (0, 10, 20)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len(set(map(tuple, epochs))) == 3


def test_the_same_seed_gives_the_same_run_and_no_global_generator_is_touched():
    state = random.getstate()
    states = []
    for rng in (1, 1, random.Random(1), 2):
        model = small()
        nn.fit(model, X, T, "hinge", epochs=2, batch_size=5, rng=rng)
        states.append(model.state_dict())
    assert states[0] == states[1] == states[2] != states[3]
    assert random.getstate() == state


def test_the_houses_by_least_squares():
    sizes, prices = nn.data.houses()
    inputs, scale = nn.data.standardize(sizes)
    model = nn.Neuron(1, "linear", init="zeros")
    nn.fit(model, inputs, prices, "mse", nn.optim.SGD(model.parameters(), lr=0.1), epochs=200)
    slope, intercept = numpy.polyfit([x for (x,) in sizes], prices, 1)
    for (size,) in sizes:
        # the error shrinks by 1 - 2 * lr = 0.8 an epoch: 0.8**200 = 4e-20
        assert model(scale([[size]])[0]).data == pytest.approx(slope * size + intercept, rel=1e-12)


def test_numpy_arrays_and_lists_are_the_same_data():
    states = []
    for inputs, targets in [(X, T), (numpy.array(X), numpy.array(T)), (tuple(X), tuple(T))]:
        model = small()
        nn.fit(model, inputs, targets, "hinge", epochs=2, validation=(inputs, targets))
        states.append(model.state_dict())
    assert states[0] == states[1] == states[2]


@pytest.mark.parametrize("compile", [False, True])
def test_many_outputs_and_one_hot_targets(compile):
    inputs, targets = nn.data.blobs(30, centers=[(-2, 0), (2, 0), (0, 3)], spread=0.5)
    one_hot = nn.data.one_hot(targets, 3)
    states = []
    for given in (targets, one_hot, numpy.array(one_hot)):
        model = nn.MLP(2, [3], rng=0)
        history = nn.fit(
            model,
            inputs,
            given,
            "cross_entropy",
            nn.optim.Adam(model.parameters(), lr=0.2),
            epochs=30,
            metrics="accuracy",
            compile=compile,
        )
        states.append(model.state_dict())
        assert history["accuracy"][-1] == 1.0
    assert states[0] == states[1] == states[2]


@pytest.mark.parametrize("loss", ["cross_entropy", "categorical_cross_entropy", "kl_divergence"])
@pytest.mark.parametrize("scale", [1.0, 2000.0])
def test_compiled_a_class_without_a_chance_is_no_nan(loss, scale):
    """In the program a target is a variable, which may be 0 as well: 0 * log(0) counts as 0."""
    inputs, targets = [[1.0], [-1.0]], [[1.0, 0.0], [0.0, 1.0]]
    ends = []
    for compile in (False, True):
        model = nn.MLP(1, [2], output="linear" if loss == "cross_entropy" else "softmax")
        for neuron, sign in zip(model.layers[0].neurons, (1, -1), strict=True):
            neuron.weights[0].data = sign * scale  # at 2000 the probabilities are 1 and 0
        ends.append(nn.fit(model, inputs, targets, loss, epochs=3, compile=compile)["loss"])
    assert all(map(math.isfinite, ends[0]))
    assert ends[1] == pytest.approx(ends[0], rel=1e-12)


def test_what_branches_on_its_data_is_trained_on_values_where_that_may_be():
    def loss(prediction, target):
        error = prediction - target
        return abs(error) if nn.runner.numbers(error) > 0 else 2 * abs(error)

    models = [small(), small()]
    words = "not compiled, trained on Values: two rows gave differ"
    with pytest.warns(UserWarning, match=words) as warned:
        nn.fit(models[0], X, T, loss, epochs=2, compile="auto")
    assert [w.filename for w in warned] == [__file__]  # the line that called fit
    nn.fit(models[1], X, T, loss, epochs=2)
    assert models[0].state_dict() == models[1].state_dict()
    with pytest.raises(DataDependentGraphError, match="two rows gave different graphs"):
        nn.fit(models[0], X, T, loss, epochs=2, compile=True)


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("widths", [[1], [2]])
def test_a_loss_of_ones_own_takes_values(compile, widths):
    def loss(prediction, target):
        each = prediction if isinstance(prediction, list) else [prediction]
        return sum((y - target).softplus() for y in each)

    model = nn.MLP(2, widths, rng=0)
    history = nn.fit(model, X, T, loss, epochs=2, validation=(X[:5], T[:5]), compile=compile)
    wanted = sum(loss(model(x), t).data for x, t in zip(X[:5], T[:5], strict=True)) / 5
    assert history["val_loss"][-1] == pytest.approx(wanted, rel=1e-14)  # fit adds up exactly


def test_moons_are_learnt():
    inputs, targets = nn.data.moons(60, noise=0.1)
    train_x, test_x, train_t, test_t = nn.data.train_test_split(inputs, targets, 0.25)
    model = nn.MLP(2, [12, 1], activation="tanh", rng=0)
    history = nn.fit(
        model,
        train_x,
        train_t,
        "binary_cross_entropy_with_logits",
        nn.optim.Adam(model.parameters(), lr=0.1),
        epochs=80,
        batch_size=15,
        validation=(test_x, test_t),
        metrics="accuracy",
        compile="auto",
    )
    assert history["val_accuracy"][-1] == 1.0
    assert history["loss"][-1] < 0.05


def test_handwritten_digits():
    """64-16-16-10, 95% of a held-out fifth at least: the figure that the library is held to."""
    pytest.importorskip("sklearn", reason="it brings the digits along")
    pytest.importorskip("llvmlite", reason="20 epochs take a minute without machine code")
    train_x, test_x, train_t, test_t = nn.data.train_test_split(*nn.data.digits(), rng=1)
    model = nn.MLP(64, [16, 16, 10], rng=1)
    rate = nn.schedules.cosine(0.01, 0.0, 20 * 45)
    history = nn.fit(
        model,
        train_x,
        train_t,
        "cross_entropy",
        nn.optim.Adam(model.parameters(), lr=rate),
        epochs=20,
        batch_size=32,
        rng=1,
        validation=(test_x, test_t),
        metrics="accuracy",
        compile=True,
    )
    assert len(test_x) == 360
    assert history["val_accuracy"][-1] >= 0.95


# -- a run that is stopped and goes on --


@pytest.mark.parametrize("name", ["SGD", "Adam", "NAdam", "Yogi"])
def test_a_run_goes_on_from_its_state_bit_for_bit(name, tmp_path):
    def optimizer_of(model):
        kind = getattr(nn.optim, name)
        rate = nn.schedules.warmup(nn.schedules.cosine(0.1, 0.01, 30), 5)
        extra = {"momentum": 0.9} if name == "SGD" else {}
        return kind(model.parameters(), lr=rate, **extra)

    whole, order = small(), random.Random(3)
    optimizer = optimizer_of(whole)
    nn.fit(whole, X, T, "hinge", optimizer, epochs=6, batch_size=7, rng=order)

    model, order = small(), random.Random(3)
    optimizer = optimizer_of(model)
    nn.fit(model, X, T, "hinge", optimizer, epochs=2, batch_size=7, rng=order)
    nn.save(model, tmp_path / "m.json")
    state = json.dumps(optimizer.state_dict())
    place = order.getstate()
    del model, optimizer, order

    model, order = nn.load(tmp_path / "m.json"), random.Random()
    optimizer = optimizer_of(model)
    optimizer.load_state_dict(json.loads(state))
    order.setstate(place)
    nn.fit(model, X, T, "hinge", optimizer, epochs=4, batch_size=7, rng=order)
    assert model.state_dict() == whole.state_dict()


# -- what it reports --


def test_the_history_holds_what_happened():
    model = small()
    optimizer = nn.optim.SGD(model.parameters(), lr=nn.schedules.factor(0.5, 0.9))
    history = nn.fit(
        model,
        X,
        T,
        "hinge",
        optimizer,
        epochs=4,
        batch_size=12,
        validation=(X[:6], T[:6]),
        metrics=["accuracy", margin],
    )
    assert history.columns() == [
        "loss",
        "learning_rate",
        "gradient_norm",
        "accuracy",
        "margin",
        "val_loss",
        "val_accuracy",
        "val_margin",
    ]
    assert history["learning_rate"] == [0.5 * 0.9 ** (2 * i) for i in range(4)]
    outputs = [model(x).data for x in X]
    right = [(y > 0) == (t > 0) for y, t in zip(outputs, T, strict=True)]
    assert history["accuracy"][-1] == sum(right) / 24
    assert history["margin"][-1] == pytest.approx(sum(map(margin, outputs, T)) / 24)
    hinges = [max(0.0, 1 - y * t) for y, t in zip(outputs[:6], T[:6], strict=True)]
    assert history["val_loss"][-1] == pytest.approx(sum(hinges) / 6)
    assert history.stopped == ""


def margin(prediction, target):
    return prediction * target


def test_loss_and_gradient_norm_are_means_over_the_epoch():
    model = nn.Neuron(1, "linear", init="zeros")
    inputs, targets = [[1.0], [1.0], [1.0]], [1.0, 1.0, 4.0]
    optimizer = nn.optim.SGD(model.parameters(), lr=0.0)
    history = nn.fit(model, inputs, targets, "mse", optimizer, epochs=1, batch_size=2, rng=0)
    assert history["loss"] == [(1.0 + 1.0 + 16.0) / 3]
    batches = nn.data.shuffled_batches(3, 2, random.Random(0))
    slopes = [-2 * sum(targets[i] for i in rows) / len(rows) for rows in batches]
    norms = [math.hypot(slope, slope) for slope in slopes]  # of the weight and of the bias
    assert history["gradient_norm"][0] == pytest.approx(sum(norms) / 2)


def test_the_gradient_norm_is_that_before_clipping():
    model = small()
    first = nn.fit(model, X, T, "hinge", epochs=1, max_grad_norm=1e-6)["gradient_norm"]
    assert first == nn.fit(small(), X, T, "hinge", epochs=1)["gradient_norm"]
    assert first[0] > 0.01


@pytest.mark.parametrize(
    ("loss", "labels", "scores", "share"),
    [
        ("hinge", (-1, 1), [-0.5, 0.3], 1.0),
        ("hinge", (-1, 1), [0.3, 0.3], 0.5),
        ("mse", (-1, 1), [-0.5, 0.3], 1.0),
        ("mse", (0, 1), [0.3, 0.7], 1.0),
        ("squared_error", ([0], [1]), [0.3, 0.7], 1.0),
        ("mse", (0, 1), [0.3, 0.4], 0.5),
        ("binary_cross_entropy", (0, 1), [0.3, 0.7], 1.0),
        ("binary_cross_entropy_with_logits", (0, 1), [-0.1, 0.3], 1.0),
        ("binary_cross_entropy_with_logits", (0, 1), [0.2, 0.3], 0.5),
    ],
)
def test_accuracy_knows_where_the_loss_puts_its_threshold(loss, labels, scores, share):
    model = nn.Neuron(1, "linear")
    model.load_state_dict({"weights.0": scores[1] - scores[0], "bias": scores[0]})
    optimizer = nn.optim.SGD(model.parameters(), lr=0.0)
    history = nn.fit(model, [[0.0], [1.0]], labels, loss, optimizer, epochs=1, metrics="accuracy")
    assert history["accuracy"] == [share]


def test_the_bar_shows_the_loss_and_the_metrics(capsys):
    nn.fit(small(), X, T, "hinge", epochs=2, metrics="accuracy", progress=True)
    shown = capsys.readouterr().err
    assert "2/2" in shown
    assert "loss=" in shown
    assert "accuracy=" in shown
    assert "learning_rate" not in shown
    assert "gradient_norm" not in shown


def test_the_bar_counts_epochs(capsys):
    nn.fit(small(), X, T, "hinge", epochs=3, progress=True)
    last = capsys.readouterr().err.rstrip().split("\r")[-1]
    assert last.startswith("fit: 100%")
    assert " 3/3 " in last


def test_no_bar_where_nobody_looks(capsys, monkeypatch):
    nn.fit(small(), X, T, "hinge", epochs=1)
    assert capsys.readouterr() == ("", "")

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    nn.fit(small(), X, T, "hinge", epochs=1)
    assert "1/1" in sys.stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", Terminal())
    nn.fit(small(), X, T, "hinge", epochs=1, progress=False)
    assert sys.stderr.getvalue() == ""


class Bar:
    """What a notebook shows in place of tqdm's line of text."""

    made = None

    def __init__(self, **options):
        Bar.made, self.told = options, {}

    @classmethod
    def set_lock(cls, lock):
        cls.lock = lock

    def update(self, count):
        self.epochs = count

    def set_postfix(self, told):
        self.told = told

    def close(self):
        pass


@pytest.mark.parametrize("progress", [None, True, False])
@pytest.mark.parametrize("widgets", [True, False])
def test_a_notebook_has_a_bar_of_its_own_if_it_can_show_one(progress, widgets, monkeypatch, capsys):
    kernel = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel="a kernel"))
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    monkeypatch.setitem(sys.modules, "ipywidgets", ModuleType("ipywidgets"))
    found = ModuleSpec("ipywidgets", None) if widgets else None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: {"ipywidgets": found}[name])
    monkeypatch.setattr("tqdm.notebook.tqdm", Bar)
    monkeypatch.setattr(Bar, "made", None)
    nn.fit(small(), X, T, "hinge", epochs=2, progress=progress)
    shown = capsys.readouterr().err
    own, text = progress is not False and widgets, progress is not False and not widgets
    assert (Bar.made is not None) == own
    assert not own or Bar.made["total"] == 2
    assert ("2/2" in shown) == text


# -- how it stops --


def test_no_epochs_change_nothing():
    model = small()
    before = model.state_dict()
    assert len(nn.fit(model, X, T, "hinge", epochs=0)) == 0
    assert model.state_dict() == before


def test_what_is_not_given():
    model, other = nn.Neuron(1, "linear"), nn.Neuron(1, "linear")
    inputs, targets = [[1.0], [2.0], [-1.0]], [1.0, 0.5, 2.0]
    assert len(nn.fit(model, inputs, targets)) == 100
    adam = nn.optim.Adam(other.parameters(), lr=0.01)
    nn.fit(other, inputs, targets, "mse", adam, epochs=100, batch_size=3, rng=0, compile=False)
    assert model.state_dict() == other.state_dict()


def test_early_stopping_waits_ten_epochs_if_nothing_is_said():
    model = nn.Neuron(1, "linear")
    still = nn.optim.SGD(model.parameters(), lr=0.0)
    arguments = (model, [[1.0]], [1.0], "mse", still)
    history = nn.fit(*arguments, epochs=50, callbacks=[nn.EarlyStopping()])
    assert len(history) == 1 + 10 + 1  # an equal loss is no improvement
    assert history.stopped.endswith("was that of epoch 1")
    history = nn.fit(*arguments, epochs=50, callbacks=[nn.EarlyStopping(patience=0)])
    assert len(history) == 2


def test_any_improvement_counts_if_nothing_is_said():
    history, stopping = nn.History(), nn.EarlyStopping(patience=0)
    for i in range(30):
        history.append({"loss": 1e-3 * 0.9**i})
        assert stopping(small(), history) == ""


def test_the_first_of_several_reasons_to_stop_is_told():
    reasons = [lambda m, h: "", lambda m, h: "one", lambda m, h: "another"]
    history = nn.fit(small(), X, T, "hinge", epochs=3, callbacks=reasons)
    assert (len(history), history.stopped) == (1, "one")


def test_a_callback_sees_each_epoch_and_can_stop():
    seen = []

    def stop_at_three(model, history):
        seen.append(history["loss"][-1])
        return "that is enough" if len(history) == 3 else None

    history = nn.fit(small(), X, T, "hinge", epochs=10, callbacks=[stop_at_three])
    assert len(history) == 3
    assert seen == history["loss"]
    assert history.stopped == "that is enough"


def test_early_stopping_takes_the_best_parameters_back():
    states, val = [], iter([5.0, 3.0, 4.0, 2.5, 2.6, 2.4999, 2.7, 9.0, 9.0, 9.0])

    def watch(model, history):
        history.epochs[-1]["val_loss"] = next(val)
        states.append(model.state_dict())

    model = small()
    stopping = nn.EarlyStopping(patience=2, min_delta=0.01)
    history = nn.fit(model, X, T, "hinge", epochs=10, callbacks=[watch, stopping])
    assert len(history) == 7  # 2.4999 is no better than 2.5 by 0.01
    assert model.state_dict() == states[3]
    assert history.stopped == "stopped early: the best val_loss, 2.5, was that of epoch 4"


def test_early_stopping_gives_the_best_where_training_ran_out():
    model = small()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.5)
    states = []
    keep = lambda m, h: states.append(m.state_dict())  # noqa: E731
    stopping = nn.EarlyStopping(patience=100, monitor="gradient_norm")
    history = nn.fit(model, X, T, "hinge", optimizer, epochs=5, callbacks=[keep, stopping])
    best = history["gradient_norm"].index(min(history["gradient_norm"]))
    assert model.state_dict() == states[best]
    assert history.stopped == ""


def test_early_stopping_without_a_best_keeps_the_last():
    def nothing(prediction, target):
        return math.nan

    models, states = [small(), small()], []
    keep = lambda m, h: states.append(m.state_dict())  # noqa: E731
    stopping = nn.EarlyStopping(patience=2, monitor="nothing")
    history = nn.fit(
        models[0], X, T, "hinge", epochs=9, metrics=nothing, callbacks=[keep, stopping]
    )
    assert len(history) == 3
    assert models[0].state_dict() == states[-1]
    nn.fit(models[1], X, T, "hinge", epochs=0, callbacks=[nn.EarlyStopping()])
    assert models[1].state_dict() == small().state_dict()


@pytest.mark.parametrize("moment", ["loss", "metric", "callback"])
def test_an_interrupt_keeps_what_was_learnt(moment):
    """Ctrl-C in the middle of a batch, while metrics are taken, in a callback."""
    calls = {"loss": 0, "metric": 0, "callback": 0}
    at = {"loss": 24 * 2 + 13, "metric": 24 * 2 + 5, "callback": 3}
    states = []

    def count(kind):
        calls[kind] += 1
        if kind == moment and calls[kind] == at[kind]:
            raise KeyboardInterrupt

    def loss(prediction, target):
        count("loss")
        return nn.losses.hinge(prediction, target)

    def metric(prediction, target):
        count("metric")
        return 1.0

    def callback(model, history):
        states.append(model.state_dict())
        count("callback")

    model = small()
    history = nn.fit(
        model, X, T, loss, epochs=9, batch_size=6, metrics=metric, callbacks=[callback]
    )
    whole = 3 if moment == "callback" else 2
    assert len(history) == whole
    assert history.stopped == f"interrupted in epoch {whole + 1}"
    assert all(len(column) == whole for column in history.to_dict().values())
    assert str(history).endswith(history.stopped)
    # two batches of the third epoch are kept as well, or all of it
    assert (model.state_dict() != states[1]) == (moment != "callback" or whole == 3)
    if moment == "loss":
        again = small()
        optimizer = nn.optim.Adam(again.parameters(), lr=0.01)
        order = random.Random(0)
        for _ in range(3):
            batches = list(nn.data.shuffled_batches(24, 6, order))
            for rows in batches if _ < 2 else batches[:2]:
                optimizer.zero_grad()
                nn.losses.cost([nn.losses.hinge(again(X[i]), T[i]) for i in rows]).backward()
                optimizer.step()
        assert model.state_dict() == again.state_dict()


@pytest.mark.parametrize("compile", [False, True])
def test_an_interrupt_between_two_steps_keeps_the_steps_before(compile):
    def rate(step):
        if step == 7:  # the second batch of the second epoch
            raise KeyboardInterrupt
        return 0.1

    model, other = small(), small()
    sgd = nn.optim.SGD(model.parameters(), lr=rate)
    history = nn.fit(model, X, T, "hinge", sgd, epochs=9, batch_size=4, compile=compile)
    by_hand_order, steps = random.Random(0), nn.optim.SGD(other.parameters(), lr=0.1)
    for epoch in range(2):
        for rows in list(nn.data.shuffled_batches(24, 4, by_hand_order))[: 1 if epoch else 6]:
            steps.zero_grad()
            nn.losses.cost([nn.losses.hinge(other(X[i]), T[i]) for i in rows]).backward()
            steps.step()
    assert len(history) == 1
    assert history.stopped == "interrupted in epoch 2"
    # compiled, the samples of a batch are added up in another order
    wanted = pytest.approx(other.state_dict(), rel=1e-12) if compile else other.state_dict()
    assert model.state_dict() == wanted


# -- how it fails --


def test_a_loss_that_is_not_finite_names_the_node():
    model = nn.Neuron(1, "linear")
    model.load_state_dict({"weights.0": 1.0, "bias": 0.0})

    def loss(prediction, target):
        return (prediction / target).log()

    with pytest.raises(nn.NonFiniteError, match=r"epoch 1, batch 1.*inf, '/' of \([+] = 2") as e:
        nn.fit(model, [[2.0]], [0.0], loss, epochs=3)
    assert e.value.node.op == "/"
    assert e.value.node.data == math.inf
    assert len(e.value.history) == 0
    assert model.state_dict() == {"weights.0": 1.0, "bias": 0.0}


def test_nan_among_the_inputs_is_found():
    inputs = [*X[:5], [math.nan, 1.0]]
    with pytest.raises(nn.NonFiniteError, match=r"'\*' of \(w0 = .*, a number = nan\)"):
        nn.fit(small(), inputs, T[:6], "hinge", epochs=1)
    model = nn.Neuron(1, "linear")
    model.weights[0].data = math.nan
    with pytest.raises(nn.NonFiniteError, match=r"is nan, the leaf w0\. A smaller"):
        nn.fit(model, [[1.0]], [0.0], epochs=1)


@pytest.mark.parametrize("compile", [False, True])
def test_a_run_that_diverges_stops_with_its_history(compile):
    model = nn.Neuron(1, "linear")
    optimizer = nn.optim.SGD(model.parameters(), lr=1e10)
    with pytest.raises(nn.NonFiniteError, match="A smaller learning rate") as e:
        nn.fit(model, [[1.0]], [0.0], "mse", optimizer, epochs=100, compile=compile)
    assert math.isinf(e.value.node.data)
    assert e.value.node.op in ("*", "+", "-", "**")
    assert 0 < len(e.value.history) < 100
    assert all(math.isfinite(p.data) for p in model.parameters())
    assert isinstance(e.value, ArithmeticError)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"targets": T[:3]}, ValueError, "a target for each row; got 24 rows, 3 targets"),
        ({"inputs": [], "targets": []}, ValueError, "got 0 rows"),
        ({"validation": (X, T[:3])}, ValueError, "validation wants a target for each row; got 24"),
        ({"validation": ([], [])}, ValueError, "validation wants"),
        ({"inputs": 3.0}, TypeError, "inputs wants a list with one entry a sample; got 3.0"),
        ({"targets": "abc"}, TypeError, "targets wants a list"),
        ({"loss": "hnge"}, ValueError, "no loss 'hnge': did you mean 'hinge'"),
        ({"metrics": "acc"}, ValueError, "no metric 'acc'"),
        ({"batch_size": 0}, ValueError, "batch_size wants a whole number of at least 1; got 0"),
        ({"batch_size": 2.5}, TypeError, "batch_size wants"),
        ({"epochs": -1}, ValueError, "epochs wants"),
        ({"max_grad_norm": -1.0}, ValueError, "max_grad_norm wants"),
        ({"rng": "a"}, TypeError, "rng wants"),
        ({"loss": lambda p, t: 1.0}, TypeError, "a Value that depends on the model; got 1.0"),
        ({"inputs": [[1.0]] * 24}, ValueError, "takes 2 inputs, got 1"),
        ({"compile": "yes"}, ValueError, "compile wants True, False or \"auto\"; got 'yes'"),
    ],
)
def test_refusals(arguments, error, message):
    model = small()
    before = model.state_dict()
    with pytest.raises(error, match=message):
        nn.fit(**({"model": model, "inputs": X, "targets": T, "loss": "hinge"} | arguments))
    assert model.state_dict() == before


def test_compiled_a_target_that_cannot_be_names_its_row():
    """In the program a target is a number like any other: all are judged before."""
    model = nn.MLP(2, [3], rng=0)
    wanted = r"targets\[5\]: .*class from 0 to 2; got 7"
    with pytest.raises(ValueError, match=wanted):
        nn.fit(model, X[:6], [0, 1, 2, 0, 1, 7], "cross_entropy", epochs=1, compile=True)


def test_early_stopping_refuses():
    with pytest.raises(ValueError, match="patience wants"):
        nn.EarlyStopping(patience=-1)
    with pytest.raises(KeyError, match="'val_loss' is not in this history; there are loss"):
        nn.fit(small(), X, T, "hinge", epochs=1, callbacks=[nn.EarlyStopping(monitor="val_loss")])


def test_a_model_of_ones_own_trains():
    class Parabola(nn.Module):
        def __init__(self):
            self.coefficients = [Value(0.0), Value(0.0), Value(0.0)]

        def forward(self, x):
            a, b, c = self.coefficients
            return a + b * x + c * x * x

    xs = [-1.0, -0.5, 0.0, 0.5, 1.0]
    model = Parabola()
    optimizer = nn.optim.SGD(model.parameters(), lr=0.3)
    nn.fit(model, xs, [1 + 2 * x - 3 * x * x for x in xs], "mse", optimizer, epochs=600)
    # the slowest direction shrinks by 1 - 0.6 * 0.1 an epoch or so
    assert [p.data for p in model.parameters()] == pytest.approx([1.0, 2.0, -3.0], abs=1e-6)


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_a_batch_has_a_row_at_least(size):
    with pytest.raises((ValueError, TypeError), match="batch_size"):
        nn.fit(nn.MLP(2, [1]), [[1.0, 2.0]], [1.0], "mse", batch_size=size)
