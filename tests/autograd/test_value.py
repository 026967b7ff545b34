"""A Value: what it takes, what it refuses and how it says so, copies, names, comparison."""

import contextlib
import copy
import math
import operator
import pickle
import threading
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import StaleGraphError, Value, gradients, graph, no_grad
from autograd.testing import Program, registered
from autograd.testing.strategies import programs, values
from autograd.value import Constant, mark_call

np = pytest.importorskip("numpy", reason="numpy's scalars and arrays are among the operands")

REFUSED = [
    ("a", r"the str 'a': write float\('a'\)"),
    (True, r"the bool True: write 1\.0"),
    (1j, r"the complex 1j: write 1j\.real"),
    ([1], r"the list \[1\]: go over its elements"),
    ((1, 2), r"the tuple \(1, 2\): go over its elements"),
    ({}, r"the dict {}: go over its elements"),
    (None, r"the NoneType None: write it as a float"),
    (Decimal(1), r"the Decimal .*: write it as a float"),
    (np.array([1.0, 2.0]), r"the ndarray .*: go over its elements"),
    (np.array(1.0), r"the ndarray array\(1\.\): write its \.item\(\)"),
    (np.True_, r"the bool.*: write its \.item\(\)"),
    (np.complex128(1), r"the complex .*: write .*\.real"),
]
OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


@pytest.mark.parametrize(("thing", "message"), REFUSED)
def test_refused_with_what_to_write(thing, message):
    x = Value(2.0)
    with pytest.raises(TypeError, match=f"a number is wanted, got {message}"):
        Value(thing)
    with pytest.raises(TypeError, match=f"a number is wanted, got {message}"):
        x.data = thing
    with pytest.raises(TypeError, match=f"tanh: a number is wanted, got {message}"):
        autograd.tanh(thing)
    for operation in OPERATIONS.values():
        for _ in range(2):  # the first call generates the method
            with pytest.raises(TypeError, match=f"a number is wanted, got {message}"):
                operation(x, thing)
            with pytest.raises(TypeError, match=f"a number is wanted, got {message}"):
                operation(thing, x)
    for compared in (lambda: x < thing, lambda: x >= thing):
        with pytest.raises(TypeError, match=f"a number is wanted, got {message}"):
            compared()
    with pytest.raises(TypeError, match=f"a number is wanted, got {message}"):
        (x * x).backward(thing)
    assert x.data == 2.0
    assert not x.has_grad


def test_a_value_of_a_value():
    with pytest.raises(TypeError, match=r"it is a Value already, write its number, \.data"):
        Value(Value(2.0))
    with pytest.raises(TypeError, match="it is a Value already"):
        Value(2.0).data = Value(3.0)


@pytest.mark.parametrize(
    "number",
    [3, 3.0, Fraction(3), np.float64(3), np.float32(3), np.float16(3), np.int8(3), np.uint64(3)],
)
def test_real_numbers_are_taken(number):
    x = Value(number)
    assert (x.data, type(x.data)) == (3.0, float)
    y = Value(2.0)
    for symbol, operation in OPERATIONS.items():
        left, right = operation(y, number), operation(number, y)
        assert (left.data, right.data) == (operation(2.0, 3.0), operation(3.0, 2.0)), symbol
        assert left.op == right.op == symbol
        assert left.operands[0] is y
        assert left.operands[1:] == (3.0,)
        assert right.operands == (3.0, y)
        assert [arg.is_constant for arg in left.args] == [False, True]
    assert (y < number, y > number) == (True, False)


def test_huge_ints_round_to_infinity():
    huge = 10**400
    assert Value(huge).data == math.inf
    assert (Value(1.0) * -huge).data == -math.inf
    assert (Value(1.0) + Fraction(huge)).data == math.inf
    assert (huge - Value(1.0)).data == math.inf


def test_other_types_may_answer():
    class Unit:
        def __radd__(self, other):
            return ("radd", other)

    x = Value(1.0)
    assert (x + Unit()) == ("radd", x)
    with pytest.raises(TypeError):
        x - Unit()


def test_read_only_and_set():
    x = Value(1.0)
    y = x * 2
    with pytest.raises(AttributeError, match=r"this Value was computed \(\*\): change the leaves"):
        y.data = 3.0
    serial = x.serial
    x.data = 5
    assert (x.data, y.data) == (5.0, 2.0)
    assert x.serial > serial
    x.data += 1.0
    assert x.data == 6.0
    with pytest.raises(AttributeError):
        x.nothing = 1


def test_op_args_and_local_derivatives():
    x, y = Value(3.0, name="x"), Value(4.0)
    z = x * y
    assert (z.op, z.args, z.operands, z.local_derivatives) == ("*", (x, y), (x, y), (4.0, 3.0))
    assert (x.op, x.args, x.operands, x.local_derivatives, x.primitive) == ("", (), (), (), None)
    square = x * x
    assert square.args == (x, x)
    scaled = 2 * x
    constant, operand = scaled.args
    assert operand is x
    assert (constant.data, constant.is_constant, x.is_constant) == (2.0, True, False)
    assert scaled.local_derivatives == (None, 2.0)
    many = autograd.logsumexp(x, 1.0, y)
    assert many.operands == (x, 1.0, y)
    assert many.local_derivatives[1] is None
    assert sum(p for p in many.local_derivatives if p is not None) == pytest.approx(
        1 - math.exp(1 - many.data)
    )
    assert [type(a) for a in many.args] == [Value, Constant, Value]
    one = autograd.logsumexp([x])
    assert one.operands == (x,)
    one.backward()
    assert x.grad == 1.0


def test_constants_are_numbers_when_used_again():
    constant = (2 * Value(3.0)).args[0]
    x = Value(5.0)
    assert (x * constant).operands == (x, 2.0)
    assert autograd.maximum(constant, x).operands == (2.0, x)
    assert (x**constant).data == 25.0


def test_equality_is_identity_and_order_is_of_the_numbers():
    a, b, c = Value(1.0), Value(1.0), Value(2.0)
    assert a != b
    assert a == a
    assert len({a, b, a}) == 2
    assert (a < c, a <= b, a > c, a >= b) == (True, True, False, True)
    assert (a < 2, a < 2, a >= 1.5, a >= 1.5) == (True, True, False, False)
    assert max(a, c) is c
    assert sorted([c, a])[0] is a
    nan = Value(math.nan)
    assert (nan < a, nan > a, nan <= nan) == (False, False, False)
    assert bool(a) is True
    assert not Value(0.0)


def test_text_of_a_value():
    x = Value(2.0, name="x")
    y = x * 3
    assert repr(x) == "Value(2.0, name='x')"
    assert repr(y) == "Value(6.0, op='*')"
    y.backward()
    assert repr(x) == "Value(2.0, name='x', grad=3.0)"
    assert f"{y:.2f}" == "6.00"
    assert f"{x}" == repr(x)
    x.zero_grad()
    assert (x.grad, x.has_grad) == (0.0, False)


def test_functions_of_math_are_refused():
    with pytest.raises(TypeError, match=r"write \.data .* autograd\.exp\(x\)"):
        math.exp(Value(1.0))
    with pytest.raises(TypeError, match=r"write \.data"):
        float(Value(1.0))


def test_gradient_that_is_zero_is_not_one_that_was_not_computed():
    x, y = Value(0.0), Value(2.0)
    (x * y).backward()
    assert (y.grad, y.has_grad) == (0.0, True)
    assert not Value(1.0).has_grad
    x.grad = 0.0
    assert x.has_grad


def test_names():
    x = Value(1.0)
    assert x.name is None
    x.name = "w"
    y = x.tanh()
    mark_call(y, x.serial, "Neuron")
    mark_call(y, x.serial, "Layer")
    assert y.call.label == "Neuron"
    assert y.call.outer.label == "Layer"
    y.name = "h"
    assert (y.name, x.name, x.call) == ("h", "w", None)
    other = copy.deepcopy(y)
    other.name = "copy"
    assert y.name == "h"


def test_sum_starts_from_nothing():
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    total = sum(xs)
    assert total.data == 6.0
    assert len(graph(total)) == 5, "no junk 0 node"
    assert sum([xs[0]]) is xs[0]
    assert (0.0 + xs[0]).op == "+"
    assert (xs[0] + 0).op == "+"


# -- copies and pickles --


def bits(node):
    return [node.data.hex() for node in graph(node)]


@given(programs(anywhere=True), st.booleans())
def test_copies_compute_the_same(program, computed):
    output, leaves = program.build()
    if computed:
        output.backward()
    wanted = gradients(output, leaves)
    for twin in (copy.deepcopy(output), pickle.loads(pickle.dumps(output))):
        assert bits(twin) == bits(output)
        for mine, its in zip(graph(twin), graph(output), strict=True):
            assert mine is not its
            assert (mine.op, mine.name, mine.has_grad) == (its.op, its.name, its.has_grad)
            assert [str(x) for x in mine.local_derivatives] == [
                str(x) for x in its.local_derivatives
            ]
        by_name = {node.name: node for node in graph(twin)}
        got = [gradients(twin, [by_name[x.name]])[0] if x.name in by_name else 0.0 for x in leaves]
        assert [str(x) for x in got] == [str(x) for x in wanted]
        made = gradients(twin, [n for n in graph(twin) if not n.op], create_graph=True)
        assert len(made) >= 1


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_copy_of_a_graph_whose_leaf_was_set(copied):
    """The leaf is newer than what was computed from it; a copy keeps that it is."""
    x, w = Value(3.0, name="x"), Value(2.0, name="w")
    y = x * x
    x.data = 5.0
    z = y * w + x
    twin = copied(z)
    leaves = {node.name: node for node in graph(twin)}
    assert twin.data == z.data
    assert leaves["x"].data == 5.0
    assert gradients(twin, [leaves["x"], leaves["w"]]) == gradients(z, [x, w]) == (13.0, 9.0)
    with pytest.raises(StaleGraphError):
        gradients(twin, [leaves["x"]], create_graph=True)
    late = copied(x * w)
    leaves = [node for node in graph(late) if not node.op]
    assert [slope.data for slope in gradients(late, leaves, create_graph=True)]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_what_is_shared_between_graphs_stays_shared(copied):
    x = Value(3.0)
    leaf, first, second = copied([x, x * 2, x * x])
    assert first.args[0] is leaf
    assert second.args == (leaf, leaf)
    leaf.data = 7.0
    assert first.args[0].data == 7.0
    (new := first + second).backward()
    assert leaf.grad == 8.0
    assert new.data == 15.0


def test_a_computed_node_shared_by_two_graphs_is_copied_once():
    x = Value(3.0)
    h = x * x
    leaf, first, second = copy.deepcopy([x, h * 2, h * 3])
    assert first.args[0] is second.args[0]
    assert [gradients(y, [leaf])[0] for y in (first, second)] == [12.0, 18.0]
    assert gradients(first + second, [leaf]) == (30.0,)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda y: pickle.loads(pickle.dumps(y))])
def test_copies_of_several_graphs_know_which_is_stale(copied):
    x = Value(3.0)
    old = x * x
    x.data = 5.0
    young = x * 2
    for one, two, stale, fresh in ((old, young, 0, 1), (young, old, 1, 0)):
        leaf, *graphs = copied([x, one, two])
        assert gradients(graphs[stale], [leaf]) == (6.0,)
        with pytest.raises(StaleGraphError):
            gradients(graphs[stale], [leaf], create_graph=True)
        assert gradients(graphs[fresh], [leaf]) == (2.0,)
    leaf, _, first, second = copied([x, Value(1.0), x * 2, x * 3])
    for graph_, wanted in ((first, 2.0), (second, 3.0)):
        (slope,) = gradients(graph_, [leaf], create_graph=True)
        assert slope.data == wanted, "and what is not stale is not taken for it"


@given(values())
def test_detach(x):
    y = x * 2
    apart = y.detach()
    assert (apart.data, apart.args, apart.op) == (y.data, (), "")
    (apart * 3).backward()
    assert not x.has_grad


def test_shallow_copy_shares_the_leaves():
    x = Value(3.0)
    y = x * x
    again = copy.copy(y)
    assert again is not y
    assert again.args == (x, x)


def test_primitives_pickle_by_name():
    assert pickle.loads(pickle.dumps(autograd.tanh)) is autograd.tanh
    assert copy.deepcopy(autograd.tanh) is autograd.tanh


def test_deep_copies_are_flat():
    """10,000 operations deep, where Python's recursion stops at 1000."""
    output, leaves = Program((0.5,), (("tanh", 0), ("add", 0, 1)) * 5000).build()
    twin = pickle.loads(pickle.dumps(copy.deepcopy(output)))
    assert len(graph(twin)) == 10_001
    assert gradients(twin, [graph(twin)[0]]) == gradients(output, leaves)


def test_a_gradient_set_to_none_counts_as_zero():
    """PyTorch's users zero gradients so; it must not fail half way through a pass."""
    x, y = Value(2.0), Value(3.0)
    product = x * y
    product.backward()
    x.grad = None
    assert not x.has_grad
    product.backward()
    assert (x.grad, y.grad) == (3.0, 4.0)


def test_a_zero_is_left_out_only_where_sum_starts_from_it():
    x = Value(3.0)
    assert 0 + x is x
    assert (0.0 + x).args[0].data == 0.0
    assert (x + 0) is not x
    assert (x + 0).op == "+"
    assert [(0 * x).data, (0 - x).data, (0 / x).data, (0**x).data] == [0.0, -3.0, 0.0, 0.0]


def test_no_grad_of_another_thread_and_of_before():
    """A thread records while others do not, whether or not it was in ``no_grad`` itself."""
    with no_grad(), no_grad():
        pass
    inside, done = threading.Event(), threading.Event()

    def elsewhere():
        with no_grad():
            inside.set()
            done.wait()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    inside.wait()
    x = Value(2.0)
    here = (x * x).args
    fresh = []
    other = threading.Thread(target=lambda: fresh.append((x * x).args))
    other.start()
    other.join()
    done.set()
    thread.join()
    assert here == fresh[0] == (x, x)


@pytest.mark.parametrize("kind", [int, float, Fraction, np.float64, np.int64, Value])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow"])
def test_a_number_of_any_kind_on_either_side(name, kind):
    op = getattr(operator, name)
    for around in (no_grad, contextlib.nullcontext):
        with around():
            left, right = op(kind(3), Value(2.0)), op(Value(2.0), kind(3))
        assert (left.data, right.data) == (op(3.0, 2.0), op(2.0, 3.0))
        assert [a.data for a in left.args] == ([] if around is no_grad else [3.0, 2.0])
        assert [a.data for a in right.args] == ([] if around is no_grad else [2.0, 3.0])


def test_comparisons_are_those_of_the_data():
    for a, b in [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (math.nan, 1.0)]:
        for other in (b, Value(b)):
            x = Value(a)
            assert [x < other, x <= other, x > other, x >= other] == [a < b, a <= b, a > b, a >= b]


def test_methods_are_called_what_they_are():
    assert [Value.tanh.__name__, Value.__add__.__name__, Value.add.__name__] == [
        "tanh",
        "add",
        "add",
    ]


def test_backward_starts_from_one():
    x = Value(3.0)
    autograd.backward(x * x)
    assert x.grad == 6.0
    autograd.backward(x * x, 0.5)
    assert x.grad == 9.0


def test_a_thing_that_has_no_operator_either_is_answered_by_ours():
    class Thing:
        def __repr__(self):
            return "thing"

    for operation in (lambda x: x + Thing(), lambda x: Thing() - x, lambda x: x ** Thing()):
        with pytest.raises(TypeError, match="a number is wanted, got the Thing thing: write it as"):
            operation(Value(1.0))


def test_an_operand_without_a_rule_takes_a_number_alone():
    rules = (lambda out, a, n: n, None)
    with registered("scaled", arity=2, value=lambda a, n: a * n, partials=rules) as scaled:
        assert scaled(Value(2.0), 3.0).data == 6.0
        for call in (scaled, Value.scaled):
            with pytest.raises(TypeError, match="operand 1 of scaled must be a number, got a Val"):
                call(Value(2.0), Value(3.0))
