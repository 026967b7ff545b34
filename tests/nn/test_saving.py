"""Models as files: the same bits back, in this process and another, or a refusal that says why."""

import json
import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nn
from nn import activations, saving

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


@pytest.fixture
def disk(monkeypatch):
    """Files in memory, by path: thousands of them are saved and loaded."""
    files = {}
    monkeypatch.setattr(saving, "write_atomically", lambda path, data: files.update({path: data}))
    monkeypatch.setattr(saving, "_read", lambda path: files[Path(path)])
    return files


@given(numbers=st.lists(st.floats(), min_size=3, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_number_comes_back_bit_for_bit(numbers, disk):
    neuron = nn.Neuron(2)
    for parameter, number in zip(neuron.parameters(), numbers, strict=True):
        parameter.data = number
    nn.save(neuron, "n.json")
    again = [p.data for p in nn.load("n.json").parameters()]
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
    lines = (tmp_path / "m.json").read_text().splitlines()
    assert len(lines) > 10
    assert lines[1].startswith(' "')  # a step to the right for what stands inside


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


# -- files that are there, or not --


def test_saving_over_a_model_replaces_it(tmp_path):
    for seed in (1, 2):
        nn.save(nn.Neuron(2, rng=seed), tmp_path / "m.json")
        assert nn.load(tmp_path / "m.json").state_dict() == nn.Neuron(2, rng=seed).state_dict()
    assert os.listdir(tmp_path) == ["m.json"]


def test_a_folder_or_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no/m\.json'$"):
        nn.save(nn.Neuron(2), tmp_path / "no" / "m.json")
    with pytest.raises(FileNotFoundError, match=r"m\.json'$"):
        nn.load(tmp_path / "m.json")


def test_what_is_no_file_is_refused(tmp_path):
    """A device such as /dev/zero would never end."""
    with pytest.raises(nn.ModelFileError, match="is a folder: name the file"):
        nn.load(tmp_path)
    if os.path.exists("/dev/zero"):
        (tmp_path / "zero").symlink_to("/dev/zero")
        with pytest.raises(nn.ModelFileError, match="zero is a device: name the file"):
            nn.load(tmp_path / "zero")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
def test_a_model_comes_through_a_pipe(tmp_path):
    nn.save(nn.Neuron(2, rng=1), tmp_path / "m.json")
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(
        target=lambda: (tmp_path / "pipe").write_bytes((tmp_path / "m.json").read_bytes())
    )
    writer.start()
    assert nn.load(tmp_path / "pipe").state_dict() == nn.Neuron(2, rng=1).state_dict()
    writer.join()
