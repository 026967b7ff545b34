"""Losses: the lesson's numbers, textbook formulas in mpmath, PyTorch, the edges, and refusals."""

import math

import formulas
import pytest
from formulas import assert_close
from hypothesis import assume, given
from hypothesis import strategies as st

import nn
from autograd import Value, gradients, graph
from nn import losses

inf, nan = math.inf, math.nan


def reals(low, high):
    return st.floats(low, high, allow_subnormal=False).map(lambda x: x if abs(x) > 1e-9 else 0.0)


def distributions(n):
    """Probabilities that add up to 1, some of them 0."""
    weights = st.lists(st.integers(0, 20), min_size=n, max_size=n).filter(any)
    return weights.map(lambda w: [wi / sum(w) for wi in w])


def computed(loss, prediction, target, **settings):
    """The loss of Values, and its gradients with regard to the predictions."""
    loss = losses.names[loss]
    if not isinstance(prediction, list):
        leaf = Value(prediction)
        out = loss(leaf, target, **settings)
        return out.data, list(gradients(out, [leaf]))
    leaves = [Value(p) for p in prediction]
    out = loss(leaves, target, **settings)
    return out.data, list(gradients(out, leaves))


# -- against the textbook --


@st.composite
def pairs(draw, low=-50.0, high=50.0):
    n = draw(st.integers(1, 5))
    numbers = st.lists(reals(low, high), min_size=n, max_size=n)
    return draw(numbers), draw(numbers)


def check_list(name, y, t, *, scale=0.0, **settings):
    textbook = formulas.LISTS[name]
    value, slopes = computed(name, y, t, **settings)
    assert_close(value, formulas.evaluate(textbook, y, t, **settings), scale=scale)
    assert losses.names[name](y, t, **settings) == value
    for slope, exact in zip(slopes, formulas.gradient(textbook, y, t, **settings), strict=True):
        assert_close(slope, exact, scale=scale)


@pytest.mark.parametrize("name", sorted({*formulas.LISTS} - {"msle"}))
@given(pair=pairs())
def test_lists(name, pair):
    y, t = pair
    if name in ("mae", "huber"):  # off their kinks
        assume(all(abs(abs(a - b) - k) > 1e-9 for a, b in zip(y, t, strict=True) for k in (0, 1)))
    assume(name != "euclidean_distance" or y != t)
    check_list(name, y, t)


@given(pair=pairs(-0.9, 1e3))
def test_msle(pair):
    # the difference of two logarithms of at most 7, over 1 + y of at least 1/10
    check_list("msle", *pair, scale=7.0 * 7 * 10)


@pytest.mark.parametrize("name", ["huber", "pseudo_huber"])
@given(pair=pairs(), delta=st.sampled_from([0.1, 0.75, 2.5, 100.0]))
def test_delta(name, pair, delta):
    y, t = pair
    assume(name == "pseudo_huber" or all(abs(abs(a - b) - delta) > 1e-9 for a, b in zip(y, t)))  # noqa: B905
    check_list(name, y, t, delta=delta)


@given(
    pair=pairs(),
    alpha=st.sampled_from([2.0, 1.0, 0.0, -2.0, -inf, 1e-9, -1e-9, 1.999999]) | reals(-30, 2),
    c=st.sampled_from([0.5, 1.0, 3.0]),
)
def test_adaptive(pair, alpha, c):
    if math.isinf(alpha):  # Welsch's: exp(-q/2) with q up to 40,000 is 0 in floats
        pair = tuple([x / 10 for x in xs] for xs in pair)
    check_list("adaptive", *pair, scale=1e-290, alpha=alpha, c=c)


def test_adaptive_is_other_losses_too():
    for e in (0.0, 1e-8, 0.3, -2.0, 40.0):
        assert losses.adaptive(e, 0.0, alpha=2.0) == losses.half_squared_error(e, 0.0)
        assert losses.adaptive(e, 0.0, alpha=1.0) == pytest.approx(losses.pseudo_huber(e, 0.0))
        cauchy = math.log1p(e * e / 2)
        assert losses.adaptive(e, 0.0, alpha=0.0) == pytest.approx(cauchy)
        welsch, geman_mcclure = -math.expm1(-e * e / 2), 2 * e * e / (e * e + 4)
        assert losses.adaptive(e, 0.0, alpha=-inf) == pytest.approx(welsch)
        assert losses.adaptive(e, 0.0, alpha=-2.0) == pytest.approx(geman_mcclure)


@pytest.mark.parametrize("name", ["squared_error", "half_squared_error"])
@given(y=reals(-1e6, 1e6), t=reals(-1e6, 1e6))
def test_squared_errors(name, y, t):
    value, (slope,) = computed(name, y, t)
    assert_close(value, formulas.evaluate(formulas.SCALARS[name], y, t))
    assert_close(slope, formulas.derivative(formulas.SCALARS[name], y, t))


@pytest.mark.parametrize("name", ["hinge", "squared_hinge"])
@given(y=reals(-50, 50), t=st.sampled_from([-1, 1, -1.0, 1.0]))
def test_hinges(name, y, t):
    assume(abs(1 - t * y) > 1e-9)
    value, (slope,) = computed(name, y, t)
    assert_close(value, formulas.evaluate(formulas.SCALARS[name], y, t), scale=1.0)
    assert_close(slope, formulas.derivative(formulas.SCALARS[name], y, t), scale=1.0)


@given(p=st.floats(1e-9, 1 - 1e-9), t=st.sampled_from([0, 1, 0.0, 1.0]) | st.floats(0, 1))
def test_binary_cross_entropy(p, t):
    textbook = formulas.SCALARS["binary_cross_entropy"]
    value, (slope,) = computed("binary_cross_entropy", p, t)
    assert_close(value, formulas.evaluate(textbook, p, t))
    # the slope is a difference of these two
    assert_close(slope, formulas.derivative(textbook, p, t), scale=t / p + (1 - t) / (1 - p))


@given(z=reals(-60, 60), t=st.sampled_from([0, 1, 0.0, 1.0]) | st.floats(0, 1))
def test_binary_cross_entropy_with_logits(z, t):
    textbook = formulas.SCALARS["binary_cross_entropy_with_logits"]
    value, (slope,) = computed("binary_cross_entropy_with_logits", z, t)
    assert_close(value, formulas.evaluate(textbook, z, t))
    assert_close(slope, formulas.derivative(textbook, z, t), scale=1.0)


@given(data=st.data(), n=st.integers(2, 6))
def test_cross_entropy(data, n):
    z = data.draw(st.lists(reals(-50, 50), min_size=n, max_size=n))
    t = data.draw(distributions(n))
    value, slopes = computed("cross_entropy", z, t)
    textbook = formulas.DISTRIBUTIONS["cross_entropy"]
    assert_close(value, formulas.evaluate(textbook, z, t), scale=100.0)  # logits' differences
    for i, slope in enumerate(slopes):  # softmax minus target
        p = formulas.evaluate(lambda z, i=i: formulas.softmax(z)[i], z)
        assert_close(slope, p - t[i], scale=1.0)
    k = data.draw(st.integers(0, n - 1))
    assert computed("cross_entropy", z, k) == computed("cross_entropy", z, nn.data.one_hot(k, n))


@pytest.mark.parametrize("name", ["categorical_cross_entropy", "kl_divergence"])
@given(data=st.data(), n=st.integers(2, 6))
def test_losses_of_probabilities(name, data, n):
    p = data.draw(distributions(n).filter(all))
    t = data.draw(distributions(n))
    value, slopes = computed(name, p, t)
    assert_close(value, formulas.evaluate(formulas.DISTRIBUTIONS[name], p, t), scale=6.0)
    for slope, pi, ti in zip(slopes, p, t, strict=True):
        assert slope == pytest.approx(-ti / pi, rel=1e-15)
    if name == "kl_divergence":
        assert computed(name, t, t)[0] == 0 if all(t) else True
    else:
        k = data.draw(st.integers(0, n - 1))
        assert computed(name, p, k)[0] == computed(name, p, nn.data.one_hot(k, n))[0]


@given(pair=pairs(0.05, 0.95))
def test_gradients_of_targets_that_are_values(pair):
    """Targets may be Values (distillation); a graph through them gets their gradient too."""
    y, t = pair
    for name, target in [("mse", t), ("mae", t), ("msle", t), ("huber", t)]:
        assume(all(abs(abs(a - b) - k) > 1e-9 for a, b in zip(y, t, strict=True) for k in (0, 1)))
        leaves = [Value(ti) for ti in target]
        slopes = gradients(losses.names[name](y, leaves), leaves)
        flipped = lambda v, w, name=name: formulas.LISTS[name](w, v)  # noqa: E731
        for slope, exact in zip(slopes, formulas.gradient(flipped, t, y), strict=True):
            assert_close(slope, exact, scale=10.0)
    p, target = Value(y[0]), Value(t[0])
    for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
        (slope,) = gradients(losses.names[name](p, target), [target])
        exact = math.log((1 - y[0]) / y[0]) if name == "binary_cross_entropy" else -y[0]
        assert slope == pytest.approx(exact, rel=1e-12, abs=1e-13)


# -- the lesson --


def test_one_weight():
    for w, loss, slope in [(3.0, 16.0, 32.0), (1.5, 4.0, -16.0)]:
        weight = Value(w)
        out = losses.squared_error(weight * 4, 8)
        assert (out.data, *gradients(out, [weight])) == (loss, slope)


def test_the_gradient_of_cross_entropy_is_softmax_minus_one_hot():
    z = [Value(0.8), Value(1.2), Value(3.1)]
    got = gradients(losses.cross_entropy(z, 0), z)
    assert [round(g, 8) for g in got] == [0.08021815 - 1, 0.11967141, 0.80011044]


# -- edges --


@pytest.mark.parametrize(
    ("name", "prediction", "target", "value", "slopes"),
    [
        ("cross_entropy", [1000.0, 0.0], 1, 1000.0, [1.0, -1.0]),
        ("cross_entropy", [1000.0, 0.0], 0, 0.0, [0.0, 0.0]),
        ("cross_entropy", [-1000.0, 0.0], 0, 1000.0, [-1.0, 1.0]),
        ("cross_entropy", [1e308, 0.0], 0, 0.0, [0.0, 0.0]),
        ("binary_cross_entropy_with_logits", 1000.0, 0, 1000.0, [1.0]),
        ("binary_cross_entropy_with_logits", 1000.0, 1, 0.0, [0.0]),
        ("binary_cross_entropy_with_logits", -1000.0, 1, 1000.0, [-1.0]),
        ("binary_cross_entropy_with_logits", -1000.0, 0.25, 250.0, [-0.25]),
        ("binary_cross_entropy_with_logits", -inf, 0, 0.0, [0.0]),
        ("binary_cross_entropy_with_logits", inf, 1, 0.0, [0.0]),
        ("binary_cross_entropy", 1.0, 1, 0.0, [-1.0]),
        ("binary_cross_entropy", 0.0, 0, 0.0, [1.0]),
        ("binary_cross_entropy", 0.0, 1, inf, [-inf]),
        ("binary_cross_entropy", 1.0, 0, inf, [inf]),
        ("categorical_cross_entropy", [1.0, 0.0], 0, 0.0, [-1.0, 0.0]),
        ("categorical_cross_entropy", [1.0, 0.0], [1.0, 0.0], 0.0, [-1.0, 0.0]),
        ("categorical_cross_entropy", [1.0, 0.0], 1, inf, [0.0, -inf]),
        ("kl_divergence", [1.0, 0.0], [1.0, 0.0], 0.0, [-1.0, 0.0]),
        ("kl_divergence", [1.0, 0.0], [0.5, 0.5], inf, [-0.5, -inf]),
        ("hinge", 1.0, 1, 0.0, [0.0]),
        ("hinge", 1000.0, -1, 1001.0, [1.0]),
        ("euclidean_distance", [1.0, 2.0], [1.0, 2.0], 0.0, [0.0, 0.0]),
        ("euclidean_distance", [3.0, -4.0], [3.0, 0.0], 4.0, [0.0, -1.0]),
        ("mae", [1.0], [1.0], 0.0, [0.0]),
        ("huber", [1.0, -1.0], [0.0, 0.0], 0.5, [0.5, -0.5]),
        ("huber", [1e200], [0.0], 1e200, [1.0]),
        ("huber", [1e-20], [0.0], 5e-41, [1e-20]),
        ("pseudo_huber", [1e-12], [0.0], 5e-25, [1e-12]),
        ("mse", [1e200], [0.0], inf, [2e200]),
    ],
)
def test_edges(name, prediction, target, value, slopes):
    assert computed(name, prediction, target) == (value, slopes)


@given(data=st.data(), n=st.integers(2, 4))
def test_a_target_as_values_costs_what_it_does_as_numbers(data, n):
    """With probabilities of exactly 0 and 1 on both sides: 0 * log(0) counts as 0, not as nan."""
    p, t = data.draw(distributions(n)), data.draw(distributions(n))
    t = data.draw(st.sampled_from([t, p, nn.data.one_hot(0, n)]))
    cases = [(name, p, t) for name in ("categorical_cross_entropy", "kl_divergence")]
    cases += [("cross_entropy", [30.0 * pi for pi in p], t)]
    names = ("binary_cross_entropy", "binary_cross_entropy_with_logits")
    cases += [(name, pi, ti) for name in names for pi, ti in zip(p, t, strict=True)]
    for name, prediction, target in cases:
        values = [Value(x) for x in target] if isinstance(target, list) else Value(target)
        plain, slopes = computed(name, prediction, target)
        value, same = computed(name, prediction, values)
        assert value == pytest.approx(plain, rel=1e-14, abs=1e-14)  # sums of other summands
        if math.isfinite(plain):  # else no slope is of use
            assert same == pytest.approx(slopes, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("t", [0.0, 1.0, 0.25])
def test_the_gradient_of_a_binary_target_that_is_a_value(t):
    """The cost is a straight line in t, also at its ends."""
    target = Value(t)
    (slope,) = gradients(losses.binary_cross_entropy(0.3, target), [target])
    assert slope == pytest.approx(math.log(0.7 / 0.3), rel=1e-14)
    for certain in (0.0, 1.0):  # nothing of log(0) gets into it
        target = Value(certain)
        out = losses.binary_cross_entropy(certain, target)
        assert (out.data, *gradients(out, [target])) == (0.0, 0.0)


def operations(out):
    return [node.op for node in graph(out) if node.op]


def test_no_needless_nodes():
    p, z = Value(0.3), [Value(1.0), Value(2.0)]
    assert operations(losses.binary_cross_entropy(p, 1)) == ["log", "neg"]
    assert operations(losses.binary_cross_entropy(p, 0)) == ["neg", "log1p", "neg"]
    assert "where" not in operations(losses.binary_cross_entropy(p, 0.5))
    assert operations(losses.binary_cross_entropy_with_logits(p, 1)) == ["neg", "softplus"]
    assert operations(losses.binary_cross_entropy_with_logits(p, 0)) == ["softplus"]
    for of_probabilities in (losses.categorical_cross_entropy, losses.kl_divergence):
        assert operations(of_probabilities([*z[:1], p], [0.0, 1.0])).count("log") == 1
    assert operations(losses.cross_entropy(z, [0.0, 1.0])).count("*") == 1
    for one in ("mse", "mae", "msle", "huber", "pseudo_huber", "adaptive"):  # no mean of one
        assert operations(losses.names[one](p, 1.0)) == operations(losses.names[one]([p], [1.0]))
    assert operations(losses.mse(p, 1.0)) == ["-", "**"]
    assert losses.cost([p]) is losses.cost([p], 0) is p


@pytest.mark.parametrize("name", losses.names)
def test_a_prediction_of_nan_gives_nan(name):
    if name in formulas.DISTRIBUTIONS:
        value, _ = computed(name, [nan, 0.5], [0.5, 0.5])
    else:
        value, _ = computed(name, nan, 1)
    assert math.isnan(value)


# -- refusals --


@pytest.mark.parametrize(
    ("name", "prediction", "target", "message"),
    [
        ("cross_entropy", [1.0, 2.0, 3.0], 3, r"class from 0 to 2; got 3"),
        ("cross_entropy", [1.0, 2.0, 3.0], -1, r"class from 0 to 2; got -1"),
        ("cross_entropy", [1.0, 2.0, 3.0], 0.5, r"class from 0 to 2; got 0.5"),
        ("cross_entropy", [1.0, 2.0], True, r"class from 0 to 1; got True"),
        ("cross_entropy", [1.0, 2.0], [0.7, 0.7], r"add up to 1; got 1.4"),
        ("cross_entropy", [1.0, 2.0], [1.5, -0.5], r"target wants a number in \[0, 1\]; got 1.5"),
        ("cross_entropy", [1.0, 2.0], [1.0, 0.0, 0.0], "2 numbers, the target 3"),
        ("cross_entropy", [1.0], 0, "two at least.*binary_cross_entropy_with_logits"),
        ("cross_entropy", 1.0, 0, "a list with one number a class"),
        ("categorical_cross_entropy", [1.5, -0.5], 0, r"prediction wants a number in .* got 1.5"),
        ("categorical_cross_entropy", [-0.5, 0.75, 0.75], 1, r"\[0, 1\]; got -0.5"),
        ("categorical_cross_entropy", [0.5, 0.5], 2, r"class from 0 to 1; got 2"),
        ("kl_divergence", [0.5, 0.5], [0.5, 0.6], r"add up to 1; got 1.1"),
        ("kl_divergence", [0.5, -0.5], [0.5, 0.5], r"\[0, 1\]; got -0.5"),
        ("binary_cross_entropy", 1.5, 1, r"prediction wants a number in \[0, 1\]; got 1.5"),
        ("binary_cross_entropy", 0.5, -1, r"target wants a number in \[0, 1\]; got -1"),
        ("binary_cross_entropy", 0.5, nan, r"\[0, 1\]; got nan"),
        ("binary_cross_entropy_with_logits", 0.5, 2, r"\[0, 1\]; got 2"),
        ("binary_cross_entropy", [0.5, 0.5], 1, "takes one number, got a list of 2"),
        ("hinge", 0.5, 0, "label of -1 or [+]1; got 0"),
        ("squared_hinge", 0.5, 2, "label of -1 or [+]1; got 2"),
        ("msle", 0.5, -1.0, "targets above -1; got -1.0"),
        ("mse", [1.0, 2.0], [1.0], "the prediction has 2 numbers, the target 1"),
        ("mse", [1.0, 2.0], 1.0, "the prediction is 2 numbers and the target one number"),
        ("mse", 1.0, [1.0], "the prediction is one number and the target 1 numbers"),
        ("mse", [], [], "no numbers"),
        ("squared_error", [1.0, 2.0], 1.0, "takes one number, got a list of 2"),
    ],
)
def test_refusals(name, prediction, target, message):
    with pytest.raises(ValueError, match=message):
        losses.names[name](prediction, target)


def test_settings_out_of_range():
    for delta in (0.0, -1.0, nan):
        with pytest.raises(ValueError, match="delta wants a"):
            losses.huber(1.0, 0.0, delta=delta)
    with pytest.raises(ValueError, match="alpha of at most 2; got 3"):
        losses.adaptive(1.0, 0.0, alpha=3)
    with pytest.raises(ValueError, match="c wants"):
        losses.adaptive(1.0, 0.0, c=0.0)


def test_a_misspelt_name_is_told_the_nearest_and_all():
    with pytest.raises(ValueError, match=r"there is no loss 'cross_entrpy'.*'cross_entropy'") as e:
        losses.resolve("cross_entrpy")
    assert all(name in str(e.value) for name in losses.names)
    with pytest.raises(AttributeError, match="did you mean 'hinge'"):
        _ = losses.hing
    with pytest.raises(TypeError, match="a name or a function"):
        losses.resolve(3)


def test_every_loss_of_the_lesson_has_its_name():
    found = {*formulas.LISTS, *formulas.SCALARS, *formulas.DISTRIBUTIONS}
    assert set(losses.names) == found
    for name in found:
        assert getattr(losses, name) is losses.names[name] is losses.resolve(name)


# -- cost and penalties --


def test_cost_is_the_mean_plus_the_penalty():
    each = [Value(1.0), Value(2.0), Value(6.0)]
    assert losses.cost(each).data == 3.0
    for penalty in (-1, 0, 0.0, 0.5, 1, 1.0):
        assert losses.cost(each, penalty).data == 3.0 + penalty
    assert losses.cost(each, Value(0.25)).data == 3.25
    assert gradients(losses.cost(each), each) == pytest.approx((1 / 3,) * 3)
    assert losses.cost([2.0, 4.0]) == 3.0
    with pytest.raises(ValueError, match="at least one loss"):
        losses.cost([])


@given(w=st.lists(reals(-10, 10), min_size=1, max_size=5), strength=st.floats(0, 10))
def test_penalties(w, strength):
    leaves = [Value(wi) for wi in w]
    l2, l1 = losses.l2(leaves, strength), losses.l1(leaves, strength)
    assert l2.data == pytest.approx(strength / 2 * math.fsum(wi**2 for wi in w), rel=1e-12)
    assert l1.data == pytest.approx(strength * math.fsum(map(abs, w)), rel=1e-12)
    assert gradients(l2, leaves) == pytest.approx([strength * wi for wi in w], rel=1e-12)
    signs = [strength * ((wi > 0) - (wi < 0)) for wi in w]
    assert gradients(l1, leaves) == pytest.approx(signs, rel=1e-12)


def test_penalties_of_a_model_leave_out_biases_and_slopes():
    model = nn.MLP(2, [3, 1], activation="prelu")
    for name, parameter in model.named_parameters():
        parameter.data = 2.0 if "weights" in name else 1000.0
    assert losses.l2(model, 0.5).data == 0.25 * 9 * 4.0
    assert losses.l1(model, 0.5).data == 0.5 * 9 * 2.0
    for penalty in (losses.l1, losses.l2):
        with pytest.raises(ValueError, match="strength wants"):
            penalty(model, -1.0)
        with pytest.raises(ValueError, match="no weights"):
            penalty([], 1.0)


# -- PyTorch --


def torch_losses(F, torch):
    return {
        "mse": F.mse_loss,
        "mae": F.l1_loss,
        "huber": F.huber_loss,
        "binary_cross_entropy": F.binary_cross_entropy,
        "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
        "kl_divergence": lambda p, t: F.kl_div(torch.log(p), t, reduction="sum"),
        "cross_entropy": F.cross_entropy,
    }


@pytest.mark.parametrize(
    ("name", "prediction", "target"),
    [
        ("mse", [1.0, -2.0, 0.5], [0.0, 1.0, 0.5]),
        ("mae", [1.0, -2.0, 0.5], [0.0, 1.0, 0.5]),
        ("huber", [1.0, -2.0, 0.5, 0.25], [0.0, 1.0, 0.5, 0.0]),
        ("binary_cross_entropy", [0.3], [1.0]),
        ("binary_cross_entropy", [0.3], [0.25]),
        ("binary_cross_entropy_with_logits", [30.0], [0.0]),
        ("binary_cross_entropy_with_logits", [-1000.0], [1.0]),
        ("kl_divergence", [0.2, 0.3, 0.5], [0.0, 0.5, 0.5]),
        ("cross_entropy", [1.0, 2.0, -3.0], [0.0, 0.25, 0.75]),
        ("cross_entropy", [1000.0, 0.0], [0.0, 1.0]),
    ],
)
def test_pytorch_agrees(name, prediction, target):
    torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")
    leaf = torch.tensor(prediction, dtype=torch.float64, requires_grad=True)
    out = torch_losses(torch.nn.functional, torch)[name](leaf, torch.tensor(target).double())
    out.backward()
    value, slopes = computed(name, prediction, target)
    # two implementations of a dozen operations in float64
    assert value == pytest.approx(out.item(), rel=1e-13, abs=1e-15)
    assert slopes == pytest.approx(leaf.grad.tolist(), rel=1e-13, abs=1e-15)
