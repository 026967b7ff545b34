"""Initialisation: the spread each formula asks for, defaults, seeds, all-zero weights."""

import inspect
import math
import random
import statistics

import pytest

import nn
from nn import init

N = 20_000

# what n_in = 12 and n_out = 4 ask for: the standard deviation, and the limit of the uniform ones
SPREAD = {
    "zeros": (0.0, 0.0),
    "normal": (1.0, math.inf),
    "uniform": (1 / math.sqrt(3), 1.0),
    "lecun_normal": (math.sqrt(1 / 12), math.inf),
    "xavier_normal": (math.sqrt(2 / 16), math.inf),
    "xavier_uniform": (math.sqrt(2 / 16), math.sqrt(6 / 16)),
    "he_normal": (math.sqrt(2 / 12), math.inf),
    "he_uniform": (math.sqrt(2 / 12), math.sqrt(6 / 12)),
}
ALIASES = {
    "glorot_normal": "xavier_normal",
    "glorot_uniform": "xavier_uniform",
    "kaiming_normal": "he_normal",
    "kaiming_uniform": "he_uniform",
}


def test_each_has_its_name():
    assert set(init.names) == {*SPREAD, *ALIASES}
    for name, initializer in init.names.items():
        assert initializer is getattr(init, name) is getattr(init, ALIASES.get(name, name))


@pytest.mark.parametrize("name", SPREAD)
def test_mean_spread_and_limit(name):
    rng = random.Random(0)
    draw = init.names[name]()
    weights = [draw(12, 4, rng) for _ in range(N)]
    deviation, limit = SPREAD[name]
    # six standard errors of a mean and of a standard deviation over N draws
    assert abs(statistics.fmean(weights)) <= 6 * deviation / math.sqrt(N)
    assert abs(statistics.pstdev(weights) - deviation) <= 6 * deviation / math.sqrt(2 * N)
    assert max(map(abs, weights)) <= limit
    if 0 < limit < math.inf:
        assert max(map(abs, weights)) > 0.99 * limit


@pytest.mark.parametrize("name", sorted({*SPREAD} - {"zeros"}))
def test_seeds(name):
    draw = init.names[name]()
    first, again, other = (draw(3, 4, random.Random(seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_settings():
    draws = [init.normal(std=0.01)(1, 1, random.Random(i)) for i in range(50)]
    assert 0 < max(map(abs, draws)) < 0.05
    assert all(abs(init.uniform(limit=0.1)(1, 1, random.Random(i))) <= 0.1 for i in range(50))
    for wrong in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="std wants"):
            init.normal(std=wrong)
        with pytest.raises(ValueError, match="limit wants"):
            init.uniform(limit=wrong)


def spread(model):
    return statistics.pstdev([p.data for p in model.weights])


@pytest.mark.parametrize(
    ("activation", "variance"),
    [(name, 2 / 2000) for name in ("relu", "leaky_relu", "prelu", "elu", "silu", "gelu")]
    + [(name, 2 / 2001) for name in ("tanh", "sigmoid", "linear")],
)
def test_he_for_relus_kind_and_xavier_for_the_rest(activation, variance):
    neuron = nn.Neuron(2000, activation)
    formula = init.he_normal() if variance == 2 / 2000 else init.xavier_normal()
    rng = random.Random(0)
    assert [w.data for w in neuron.weights] == [formula(2000, 1, rng) for _ in range(2000)]
    assert neuron.bias.data == 0.0
    assert spread(neuron) == pytest.approx(math.sqrt(variance), rel=0.1)


def test_an_initialisation_is_a_name_a_class_an_instance_or_a_function():
    states = [
        nn.MLP(2, [3], init=choice).state_dict()
        for choice in (
            "uniform",
            init.uniform,
            init.uniform(),
            lambda i, o, rng: rng.uniform(-1, 1),
        )
    ]
    assert all(state == states[0] for state in states)

    class Tenth(float):  # a class, and yet a function of these three
        def __new__(cls, n_in, n_out, rng):
            return 0.1

    assert [w.data for w in nn.Neuron(2, init=Tenth).weights] == [0.1, 0.1]
    with pytest.raises(ValueError, match="no initialisation 'xavier': did you mean 'xavier_"):
        nn.Neuron(2, init="xavier")
    with pytest.raises(TypeError, match="a name or a function of"):
        nn.Neuron(2, init=0.5)


def test_a_layer_tells_how_many_neurons_it_has():
    seen = []
    nn.MLP(2, [3, 1], init=lambda n_in, n_out, rng: seen.append((n_in, n_out)) or 0.0)
    assert seen == [(2, 3)] * 6 + [(3, 1)] * 3


@pytest.mark.parametrize(
    ("activation", "moves"), [("sigmoid", True), ("tanh", False), ("relu", False)]
)
def test_all_zero_weights_stay_alike(activation, moves):
    """The hidden neurons get the same gradient; where f(0) = 0 they get none at all."""
    rows, targets = nn.data.moons(21)
    model = nn.MLP(2, [4, 1], activation=activation, init="zeros")
    nn.fit(model, rows, targets, "binary_cross_entropy_with_logits", epochs=5)
    weights = [[p.data for p in neuron.parameters()] for neuron in model.layers[0].neurons]
    assert all(w == weights[0] for w in weights)
    assert any(weights[0]) == moves


def test_representations_are_code():
    for name in SPREAD:
        # values that can be keys, and can't be changed under a model's feet
        assert len({init.names[name](), init.names[name]()}) == 1
        with pytest.raises(AttributeError):
            init.names[name]().std = 2.0
        shown = repr(init.names[name]())
        assert eval(shown, vars(init)) == init.names[name]()
        assert list(inspect.signature(init.names[name]).parameters) == [
            part.split("=")[0] for part in shown[len(name) + 1 : -1].split(", ") if part
        ]
