"""The command line: train a network on the two moons, and see what it learnt."""

from __future__ import annotations

import argparse
import importlib
import math
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nn
from nn.console import Parser, printable, run

_DESCRIPTION = """\
Train a small network to tell two moons apart, and see what it learnt.

The data are two half circles of points that interlock, one a class: no
straight line separates them, so a network without a hidden layer fails. A
fifth of the points is held out. Trained by Adam on mini-batches; Ctrl-C ends
the training and keeps what was learnt.
"""

_EPILOG = """\
files, in --out-dir
  boundary.svg   which class the network answers where, and the points
  network.svg    the neurons and their weights
  model.json     the network; nn.load("model.json") gives it back
  A file that is there already is replaced.

things to try
  python -m nn --hidden none                a straight line: not 90%
  python -m nn --hidden 3                   each neuron may bend it once
  python -m nn --activation sigmoid         slower: its slope is 1/4 at most
  python -m nn --lr 30                      too large a step
  python -m nn --noise 0.4 --points 60 --hidden 64,64 --epochs 1000
                                          overfitting: see the two accuracies

exit codes
  0 all went well   1 training failed, or a file could not be written
  2 a mistake in what was typed
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        model = nn.MLP(2, [*options.hidden, 1], options.activation, rng=options.seed)
    except ValueError as error:
        print(f"python -m nn: error: {printable(str(error))}", file=sys.stderr)
        return 2
    if options.activation in ("softmax", "log_softmax"):
        print("python -m nn: error: softmax is for a last layer of classes", file=sys.stderr)
        return 2
    data = nn.data.moons(options.points, options.noise, rng=options.seed, labels=(-1, 1))
    try:
        _train(model, data, options)
    except nn.NonFiniteError as error:
        print(f"python -m nn: {error} (--lr {options.lr:g} was given)", file=sys.stderr)
        return 1
    return 0 if _written(model, data, options.out_dir) else 1


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m nn",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    # a list of (name, type, default, metavar, help), so that each default is said in one way
    for name, kind, default, metavar, what in [
        ("points", _whole(10), 200, "N", "how many points"),
        ("noise", _number(0.0), 0.1, "X", "how far they stray: the standard deviation"),
        ("hidden", _widths, "16,16", "N,N,...", "the neurons of each hidden layer, or none"),
        ("activation", str, "relu", "NAME", "of the hidden layers: relu, tanh, sigmoid, ..."),
        ("epochs", _whole(1), 100, "N", "how often all points are gone through"),
        ("batch-size", _whole(1), 20, "N", "how many points a step is taken from"),
        ("lr", _number(0.0), 0.02, "X", "the learning rate"),
        ("seed", _whole(0), 0, "N", "of the points, the weights and the order"),
        ("out-dir", Path, ".", "DIR", "where the files go"),
    ]:
        parser.add_argument(
            f"--{name}",
            type=kind,
            default=default,
            metavar=metavar,
            help=f"{what} (default: {'here' if default == '.' else default})",
        )
    return parser


def _train(model: nn.MLP, data: tuple[list[list[float]], list[Any]], options: Any) -> None:
    """Train with a progress bar in a terminal, and print what came of it."""
    train_x, test_x, train_t, test_t = nn.data.train_test_split(*data, rng=options.seed)
    print(f"two moons: {len(train_x)} points to train on, {len(test_x)} held out")
    print(f"{model!r}: {len(model.parameters())} parameters", flush=True)
    start = time.perf_counter()
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always")
        history = nn.fit(
            model,
            train_x,
            train_t,
            "hinge",
            nn.optim.Adam(model.parameters(), lr=options.lr),
            epochs=options.epochs,
            batch_size=options.batch_size,
            validation=(test_x, test_t),
            metrics="accuracy",
            rng=options.seed,
            compile="auto",
        )
    seconds = time.perf_counter() - start
    for note in {str(note.message) for note in notes}:
        print(f"note: {note}")
    if history.stopped:
        print(history.stopped)
    if len(history):
        print("            loss    accuracy")
        for what, prefix in [("trained on", ""), ("held out", "val_")]:
            loss, right = history[f"{prefix}loss"][-1], history[f"{prefix}accuracy"][-1]
            print(f"{what:<12}{loss:<8.4f}{right:.1%}")
    print(f"{len(history)} epochs in {seconds:.2f} s")


def _written(model: nn.MLP, data: tuple[list[list[float]], list[Any]], folder: Path) -> bool:
    """Write the files and say so; False if one could not be written."""
    # by name: nn knows nothing of viz, which is built on it; only this command wants both
    viz: Any = importlib.import_module("viz")
    widths = "-".join(map(str, [model.n_in, *model.sizes]))
    title = f"Two moons, a {widths} network"

    def boundary(path: Path) -> None:
        viz.draw_boundary(model, *data, title=title).save(path)

    def network(path: Path) -> None:
        viz.draw_model(model).save(path)

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, write in [
            ("boundary.svg", boundary),
            ("network.svg", network),
            ("model.json", lambda path: nn.save(model, path)),
        ]:
            write(folder / name)
            print(f"wrote {printable(str(folder / name))}")
    except (OSError, viz.RenderError) as error:
        print(f"python -m nn: {printable(str(error))}", file=sys.stderr)
        return False
    return True


def _whole(low: int) -> Any:
    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if number < low:
            raise argparse.ArgumentTypeError(
                f"wants a whole number of at least {low}; got {text!r}"
            )
        return number

    return parse


def _number(low: float) -> Any:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not low <= number < math.inf:
            raise argparse.ArgumentTypeError(f"wants a number of at least {low:g}; got {text!r}")
        return number

    return parse


def _widths(text: str) -> list[int]:
    if text == "none":
        return []
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and len(part) <= 6 and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(
            f"wants the neurons of each layer, like 16,16, or none; got {text!r}"
        )
    return [int(part) for part in parts]


if __name__ == "__main__":
    run(main)
