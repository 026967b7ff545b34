"""The command lines under test: `python -m viz` as it is typed, and the options of `python -m nn`.

A case is a list of arguments, and after a ``|`` the lines that are typed then; as bytes they are
joined by NUL, which no argument can hold.
"""

import functools
import io
import os
import random
import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import CodeType
from unicodedata import normalize
from unittest.mock import patch

import interpreter
import texts as typed
from interpreter import NotArithmetic, Number

import nn.__main__ as nn_command
import viz.__main__ as viz_command
from autograd import Value
from autograd.primitive import table

WORDS, OPTIONS = typed.WORDS["arithmetic"], typed.WORDS["options"]
LONGEST = 2300  # characters of an argument: a little more than an expression may have


def decoded(data: bytes) -> list[str]:
    """The arguments as the operating system hands them on: what is no UTF-8 as lone surrogates."""
    return [part.decode("utf-8", "surrogateescape") for part in data.split(b"\0")]


def joined(arguments: list[str]) -> bytes:
    return b"\0".join(part.encode("utf-8", "surrogateescape") for part in arguments)


# -- what is checked ------------------------------------------------------------------------------


def check(data: bytes) -> None:
    """Run a command line and compare what it does with what it should do."""
    arguments = decoded(data)
    if arguments[0] == "nn":
        _check_options(arguments[1:])
        return
    _computed.clear()
    arguments, typed_lines = _apart(arguments)
    steps = [] if "--interactive" in arguments else ["--steps"]  # either way no file is written
    code, out, err = _run([*steps, *arguments], "\n".join(typed_lines))
    _only_shows(out)
    _only_shows(err)
    assert code in (0, 2), code
    assert (code == 0) == (err == ""), err
    for source, assignments, root in _computed:
        value = _check_computed(source, assignments, root)
        if value is None:
            assert code == 2
        elif code == 0 and "--interactive" not in arguments:
            assert f" = {value:.4g}" in out
        else:
            # a picture's name is wrong, or needs a program; or the graph is too large
            excuses = ("does not say what", "needs Graphviz's", "are too many to step through")
            assert code == 0 or any(excuse in err for excuse in excuses), err


def _apart(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The arguments, and the lines that are typed."""
    end = arguments.index("|") if "|" in arguments else len(arguments)
    return arguments[:end], arguments[end + 1 :]


def _check_computed(source: str, assignments: list[str], root: Value | Exception) -> float | None:
    """What the command line computes, equal to the interpreter's bit for bit; None: refused."""
    try:
        wanted: Number | None = _wanted(source, assignments)
        limit = False
    except NotArithmetic as error:
        wanted, limit = None, error.limit
    if isinstance(root, Exception):
        assert str(root).strip()
        assert wanted is None or limit, f"refused: {root}"
        return None
    assert wanted is not None, "let through, though it is no arithmetic"
    assert repr(root.data) == repr(wanted.value), (root.data, wanted.value)
    return root.data


def _wanted(source: str, assignments: list[str]) -> Number:
    tree = interpreter.read(source)
    values: dict[str, Number] = {}
    for text in assignments:
        left, sign, right = text.partition("=")
        name = normalize("NFKC", left.strip())  # as Python reads names
        if not sign or not name.isidentifier() or name in values:
            raise NotArithmetic("no assignment")
        if name in interpreter.FUNCTIONS or not right.strip():
            raise NotArithmetic("no assignment")
        try:
            value = float(right)
        except ValueError:
            value = interpreter.evaluate(interpreter.read(right), {}).value
        values[name] = Number(value, varies=True)
    if not values.keys() <= interpreter.names(tree):
        raise NotArithmetic("unused")
    found = interpreter.evaluate(tree, values)
    if not found.computed:
        raise NotArithmetic("nothing to step through")
    return found


def _check_options(arguments: list[str]) -> None:
    """What `python -m nn` takes for numbers are numbers, within their bounds."""
    with _captured("") as (out, err):
        try:
            options = _nn_parser().parse_args(arguments)
        except SystemExit as end:
            options, code = None, end.code
        if options is None:
            assert code in (0, 2)
            assert (code == 0) == (err.getvalue() == "")
        else:
            assert options.points >= 10
            assert min(options.epochs, options.batch_size) >= 1
            assert options.seed >= 0
            assert 0 <= options.noise < float("inf")
            assert 0 <= options.lr < float("inf")
            assert all(type(width) is int and width > 0 for width in options.hidden)
    _only_shows(out.getvalue())
    _only_shows(err.getvalue())


def _only_shows(text: str) -> None:
    """Nothing that a terminal would obey, and nothing that cannot be encoded."""
    if not text.replace("\n", "").isprintable():
        bad = [c for c in text if c != "\n" and typed.dropped(c)]
        assert not bad, f"{bad} in {text!r}"


# -- how it is run --------------------------------------------------------------------------------

_viz_parser = functools.cache(viz_command._parser)  # reads no state, and takes a while
_nn_parser = functools.cache(nn_command._parser)
_DEEDS = {"exec", "import", "open", "os", "subprocess", "socket", "shutil", "ctypes", "sys"}
# what autograd makes of an entry of its table when that is first used
_GENERATED = frozenset(f"<{owner}{name}>" for name in table for owner in ("", "Value."))
_watching = False
_forbidden: list[str] = []


_compute = viz_command._compute
_computed: list[tuple[str, list[str], Value | Exception]] = []


def _recorded(source: str, assignments: list[str]) -> tuple[Value, dict[Value, str]]:
    """The command line's own, watched, with what it computed kept for comparison."""
    try:
        with _watched():
            found = _compute(source, assignments)
    except viz_command.Usage as error:
        _computed.append((source, assignments, error))
        raise
    _computed.append((source, assignments, found[0]))
    return found


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    """Python's own record of what is done: in an expression nothing may be."""
    if not _watching:
        return
    if event.partition(".")[0] in _DEEDS:
        code = arguments[0]
        if event == "exec" and isinstance(code, CodeType) and code.co_filename in _GENERATED:
            return
        _forbidden.append(f"{event} {arguments!r:.80}")


sys.addaudithook(_audit)  # for good: hooks cannot be taken away


@contextmanager
def _watched() -> Iterator[None]:
    global _watching
    _forbidden.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False
    assert not _forbidden, _forbidden


@contextmanager
def _captured(stdin: str) -> Iterator[tuple[io.StringIO, io.StringIO]]:
    before = sys.stdin
    sys.stdin = io.StringIO(stdin)
    try:
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            yield out, err
    finally:
        sys.stdin = before


def _run(arguments: list[str], stdin: str) -> tuple[object, str, str]:
    with (
        _captured(stdin) as (out, err),
        patch.object(viz_command, "_compute", _recorded),
        patch.object(viz_command, "_parser", _viz_parser),
    ):
        try:
            code: object = viz_command.main(arguments)
        except SystemExit as end:
            code = end.code
    return code, out.getvalue(), err.getvalue()


def check_files(data: bytes) -> None:
    """The same with its files, for a sample: the real Graphviz draws them."""
    arguments = [a for a in _apart(decoded(data))[0] if not a.startswith("-")]
    with tempfile.TemporaryDirectory() as folder:
        before = os.getcwd()
        os.chdir(folder)
        try:
            code, _, err = _run([*arguments, "-o", "a.svg", "--page", "a.html"], "")
        finally:
            os.chdir(before)
        assert code in (0, 2) or "Graphviz" in err, err
        if code == 0:
            ET.parse(Path(folder, "a.svg"))
            assert Path(folder, "a.html").stat().st_size > 10_000


# -- new cases, by the grammar --------------------------------------------------------------------

_TOKENS = re.compile(r"[^\W\d]\w*|\d[\w.]*|\*\*|\s+|.", re.DOTALL)
_NAMES = [*interpreter.FUNCTIONS, "x", "x", "y", "w", "b", "µ"]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A case like this one: its tokens moved about, or arithmetic put in."""
    arguments = decoded(data)
    for _ in range(rng.choice([1, 1, 2, 4])):
        if arguments[0] == "nn" or rng.random() < 0.1:
            place = rng.randint(0, len(arguments))
            arguments[place : place + rng.randint(0, 1)] = [rng.choice(OPTIONS)]
            arguments = arguments or ["x"]
        else:
            arguments[0] = _moved(arguments[0], rng)
    if arguments[0] != "nn" and rng.random() < 0.7:
        arguments = [arguments[0], *_assignments(arguments[0], rng)]
        if rng.random() < 0.1:
            arguments += ["--interactive", "|", *rng.choices(OPTIONS, k=3), "g 3", "9" * 5000, "l"]
    return joined([argument[:LONGEST] for argument in arguments])


def _moved(source: str, rng: random.Random) -> str:
    tokens = _TOKENS.findall(source)
    at = rng.randint(0, len(tokens))
    end = at + rng.randint(0, 4)
    match rng.randrange(7):
        case 0:
            tokens[at:end] = [rng.choice(WORDS)]
        case 1:
            tokens[at:end] = [_arithmetic(rng, 3)]
        case 2:
            tokens[at:end] = []
        case 3:
            tokens[at:at] = tokens[at:end] * rng.choice([1, 2, 10, 100, 250])
        case 4:
            tokens[at:end] = [rng.choice(_NAMES), "(", *tokens[at:end], ")"]
        case 5:
            tokens = ["(", *tokens, ")", rng.choice("+-*/,"), _arithmetic(rng, 2)]
        case 6:
            return _arithmetic(rng, 5)
    return "".join(tokens)


def _arithmetic(rng: random.Random, depth: int) -> str:
    """Arithmetic that the command line takes, most of the time."""

    def inner() -> str:
        return _arithmetic(rng, depth - 1)

    if depth == 0 or rng.random() < 0.2:
        return rng.choice(["x", "y", "w", "b", "pi", "e", "2", "0.5", "1e3", "-1", "0", "1e308"])
    if rng.random() < 0.4:
        name = rng.choice(list(interpreter.FUNCTIONS))
        least, most, _ = interpreter.FUNCTIONS[name]
        operands = rng.randint(least, most or 4)
        return f"{name}({', '.join(inner() for _ in range(operands))})"
    match rng.randrange(3):
        case 0:
            return f"-{inner()}"
        case 1:
            return f"({inner()}) {rng.choice(['+', '-', '*', '/', '**'])} {inner()}"
        case _:
            return f"{inner()}{rng.choice(['+', '-', '*', '/', '**'])}({inner()})"


def _assignments(source: str, rng: random.Random) -> list[str]:
    """A value for every name that is no function."""
    try:
        wanted = sorted(interpreter.names(interpreter.read(source)))
    except NotArithmetic:
        wanted = sorted({t for t in _TOKENS.findall(source) if t.isidentifier()})
    numbers = ["2", "-1.5", "0", "0.25", "1e200", "-1e-5", "inf", "nan", "pi/2", "2**-3", "-0"]
    return [
        f"{name}={rng.choice(numbers)}"
        for name in wanted
        if name not in interpreter.FUNCTIONS and not (name in ("pi", "e") and rng.random() < 0.9)
    ]
