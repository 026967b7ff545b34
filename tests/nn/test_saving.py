"""Models as files: the same bits back, in this process and another, or a refusal that says why."""

import hashlib
import json
import math
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nn
from nn import activations

X = [[0.5, -1.5], [3.0, 0.25]]


def outputs(model):
    return [[v.data for v in out] if isinstance(out, list) else out.data for out in map(model, X)]


MODELS = {
    "mlp": lambda: nn.MLP(2, [4, 3, 1], rng=1),
    "softmax": lambda: nn.MLP(2, [4, 3], activation="tanh", output="softmax", rng=1),
    "prelu": lambda: nn.MLP(2, [4, 1], activation="prelu", rng=1),
    "settings": lambda: nn.MLP(2, [4, 1], activation=activations.elu.using(alpha=0.1), rng=1),
    "one layer": lambda: nn.MLP(2, [2], activation="tanh", output="sigmoid", rng=1),
    "layer": lambda: nn.Layer(2, 3, activation="gelu", rng=1),
    "neuron": lambda: nn.Neuron(2, activation="leaky_relu", rng=1),
}


@pytest.mark.parametrize("name", MODELS)
def test_round_trip(name, tmp_path):
    model = MODELS[name]()
    nn.save(model, tmp_path / "model.json")
    again = nn.load(tmp_path / "model.json")
    assert type(again) is type(model)
    assert repr(again) == repr(model)
    assert again.state_dict() == model.state_dict()
    assert outputs(again) == outputs(model)
    nn.save(again, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


@pytest.mark.parametrize("name", activations.names)
def test_every_activation(name, tmp_path):
    model = nn.MLP(2, [3, 2], activation=name, output=name, rng=1)
    nn.save(model, str(tmp_path / "model.json"))
    assert outputs(nn.load(str(tmp_path / "model.json"))) == outputs(model)


@given(numbers=st.lists(st.floats(), min_size=3, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_number_comes_back_bit_for_bit(numbers, tmp_path):
    neuron = nn.Neuron(2)
    for parameter, number in zip(neuron.parameters(), numbers, strict=True):
        parameter.data = number
    nn.save(neuron, tmp_path / "n.json")
    again = [p.data for p in nn.load(tmp_path / "n.json").parameters()]
    for a, b in zip(again, numbers, strict=True):
        assert (a == b and math.copysign(1, a) == math.copysign(1, b)) or (a != a and b != b)


def test_another_process_predicts_the_same(tmp_path):
    model = nn.MLP(2, [4, 1], activation="tanh", rng=3)
    inputs, targets = nn.data.moons(20)
    nn.fit(model, inputs, targets, "binary_cross_entropy_with_logits", epochs=3)
    nn.save(model, tmp_path / "m.json")
    code = f"import nn; m = nn.load('m.json'); print([m(x).data for x in {X!r}])"
    root = os.path.dirname(os.path.dirname(os.path.abspath(nn.__file__)))
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": root, "PYTHONHASHSEED": "123"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == outputs(model)


def test_a_person_can_read_it(tmp_path):
    nn.save(nn.MLP(2, [1], output="tanh", init="zeros"), tmp_path / "m.json")
    document = json.loads((tmp_path / "m.json").read_text())
    assert document["format"] == "stepgrad model 1"
    assert document["class"] == "MLP"
    assert document["arguments"]["sizes"] == [1]
    assert document["arguments"]["output"] == {"name": "tanh"}
    assert document["parameters"]["layers.0.neurons.0.weights.0"] == 0.0
    assert len((tmp_path / "m.json").read_text().splitlines()) > 10


# -- what can't be saved --


def cube(x):
    return x * x * x


class Own(nn.Module):
    pass


def exchanged():
    model = nn.MLP(2, [3, 3, 1])
    model.layers[1].neurons[2].activation = activations.tanh
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: nn.MLP(2, [2, 1], activation=cube),
            "cube.* is a function, which a file can't hold",
        ),
        (lambda: nn.Neuron(2, activation=lambda x: x), "is a function"),
        (lambda: nn.Neuron(2, activations.Activation("relu", cube)), "is a function"),
        (Own, r"takes a Neuron, a Layer or an MLP; got Own: .*state_dict\(\)"),
        (exchanged, r"layers.1.neurons.2 is Neuron\(3, activation='tanh'\).*'relu'"),
    ],
)
def test_what_a_file_cannot_hold(make, message, tmp_path):
    path = tmp_path / "m.json"
    path.write_text("as it was")
    with pytest.raises(TypeError, match=message):
        nn.save(make(), path)
    assert path.read_text() == "as it was"
    assert os.listdir(tmp_path) == ["m.json"]


# -- whole or not at all --


@pytest.mark.parametrize("fails", ["write", "replace"])
def test_a_failure_while_saving_leaves_the_old_file(fails, tmp_path, monkeypatch):
    path = tmp_path / "m.json"
    nn.save(nn.Neuron(2, rng=1), path)
    before = path.read_bytes()

    def broken(*args, **kwargs):
        raise OSError("no space left on device")

    target = "nn.files.os.replace" if fails == "replace" else "nn.files.os.chmod"
    monkeypatch.setattr(target, broken)
    with pytest.raises(OSError, match="no space"):
        nn.save(nn.Neuron(2, rng=2), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.json"]


def test_saving_over_a_model_replaces_it(tmp_path):
    for seed in (1, 2):
        nn.save(nn.Neuron(2, rng=seed), tmp_path / "m.json")
        assert nn.load(tmp_path / "m.json").state_dict() == nn.Neuron(2, rng=seed).state_dict()
    assert os.listdir(tmp_path) == ["m.json"]


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.save(nn.Neuron(2), tmp_path / "no" / "m.json")
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "m.json")


# -- damaged and altered files --


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "m.json"
    nn.save(nn.MLP(2, [2, 1], activation=activations.elu.using(alpha=0.1), rng=1), path)
    return path, path.read_bytes(), nn.load(path).state_dict()


def check_refused_or_the_same(path, data, state):
    """What was changed is refused, unless it says the same (a space between two lines)."""
    path.write_bytes(data)
    try:
        model = nn.load(path)
    except nn.ModelFileError:
        return True
    assert model.state_dict() == state
    assert model.activation.settings == {"alpha": 0.1}
    return False


def test_cut_anywhere(saved, tmp_path):
    _, data, state = saved
    for end in range(len(data) - 1):
        assert check_refused_or_the_same(tmp_path / "m", data[:end], state)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_altered_anywhere(saved, tmp_path, data):
    _, document, state = saved
    position = data.draw(st.integers(0, len(document) - 1))
    kind = data.draw(st.sampled_from(["flip", "drop", "double", "replace"]))
    if kind == "flip":
        bit = data.draw(st.integers(0, 7))
        piece = bytes([document[position] ^ 1 << bit])
    elif kind == "replace":
        piece = data.draw(st.binary(min_size=1, max_size=3))
    else:
        piece = b"" if kind == "drop" else document[position : position + 1] * 2
    changed = document[:position] + piece + document[position + 1 :]
    check_refused_or_the_same(tmp_path / "m", changed, state)


def signed(content):
    """A file whose digest fits, whatever it holds."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({"format": "stepgrad model 1", "sha256": digest, **content}).encode()


def forged(**changes):
    arguments = {
        "n_in": 1,
        "sizes": [1],
        "activation": {"name": "relu"},
        "output": {"name": "relu"},
    }
    names = ["layers.0.neurons.0.weights.0", "layers.0.neurons.0.bias"]
    whole = {"class": "MLP", "arguments": arguments, "parameters": dict.fromkeys(names, 1.0)}
    return signed(whole | changes)


def test_the_forger_can_sign(tmp_path):
    (tmp_path / "m").write_bytes(forged())
    assert nn.load(tmp_path / "m")([2.0]).data == 3.0


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"\x89PNG\r\n\x1a\n\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        json.dumps({"format": "stepgrad model 2"}).encode(),
        signed({}),
        forged(**{"class": "Module"}),
        forged(**{"class": ["MLP"]}),
        forged(arguments={}),
        forged(arguments=3),
        forged(arguments={"n_in": 1, "sizes": [1], "init": "normal"}),
        forged(arguments={"n_in": 1, "sizes": ["1"], "activation": {"name": "relu"}}),
        forged(arguments={"n_in": 1, "sizes": [1], "activation": {"name": "reloo"}}),
        forged(arguments={"n_in": 1, "sizes": [1], "activation": {"name": "elu", "beta": 1.0}}),
        forged(arguments={"n_in": 1, "sizes": [1], "activation": {}}),
        forged(arguments={"n_in": 1, "sizes": [1], "activation": {"name": "prelu", "slope": 1}}),
        forged(parameters={}),
        forged(parameters=[1.0, 1.0]),
        forged(parameters={"layers.0.neurons.0.bias": 1.0}),
        forged(
            parameters={
                "layers.0.neurons.0.weights.0": "one",
                "layers.0.neurons.0.bias": 1.0,
            }
        ),
    ],
    ids=range(22),
)
def test_what_is_no_model_is_refused(document, tmp_path):
    (tmp_path / "m").write_bytes(document)
    with pytest.raises(
        nn.ModelFileError, match=r"m is not a saved model|m does not describe a model"
    ):
        nn.load(tmp_path / "m")
