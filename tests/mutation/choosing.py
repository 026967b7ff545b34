"""Which tests to try on a mutant."""

from __future__ import annotations

import ast
import json
from collections import Counter
from pathlib import Path

import coverage
from mutants import Mutant

Tests = dict[str, float]  # node id -> seconds
Lines = dict[int, list[str]]  # number of a line -> node ids


class Chooser:
    """Which tests to try on a mutant: those that run its line, the quick ones first.

    ``seconds`` tells how long each test takes, ``tests`` by file and line which tests come by, and
    ``digests`` of which texts the files of tests were when that was measured.
    """

    def __init__(self, seconds: Tests, tests: dict[str, Lines], digests: dict[str, str]):
        self.seconds = seconds
        self.tests = tests
        self.digests = digests

    def add(self, tree: Path, file: Path) -> None:
        """What ``measure`` wrote of a tree."""
        self.seconds |= json.loads(file.with_suffix(".json").read_text())
        data = coverage.CoverageData(str(file))
        data.read()
        for name in data.measured_files():
            lines = self.tests.setdefault(Path(name).relative_to(tree).as_posix(), {})
            for line, names in data.contexts_by_lineno(name).items():
                lines[line] = sorted({*lines.get(line, []), *names})

    def files_that_come_by(self, modules: list[str]) -> set[str]:
        """The files of the tests that run a line of these modules."""
        lines = [line for module in modules for line in self.tests.get(module, {}).values()]
        return {test.split("::")[0] for tests in lines for test in tests if test}

    def forget(self, files: set[str], modules: list[str]) -> None:
        """Leave out the tests in these files, and all of these modules."""

        def stays(test: str) -> bool:
            return test.split("::")[0] not in files

        self.seconds = {test: seconds for test, seconds in self.seconds.items() if stays(test)}
        self.tests = {
            path: {line: [*filter(stays, names)] for line, names in lines.items()}
            for path, lines in self.tests.items()
            if path not in modules
        }

    def save(self, file: Path) -> None:
        file.write_text(json.dumps([self.seconds, self.tests, self.digests]))

    @classmethod
    def load(cls, file: Path) -> Chooser:
        seconds, tests, digests = json.loads(file.read_text())
        by_number = {p: {int(i): t for i, t in lines.items()} for p, lines in tests.items()}
        return cls(seconds, by_number, digests)

    def direct(self, mutant: Mutant, source: str) -> set[str]:
        """The tests that run the mutant's statement; ``""`` among them if an import does."""
        lines = self.tests.get(mutant.path, {})
        first, last = statement(source, mutant.line)
        return set().union(*(lines.get(i, []) for i in range(first, last + 1)))

    def order(self, mutant: Mutant, source: str, budget: float, files: int = 1000) -> list[str]:
        """The tests to try, quick ones first, in not more than so many ``files``.

        ``budget`` seconds of those that run the mutant's statement, as much of those among them
        that are the module's own, and before these as much of those that have a name of what
        stands around it. Where an import runs the statement, any test might depend on it.
        """
        direct = self.direct(mutant, source)
        own = {test for test in self.seconds if is_test_of(test, mutant.path)}
        words = {name.strip("_").lower() for name in names_around(source, mutant.line)} - {""}
        named = {test for test in self.seconds if any(word in test.lower() for word in words)}
        groups = [direct & own & named, direct & own, direct]
        if "" in direct or not direct:
            near = set().union(*self.tests.get(mutant.path, {}).values())
            groups = [near & own & named, near & named, near & own, own, named, direct, near]
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


def is_test_of(test: str, path: str) -> bool:
    """Whether a test is a module's by the names of their files."""
    tested = Path(test.split("::")[0]).stem.removeprefix("test_")
    _, *parts = Path(path).with_suffix("").parts
    return any(tested.startswith(part) or part.startswith(tested) for part in parts)


def statement(source: str, line: int) -> tuple[int, int]:
    """First and last line of the smallest statement around ``line``."""
    around = statements(source, line)
    if not around:
        return line, line
    best = around[-1]
    body = getattr(best, "body", None)
    last = body[0].lineno - 1 if body else best.end_lineno or line
    return best.lineno, max(last, best.lineno, line)


def names_around(source: str, line: int) -> set[str]:
    """Of the functions and classes around ``line``, and of what it defines."""
    around = statements(source, line)
    targets = [getattr(s, "targets", None) or [getattr(s, "target", None)] for s in around[-1:]]
    names = [getattr(s, "name", "") for s in around]
    return {*names, *(getattr(t, "id", "") for some in targets for t in some)} - {""}


def statements(source: str, line: int) -> list[ast.stmt]:
    """Those around ``line``, from the outermost in."""
    found = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line)
    ]
    return sorted(found, key=lambda node: (node.lineno, -(node.end_lineno or line)))
