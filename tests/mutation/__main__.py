"""Mutation test: how many small mistakes in autograd and nn would the tests find?

    pip install ".[test,mutation]" && python tests/mutation

makes every small change that ``mutants`` knows, one at a time, in a copy of the project, runs the
tests that come by it, and writes the score and every survivor to ``tests/mutation.md``. What was
tried is kept in ``.mutation/``, so that a run can be stopped and taken up; ``--again`` tries the
survivors once more, after tests were added. The reasons beside survivors are kept as they stand in
the report.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import report
import trial
from mutants import Mutant, mutants

# seconds of tests, and how many files of them, to try at first, then where all of those passed
STAGES = [(0.3, 3), (2.0, 1000), (6.0, 1000)]
# and at last of all tests, since what is computed once is seen in the first test alone to come by
LAST = 8.0
KEPT = trial.ROOT / ".mutation" / "results.jsonl"
# mistakes that any test of the engine must find, or the run says nothing
CANARIES = {
    "autograd/elementary.py": ("value=ieee.exp,", "value=ieee.log,"),
    "autograd/backprop.py": ("leaf.grad + adjoint", "leaf.grad - adjoint"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=["autograd", "nn"], help="paths (beginnings)")
    parser.add_argument("--share", type=float, default=1.0, help="of the mutants, drawn at random")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--again", action="store_true", help="try the survivors once more")
    parser.add_argument("--report", action="store_true", help="only write the report")
    chosen = parser.parse_args()

    everything = [m for path in sources() for m in mutants(trial.ROOT, path)]
    known = report.read(KEPT)
    if not chosen.report:
        jobs = [m for m in everything if m.path.startswith(tuple(chosen.only))]
        random.Random(0).shuffle(jobs)
        jobs = jobs[: round(len(jobs) * chosen.share)]
        untried = {report.key(m) for m in everything} - known.keys()
        survived = {k for k, result in known.items() if result.killer is None}
        jobs = [m for m in jobs if report.key(m) in (survived if chosen.again else untried)]
        with tempfile.TemporaryDirectory(prefix="mutation") as place:
            run(jobs, Path(place), chosen.workers)
    report.write(everything, report.read(KEPT))


def sources() -> list[str]:
    return [
        path.relative_to(trial.ROOT).as_posix()
        for package in ("autograd", "nn")
        for path in sorted((trial.ROOT / package).rglob("*.py"))
    ]


def run(jobs: list[Mutant], place: Path, workers: int) -> None:
    trial.load_heavy()
    trees = [trial.Tree(place / f"tree{i}") for i in range(workers)]
    print(f"{len(jobs)} mutants")
    chooser = measured(trees, place)
    killer = trees[0].killer(chooser.quickest(set(chooser.seconds), LAST), timeout=600)
    print(f"unchanged, the quick tests one after another: {killer or 'all pass'}")
    if killer is not None:
        raise SystemExit("so it would find every mutant")

    for path, (before, after) in CANARIES.items():
        text = (trial.ROOT / path).read_text(encoding="utf-8")
        assert text.count(before) == 1, (path, before)
        line = text[: text.index(before)].count("\n") + 1
        order = chooser.order(Mutant(path, "canary", 0, line, before, 0), text, *STAGES[1])
        for what, changed in (("unchanged", text + "\n"), ("canary", text.replace(before, after))):
            with trees[0].with_text(path, changed):
                killer = trees[0].killer(order, timeout=600)
            print(f"{what} {path}: {killer or 'all pass'}")
            if (killer is None) != (what == "unchanged"):
                raise SystemExit("so the run would say nothing")

    together((work, (tree, jobs[i::workers], chooser)) for i, tree in enumerate(trees))


def measured(trees: list[trial.Tree], place: Path) -> trial.Chooser:
    """What each test runs and how long it takes; measured once for each state of the project."""
    texts = [p.read_bytes() for p in sorted(trees[0].place.rglob("*.*")) if p.is_file()]
    kept = KEPT.parent / f"tests-{hashlib.sha256(b''.join(texts)).hexdigest()[:16]}.json"
    if not kept.exists():
        print("first the tests as they are, each timed")
        files = [
            path.relative_to(trial.ROOT).as_posix()
            for name in trial.TESTS
            for path in [trial.ROOT / name, *(trial.ROOT / name).rglob("*.py")]
            if path.is_file()
        ]
        random.Random(0).shuffle(files)
        data = [place / f"coverage{i}" for i in range(len(trees))]
        together((tree.measure, (files[i :: len(trees)], data[i])) for i, tree in enumerate(trees))
        chooser = trial.Chooser.of([(t.place, d) for t, d in zip(trees, data, strict=True)])
        print(f"{len(chooser.seconds)} tests in {sum(chooser.seconds.values()):.0f} s")
        KEPT.parent.mkdir(exist_ok=True)
        chooser.save(kept)
    return trial.Chooser.load(kept)


def together(calls: Iterable[tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
    """Make the calls, each in a process of its own."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=function, args=given) for function, given in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("a worker failed: see above")


def work(tree: trial.Tree, jobs: list[Mutant], chooser: trial.Chooser) -> None:
    start = time.monotonic()
    last = chooser.quickest(set(chooser.seconds), LAST)
    for done, mutant in enumerate(jobs):
        source = (trial.ROOT / mutant.path).read_text(encoding="utf-8")
        text = mutant.apply(source)
        began = time.monotonic()
        with tree.with_text(mutant.path, text):
            tried: list[str] = []
            for choice in (*(chooser.order(mutant, source, *s) for s in STAGES), last):
                order = [test for test in choice if test not in set(tried)]
                tried += order
                expected = sum(chooser.seconds[test] for test in order)
                killer = tree.killer(order, timeout=20 + 4 * expected) if order else None
                if killer is not None:
                    break
        report.keep(KEPT, mutant, source, text, killer, time.monotonic() - began)
        if done % 20 == 0:
            print(f"{done}/{len(jobs)} in {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
