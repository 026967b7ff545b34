"""Data sets, splits, batches and transforms: shapes, seeds, geometry and independent oracles."""

import builtins
import importlib
import itertools
import math
import random
import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import data

CLASSES = {
    "moons": (data.moons, 2),
    "circles": (data.circles, 2),
    "spirals": (data.spirals, 2),
    "xor": (data.xor, 2),
    "blobs": (data.blobs, 3),
}
each_of_classes = pytest.mark.parametrize(("make", "k"), CLASSES.values(), ids=CLASSES)
RANDOM = {name: make for name, (make, _) in CLASSES.items()} | {"line": data.line_with_outliers}
each_random = pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)


@each_of_classes
def test_shapes_and_balance(make, k):
    for n in (1, 2, 3, 7, 100, 101):
        inputs, targets = make(n)
        assert len(inputs) == len(targets) == n
        assert all(type(row) is list and [type(x) for x in row] == [float] * 2 for row in inputs)
        counts = Counter(targets)
        assert set(counts) <= set(range(k))
        if make is not data.xor:  # xor's corners come in turn
            assert max(counts.values()) - min(counts[c] for c in range(k)) <= 1


@each_of_classes
def test_labels_stand_for_the_classes_in_order(make, k):
    inputs, targets = make(40)
    for labels in (tuple(range(-1, k - 1)), list("abc"[:k])):
        again, labelled = make(40, labels=labels)
        assert again == inputs
        assert labelled == [labels[target] for target in targets]
    with pytest.raises(ValueError, match=rf"one label a class, {k}; got"):
        make(40, labels=range(k + 1))


@each_random
def test_seeds(make):
    noisy = {} if make is data.blobs else {"noise": 0.1}
    state = random.getstate()
    assert make(40, **noisy) == make(40, rng=0, **noisy) == make(40, rng=random.Random(0), **noisy)
    assert make(40, rng=1, **noisy) != make(40, rng=2, **noisy)
    generator = random.Random(0)
    assert make(40, rng=generator, **noisy) != make(40, rng=generator, **noisy)
    assert random.getstate() == state
    for wrong in (None, "0", 0.5, True):
        with pytest.raises(TypeError, match=r"a seed .* or a random.Random; got"):
            make(40, rng=wrong)


DEFAULTS = {
    data.moons: {"n": 100, "noise": 0.1},
    data.circles: {"n": 100, "noise": 0.05, "ratio": 0.5},
    data.spirals: {"n": 200, "classes": 2, "noise": 0.02, "turns": 1.0},
    data.xor: {"n": 4, "noise": 0.0},
    data.blobs: {"n": 100, "centers": 3, "spread": 1.0},
    data.line_with_outliers: {
        "n": 50,
        "slope": 2.0,
        "intercept": 1.0,
        "noise": 0.2,
        "outliers": 0.1,
    },
}


@each_random
def test_what_is_not_given(make):
    """The seed counts for the rest: another default gives other points."""
    assert make() == make(**DEFAULTS[make], rng=0)
    for name, usual in DEFAULTS[make].items():
        assert make(**{name: usual}) == make(), name


@each_random
def test_bad_sizes_and_noise_are_named(make):
    spread = "spread" if make is data.blobs else "noise"
    for wrong in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match=rf"{spread} wants .*at least 0; got {wrong}"):
            make(10, **{spread: wrong})
    with pytest.raises(ValueError, match=r"n wants .*at least 1; got 0"):
        make(0)
    with pytest.raises(TypeError, match=r"n wants a whole number.*got 2.5"):
        make(2.5)


@each_random
def test_noise_is_normal_and_as_large_as_said(make):
    """Against the same points without noise, which are the same draws of the same seed."""
    size = "spread" if make is data.blobs else "noise"
    n = 4000
    extra = {"centers": [(0.0, 0.0)]} if make is data.blobs else {}
    extra |= {"outliers": 0.0} if make is data.line_with_outliers else {}
    clean, noisy = make(n, **{size: 0.0}, **extra), make(n, **{size: 0.25}, **extra)
    if make is data.line_with_outliers:
        assert clean[0] == noisy[0]
        errors = [b - a for a, b in zip(clean[1], noisy[1], strict=True)]
    else:
        assert clean[1] == noisy[1]
        errors = [
            b - a
            for p, q in zip(clean[0], noisy[0], strict=True)
            for a, b in zip(p, q, strict=True)
        ]
    # five standard errors of the mean and of the standard deviation of n normal numbers
    assert abs(statistics.fmean(errors)) < 5 * 0.25 / math.sqrt(n)
    assert statistics.pstdev(errors) == pytest.approx(0.25, abs=5 * 0.25 / math.sqrt(2 * n))
    within = sum(abs(error) < 0.25 for error in errors) / len(errors)
    assert within == pytest.approx(0.6827, abs=0.04)


def by_class(inputs, targets):
    return {c: [x for x, y in zip(inputs, targets, strict=True) if y == c] for c in set(targets)}


def test_moons_lie_on_two_half_circles():
    points = by_class(*data.moons(101, noise=0.0))
    # 1e-15: a cosine, a sine and two additions of numbers of size 1
    assert all(abs(math.hypot(x, y) - 1) < 1e-15 and y >= 0 for x, y in points[0])
    assert all(abs(math.hypot(x - 1, y - 0.5) - 1) < 4e-15 and y <= 0.5 for x, y in points[1])
    assert min(x for x, _ in points[0]) == -1
    assert max(x for x, _ in points[1]) == 2


def test_moons_are_scikit_learns():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is the oracle")
    for n in (2, 10, 101):
        theirs, labels = datasets.make_moons(n, shuffle=False)
        ours = by_class(*data.moons(n, noise=0.0))
        for c in (0, 1):
            expected = sorted(map(tuple, theirs[labels == c].tolist()))
            if n % 2 == 0:  # an odd point goes to our class 0, their class 1
                assert sorted(map(tuple, ours[c])) == [
                    pytest.approx(point, abs=1e-15) for point in expected
                ]


def test_few_points():
    """Along each arm from its start to its end; one point alone is at the start."""
    points = by_class(*data.moons(4, noise=0.0))
    for ours, ends in ((points[0], [(-1, 0), (1, 0)]), (points[1], [(0, 0.5), (2, 0.5)])):
        assert sorted(map(tuple, ours)) == [pytest.approx(end, abs=1e-15) for end in ends]
    assert data.moons(1, noise=0.0) == ([[1.0, 0.0]], [0])
    ((x, y),), _ = data.spirals(1, noise=0.0)
    assert (x, y) == (pytest.approx(0.1), 0.0)
    assert data.line_with_outliers(1, noise=0.0, outliers=0.0) == ([[0.0]], [1.0])
    assert data.circles(1, noise=0.0)[0] == [[1.0, 0.0]]


def test_circles():
    points = by_class(*data.circles(60, noise=0.0, ratio=0.3))
    assert all(math.hypot(*point) == pytest.approx(1.0, rel=1e-15) for point in points[0])
    assert all(math.hypot(*point) == pytest.approx(0.3, rel=1e-15) for point in points[1])
    for c in (0, 1):
        assert len({(round(x, 9), round(y, 9)) for x, y in points[c]}) == 30  # no point twice
        turns = sorted(math.atan2(y, x) for x, y in points[c])
        gaps = [b - a for a, b in itertools.pairwise(turns)]
        assert gaps == pytest.approx([2 * math.pi / 30] * 29, rel=1e-9)
    with pytest.raises(ValueError, match=r"ratio wants .*at most 1; got 1.5"):
        data.circles(ratio=1.5)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_spirals_are_turned_copies_of_each_other(k):
    points = by_class(*data.spirals(20 * k, classes=k, noise=0.0, turns=1.5))
    assert set(points) == set(range(k))
    for c, arm in points.items():
        turn = -2 * math.pi * c / k
        back = [
            (x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))
            for x, y in arm
        ]
        # 1e-14: sines of angles up to 4 pi, twice rotated
        for a, b in zip(sorted(back), sorted(points[0]), strict=True):
            assert a == pytest.approx(b, abs=1e-14)
        radii = sorted(math.hypot(x, y) for x, y in arm)
        assert radii[0] == pytest.approx(0.1)
        assert radii[-1] == pytest.approx(1.0)


def test_xor():
    assert data.xor() == ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    inputs, targets = data.xor(400, noise=0.1)
    for (x, y), target in zip(inputs, targets, strict=True):
        assert target == ((x > 0.5) != (y > 0.5))  # 0.5 is five standard deviations away


def test_noise_is_added_in_the_order_of_the_draws():
    rng = random.Random(0)
    noisy = [5 + 0.5 * rng.gauss(0.0, 1.0), 7 + 0.5 * rng.gauss(0.0, 1.0)]
    assert data.blobs(1, centers=[(5, 7)], spread=0.5) == ([noisy], [0])
    rng = random.Random(0)
    rows = [
        [x + 0.5 * rng.gauss(0.0, 1.0), y + 0.5 * rng.gauss(0.0, 1.0)] for x, y in [(0, 0), (0, 1)]
    ]
    assert data.xor(2, noise=0.5) == (rows, [0, 1])
    _, y = data.line_with_outliers(1, slope=0.0, intercept=3.0, noise=0.5, outliers=0.0)
    assert y == [3 + 0.5 * random.Random(0).gauss(0.0, 1.0)]


def test_blobs_stand_around_their_centers():
    centers = [(0.0, 0.0, 50.0), (50.0, 0.0, 0.0)]
    points = by_class(*data.blobs(200, centers=centers, spread=1.0))
    for c, center in enumerate(centers):
        assert all(math.dist(point, center) < 6 for point in points[c])
    drawn, _ = data.blobs(30, centers=10, spread=0.0)
    rng = random.Random(0)
    corners = {(rng.uniform(-10, 10), rng.uniform(-10, 10)) for _ in range(10)}
    assert {tuple(point) for point in drawn} == corners
    for wrong in ([], [(0.0, 1.0), (0.0,)]):
        with pytest.raises(ValueError, match=r"points of one dimension"):
            data.blobs(centers=wrong)
    with pytest.raises(ValueError, match=r"centers wants .*at least 1; got 0"):
        data.blobs(centers=0)
    with pytest.raises(ValueError, match=r"classes wants .*at least 1; got 0"):
        data.spirals(classes=0)
    assert set(data.blobs(10, centers=1)[1]) == set(data.spirals(10, classes=1)[1]) == {0}


def test_houses_are_near_their_line_and_cannot_be_changed_for_others():
    sizes, prices = data.houses()
    assert len(sizes) == len(prices) == 6
    assert all(
        abs(price - (3 * size - 90)) < 15 for (size,), price in zip(sizes, prices, strict=True)
    )
    sizes[0][0] = prices[0] = -1.0
    assert data.houses()[0][0][0] > 0 < data.houses()[1][0]


def test_line_with_outliers():
    inputs, targets = data.line_with_outliers(
        100, slope=-3.0, intercept=2.0, noise=0.0, outliers=0.2
    )
    above = [y - (-3.0 * x + 2.0) for (x,), y in zip(inputs, targets, strict=True)]
    assert sum(error == 0 for error in above) == 80
    assert sum(4.99 < error < 15.01 for error in above) == 20
    assert (inputs[0], inputs[-1]) == ([0.0], [5.0])
    far = data.line_with_outliers(2000, slope=0.0, intercept=0.0, noise=0.0, outliers=1.0)[1]
    # of 2000 numbers from 5 to 15 one is within 0.05 of an end, but for 1 seed in 20,000
    assert 5 <= min(far) < 5.05
    assert 14.95 < max(far) <= 15
    with pytest.raises(ValueError, match=r"outliers wants .*at most 1; got 5"):
        data.line_with_outliers(outliers=5)


def test_digits():
    datasets = pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn")
    inputs, targets = data.digits()
    theirs = datasets.load_digits()
    assert len(inputs) == len(targets) == 1797
    assert {len(row) for row in inputs} == {64}
    assert (min(map(min, inputs)), max(map(max, inputs))) == (0.0, 1.0)
    assert [[16 * x for x in row] for row in inputs] == theirs.data.tolist()
    assert targets == theirs.target.tolist()
    assert type(inputs[0][0]) is float
    assert type(targets[0]) is int


def test_digits_without_scikit_learn_names_the_extra(monkeypatch):
    def refuse(name, package=None):
        raise ImportError(f"no {name}")

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(ImportError, match=r'pip install "stepgrad\[notebooks\]"'):
        data.digits()


def test_nothing_but_the_standard_library_is_imported(monkeypatch):
    """Importing nn.data and making data works where numpy and scikit-learn can't be imported."""
    original = builtins.__import__

    def refuse(name, *args, **kwargs):
        assert name.partition(".")[0] not in {"numpy", "sklearn", "torch", "scipy"}
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    importlib.reload(data)
    data.moons()


# -- splits and batches --

sizes = st.integers(2, 60)
seeds = st.integers(0, 2**32)


@given(sizes, st.data(), seeds)
def test_split_keeps_every_pair_once(n, draw, seed):
    test_size = draw.draw(st.integers(1, n - 1) | st.floats(0.01, (n - 1) / n))
    inputs, targets = [[float(i)] for i in range(n)], [str(i) for i in range(n)]
    parts = data.train_test_split(inputs, targets, test_size, rng=seed)
    train_inputs, test_inputs, train_targets, test_targets = parts
    pairs = [*zip(train_inputs, train_targets, strict=True)]
    pairs += zip(test_inputs, test_targets, strict=True)
    assert sorted(x for (x,), _ in pairs) == list(range(n))
    assert all(str(int(x)) == target for (x,), target in pairs)
    expected = test_size if isinstance(test_size, int) else test_size * n
    assert expected - 1e-6 <= len(test_inputs) < expected + 1
    assert data.train_test_split(inputs, targets, test_size, rng=seed) == parts


def test_split_sizes():
    for n in range(5, 2000, 5):  # 0.2 * n is a hair above n / 5 for some of these
        assert len(data.train_test_split(range(n), range(n), 0.2)[1]) == n // 5
    order = data.train_test_split(range(100), range(100))
    assert [len(part) for part in order] == [80, 20, 80, 20]
    assert order == data.train_test_split(range(100), range(100), 0.2, rng=0)
    assert order[0] != sorted(order[0])
    assert order[0] != data.train_test_split(range(100), range(100), rng=1)[0]


@pytest.mark.parametrize(
    ("test_size", "words"),
    [
        (0, "test_size wants a whole number of at least 1; got 0"),
        (10, "rows left to train on; got 10 of 10 rows"),
        (11, "rows left to train on; got 11 of 10 rows"),
        (0.0, "rows left to train on; got 0 of 10 rows"),
        (1.0, "rows left to train on; got 10 of 10 rows"),
        (1.5, "test_size wants a finite number of at least 0 and at most 1; got 1.5"),
        (-0.1, "test_size wants .* got -0.1"),
        (math.nan, "test_size wants .* got nan"),
    ],
)
def test_split_refuses_to_leave_a_part_empty(test_size, words):
    with pytest.raises(ValueError, match=words):
        data.train_test_split(range(10), range(10), test_size)


def test_lengths_must_match():
    for call in (data.train_test_split, lambda x, y: data.minibatches(x, y, 2)):
        with pytest.raises(ValueError, match=r"got 3 inputs and 2 targets"):
            call([1, 2, 3], [1, 2])


@given(st.integers(0, 60), st.integers(1, 70), seeds)
def test_minibatches_bring_every_row_once(n, batch_size, seed):
    inputs, targets = [[float(i)] for i in range(n)], [str(i) for i in range(n)]
    batches = list(data.minibatches(inputs, targets, batch_size, rng=seed))
    assert [len(batch) for batch, _ in batches[:-1]] == [batch_size] * (len(batches) - 1)
    assert len(batches) == math.ceil(n / batch_size)
    seen = [pair for batch in batches for pair in zip(*batch, strict=True)]
    assert sorted(x for (x,), _ in seen) == list(range(n))
    assert all(str(int(x)) == target for (x,), target in seen)
    rows = list(data.shuffled_batches(n, batch_size, rng=seed))
    assert [[inputs[i] for i in batch] for batch in rows] == [batch for batch, _ in batches]


def test_minibatches_are_reshuffled_by_a_generator_and_repeatable_by_a_seed():
    def epoch(rng):
        return [batch for batch, _ in data.minibatches(range(50), range(50), 8, rng=rng)]

    generator = random.Random(3)
    epochs = [epoch(generator) for _ in range(5)]
    assert len({str(e) for e in epochs}) == 5
    assert epochs[0] == epoch(3) == epoch(3)
    assert epoch(0) == [batch for batch, _ in data.minibatches(range(50), range(50), 8)]
    assert epoch(0) == [list(rows) for rows in data.shuffled_batches(50, 8)]
    state = random.getstate()
    epoch(0)
    assert random.getstate() == state


def test_every_order_is_as_likely():
    """All 6 orders of 3 rows, 600 times: a chi-square of 5 degrees is below 20.5 in 999 of 1000."""
    generator = random.Random(0)
    counts = Counter(tuple(next(data.shuffled_batches(3, 3, generator))) for _ in range(600))
    assert len(counts) == 6
    assert sum((count - 100) ** 2 / 100 for count in counts.values()) < 20.5


def test_minibatches_refuse_at_once_and_not_when_the_loop_starts():
    with pytest.raises(ValueError, match=r"batch_size wants .*at least 1; got 0"):
        data.minibatches([1], [1], batch_size=0)
    with pytest.raises(TypeError, match=r"batch_size wants a whole number.*got 2.0"):
        data.minibatches([1], [1], batch_size=2.0)
    with pytest.raises(ValueError, match=r"n wants .*at least 0; got -1"):
        data.shuffled_batches(-1, 2)
    assert list(data.shuffled_batches(0, 2)) == []
    assert list(data.shuffled_batches(1, 1)) == [[0]]


# -- standardize and one_hot --

columns = st.integers(1, 4)
numbers = st.floats(-1e6, 1e6)


@given(columns.flatmap(lambda k: st.lists(st.lists(numbers, min_size=k, max_size=k), min_size=1)))
def test_standardize(rows):
    scaled, standardizer = data.standardize(rows)
    assert standardizer(rows) == scaled
    for column, new, mean, std in zip(
        zip(*rows, strict=True),
        zip(*scaled, strict=True),
        standardizer.mean,
        standardizer.std,
        strict=True,
    ):
        if min(column) == max(column):
            assert set(new) == {0.0}
            assert std == 1.0
            continue
        assert mean == pytest.approx(statistics.fmean(column), rel=1e-15, abs=1e-300)
        # a spread that is tiny beside the mean keeps only what the rounding of x - mean leaves
        slack = 1e-14 * (1 + max(map(abs, column)) / std)
        assert std == pytest.approx(statistics.pstdev(column), rel=slack)
        assert abs(statistics.fmean(new)) <= slack
        assert statistics.pstdev(new) == pytest.approx(1.0, rel=slack)
    largest = max(abs(x) for row in rows for x in row)
    for row, again in zip(rows, standardizer.inverse(scaled), strict=True):
        assert again == pytest.approx(row, rel=1e-14, abs=1e-14 * largest)


def test_standardize_is_scikit_learns():
    preprocessing = pytest.importorskip("sklearn.preprocessing", reason="the oracle")
    train, _ = data.blobs(50, centers=[(1.0, -20.0, 300.0)], rng=1)
    test, _ = data.blobs(20, centers=[(1.0, -20.0, 300.0)], rng=2)
    scaler = preprocessing.StandardScaler().fit(train)
    scaled, standardizer = data.standardize(train)
    # 1e-12: cancellation in x - mean loses a factor of 300
    for ours, theirs in (
        (scaled, scaler.transform(train)),
        (standardizer(test), scaler.transform(test)),
    ):
        for a, b in zip(ours, theirs.tolist(), strict=True):
            assert a == pytest.approx(b, rel=1e-12, abs=1e-13)


def test_standardize_plain_numbers():
    _, prices = data.houses()
    scaled, standardizer = data.standardize(prices)
    assert all(type(price) is float for price in scaled)
    assert [[x] for x in scaled] == data.standardize([[price] for price in prices])[0]
    assert standardizer.inverse(scaled) == pytest.approx(prices, rel=1e-15)
    assert standardizer.inverse([0.0]) == [statistics.fmean(prices)]


def test_standardize_of_equal_numbers_whose_mean_rounds():
    column = [0.1] * 3  # the sum of three is 0.30000000000000004
    assert data.standardize(column)[0] == [0.0] * 3


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "at least one row"),
        ([[1.0, 2.0], [3.0]], "row 0 has 2 numbers, row 1 1"),
        ([[1.0], [math.nan]], "row 1, column 0 is nan"),
        ([1.0, -math.inf], "row 1, column 0 is -inf"),
    ],
)
def test_standardize_refuses(rows, words):
    with pytest.raises(ValueError, match=words):
        data.standardize(rows)


def test_a_standardizer_is_a_value():
    _, standardizer = data.standardize([[1.0, 2.0], [3.0, 4.0]])
    assert standardizer == data.Standardizer((2.0, 3.0), (1.0, 1.0))
    assert len({standardizer, data.Standardizer((2.0, 3.0), (1.0, 1.0))}) == 1
    with pytest.raises(AttributeError):
        standardizer.mean = (0.0, 0.0)


def test_standardize_of_numbers_too_small_to_have_a_spread():
    """The root of 9e-648 / 100 is 0 in floats, though the numbers differ."""
    column = [5e-324, *[0.0] * 99]
    scaled, standardizer = data.standardize(column)
    assert standardizer.std == (1.0,)
    assert scaled == column


def test_standardizer_refuses_other_columns():
    _, standardizer = data.standardize([[1.0, 2.0], [3.0, 4.0]])
    for call in (standardizer, standardizer.inverse):
        with pytest.raises(ValueError, match=r"fitted to 2 columns; got 3"):
            call([[1.0, 2.0, 3.0]])
        assert call([]) == []


@given(st.integers(1, 12).flatmap(lambda k: st.tuples(st.just(k), st.lists(st.integers(0, k - 1)))))
def test_one_hot(case):
    k, labels = case
    rows = data.one_hot(labels, classes=k)
    assert [row.index(1.0) for row in rows] == labels
    assert all(len(row) == k and sum(row) == 1.0 and set(row) <= {0.0, 1.0} for row in rows)
    assert rows == [data.one_hot(label, k) for label in labels]


def test_one_hot_refuses():
    with pytest.raises(ValueError, match=r"classes wants .*at least 1; got 0"):
        data.one_hot(0, classes=0)
    for wrong in (3, [0, 3]):
        with pytest.raises(ValueError, match=r"labels from 0 to 2; got 3"):
            data.one_hot(wrong, classes=3)
    with pytest.raises(ValueError, match=r"at least 0; got -1"):
        data.one_hot([-1], classes=3)
    for wrong in (1.0, True, "1", [0.5]):
        with pytest.raises(TypeError, match=r"whole number"):
            data.one_hot(wrong, classes=3)
