"""Backward passes over random programs: what one leaves, what several add up to, whoever asks.

The list of all such properties is in test_metamorphic.py.
"""

import math

from drawn import all_bits, anywhere, bits
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Value, grad, gradients, graph, steps, value_and_grad


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


@given(anywhere, st.floats(-100, 100))
def test_opposite_seeds_cancel(program, seed):
    output, leaves = program.build()
    output.backward(seed)
    once = [leaf.grad for leaf in leaves]
    output.backward(-seed)
    for leaf, slope in zip(leaves, once, strict=True):
        assert leaf.grad == 0.0 or not math.isfinite(slope)


@given(anywhere)
def test_reached_and_only_reached_nodes_get_a_gradient(program):
    output, leaves = program.build()
    dead = leaves[0] * 3.0 + 1.0  # computed and unused
    below = {output}
    left = [output]
    while left:
        operands = {o for o in left.pop().operands if isinstance(o, Value)} - below
        below |= operands
        left += operands
    assert set(graph(output)) == below
    output.backward()
    assert not dead.has_grad
    for node in below:
        assert node.has_grad
    for leaf in leaves:
        assert leaf.has_grad == (leaf in below)


@given(anywhere)
def test_the_same_program_twice_has_the_same_bits(program):
    (first, leaves), (second, others) = program.build(), program.build()
    assert bits(first.data) == bits(second.data)
    assert all_bits(gradients(first, leaves)) == all_bits(gradients(second, others))


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
