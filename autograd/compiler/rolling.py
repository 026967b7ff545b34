"""Find the loops that a flat program was unrolled from: neurons, layers, and their gradients.

A neuron is a chain ``b + w0*x0 + w1*x1 + ...`` whose weights are parameters at regular places; a
layer is a row of such chains over the same values whose first weights are at regular places too.
Going back through a layer gives the same pattern again, with the weights at another stride. The
gradients of a layer's weights are products of all upstream numbers with all values. Nothing is
reassociated: a Layer computes each chain in its own order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from autograd.compiler.code import Code

SHORTEST = 4  # products to a chain worth a loop
FEWEST = 16  # products to a layer worth a loop


class Layer(NamedTuple):
    """outs[j] = seeds[j] + sum over k, in order, of values[k] * parameter[base + j*row + k*step].

    Without seeds the sum starts from the first product.
    """

    outs: tuple[int, ...]
    seeds: tuple[int, ...]
    values: tuple[int, ...]
    base: int
    row: int
    step: int


class Outer(NamedTuple):
    """The derivative of parameter[base + j*row + k] is rows[j] * columns[k]."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    base: int
    row: int


Straight: TypeAlias = list[int]


class Plan(NamedTuple):
    """A program as loops and straight-line code.

    Attributes
    ----------
    units:
        Layers and runs of single instructions, each after what it needs.
    outers:
        The gradients that are products of two vectors.
    others:
        The other gradients: (parameter, number) in the order of parameters.
    uniform:
        For each number whether it is the same for every row; those are in no unit.
    """

    units: list[Layer | Straight]
    outers: list[Outer]
    others: list[tuple[int, int]]
    uniform: bytearray


class Chain(NamedTuple):
    """``seed + products[0] + products[1] + ...``; a seed of -1 is none."""

    seed: int
    products: list[int]
    sums: list[int]


def plan(code: Code, gradient: bool) -> Plan:
    """Find the loops of ``code``; with ``gradient`` its outputs after the first are derivatives."""
    uses, uniform = code.uses(), code.uniform()
    layers, absorbed = _layers(code, uses, uniform)
    derivatives = code.outputs[1:] if gradient else []
    outers = _outers(code, derivatives, uses, uniform)
    outer = bytearray(len(derivatives))
    for found in outers:
        for j in range(len(found.rows)):
            for k in range(len(found.columns)):
                parameter = found.base + j * found.row + k
                outer[parameter] = 1
                absorbed[derivatives[parameter]] = 1
    others = [(k, number) for k, number in enumerate(derivatives) if not outer[k]]
    return Plan(_ordered(code, layers, absorbed, uniform), outers, others, uniform)


def _chains(code: Code, uses: Sequence[int], uniform: bytearray) -> dict[int, Chain]:
    """The longest chains of sums whose terms are products, by the number of their last sum."""
    names = [primitive.name if primitive else "" for primitive in code.primitives]
    product = bytearray(name == "mul" and uses[i] == 1 for i, name in enumerate(names))
    chains: dict[int, Chain] = {}
    for i, name in enumerate(names):
        if name != "add" or uniform[i]:
            continue
        a, b = code.operands[i]
        if product[a] and not product[b]:
            a, b = b, a
        if not product[b]:
            continue
        chain = chains.pop(a, None) if uses[a] == 1 else None
        if chain is not None:
            chain.products.append(b)
            chain.sums.append(i)
        elif product[a]:
            chain = Chain(-1, [a, b], [i])
        else:
            chain = Chain(a, [b], [i])
        chains[i] = chain
    return chains


def _weights(
    code: Code, uniform: bytearray, products: Iterable[int]
) -> tuple[int, int, tuple[int, ...]] | None:
    """(first parameter, step, values) if each product is of a value and the next parameter."""
    places, values = [], []
    for product in products:
        weight, value = code.operands[product]
        if code.is_parameter(value):
            weight, value = value, weight
        if not code.is_parameter(weight) or uniform[value]:
            return None
        places.append(weight - code.inputs)
        values.append(value)
    step = places[1] - places[0]
    if step == 0 or places != list(range(places[0], places[0] + step * len(places), step)):
        return None
    return places[0], step, tuple(values)


def _layers(code: Code, uses: Sequence[int], uniform: bytearray) -> tuple[list[Layer], bytearray]:
    """The layers, and for each number whether it is computed inside of one."""
    found: dict[int, tuple[int, int, tuple[int, ...]]] = {}
    chains = _chains(code, uses, uniform)
    for last, chain in chains.items():
        if len(chain.products) >= SHORTEST:
            weights = _weights(code, uniform, chain.products)
            if weights is not None:
                found[last] = weights
    inside = bytearray(len(code.operands))
    for last in found:
        for i in (*chains[last].products, *chains[last].sums[:-1]):
            inside[i] = 1
    level = _levels(code, chains, found, inside)
    groups: dict[object, list[tuple[int, int, int]]] = {}
    for last, (base, step, values) in found.items():
        seed = chains[last].seed
        # chains of one level do not depend on each other, so that they can be computed together
        key = (level[last], values, step, seed < 0)
        groups.setdefault(key, []).append((base, last, seed))
    layers = []
    for group in groups.values():
        for run in _runs(group):
            base, step, values = found[run[0][1]]
            if len(run) * len(values) >= FEWEST:
                row = run[1][0] - base if len(run) > 1 else 0
                outs = tuple(last for _, last, _ in run)
                seeds = tuple(seed for _, _, seed in run if seed >= 0)
                layers.append(Layer(outs, seeds, values, base, row, step))
            else:
                for _, last, _ in run:
                    for i in (*chains[last].products, *chains[last].sums[:-1]):
                        inside[i] = 0
    return layers, inside


def _levels(
    code: Code, chains: dict[int, Chain], found: dict[int, Any], inside: bytearray
) -> list[int]:
    """For each number how many steps it is from the leaves, a chain being one."""
    level = [0] * len(code.operands)
    get = level.__getitem__
    for i, operands in enumerate(code.operands):
        if inside[i] or not operands:
            continue
        if i in found:
            seed = chains[i].seed
            below = max(map(get, found[i][2]))
            level[i] = 1 + (below if seed < 0 else max(below, level[seed]))
        else:
            level[i] = 1 + max(map(get, operands))
    return level


Item = TypeVar("Item", bound=tuple[Any, ...])


def _runs(items: list[Item]) -> list[list[Item]]:
    """``items`` sorted, and cut where the steps between their first entries change."""
    runs: list[list[Item]] = []
    for item in sorted(items):
        run = runs[-1] if runs else []
        if len(run) == 1 or (run and item[0] - run[-1][0] == run[1][0] - run[0][0]):
            run.append(item)
        else:
            runs.append([item])
    return runs


def _outers(
    code: Code, derivatives: Sequence[int], uses: Sequence[int], uniform: bytearray
) -> list[Outer]:
    """Derivatives a*x0, a*x1, ... of consecutive parameters, gathered to products of vectors."""

    def factors(k: int) -> tuple[int, int] | None:
        if k >= len(derivatives):
            return None
        i = derivatives[k]
        if code.name(i) != "mul" or uses[i] != 1:
            return None
        a, b = code.operands[i]
        return None if uniform[a] or uniform[b] or a == b else (a, b)

    groups: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    k = 0
    while k < len(derivatives):
        start, pair, following = k, factors(k), factors(k + 1)
        k += 1
        if pair is None or following is None:
            continue
        common = pair[0] if pair[0] in following else pair[1]
        columns = [pair[0] + pair[1] - common]
        while following is not None and common in following:
            columns.append(following[0] + following[1] - common)
            k += 1
            following = factors(k)
        if len(columns) >= SHORTEST * 2:
            groups.setdefault(tuple(columns), []).append((start, common))
    outers = []
    for columns_, group in groups.items():
        for run in _runs(group):
            row = run[1][0] - run[0][0] if len(run) > 1 else 0
            outers.append(Outer(tuple(common for _, common in run), columns_, run[0][0], row))
    return outers


def _ordered(
    code: Code, layers: list[Layer], absorbed: bytearray, uniform: bytearray
) -> list[Layer | Straight]:
    """Layers and instructions, each after what it needs; otherwise in the program's order."""
    layer_of = {out: layer for layer in layers for out in layer.outs}
    done = bytearray(u or not operands for u, operands in zip(uniform, code.operands, strict=True))
    units: list[Layer | Straight] = []
    for i in range(len(code.operands)):
        stack = [] if done[i] or absorbed[i] else [i]
        while stack:
            top = stack[-1]
            layer = layer_of.get(top)
            needs = code.operands[top] if layer is None else (*layer.values, *layer.seeds)
            missing = [] if done[top] else [n for n in needs if not done[n]]
            if missing:
                stack += missing
                continue
            stack.pop()
            if done[top]:
                continue
            if layer is not None:
                units.append(layer)
                for out in layer.outs:
                    done[out] = 1
            else:
                if not units or isinstance(units[-1], Layer):
                    units.append([])
                units[-1].append(top)  # type: ignore[union-attr]
                done[top] = 1
    return units
