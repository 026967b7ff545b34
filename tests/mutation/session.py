"""Trials that import nothing: the tests are collected once, then split off again and again."""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import FunctionType

import pytest
from mutants import Mutant
from swapping import fits, put_in, swap
from trial import OPTIONS, PACKAGES, Chosen, Tree

Trial = tuple[str, str, list[str], float]  # file, its text, tests, seconds
Answer = tuple[bool, str | None]  # whether it could be tried; what found it


class Session:
    """A process that has collected the tests in ``files``; it ends with the block."""

    def __init__(self, tree: Tree, files: list[str]):
        context = get_context("fork")
        self.tree = tree
        self.ours, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(tree, files, theirs))

    def __enter__(self) -> Session:
        self.process.start()
        self._answer()  # the tests are collected: from now on the tree may change
        return self

    def __exit__(self, *_: object) -> None:
        self.ours.send(None)
        self.process.join()

    def killer(self, mutant: Mutant, text: str, order: list[str], seconds: float) -> Answer:
        """As ``Tree.killer``, where the mutant is in functions; else it can't be tried here."""
        with self.tree.with_text(mutant.path, text):  # for what is run by its file's name
            self.ours.send((mutant.path, text, order, seconds))
            return self._answer()

    def _answer(self) -> Answer:
        while not self.ours.poll(1):
            if not self.process.is_alive():
                raise SystemExit("the process with the tests has died")
        answer: Answer = self.ours.recv()
        return answer


class Collected:
    """The plugin that answers for the session in place of running the tests."""

    def __init__(self, tree: Tree, theirs: Connection):
        self.tree = tree
        self.theirs = theirs
        self.items: dict[str, pytest.Item] = {}
        self.functions: dict[str, list[FunctionType]] = defaultdict(list)
        self.imported: set[str] = set()
        self.texts = {
            path: path.read_text(encoding="utf-8")
            for package in PACKAGES
            for path in (tree.place / package).rglob("*.py")
        }

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        gc.collect()
        for found in gc.get_objects():
            if type(found) is FunctionType:  # what isinstance asks, some lazy modules warn of
                self.functions[found.__code__.co_filename].append(found)
        ours = [m for name, m in sys.modules.items() if name.split(".")[0] in PACKAGES]
        self.imported = {str(module.__file__) for module in ours}
        gc.freeze()  # or the collector would write on, and so copy, all that a child shares
        self.theirs.send((True, None))
        while (trial := self.theirs.recv()) is not None:
            self.theirs.send(self.answer(*trial))
        return True

    def answer(self, path: str, text: str, order: list[str], seconds: float) -> Answer:
        file = self.tree.place / path
        functions = self.functions[str(file)]
        found = swap(str(file), self.texts[file], text)
        if str(file) not in self.imported:
            found = {}  # a test that needs the module will import it as it is now
        if found is None or not fits(found, functions):
            return False, None
        items = [self.items[test] for test in order if test in self.items]

        def run(tell: Callable[[str], None]) -> None:
            put_in(found, functions)
            plugin = Chosen()
            plugins = items[0].config.pluginmanager
            plugins.unregister(name="terminalreporter")
            plugins.register(plugin)
            for item, following in zip(items, [*items[1:], None], strict=True):
                try:
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                except BaseException:
                    plugin.failed.append(item.nodeid)
                if plugin.failed:
                    break
            tell(next(iter(plugin.failed), ""))

        return True, self.tree.split_off(run, seconds) if items else None


def _serve(tree: Tree, files: list[str], theirs: Connection) -> None:
    tree.enter(bytecode=False)
    code = pytest.main([*OPTIONS, *files], plugins=[Collected(tree, theirs)])
    if code:
        sys.exit(f"pytest ends with {code!r}")
