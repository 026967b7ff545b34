"""History: columns, the table, and what it says when asked for what is not there."""

import pytest

import nn


def history(n, **columns):
    h = nn.History()
    for i in range(n):
        h.append({"loss": 1 / (i + 1), "learning_rate": 0.1} | columns)
    return h


def test_columns():
    h = history(3, accuracy=0.5)
    assert h.columns() == ["loss", "learning_rate", "accuracy"]
    assert h["loss"] == [1.0, 0.5, 1 / 3]
    assert h.to_dict() == {name: h[name] for name in h.columns()}
    assert len(h) == 3
    assert [epoch["loss"] for epoch in h] == h["loss"]


def test_an_empty_history():
    h = nn.History()
    assert (len(h), h.columns(), h.to_dict(), h["loss"]) == (0, [], {}, [])
    assert repr(h) == "History(no epochs)"
    assert str(h).split() == ["epoch"]


def test_what_is_not_there_is_named_with_what_is():
    with pytest.raises(
        KeyError, match="'acc' is not in this history; there are loss, learning_rate"
    ):
        history(1)["acc"]


def test_the_table():
    lines = str(history(2)).split("\n")
    assert [line.split() for line in lines] == [
        ["epoch", "loss", "learning_rate"],
        ["1", "1", "0.1"],
        ["2", "0.5", "0.1"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_a_long_table_leaves_its_middle_out():
    h = history(1000)
    h.stopped = "stopped early: a reason"
    lines = str(h).split("\n")
    first = [line.split()[0] for line in lines[:-1]]
    assert first == ["epoch", *map(str, range(1, 11)), "...", *map(str, range(992, 1001))]
    assert lines[-1] == "stopped early: a reason"


@pytest.mark.parametrize("n", [1, 2, 19, 20, 21, 22])
def test_twenty_epochs_are_shown_whole(n):
    shown = [line.split()[0] for line in str(history(n)).split("\n")[1:]]
    whole = list(map(str, range(1, n + 1)))
    assert shown == (whole if n <= 20 else [*whole[:10], "...", *whole[-9:]])


def test_repr_tells_the_last_epoch():
    assert repr(history(4)) == "History(4 epochs; last: loss=0.25, learning_rate=0.1)"
