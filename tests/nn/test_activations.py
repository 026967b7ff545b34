"""Activations: the lesson's numbers, textbook formulas in mpmath, PyTorch, and the edges."""

import math

import formulas
import pytest
from formulas import assert_close
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, gradients
from nn import activations

inf, nan = math.inf, math.nan
each_scalar = pytest.mark.parametrize("name", formulas.ACTIVATIONS)
moderate = st.floats(-25, 25, allow_subnormal=False)

# s*(1 + a*(1 - s)) and its like cross 0, so their error is measured against their summands
CROSSES_ZERO = {"silu", "swish", "gelu"}


def value_and_slope(f, x, **settings):
    leaf = Value(x)
    out = f(leaf, **settings)
    (slope,) = gradients(out, [leaf])
    return out.data, slope


def test_each_name_is_an_activation_and_back():
    assert set(activations.names) == {*formulas.ACTIVATIONS, "prelu", "softmax", "log_softmax"}
    for name, activation in activations.names.items():
        assert activation.name == name
        assert getattr(activations, name) is activation


def test_worked_numbers():
    assert activations.sigmoid(7.0) == 0.9990889488055994
    assert activations.tanh(0.5) == pytest.approx(0.4621171572600098, abs=1e-16)
    assert activations.leaky_relu(-7.0) == -0.07
    assert activations.elu(-5.0, alpha=0.1) == -0.09932620530009145
    assert activations.swish(4.0) == pytest.approx(3.928055160151634, abs=1e-15)
    thirds = activations.softmax([0.8, 1.2, 3.1])
    assert [round(p, 8) for p in thirds] == [0.08021815, 0.11967141, 0.80011044]


@each_scalar
@given(x=moderate)
def test_values_and_slopes_are_those_of_the_textbook(name, x):
    f, textbook = activations.names[name], formulas.ACTIVATIONS[name]
    value, slope = value_and_slope(f, x)
    assert f(x) == value
    assert_close(value, formulas.evaluate(textbook, x))
    if abs(x) > 1e-20 or name not in ("step", "relu", "leaky_relu"):  # off the kinks
        scale = 1.0 if name in CROSSES_ZERO else 0.0
        assert_close(slope, formulas.derivative(textbook, x), scale=scale)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("linear", {"a": -2.5}),
        ("leaky_relu", {"slope": 0.2}),
        ("elu", {"alpha": 0.1}),
        ("elu", {"alpha": 3.0}),
    ],
)
@given(x=moderate.filter(lambda x: abs(x) > 1e-20))
def test_settings(name, settings, x):
    textbook = formulas.ACTIVATIONS[name]
    activation = activations.names[name].using(**settings)
    value, slope = value_and_slope(activation, x)
    assert_close(value, formulas.evaluate(textbook, x, **settings))
    assert_close(slope, formulas.derivative(textbook, x, **settings))
    assert activations.names[name](x, **settings) == value
    ((key, number),) = settings.items()
    assert repr(activation) == f"{name}({key}={number})"


@pytest.mark.parametrize(
    ("name", "x", "value", "slope"),
    [
        ("step", 0.0, 1.0, 0.0),
        ("step", -0.0, 1.0, 0.0),
        ("step", -5e-324, 0.0, 0.0),
        ("relu", 0.0, 0.0, 0.0),
        ("leaky_relu", 0.0, 0.0, 0.01),
        ("elu", 0.0, 0.0, 1.0),
        ("silu", 0.0, 0.0, 0.5),
        ("gelu", 0.0, 0.0, 0.5),
        ("softplus", 0.0, math.log(2), 0.5),
        ("sigmoid", 1000.0, 1.0, 0.0),
        ("sigmoid", -1000.0, 0.0, 0.0),
        ("tanh", 1000.0, 1.0, 0.0),
        ("tanh", -1000.0, -1.0, 0.0),
        ("relu", 1000.0, 1000.0, 1.0),
        ("elu", 1000.0, 1000.0, 1.0),
        ("elu", -1000.0, -1.0, 0.0),
        ("silu", 1000.0, 1000.0, 1.0),
        ("silu", -1000.0, 0.0, 0.0),
        ("softplus", 1000.0, 1000.0, 1.0),
        ("softplus", -1000.0, 0.0, 0.0),
        ("gelu", 1000.0, 1000.0, 1.0),
        ("gelu", -1000.0, 0.0, 0.0),
        ("relu", inf, inf, 1.0),
        ("sigmoid", inf, 1.0, 0.0),
        ("sigmoid", -inf, 0.0, 0.0),
    ],
)
def test_edges(name, x, value, slope):
    assert value_and_slope(activations.names[name], x) == (value, slope)


def test_elu_slope_at_its_kink_is_alpha():
    assert value_and_slope(activations.elu, 0.0, alpha=0.3) == (0.0, 0.3)


@each_scalar
def test_nan_is_never_hidden(name):
    assert math.isnan(activations.names[name](nan))


def test_saturated_slopes_keep_their_digits():
    # 1 - tanh**2 and s*(1 - s) would be 0 from 20 and 40 on
    for x in (30.0, -30.0, 100.0, -100.0):
        for name in ("tanh", "sigmoid"):
            _, slope = value_and_slope(activations.names[name], x)
            assert slope > 0
            assert_close(slope, formulas.derivative(formulas.ACTIVATIONS[name], x))


# -- softmax --

logits = st.lists(st.floats(-50, 50, allow_subnormal=False), min_size=1, max_size=6)


@given(z=logits)
def test_softmax_and_its_logarithm(z):
    leaves = [Value(zi) for zi in z]
    p, logs = activations.softmax(leaves), activations.log_softmax(leaves)
    exact = [formulas.evaluate(lambda z, i=i: formulas.softmax(z)[i], z) for i in range(len(z))]
    assert sum(pi.data for pi in p) == pytest.approx(1.0, rel=1e-14)
    for i, expected in enumerate(exact):
        # the shift z - logsumexp(z) is rounded at the size of z, and exp keeps that error
        assert_close(p[i].data, expected, tolerance=1e-13 * 60)
        assert_close(logs[i].data, formulas.evaluate(formulas.log, expected), scale=100.0)
        for j, slope in enumerate(gradients(p[i], leaves)):
            assert_close(slope, expected * ((i == j) - exact[j]), scale=1.0)
        for j, slope in enumerate(gradients(logs[i], leaves)):
            assert_close(slope, (i == j) - exact[j], scale=1.0)


@given(z=logits, shift=st.integers(-1000, 1000))
def test_softmax_is_shift_invariant(z, shift):
    z = [round(zi) / 4 for zi in z]  # so that z + shift is exact
    assert activations.softmax([zi + shift for zi in z]) == pytest.approx(
        activations.softmax(z), rel=1e-12
    )


@pytest.mark.parametrize(
    ("z", "p"),
    [
        ([1000.0, 1000.0], [0.5, 0.5]),
        ([1000.0, 0.0], [1.0, 0.0]),
        ([-1000.0, 0.0], [0.0, 1.0]),
        ([1e308, -1e308], [1.0, 0.0]),
        ([7.0], [1.0]),
    ],
)
def test_softmax_does_not_overflow(z, p):
    leaves = [Value(zi) for zi in z]
    out = activations.softmax(leaves)
    # z - logsumexp(z) is rounded at the size of z: 1000 * 2**-53 = 1.1e-13
    assert [o.data for o in out] == pytest.approx(p, rel=2e-13)
    for i, o in enumerate(out):
        slopes = [p[i] * ((i == j) - p[j]) for j in range(len(z))]
        assert list(gradients(o, leaves)) == pytest.approx(slopes, abs=2e-13)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("x", [1.0, Value(1.0)])
def test_softmax_of_one_number_is_refused(name, x):
    with pytest.raises(TypeError, match=f"{name} wants the list of a layer's outputs"):
        activations.names[name](x)


# -- parametric ReLU --


@given(x=moderate.filter(bool), slope=st.floats(-2, 2, allow_subnormal=False))
def test_prelu_and_the_gradient_of_its_slope(x, slope):
    prelu, leaf = nn.PReLU(slope), Value(x)
    out = prelu(leaf)
    assert out.data == (x if x > 0 else slope * x)
    assert gradients(out, [leaf, prelu.slope]) == ((1.0, 0.0) if x > 0 else (slope, x))


def test_each_neuron_has_a_slope_of_its_own():
    for activation in ("prelu", nn.PReLU, nn.PReLU(0.1)):
        layer = nn.Layer(2, 3, activation)
        slopes = [p for name, p in layer.named_parameters() if name.endswith("activation.slope")]
        assert len(set(slopes)) == 3
        wanted = 0.1 if isinstance(activation, nn.PReLU) else 0.25
        assert [slope.data for slope in slopes] == [wanted] * 3


# -- names --


def test_a_misspelt_name_is_told_the_nearest_and_all():
    with pytest.raises(
        ValueError, match="there is no activation 'rellu': did you mean 'relu'"
    ) as e:
        activations.resolve("rellu")
    assert all(name in str(e.value) for name in activations.names)
    with pytest.raises(AttributeError, match="did you mean 'sigmoid'"):
        _ = activations.sigmiod
    assert not hasattr(activations, "__wrapped__")


def test_what_is_no_activation():
    with pytest.raises(TypeError, match="a name or a function of a Value; got 3"):
        activations.resolve(3)
    with pytest.raises(TypeError):
        activations.elu.using(alhpa=1.0)


def test_a_function_of_ones_own():
    def cube(x):
        return x * x * x

    assert activations.resolve(cube) is cube
    neuron = nn.Neuron(1, activation=cube)
    neuron.load_state_dict({"weights.0": 2.0, "bias": 1.0})
    assert neuron([1.0]).data == 27.0


# -- PyTorch --

TORCH = {
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "relu": "F.relu",
    "leaky_relu": "F.leaky_relu",
    "elu": "F.elu",
    "silu": "F.silu",
    "softplus": "F.softplus",
    "gelu": "F.gelu",
}


@pytest.mark.parametrize("name", TORCH)
def test_pytorch_agrees(name):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
    function = eval(TORCH[name], {"torch": torch, "F": torch.nn.functional})
    for x in [0.0, *(sign * size for size in (1e-3, 0.5, 1.0, 5.0, 18.0) for sign in (1, -1))]:
        leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        out = function(leaf)
        out.backward()
        value, slope = value_and_slope(activations.names[name], x)
        # PyTorch's own tails cancel (1 - tanh**2), so absolutely
        assert value == pytest.approx(out.item(), rel=1e-12, abs=1e-15)
        assert slope == pytest.approx(leaf.grad.item(), rel=1e-12, abs=1e-15)
