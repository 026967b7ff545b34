"""Optimizers: the lesson's numbers, textbooks in 50 digits, torch, bits on floats and on arrays."""

import inspect
import json
import math
import random
import struct
import subprocess
import sys
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from textbook import TEXTBOOK

from autograd import Value
from nn import optim, schedules
from nn.optim import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    NAdam,
    RMSprop,
    Yogi,
    clip_grad_norm,
    clip_grad_value,
)
from nn.optim.arithmetic import lerp

CASES = [
    (SGD, {"lr": 0.05}),
    (SGD, {"lr": 0.05, "weight_decay": 0.1, "maximize": True}),
    (SGD, {"lr": 0.05, "momentum": 0.9}),
    (SGD, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    (SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (Adagrad, {}),
    (Adagrad, {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1, "eps": 1e-6}),
    (Adagrad, {"lr": 0.1, "initial_accumulator_value": 0.5, "maximize": True}),
    (Adadelta, {}),
    (Adadelta, {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    (RMSprop, {}),
    (RMSprop, {"lr": 0.02, "alpha": 0.9, "eps": 1e-4, "weight_decay": 0.1}),
    (RMSprop, {"momentum": 0.8, "maximize": True}),
    (RMSprop, {"centered": True, "alpha": 0.9}),
    (RMSprop, {"centered": True, "momentum": 0.8, "alpha": 0.3}),
    (Adam, {}),
    (Adam, {"lr": 0.1, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1}),
    (Adam, {"lr": 0.1, "betas": (0.3, 0.9), "amsgrad": True, "maximize": True}),
    (Adam, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    (AdamW, {}),
    (AdamW, {"lr": 0.1, "betas": (0.0, 0.5), "weight_decay": 0.3, "amsgrad": True}),
    (Adamax, {}),
    (Adamax, {"betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True}),
    (NAdam, {}),
    (NAdam, {"lr": 0.1, "betas": (0.8, 0.99), "momentum_decay": 0.1, "weight_decay": 0.1}),
    (NAdam, {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    (Yogi, {}),
    (Yogi, {"lr": 0.1, "betas": (0.8, 0.99), "eps": 1e-4, "weight_decay": 0.1, "maximize": True}),
]


def case_name(case):
    cls, arguments = case
    return "-".join([cls.__name__, *(f"{name}={value}" for name, value in arguments.items())])


each_case = pytest.mark.parametrize(("cls", "arguments"), CASES, ids=map(case_name, CASES))
each_optimizer = pytest.mark.parametrize("cls", dict.fromkeys(cls for cls, _ in CASES))


def test_every_optimizer_is_tested():
    made = {
        thing
        for thing in vars(optim).values()
        if inspect.isclass(thing) and issubclass(thing, optim.Optimizer)
    }
    assert made - {optim.Optimizer} == {cls for cls, _ in CASES} == set(TEXTBOOK)


def leaves(numbers):
    return [Value(number) for number in numbers]


def start_and_gradients(seed, n=6, steps=200):
    """Gradients of several sizes, with zeros and changes of sign, as training gives them."""
    rng = random.Random(seed)
    scales = [10.0 ** rng.uniform(-4, 2) for _ in range(n)]
    start = [rng.gauss(0, 1) for _ in range(n)]
    gradients = [
        [0.0 if rng.random() < 0.05 else scale * rng.gauss(0.3, 1) for scale in scales]
        for _ in range(steps)
    ]
    return start, gradients


def run(optimizer, gradients):
    """The parameters after each step on these gradients."""
    path = []
    for row in gradients:
        for parameter, gradient in zip(optimizer.parameters, row, strict=True):
            parameter.grad = gradient
        optimizer.step()
        path.append([parameter.data for parameter in optimizer.parameters])
    return path


def bits(numbers):
    """The bits of floats; nan is nan, whatever its sign and payload."""
    return [b"nan" if x != x else struct.pack("<d", x) for x in numbers]


# -- the lesson's numbers, to the digits that it gives --


def descend(optimizer, loss, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss(*optimizer.parameters).backward()
        optimizer.step()
    return [round(parameter.data, 6) for parameter in optimizer.parameters]


def P(x1, x2):
    return x1**2 + 2 * x2**2


def Q(x1, x2):
    return 0.1 * x1**2 + 2 * x2**2


@pytest.mark.parametrize(
    ("loss", "arguments", "end"),
    [
        (P, {"lr": 0.1}, [-0.057646, -0.000073]),
        (Q, {"lr": 0.4}, [-0.943467, -0.000073]),
        (Q, {"lr": 0.6}, [-0.387814, -1673.365109]),
        (Q, {"lr": 0.6, "momentum": 0.5}, [0.007188, 0.002553]),
        (Q, {"lr": 0.6, "momentum": 0.25}, [-0.126340, -0.186632]),
    ],
)
def test_the_lessons_surfaces(loss, arguments, end):
    assert descend(SGD(leaves([-5.0, -2.0]), **arguments), loss, 20) == end


@pytest.mark.parametrize(("lr", "end"), [(0.2, 0.060466), (0.05, 3.486784), (1.1, 61.917364)])
def test_the_lessons_parabola(lr, end):
    assert descend(SGD([Value(10.0)], lr=lr), lambda x: x**2, 10) == [end]


def test_a_steady_gradient_with_momentum_steps_by_lr_over_one_minus_beta():
    optimizer = SGD([Value(0.0)], lr=0.01, momentum=0.9)
    path = run(optimizer, [[1.0]] * 400)
    assert path[-2][0] - path[-1][0] == pytest.approx(0.01 / (1 - 0.9), rel=1e-12)


# -- values: textbook formulas in 50 digits, and torch --


@each_case
def test_textbook(cls, arguments):
    """The formulas of the papers in 50 digits, over 60 steps.

    Each step rounds some 20 times, relative to the parameter or to its move, and averages forget:
    1e-12 of the longest distance from 0 is far above 60 steps' errors, far below what one wrong
    term makes.
    """
    start, gradients = start_and_gradients(seed=1, steps=60)
    path = run(cls(leaves(start), **arguments), gradients)
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(cls).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    with mpmath.workdps(50):
        for i, x in enumerate(start):
            expected = TEXTBOOK[cls](x, [row[i] for row in gradients], **defaults | arguments)
            got = [row[i] for row in path]
            largest = max(1e-3, *map(abs, got))
            assert got == pytest.approx([float(y) for y in expected], abs=1e-12 * largest)
            assert got[-1] != x


@pytest.fixture
def torch():
    torch = pytest.importorskip("torch", reason="torch.optim is the oracle")
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # NAdam keeps a product in the default type
    yield torch
    torch.set_default_dtype(default)


@each_case
@pytest.mark.parametrize("seed", range(3))
def test_torch(torch, cls, arguments, seed):
    if cls is Yogi:
        assert not hasattr(torch.optim, "Yogi")
        return
    start, gradients = start_and_gradients(seed)
    parameters = [torch.nn.Parameter(torch.tensor(x)) for x in start]
    largest = [0.0] * len(start)
    theirs = getattr(torch.optim, cls.__name__)(parameters, **arguments)
    for row, ours in zip(gradients, run(cls(leaves(start), **arguments), gradients), strict=True):
        for parameter, gradient in zip(parameters, row, strict=True):
            parameter.grad = torch.tensor(gradient)
        theirs.step()
        expected = [parameter.item() for parameter in parameters]
        largest = [max(size, abs(x)) for size, x in zip(largest, expected, strict=True)]
        for x, y, size in zip(ours, expected, largest, strict=True):
            # 1e-12 of the largest so far: torch fuses some products and sums into one rounding, and
            # what that changes does not shrink when a parameter crosses 0
            assert x == pytest.approx(y, rel=0, abs=1e-12 * size)


@each_optimizer
def test_arguments_and_defaults_are_torchs(torch, cls):
    if cls is Yogi:
        expected = {"lr": 0.01, "betas": (0.9, 0.999), "eps": 1e-3, "weight_decay": 0}
    else:
        theirs = inspect.signature(getattr(torch.optim, cls.__name__)).parameters
        of_tensors = {"params", "foreach", "capturable", "differentiable", "fused"}
        expected = {name: p.default for name, p in theirs.items() if name not in of_tensors}
    ours = {name: p.default for name, p in inspect.signature(cls).parameters.items()}
    del ours["parameters"]
    assert ours == {**expected, "maximize": False}
    positional = [name for name in expected if name not in ("maximize", "decoupled_weight_decay")]
    assert [name for name in ours if name in positional] == positional


# -- one rule, three forms: Values, lists, arrays --

special = st.sampled_from(
    [0.0, -0.0, 5e-324, 1e-320, 1e-200, 1e154, 1e200, 1.7e308, math.inf, -math.inf, math.nan]
)
any_float = special | st.floats() | st.floats(-10, 10)


@each_case
@given(
    rows=st.lists(st.tuples(any_float, any_float, any_float), min_size=2, max_size=5),
    forms=st.lists(st.sampled_from(["values", "list", "array"]), min_size=8, max_size=8),
)
def test_floats_and_arrays_have_the_same_bits(cls, arguments, rows, forms):
    """Any floats, also such as overflow or divide by 0: no exception, and the bits of numpy."""
    numpy = pytest.importorskip("numpy", reason="arrays are numpy's")
    start, *gradients = rows
    zeros = dict.fromkeys(arguments.keys() & {"eps"}, 0.0)  # with eps 0, 0 / 0 comes up
    optimizers = {form: cls(leaves(start), **arguments | zeros) for form in ("list", "array")}
    mixed = cls(leaves(start), **arguments | zeros)
    at = {"list": list(start), "array": numpy.array(start)}
    for row, form in zip(gradients * 2, forms, strict=False):
        slopes = {"list": list(row), "array": numpy.array(row)}
        before = bits(at["list"])
        new = {form: optimizers[form].update(at[form], slopes[form]) for form in at}
        for numbers, unchanged in ((at, before), (slopes, bits(row))):
            assert bits(numbers["list"]) == bits(numbers["array"].tolist()) == unchanged
            numbers["list"][:] = numbers["array"][:] = [7.0] * 3  # theirs again: no state is in it
        at = new
        for parameter, gradient in zip(mixed.parameters, row, strict=True):
            parameter.grad = gradient
        if form == "values":
            mixed.step()
        else:
            data = [parameter.data for parameter in mixed.parameters]
            as_form = list if form == "list" else numpy.array
            moved = mixed.update(as_form(data), as_form(row))
            for parameter, number in zip(mixed.parameters, moved, strict=True):
                parameter.data = float(number)
        assert type(at["list"]) is list
        assert {type(x) for x in at["list"]} == {float}
        assert at["array"].dtype == numpy.float64
        assert bits(at["list"]) == bits(at["array"].tolist())
        assert bits(at["list"]) == bits([parameter.data for parameter in mixed.parameters])
    states = [optimizer.state_dict() for optimizer in (*optimizers.values(), mixed)]
    for state in states:
        assert state["steps"] == len(gradients * 2)
        for name in state.keys() - {"optimizer", "steps"}:
            assert bits(state[name]) == bits(states[0][name])


def test_update_leaves_the_values_alone():
    w = Value(1.0)
    optimizer = SGD([w], lr=0.5)
    w.grad = 7.0
    assert optimizer.update([1.0], [1.0]) == [0.5]
    assert (w.data, w.grad, optimizer.steps) == (1.0, 7.0, 1)


def test_update_refuses_what_does_not_fit():
    numpy = pytest.importorskip("numpy", reason="arrays are numpy's")
    optimizer = SGD(leaves([1.0, 2.0]), lr=0.1, momentum=0.9)
    optimizer.update([1.0, 2.0], [1.0, 1.0])
    before = optimizer.state_dict()
    good = numpy.zeros(2)
    for wrong in (numpy.zeros(3), numpy.zeros((2, 1)), numpy.zeros(2, dtype=numpy.float32)):
        with pytest.raises(ValueError, match=r"float64 of the shape \(2,\); got shape \("):
            optimizer.update(wrong, good)
        with pytest.raises(ValueError, match=r"float64 of the shape \(2,\); got shape \("):
            optimizer.update(good, wrong)
    with pytest.raises(ValueError, match=r"float64 of the shape \(2,\); got list"):
        optimizer.update(good, [1.0, 2.0])
    with pytest.raises(ValueError, match="2 numbers, one a parameter; got 1"):
        optimizer.update([1.0], [1.0])
    with pytest.raises(TypeError, match="a number is wanted"):
        optimizer.update([1.0, "2"], [1.0, 1.0])
    assert optimizer.state_dict() == before


# -- state --


@each_case
@pytest.mark.parametrize("form", ["values", "array"])
def test_state_goes_through_json_bit_for_bit_in_the_middle_of_a_run(cls, arguments, form):
    start, gradients = start_and_gradients(seed=5, steps=60)
    arguments = arguments | {"lr": schedules.cosine(0.05, 0.001, 50)}
    whole = cls(leaves(start), **arguments)
    expected = run(whole, gradients)

    first = cls(leaves(start), **arguments)
    run(first, gradients[:29])
    data = [parameter.data for parameter in first.parameters]
    if form == "array":
        numpy = pytest.importorskip("numpy", reason="arrays are numpy's")
        data = first.update(numpy.array(data), numpy.array(gradients[29])).tolist()
    else:
        data = run(first, gradients[29:30])[-1]
    text = json.dumps({"data": data, "optimizer": first.state_dict()})
    saved = json.loads(text)
    second = cls(leaves(saved["data"]), **arguments)
    second.load_state_dict(saved["optimizer"])
    assert second.state_dict() == first.state_dict() == saved["optimizer"]
    assert [bits(row) for row in run(second, gradients[30:])] == [bits(r) for r in expected[30:]]
    assert second.state_dict() == whole.state_dict()
    # what was saved and loaded is a copy: neither run has changed it
    assert json.dumps({"data": data, "optimizer": saved["optimizer"]}) == text


@each_case
def test_the_state_before_the_first_step(cls, arguments):
    state = cls(leaves([1.0, 2.0]), **arguments).state_dict()
    start = arguments.get("initial_accumulator_value", 0.0)
    assert (state.pop("optimizer"), state.pop("steps")) == (cls.__name__, 0)
    assert all(numbers == [start, start] for numbers in state.values())


@each_case
def test_a_state_of_an_earlier_step_goes_on_from_there(cls, arguments):
    start, gradients = start_and_gradients(seed=7, steps=12)
    optimizer = cls(leaves(start), **arguments)
    path = run(optimizer, gradients[:4])
    early = optimizer.state_dict()
    path += run(optimizer, gradients[4:])
    optimizer.load_state_dict(early)
    for parameter, number in zip(optimizer.parameters, path[3], strict=True):
        parameter.data = number
    assert run(optimizer, gradients[4:]) == path[4:]


@pytest.mark.parametrize("n", [1, 100, 2000])
def test_a_step_of_nadam_costs_the_same_however_many_came_before(n, monkeypatch):
    """Its product of momenta is kept, not multiplied up anew."""
    optimizer, asked = NAdam(leaves([1.0])), []
    run(optimizer, [[1.0]] * n)
    momentum = optimizer._momentum
    monkeypatch.setattr(optimizer, "_momentum", lambda t: asked.append(t) or momentum(t))
    run(optimizer, [[1.0]])
    assert sorted(asked) == [n + 1, n + 1, n + 2]


def test_a_subclass_without_a_rule_is_refused():
    class Idle(optim.Optimizer):
        pass

    with pytest.raises(TypeError, match=r"abstract .*rule"):
        Idle(leaves([1.0]), 0.1, False, {})


@given(st.floats(-1e150, 1e150), st.floats(-1e150, 1e150))
def test_the_way_from_one_number_to_another_ends_at_both(start, end):
    assert lerp(start, end, 0.0) == start
    assert lerp(start, end, 1.0) == end


def test_half_the_way_is_counted_from_the_end_as_torch_does(torch):
    for start, end in [(0.1, 0.7), (0.3, 0.9), (0.7, -0.3)]:
        assert start + 0.5 * (end - start) != end - (end - start) * 0.5
        theirs = torch.lerp(torch.tensor(start), torch.tensor(end), 0.5).item()
        assert lerp(start, end, 0.5) == theirs


def test_infinite_state_goes_through_json():
    optimizer = Adam(leaves([1.0, 1.0, 1.0]))
    run(optimizer, [[math.inf, math.nan, 1e200]])
    again = Adam(leaves([1.0, 1.0, 1.0]))
    again.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
    for name in ("exp_avg", "exp_avg_sq"):
        assert bits(again.state_dict()[name]) == bits(optimizer.state_dict()[name])


def test_a_state_that_does_not_fit_changes_nothing():
    optimizer = Adam(leaves([1.0, 2.0]))
    run(optimizer, [[0.5, -0.5]] * 3)
    good = optimizer.state_dict()
    later = Adam(leaves([1.0, 2.0]))
    run(later, [[0.5, -0.5]] * 4)
    other = later.state_dict()
    wrong = [
        ({k: v for k, v in other.items() if k != "exp_avg"}, ValueError, r"missing \['exp_avg'\]"),
        (other | {"sum": [0.0, 0.0]}, ValueError, r"unexpected \['sum'\]"),
        (SGD(leaves([1.0, 2.0])).state_dict(), ValueError, "missing .*exp_avg.*exp_avg_sq"),
        (AdamW(leaves([1.0, 2.0])).state_dict(), ValueError, "state of Adam; got that of AdamW"),
        (Adam(leaves([1.0])).state_dict(), ValueError, "2 numbers for 'exp_avg'.*got 1"),
        (other | {"exp_avg_sq": [1.0, "2"]}, TypeError, "numbers for 'exp_avg_sq'; got str '2'"),
        (other | {"exp_avg_sq": [1.0, True]}, TypeError, "numbers for 'exp_avg_sq'; got bool"),
        (other | {"exp_avg_sq": None}, TypeError, "'exp_avg_sq' to be a list"),
        (other | {"steps": -1}, ValueError, "steps wants .*at least 0; got -1"),
        (other | {"steps": 1.5}, TypeError, "steps wants a whole number"),
    ]
    for state, error, words in wrong:
        with pytest.raises(error, match=words):
            optimizer.load_state_dict(state)
        assert optimizer.state_dict() == good


def test_the_state_dict_is_a_copy():
    optimizer = SGD(leaves([1.0]), momentum=0.9)
    run(optimizer, [[1.0]])
    optimizer.state_dict()["momentum_buffer"][0] = 100.0
    assert optimizer.state_dict()["momentum_buffer"] == [1.0]


# -- learning rates --


@each_optimizer
def test_a_schedule_is_the_rate_set_before_each_step(cls):
    start, gradients = start_and_gradients(seed=6, steps=30)
    asked = []

    def rate(step):
        asked.append(step)
        return 0.1 / (1 + step)

    path = run(cls(leaves(start), lr=rate), gradients)
    assert asked == list(range(30))
    by_hand = cls(leaves(start), lr=1.0)
    for step, (row, expected) in enumerate(zip(gradients, path, strict=True)):
        by_hand.lr = 0.1 / (1 + step)
        assert run(by_hand, [row]) == [expected]


def test_the_learning_rate_of_the_next_step():
    optimizer = SGD(leaves([1.0]), lr=schedules.warmup(0.1, steps=2))
    rates = []
    for _ in range(4):
        rates.append(optimizer.learning_rate)
        optimizer.step()
    assert rates == [0.0, 0.05, 0.1, 0.1]
    assert SGD(leaves([1.0]), lr=0.25).learning_rate == 0.25


def test_a_schedule_that_gives_no_rate_is_refused_before_anything_changes():
    for wrong, error in ((-0.1, ValueError), (math.nan, ValueError), ("0.1", TypeError)):
        optimizer = SGD(leaves([1.0]), lr=lambda step, wrong=wrong: 0.1 if step == 0 else wrong)
        run(optimizer, [[1.0]])
        before = optimizer.parameters[0].data
        with pytest.raises(error, match=r"the rate that .* gives for step 1 wants"):
            optimizer.step()
        assert (optimizer.steps, optimizer.parameters[0].data) == (1, before)


# -- arguments --


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda w: SGD(w, lr=-0.1), "lr wants .*at least 0; got -0.1"),
        (lambda w: SGD(w, lr=math.nan), "lr wants a finite number.*nan"),
        (lambda w: SGD(w, momentum=-1), "momentum wants .*got -1"),
        (lambda w: SGD(w, weight_decay=-1), "weight_decay wants .*got -1"),
        (lambda w: SGD(w, nesterov=True), r"nesterov wants .*got momentum=0.0, dampening=0.0"),
        (
            lambda w: SGD(w, momentum=0.9, dampening=0.1, nesterov=True),
            r"nesterov wants a momentum above 0 and a dampening of 0; got .*dampening=0.1",
        ),
        (lambda w: Adagrad(w, lr_decay=-1), "lr_decay wants .*got -1"),
        (lambda w: Adagrad(w, initial_accumulator_value=-1), "initial_acc.* wants .*got -1"),
        (lambda w: Adagrad(w, eps=-1), "eps wants .*got -1"),
        (lambda w: Adadelta(w, rho=1.5), "rho wants .*at most 1; got 1.5"),
        (lambda w: RMSprop(w, alpha=-0.5), "alpha wants .*got -0.5"),
        (lambda w: RMSprop(w, alpha=1.5), "alpha wants .*at most 1; got 1.5"),
        (lambda w: Adam(w, betas=(0.9, 1.0)), r"betas\[1\] wants .*below 1; got 1.0"),
        (lambda w: Adam(w, betas=(0.9, 0.9, 0.9)), "betas wants two numbers"),
        (lambda w: RMSprop(w, momentum=-0.5), "momentum wants .*got -0.5"),
        (lambda w: Adam(w, betas=(1.0, 0.9)), r"betas\[0\] wants .*below 1; got 1.0"),
        (lambda w: Adam(w, betas=(0.9, -0.1)), r"betas\[1\] wants .*at least 0 .*got -0.1"),
        (lambda w: Adam(w, betas=(0.9,)), r"betas wants two numbers.*got \(0.9,\)"),
        (lambda w: AdamW(w, weight_decay=-1), "weight_decay wants .*got -1"),
        (lambda w: Adamax(w, eps=math.inf), "eps wants a finite number.*inf"),
        (lambda w: NAdam(w, momentum_decay=-1), "momentum_decay wants .*got -1"),
        (lambda w: Yogi(w, lr=-1), "lr wants .*got -1"),
        (lambda w: SGD([]), "at least one parameter; got none"),
        (lambda w: SGD([*w, *w]), "each parameter once"),
        (lambda w: clip_grad_norm(w, -1.0), "max_norm wants .*got -1"),
        (lambda w: clip_grad_value(w, -1.0), "limit wants .*got -1"),
        (lambda w: clip_grad_norm([], 1.0), "at least one parameter"),
    ],
)
def test_arguments_out_of_range_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make(leaves([1.0]))


def test_what_is_no_leaf_is_refused():
    w = Value(1.0)
    wrong = [
        (w, r"a list of parameters \(model.parameters\(\), or \[w, b\]\); got Value"),
        (1.0, "a list of parameters.*got float 1.0"),
        ([w, 2.0], "number 1 is float 2.0"),
        ([("w", w)], "number 0 is tuple"),
        ([w, w * 2], r"leaves, made by Value\(number\); number 1 is the result of '\*'"),
        ([(w * 2).args[1]], "number 0 is a constant"),
        ("w", "number 0 is str 'w'"),
    ]
    for parameters, words in wrong:
        for call in (SGD, lambda p: clip_grad_norm(p, 1.0), lambda p: clip_grad_value(p, 1.0)):
            with pytest.raises(TypeError, match=words):
                call(parameters)
    with pytest.raises(TypeError, match=r"lr wants .*got '0.1'"):
        SGD([w], lr="0.1")
    with pytest.raises(TypeError, match="learning_rate"):
        SGD([w], learning_rate=0.1)


def test_a_generator_of_parameters_will_do():
    assert len(Adam(w for w in leaves([1.0, 2.0])).parameters) == 2


@each_case
def test_the_repr_names_every_argument(cls, arguments):
    optimizer = cls(leaves([1.0, 2.0]), **arguments)
    text = repr(optimizer)
    assert text.startswith(f"{cls.__name__}(2 parameters, lr=")
    for name, value in arguments.items():
        assert f"{name}={value!r}" in text


def test_zero_grad():
    parameters = leaves([1.0, 2.0])
    loss = parameters[0] * parameters[1]
    loss.backward()
    optimizer = SGD(parameters, lr=0.1)
    optimizer.zero_grad()
    assert [parameter.grad for parameter in parameters] == [0.0, 0.0]
    loss.backward()
    assert [parameter.grad for parameter in parameters] == [2.0, 1.0]


def test_importing_imports_no_numpy():
    code = "import sys, nn.optim, nn.schedules, nn.data; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- clipping --

gradient_lists = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8)


def with_gradients(gradients):
    parameters = leaves([0.0] * len(gradients))
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return parameters


@given(gradient_lists, st.floats(0, 2e3))
def test_clip_grad_norm(gradients, max_norm):
    parameters = with_gradients(gradients)
    square = sum(Fraction(g) ** 2 for g in gradients)
    norm = clip_grad_norm(parameters, max_norm)
    clipped = [parameter.grad for parameter in parameters]
    # hypot is within 1 ulp, and so is the root of the exact sum in 30 digits
    with mpmath.workdps(30):
        exact = mpmath.sqrt(mpmath.mpf(square.numerator) / square.denominator)
        assert norm == pytest.approx(float(exact), rel=4e-16, abs=0)
    if norm <= max_norm:
        assert clipped == gradients
    else:
        # a quotient and a product: two roundings, and underflow
        expected = [g * max_norm / norm for g in gradients]
        assert clipped == pytest.approx(expected, rel=1e-15, abs=1e-300)


@given(gradient_lists, st.floats(1e-3, 2e3))
def test_clip_grad_norm_is_torchs_but_for_its_epsilon(gradients, max_norm):
    torch = pytest.importorskip("torch", reason="torch is the oracle")
    theirs = [torch.nn.Parameter(torch.tensor(0.0, dtype=torch.float64)) for _ in gradients]
    for parameter, gradient in zip(theirs, gradients, strict=True):
        parameter.grad = torch.tensor(gradient, dtype=torch.float64)
    ours = with_gradients(gradients)
    norm = clip_grad_norm(ours, max_norm)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm).item()
    assert norm == pytest.approx(expected, rel=1e-14, abs=1e-150)  # theirs squares, and underflows
    for a, b in zip(ours, theirs, strict=True):
        # theirs divides by norm + 1e-6
        assert a.grad == pytest.approx(b.grad.item(), rel=1e-6 / max_norm + 1e-14)


def test_clip_grad_norm_does_not_overflow_and_does_not_hide():
    parameters = with_gradients([3e200, 4e200])
    assert clip_grad_norm(parameters, 1.0) == pytest.approx(5e200, rel=1e-15)
    assert [p.grad for p in parameters] == pytest.approx([0.6, 0.8], rel=1e-15)
    parameters = with_gradients([1.0, math.inf])
    assert clip_grad_norm(parameters, 1.0) == math.inf
    assert bits([p.grad for p in parameters]) == bits([0.0, math.nan])
    parameters = with_gradients([1.0, math.nan])
    assert math.isnan(clip_grad_norm(parameters, 1.0))
    assert bits([p.grad for p in parameters]) == [b"nan"] * 2
    parameters = with_gradients([0.0, 0.0])
    assert clip_grad_norm(parameters, 0.0) == 0.0


@given(gradient_lists, st.floats(0, 2e3))
def test_clip_grad_value(gradients, limit):
    parameters = with_gradients(gradients)
    clip_grad_value(parameters, limit)
    assert [p.grad for p in parameters] == [max(-limit, min(limit, g)) for g in gradients]


def test_clip_grad_value_of_inf_and_nan():
    parameters = with_gradients([math.inf, -math.inf, math.nan])
    clip_grad_value(parameters, 2.0)
    assert bits([p.grad for p in parameters]) == bits([2.0, -2.0, math.nan])


def test_a_gradient_set_to_none_counts_as_zero():
    reset, untouched = Value(1.0), Value(1.0)
    reset.grad = None
    for parameter in (reset, untouched):
        SGD([parameter], lr=0.1, weight_decay=0.5).step()
    assert reset.data == untouched.data == 0.95
