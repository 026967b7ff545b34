"""Which edges Graphviz is asked to place.

Graphviz puts a point into every rank that an edge passes, and its time grows with the square of
their number: a leaf that each of 300 chained operations uses would take it minutes. Beyond a budget
the longest edges are left to `route`, which draws them behind the boxes.
"""

from __future__ import annotations

from viz.graph import Edge, Graph

_BUDGET = 1500  # points in ranks: under half a second
_LABELLED = 200  # points with which edges still have texts, which double the number of ranks


def ranks(graph: Graph) -> dict[str, int]:
    """The rank of each node: after its operands, and a leaf right before its first use.

    Edges against the order of the nodes, which only collapsed graphs have, do not count.
    """
    index = {node.id: i for i, node in enumerate(graph.nodes)}
    forward = [edge for edge in graph.edges if index[edge.tail] < index[edge.head]]
    rank = dict.fromkeys(index, 0)
    for edge in sorted(forward, key=lambda edge: index[edge.head]):
        rank[edge.head] = max(rank[edge.head], rank[edge.tail] + 1)
    inner = {edge.head for edge in forward}
    first: dict[str, int] = {}
    for edge in forward:
        first[edge.tail] = min(first.get(edge.tail, rank[edge.head]), rank[edge.head])
    return {id: r if id in inner else first.get(id, 1) - 1 for id, r in rank.items()}


def placed(graph: Graph) -> tuple[list[Edge], bool]:
    """The edges that Graphviz places, and whether with their texts.

    Every node keeps its shortest edge, so that it stands near something that it belongs to.

    >>> from viz.graph import Node
    >>> placed(Graph((Node("a", "leaf"), Node("b", "operation")), (Edge("e", "a", "b"),)))
    ([Edge(id='e', tail='a', head='b', gradient=None, weight=0.0, count=1, shared=False)], True)
    """
    rank = ranks(graph)

    def points(edge: Edge) -> int:
        return max(abs(rank[edge.head] - rank[edge.tail]) - 1, 0)

    if sum(map(points, graph.edges)) <= _LABELLED:
        return list(graph.edges), True
    left = _BUDGET
    kept: set[str] = set()
    anchored: set[str] = set()
    for edge in sorted(graph.edges, key=points):
        left -= points(edge)
        if left >= 0 or edge.tail not in anchored or edge.head not in anchored:
            kept.add(edge.id)
            anchored |= {edge.tail, edge.head}
    return [edge for edge in graph.edges if edge.id in kept], False
