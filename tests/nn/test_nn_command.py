"""python -m nn: what it prints, what it writes, how its errors teach."""

import json
import os
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nn
from nn.__main__ import _parser, main

QUICK = ["--epochs", "3", "--points", "20", "--hidden", "3"]


def test_it_learns_the_moons_and_writes_three_files(tmp_path, capsys):
    assert main(["--out-dir", str(tmp_path / "new" / "folder")]) == 0
    out = capsys.readouterr().out
    folder = tmp_path / "new" / "folder"
    assert "two moons: 160 points to train on, 40 held out" in out
    assert "337 parameters" in out
    assert "100 epochs in" in out
    lines = {line[:10].strip(): line.split()[-2:] for line in out.splitlines()}
    loss, accuracy = lines["trained on"]
    assert float(loss) < 0.05
    assert float(accuracy.rstrip("%")) >= 98.0
    assert float(lines["held out"][1].rstrip("%")) >= 95.0
    assert sorted(os.listdir(folder)) == ["boundary.svg", "model.json", "network.svg"]
    for name in ("boundary.svg", "network.svg"):
        assert ElementTree.parse(folder / name).getroot().tag.endswith("svg")
        assert f"wrote {folder / name}" in out
    inputs, targets = nn.data.moons(200, 0.1, labels=(-1, 1))
    model = nn.load(folder / "model.json")
    right = sum((model(x).data > 0) == (t > 0) for x, t in zip(inputs, targets, strict=True))
    assert f"{right} of 200 points lie in their region" in (folder / "boundary.svg").read_text()


def test_options_reach_the_network(tmp_path, capsys):
    arguments = ["--hidden", "3, 2", "--activation", "tanh", "--seed", "4", "--out-dir"]
    assert main([*QUICK, *arguments, str(tmp_path)]) == 0
    model = nn.load(tmp_path / "model.json")
    assert (model.sizes, model.activation.name) == ([3, 2, 1], "tanh")
    assert "two moons: 16 points to train on, 4 held out" in capsys.readouterr().out
    assert main([*QUICK, "--hidden", "none", "--out-dir", str(tmp_path)]) == 0
    assert nn.load(tmp_path / "model.json").sizes == [1]


def test_the_same_seed_gives_the_same_files(tmp_path):
    for name, seed in [("a", "1"), ("b", "1"), ("c", "2")]:
        assert main([*QUICK, "--seed", seed, "--out-dir", str(tmp_path / name)]) == 0
    files = {
        name: [(tmp_path / name / file).read_bytes() for file in ("boundary.svg", "model.json")]
        for name in "abc"
    }
    assert files["a"] == files["b"]
    points = {
        name: [line for line in svg.decode().splitlines() if 'class="point' in line][2:]
        for name, (svg, _) in files.items()
    }
    assert len(points["a"]) == len(points["c"]) == 20
    assert points["a"] != points["c"]
    assert files["a"][1] != files["c"][1]
    places = [[re.findall(r'c[xy]="([^"]*)"', p) for p in points[name]] for name in "ac"]
    assert sorted(filter(None, places[0])) != sorted(filter(None, places[1]))


def test_what_is_not_given():
    options = vars(_parser().parse_args([]))
    assert options == {
        "points": 200,
        "noise": 0.1,
        "hidden": [16, 16],
        "activation": "relu",
        "epochs": 100,
        "batch_size": 20,
        "lr": 0.02,
        "seed": 0,
        "out_dir": Path(),
    }


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("points", "10", 10),
        ("noise", "0", 0.0),
        ("epochs", "1", 1),
        ("batch-size", "1", 1),
        ("lr", "0", 0.0),
        ("seed", "0", 0),
        ("hidden", "1", [1]),
        ("hidden", "999999", [999_999]),
    ],
)
def test_the_least_and_the_most_that_may_be_given(option, text, value):
    options = vars(_parser().parse_args([f"--{option}", text]))
    assert options[option.replace("-", "_")] == value


def test_what_is_printed_is_what_happened(tmp_path, capsys, monkeypatch):
    """The last epoch's numbers, each note once, and how long it took."""
    fit, histories = nn.fit, []

    def told(*args, **kwargs):
        for _ in range(2):
            warnings.warn("mind the gap", stacklevel=1)
        histories.append(fit(*args, **kwargs))
        histories[-1].epochs[-2] |= {"accuracy": 0.125, "val_accuracy": 0.125}  # unlike the last
        return histories[-1]

    monkeypatch.setattr(nn, "fit", told)
    start = time.perf_counter()
    assert main([*QUICK, "--epochs", "4", "--out-dir", str(tmp_path)]) == 0
    longest = time.perf_counter() - start
    out = capsys.readouterr().out
    (history,) = histories
    for what, prefix in [("trained on", ""), ("held out", "val_")]:
        loss, right = history[f"{prefix}loss"], history[f"{prefix}accuracy"]
        assert len(set(loss)) == len(loss) == 4
        assert f"{what:<12}{loss[-1]:<8.4f}{right[-1]:.1%}\n" in out
    assert out.count("note: mind the gap\n") == 1
    seconds = float(re.search(r"\n4 epochs in (.*) s\n", out)[1])
    assert 0 <= seconds <= longest + 0.005  # it is rounded to hundredths


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hidden", "1000000"], "--hidden: wants the neurons"),
        (["--batch-size", "0"], "--batch-size: wants a whole number of at least 1; got '0'"),
        (["--seed", "-1"], "--seed: wants a whole number of at least 0; got '-1'"),
        (["--lr", "-0.1"], "--lr: wants a number of at least 0; got '-0.1'"),
        (["--lr", "inf"], "--lr: wants a number of at least 0; got 'inf'"),
        (["--activation", "rellu"], "there is no activation 'rellu': did you mean 'relu'? There"),
        (["--activation", "softmax"], "softmax is for a last layer of classes"),
        (["--hidden", "3,x"], "--hidden: wants the neurons of each layer, like 16,16, or none"),
        (["--hidden", "0"], "--hidden: wants the neurons"),
        (["--hidden", ""], "--hidden: wants the neurons"),
        (["--points", "3"], "--points: wants a whole number of at least 10; got '3'"),
        (["--points", "many"], "--points: wants a whole number of at least 10; got 'many'"),
        (["--epochs", "0"], "--epochs: wants a whole number of at least 1; got '0'"),
        (["--noise", "-1"], "--noise: wants a number of at least 0; got '-1'"),
        (["--lr", "nan"], "--lr: wants a number of at least 0; got 'nan'"),
        (["--lr", "fast"], "--lr: wants a number"),
        (["--epoch", "3"], "unrecognized arguments: --epoch"),
    ],
)
def test_mistakes_are_told(arguments, message, tmp_path, capsys):
    try:
        code = main([*arguments, "--out-dir", str(tmp_path)])
    except SystemExit as stop:  # argparse's way
        code = stop.code
    assert code == 2
    assert message in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_a_run_that_diverges_says_why(tmp_path, capsys):
    assert main([*QUICK, "--lr", "1e300", "--out-dir", str(tmp_path)]) == 1
    message = capsys.readouterr().err
    assert "the loss is not finite in epoch" in message
    assert "(--lr 1e+300 was given)" in message


def test_a_folder_that_cannot_be(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main([*QUICK, "--out-dir", str(tmp_path / "file" / "folder")]) == 1
    assert "python -m nn: " in capsys.readouterr().err


@pytest.mark.parametrize("epochs", [0, 2])
def test_an_interrupt_keeps_what_was_learnt(epochs, tmp_path, capsys, monkeypatch):
    fit = nn.fit

    def interrupted(*args, **kwargs):
        def stop(model, history):
            if len(history) == epochs:
                raise KeyboardInterrupt

        def first(prediction, target):
            stop(None, [])
            return prediction

        return fit(*args, **kwargs | {"metrics": ["accuracy", first]}, callbacks=[stop])

    monkeypatch.setattr(nn, "fit", interrupted)
    assert main([*QUICK, "--out-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert f"interrupted in epoch {epochs + 1}" in printed
    assert f"{epochs} epochs in" in printed
    assert ("trained on" in printed) == (epochs > 0)
    assert len(os.listdir(tmp_path)) == 3


def test_without_the_extras_and_from_a_shell(tmp_path):
    """No numpy and no llvmlite: compiled to Python, which is said; the same network."""
    code = (
        "import sys; sys.modules['numpy'] = sys.modules['llvmlite'] = None\n"
        "from nn.__main__ import main\n"
        f"sys.exit(main({[*QUICK, '--out-dir', 'plain']}))"
    )
    root = str(Path(nn.__file__).parents[1])
    for command in (["-c", code], ["-m", "nn", *QUICK, "--out-dir", "full"]):
        run = subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": root},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        if command[0] == "-c":
            assert "note: compiled to Python" in run.stdout
            assert "Warning" not in run.stderr
    plain, full = (json.loads((tmp_path / n / "model.json").read_text()) for n in ("plain", "full"))
    # machine code adds a batch's samples up in blocks, Python in turn
    assert plain["parameters"] == pytest.approx(full["parameters"], rel=1e-12)


def test_help_is_worth_reading(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for part in ("things to try", "exit codes", "boundary.svg", "--activation", "(default: 0.02)"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 80
