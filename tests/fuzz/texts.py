"""Texts as users may type them, from the bytes of a fuzzer; and what may be shown of them.

What is shown is said here once more and in other words than in viz: code points by their ranges.
"""

import json
import random
import unicodedata
from pathlib import Path

SEPARATOR = b"\xff"  # stands in no UTF-8, surrogates included
LONGEST = 150  # characters of one text: viz reads no further than eight times what it shows

# turned direction: LRE RLE PDF LRO RLO, LRI RLI FSI PDI
TURNING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
SPACES = {*range(9, 14), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)} | {
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
}

WORDS: dict[str, list[str]] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
"""What a mutation puts in: of ``arithmetic``, of ``options``, of ``texts``."""


def fields(data: bytes) -> list[str]:
    """The texts in some bytes: UTF-8, in which lone surrogates may stand."""
    return [_decoded(part)[:LONGEST] for part in data.split(SEPARATOR)]


def some(data: bytes, count: int) -> list[str]:
    """So many of the texts in some bytes; ``w`` where there are fewer."""
    return (fields(data) + ["w"] * count)[:count]


def _decoded(part: bytes) -> str:
    try:
        return part.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return part.decode("utf-8", "surrogateescape")


def joined(texts: list[str]) -> bytes:
    """The bytes that ``fields`` reads these texts from."""
    return SEPARATOR.join(text.encode("utf-8", "surrogatepass") for text in texts)


def dropped(character: str) -> bool:
    """Whether a character is never shown: controls, surrogates, unassigned, turned directions."""
    code = ord(character)
    return (
        code < 0x20
        or 0x7F <= code < 0xA0
        or 0xD800 <= code < 0xE000
        or code in TURNING
        or unicodedata.category(character) == "Cn"
    )


def line(text: str, longest: int) -> str:
    """A text on one line: white space as single spaces, and cut."""
    words: list[str] = [""]
    if text.isascii() and text.isprintable():  # to be quick
        words, text = text.split(" "), ""
    for character in text:
        if ord(character) in SPACES:
            words.append("")
        elif not dropped(character):
            words[-1] += character
    shown = " ".join(word for word in words if word)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def mutated(texts: list[str], rng: random.Random) -> list[str]:
    """The texts with something hostile done to one of them."""
    changed = list(texts)
    place = rng.randrange(len(changed))
    text = changed[place]
    cut = rng.randint(0, len(text))
    match rng.randrange(7):
        case 0:
            changed[place] = rng.choice(WORDS["texts"])
        case 1 | 2:
            changed[place] = text[:cut] + rng.choice(WORDS["texts"]) + text[cut:]
        case 3:
            changed[place] = text[:cut] + text[cut + rng.randint(1, 4) :]
        case 4:
            changed[place] = text[:cut] + chr(_code(rng)) + text[cut:]
        case 5:
            changed[place] = changed[rng.randrange(len(changed))]
        case 6:
            changed[place] = text[:cut] + text[:cut] + text[cut:]
    return changed


def mutated_case(data: bytes, rng: random.Random, kinds: int, count: int) -> bytes:
    """The same for bytes that are the number of a kind, and then so many texts."""
    first = bytes([rng.randrange(kinds)]) if rng.random() < 0.2 else data[:1] or b"\0"
    texts = some(data[1:], count)
    for _ in range(rng.choice([1, 1, 2, 4])):
        texts = mutated(texts, rng)
    return first + joined(texts)


def _code(rng: random.Random) -> int:
    return rng.randrange(rng.choice([0x80, 0x100, 0x2100, 0x10000, 0x110000]))
