"""A strict reader of DOT, after the grammar at graphviz.org/doc/info/lang.html.

It knows nothing of how viz writes. What Graphviz would let pass with a warning is an error here.
"""

import html
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<arrow>->|--)
      | (?P<mark>[{}\[\]=;,:+])
      | (?P<name>[A-Za-z_\x80-\U0010ffff][A-Za-z_0-9\x80-\U0010ffff]*)
      | (?P<number>-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?))
      | (?P<quoted>"(?:[^"\\]|\\.)*")""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS = {"node", "edge", "graph", "digraph", "subgraph", "strict"}


class DotError(AssertionError):
    """The text is not DOT, or not what a label may hold."""


@dataclass
class Statements:
    """What stands between the braces of a graph or a subgraph, in order."""

    defaults: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    nodes: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    edges: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    subgraphs: list[tuple[str, "Statements"]] = field(default_factory=list)

    def elements(self) -> "Elements":
        """Everything with attributes, by what it is and what it is called."""
        found: Elements = []
        found += [(("default", kind), attributes) for kind, attributes in self.defaults]
        found += [(("node", id), attributes) for id, attributes in self.nodes]
        found += [(("edge", tail, head), attributes) for tail, head, attributes in self.edges]
        for id, inner in self.subgraphs:
            found += [(("in", id, *what), attributes) for what, attributes in inner.elements()]
        return found


Token = tuple[str, str]
Elements = list[tuple[tuple[str, ...], dict[str, str]]]


def read(source: str) -> Statements:
    """A digraph as its statements.

    Raises
    ------
    DotError
        for anything that the grammar has no place for.
    """
    reader = _Reader(_tokens(source))
    reader.take("name", "digraph")
    reader.take("name")
    found = reader.block()
    if reader.left:
        raise DotError(f"after the graph: {reader.left[-1]}")
    return found


def _tokens(source: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None and source[at] == "<":
            markup = _markup(source, at)
            tokens.append(("markup", markup))
            at += len(markup)
            continue
        if match is None:
            raise DotError(f"no token of DOT: {source[at : at + 20]!r}")
        kind = str(match.lastgroup)
        if kind == "quoted":
            # the scanner takes \" for a quote and a backslash before a new line for nothing; every
            # other backslash stays for the label
            text = re.sub(r'\\(["\n]|\\)', _unquoted, match[0][1:-1])
            tokens.append(("text", text))
        elif kind not in ("space", "comment"):
            tokens.append((kind, match[0]))
        at = match.end()
    return tokens


def _unquoted(match: re.Match[str]) -> str:
    return {'"': '"', "\n": "", "\\": "\\\\"}[match[1]]


def _markup(source: str, at: int) -> str:
    depth = 0
    for end in range(at, len(source)):
        depth += {"<": 1, ">": -1}.get(source[end], 0)
        if depth == 0:
            ET.fromstring(f"<label>{source[at + 1 : end]}</label>")
            return source[at : end + 1]
    raise DotError("markup without an end")


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.left = tokens[::-1]

    def peek(self) -> Token:
        return self.left[-1] if self.left else ("end", "")

    def take(self, kind: str, text: str | None = None) -> str:
        token = self.left.pop() if self.left else ("end", "")
        if token[0] != kind or (text is not None and token[1] != text):
            raise DotError(f"wanted {text or kind}, got {token}")
        return token[1]

    def block(self) -> Statements:
        self.take("mark", "{")
        found = Statements()
        while self.peek() != ("mark", "}"):
            self.statement(found)
            if self.peek() == ("mark", ";"):
                self.left.pop()
        self.left.pop()
        return found

    def statement(self, found: Statements) -> None:
        kind, text = self.peek()
        if kind == "name" and text.lower() in ("node", "edge", "graph"):
            self.left.pop()
            found.defaults.append((text, self.attributes()))
        elif kind == "name" and text.lower() == "subgraph":
            self.left.pop()
            found.subgraphs.append((self.id(), self.block()))
        else:
            id = self.id()
            if self.peek()[0] == "arrow":
                self.take("arrow", "->")
                found.edges.append((id, self.id(), self.attributes()))
            else:
                found.nodes.append((id, self.attributes()))

    def id(self) -> str:
        kind, text = self.peek()
        if kind not in ("name", "number", "text") or (kind == "name" and text.lower() in _KEYWORDS):
            raise DotError(f"wanted an id, got {(kind, text)}")
        self.left.pop()
        return text

    def attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        self.take("mark", "[")
        while self.peek() != ("mark", "]"):
            key = self.id()
            self.take("mark", "=")
            if self.peek()[0] == "markup":
                raise DotError(f"{key} is mark-up: {self.peek()[1]}")
            if key in found:
                raise DotError(f"{key} is given twice")
            found[key] = self.id()
            if self.peek() in (("mark", ","), ("mark", ";")):
                self.left.pop()
        self.left.pop()
        return found


def label(text: str) -> str:
    """What Graphviz shows for the value of a label, in its three steps.

    First names are put in for ``\\N`` and the like, then entities are read, then escapes.
    """
    if re.search(r"(?<!\\)(?:\\\\)*\\[NGELTH]", text):
        raise DotError(f"the name of something is put into {text!r}")
    text = re.sub(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);", lambda m: html.unescape(m[0]), text)
    return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nlr" else m[1], text, flags=re.DOTALL)
