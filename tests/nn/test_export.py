"""To PyTorch and back: the same outputs, the same gradients, or a refusal."""

import io
import random
import subprocess
import sys
from pathlib import Path

import pytest

import nn
from nn import activations
from nn.export import from_torch, to_torch

ROWS = [[random.Random(i).uniform(-3, 3) for i in range(3 * k, 3 * k + 3)] for k in range(20)]


def ours(model, rows=ROWS):
    outputs = [model(row) for row in rows]
    return [[v.data for v in out] if isinstance(out, list) else [out.data] for out in outputs]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="PyTorch is what is exported to")


def tensor(torch, rows=ROWS):
    return torch.tensor(rows, dtype=torch.float64)


def check_same(torch, model, exported, rows=ROWS):
    assert isinstance(exported, torch.nn.Sequential)
    assert all(p.dtype == torch.float64 for p in exported.parameters())
    with torch.no_grad():
        theirs = exported(tensor(torch, rows)).tolist()
    for a, b in zip(theirs, ours(model, rows), strict=True):
        # sums of at most 6 products near 10, in another order: 60 * 2**-53 = 7e-15
        assert a == pytest.approx(b, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("name", activations.names)
def test_every_activation_goes_there_and_back(torch, name):
    model = nn.MLP(3, [5, 4, 2], activation=name, output=name, rng=1)
    for i, neuron in enumerate(n for layer in model.layers for n in layer.neurons):
        neuron.bias.data = 0.1 * i - 0.5
        if name == "prelu":
            neuron.activation.slope.data = 0.1 * i - 0.3
    exported = to_torch(model)
    check_same(torch, model, exported)
    again = from_torch(exported)
    assert again.state_dict() == model.state_dict()
    assert ours(again) == ours(model)
    # swish goes by its other name
    assert repr(again) == repr(model).replace("swish", "silu")


@pytest.mark.parametrize(
    "activation",
    [
        activations.elu.using(alpha=0.3),
        activations.leaky_relu.using(slope=0.2),
        activations.linear.using(a=-2.5),
    ],
)
def test_settings(torch, activation):
    model = nn.MLP(3, [4, 2], activation=activation, rng=2)
    for neuron in model.layers[0].neurons:
        neuron.bias.data = 0.7
    exported = to_torch(model)
    check_same(torch, model, exported)
    assert ours(from_torch(exported)) == [pytest.approx(row, rel=1e-12) for row in ours(model)]


def test_a_layer_and_a_neuron(torch):
    for model in (nn.Layer(3, 4, "tanh", rng=1), nn.Neuron(3, "sigmoid"), nn.Neuron(3, "prelu")):
        check_same(torch, model, to_torch(model))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_one_row_alone_goes_through_too(torch, name):
    model = nn.MLP(3, [2], output=name, rng=1)
    row = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
    there = to_torch(model).double()(row).tolist()
    assert there == pytest.approx([y.data for y in model(row.tolist())], rel=1e-15)


def test_far_out(torch):
    rows = [[1e3, -1e3, 500.0], [-700.0, 30.0, 0.0], [0.0, 0.0, 0.0]]
    for name in ("softplus", "sigmoid", "tanh", "silu", "softmax", "log_softmax", "step"):
        model = nn.MLP(3, [3], output=name, rng=4)
        check_same(torch, model, to_torch(model), rows)


def test_softplus_between_pytorchs_threshold_and_ours(torch):
    neuron = nn.Neuron(3, "softplus", init="zeros")
    for z in (19.0, 20.5, 25.0, 39.0, 41.0):
        neuron.bias.data = z
        there = to_torch(neuron)(tensor(torch, ROWS[:1])).item()
        assert there == pytest.approx(neuron(ROWS[0]).data, rel=1e-15)  # 2e-9 off with its usual 20


@pytest.mark.parametrize("name", ["relu", "prelu", "gelu", "elu", "softplus"])
def test_gradients_are_the_same_too(torch, name):
    model = nn.MLP(3, [4, 2], activation=name, rng=3)
    exported = to_torch(model)
    loss = nn.losses.cost(
        [nn.losses.cross_entropy(model(row), i % 2) for i, row in enumerate(ROWS)]
    )
    loss.backward()
    targets = torch.tensor([i % 2 for i in range(20)])
    torch.nn.functional.cross_entropy(exported(tensor(torch)), targets).backward()
    theirs = []
    for linear in exported:
        if isinstance(linear, torch.nn.Linear):
            theirs.append((linear.weight.grad.tolist(), linear.bias.grad.tolist()))
    for layer, (weight, bias) in zip(model.layers, theirs, strict=True):
        for neuron, row, b in zip(layer.neurons, weight, bias, strict=True):
            assert [w.grad for w in neuron.weights] == pytest.approx(row, rel=1e-11, abs=1e-13)
            assert neuron.bias.grad == pytest.approx(b, rel=1e-11, abs=1e-13)


def test_the_step_module(torch):
    model = nn.MLP(3, [4, 1], activation="step", rng=1)
    exported = to_torch(model)
    step = exported[1]
    x = torch.tensor([-1.0, -0.0, 0.0, 2.0, float("nan")], dtype=torch.float64, requires_grad=True)
    out = step(x)
    assert out.tolist()[:4] == [0.0, 1.0, 1.0, 1.0]
    assert out[4].isnan()
    out[:4].sum().backward()
    assert x.grad.tolist()[:4] == [0.0] * 4
    stored = io.BytesIO()
    torch.save(exported, stored)
    stored.seek(0)
    check_same(torch, model, torch.load(stored, weights_only=False))


def test_what_was_trained_there_comes_back(torch):
    inputs, targets = nn.data.moons(60)
    exported = to_torch(nn.MLP(2, [8, 1], activation="tanh", rng=0))
    adam = torch.optim.Adam(exported.parameters(), lr=0.1)
    loss_of = torch.nn.BCEWithLogitsLoss()
    x, t = tensor(torch, inputs), torch.tensor(targets, dtype=torch.float64)[:, None]
    for _ in range(100):
        adam.zero_grad()
        loss_of(exported(x), t).backward()
        adam.step()
    model = from_torch(exported)
    check_same(torch, model, exported, inputs)
    right = sum((model(row).data > 0) == bool(t) for row, t in zip(inputs, targets, strict=True))
    assert right == 60


def test_what_torch_modules_may_be(torch):
    n = torch.nn
    torch.manual_seed(0)
    for module, shown in [
        (n.Sequential(n.Linear(3, 2)), "MLP(3, [2], output='linear')"),
        (n.Sequential(n.Linear(3, 4), n.Identity(), n.Linear(4, 2)), "activation='linear', out"),
        (n.Sequential(n.Linear(3, 4), n.Linear(4, 2), n.Softmax(1)), "output='softmax'"),
        (n.Sequential(n.Linear(3, 4, bias=False), n.PReLU(), n.Linear(4, 2)), "'prelu'"),
        (n.Sequential(n.Linear(3, 4), n.ELU(0.5), n.Linear(4, 1)), "activation=elu(alpha=0.5)"),
        (n.Sequential(n.Linear(3, 4), n.Softplus(), n.Linear(4, 1)), "activation='softplus'"),
        (n.Sequential(n.Linear(3, 1), n.Softplus(1, 40)), "output='softplus'"),
        (n.Sequential(n.Linear(3, 2), n.Softmax(-1)), "output='softmax'"),
        (n.Sequential(n.Linear(3, 2), n.LogSoftmax(1)), "output='log_softmax'"),
    ]:
        model = from_torch(module)
        assert shown in repr(model)
        with torch.no_grad():
            theirs = module.double()(tensor(torch)).tolist()
        for a, b in zip(theirs, ours(model), strict=True):
            assert a == pytest.approx(b, rel=1e-8)  # Softplus's threshold of 20


def exchanged():
    layer = nn.Layer(3, 2, "tanh")
    layer.neurons[1].activation = activations.relu
    return layer


class Own(nn.Module):
    pass


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: nn.MLP(3, [2], output=lambda x: x * x),
            TypeError,
            "lambda.* no module for it: use one of",
        ),
        (
            lambda: nn.MLP(3, [2], output=activations.Activation("mine", lambda x: x * x)),
            TypeError,
            "activation mine is a function, and PyTorch has no module for it: use one of",
        ),
        (Own, TypeError, r"takes a Neuron, a Layer or an MLP; got .*Own.*state_dict\(\)"),
        (exchanged, ValueError, "different activations, relu, tanh"),
        (lambda: [1.0], TypeError, r"got \[1.0\]"),
    ],
)
def test_what_cannot_go_there(torch, make, error, message):
    with pytest.raises(error, match=message):
        to_torch(make())


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda n: n.Linear(3, 2), TypeError, "takes a torch.nn.Sequential; got Linear"),
        (lambda n: n.Sequential(), TypeError, "no Linear in Sequential"),
        (lambda n: n.Sequential(n.ReLU(), n.Linear(3, 2)), TypeError, "ReLU.* follows no Linear"),
        (
            lambda n: n.Sequential(n.Linear(3, 2), n.ReLU(), n.Tanh()),
            TypeError,
            r"Tanh\(\) follows no Linear",
        ),
        (
            lambda n: n.Sequential(n.Linear(3, 2), n.Hardtanh()),
            TypeError,
            "no activation here computes Hardtanh.*there are PReLU.*Softmax.dim=-1",
        ),
        (lambda n: n.Sequential(n.Linear(3, 2), n.GELU("tanh")), TypeError, "computes GELU"),
        (lambda n: n.Sequential(n.Linear(3, 2), n.Softplus(2.0)), TypeError, "computes Softplus"),
        (lambda n: n.Sequential(n.Linear(3, 2), n.Softmax(0)), TypeError, "computes Softmax"),
        (
            lambda n: n.Sequential(
                n.Linear(3, 2), n.ReLU(), n.Linear(2, 2), n.Tanh(), n.Linear(2, 1)
            ),
            ValueError,
            "hidden layers have different activations, relu, tanh: an MLP has one",
        ),
    ],
)
def test_what_cannot_come_back(torch, make, error, message):
    with pytest.raises(error, match=message):
        from_torch(make(torch.nn))


def test_without_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="PyTorch, which is not installed: pip install torch"):
        to_torch(nn.MLP(2, [1]))


def test_importing_nn_imports_no_pytorch():
    code = "import sys, nn; assert nn.export.to_torch; sys.exit('torch' in sys.modules)"
    root = str(Path(nn.__file__).parents[1])
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": root}).returncode == 0
