"""A graph as DOT, Graphviz's language.

Every text reaches Graphviz through one function, `quote`, as a plain label: record shapes and
HTML-like labels would read a name such as ``<b>`` or ``a|b`` as mark-up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from viz.card import card, cells
from viz.colors import LIGHT
from viz.graph import Edge, Graph, Group, Node, by_group, number, plain, visible
from viz.spans import placed

_MONO = "DejaVu Sans Mono,Menlo,Consolas,Courier,monospace"
_LONGEST = 400  # characters of one label
_ORDERED = 150  # nodes up to which operands are put in order where that costs nothing
_THINNEST, _THICKEST = 1.0, 3.4


def to_dot(graph: Graph) -> str:
    """The graph as a complete DOT program, one statement a line, labels included."""
    lines = [line for statement in statements(graph) for line in statement]
    return "digraph computation {\n" + "".join(f"\t{line}\n" for line in lines) + "}\n"


def to_layout_dot(graph: Graph) -> str:
    """The same graph with its boxes empty: all that Graphviz needs to place them, and no text."""
    lines = [line for statement in statements(graph, labels=False) for line in statement]
    return "digraph computation {\n" + "\n".join(lines) + "\n}\n"


def statements(graph: Graph, labels: bool = True) -> Iterator[list[str]]:
    """The statements of a graph, each as its lines: settings, nodes in their groups, edges."""
    settings = {
        "rankdir": graph.rankdir,
        "ranksep": f"{_rank_separation(graph):.2f}",
        "nodesep": "0.3" if graph.rankdir in ("TB", "BT") else "0.2",
    }
    if labels and graph.caption:
        settings |= {"label": graph.caption, "labelloc": "b", "labeljust": "l"}
    if labels:
        settings |= {"fontname": _MONO, "fontcolor": LIGHT.muted, "bgcolor": LIGHT.paper}
    else:
        if len(graph.nodes) <= _ORDERED:
            settings["ordering"] = "in"
    yield [f"graph {_attributes(settings)}"]
    style = {"shape": "box", "fontname": _MONO, "fontsize": "11", "fontcolor": LIGHT.ink}
    yield [f"node {_attributes({**style, 'margin': '0.08,0.04'})}"]
    yield [f"edge {_attributes({'fontname': _MONO, 'fontsize': '10', 'arrowsize': '0.7'})}"]
    members = by_group(graph)
    children: dict[str | None, list[Group]] = {}
    for group in graph.groups:
        children.setdefault(group.parent, []).append(group)
    for node in members[None]:
        yield [_node(node, labels)]
    for group in children.get(None, []):
        yield _cluster(group, members, children, labels)
    edges, texts = (graph.edges, True) if labels else placed(graph)
    for edge in edges:
        yield [_edge(edge, labels, texts)]


def _rank_separation(graph: Graph) -> float:
    """Inches between ranks: more where many edges meet, as between layers of neurons."""
    arriving = Counter(edge.head for edge in graph.edges)
    most = max(arriving.values(), default=0)
    return 0.62 + 0.08 * min(max(most - 4, 0), 16)


def _cluster(
    group: Group,
    members: Mapping[str | None, Sequence[Node]],
    children: Mapping[str | None, Sequence[Group]],
    labels: bool,
) -> list[str]:
    label = plain(group.label)
    settings = {
        "label": label if labels else "m" * cells(label),
        "labeljust": "l",
        "fontname": _MONO,
        "fontsize": "11",
        "margin": "12",
    }
    if labels:
        settings |= {
            "id": group.id,
            "style": "rounded,filled",
            "color": LIGHT.group_line,
            "fillcolor": LIGHT.group,
            "fontcolor": LIGHT.muted,
        }
    inside = [_node(node, labels) for node in members[group.id]]
    for child in children.get(group.id, []):
        inside += _cluster(child, members, children, labels)
    return [
        f'subgraph "cluster_{group.id}" {{',
        f"\tgraph {_attributes(settings)}",
        *(f"\t{line}" for line in inside),
        "}",
    ]


def _node(node: Node, labels: bool) -> str:
    box = card(node)
    size = {"width": f"{box.width / 72:.4f}", "height": f"{box.height / 72:.4f}"}
    if not labels:
        return f"{node.id} {_attributes({**size, 'label': '', 'fixedsize': 'true'})}"
    width = max((len(text) for _, text in node.rows), default=0)
    numbers = [f"{label} {text:>{width}}".strip() for label, text in node.rows]
    text = "\n".join([line for line in (node.heading, *node.notes, *numbers) if line])
    look = {
        "label": text,
        "id": node.id,
        "class": node.kind,
        "style": _STYLES[node.kind] + (",bold" if node.root or node.nonfinite else ""),
        "fillcolor": {"leaf": LIGHT.leaf, "constant": LIGHT.constant}.get(node.kind, LIGHT.card),
        "color": {"leaf": LIGHT.leaf_line, "constant": LIGHT.group_line}.get(node.kind, LIGHT.line),
    }
    if node.nonfinite:
        look["color"] = LIGHT.negative
    elif node.root:
        look["color"] = LIGHT.ink
    if node.kind == "group":
        look["peripheries"] = "2"
    return f"{node.id} {_attributes({**look, **size})}"


_STYLES = {
    "leaf": "filled",
    "operation": "rounded,filled",
    "constant": "rounded,filled",
    "group": "rounded,filled",
    "more": "rounded,filled,dashed",
}


def _edge(edge: Edge, labels: bool, texts: bool) -> str:
    text = edge_text(edge) if texts else ""
    if not labels:
        look = {"id": edge.id} | ({"label": "m" * cells(text)} if text else {})
    else:
        look = {
            "id": edge.id,
            "class": edge.sign,
            "color": {"positive": LIGHT.positive, "negative": LIGHT.negative}.get(
                edge.sign, LIGHT.line
            ),
            "penwidth": f"{stroke(edge):.2f}",
            "style": "dashed" if edge.sign == "negative" else "solid",
        }
        if text:
            look |= {"label": text, "fontcolor": LIGHT.ink}
    return f"{edge.tail} -> {edge.head} {_attributes(look)}"


def edge_text(edge: Edge) -> str:
    """What stands on an edge: how many uses it stands for, or its part of a sum of gradients."""
    if edge.count > 1:
        return f"\N{MULTIPLICATION SIGN}{edge.count:,}"
    return number(edge.gradient) if edge.shared and edge.gradient is not None else ""


def stroke(edge: Edge) -> float:
    """The width of an edge's line in points: more for a larger gradient."""
    return _THINNEST + (_THICKEST - _THINNEST) * edge.weight


def _attributes(settings: dict[str, str]) -> str:
    return "[" + ", ".join(f"{key}={quote(text)}" for key, text in settings.items()) + "]"


def quote(text: str) -> str:
    r"""Any text as a DOT string that shows just that text.

    What `visible` drops goes, backslashes, quotes and ampersands lose their meaning, and blank
    lines at the start, which crash a Graphviz in WebAssembly, go too.

    >>> print(quote('say "<b>\\l"'), quote("\n\nAT&T\0"))
    "say \"<b>\\l\"" "AT&amp;T"
    """
    kept = visible(text).lstrip("\n")
    cut = kept if len(kept) <= _LONGEST else kept[: _LONGEST - 1] + "…"
    for character, escape in (("\\", "\\\\"), ('"', '\\"'), ("&", "&amp;"), ("\n", "\\n")):
        cut = cut.replace(character, escape)
    return f'"{cut}"'
