"""What the command lines share: whatever is typed, a terminal only shows it."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable
from typing import NoReturn


def printable(text: str) -> str:
    """A text whose control characters, lone surrogates and the like are written out.

    A terminal would obey them, or the output could not be encoded; lines stay lines.

    >>> print(printable("red: \\x1b[31m"))
    red: \\x1b[31m
    """
    return "".join(
        character if character == "\n" or character.isprintable() else repr(character)[1:-1]
        for character in text
    )


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are printable."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def run(main: Callable[[], int]) -> NoReturn:
    """Run a command line and end with its exit code; an interruption ends it without a traceback.

    What the output's encoding has no letter for is written out, as ``\\u91cd``. Where nobody reads
    on, as behind ``| head``, the exit code is 1; after Ctrl-C it is 130, as shells have it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # else Python would try once more to write what is left, at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
