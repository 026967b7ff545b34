"""What came of each mutant, and the report of it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

import trial
from mutants import Mutant

REPORT = trial.ROOT / "tests" / "mutation.md"
# the parts of the project, each with the score it must reach
ENGINE = (
    "__init__ backprop copying elementary formula ieee methods primitive primitives trace "
    "transforms value"
)
PARTS: dict[str, tuple[tuple[str, ...], float]] = {
    "the engine and the table": (tuple(f"autograd/{name}.py" for name in ENGINE.split()), 0.95),
    "nn": (("nn/",), 0.90),
    "autograd.compiler": (("autograd/compiler/", "autograd/private_files.py"), 0.90),
    # lower, since what is drawn at random counts too, and only slow tests judge that
    "autograd.testing": (("autograd/testing/",), 0.80),
}


NO_REASON = "no reason known: a test is missing"
HEAD = """# Mutation test

Small mistakes made on purpose, one at a time: how many do the tests find? `python tests/mutation`
makes them anew and writes this file, all but the reasons.

| part | mutants | tried | found | score | wanted |
|---|---|---|---|---|---|"""
TAIL = """
A mutant counts as found when a test fails, when it never ends, or when the package can no longer
be imported. Annotations are not changed. Where not all were tried, the rest is not yet known. Each
run first sees that the tests pass on unchanged code, and that they fail on a mistake that no test
could miss. A survivor has passed the quick tests that come by it, not every slow one."""


Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Result:
    """What came of a mutant: the text of its line before and after, and the test that found it."""

    path: str
    operator: str
    text: str
    nth: int
    after: str
    killer: str | None
    seconds: float

    @property
    def change(self) -> tuple[str, str, str]:
        return self.path, self.text, self.after


def key(mutant: Mutant | Result) -> Key:
    return mutant.path, mutant.operator, mutant.text, mutant.nth


def keep(
    file: Path, mutant: Mutant, source: str, changed: str, killer: str | None, seconds: float
) -> None:
    """Add a result to ``file``, in one write, since several processes do."""
    pairs = zip(source.splitlines(), changed.splitlines(), strict=False)
    after = next((new for old, new in pairs if old != new), "")
    result = Result(*key(mutant), after.strip(), killer, round(seconds, 2))
    with open(file, "a", encoding="utf-8") as out:
        out.write(json.dumps(asdict(result)) + "\n")


def read(file: Path) -> dict[Key, Result]:
    """The last result of each mutant."""
    if not file.exists():
        return {}
    results = [Result(**json.loads(text)) for text in file.read_text(encoding="utf-8").splitlines()]
    return {key(result): result for result in results}


def reasons() -> dict[tuple[str, str, str], str]:
    """Why survivors survive, as the report has it, by path and the line before and after."""
    text = REPORT.read_text(encoding="utf-8") if REPORT.exists() else ""
    return {
        (found["path"], found["before"], found["after"]): found["reason"]
        for found in re.finditer(
            r"^- `(?P<path>[^`:]+):\d+` ``(?P<before>.*?)`` -> ``(?P<after>.*?)``: (?P<reason>.+)$",
            text,
            re.MULTILINE,
        )
        if found["reason"] != NO_REASON
    }


def write(everything: list[Mutant], known: dict[Key, Result]) -> None:
    """Write the report; raise SystemExit where a part's score is too low."""
    why = reasons()
    table, listed, low = [], [], []
    for part, (paths, bar) in PARTS.items():
        mine = [mutant for mutant in everything if mutant.path.startswith(paths)]
        tried = [(mutant, known[key(mutant)]) for mutant in mine if key(mutant) in known]
        survivors = [(mutant, result) for mutant, result in tried if result.killer is None]
        found = len(tried) - len(survivors)
        score = found / len(tried) if tried else 0.0
        if score < bar:
            low.append(f"{part}: {score:.1%} of its mutants are found, {bar:.0%} should be")
        table.append(f"| {part} | {len(mine)} | {len(tried)} | {found} | {score:.1%} | {bar:.0%} |")
        if survivors:
            listed.append(f"\n## Survivors: {part}\n")
        for mutant, result in sorted(survivors, key=lambda pair: (pair[0].path, pair[0].line)):
            reason = why.get(result.change, NO_REASON)
            change = f"``{mutant.text}`` -> ``{result.after}``"
            listed.append(f"- `{mutant.path}:{mutant.line}` {change}: {reason}")
    REPORT.write_text("\n".join([HEAD, *table, TAIL, *listed]) + "\n", encoding="utf-8")
    print("\n".join([*table, f"written: {REPORT}"]))
    if low:
        raise SystemExit("\n".join(low))
