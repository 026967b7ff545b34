"""Model files cut, altered and forged: refused with a sentence that helps, or the same model."""

import gzip
import hashlib
import json
import random
import tracemalloc

import pytest
from hypothesis import settings

import nn
from nn import activations, saving

# of each of four kinds; with each cut and each flipped bit that is over 10,000 in all
FILES = 50_000 if settings.get_current_profile_name() == "nightly" else 1_500

MODELS = {
    "mlp": lambda: nn.MLP(2, [2, 1], activation=activations.elu.using(alpha=0.1), rng=1),
    "prelu": lambda: nn.Layer(1, 2, activation="prelu", rng=2),
    "not finite": lambda: not_finite(),
}


def not_finite():
    neuron = nn.Neuron(2, "tanh", rng=3)
    neuron.load_state_dict({"weights.0": float("inf"), "weights.1": -0.0, "bias": 1e-300})
    return neuron


class Disk:
    """One file in memory, which is loaded again and again."""

    data = b""

    def load(self, data):
        """The model in ``data``, or None if it is refused as it should be."""
        self.data = data
        try:
            return nn.load("m.json")
        except nn.ModelFileError as error:
            check_helpful(str(error))
            return None


def check_helpful(message):
    """One line: which file, what was found, what to do."""
    assert message.startswith("m.json ")
    assert "\n" not in message
    assert 40 < len(message.encode()) < 600
    assert any(
        advice in message for advice in ("load a file that nn.save wrote", "save it again")
    ), message


@pytest.fixture
def disk(monkeypatch):
    disk = Disk()
    monkeypatch.setattr(saving, "_read", lambda path: disk.data)
    return disk


def saved(name, tmp_path):
    nn.save(MODELS[name](), tmp_path / "m.json")
    return (tmp_path / "m.json").read_bytes()


def same(model, other):
    return repr(model) == repr(other) and repr(model.state_dict()) == repr(other.state_dict())


@pytest.mark.parametrize("name", MODELS)
def test_cut_anywhere(name, disk, tmp_path):
    data = saved(name, tmp_path)
    for end in range(len(data) - 1):  # the last byte is the end of the line
        assert disk.load(data[:end]) is None
    assert same(disk.load(data), MODELS[name]())


def altered(data, rng):
    """``data`` with one thing that happens to files."""
    i, j, k = sorted(rng.randrange(len(data)) for _ in range(3))
    piece = rng.randbytes(rng.randint(1, 4))
    character = bytes([rng.choice(b' \n\t{}[]",:.0123456789eE+-truefalsn\\u')])
    return rng.choice(
        [
            lambda: data[:i] + bytes([data[i] ^ 1 << rng.randrange(8)]) + data[i + 1 :],
            lambda: data[:i] + piece + data[i + 1 :],
            lambda: data[:i] + character + data[i + 1 :],
            lambda: data[:i] + character + data[i:],
            lambda: data[:i] + data[i + 1 :],
            lambda: data[:i] + data[i : i + 1] + data[i:],
            lambda: data[:i] + data[j:k] + data[i:j] + data[k:],  # two pieces change places
            lambda: data[:i] + data[j:],
            lambda: data[:j] + data[i:],  # a piece comes twice
            lambda: data[:i] + bytes(j - i) + data[j:],  # a block that was never written
            lambda: data[:i] + rng.randbytes(j - i) + data[j:],
            lambda: data[:i] + data[:j],
            lambda: data + data[i:j],
        ]
    )()


@pytest.mark.parametrize("name", MODELS)
def test_altered_anywhere(name, disk, tmp_path):
    """What loads says, as JSON, the same as before: a space between two lines."""
    data, rng = saved(name, tmp_path), random.Random(1)
    model, document = MODELS[name](), json.loads(data)
    refused = 0
    for _ in range(FILES):
        changed = altered(data, rng)
        found = disk.load(changed)
        refused += found is None
        if found is not None:
            assert same(found, model)
            assert json.loads(changed) == document
    assert refused > 0.9 * FILES


def test_every_byte_with_every_bit_flipped(disk, tmp_path):
    data = saved("prelu", tmp_path)
    model = MODELS["prelu"]()
    harmless = 0
    for i, byte in enumerate(data):
        for bit in range(8):
            found = disk.load(data[:i] + bytes([byte ^ 1 << bit]) + data[i + 1 :])
            if found is not None:
                harmless += 1
                assert same(found, model)
                assert byte in b" \n0123456789", "white space, or the 17th digit of a number"
    assert harmless < 0.1 * 8 * len(data)


@pytest.mark.parametrize(
    "form",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-32-be"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("latin-1"),
        lambda text: json.dumps(json.loads(text)).encode(),
        lambda text: json.dumps(dict(sorted(json.loads(text).items(), reverse=True))).encode(),
        lambda text: b" \n" * 1000 + text.encode(),
    ],
    ids=["CRLF", "UTF-16", "UTF-32", "BOM", "Latin-1", "one line", "another order", "white space"],
)
def test_the_same_in_another_form_is_the_same(form, disk, tmp_path):
    text = saved("not finite", tmp_path).decode()
    assert same(disk.load(form(text)), not_finite())


def test_what_is_something_else_is_refused(disk, tmp_path):
    data = saved("mlp", tmp_path)
    for other in [
        b"",
        b"\x89PNG\r\n\x1a\n\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b"1" * 5000,
        gzip.compress(data),
        data.decode().encode("utf-7") + b"+",
        b"\xff" + data,
        data + data,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 990 + b"]" * 990,
        bytes(10_000),
        json.dumps({"format": "stepgrad model 2"}).encode(),
        json.dumps({"format": ["stepgrad model 1"] * 1000}).encode(),
    ]:
        assert disk.load(other) is None


def test_nesting_at_any_depth_is_refused(disk):
    """What can be read may still be too deep to be digested."""
    for depth in range(300, 1100, 7):
        nested = '{"a": ' * depth + "1" + "}" * depth
        document = '{"format": "stepgrad model 1", "sha256": "0", "parameters": ' + nested + "}"
        assert disk.load(document.encode()) is None


# -- forged: the digest fits --


def signed(content):
    """A file whose digest fits, whatever it holds."""
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({"format": saving.FORMAT, "sha256": digest, **content}).encode()


def whole():
    """The content of a file."""
    return {
        "class": "MLP",
        "arguments": {
            "n_in": 1,
            "sizes": [1, 1],
            "activation": {"name": "elu", "alpha": 0.5},
            "output": {"name": "linear"},
        },
        "parameters": {
            "layers.0.neurons.0.weights.0": 1.0,
            "layers.0.neurons.0.bias": 1.0,
            "layers.1.neurons.0.weights.0": "inf",
            "layers.1.neurons.0.bias": 0.0,
        },
    }


def test_the_forger_can_sign(disk):
    assert disk.load(signed(whole())).state_dict() == {
        name: float(x) for name, x in whole()["parameters"].items()
    }


NASTY = [
    None,
    True,
    0,
    -1,
    2,
    1.5,
    10**18,
    -(10**400),
    10**400,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "nan",
    "1.0",
    "1_0",
    "\ud800",
    "x" * 1000,
    [],
    [[]],
    [1] * 1000,
    [10**9],
    [10**9, 10**9],
    {},
    {"name": "relu"},
    {"name": "reloo"},
    {"name": ["relu"]},
    {"name": "prelu", "slope": 1.0},
    {"name": "softmax", "alpha": 1.0},
    {"name": "linear", "a": "b"},
    {"name": "linear", "a": 10**400},
    {"name": "elu", "alpha": True},
    "MLP",
    "Layer",
    "Neuron",
    "Module",
    "tanh",
    "activation",
    "bias",
    "rng",
    "init",
]


def places(item, path=()):
    """The way to each thing in JSON that another could stand for."""
    if path:
        yield path
    if isinstance(item, (dict, list)):
        for key, value in item.items() if isinstance(item, dict) else enumerate(item):
            yield from places(value, (*path, key))


def forged(rng):
    """The content of a file with some of it exchanged, left out, added or renamed."""
    content = whole()
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        *way, last = rng.choice(list(places(content)) or [("class",)])
        holder = content
        for key in way:
            holder = holder[key]
        kind = rng.choice(["exchange", "exchange", "exchange", "leave out", "add", "rename"])
        value = json.loads(json.dumps(rng.choice(NASTY)))
        if kind == "exchange":
            holder[last] = value
        elif kind == "leave out":
            del holder[last]
        elif isinstance(holder, list):
            holder.insert(rng.randint(0, len(holder)), value)
        else:
            name = str(rng.choice(NASTY))
            holder[name] = value if kind == "add" else holder.pop(last)
    return content


def test_forged_files_are_refused_or_are_what_they_say(disk):
    rng, loaded = random.Random(2), 0
    tracemalloc.start()
    for _ in range(FILES):
        content = forged(rng)
        model = disk.load(signed(content))
        if model is not None:
            loaded += 1
            assert type(model).__name__ == content["class"]
            numbers = [float(x) for x in content["parameters"].values()]
            assert repr(list(model.state_dict().values())) == repr(numbers)
            arguments = content["arguments"]
            assert model.n_in == arguments["n_in"]
            assert model.sizes == arguments["sizes"]
            assert model.output.name == arguments["output"]["name"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000, "bytes: nothing was built that the file has no numbers for"
    assert 0 < loaded < 0.2 * FILES, "some were exchanged for what may stand there"


def changed(**changes):
    return signed(whole() | changes)


def arguments(**changes):
    return changed(arguments=whole()["arguments"] | changes)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (signed({}), "the file holds {}, wanted are class, arguments, parameters"),
        (changed(comment="mine"), "the file holds .*comment"),
        (changed(**{"class": "Module"}), "its class is 'Module', not one of Neuron, Layer, MLP"),
        (changed(**{"class": ["MLP"]}), r"its class is \['MLP'\]"),
        (changed(arguments=3), "'arguments' holds 3, wanted are n_in, sizes"),
        (arguments(rng=5), "'arguments' holds .*wanted are n_in, sizes, activation, output"),
        (arguments(sizes=["1", 1]), "its sizes are not whole numbers of at least 1"),
        (arguments(sizes=[True, 1]), "its sizes are not whole"),
        (arguments(sizes=[1, 0]), "its sizes are not whole"),
        (arguments(sizes=[]), "its sizes are not whole"),
        (arguments(n_in=10**15), "its sizes want more weights and biases than its 4"),
        (arguments(sizes=[10**9, 10**9]), "its sizes want more weights and biases than its 4"),
        (arguments(sizes=[1] * 10_000), "its sizes want more weights"),
        (arguments(activation={"name": "reloo"}), "no activation 'reloo': did you mean 'relu'"),
        (arguments(activation={}), "an activation is {}, without a name"),
        (arguments(activation={"name": "elu", "alpha": "1"}), "a setting is 'alpha': '1', not"),
        (arguments(activation={"name": "elu", "\ud800\n": 1.0}), r"a setting is '\\ud800\\n': 1.0"),
        (arguments(activation={"name": "elu", "beta": 1.0}), "beta"),
        (changed(parameters=[1.0]), r"its parameters are \[1.0\], not numbers by name"),
        (changed(parameters={}), "its sizes want more"),
        (changed(parameters=dict.fromkeys("abcd", 1.0)), "missing 'layers.0.neurons.0.weights.0'"),
        (changed(parameters=whole()["parameters"] | {"layers.1.neurons.0.bias": "one"}), "'one'"),
        (changed(parameters=whole()["parameters"] | {"layers.1.neurons.0.bias": 1}), "is 1, not"),
    ],
    ids=range(23),
)
def test_the_refusal_says_what_is_wrong(document, message, disk):
    disk.data = document
    with pytest.raises(nn.ModelFileError, match=f"^m.json does not describe a model: .*{message}"):
        nn.load("m.json")


@pytest.mark.parametrize("n_in", [1, 2, 3, 5])
@pytest.mark.parametrize("missing", [0, 1, 2])
def test_each_neuron_wants_its_weights_and_a_bias(n_in, missing, disk):
    """They are counted before a model is built: a size that nothing stands for is refused."""
    model = nn.MLP(n_in, [3, 2], init="zeros")
    parameters = model.state_dict()
    for name in list(parameters)[:missing]:
        del parameters[name]
    disk.data = changed(
        arguments=whole()["arguments"] | {"n_in": n_in, "sizes": [3, 2]}, parameters=parameters
    )
    if not missing:
        assert nn.load("m.json").state_dict() == parameters
        return
    count = 3 * (n_in + 1) + 2 * (3 + 1) - missing
    words = f"its sizes want more weights and biases than its {count};"
    with pytest.raises(nn.ModelFileError, match=words):
        nn.load("m.json")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"{}", "no format is told"),
        (b'{"format": null}', "no format is told"),
        (b'{"format": "model 2"}', "its format is 'model 2'"),
        (b"[]", "no format is told"),
    ],
)
def test_the_format_is_told(document, message, disk):
    disk.data = document
    words = f"^m.json is not a saved model: {message}, not 'stepgrad model 1'; load"
    with pytest.raises(nn.ModelFileError, match=words):
        nn.load("m.json")


def test_a_name_that_comes_twice_is_refused(disk):
    """The last of the two has the right digest; another reader would take the first."""
    text = signed(whole()).decode()
    twice = text.replace('"parameters": {', '"parameters": {"layers.1.neurons.0.bias": 9.0, ')
    assert json.loads(twice) == json.loads(text)
    disk.data = twice.encode()
    with pytest.raises(nn.ModelFileError, match="a name comes twice"):
        nn.load("m.json")
