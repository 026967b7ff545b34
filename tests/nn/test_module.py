"""Module: finding parameters, naming them, their numbers as a dict, and calls as groups."""

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, graph


class Affine(nn.Module):
    def __init__(self):
        self.scale = Value(2.0)
        self.shift = Value(1.0)

    def forward(self, x):
        return self.scale * x + self.shift


class Nested(nn.Module):
    def __init__(self):
        self.first = Affine()
        self.rest = [Affine(), (Value(5.0), Value(6.0))]
        self._cache = Value(7.0)
        self.label = "not a parameter"
        self.again = self.first

    def forward(self, x):
        return self.first(x)


def test_names_say_the_way():
    model = nn.MLP(2, [2, 1], activation="prelu")
    assert [name for name, _ in model.named_parameters()] == [
        f"layers.{layer}.neurons.{neuron}.{rest}"
        for layer, neurons in enumerate((2, 1))
        for neuron in range(neurons)
        for rest in (["activation.slope"] if layer == 0 else [])
        + ["weights.0", "weights.1", "bias"]
    ]
    assert model.parameters() == [p for _, p in model.named_parameters()]


def test_lists_tuples_and_modules_are_looked_into_once():
    model = Nested()
    assert [name for name, _ in model.named_parameters()] == [
        "first.scale",
        "first.shift",
        "rest.0.scale",
        "rest.0.shift",
        "rest.1.0",
        "rest.1.1",
    ]
    assert [name for name, _ in model.named_modules()] == ["", "first", "rest.0", "again"]


def test_a_result_kept_as_an_attribute_is_no_parameter():
    model = Affine()
    model.last = model(3.0)
    assert [name for name, _ in model.named_parameters()] == ["scale", "shift"]


def test_zero_grad():
    model = nn.MLP(2, [3, 1])
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0.0 and not p.has_grad for p in model.parameters())


def test_a_module_without_forward():
    with pytest.raises(TypeError, match=r"Module has no forward\(self, x\)"):
        nn.Module()(1.0)


# -- state --


@given(st.data())
def test_state_goes_through_json_bit_for_bit(data):
    model = nn.MLP(2, [2, 1], activation="prelu", rng=1)
    for parameter in model.parameters():
        parameter.data = data.draw(st.floats(allow_nan=False))
    other = nn.MLP(2, [2, 1], activation="prelu", rng=2)
    other.load_state_dict(json.loads(json.dumps(model.state_dict())))
    assert other.state_dict() == model.state_dict()
    signs = [math.copysign(1.0, p.data) for p in model.parameters()]
    assert [math.copysign(1.0, p.data) for p in other.parameters()] == signs


def test_a_state_that_does_not_fit_changes_nothing():
    model = nn.MLP(2, [4, 1])
    before = model.state_dict()
    spoilt = {
        "missing": (
            ValueError,
            dict.fromkeys(list(before)[1:], 0.0),
            "layers.0.neurons.0.weights.0",
        ),
        "extra": (ValueError, before | {"x": 1.0}, "unexpected 'x'"),
        "other": (ValueError, nn.MLP(3, [4, 1]).state_dict(), "neurons.3.weights.2'$"),
        "text": (TypeError, before | {"layers.1.neurons.0.bias": "1"}, "neurons.0.bias: a number"),
        "bool": (TypeError, before | {"layers.1.neurons.0.bias": True}, "bool"),
        "empty": (ValueError, {}, "and 12 more"),
    }
    for error, state, message in spoilt.values():
        with pytest.raises(error, match=message):
            model.load_state_dict(state)
        assert model.state_dict() == before


@pytest.mark.parametrize("n", [1, 4, 5, 6, 7, 12])
def test_up_to_five_names_are_listed(n):
    class Many(nn.Module):
        def __init__(self):
            self.w = [Value(0.0) for _ in range(n)]

    with pytest.raises(ValueError, match="this state does not fit Many: missing ") as e:
        Many().load_state_dict({"x": 1.0})
    listed = ", ".join(f"'w.{i}'" for i in range(min(n, 5)))
    more = f" and {n - 5} more" if n > 5 else ""
    assert str(e.value).endswith(f"missing {listed}{more}; unexpected 'x'")


def test_a_loaded_state_is_a_copy():
    model, other = nn.MLP(1, [1]), nn.MLP(1, [1], rng=1)
    state = model.state_dict()
    other.load_state_dict(state)
    other.parameters()[0].data += 1
    assert model.state_dict() == state != other.state_dict()


# -- calls, by which pictures group nodes --


def calls(root):
    """For each node that ended a module's call, the labels from the innermost to the outermost."""
    found = {}
    for node in graph(root):
        call, labels = node.call, []
        while call is not None:
            labels.append(call.label)
            call = call.outer
        if labels:
            found[node] = labels
    return found


def test_nodes_know_the_calls_that_made_them():
    model = nn.MLP(2, [2, 1], activation="tanh")
    out = model([1.0, -1.0])
    assert sorted(map(tuple, calls(out).values())) == [
        ("layers.0.neurons.0", "layers.0"),
        ("layers.0.neurons.1", "layers.0"),
        ("layers.1.neurons.0", "layers.1", "MLP"),
    ]


def test_a_call_covers_just_the_nodes_that_it_made():
    model = nn.MLP(2, [3, 1], activation="relu")
    out = model([Value(1.0), Value(-1.0)])
    nodes = [node for node in graph(out) if node.op]
    for i in range(3):
        (end,) = [n for n, labels in calls(out).items() if labels[0] == f"layers.0.neurons.{i}"]
        made = [n for n in nodes if end.call.start < n.serial <= end.serial]
        assert [n.op for n in made] == ["*", "+", "*", "+", "relu"]


def test_a_module_that_hands_its_input_on_makes_no_group():
    class Same(nn.Module):
        def forward(self, x):
            return x

    x = Value(1.0) * 2
    assert Same()(x) is x
    assert x.call is None


def test_a_call_that_gives_lists_of_lists_is_a_group():
    class Rows(nn.Module):
        def forward(self, x):
            return [[x * 2, x * 3], [x * 4]]

    rows = Rows()(Value(1.0))
    assert [made.call.label for row in rows for made in row] == ["Rows"] * 3


def test_shared_parameters_are_counted_once_and_get_both_gradients():
    class Twice(nn.Module):
        def __init__(self):
            self.a = nn.Neuron(1, "linear")
            self.b = self.a

        def forward(self, x):
            return self.b([self.a(x)])

    model = Twice()
    model.load_state_dict({"a.weights.0": 3.0, "a.bias": 1.0})
    out = model([2.0])
    out.backward()
    assert out.data == 3 * (3 * 2 + 1) + 1
    assert [p.grad for p in model.parameters()] == [7 + 3 * 2, 3 + 1]  # by the product rule


def test_building_touches_no_global_generator():
    state = random.getstate()
    nn.MLP(3, [4, 2])
    nn.MLP(3, [4, 2], init="normal", rng=random.Random(3))
    assert random.getstate() == state
