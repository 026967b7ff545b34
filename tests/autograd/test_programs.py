"""Random programs with shared subexpressions: against independent oracles, and against themselves.

A property that relates two runs of the engine (seed doubled, a subexpression written out twice)
needs no oracle, and no tolerance where the arithmetic is exact; such properties are here as well.
"""

import math
import struct
from fractions import Fraction

import oracles
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mpmath import mp

from autograd import (
    Value,
    grad,
    gradients,
    graph,
    hessian,
    jvp,
    no_grad,
    steps,
    value_and_grad,
    vjp,
)
from autograd.primitive import table
from autograd.testing import Program, check_gradients
from autograd.testing.rounding import Bounds
from autograd.testing.strategies import networks, numbers, programs

ULP = 2.0**-53
fewer = settings(max_examples=max(1, settings.default.max_examples // 2))


def bits(x):
    """A float to the bit; every nan is one."""
    return "nan" if x != x else struct.pack("<d", x)


def all_bits(xs):
    return [bits(x) for x in xs]


anywhere = programs(anywhere=True, leaves=st.one_of(numbers(-10, 10), st.floats()))
"""Programs that leave every domain: kinks, infinities and nan."""

polynomial = programs(
    primitives=["add", "sub", "mul", "neg"],
    max_steps=6,
    leaves=st.builds(lambda n, k: n * 2.0**-k, st.integers(-8, 8), st.integers(0, 2)),
)
"""Programs of whole and dyadic numbers, exact in floats while they are short."""


def gradient_of(program):
    output, leaves = program.build()
    return gradients(output, leaves)


# -- against oracles --


@given(st.one_of(programs(), networks()))
def test_gradient_against_duals(program):
    """The tolerance is a bound: over n nodes a sum is off by at most 4 n u times its terms.

    Local derivatives are off as well, by a few roundings of their operands: 16 in place of 4, and
    what `Bounds` finds where they are ill conditioned.
    """
    found, n = oracles.dual_gradient(program)
    output, leaves = program.build()
    bounds = Bounds(output)
    for slope, leaf, (wanted, size) in zip(gradients(output, leaves), leaves, found, strict=True):
        assume(math.isfinite(size))
        assert abs(slope - wanted) <= 16 * n * ULP * size + bounds.gradient(leaf)


@fewer
@given(programs())
def test_value_and_gradient_against_50_digits(program):
    """The whole program in 50 digits, value and gradient, where the program is well conditioned."""
    output, leaves = program.build()
    bounds = Bounds(output)
    nodes = [mp.mpf(x) for x in program.leaves]
    rows = [[mp.mpf(i == j) for j in range(len(leaves))] for i in range(len(leaves))]
    for name, operands in program.instructions:
        at = [nodes[o] if isinstance(o, int) else mp.mpf(o) for o in operands]
        locals_ = iter(oracles.DERIVATIVES[name](*at))
        row = [mp.mpf(0)] * len(leaves)
        for i, o in enumerate(operands):
            if not table[name].needs_number(i):
                local = next(locals_)
                if isinstance(o, int):
                    row = [total + local * t for total, t in zip(row, rows[o], strict=True)]
        nodes.append(mp.mpf(oracles.VALUES[name](*at)))
        rows.append(row)
    # a comparison may fall to the other side in 50 digits; the bound is infinite or huge there
    assert abs(nodes[-1] - output.data) <= 4 * bounds.value or branches(program)
    for slope, wanted, leaf in zip(gradients(output, leaves), rows[-1], leaves, strict=True):
        allowed = bounds.gradient(leaf)
        if allowed < 1e-6 * (abs(slope) + 1):  # the condition filter
            assert abs(slope - wanted) <= 4 * allowed or branches(program)


def branches(program):
    """Whether rounding may decide a branch in it."""
    kinked = {name for name, primitive in table.items() if primitive.kinks}
    return any(name in kinked for name, _ in program.instructions)


@given(polynomial)
def test_rational_programs_are_exact(program):
    gradient = gradient_of(program)
    for i, slope in enumerate(gradient):
        leaves = [
            oracles.Exact(Fraction(x), Fraction(int(i == j))) for j, x in enumerate(program.leaves)
        ]
        nodes = program.run(leaves, oracles.Exact.apply)
        # numbers of up to 53 bits are added and multiplied without rounding
        assume(all(fits(node.value) and fits(node.tangent) for node in nodes))
        assert Fraction(slope) == nodes[-1].tangent
        assert Fraction(program(*program.leaves)) == nodes[-1].value


def fits(fraction):
    """Whether a dyadic fraction needs at most 40 bits: sums on the way back stay below 53."""
    return abs(fraction.numerator).bit_length() + fraction.denominator.bit_length() <= 40


@fewer
@given(st.one_of(programs(), networks()))
def test_check_gradients_finds_nothing(program):
    check_gradients(program, *program.leaves)


# -- against itself --


@given(anywhere)
def test_steps_are_backward_to_the_bit(program):
    output, leaves = program.build()
    before = [leaf.grad for leaf in leaves]
    taken = steps(output)
    assert [leaf.grad for leaf in leaves] == before
    assert not any(node.has_grad for node in graph(output)), "steps touches no .grad"
    adjoint = {output: 1.0}
    serials = [step.node.serial for step in taken]
    assert serials == sorted(serials, reverse=True)
    for step in taken:
        assert bits(step.upstream) == bits(adjoint[step.node])
        operands = [o for o in step.node.operands if isinstance(o, Value)]
        assert [c.operand for c in step.contributions] == operands, "duplicates are kept"
        for c in step.contributions:
            assert bits(c.value) == bits(c.local * step.upstream)
            assert bits(c.before) == bits(adjoint.get(c.operand, 0.0))
            adjoint[c.operand] = c.after
            assert c.rule
    output.backward()
    for node in graph(output):
        assert bits(node.grad) == bits(adjoint[node]) or node.grad == adjoint[node] == 0


@given(anywhere, st.integers(-40, 40))
def test_seed_scales_the_gradient_exactly(program, k):
    """A seed that is a power of two scales every product and sum without rounding."""
    output, leaves = program.build()
    plain = gradients(output, leaves)
    sizes = [abs(s.upstream) for s in steps(output)]
    sizes += [abs(c.value) for s in steps(output) for c in s.contributions]
    sizes = [size for size in sizes if math.isfinite(size) and size != 0]
    assume(all(1e-280 < size < 1e280 for size in sizes))  # no underflow and no overflow by scaling
    output.backward(2.0**k)
    assert bits(output.grad) == bits(2.0**k) or output in leaves
    for leaf, slope in zip(leaves, plain, strict=True):
        assert leaf.grad == slope * 2.0**k or leaf.grad != leaf.grad


@given(anywhere)
def test_backward_twice_is_twice_the_gradient(program):
    output, leaves = program.build()
    output.backward()
    once = [leaf.grad for leaf in leaves]
    interior = {node: node.grad for node in graph(output) if node.op}
    output.backward()
    assert all_bits(leaf.grad for leaf in leaves) == all_bits(x + x for x in once)
    for node, slope in interior.items():
        assert bits(node.grad) == bits(slope), "an interior node holds one pass"
    for leaf in leaves:
        leaf.zero_grad()
        assert not leaf.has_grad
    output.backward()
    assert all_bits(leaf.grad for leaf in leaves) == all_bits(0.0 + x for x in once)


@given(anywhere)
def test_reached_and_only_reached_nodes_get_a_gradient(program):
    output, leaves = program.build()
    dead = leaves[0] * 3.0 + 1.0  # computed and unused
    output.backward()
    assert not dead.has_grad
    for node in graph(output):
        assert node.has_grad
    for leaf in leaves:
        assert leaf.has_grad == (leaf in graph(output))


@given(programs())
def test_shared_against_written_out(program):
    """A subexpression used twice gets the sum of what two copies of it get."""
    output, leaves = program.build()
    shared = gradients(output, leaves)

    def copied(index):
        if index < len(program.leaves):
            copy = Value(program.leaves[index])
            copies[index].append(copy)
            return copy
        name, operands = program.instructions[index - len(program.leaves)]
        return table[name](*[copied(o) if isinstance(o, int) else o for o in operands])

    copies = [[] for _ in leaves]
    assume(expanded(program) <= 500)
    tree = copied(len(program.leaves) + len(program.instructions) - 1)
    assert bits(tree.data) == bits(output.data)
    bounds = Bounds(output)
    for leaf, slope, parts in zip(leaves, shared, copies, strict=True):
        # the same terms, added in another order: each way is within the bound
        assert abs(sum(gradients(tree, parts)) - slope) <= 2 * bounds.gradient(leaf)


def expanded(program):
    """How many nodes a program has when every subexpression is written out."""
    counts = [1] * len(program.leaves)
    for _, operands in program.instructions:
        counts.append(1 + sum(counts[o] for o in operands if isinstance(o, int)))
    return counts[-1]


@given(anywhere)
def test_dead_code_changes_nothing(program):
    """Operations in between whose results are unused: the same bits."""
    extra = []

    def apply(name, operands):
        result = table[name](*operands)
        extra.append(table["tanh"](result) + 1.0)
        return result

    leaves = [Value(x) for x in program.leaves]
    output = program.run(leaves, apply)[-1]
    assert all_bits(gradients(output, leaves)) == all_bits(gradient_of(program))


@given(anywhere, st.data())
def test_numbers_and_unwanted_leaves(program, data):
    """A leaf made a plain number: the gradients of the others keep their bits."""
    assume(len(program.leaves) > 1)
    fixed = data.draw(st.integers(0, len(program.leaves) - 1))
    leaves = [x if i == fixed else Value(x) for i, x in enumerate(program.leaves)]
    assume(not any(table[name].fold_when_recording for name, _ in program.instructions))
    output = program(*leaves)
    kept = [leaf for leaf in leaves if isinstance(leaf, Value)]
    wanted = gradient_of(program)
    wanted = [slope for i, slope in enumerate(wanted) if i != fixed]
    pairs = zip(gradients(output, kept), wanted, strict=True)
    # x ** number has a rule of its own, which is a rounding away: else to the bit
    for mine, its in pairs:
        if "pow" in dict(program.instructions):
            assert mine == pytest.approx(its, rel=1e-9, nan_ok=True)
        else:
            assert bits(mine) == bits(its)


@given(anywhere)
def test_the_same_program_twice_has_the_same_bits(program):
    (first, leaves), (second, others) = program.build(), program.build()
    assert bits(first.data) == bits(second.data)
    assert all_bits(gradients(first, leaves)) == all_bits(gradients(second, others))


@given(anywhere)
def test_floats_give_what_values_give(program):
    output, _ = program.build()
    plain = program(*program.leaves)
    assert type(plain) is float
    assert bits(plain) == bits(output.data)
    with no_grad():
        unrecorded, _ = program.build()
    assert bits(unrecorded.data) == bits(plain)
    assert unrecorded.args == ()


@given(anywhere)
def test_gradients_grad_and_value_and_grad_agree(program):
    output, leaves = program.build()
    wanted = all_bits(gradients(output, leaves))
    every = range(len(leaves))
    value, slopes = value_and_grad(program, argnums=every)(*program.leaves)
    assert bits(value) == bits(output.data)
    assert all_bits(slopes) == wanted
    assert all_bits(grad(program, argnums=every)(*program.leaves)) == wanted
    made = gradients(output, leaves, create_graph=True)
    assert all_bits(slope.data for slope in made) == wanted
    output.backward()
    assert all_bits(leaf.grad for leaf in leaves) == all_bits(
        0.0 + s for s in gradients(output, leaves)
    )


@given(programs(), st.data())
def test_jvp_against_vjp(program, data):
    """<w, J v> is <J' w, v>, in both modes, for vectors of which each is free."""
    n = len(program.leaves)
    v = data.draw(st.tuples(*[numbers(-4, 4)] * n))
    w = data.draw(numbers(-4, 4))
    _, tangent = jvp(program, program.leaves, v)
    _, back = vjp(program, program.leaves)
    cotangents = back(w)
    output, leaves = program.build()
    bound = sum(Bounds(output).gradient(leaf) * abs(x) for leaf, x in zip(leaves, v, strict=True))
    allowed = 4 * abs(w) * bound + 1e-290
    assume(math.isfinite(allowed))
    assert abs(w * tangent - sum(c * x for c, x in zip(cotangents, v, strict=True))) <= allowed


@fewer
@given(programs(max_steps=8))
def test_hessian_is_symmetric(program):
    def f(x):
        return program(*x)

    matrix = hessian(f)(list(program.leaves))
    leaves = [Value(x) for x in program.leaves]
    first = gradients(f(leaves), leaves, create_graph=True)
    for i, row in enumerate(matrix):
        for j in range(i):
            allowed = Bounds(first[i]).gradient(leaves[j]) + Bounds(first[j]).gradient(leaves[i])
            assume(math.isfinite(allowed))
            assert abs(row[j] - matrix[j][i]) <= allowed


@given(st.lists(numbers(-4, 4), min_size=2, max_size=4), st.integers(1, 4), st.data())
def test_eulers_theorem(point, degree, data):
    """A form of degree k: sum of x_i * df/dx_i = k * f."""
    terms = data.draw(
        st.lists(
            st.lists(st.integers(0, len(point) - 1), min_size=degree, max_size=degree),
            min_size=1,
            max_size=4,
        )
    )
    xs = [Value(x) for x in point]
    parts = []
    for term in terms:
        part = 1.0
        for i in term:
            part = part * xs[i]
        parts.append(part)
    form = sum(parts)
    gradient = gradients(form, xs)
    size = sum(math.prod(abs(point[i]) for i in term) for term in terms)
    # each term is a product of at most 5 factors and one of at most 16 that are added
    allowed = 64 * ULP * degree * size + 1e-290
    assert (
        abs(sum(g * x for g, x in zip(gradient, point, strict=True)) - degree * form.data)
        <= allowed
    )


@given(programs(), numbers(-3, 3), numbers(-3, 3))
def test_linearity(program, a, b):
    """The gradient of a*f + b*g is a times f's plus b times g's."""
    leaves = [Value(x) for x in program.leaves]
    f, g = program(*leaves), program(*leaves).tanh()
    total = a * f + b * g
    bounds = Bounds(total)
    parts = zip(
        gradients(f, leaves), gradients(g, leaves), gradients(total, leaves), leaves, strict=True
    )
    for df, dg, slope, leaf in parts:
        assume(math.isfinite(bounds.gradient(leaf)))
        assert abs(slope - (a * df + b * dg)) <= 2 * bounds.gradient(leaf)


@given(programs())
def test_chain_rule_through_an_interior_node(program):
    """d(out)/dx is the sum over a cut; here the cut is the first computed node and the leaves."""
    assume(len(program.instructions) >= 2)
    output, _ = program.build()
    node = graph(output)[-1]
    through = gradients(output, [node])
    assert through == (1.0,)
    for interior in graph(output):
        if interior.op:
            (upstream,) = gradients(output, [interior])
            output.backward()
            assert bits(upstream) == bits(interior.grad)


@given(networks())
def test_networks_are_networks(program):
    """Written out: the inputs, then for each hidden neuron and the output its weights and bias."""
    _, (n_in, _) = program.instructions[0]  # the first weight times the first input
    width = (len(program.leaves) - n_in - 1) // (n_in + 2)
    activation = next(name for name, _ in program.instructions if name not in ("add", "mul"))
    leaves = iter(program.leaves)

    def neuron(inputs):
        products = [next(leaves) * x for x in inputs]
        total = next(leaves)
        for product in products:
            total = total + product
        return total

    x = [next(leaves) for _ in range(n_in)]
    hidden = [table[activation](neuron(x)) for _ in range(width)]
    assert bits(program(*program.leaves)) == bits(neuron(hidden))
    assert next(leaves, None) is None


def test_repr_of_a_program_rebuilds_it():
    program = Program((2.0, math.inf), (("mul", 0, 1), ("pow_number", 0, -0.5)), anywhere=True)
    assert eval(repr(program)) == program
    text = "x0 = Value(2.0)\nx1 = Value(float('inf'))\nt0 = x1 * x0\nt1 = pow_number(t0, -0.5)"
    assert str(program) == text


@given(anywhere)
def test_source_of_a_program_computes_it(program):
    scope = {**table, "Value": Value}
    exec(str(program), scope)
    last = str(program).splitlines()[-1].split(" = ")[0]
    assert bits(scope[last].data) == bits(program.build()[0].data)
