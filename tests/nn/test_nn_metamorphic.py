"""Metamorphic properties of networks, losses and training: the list is in autograd's tests.

What is compared are two runs that must agree: to the bit, where numbers are whole, powers of two,
or computed in the same order; else within what adding up in another order may change.
"""

import copy
import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_optim import CASES, case_name, each_case, leaves, run, start_and_gradients

import nn
import viz
from autograd import gradients
from nn.optim import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, NAdam, RMSprop

examples = settings.default.max_examples
few = settings(max_examples=max(5, examples // 5))
X, T = nn.data.moons(24, labels=(-1, 1))
REORDERED = 1e-12
"""Sums of a few dozen terms near 1, added in another order, differ by less: 1e-14 is typical."""

whole = st.integers(-4, 4).map(float)


def network(data, sizes=(2, 3, 2), activation="relu"):
    """A network of small whole weights, which computes without rounding through rectifiers."""
    model = nn.MLP(sizes[0], list(sizes[1:]), activation=activation)
    for parameter in model.parameters():
        parameter.data = data.draw(whole)
    return model


def point(data, n=2):
    return data.draw(st.lists(whole, min_size=n, max_size=n))


def differentiated(model, x, weights=(1.0, -2.0)):
    """The outputs, and the gradient of a weighted sum of them by name."""
    outputs = model(x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    total = sum(o * w for o, w in zip(outputs, weights, strict=False))
    named = model.named_parameters()
    slopes = gradients(total, [p for _, p in named])
    return [o.data for o in outputs], dict(zip([n for n, _ in named], slopes, strict=True))


# -- networks --


@few
@given(st.data(), st.permutations(range(3)))
def test_permuted_units(data, order):
    """Hidden units in another order, with their weights onwards: the same outputs, all moved."""
    model = network(data)
    other = copy.deepcopy(model)
    first, second = other.layers
    first.neurons = [first.neurons[i] for i in order]
    for neuron in second.neurons:
        neuron.weights = [neuron.weights[i] for i in order]
    x = point(data)
    (outputs, slopes), (moved, others) = differentiated(model, x), differentiated(other, x)
    assert outputs == moved
    for name, slope in others.items():
        layer, neuron, *rest = (
            name.split(".")[1::2] if "bias" not in name else (*name.split(".")[1:4:2],)
        )
        came = order[int(neuron)] if layer == "0" else int(neuron)
        last = f"weights.{order[int(rest[0])] if layer == '1' else rest[0]}" if rest else "bias"
        assert slope == slopes[f"layers.{layer}.neurons.{came}.{last}"]


@few
@given(st.data(), st.permutations(range(3)))
def test_permuted_inputs(data, order):
    """Inputs in another order, with the first layer's weights: the same outputs and slopes."""
    model = network(data, (3, 2, 2))
    other = copy.deepcopy(model)
    for neuron in other.layers[0].neurons:
        neuron.weights = [neuron.weights[i] for i in order]
    x = point(data, 3)
    outputs, slopes = differentiated(model, x)
    moved, others = differentiated(other, [x[i] for i in order])
    assert outputs == moved
    for i, j in itertools.product(range(2), range(3)):
        name = f"layers.0.neurons.{i}.weights."
        assert others[name + str(j)] == slopes[name + str(order[j])]


@few
@given(st.data())
def test_a_unit_with_no_weight_onwards(data):
    """It changes no output and learns nothing: without it all else is equal."""
    model = network(data)
    for neuron in model.layers[1].neurons:
        neuron.weights[1].data = 0.0
    x = point(data)
    outputs, slopes = differentiated(model, x)
    assert all(slopes[name] == 0.0 for name in slopes if name.startswith("layers.0.neurons.1."))
    del model.layers[0].neurons[1]
    for neuron in model.layers[1].neurons:
        del neuron.weights[1]
    less, others = differentiated(model, x)
    assert less == outputs
    assert others["layers.0.neurons.1.bias"] == slopes["layers.0.neurons.2.bias"]
    assert others["layers.1.neurons.0.weights.1"] == slopes["layers.1.neurons.0.weights.2"]


@few
@given(st.data(), st.sampled_from(["tanh", "linear"]))
def test_units_turned_over(data, activation):
    """All of an odd unit's weights by -1, those onwards too: the same bits, its slopes turned."""
    model = network(data, activation=activation)
    x = point(data)
    outputs, slopes = differentiated(model, x)
    unit = model.layers[0].neurons[1]
    turned = [*unit.weights, unit.bias, *(n.weights[1] for n in model.layers[1].neurons)]
    for parameter in turned:
        parameter.data = -parameter.data
    same, others = differentiated(model, x)
    assert same == outputs
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    turned = {names[id(parameter)] for parameter in turned}
    for name, slope in others.items():
        assert slope == (-slopes[name] if name in turned else slopes[name])


@few
@given(st.data(), st.integers(-8, 8), st.sampled_from(["relu", "leaky_relu"]))
def test_units_scaled(data, k, activation):
    """A rectifier's weights by 2**k, those onwards by 2**-k: the same bits, slopes 2**-k, 2**k."""
    model = network(data, activation=activation)
    x = point(data)
    outputs, slopes = differentiated(model, x)
    unit = model.layers[0].neurons[1]
    for parameter in (*unit.weights, unit.bias):
        parameter.data *= 2.0**k
    for neuron in model.layers[1].neurons:
        neuron.weights[1].data *= 2.0**-k
    same, others = differentiated(model, x)
    assert same == outputs
    for name, slope in others.items():
        before = name.startswith("layers.0.neurons.1.")
        after = name.startswith("layers.1.") and name.endswith("weights.1")
        assert slope == slopes[name] * 2.0 ** (-k if before else k if after else 0)


# -- losses --


@few
@given(st.data(), st.permutations(range(3)), st.integers(0, 2))
def test_classes_renumbered(data, order, target):
    """Outputs and target by other numbers: the same loss, and the slopes go with their class."""
    logits = leaves(data.draw(st.lists(st.floats(-20, 20), min_size=3, max_size=3)))
    loss = nn.losses.cross_entropy(logits, target)
    other = nn.losses.cross_entropy([logits[i] for i in order], order.index(target))
    assert other.data == pytest.approx(loss.data, rel=REORDERED, abs=REORDERED)
    assert gradients(other, logits) == pytest.approx(gradients(loss, logits), abs=REORDERED)
    one_hot = nn.losses.cross_entropy(logits, [float(i == target) for i in range(3)])
    assert one_hot.data == loss.data


@few
@given(st.floats(-20, 20), st.sampled_from(["hinge", "squared_hinge"]))
def test_labels_of_the_other_sign(y, name):
    """Score and label by -1: the same loss to the bit, and the slope turned."""
    loss = nn.losses.names[name]
    score, turned = leaves([y, -y])
    one, other = loss(score, 1), loss(turned, -1)
    assert one.data == other.data
    assert gradients(one, [score])[0] == -gradients(other, [turned])[0]


@few
@given(
    st.tuples(st.integers(-99, 99), st.integers(-99, 99), st.integers(-99, 99)),
    st.sampled_from(
        ["squared_error", "half_squared_error", "mse", "mae", "huber", "euclidean_distance"]
    ),
)
def test_errors_exchanged_and_moved(numbers, name):
    """They depend on y - t alone, and not on its sign: whole numbers, so to the bit."""
    y, t, shift = map(float, numbers)
    loss = nn.losses.names[name]
    prediction, target = leaves([y, t])
    one = loss(prediction, t)
    assert loss(target, y).data == one.data
    assert gradients(loss(target, y), [target])[0] == -gradients(one, [prediction])[0]
    (moved,) = leaves([y + shift])
    assert loss(moved, t + shift).data == one.data
    assert gradients(loss(moved, t + shift), [moved]) == gradients(one, [prediction])


def cost(model, rows, loss="hinge"):
    return nn.losses.cost([nn.losses.names[loss](model(X[i]), T[i]) for i in rows])


@pytest.mark.parametrize("times", [2, 3, 4])
def test_repeated_rows(times):
    """Each row several times: the same mean, whose terms are as many times more."""
    model = nn.MLP(2, [4, 1], activation="tanh", rng=1)
    once, more = cost(model, range(24)), cost(model, list(range(24)) * times)
    assert more.data == pytest.approx(once.data, rel=REORDERED)
    slopes = [gradients(c, model.parameters()) for c in (once, more)]
    assert slopes[1] == pytest.approx(slopes[0], rel=REORDERED, abs=REORDERED)


@few
@given(st.data())
def test_micro_batches(data):
    """Backward from parts of a batch, each seeded with its share, adds up to the batch's gradient.

    Whole numbers and a batch of 8: so to the bit.
    """
    model = network(data, (2, 3, 1))
    rows = [point(data) for _ in range(8)]
    sums = [nn.losses.squared_error(model(x), 1.0) for x in rows]
    wanted = gradients(nn.losses.cost(sums), model.parameters())
    size = data.draw(st.sampled_from([1, 2, 4]))
    for start in range(0, 8, size):
        part = [nn.losses.squared_error(model(x), 1.0) for x in rows[start : start + size]]
        nn.losses.cost(part).backward(size / 8)
    assert tuple(p.grad for p in model.parameters()) == wanted


# -- training --


@each_case
def test_a_rate_of_0_changes_no_parameter(cls, arguments):
    start, slopes = start_and_gradients(seed=3, steps=5)
    assert run(cls(leaves(start), **arguments | {"lr": 0.0}), slopes) == [start] * 5


@each_case
def test_climbing_is_descending_on_the_negative(cls, arguments):
    start, slopes = start_and_gradients(seed=4, steps=8)
    negative = [[-slope for slope in row] for row in slopes]
    turned = arguments | {"maximize": not arguments.get("maximize", False)}
    assert run(cls(leaves(start), **turned), negative) == run(
        cls(leaves(start), **arguments), slopes
    )


@each_case
def test_each_parameter_by_itself(cls, arguments):
    """And in another order: no parameter's step depends on the others."""
    start, slopes = start_and_gradients(seed=5, steps=8)
    path = run(cls(leaves(start), **arguments), slopes)
    for i, x in enumerate(start):
        alone = run(cls(leaves([x]), **arguments), [[row[i]] for row in slopes])
        assert alone == [[row[i]] for row in path]
    backwards = run(cls(leaves(start[::-1]), **arguments), [row[::-1] for row in slopes])
    assert backwards == [row[::-1] for row in path]


SCALES = {SGD: -1, Adagrad: 0, RMSprop: 0, Adam: 0, AdamW: 0, Adamax: 0, NAdam: 0}
"""The power of the loss's scale by which the learning rate makes up for it, where eps is 0."""

IN_UNITS_OF_THE_LOSS = {"weight_decay", "initial_accumulator_value"}
SCALED = [(c, a) for c, a in CASES if c in SCALES and not a.keys() & IN_UNITS_OF_THE_LOSS]


@pytest.mark.parametrize(("cls", "arguments"), SCALED, ids=map(case_name, SCALED))
@pytest.mark.parametrize("k", [-6, 4])
def test_scaled_losses(cls, arguments, k):
    """A loss 2**k times as large: the same steps to the bit, SGD's with the rate 2**-k times."""
    start, slopes = start_and_gradients(seed=6, steps=20)
    scaled = [[slope * 2.0**k for slope in row] for row in slopes]
    # the first gradient is not 0: 0 / 0 would come of an eps of 0
    slopes[0] = [1.0] * len(start)
    scaled[0] = [2.0**k] * len(start)
    if cls is not SGD:
        arguments = arguments | {"eps": 0.0}
    lr = cls(leaves(start), **arguments).lr
    other = cls(leaves(start), **arguments | {"lr": lr * 2.0 ** (k * SCALES[cls])})
    assert run(other, scaled) == run(cls(leaves(start), **arguments), slopes)


@few
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6))
def test_clipping_what_is_short_changes_nothing(slopes):
    parameters = leaves([0.0] * len(slopes))
    for parameter, slope in zip(parameters, slopes, strict=True):
        parameter.grad = slope
    nn.optim.clip_grad_norm(parameters, math.hypot(*slopes) * (1 + 1e-12) + 1e-300)
    nn.optim.clip_grad_value(parameters, max(map(abs, slopes)))
    assert [parameter.grad for parameter in parameters] == slopes


def trained(seed=0, optimizer=Adam, **arguments):
    model = nn.MLP(2, [4, 1], activation="tanh", rng=seed)
    options = {"epochs": 3, "batch_size": 5, "rng": 2} | arguments
    history = nn.fit(model, X, T, "hinge", optimizer(model.parameters(), lr=0.05), **options)
    return model.state_dict(), history.to_dict()


@pytest.mark.parametrize("optimizer", [SGD, Adam, Adadelta])
@pytest.mark.parametrize("batch_size", [1, 5])
def test_compiled_training_is_training_on_values(optimizer, batch_size):
    """One sample at a time to the bit; a batch adds up its samples in another order."""
    eager, compiled = (
        trained(optimizer=optimizer, batch_size=batch_size, compile=compile)
        for compile in (False, True)
    )
    if batch_size == 1:
        assert compiled[0] == eager[0]
    assert compiled[0] == pytest.approx(eager[0], rel=1e-9)
    assert compiled[1]["loss"] == pytest.approx(eager[1]["loss"], rel=1e-9)


def silent(look):
    """A callback that returns nothing: one that returns something ends training."""

    def callback(model, history):
        look(model, history)

    return callback


WATCHING = {
    "validation": {"validation": (X[:6], T[:6])},
    "metrics": {"metrics": "accuracy"},
    "no clipping": {"max_grad_norm": 1e9},
    "drawing": {"callbacks": [silent(lambda model, history: viz.draw_model(model).svg())]},
    "predicting": {"callbacks": [silent(lambda model, history: [model(x) for x in X])]},
    "saving": {"callbacks": [silent(lambda m, history: m.load_state_dict(m.state_dict()))]},
    "copying": {"callbacks": [silent(lambda m, history: copy.deepcopy(m)(X[0]).backward())]},
    "printing": {"callbacks": [silent(lambda m, h: (repr(m), str(h), h.to_dict()))]},
    "stopping": {"callbacks": [nn.EarlyStopping(patience=99, monitor="learning_rate")]},
}


@pytest.mark.parametrize("watched", WATCHING)
@pytest.mark.parametrize("compile", [False, True])
def test_watching_changes_nothing(watched, compile):
    random.seed(7)
    before = random.getstate()
    plain = trained(compile=compile)
    seen = trained(compile=compile, **WATCHING[watched])
    if watched != "stopping":  # it takes the best parameters back
        assert seen[0] == plain[0]
    assert seen[1]["loss"] == plain[1]["loss"]
    assert random.getstate() == before
