"""Whether two outputs are the same but for the users' texts that they show.

One is made with hostile texts, the other with placeholders. They are parsed by parsers that know
nothing of viz (expat, html.parser, json); then every element, attribute and text of one must be
that of the other, with the texts themselves, cut where they are long, in the placeholders' place.
"""

import base64
import json
import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from texts import LONGEST, line

CUTS = (40, 24, 400, 80, 70)  # characters: pictures, steppers, tooltips, paths, titles
_PLACE = re.compile(r"Q(\d)q(?: z)?")
_PATH = re.compile(r"Q\dq(?: z)?(?:\.(?:Q\dq(?: z)?|\w+))*")
_GEOMETRY = re.compile(r"[-+\d.,eMLCZVHAhvcz ()%transleo]*")
_LENGTHS = {"x", "y", "width", "height", "viewBox", "viewbox", "d", "transform", "points"}
_HASH = re.compile(r"(?<![0-9a-z])[gms][0-9a-f]{8}(?:[0-9a-f]{4})?(?![0-9a-z])|[0-9a-f]{12}")


def placeholder(i: int, text: str) -> str:
    """A harmless text that viz treats as it treats this one."""
    if not line(text, LONGEST):
        return " " if text else ""
    # a name of more than one word is bracketed in dL/d(my w)
    return f"Q{i}q z" if set(line(text, 24)) & set(" +-*/()") else f"Q{i}q"


class Comparison:
    """The texts, and what may stand in the place of each placeholder."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._lines: dict[tuple[str, int], str] = {}

    def _filled(self, wanted: str, longest: int) -> str:
        def path(match: re.Match[str]) -> str:
            key = match[0], longest
            if key not in self._lines:
                whole = _PLACE.sub(lambda m: self.texts[int(m[1])], match[0])
                self._lines[key] = line(whole, longest)
            return self._lines[key]

        return _PATH.sub(path, wanted)

    def text(self, got: str, wanted: str) -> None:
        """A text is the wanted one, the texts put in."""
        if got == wanted and "Q" not in wanted:
            return
        seen = " ".join(got.split())
        possible = (" ".join(self._filled(wanted, longest).split()) for longest in CUTS)
        if not any(seen == text for text in possible):
            # a title is cut, and its white space counted, with what stands around the text
            whole = _PLACE.sub(lambda match: self.texts[int(match[1])], wanted)
            titles = line(whole, 70), line(whole, 400)
            assert seen in titles, f"{got!r} is not {whole!r}, cut or not"

    def lines(self, got: str, wanted: str) -> None:
        if got == wanted and "Q" not in wanted:
            return
        ours, theirs = got.split("\n"), wanted.split("\n")
        assert len(ours) == len(theirs), (got, wanted)
        for mine, other in zip(ours, theirs, strict=True):
            self.text(mine, other)

    # -- XML --

    def xml(self, got: str, wanted: str) -> None:
        self._element(ET.fromstring(got.encode()), _parsed(wanted))

    def _element(self, got: ET.Element, wanted: ET.Element) -> None:
        assert got.tag == wanted.tag
        self._attributes(list(got.attrib.items()), list(wanted.attrib.items()))
        if got.tag.endswith("style"):
            assert _HASH.sub("", got.text or "") == _HASH.sub("", wanted.text or "")
        else:
            self.lines(got.text or "", wanted.text or "")
        assert (got.tail or "").strip() == (wanted.tail or "").strip() == ""
        assert len(got) == len(wanted), f"{[e.tag for e in got]} in {got.tag}"
        for mine, other in zip(got, wanted, strict=True):
            self._element(mine, other)

    def _attributes(
        self, got: list[tuple[str, str | None]], wanted: list[tuple[str, str | None]]
    ) -> None:
        assert [key for key, _ in got] == [key for key, _ in wanted]
        for (key, mine), (_, other) in zip(got, wanted, strict=True):
            mine, other = mine or "", other or ""
            if mine == other and "Q" not in mine:
                continue
            if key in _LENGTHS:
                assert _GEOMETRY.fullmatch(mine), (key, mine)
            elif key == "src" and other.startswith(_SVG_DATA):
                assert mine.startswith(_SVG_DATA)
                self.xml(_unpacked(mine), _unpacked(other))
            elif key == "alt":
                self.text(mine, other)
            else:
                assert _HASH.sub("", mine) == _HASH.sub("", other), (key, mine, other)

    # -- HTML --

    def html(self, got: str, wanted: str) -> None:
        bad = re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]", got)
        assert bad is None, f"{bad[0]!r} on a page"
        got.encode()
        mine, other = _Events(got).found, _events(wanted)
        assert [event[:2] for event in mine] == [event[:2] for event in other]
        for (kind, name, value), (_, _, expected) in zip(mine, other, strict=True):
            if kind == "start":
                self._attributes(value, expected)
            elif kind == "script":
                self.script(value, expected)
            elif name == "style":
                assert _HASH.sub("", value) == _HASH.sub("", expected)
            elif kind != "end":
                self.lines(value, expected)

    def script(self, got: str, wanted: str) -> None:
        """A script is the wanted one but for the data that it is given, which are JSON."""
        before, data, after = _data(got)
        expected_before, expected, expected_after = _data(wanted)
        assert "<!--" not in got
        program, _, start = before.rpartition("mountWhenThere")
        expected_program, _, expected_start = expected_before.rpartition("mountWhenThere")
        assert program == expected_program
        assert _HASH.sub("", start) == _HASH.sub("", expected_start)
        assert after == expected_after
        self.json(data, expected)

    def json(self, got: Any, wanted: Any, key: str = "") -> None:
        if key == "path":  # there for what is shown cut, so perhaps not for a placeholder
            assert all(path == line(path, 80) for path in got.values())
        elif isinstance(wanted, dict):
            assert list(got) == list(wanted)
            for name in wanted:
                self.json(got[name], wanted[name], name)
        elif isinstance(wanted, list):
            assert len(got) == len(wanted)
            for mine, other in zip(got, wanted, strict=True):
                self.json(mine, other, key)
        elif isinstance(wanted, str) and key == "ways":
            assert _GEOMETRY.fullmatch(got)
        elif isinstance(wanted, str) and wanted.startswith("<svg"):
            self.xml(got, wanted)
        elif isinstance(wanted, str):
            self.text(got, wanted)
        elif isinstance(wanted, float | int):
            assert isinstance(got, float | int)
        else:
            assert got == wanted


@lru_cache(maxsize=500)
def _parsed(wanted: str) -> ET.Element:
    return ET.fromstring(wanted.encode())


@lru_cache(maxsize=500)
def _events(wanted: str) -> "list[tuple[str, str, Any]]":
    return _Events(wanted).found


_SVG_DATA = "data:image/svg+xml;base64,"


def _unpacked(uri: str) -> str:
    return base64.b64decode(uri.removeprefix(_SVG_DATA), validate=True).decode()


_GIVEN = re.compile(r"\(root\) => new \w+\(root, ")


def _data(script: str) -> tuple[str, Any, str]:
    found = _GIVEN.search(script)
    if found is None:
        return script, None, ""
    data, end = json.JSONDecoder().raw_decode(script, found.end())
    return script[: found.end()], data, script[end:]


class _Events(HTMLParser):
    """What an HTML parser finds: (kind, name, value), texts next to each other as one."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, Any]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(("start", tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(("end", tag, ""))

    def handle_data(self, data: str) -> None:
        last = self.found[-1] if self.found else ("", "", "")
        if last[0] in ("text", "script"):
            self.found[-1] = (last[0], last[1], last[2] + data)
        else:
            self.found.append(
                (
                    "script"
                    if last[1] == "script" == self.lasttag and last[0] == "start"
                    else "text",
                    self.lasttag or "",
                    data,
                )
            )

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", data, ""))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", decl, ""))

    def handle_pi(self, data: str) -> None:
        self.found.append(("instruction", data, ""))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration", data, ""))
