"""What the command lines share: whatever is typed, a terminal only shows it."""

from __future__ import annotations

import argparse
import io
import sys
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


def write_anything() -> None:
    """Let the output write out, as ``\\u91cd``, what its encoding has no letter for."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
