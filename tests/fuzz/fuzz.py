"""Coverage-guided fuzzing of whatever reads or writes what users type.

    pip install atheris                                     # Linux; not part of the extra `test`
    python tests/fuzz/fuzz.py expression -runs=1000000      # or dot, or markup

Further arguments are libFuzzer's (``-max_total_time=60``, a folder to keep new inputs in, a file
to run again). It starts from tests/fuzz/corpus.json, which tests/fuzz/test_corpus.py replays
without atheris. ``fuzz.py keep TARGET FOLDER`` puts there the inputs of a folder that together run
all that all of them run; what once went wrong, and what people try first, is there by hand.
"""

import json
import random
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent.parent))
CORPUS = HERE / "corpus.json"
INSTRUMENTED = ["viz"]  # what reads and writes texts
EVERY = 1000  # one input in so many goes through Graphviz itself


def run(name: str, arguments: list[str]) -> None:
    """Fuzz a target until libFuzzer ends."""
    import atheris

    import nn  # and autograd, as they are: they would take half the time

    assert nn
    with atheris.instrument_imports(include=INSTRUMENTED):
        from targets import TARGETS
    target = TARGETS[name]
    count, start = 0, time.monotonic()

    def once(data: bytes) -> None:
        nonlocal count
        count += 1
        target.check(data)
        if count % EVERY == 0:
            target.check_sample(data)
        if count % 50_000 == 0:
            print(f"{count:,} inputs in {time.monotonic() - start:.0f} s", flush=True)

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return atheris.Mutate(data, most)
        return target.mutated(data, rng)[:most]

    with tempfile.TemporaryDirectory() as folder:
        for i, case in enumerate(cases(name)):
            Path(folder, f"{i}").write_bytes(target.encoded(case))
        options = ["-max_len=4000", "-timeout=600", "-rss_limit_mb=3000"]
        given = [a for a in arguments if not Path(a).is_file()]
        files = arguments if len(given) < len(arguments) else [*given, folder]
        atheris.Setup([sys.argv[0], *options, *files], once, custom_mutator=mutator)
        atheris.Fuzz()


def cases(name: str) -> list[list[str]]:
    """The corpus of a target: what `keep` kept, and what was put there by hand."""
    corpus = json.loads(CORPUS.read_text("utf-8"))
    return corpus[name] + corpus[f"{name}, by hand"]


def keep(name: str, folder: str) -> None:
    """Make the corpus of a target the few inputs of a folder that do all that is done."""
    from targets import TARGETS

    target = TARGETS[name]
    corpus = json.loads(CORPUS.read_text("utf-8"))
    inputs = {path.read_bytes() for path in Path(folder).iterdir()}
    inputs |= {target.encoded(case) for case in corpus[name]}
    for data in inputs:  # what is done once only, such as importing, is no input's
        target.check(data)
    does = {
        data: _steps(target.check, data) | _kinds(target.decoded(data))
        for data in sorted(inputs, key=lambda data: (len(data), data))
    }
    left = set().union(*does.values())
    corpus[name] = []
    while left:
        best = max(does, key=lambda data: len(does[data] & left) / (len(data) + 20))
        left -= does.pop(best)
        corpus[name].append(target.decoded(best))
    corpus[name].sort()
    parts = (f'"{key}": [\n{_lines(value)}\n]' for key, value in corpus.items())
    CORPUS.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")
    print(f"{len(corpus[name])} of {len(inputs)} inputs kept")


def _lines(corpus: list[list[str]]) -> str:
    """One case a line; what cannot be seen is written out."""
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in corpus)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in lines)


def _kinds(case: list[str]) -> frozenset[tuple[str, ...]]:
    """Which kinds of characters stand in what: the code sees no difference, the output should."""
    found: set[tuple[str, ...]] = set()
    for character in "".join(case[1:]):
        kind = unicodedata.category(character)
        found.add((kind, unicodedata.bidirectional(character)))
        if character in "<>&\"'\\":
            found |= {(character,), (case[0], character)}
        elif kind[0] in "CZ":
            found.add((case[0], kind))
    return frozenset(found)


Step = tuple[str, int, int]


def _steps(check: Callable[[bytes], None], data: bytes) -> frozenset[Step]:
    """Which line was run after which, in the modules that are instrumented."""
    packages = tuple(f"/{name}/" for name in INSTRUMENTED)
    found: set[Step] = set()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        file = frame.f_code.co_filename
        if not any(package in file for package in packages):
            return None
        last = 0

        def line(frame: FrameType, event: str, _: object) -> Any:
            nonlocal last
            found.add((file, last, frame.f_lineno))
            last = frame.f_lineno
            return line

        return line

    sys.settrace(trace)
    try:
        check(data)
    finally:
        sys.settrace(None)
    return frozenset(found)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    elif sys.argv[1] == "keep":
        keep(*sys.argv[2:])
    else:
        run(sys.argv[1], sys.argv[2:])
