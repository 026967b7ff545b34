"""Neuron, Layer and MLP: what they compute, with whom they agree, what they refuse."""

import math
import random

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, graph, no_grad

numbers = st.floats(-3, 3, allow_subnormal=False)


@given(data=st.data(), n=st.integers(1, 6))
def test_a_neuron_is_a_weighted_sum_and_an_activation(data, n):
    w, x = (data.draw(st.lists(numbers, min_size=n, max_size=n)) for _ in range(2))
    b = data.draw(numbers)
    neuron = nn.Neuron(n, activation="tanh")
    neuron.load_state_dict({"bias": b} | {f"weights.{i}": wi for i, wi in enumerate(w)})
    leaves = [Value(xi) for xi in x]
    out = neuron(leaves)
    z = math.fsum([b, *(wi * xi for wi, xi in zip(w, x, strict=True))])
    # 7 sums of numbers up to 9 * 6, each rounded at 54 * 2**-53
    assert out.data == pytest.approx(math.tanh(z), abs=1e-13)
    out.backward()
    slope = 1 - math.tanh(z) ** 2
    assert neuron.bias.grad == pytest.approx(slope, abs=1e-13)
    assert [p.grad for p in neuron.weights] == pytest.approx([slope * xi for xi in x], abs=1e-12)
    assert [leaf.grad for leaf in leaves] == pytest.approx([slope * wi for wi in w], abs=1e-12)


def test_sigmoid_neuron_of_the_lesson():
    neuron = nn.Neuron(2, activation="sigmoid")
    neuron.load_state_dict({"weights.0": 2.0, "weights.1": -3.0, "bias": -3.0})
    x = [Value(-1.0), Value(-2.0)]
    out = neuron(x)
    out.backward()
    assert out.data == 0.7310585786300049
    # the lesson's digits came from s*(1-s), which rounds in another order: one unit in the last
    assert [v.grad for v in x] == pytest.approx(
        [0.3932238664829637, -0.5898357997244456], rel=4e-16
    )
    assert [p.grad for p in neuron.weights] == pytest.approx(
        [-0.19661193324148185, -0.3932238664829637], rel=4e-16
    )
    assert neuron.bias.grad == pytest.approx(0.19661193324148185, rel=4e-16)


def test_no_junk_nodes():
    out = nn.Neuron(2, activation="relu")([1.0, 2.0])
    assert [node.op for node in graph(out) if node.op] == ["*", "+", "*", "+", "relu"]
    assert nn.Neuron(1, activation="linear")([1.0]).op == "+"


def test_a_layer_of_one_neuron_gives_the_value():
    assert isinstance(nn.Layer(2, 1)([1.0, 2.0]), Value)
    three = nn.Layer(2, 3)([1.0, 2.0])
    assert [type(v) for v in three] == [Value] * 3
    # a layer of one inside is fed on as a list of one
    assert isinstance(nn.MLP(2, [2, 1, 1])([1.0, 2.0]), Value)


def test_an_mlp_is_its_layers_in_turn():
    model = nn.MLP(2, [3, 2], activation="tanh", output="sigmoid", rng=5)
    x = [0.5, -1.5]
    hidden = [neuron(x) for neuron in model.layers[0].neurons]
    assert [v.data for v in model.layers[1](hidden)] == [v.data for v in model(x)]
    assert (model.n_in, model.sizes) == (2, [3, 2])
    assert model.activation is nn.activations.tanh
    assert model.output is nn.activations.sigmoid


@pytest.mark.parametrize(
    ("n_in", "sizes", "count"),
    [(2, [16, 16, 1], 337), (2, [2, 2], 12), (784, [16, 16, 10], 13002), (64, [16, 16, 10], 1482)],
)
def test_how_many_parameters(n_in, sizes, count):
    assert len(nn.MLP(n_in, sizes, init="zeros").parameters()) == count


def test_the_same_seed_gives_the_same_model():
    states = [nn.MLP(3, [4, 2], rng=rng).state_dict() for rng in (7, 7, random.Random(7), 8)]
    assert states[0] == states[1] == states[2] != states[3]


@pytest.mark.parametrize("output", ["softmax", "log_softmax"])
def test_softmax_works_on_the_layer_as_a_whole(output):
    model = nn.MLP(2, [4, 3], output=output, rng=3)
    logits = nn.MLP(2, [4, 3], rng=3)([1.0, -2.0])
    out = model([1.0, -2.0])
    wanted = nn.activations.names[output](logits)
    assert [v.data for v in out] == [v.data for v in wanted]
    total = sum(v.data if output == "softmax" else math.exp(v.data) for v in out)
    assert total == pytest.approx(1.0, rel=1e-14)


def test_numpy_rows_are_inputs():
    model = nn.MLP(2, [3, 1])
    assert model(numpy.array([1.0, -2.0])).data == model([1.0, -2.0]).data
    assert model([numpy.float64(1.0), numpy.float32(-2.0)]).data == model([1.0, -2.0]).data


def test_prediction_without_a_graph():
    model = nn.MLP(2, [3, 1])
    with no_grad():
        out = model([1.0, 2.0])
    assert out.args == ()
    assert out.data == model([1.0, 2.0]).data


def test_reprs_are_the_code():
    for module in (
        nn.Neuron(2, activation="tanh"),
        nn.Layer(2, 3, activation="elu"),
        nn.MLP(2, [3, 1], activation="relu", output="sigmoid"),
        nn.MLP(2, [2], output="softmax"),
    ):
        again = eval(repr(module), vars(nn))
        assert repr(again) == repr(module)
        assert [n for n, _ in again.named_parameters()] == [n for n, _ in module.named_parameters()]


def test_reprs_are_short():
    assert repr(nn.MLP(2, [2], output="softmax")) == "MLP(2, [2], output='softmax')"
    assert repr(nn.MLP(2, [3, 1])) == "MLP(2, [3, 1], activation='relu', output='linear')"


@pytest.mark.parametrize("make", [nn.Neuron, nn.Layer, nn.MLP])
def test_the_seed_is_0_if_none_is_given(make):
    sizes = {nn.Neuron: (3,), nn.Layer: (3, 2), nn.MLP: (3, [2, 1])}[make]
    assert make(*sizes).state_dict() == make(*sizes, rng=0).state_dict()


# -- refusals --


@pytest.mark.parametrize("length", [9, 59, 60, 61, 62, 1000])
def test_inputs_of_any_length_are_shown_in_60_letters(length):
    x = [10 ** (length - 6), 0]
    assert len(repr(x)) == length
    with pytest.raises(ValueError, match="takes 3 inputs, got 2: ") as e:
        nn.Neuron(3)(x)
    shown = str(e.value).partition("got 2: ")[2]
    assert shown == repr(x) if length <= 60 else shown == repr(x)[:57] + "..."


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Neuron(3)([1.0]), ValueError, "takes 3 inputs, got 1"),
        (lambda: nn.Neuron(3)(1.0), TypeError, r"takes a list of 3 inputs; got 1.0: write \[x\]"),
        (lambda: nn.Neuron(1)(Value(1.0)), TypeError, r"write \[x\]"),
        (lambda: nn.Layer(2, 2)([1.0, 2.0, 3.0]), ValueError, "takes 2 inputs, got 3"),
        (lambda: nn.MLP(2, [3, 1])([1.0]), ValueError, "takes 2 inputs, got 1"),
        (lambda: nn.MLP(2, [3, 1])(["a", 1.0]), TypeError, "the str 'a': write float"),
        (lambda: nn.Neuron(0), ValueError, "n_in wants a whole number of at least 1; got 0"),
        (lambda: nn.Neuron(2.0), TypeError, "n_in wants a whole number"),
        (lambda: nn.Neuron(True), TypeError, "n_in wants a whole number"),
        (
            lambda: nn.Neuron(2, "softmax"),
            ValueError,
            r"write nn.Layer\(2, n_out, activation='soft",
        ),
        (lambda: nn.MLP(2, [3, 1], output="softmax"), ValueError, "always the same: write activa"),
        (lambda: nn.Layer(2, 0), ValueError, "n_out wants a whole number of at least 1; got 0"),
        (lambda: nn.MLP(2, 3), ValueError, r"like \[16, 16, 1\]; got 3"),
        (lambda: nn.MLP(2, []), ValueError, r"like \[16, 16, 1\]; got \[\]"),
        (lambda: nn.MLP(2, [0]), ValueError, "n_out wants"),
        (lambda: nn.MLP(2, [1], rng="a"), TypeError, "rng wants a seed"),
        (lambda: nn.MLP(2, [1], rng=True), TypeError, "rng wants a seed"),
        (lambda: nn.MLP(2, [1], rng=None), TypeError, "rng wants a seed"),
        (lambda: nn.MLP(2, [2, 1], "rellu"), ValueError, "no activation 'rellu': did you mean"),
        (lambda: nn.MLP(2, [1], "rellu"), ValueError, "no activation 'rellu': did you mean"),
        (lambda: nn.MLP(2, [1], output="sofmax"), ValueError, "did you mean 'softmax'"),
        (lambda: nn.MLP(2, [1], init="he_norml"), ValueError, "did you mean 'he_normal'"),
    ],
)
def test_refusals(make, error, message):
    with pytest.raises(error, match=message):
        make()


# -- PyTorch --


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "silu", "gelu", "softplus"])
def test_gradients_of_a_network_are_those_of_pytorch(activation):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
    functions = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}
    act = functions.get(activation) or getattr(torch.nn.functional, activation)
    model = nn.MLP(3, [5, 4, 2], activation=activation, rng=1)
    rows = [[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]
    loss = nn.losses.cost([nn.losses.cross_entropy(model(row), i) for i, row in enumerate(rows)])
    loss.backward()

    x = torch.tensor(rows, dtype=torch.float64)
    leaves = []
    for i, layer in enumerate(model.layers):
        w = [[p.data for p in neuron.weights] for neuron in layer.neurons]
        weight = torch.tensor(w, dtype=torch.float64, requires_grad=True)
        bias = torch.tensor([n.bias.data for n in layer.neurons], dtype=torch.float64)
        bias.requires_grad_()
        leaves.append((weight, bias))
        x = x @ weight.T + bias
        x = x if i == 2 else act(x)
    torch.nn.functional.cross_entropy(x, torch.tensor([0, 1])).backward()
    # sums in another order: a dozen roundings of numbers near 1
    for layer, (weight, bias) in zip(model.layers, leaves, strict=True):
        grads = [[p.grad for p in neuron.weights] for neuron in layer.neurons]
        assert grads == [pytest.approx(row, rel=1e-12, abs=1e-14) for row in weight.grad.tolist()]
        assert [n.bias.grad for n in layer.neurons] == pytest.approx(bias.grad.tolist(), abs=1e-14)


# -- micrograd's demo, line for line in its ways --


def test_the_demo_loop_of_micrograd():
    from autograd import Value
    from nn import MLP, Layer, Neuron

    assert [len(m(2, *a).parameters()) for m, a in [(Neuron, ()), (Layer, (3,))]] == [3, 9]
    X, labels = nn.data.moons(40, noise=0.1, labels=(-1, 1))
    model = MLP(2, [8, 8, 1])

    def loss():
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        right = [(yi > 0) == (s.data > 0) for yi, s in zip(labels, scores, strict=True)]
        return total_loss, sum(right) / len(right)

    seen = []
    for k in range(40):
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 40
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        seen.append((total_loss.data, acc))
    assert seen[-1][0] < 0.5 * seen[0][0]
    assert seen[-1][1] >= 0.9
