"""Metamorphic properties: what must not change, or change in a known way, from one run to another.

Such a property needs no oracle, and no tolerance where the arithmetic is exact. These are all that
are known to apply to an engine and a library such as this, each with the test that holds it.
(Dropout and modes of evaluation are not there to be tested: no layer here has them.)

Of backward passes
 1. a seed of 2**k scales every gradient exactly: test_seed_scales_the_gradient_exactly in test_passes
 2. a second pass doubles the leaves' gradients exactly: test_backward_twice_is_twice_the_gradient in test_passes
 3. zeroed, a pass gives what a first one gives: test_backward_twice_is_twice_the_gradient in test_passes
 4. passes with opposite seeds cancel to 0: test_opposite_seeds_cancel in test_passes
 5. the steps add up to the gradient, bit for bit: test_steps_are_backward_to_the_bit in test_passes
 6. all ways to ask for it give the same bits: test_gradients_grad_and_value_and_grad_agree in test_passes
 7. only what the root reaches gets a gradient: test_reached_and_only_reached_nodes_get_a_gradient in test_passes
 8. an interior node's adjoint is its derivative: test_adjoints_of_interior_nodes in test_calculus
 9. the same program twice has the same bits: test_the_same_program_twice_has_the_same_bits in test_passes
10. and in another process: test_the_same_bits_whatever_the_hash_seed in test_life
11. and in other threads: test_programs_in_two_threads in test_threads

Of how a program is written
12. shared subexpressions against written out: test_shared_against_written_out
13. dead code changes nothing: test_dead_code_changes_nothing
14. a leaf made a plain number: test_numbers_and_unwanted_leaves
15. a detached leaf: test_a_detached_leaf_is_a_constant
16. the order in which nodes are built: test_order_of_building
17. operands that commute: test_commuted_operands
18. operations that do nothing: test_operations_that_do_nothing
19. floats give what Values give, without a graph: test_floats_give_what_values_give
20. what it compiles to: test_random_programs in test_compile, test_the_page_computes_what_python_does
21. names: test_names_change_nothing, test_names_do_not_matter_to_the_result in test_compile
22. copies compute the same: test_copies_compute_the_same in test_value
23. and have gradients of their own: test_deep_copies_have_gradients_of_their_own in test_micrograd
24. drawing, stepping, printing, compiling and so on change nothing: test_looking_changes_nothing

Of derivatives
25. linearity: test_linearity in test_calculus
26. forward mode against reverse mode: test_jvp_against_vjp in test_calculus
27. along a line: test_derivative_along_a_line in test_calculus
28. the chain rule at any cut: test_chain_rule_at_any_cut in test_calculus
29. a symmetric Hessian: test_hessian_is_symmetric in test_calculus
30. the Hessian times a vector: test_hessian_times_vector_in_three_ways in test_calculus
31. Euler's theorem on forms: test_eulers_theorem in test_calculus
32. of degree 1, exactly: test_piecewise_linear_programs_scale_exactly in test_calculus
33. translation: test_translation_leaves_no_gradient in test_calculus
34. odd and even functions: test_odd_functions in test_calculus, test_even_functions in test_calculus
35. inverse functions: test_inverse_functions in test_calculus
36. identities between functions: test_identities in test_calculus
37. logsumexp shifted and permuted: test_logsumexp_is_shifted_and_permuted_with_its_operands in test_edges

Of networks and losses
38. softmax shifted: test_softmax_is_shift_invariant in test_activations
39. permuted units: test_permuted_units in test_nn_metamorphic
40. permuted inputs: test_permuted_inputs in test_nn_metamorphic
41. a unit that nothing listens to: test_a_unit_with_no_weight_onwards in test_nn_metamorphic
42. units turned over, of odd activations: test_units_turned_over in test_nn_metamorphic
43. units scaled, of rectifiers: test_units_scaled in test_nn_metamorphic
44. shared parameters get both gradients: test_shared_parameters_are_counted_once_and_get_both_gradients in test_module
45. classes by other numbers: test_classes_renumbered in test_nn_metamorphic
46. the other sign of labels: test_labels_of_the_other_sign in test_nn_metamorphic
47. prediction and target exchanged, and both moved: test_errors_exchanged_and_moved in test_nn_metamorphic
48. repeated rows: test_repeated_rows in test_nn_metamorphic
49. micro-batches add up to the batch: test_micro_batches in test_nn_metamorphic

Of training
50. a learning rate of 0: test_a_rate_of_0_changes_no_parameter in test_nn_metamorphic
51. climbing is descending on the negative: test_climbing_is_descending_on_the_negative in test_nn_metamorphic
52. a loss 2**k times as large: test_scaled_losses in test_nn_metamorphic
53. each parameter by itself: test_each_parameter_by_itself in test_nn_metamorphic
54. clipping that need not: test_clipping_what_is_short_changes_nothing in test_nn_metamorphic
55. an optimizer's state in the middle of a run: test_state_goes_through_json_bit_for_bit_in_the_middle_of_a_run in test_optim
56. a model, an optimizer and the order of data in the middle: test_a_run_goes_on_from_its_state_bit_for_bit in test_training
57. Values, lists and arrays: test_floats_and_arrays_have_the_same_bits in test_optim
58. fit against the loop written out: test_fit_is_the_loop_written_out in test_training
59. fit compiled against fit on Values: test_compiled_training_is_training_on_values in test_nn_metamorphic
60. watching a run changes nothing: test_watching_changes_nothing in test_nn_metamorphic
61. drawing a model changes nothing: test_drawing_leaves_the_model_as_it_was in test_model
62. no epochs change nothing: test_no_epochs_change_nothing in test_training
"""  # noqa: E501 (a line a property)

import copy
import math
import pathlib
import pickle
import re

import pytest
from drawn import all_bits, anywhere, bits, gradient_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
import viz
from autograd import (
    Value,
    first_nonfinite,
    gradients,
    graph,
    no_grad,
    steps,
)
from autograd.compiler import javascript
from autograd.compiler.tracing import differentiated, traced
from autograd.primitive import table
from autograd.testing.rounding import Bounds
from autograd.testing.strategies import programs

examples = settings.default.max_examples
fewer = settings(max_examples=max(1, examples // 3))


def test_the_list_is_true():
    """Each property has a number of its own and names tests that exist."""
    properties = re.findall(r"^ ?(\d+)\. (.*)$", __doc__, re.MULTILINE)
    assert [int(number) for number, _ in properties] == list(range(1, 63))
    here = pathlib.Path(__file__)
    files = {path.stem: path.read_text() for path in here.parent.parent.rglob("test_*.py")}
    for _, text in properties:
        named = re.findall(r"(test_\w+)(?: in (test_\w+))?", text.partition(": ")[2])
        assert named, text
        for test, file in named:
            assert f"def {test}(" in files[file or here.stem], (test, file)


# -- how a program is written --


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
def test_floats_give_what_values_give(program):
    output, _ = program.build()
    plain = program(*program.leaves)
    assert type(plain) is float
    assert bits(plain) == bits(output.data)
    with no_grad():
        unrecorded, _ = program.build()
    assert bits(unrecorded.data) == bits(plain)
    assert unrecorded.args == ()


@fewer
@given(programs(), st.randoms(use_true_random=False))
def test_order_of_building(program, rng):
    """Instructions in any order that their operands allow, and leaves in any order.

    The values keep their bits; a gradient adds the same terms in another order.
    """
    output, leaves = program.build()
    nodes = {}
    for i in rng.sample(range(len(leaves)), len(leaves)):
        nodes[i] = Value(program.leaves[i])
    waiting = dict(enumerate(program.instructions, len(leaves)))
    while waiting:
        ready = [
            i
            for i, (_, operands) in waiting.items()
            if all(o in nodes for o in operands if isinstance(o, int))
        ]
        i = rng.choice(ready)
        name, operands = waiting.pop(i)
        nodes[i] = table[name](*[nodes[o] if isinstance(o, int) else o for o in operands])
    again = nodes[len(nodes) - 1]
    assert bits(again.data) == bits(output.data)
    bounds = Bounds(output)
    mine = gradients(again, [nodes[i] for i in range(len(leaves))])
    for slope, its, leaf in zip(gradients(output, leaves), mine, leaves, strict=True):
        assert abs(slope - its) <= 2 * bounds.gradient(leaf)


@fewer
@given(programs())
def test_commuted_operands(program):
    """Of sums, products, maxima and minima: the values and gradients are equal."""
    output, leaves = program.build()
    others = [Value(x) for x in program.leaves]

    def apply(name, operands):
        commutes = name in ("add", "mul", "maximum", "minimum")
        return table[name](*(reversed(operands) if commutes else operands))

    commuted = program.run(others, apply)[-1]
    assert commuted.data == output.data
    assert gradients(commuted, others) == gradients(output, leaves)


NOTHING = [
    autograd.identity,
    lambda x: x * 1.0,
    lambda x: 1.0 * x,
    lambda x: x / 1.0,
    lambda x: x - 0.0,
    lambda x: 0.0 + x,
    lambda x: x.neg().neg(),
    lambda x: x**1,
    lambda x: autograd.where(1.0, x, 7.0),
    lambda x: autograd.maximum(x, -math.inf),
    lambda x: autograd.leaky_relu(x, 1.0),
    lambda x: autograd.logsumexp(x),
]


@fewer
@given(programs(), st.randoms(use_true_random=False))
def test_operations_that_do_nothing(program, rng):
    """On the way to every use of a node: value and gradient are equal, to the last bit."""
    output, leaves = program.build()
    others = [Value(x) for x in program.leaves]

    def apply(name, operands):
        wrapped = [  # last operand first: so backprop adds up in the order that it had
            o if isinstance(o, float) else rng.choice(NOTHING)(o) for o in reversed(operands)
        ]
        return table[name](*reversed(wrapped))

    longer = program.run(others, apply)[-1]
    assert longer.data == output.data
    assert gradients(longer, others) == gradients(output, leaves)


@fewer
@given(anywhere)
def test_a_detached_leaf_is_a_constant(program):
    """It gets no gradient, and the other leaves' keep their bits."""
    wanted = gradient_of(program)
    for i in range(len(program.leaves)):
        leaves = [Value(x) for x in program.leaves]
        output = program(*[x.detach() if i == j else x for j, x in enumerate(leaves)])
        slopes = gradients(output, leaves)
        assert slopes[i] == 0.0
        assert all_bits(slopes[:i] + slopes[i + 1 :]) == all_bits(wanted[:i] + wanted[i + 1 :])


@fewer
@given(anywhere, st.lists(st.none() | st.text(max_size=5), min_size=16, max_size=16))
def test_names_change_nothing(program, names):
    output, leaves = program.build()
    named, others = program.build()
    for node, name in zip(reversed(graph(named)), names, strict=False):
        node.name = name
    assert bits(named.data) == bits(output.data)
    assert all_bits(gradients(named, others)) == all_bits(gradients(output, leaves))


def test_the_page_computes_what_python_does():
    """JavaScript, as the stepper's page runs it: value and gradient of random programs."""
    from test_compile_javascript import node, run

    if node is None:
        pytest.skip("needs node to run JavaScript")
    cases = []

    @settings(max_examples=max(10, examples // 5), database=None)
    @given(programs())
    def collect(program):
        if program.instructions:
            cases.append(program)

    collect()
    functions, wanted = [], []
    for i, program in enumerate(cases):
        output, leaves = program.build()
        trace, terms = traced([output], leaves, [])
        outputs = [terms[output], *differentiated(output, leaves, terms)]
        functions.append(javascript.function(trace, outputs, f"program{i}"))
        bounds = Bounds(output)
        wanted.append((output.data, bounds.value))
        wanted += [
            (g, bounds.gradient(x)) for x, g in zip(leaves, gradients(output, leaves), strict=True)
        ]
    calls = [
        f"...program{i}([{','.join(map(javascript.number, p.leaves))}])"
        for i, p in enumerate(cases)
    ]
    source = "\n".join(functions) + f"\nfunction program(row) {{ return [{', '.join(calls)}]; }}"
    (got,) = run(source, [[0.0]])
    for number, (mine, bound) in zip(got, wanted, strict=True):
        # the bounds are of four roundings a function, 4.4e-16; the page's erf promises 1e-12
        assert abs(number - mine) <= 2300 * bound


# -- looking --


def state(output):
    """All that there is to know of a graph."""
    return [
        (
            *(node, node.op, node.operands, node.name, node.serial, node.call, node.has_grad),
            *(bits(node.data), bits(node.grad), *map(str, node.local_derivatives)),
        )
        for node in graph(output)
    ]


LOOKING = {
    "repr": lambda y, leaves: (repr(y), str(y), f"{y:.3f}", format(y)),
    "compare": lambda y, leaves: (y < 1, y >= y, y == 1, y != y, bool(y), hash(y), y > leaves[0]),
    "args": lambda y, leaves: (y.args, y.primitive, graph(y), first_nonfinite(y)),
    "steps": lambda y, leaves: steps(y),
    "gradients": lambda y, leaves: gradients(y, leaves),
    "create_graph": lambda y, leaves: gradients(y, leaves, create_graph=True),
    "compute": lambda y, leaves: gradients((y * y).tanh() + leaves[0], leaves),
    "no_grad": lambda y, leaves: unrecorded(y),
    "detach": lambda y, leaves: (y.detach() * 3).backward(),
    "copy": lambda y, leaves: (copy.copy(y), copy.deepcopy(y).backward()),
    "pickle": lambda y, leaves: pickle.loads(pickle.dumps(y)).backward(),
    "compile": lambda y, leaves: compiled(y, leaves),
    "draw": lambda y, leaves: (viz.draw(y).svg(), viz.draw(y).source, viz.draw_dot(y).source),
    "notebook": lambda y, leaves: viz.draw(y)._repr_mimebundle_(),
    "stepper": lambda y, leaves: stepped(y),
}


def unrecorded(y):
    with no_grad():
        return y * y


def compiled(y, leaves):
    program = autograd.compile(y, inputs=[], parameters=leaves, backend="python")
    return program([[]]), program.value_and_grad([[]]), program.source, str(program)


def stepped(y):
    if y.op:
        return viz.step_through(y).to_text(), viz.step_through(y, mistake="stale").to_text()


@pytest.mark.parametrize("look", LOOKING)
@settings(max_examples=max(5, examples // 20))
@given(program=anywhere, computed=st.booleans())
def test_looking_changes_nothing(look, program, computed):
    output, leaves = program.build()
    if computed:
        output.backward()
    before = state(output)
    LOOKING[look](output, leaves)
    assert state(output) == before
    output.backward()
    assert [bits(x.grad) for x in leaves] == all_bits(
        (0.0 + g) * (2 if computed else 1) for g in gradients(output, leaves)
    )
