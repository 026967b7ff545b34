"""What came of each mutant, and the report of it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import trial
from mutants import Mutant

REPORT = trial.ROOT / "tests" / "mutation.md"
# the parts of the project, the first that fits, each with the score it must reach
ENGINE = (
    "__init__ backprop copying elementary formula ieee methods primitive primitives trace "
    "transforms value"
)
PARTS = {
    "the engine and the table": (tuple(f"autograd/{name}.py" for name in ENGINE.split()), 0.95),
    "nn": (("nn/",), 0.90),
    "autograd.compiler": (("autograd/compiler/",), 0.90),
    "autograd.testing": (("autograd/testing/",), 0.90),
}


NO_REASON = "no reason known: a test is missing"
HEAD = """# Mutation test

Small mistakes made on purpose, one at a time: how many do the tests find? `python tests/mutation`
makes them anew and writes this file, all but the reasons.

| part | mutants | tried | found | score | bar |
|---|---|---|---|---|---|"""
TAIL = """
A mutant counts as found when a test fails, when it never ends, or when the package can no longer
be imported. Annotations are not changed. Each run first sees that the tests pass on unchanged code,
and that they fail on a mistake that no test could miss."""


@dataclass(frozen=True)
class Result:
    """One mutant, the text of its line before and after, and the test that found it."""

    path: str
    operator: str
    occurrence: int
    line: int
    before: str
    after: str
    killer: str | None
    seconds: float


def key(mutant: Mutant | Result) -> tuple[str, str, int]:
    return mutant.path, mutant.operator, mutant.occurrence


@cache
def lines(path: str) -> list[str]:
    return (trial.ROOT / path).read_text(encoding="utf-8").splitlines()


def line(mutant: Mutant) -> str:
    return lines(mutant.path)[mutant.line - 1].strip()


def keep(file: Path, mutant: Mutant, text: str, killer: str | None, seconds: float) -> None:
    """Add a result to ``file``, in one write, since several processes do."""
    pairs = zip(lines(mutant.path), text.splitlines(), strict=False)
    after = next((new for old, new in pairs if old != new), "")
    spent = round(seconds, 2)
    result = Result(*key(mutant), mutant.line, line(mutant), after.strip(), killer, spent)
    with open(file, "a", encoding="utf-8") as out:
        out.write(json.dumps(asdict(result)) + "\n")


def read(file: Path) -> dict[tuple[str, str, int], Result]:
    """The last result of each mutant."""
    if not file.exists():
        return {}
    results = [Result(**json.loads(text)) for text in file.read_text(encoding="utf-8").splitlines()]
    return {key(result): result for result in results}


def reasons() -> dict[tuple[str, str, str], str]:
    """Why survivors survive, as the report has it: by path and the line before and after."""
    text = REPORT.read_text(encoding="utf-8") if REPORT.exists() else ""
    return {
        (found["path"], found["before"], found["after"]): found["reason"]
        for found in re.finditer(
            r"^- `(?P<path>[^`:]+):\d+` ``(?P<before>.*?)`` -> ``(?P<after>.*?)``: (?P<reason>.+)$",
            text,
            re.MULTILINE,
        )
    }


def write(everything: list[Mutant], known: dict[tuple[str, str, int], Result]) -> None:
    """Write the report; raise SystemExit where a part's score is too low."""
    why = reasons()
    table, listed, low = [], [], []
    for part, (paths, bar) in PARTS.items():
        mine = [mutant for mutant in everything if mutant.path.startswith(paths)]
        tried = [known[key(m)] for m in mine if key(m) in known and known[key(m)].before == line(m)]
        killed = sum(result.killer is not None for result in tried)
        score = killed / len(tried) if tried else 0.0
        if score < bar:
            low.append(f"{part}: {score:.1%} of its mutants are found, {bar:.0%} should be")
        table.append(
            f"| {part} | {len(mine)} | {len(tried)} | {killed} | {score:.1%} | {bar:.0%} |"
        )
        survivors = sorted((r for r in tried if r.killer is None), key=lambda r: (r.path, r.line))
        if survivors:
            listed.append(f"\n## Survivors: {part}\n")
        for r in survivors:
            reason = why.get((r.path, r.before, r.after), NO_REASON)
            listed.append(f"- `{r.path}:{r.line}` ``{r.before}`` -> ``{r.after}``: {reason}")
    REPORT.write_text("\n".join([HEAD, *table, TAIL, *listed]) + "\n", encoding="utf-8")
    print("\n".join([*table, f"written: {REPORT}"]))
    if low:
        raise SystemExit("\n".join(low))
