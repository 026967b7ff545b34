"""Mutation test: how many small mistakes in autograd and nn would the tests find?

    pip install ".[test,mutation]" && python tests/mutation

makes every small change that ``mutants`` knows, one at a time, in a copy of the project, runs the
tests that come by it, and writes the score and every survivor to ``tests/mutation.md``. What was
tried is kept in ``.mutation/``, so that a run can be stopped and taken up. ``--quick`` gives each
mutant two seconds of tests; ``--again`` then tries the survivors that have no reason in the report
once more, with slower tests too. Reasons are written there by hand, and kept.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import report
import trial
from choosing import Chooser
from mutants import Mutant, mutants
from session import Session
from trial import Tree

# seconds of tests, and how many files of them, to try at first, then where all of those passed
STAGES = [(0.3, 3), (2.0, 1000), (6.0, 1000)]
QUICK = STAGES[:2]
SLOW = STAGES[2:]
# and at last of all tests, since what is computed once is seen in the first test alone to come by
LAST = 8.0
Stages = Sequence[tuple[float, int] | None]  # None: those of LAST
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
    parser.add_argument(
        "--again", action="store_true", help="try survivors without a reason once more"
    )
    parser.add_argument("--quick", action="store_true", help="without the slower tests")
    parser.add_argument("--report", action="store_true", help="only write the report")
    chosen = parser.parse_args()

    everything = [m for path in sources() for m in mutants(trial.ROOT, path)]
    known = report.read(KEPT)
    if not chosen.report:
        jobs = [m for m in everything if m.path.startswith(tuple(chosen.only))]
        random.Random(0).shuffle(jobs)
        jobs = jobs[: round(len(jobs) * chosen.share)]
        untried = {report.key(m) for m in everything} - known.keys()
        why = report.reasons()
        unexplained = [k for k, r in known.items() if r.killer is None and r.change not in why]
        jobs = [m for m in jobs if report.key(m) in (unexplained if chosen.again else untried)]
        with tempfile.TemporaryDirectory(prefix="mutation") as place:
            stages = [*SLOW, None] if chosen.again else QUICK if chosen.quick else [*STAGES, None]
            run(jobs, Path(place), chosen.workers, stages)
    report.write(everything, report.read(KEPT))


def sources() -> list[str]:
    return [
        path.relative_to(trial.ROOT).as_posix()
        for package in trial.PACKAGES
        for path in sorted((trial.ROOT / package).rglob("*.py"))
    ]


def run(jobs: list[Mutant], place: Path, workers: int, stages: Stages) -> None:
    trial.load_heavy()
    trees = [Tree(place / f"tree{i}") for i in range(workers)]
    print(f"{len(jobs)} mutants")
    chooser = measured(trees, place)
    together((work, (tree, jobs[i::workers], chooser, stages)) for i, tree in enumerate(trees))


def measured(trees: list[Tree], place: Path) -> Chooser:
    """What each test runs and how long it takes.

    It is measured again for files of tests that have changed or come by a module that has, and for
    all of them where anything else has.
    """
    given = sorted(path for path in trees[0].place.rglob("*.*") if path.is_file())
    texts = {path.relative_to(trees[0].place).as_posix(): path.read_bytes() for path in given}
    files = [f for f in texts if f.startswith(tuple(trial.TESTS)) and f.endswith((".py", ".md"))]
    digests = {file: hashlib.sha256(texts[file]).hexdigest() for file in files}
    known = {f for f in files if f.startswith(trial.PACKAGES) or Path(f).name.startswith("test_")}
    code = [file for file in texts if Path(file).suffix in (".py", ".js", ".css", ".json", ".cfg")]
    rest = b"".join(texts[file] for file in code if file not in known)
    kept = KEPT.parent / f"tests-{hashlib.sha256(rest).hexdigest()[:16]}.json"
    chooser = Chooser.load(kept) if kept.exists() else Chooser({}, {}, {})
    differing = [file for file in files if chooser.digests.get(file) != digests[file]]
    changed = sorted({*differing, *chooser.files_that_come_by(differing)} & {*files})
    if changed:
        print(f"first the tests as they are, each timed: {len(changed)} files")
        random.Random(0).shuffle(changed)
        shares = [changed[i :: len(trees)] for i in range(len(trees))]
        data = [place / f"coverage{i}" for i in range(len(trees))]
        sharers = [(t, d, share) for t, d, share in zip(trees, data, shares, strict=True) if share]
        together((tree.measure, (share, file)) for tree, file, share in sharers)
        chooser.forget({*chooser.digests} - {*files} | {*changed}, differing)
        for tree, file, _ in sharers:
            chooser.add(tree.place, file)
        chooser.digests = digests
        print(f"{len(chooser.seconds)} tests in {sum(chooser.seconds.values()):.0f} s")
        KEPT.parent.mkdir(exist_ok=True)
        chooser.save(kept)
    return chooser


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


def work(tree: Tree, jobs: list[Mutant], chooser: Chooser, stages: Stages) -> None:
    """Try the mutants in a tree of one's own."""
    files = sorted({test.split("::")[0] for test in chooser.seconds})
    with Session(tree, files) as session:
        trials = Trials(tree, session, chooser, stages)
        trials.prove()
        start = time.monotonic()
        for done, mutant in enumerate(jobs):
            trials.make(mutant)
            if done % 100 == 0:
                print(f"{done}/{len(jobs)} in {time.monotonic() - start:.0f} s", flush=True)


class Trials:
    """Trials of mutants, each in the way that it needs.

    One in functions is put into those that have been imported, unless an import or a collection
    has run them, and may have left something there; for any other all is imported again.
    """

    def __init__(self, tree: Tree, session: Session, chooser: Chooser, stages: Stages):
        self.tree = tree
        self.session = session
        self.chooser = chooser
        self.last = chooser.quickest(set(chooser.seconds), LAST)
        self.stages = stages

    def prove(self) -> None:
        """Raise SystemExit where unchanged code fails, or a canary passes."""
        for path, (before, after) in CANARIES.items():
            source = read(path)
            assert source.count(before) == 1, (path, before)
            line = source[: source.index(before)].count("\n") + 1
            canary = Mutant(path, "canary", 0, line, before, 0)
            near = self.chooser.order(canary, source, *STAGES[1])
            for what, text, order, wanted in [
                ("unchanged, the quick tests one after another", source, self.last, False),
                ("unchanged, imported again", source + "\n", near, False),
                ("canary", source.replace(before, after), near, True),
            ]:
                killer = self.killer(canary, source, text, order)
                print(f"{path}, {what}: {killer or 'all pass'}", flush=True)
                if (killer is not None) != wanted:
                    raise SystemExit("so the run would say nothing")

    def make(self, mutant: Mutant) -> None:
        """Try a mutant and keep what came of it."""
        source = read(mutant.path)
        text = mutant.apply(source)
        began = time.monotonic()
        tried: dict[str, None] = {}
        killer = None
        for stage in self.stages:
            near = self.chooser.order(mutant, source, *stage) if stage else self.last
            order = [test for test in near if test not in tried]
            tried |= dict.fromkeys(order)
            killer = self.killer(mutant, source, text, order) if order else None
            if killer is not None:
                break
        report.keep(KEPT, mutant, source, text, killer, time.monotonic() - began)

    def killer(self, mutant: Mutant, source: str, text: str, order: list[str]) -> str | None:
        """The test that fails, or None if all pass; or what stopped the process."""
        seconds = sum(self.chooser.seconds[test] for test in order)
        if "" not in self.chooser.direct(mutant, source):
            could, killer = self.session.killer(mutant, text, order, seconds)
            if could:
                return killer
        return self.tree.killer(mutant, text, order, seconds)


def read(path: str) -> str:
    return (trial.ROOT / path).read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
