"""Which loops are found in a program, and where its numbers live: all of it without running it."""

import random

import pytest

import autograd  # noqa: F401 - fills the table of primitives
from autograd.compiler.code import Code
from autograd.compiler.layout import CHUNK, Copy, Layout, Place
from autograd.compiler.rolling import Layer, Outer, Plan, plan
from autograd.primitive import table


class Writing:
    """A Code in the making: inputs ``x``, parameters ``w``, then whatever is written."""

    def __init__(self, inputs, parameters):
        self.x = list(range(inputs))
        self.w = list(range(inputs, inputs + parameters))
        self.primitives = [None] * (inputs + parameters)
        self.operands = [()] * (inputs + parameters)
        self.constants = {}

    def __call__(self, name, *operands):
        self.primitives.append(table[name])
        self.operands.append(operands)
        return len(self.operands) - 1

    def constant(self, value):
        self.primitives.append(None)
        self.operands.append(())
        self.constants[len(self.operands) - 1] = value
        return len(self.operands) - 1

    def chain(self, seed, weights, values):
        """The numbers of seed + w*x + ..., the sums; where there is no seed, from the first."""
        sums = []
        for weight, value in zip(weights, values, strict=True):
            product = self("mul", weight, value)
            sums.append(product if seed is None else self("add", seed, product))
            seed = sums[-1]
        return sums

    def code(self, *outputs):
        sizes = len(self.x), len(self.w)
        return Code(*sizes, self.primitives, self.operands, self.constants, list(outputs), {})


class Terms(dict):
    """A number for each expression: equal ones, up to the order of two operands, have the same."""

    def of(self, name, *operands):
        if name in ("add", "mul"):
            operands = sorted(operands)
        return self.setdefault((name, *operands), len(self))

    def of_code(self, code):
        found = []
        for i, operands in enumerate(code.operands):
            found.append(self.of(code.name(i) or i, *[found[k] for k in operands]))
        return found

    def of_layer(self, code, layer, has):
        """What each of the outs is, by what Layer says it is."""
        for j in range(len(layer.outs)):
            total = has(layer.seeds[j]) if layer.seeds else None
            for k, value in enumerate(layer.values):
                parameter = layer.base + j * layer.row + k * layer.step
                assert 0 <= parameter < code.parameters
                product = self.of("mul", self.of(code.inputs + parameter), has(value))
                total = product if total is None else self.of("add", total, product)
            yield total


def checked(code, gradient):
    """The plan, after the program that it makes is found to be the one that was written."""
    found = plan(code, gradient)
    terms = Terms()
    wanted = terms.of_code(code)
    assert found.uniform == code.uniform()
    uses = code.uses()
    made = {i for i, operands in enumerate(code.operands) if not operands or found.uniform[i]}
    computed, used = set(), set(code.outputs[:1] if gradient else code.outputs)

    def has(i):
        assert i in made
        used.add(i)
        return wanted[i]

    before = None
    for unit in found.units:
        if isinstance(unit, Layer):
            assert len(unit.values) >= 4
            assert len(unit.values) * len(unit.outs) >= 16
            assert len(unit.seeds) in (0, len(unit.outs))
            assert list(terms.of_layer(code, unit, has)) == [wanted[i] for i in unit.outs]
        else:
            assert unit
            assert not isinstance(before, list)
        before = unit
        for i in unit.outs if isinstance(unit, Layer) else unit:
            if isinstance(unit, list):
                for operand in code.operands[i]:
                    has(operand)
            assert i not in made
            made.add(i)
            computed.add(i)
    derivatives = dict(enumerate(code.outputs[1:])) if gradient else {}
    for outer in found.outers:
        assert len(outer.columns) >= 8
        for j, row in enumerate(outer.rows):
            for k, column in enumerate(outer.columns):
                derivative = derivatives.pop(outer.base + j * outer.row + k)
                assert wanted[derivative] == terms.of("mul", has(row), has(column))
    assert found.others == list(derivatives.items())
    used.update(derivatives.values())
    assert used >= {i for i in computed if uses[i]}
    assert used <= made
    assert_laid_out(code, found, code.outputs[:1] if gradient else code.outputs)
    return found


def assert_laid_out(code, found, results):
    """A program that is run in its slots, step by step, has what it needs where it looks for it."""
    layout = Layout(code, found, results)
    terms = Terms()
    wanted = terms.of_code(code)
    memory = dict.fromkeys(range(layout.size))
    memory |= {i: wanted[i] for i in range(code.inputs)}
    for i in layout.fills:
        assert found.uniform[i]
        memory[layout.slots[i]] = wanted[i]

    def slots(vector):
        if not vector:
            return []
        place = layout.vectors[vector]
        return [place.start + k * place.step for k in range(len(vector))]

    def read(vector):
        assert [memory[slot] for slot in slots(vector)] == [wanted[i] for i in vector]

    for step in layout.steps:
        known = {}
        if isinstance(step, Layer):
            read(step.values)
            seeds = layout.seed_parameters(step) if step.seeds else None
            if seeds is None:
                read(step.seeds)
            else:
                regular = [seeds.start + j * seeds.step for j in range(len(step.seeds))]
                assert [code.inputs + k for k in regular] == list(step.seeds)
            assert layout.vectors[step.outs].step == 1
            for i, slot in zip(step.outs, slots(step.outs), strict=True):
                assert layout.slots[i] == slot
                memory[slot] = wanted[i]
        elif isinstance(step, Copy):
            for k, i in enumerate(step.numbers):
                assert memory[layout.slots[i]] == wanted[i]
                memory[step.start + k] = wanted[i]
        else:
            assert 0 < len(step) <= CHUNK
            for i in step:
                for operand in code.operands[i]:
                    if not (operand in known or found.uniform[operand]):
                        assert memory[layout.slots[operand]] == wanted[operand]
                known[i] = wanted[i]
                if i in layout.slots:
                    memory[layout.slots[i]] = wanted[i]
    for outer in found.outers:
        read(outer.rows)
        read(outer.columns)
    assert layout.summed == tuple(dict.fromkeys([*results, *(i for _, i in found.others)]))
    read(layout.summed)


def neurons(p, bases, values, seeds=None, step=1):
    """The last sums of chains over ``values``, each with weights from its base on."""
    seeds = [None] * len(bases) if seeds is None else seeds
    found = []
    for base, seed in zip(bases, seeds, strict=True):
        weights = [p.w[base + k * step] for k in range(len(values))]
        found.append(p.chain(seed, weights, values)[-1])
    return found


def computed(code):
    return [i for i, primitive in enumerate(code.primitives) if primitive is not None]


# -- layers --


@pytest.mark.parametrize(
    ("count", "width", "rolled"),
    [
        (4, 4, True),
        (2, 8, True),
        (1, 16, True),
        (5, 7, True),
        (3, 5, False),
        (1, 15, False),
        (9, 3, False),
        (9, 2, False),
    ],
)
@pytest.mark.parametrize("seeded", [False, True])
def test_a_layer_has_four_products_to_a_neuron_and_sixteen_in_all(count, width, rolled, seeded):
    p = Writing(width, count * (width + 1))
    bases = [j * (width + 1) for j in range(count)]
    seeds = [p.w[base + width] for base in bases] if seeded else None
    outs = neurons(p, bases, p.x, seeds)
    code = p.code(*outs)
    layer = Layer(tuple(outs), tuple(seeds or ()), tuple(p.x), 0, (width + 1) * (count > 1), 1)
    assert checked(code, False).units == [layer if rolled else computed(code)]


@pytest.mark.parametrize("step", [1, 2, 5, -1, -3])
@pytest.mark.parametrize("row", [0, 1, 7])
@pytest.mark.parametrize("first", [0, 4])
def test_weights_at_regular_places_are_a_layer_in_any_order(step, row, first):
    p = Writing(5, 64)
    first += max(0, -4 * step)
    bases = [first + row * j for j in range(5)]
    written = random.Random(1).sample(bases, 5)
    outs = neurons(p, written, p.x, step=step)
    in_order = [out for _, out in sorted(zip(written, outs, strict=True))]
    units = [Layer(tuple(in_order), (), tuple(p.x), first, row, step)]
    assert checked(p.code(*outs), False).units == units


@pytest.mark.parametrize(
    "places",
    [[0, 0, 0, 0], [0, 1, 2, 4], [0, 2, 3, 4], [0, 2, 3, 5], [3, 2, 1, 1], [5, 6, 5, 6]],
)
def test_weights_at_other_places_are_none(places):
    p = Writing(4, 80)
    outs = [p.chain(None, [p.w[10 * j + k] for k in places], p.x)[-1] for j in range(8)]
    code = p.code(*outs)
    assert checked(code, False).units == [computed(code)]


def test_products_of_anything_but_a_parameter_and_a_value_of_rows_are_none():
    for kind in ("value", "constant", "parameter", "of parameters"):
        p = Writing(5, 64)
        other = {
            "value": p.x[4],
            "constant": p.constant(3.0),
            "parameter": p.w[40],
            "of parameters": p("tanh", p.w[40]),
        }[kind]
        outs = []
        for j in range(8):
            weights = p.w[4 * j : 4 * j + 4]
            if kind == "value":
                weights[2] = p.x[3]
            outs.append(p.chain(p.x[0], weights, [*p.x[:3], other])[-1])
        code = p.code(*outs)
        uniform = code.uniform()
        assert checked(code, False).units == [[i for i in computed(code) if not uniform[i]]]


def test_sums_of_what_is_the_same_for_all_rows_are_in_no_unit():
    p = Writing(1, 40)
    sums = p.chain(None, p.w[:20], p.w[20:])
    result = p("mul", sums[-1], p.x[0])
    assert checked(p.code(result), False).units == [[result]]


@pytest.mark.parametrize("value_first", [False, True])
@pytest.mark.parametrize("product_first", [False, True])
@pytest.mark.parametrize("seeded", [False, True])
def test_a_chain_may_be_written_either_way_around(value_first, product_first, seeded):
    p = Writing(6, 18)
    seeds = [p("tanh", x) for x in p.x[:3]] if seeded else []
    outs = []
    for j in range(3):
        total = seeds[j] if seeded else None
        for k in range(6):
            pair = p.w[6 * j + k], p.x[k]
            product = p("mul", *(pair[::-1] if value_first else pair))
            if total is None:
                total = product
                continue
            # a sum of two products is in the order of its operands
            turned = product_first and (seeded or k > 1)
            total = p("add", *((product, total) if turned else (total, product)))
        outs.append(total)
    layer = Layer(tuple(outs), tuple(seeds), tuple(p.x), 0, 6, 1)
    assert checked(p.code(*outs), False).units == ([seeds] if seeded else []) + [layer]


@pytest.mark.parametrize(
    ("bases", "runs"),
    [
        ([0, 10, 20, 33, 43], [(0, 10, 3), (33, 10, 2)]),
        ([0, 10, 30, 40, 50], [(0, 10, 2), (30, 10, 3)]),
        ([0, 10, 21, 31], [(0, 10, 2), (21, 10, 2)]),
        ([43, 0, 33, 20, 10], [(0, 10, 3), (33, 10, 2)]),
        ([5, 5, 5, 20, 40], [(5, 0, 3), (20, 20, 2)]),
    ],
)
def test_neurons_whose_first_weights_are_not_at_one_distance_are_several_layers(bases, runs):
    p = Writing(8, 64)
    outs = neurons(p, bases, p.x)
    units = checked(p.code(*outs), False).units
    assert sorted((unit.base, unit.row, len(unit.outs)) for unit in units) == runs


def test_too_few_neurons_at_one_distance_are_left_as_they_are():
    p = Writing(8, 64)
    outs = neurons(p, [0, 10, 20, 33], p.x)
    code = p.code(*outs)
    units = checked(code, False).units
    assert units[0].outs == tuple(outs[:3])
    assert units[1:] == [[i for i in computed(code) if outs[2] < i]]


def test_a_chain_ends_where_its_sum_is_used_elsewhere():
    p = Writing(9, 64)
    sums = [p.chain(None, p.w[10 * j : 10 * j + 9], p.x) for j in range(4)]
    early, last = [tuple(s[k] for s in sums) for k in (4, 8)]
    units = checked(p.code(*early, *last), False).units
    assert units == [
        Layer(early, (), (0, 1, 2, 3, 4), 0, 10, 1),
        Layer(last, early, (5, 6, 7, 8), 5, 10, 1),
    ]


def test_a_product_that_is_used_elsewhere_is_in_no_chain():
    p = Writing(9, 64)
    lasts, products = [], []
    for j in range(4):
        w = p.w[10 * j : 10 * j + 9]
        half = p.chain(None, w[:4], p.x[:4])[-1]
        products.append(p("mul", w[4], p.x[4]))
        lasts.append(p.chain(p("add", half, products[-1]), w[5:], p.x[5:])[-1])
    units = checked(p.code(*lasts, *products), False).units
    assert [(u.values, u.base) for u in units if isinstance(u, Layer)] == [
        ((0, 1, 2, 3), 0),
        ((5, 6, 7, 8), 5),
    ]


def test_chains_over_the_same_values_are_one_layer_only_if_they_are_seeded_alike():
    p = Writing(4, 64)
    outs = neurons(p, [0, 8, 16, 24], p.x)
    seeded = neurons(p, [4, 12, 20, 28], p.x, p.w[40:44])
    units = checked(p.code(*outs, *seeded), False).units
    assert units == [
        Layer(tuple(outs), (), (0, 1, 2, 3), 0, 8, 1),
        Layer(tuple(seeded), tuple(p.w[40:44]), (0, 1, 2, 3), 4, 8, 1),
    ]


@pytest.mark.parametrize("between", [0, 1, 2])
def test_chains_that_go_on_from_one_another_are_layers_of_their_own(between):
    p = Writing(4, 48)
    outs = neurons(p, [0, 4, 8, 12], p.x)
    results, layers, straight = [*outs], [Layer(tuple(outs), (), (0, 1, 2, 3), 0, 4, 1)], []
    for start in (16, 32):
        seeds, outs = [], outs.copy()
        for j, seed in enumerate(outs):
            for _ in range(between):
                seed = p("tanh", seed)
                straight.append(seed)
            seeds.append(seed)
            outs[j] = neurons(p, [start + 4 * j], p.x, [seed])[0]
        layers.append(Layer(tuple(outs), tuple(seeds), (0, 1, 2, 3), start, 4, 1))
        results += outs
    units = checked(p.code(*results), False).units
    assert [unit for unit in units if isinstance(unit, Layer)] == layers
    assert sorted(i for unit in units if isinstance(unit, list) for i in unit) == straight


def test_chains_of_one_depth_are_one_layer_whatever_their_seeds_are():
    p = Writing(4, 64)
    a, b = p("tanh", p.x[0]), p("add", p.x[1], p.x[2])
    values = [p("tanh", x) for x in p.x]
    seeds = [p.x[0], a, b, p.w[40]]
    outs = neurons(p, [0, 4, 8, 12], values, seeds)
    units = checked(p.code(*outs), False).units
    assert units == [[a, b, *values], Layer(tuple(outs), tuple(seeds), tuple(values), 0, 4, 1)]


def test_a_chain_is_one_step_deep_as_any_other_operation():
    p = Writing(4, 64)
    deep = neurons(p, [0, 4, 8, 12], p.x)
    seeds = [deep[0], p("tanh", p.x[0]), deep[1], p("add", p.x[1], p.x[2])]
    outs = neurons(p, [16, 20, 24, 28], p.x, seeds)
    units = checked(p.code(*outs, *deep), False).units
    assert units[-1] == Layer(tuple(outs), tuple(seeds), tuple(p.x), 16, 4, 1)


def test_chains_of_several_depths_are_several_layers():
    """However deep a seed is, or a value: what a chain needs may need another chain."""
    p = Writing(8, 64)
    deep, deeper = p("tanh", p.x[0]), p("tanh", p("tanh", p.x[1]))
    outs = neurons(p, [0, 8], p.x, [p.x[2], p.x[3]])
    outs += neurons(p, [16, 24], p.x, [deep, deep])
    outs += neurons(p, [32, 40], p.x, [deeper, deeper])
    units = checked(p.code(*outs), False).units
    bases = [(u.base, u.row, len(u.outs)) for u in units if isinstance(u, Layer)]
    assert bases == [(0, 8, 2), (16, 8, 2), (32, 8, 2)]


# -- gradients --


def outer_code(rows, columns, start, row, parameters, others=0):
    """Derivatives that are products of ``rows`` and ``columns``; the others are one number."""
    p = Writing(max(columns) + 1, parameters)
    loss = p("mul", p.x[0], p.x[0])
    upstream = [p("tanh", p.x[k]) for k in rows]
    derivatives = [loss] * parameters
    for j, a in enumerate(upstream):
        for k, column in enumerate(columns):
            derivatives[start + j * row + k] = p("mul", a, p.x[column])
    return p.code(loss, *derivatives), upstream


@pytest.mark.parametrize(("start", "row"), [(0, 8), (0, 9), (3, 8), (2, 11)])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_products_of_two_vectors_are_found_where_they_are(start, row, count):
    columns = (0, 1, 2, 3, 4, 5, 6, 7)
    parameters = start + row * count + 1
    code, upstream = outer_code(range(count), columns, start, row, parameters)
    plan = checked(code, True)
    assert plan.outers == [Outer(tuple(upstream), columns, start, row * (count > 1))]
    inside = {start + j * row + k for j in range(count) for k in range(8)}
    assert [k for k, _ in plan.others] == [k for k in range(parameters) if k not in inside]
    assert plan.units == [[code.outputs[0], *upstream]]


def test_fewer_than_eight_products_are_single_derivatives():
    code, _ = outer_code([0, 1, 2], range(7), 0, 8, 24)
    plan = checked(code, True)
    assert plan.outers == []
    assert [k for k, _ in plan.others] == list(range(24))
    assert plan.units == [computed(code)]


def test_products_of_two_vectors_may_be_written_either_way_around():
    rng = random.Random(2)
    for _ in range(10):
        p = Writing(9, 27)
        loss = p("mul", p.x[0], p.x[0])
        upstream = [p("tanh", x) for x in p.x[:3]]
        pairs = [(a, x) for a in upstream for x in p.x]
        products = [p("mul", *rng.sample(pair, 2)) for pair in pairs]
        plan = checked(p.code(loss, *products), True)
        assert plan.outers == [Outer(tuple(upstream), tuple(p.x), 0, 9)]
        assert plan.others == []


def test_rows_over_other_columns_or_at_another_distance_are_gathered_apart():
    p = Writing(20, 100)
    a = [p("tanh", x) for x in p.x[:7]]
    derivatives = [a[0]] * 100
    columns = p.x[:8], p.x[10:20]
    places = {0: (0, 0), 1: (10, 0), 2: (22, 0), 3: (34, 0), 4: (42, 1), 5: (60, 0), 6: (80, 1)}
    for j, (start, which) in places.items():
        for k, x in enumerate(columns[which]):
            derivatives[start + k] = p("mul", a[j], x)
    plan = checked(p.code(a[1], *derivatives), True)
    assert plan.outers == [
        Outer((a[0], a[1]), tuple(columns[0]), 0, 10),
        Outer((a[2], a[3]), tuple(columns[0]), 22, 12),
        Outer((a[5],), tuple(columns[0]), 60, 0),
        Outer((a[4], a[6]), tuple(columns[1]), 42, 38),
    ]


@pytest.mark.parametrize("kind", ["square", "uniform", "sum", "used twice", "of nothing before"])
@pytest.mark.parametrize("at", [0, 3, 8, 16])
def test_a_derivative_of_another_kind_ends_a_run(kind, at):
    p = Writing(17, 17)
    a, b = p("tanh", p.x[0]), p("tanh", p.x[1])
    products = [p("mul", a, x) for x in p.x]
    other = {
        "square": lambda: p("mul", a, a),
        "uniform": lambda: p("mul", a, p.w[3]),
        "sum": lambda: p("add", a, p.x[at]),
        "used twice": lambda: products[at],
        "of nothing before": lambda: p("mul", b, b),
    }[kind]()
    loss = p("tanh", products[at])
    products[at] = other
    plan = checked(p.code(loss, *products), True)
    runs = [range(at), range(at + 1, 17)]
    wanted = [Outer((a,), tuple(run), run[0], 0) for run in runs if len(run) >= 8]
    assert plan.outers == wanted
    assert at in [k for k, _ in plan.others]


# -- the order of units --


def test_units_come_after_what_they_need_and_else_in_the_order_of_the_program():
    p = Writing(4, 60)
    first = p("tanh", p.x[0])
    outs = neurons(p, [0, 5], p.x, [first, first])
    middle = p("tanh", p.x[1])
    late = [p("tanh", outs[0]), p("tanh", p.x[2])]
    outs += neurons(p, [10, 15], p.x, [middle, first])
    result = p("add", late[0], outs[3])
    units = checked(p.code(result, *late[1:]), False).units
    layer = Layer(tuple(outs), (first, first, middle, first), tuple(p.x), 0, 5, 1)
    assert units == [[first, middle], layer, [*late, result]]


def test_a_layer_comes_as_soon_as_it_is_needed():
    """What its other neurons need comes before it, once, and what does not after it."""
    p = Writing(4, 32)
    values = [p("tanh", p("tanh", p("tanh", x))) for x in p.x]
    before = list(range(36, len(p.operands)))
    outs = neurons(p, [0], values, [p.x[0]])
    seeds = [p("tanh", p.x[0])]
    seeds.append(p("tanh", seeds[0]))
    other = p("tanh", p.x[1])
    outs += neurons(p, [8, 16, 24], values, [*seeds, seeds[1]])
    units = checked(p.code(*outs, other), False).units
    layer = Layer(tuple(outs), (p.x[0], *seeds, seeds[1]), tuple(values), 0, 8, 1)
    assert units == [before + seeds, layer, [other]]


# -- any program --


def drawn(rng, gradient):
    """A program of layers, regular or not, over values that others give or other things."""
    p = Writing(rng.randint(1, 12), 150)
    values = [*p.x, p.constant(2.0), p("mul", p.w[0], p.w[1])]
    for _ in range(rng.randint(1, 5)):
        width, count = rng.randint(2, 10), rng.randint(1, 6)
        step, row = rng.choice([1, 1, 1, 2, -1, 0]), rng.choice([width, width, width + 1, 1, 0])
        first = rng.randint(20, 60)
        start = rng.randrange(max(1, len(values) - width))
        over = values[start : start + width]
        if rng.random() < 0.3:
            rng.shuffle(over)
        kind = rng.choice(["none", "regular", "parameters", "values", "one by one"])
        fresh = []
        for j in range(count):
            own = [p.w[first + j * row + k * step] for k in range(len(over))]
            if rng.random() < 0.1:
                rng.shuffle(own)
            seed = {
                "none": None,
                "regular": p.w[2 * j],
                "parameters": rng.choice(p.w),
                "values": rng.choice(values),
                "one by one": fresh[-1] if fresh else values[-1],
            }[kind]
            sums = p.chain(seed, own, over)
            fresh.append(p("tanh", sums[-1]) if rng.random() < 0.5 else sums[-1])
            if rng.random() < 0.2:
                fresh.append(rng.choice(sums))
        values += fresh
    if not gradient:
        return p.code(*[rng.choice(values) for _ in range(rng.randint(0, 12))])
    derivatives = []
    while len(derivatives) < 150:
        a, width = rng.choice(values), rng.randint(1, 20)
        start = rng.randrange(len(values))
        for x in values[start : start + width]:
            derivatives.append(p("mul", a, x))
        if rng.random() < 0.5:
            derivatives += [rng.choice(values)] * rng.randint(0, 3)
    return p.code(values[-1], *derivatives[:150])


@pytest.mark.parametrize("gradient", [False, True])
def test_what_a_plan_computes_is_the_program(gradient):
    for seed in range(10):
        checked(drawn(random.Random(seed), gradient), gradient)


# -- where numbers live --


def laid_out(code, results, units=(), outers=()):
    return Layout(code, Plan(list(units), list(outers), [], code.uniform()), results)


@pytest.mark.parametrize(
    ("seeds", "place"),
    [
        ([4], Place(0, 1)),
        ([9], Place(5, 1)),
        ([4, 5, 6, 7], Place(0, 1)),
        ([9, 7, 5], Place(5, -2)),
        ([4, 7], Place(0, 3)),
        ([4, 5, 7], None),
        ([4, 4], None),
        ([3, 4, 5], None),
        ([0, 1], None),
        ([4, 3], None),
    ],
)
def test_seeds_that_are_parameters_at_regular_places_need_no_slots(seeds, place):
    p = Writing(4, 16)
    layout = laid_out(p.code(), [])
    assert layout.seed_parameters(Layer((), tuple(seeds), (), 0, 0, 1)) == place
    outs = tuple(range(20, 20 + len(seeds)))
    code = p.code(*[p("tanh", p.x[0]) for _ in outs])
    layout = laid_out(code, outs, [Layer(outs, tuple(seeds), tuple(p.x), 0, 1, 1)])
    assert (tuple(seeds) in layout.vectors) == (place is None)


@pytest.mark.parametrize(
    ("vector", "place", "size"),
    [
        ([2], Place(2, 1), 6),
        ([0, 1, 2], Place(0, 1), 6),
        ([1, 3, 5], Place(1, 2), 6),
        ([5, 3, 1], Place(5, -2), 6),
        ([2, 1], Place(2, -1), 6),
        ([0, 1, 3], None, 9),
        ([0, 2, 3], None, 9),
        ([1, 1], None, 8),
        ([0, 1, 0], None, 9),
        ([9, 10, 11], Place(6, 1), 9),
        ([11, 9], Place(6, 1), 8),
        ([9], Place(6, 1), 7),
        ([9, 9], None, 9),
        ([0, 9], None, 9),
        ([9, 0, 10], None, 11),
        ([0, 6], None, 9),
    ],
)
def test_a_vector_has_neighbouring_slots_or_regular_ones_or_a_copy(vector, place, size):
    p = Writing(6, 3)
    code = p.code(*[p("tanh", p.x[k]) for k in range(4)])
    layout = laid_out(code, [], [code.outputs], [Outer(tuple(vector), (), 0, 0)])
    fresh = [i for i in dict.fromkeys(vector) if i >= 6]
    assert layout.slots == {i: i for i in range(6)} | {i: 6 + k for k, i in enumerate(fresh)}
    assert layout.size == size
    assert layout.fills == [i for i in fresh if i < 9]
    copy = Copy(tuple(vector), 6 + len(fresh))
    assert layout.vectors == {tuple(vector): place or Place(copy.start, 1)}
    # what is made of inputs and of numbers for all rows is there before anything is computed
    late = max(vector) >= 9
    steps = [code.outputs, copy] if late else [copy, code.outputs]
    assert layout.steps == (steps if place is None else [code.outputs])


def test_vectors_that_are_there_already_are_used_again():
    p = Writing(3, 1)
    code = p.code(*[p("tanh", x) for x in p.x])
    outs = tuple(code.outputs)
    outers = [Outer(outs, (0, 1, 2), 0, 3), Outer(outs[::-1], (0, 1, 2), 0, 3)]
    layout = laid_out(code, outs, [[*outs]], outers)
    assert layout.vectors == {outs: Place(3, 1), outs[::-1]: Place(5, -1), (0, 1, 2): Place(0, 1)}
    assert layout.size == 6


def test_slots_are_used_again_after_the_last_use():
    p = Writing(1, 0)
    last = p.x[0]
    for _ in range(5 * CHUNK):
        last = p("tanh", last)
    code = p.code(last)
    layout = Layout(code, checked(code, False), [last])
    assert [len(step) for step in layout.steps] == [CHUNK] * 5
    # one slot each for the input and the output, and by turns two from chunk to chunk
    by_turns = {CHUNK * k: 2 + (k + 1) % 2 for k in range(1, 5)}
    assert layout.slots == {0: 0, last: 1} | by_turns
    assert layout.size == 4


def test_there_are_as_many_slots_as_numbers_that_wait_for_another_chunk():
    for seed in range(3):
        rng = random.Random(seed)
        p = Writing(2, 1)
        for i in range(3, 3 + 6 * CHUNK):
            back = rng.choice([3, 40, 400])
            p("add", rng.randrange(max(0, i - back), i), p.x[i % 2])
        last = len(p.operands) - 1
        code = p.code(last)
        found = checked(code, False)
        layout = Layout(code, found, [last])
        made = {i: k for k, step in enumerate(layout.steps) for i in step}
        until = {}
        for i, k in made.items():
            until.update(dict.fromkeys(code.operands[i], k))
        waiting = [i for i in made if until.get(i, 0) > made[i]]
        assert sorted(layout.slots) == sorted([*p.x, *waiting, last])
        most = max(sum(made[i] <= k <= until[i] for i in waiting) for k in range(6))
        assert layout.size == 2 + 1 + most


def test_copies_are_made_as_soon_as_they_can_be():
    p = Writing(4, 20)
    a = [p("tanh", x) for x in p.x]
    sums = p.chain(None, p.w[:16], [*p.x] * 4)
    b = [p("tanh", i) for i in [sums[-1], *a[:1]]]
    layer = Layer((sums[-1],), (), tuple(p.x) * 4, 0, 0, 1)
    outers = [
        Outer((p.x[0], p.w[0]), (), 0, 0),
        Outer((a[0], p.x[1]), (), 0, 0),
        Outer((sums[-1], a[1]), (), 0, 0),
        Outer((a[0], b[1], p.x[2]), (), 0, 0),
    ]
    code = p.code()
    layout = laid_out(code, [], [a, layer, b], outers)
    order = [s.numbers if isinstance(s, Copy) else s for s in layout.steps]
    rows = [outer.rows for outer in outers]
    assert order == [layer.values, rows[0], a, rows[1], layer, rows[2], b, rows[3]]
