"""What is fuzzed: each target reads bytes, and checks what becomes of them."""

import random
from collections.abc import Callable
from typing import NamedTuple

import command_line
import dot_labels
import markup


class Target(NamedTuple):
    """A target.

    ``check`` takes the bytes of a case, ``check_sample`` does so with the real Graphviz behind it,
    ``mutated`` makes another case of one; ``encoded`` makes its bytes of how the corpus writes it,
    and ``decoded`` the other way round.
    """

    check: Callable[[bytes], None]
    check_sample: Callable[[bytes], None]
    mutated: Callable[[bytes, random.Random], bytes]
    encoded: Callable[[list[str]], bytes]
    decoded: Callable[[bytes], list[str]]


TARGETS = {
    "expression": Target(
        command_line.check,
        command_line.check_files,
        command_line.mutated,
        command_line.joined,
        command_line.decoded,
    ),
    "dot": Target(
        dot_labels.check,
        dot_labels.check_drawn,
        dot_labels.mutated,
        dot_labels.joined,
        dot_labels.case,
    ),
    "markup": Target(markup.check, markup.check_drawn, markup.mutated, markup.joined, markup.case),
}
