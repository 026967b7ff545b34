"""Learning-rate schedules against the lesson's numbers, torch's schedulers and their formulas."""

import itertools
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import schedules
from nn.schedules import (
    constant,
    cosine,
    cyclical,
    exponential,
    factor,
    inverse_sqrt,
    one_cycle,
    piecewise_constant,
    polynomial,
    warmup,
)

ALL = [
    constant(0.1),
    piecewise_constant(boundaries=[3, 7], rates=[0.1, 0.02, 0.004]),
    factor(start=0.1, factor=0.5, floor=0.01),
    exponential(start=0.1, decay=0.3),
    polynomial(start=0.1, power=2.0, decay=0.5),
    inverse_sqrt(start=0.1),
    cosine(start=0.1, end=0.01, steps=9),
    one_cycle(peak=0.1, steps=9),
    cyclical(low=0.01, high=0.1, half=3, shrink=0.5),
    warmup(cosine(start=0.1, end=0.01, steps=9), steps=4, start=0.001),
]
name_of = lambda schedule: type(schedule).__name__  # noqa: E731

# A schedule is a handful of roundings on top of cos, exp or pow (each within 1 ulp).
CLOSE = pytest.approx
few_roundings = {"rel": 1e-14, "abs": 1e-17}


def test_the_lessons_cosine():
    rate = cosine(0.3, 0.01, 20)
    # the lesson gives nine digits
    expected = {0: 0.3, 5: 0.257530483, 10: 0.155, 15: 0.052469517, 20: 0.01, 21: 0.01, 1000: 0.01}
    assert {t: round(rate(t), 9) for t in expected} == expected
    assert rate(20) == 0.01  # exactly, not 0.01 and a rounding error


@given(st.integers(0, 10_000))
def test_formulas(t):
    assert factor(0.3, 0.99, 0.01)(t) == CLOSE(max(0.01, 0.3 * 0.99**t), **few_roundings)
    assert exponential(0.3, 0.01)(t) == CLOSE(0.3 / math.e ** (0.01 * t), rel=1e-12)  # e is rounded
    assert polynomial(0.3, 1.5, 0.1)(t) == CLOSE(0.3 / (1 + 0.1 * t) ** 1.5, **few_roundings)
    assert polynomial(0.3)(t) == polynomial(0.3, 0.5, 1.0)(t)
    assert inverse_sqrt(0.3)(t) == CLOSE(polynomial(0.3, 0.5, 1.0)(t), **few_roundings)
    assert constant(0.3)(t) == 0.3


def torch_rates(make, n):
    torch = pytest.importorskip("torch", reason="torch's schedulers are the oracle")
    optimizer = torch.optim.SGD([torch.zeros(1, dtype=torch.float64)], lr=0.1, momentum=0.9)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    rates = []
    for _ in range(n):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("ours", "make", "n"),
    [
        (
            piecewise_constant([3, 7], [0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1]),
            lambda s, o: s.MultiStepLR(o, [3, 7], gamma=0.1),
            12,
        ),
        (factor(0.1, 0.9), lambda s, o: s.ExponentialLR(o, gamma=0.9), 30),
        (exponential(0.1, 0.3), lambda s, o: s.ExponentialLR(o, gamma=math.exp(-0.3)), 30),
        (cosine(0.1, 0.01, 20), lambda s, o: s.CosineAnnealingLR(o, 20, eta_min=0.01), 21),
        (one_cycle(0.5, 40), lambda s, o: s.OneCycleLR(o, max_lr=0.5, total_steps=40), 40),
        (
            one_cycle(0.5, 40, rise=0.45, start=0.5 / 10, end=0.5 / 10 / 100),
            lambda s, o: s.OneCycleLR(
                o, 0.5, total_steps=40, pct_start=0.45, div_factor=10, final_div_factor=100
            ),
            40,
        ),
        (
            cyclical(0.01, 0.1, half=5),
            lambda s, o: s.CyclicLR(o, 0.01, 0.1, step_size_up=5),
            40,
        ),
        (
            cyclical(0.01, 0.1, half=5, shrink=0.5),
            lambda s, o: s.CyclicLR(o, 0.01, 0.1, step_size_up=5, mode="triangular2"),
            40,
        ),
        (
            warmup(0.1, steps=8, start=0.1 * 0.25),
            lambda s, o: s.LinearLR(o, start_factor=0.25, total_iters=8),
            12,
        ),
    ],
    ids=lambda x: name_of(x) if callable(x) and name_of(x) != "function" else None,
)
def test_torchs_schedulers_agree(ours, make, n):
    # torch multiplies the last rate by a ratio at each step: an error of a few ulps a step
    assert [ours(t) for t in range(n)] == CLOSE(torch_rates(make, n), rel=1e-12)


def test_one_cycle_after_its_end_and_when_short():
    rate = one_cycle(peak=0.1, steps=10)
    assert rate(9) == rate(10) == rate(10**6) == 0.1 / 25 / 1e4
    assert [one_cycle(0.1, 1)(t) for t in (0, 1)] == [0.1 / 25 / 1e4] * 2
    assert one_cycle(0.1, 10, rise=0.0)(0) < 0.1
    assert one_cycle(0.1, 10, rise=1.0)(8) < 0.1
    assert max(one_cycle(0.1, 10, rise=0.5)(t) for t in range(10)) == 0.1


def test_one_cycle_at_its_joints():
    """Where a part has no length there is no division by it."""
    assert one_cycle(0.1, 10, rise=0.1)(0) == 0.1
    assert one_cycle(0.1, 10, rise=1.0, end=0.02)(9) == 0.02
    for rise in (0.3, 0.5, 0.8):
        rate = one_cycle(0.1, 10, rise=rise, start=0.03, end=0.01)
        rates = [rate(t) for t in range(12)]
        top = rates.index(0.1)
        assert top == round(rise * 10) - 1
        assert rates[0] == 0.03
        assert rates[: top + 1] == sorted(rates[: top + 1])
        assert rates[top:] == sorted(rates[top:], reverse=True)
        assert rates[9:] == [0.01] * 3


def test_after_the_warmup_the_rate_is_exactly_that_of_the_schedule():
    assert 0.7 + (0.1 - 0.7) != 0.1
    assert warmup(0.1, steps=3, start=0.7)(3) == 0.1


@pytest.mark.parametrize("schedule", ALL, ids=name_of)
def test_warmup_rises_in_a_line_and_then_follows(schedule):
    rate = warmup(schedule, steps=5, start=0.002)
    rises = [b - a for a, b in itertools.pairwise(rate(t) for t in range(6))]
    assert rate(0) == 0.002
    assert rises == CLOSE([(schedule(0) - 0.002) / 5] * 5, rel=1e-9)  # differences cancel
    assert [rate(5 + t) for t in range(20)] == [schedule(t) for t in range(20)]


@pytest.mark.parametrize("schedule", ALL, ids=name_of)
def test_any_schedule(schedule):
    rates = [schedule(t) for t in range(60)]
    assert all(type(rate) is float and 0 <= rate <= 0.1 for rate in rates)
    assert rates == [schedule(t) for t in range(60)]  # a function of the step: no memory
    again = eval(repr(schedule), vars(schedules))
    assert again == schedule
    assert hash(again) == hash(schedule)
    assert [again(t) for t in range(60)] == rates
    assert [pickle.loads(pickle.dumps(schedule))(t) for t in range(60)] == rates
    assert math.isfinite(schedule(10**9))
    for step in (-1, math.nan):
        with pytest.raises(ValueError, match=r"0 or more"):
            schedule(step)
    assert set(schedules.__dict__) >= {name_of(schedule)}


def test_every_schedule_is_tested():
    made = {
        name
        for name, thing in vars(schedules).items()
        if isinstance(thing, type) and thing.__module__ == schedules.__name__
    }
    assert made == {name_of(schedule) for schedule in ALL}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: constant(-0.1), "constant's rate .*at least 0; got -0.1"),
        (lambda: constant(math.nan), "constant's rate .*finite.*nan"),
        (lambda: piecewise_constant([3, 3], [1, 2, 3]), r"ascending.*\(3, 3\)"),
        (lambda: piecewise_constant([5, 3], [1, 2, 3]), r"ascending.*\(5, 3\)"),
        (lambda: piecewise_constant([3], [0.1]), "one rate more.*1 rates and 1 boundaries"),
        (lambda: piecewise_constant([0], [0.1, 0.2]), "boundary.*at least 1; got 0"),
        (lambda: piecewise_constant([3], [0.1, -0.2]), "constant's rate .*got -0.2"),
        (lambda: one_cycle(0.1, 0), "one_cycle's steps .*at least 1; got 0"),
        (lambda: cyclical(0.1, 0.2, 0), "cyclical's half .*at least 1; got 0"),
        (lambda: factor(0.1, 1.1), "factor's factor .*at most 1; got 1.1"),
        (lambda: factor(0.1, 0), "above 0; got 0"),
        (lambda: factor(0.1, 0.5, floor=0.2), "factor's floor .*at most 0.1; got 0.2"),
        (lambda: exponential(0.1, -1), "exponential's decay .*got -1"),
        (lambda: polynomial(0.1, -1), "polynomial's power .*got -1"),
        (lambda: inverse_sqrt(math.inf), "inverse_sqrt's start .*finite.*inf"),
        (lambda: cosine(0.1, -0.1, 5), "cosine's end .*got -0.1"),
        (lambda: cosine(0.1, 0.0, 0), "cosine's steps .*at least 1; got 0"),
        (lambda: one_cycle(0.1, 10, rise=1.5), "one_cycle's rise .*at most 1; got 1.5"),
        (lambda: cyclical(0.2, 0.1, 5), "cyclical's high .*at least 0.2; got 0.1"),
        (lambda: cyclical(0.1, 0.2, 5, shrink=2.0), "cyclical's shrink .*got 2"),
        (lambda: warmup(-1.0, 5), "warmup's schedule .*got -1"),
        (lambda: warmup(0.1, 0), "warmup's steps .*at least 1; got 0"),
        (lambda: warmup(0.1, 5, start=-1), "warmup's start .*got -1"),
    ],
)
def test_arguments_out_of_range_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: constant("0.1"),
        lambda: constant(True),
        lambda: cosine(0.1, 0.0, 2.5),
        lambda: cosine(0.1, 0.0, True),
        lambda: piecewise_constant([2.5], [1, 2]),
        lambda: warmup("cosine", 5),
    ],
)
def test_what_is_no_number_is_a_type_error(make):
    with pytest.raises(TypeError, match=r"wants"):
        make()
