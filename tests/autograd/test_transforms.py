"""grad, value_and_grad, jvp, vjp, jacobian, hessian: contracts, nesting, and errors."""

import math

import pytest

import autograd
from autograd import (
    StaleGraphError,
    Value,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)  # fmt: skip
from autograd.backprop import reached
from autograd.transforms import tangents


def test_floats_out_in_the_nesting_of_the_argument():
    f = lambda w, x: w[0] * x[0][0] + w[1] * x[0][1] ** 2  # noqa: E731
    w, x = [2.0, 3.0], [[4.0, 5.0]]
    assert grad(f)(w, x) == [4.0, 25.0]
    assert grad(f, argnums=1)(w, x) == [[2.0, 30.0]]
    assert grad(f, argnums=(1, 0))(w, x) == ([[2.0, 30.0]], [4.0, 25.0])
    assert grad(f, argnums=-1)(w, x) == [[2.0, 30.0]]
    assert value_and_grad(f)(w, x) == (83.0, [4.0, 25.0])
    assert type(grad(lambda x: x * x)(3)) is float


def test_keywords_are_handed_on():
    assert grad(lambda x, power: x**power)(2.0, power=3) == 12.0


def test_constant_and_unused():
    assert grad(lambda x: 3.0)(1.0) == 0.0
    assert grad(lambda x, y: y * 2, argnums=(0, 1))(1.0, 2.0) == (0.0, 2.0)
    assert jacobian(lambda x: [1.0, x[0]])([2.0, 3.0]) == [[0.0, 0.0], [1.0, 0.0]]
    assert jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0.0)


@pytest.mark.parametrize("order", range(1, 8))
def test_derivatives_of_any_order(order):
    f = autograd.sin
    for _ in range(order):
        f = grad(f)
    wanted = [math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x)][order % 4](0.7)
    assert f(0.7) == pytest.approx(wanted, rel=1e-15)


def test_nested_transforms_keep_their_variables_apart():
    """Perturbation confusion: d/dx (x * d/dy (x + y)) is 1, not 2."""
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(5.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(5.0) == 10.0
    assert jvp(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1], (5.0,), (1.0,)) == (5.0, 1.0)
    assert grad(lambda x: jvp(lambda y: x * y, (x,), (1.0,))[1])(3.0) == 1.0
    assert grad(lambda x: jvp(lambda y: y**3, (x,), (x,))[1])(2.0) == 36.0  # d/dx 3x^2 * x
    assert jvp(grad(lambda x: x**3), (2.0,), (1.0,)) == (12.0, 12.0)
    assert grad(lambda x: vjp(lambda y: x * y * y, (x,))[1](1.0)[0])(3.0) == 12.0  # 2 x * x
    assert grad(lambda x: grad(lambda y: grad(lambda z: x * y * z)(1.0) * y)(2.0))(3.0) == 4.0
    assert hessian(lambda v: grad(lambda s: s * v[0] * v[0])(1.0))([3.0]) == [[2.0]]


def test_inner_gradient_of_an_outer_variable():
    x = Value(3.0)
    slope = grad(lambda y: y**3)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert (slope.data, x.grad) == (27.0, 18.0)


def test_vjp_and_jvp_of_values_give_values():
    """Whichever of the primals and the (co)tangents is a Value, slopes are Values."""
    cube = lambda y: y**3  # noqa: E731
    for primal, weight in ((Value(2.0), 5.0), (2.0, Value(5.0)), (Value(2.0), Value(5.0))):
        (back,) = vjp(cube, (primal,))[1](weight)
        _, along = jvp(cube, (primal,), (weight,))
        for slope in (back, along):
            assert isinstance(slope, Value)
            assert slope.data == 60.0
            for x, wanted in ((primal, 60.0), (weight, 12.0)):
                assert not isinstance(x, Value) or gradients(slope, [x]) == (wanted,)
    assert type(vjp(cube, (2.0,))[1](5.0)[0]) is float


def test_forward_over_reverse_and_reverse_over_forward_agree():
    f = lambda x: autograd.exp(x[0] * x[1]) + autograd.sin(x[0])  # noqa: E731
    point, v = [0.3, -0.8], [1.0, 2.0]
    _, product = jvp(grad(f), (point,), (v,))
    matrix = hessian(f)(point)
    wanted = [sum(a * b for a, b in zip(row, v, strict=True)) for row in matrix]
    assert product == pytest.approx(wanted, rel=1e-14)
    other = grad(lambda x: jvp(f, (x,), (v,))[1])(point)
    assert other == pytest.approx(wanted, rel=1e-14)


def test_no_grad_outside_does_not_matter_and_inside_does():
    f = lambda x: x * x * x  # noqa: E731
    with no_grad():
        assert grad(f)(2.0) == 12.0
        assert grad(grad(f))(2.0) == 12.0
        assert jvp(f, (2.0,), (1.0,)) == (8.0, 12.0)
        assert hessian(lambda v: f(v[0]))([2.0]) == [[12.0]]
        _, back = vjp(f, (2.0,))
        assert back(1.0) == (12.0,)
        assert (Value(2.0) * 2).args == (), "and nothing else is recorded"

    def partly(x):
        with no_grad():
            held = x * x
        return held * x

    assert grad(partly)(2.0) == 4.0


def test_no_grad_nests_and_ends_with_an_exception():
    x = Value(2.0)
    with no_grad():
        with no_grad():
            pass
        assert (x * x).args == ()
    assert (x * x).args == (x, x)
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * x).args == (x, x)
    with pytest.raises(KeyError):
        grad(lambda y: {}[y])(1.0)
    assert grad(lambda y: y * y)(1.0) == 2.0, "an error within leaves no transform open"
    assert type(grad(lambda y: y * y)(1.0)) is float

    @no_grad()
    def unrecorded(y):
        return y * y

    assert unrecorded(x).args == ()


def test_sum_and_where_in_no_grad_keep_no_graph():
    x = Value(2.0)
    h = x * x
    with no_grad():
        assert sum([h]).args == ()
        assert autograd.where(1.0, h, 0.0).args == ()
    assert sum([h]) is h


def test_gradients_touch_no_grad_and_take_interior_nodes():
    x, y = Value(2.0), Value(3.0)
    h = x * y
    out = h * h + x
    assert gradients(out, [h, x, y, out]) == (12.0, 37.0, 24.0, 1.0)
    assert not any(node.has_grad for node in (x, y, h, out))
    assert gradients(3.0, [x]) == (0.0,)
    assert gradients(out, [Value(1.0)]) == (0.0,)
    assert gradients(x, [x]) == (1.0,)
    assert gradients(out, []) == ()
    zero, one = gradients(h, [Value(1.0), h], create_graph=True)
    assert (zero.data, one.data) == (0.0, 1.0)


def test_the_gradient_graph_is_a_graph():
    x = Value(2.0, name="x")
    (slope,) = gradients(x**3, [x], create_graph=True)
    assert slope.op == "*"
    assert {node.op for node in reached(slope)} <= {"*", "**"}
    (second,) = gradients(slope, [x], create_graph=True)
    (third,) = gradients(second, [x], create_graph=True)
    assert (slope.data, second.data, third.data) == (12.0, 12.0, 6.0)


def test_no_node_for_a_multiplication_by_one():
    x = Value(2.0)
    (plus,) = gradients(x + 3, [x], create_graph=True)
    (minus,) = gradients(3 - x, [x], create_graph=True)
    (twice,) = gradients(2 * x, [x], create_graph=True)
    assert [(slope.op, slope.data) for slope in (plus, minus, twice)] == [
        ("", 1.0),
        ("neg", -1.0),
        ("*", 2.0),
    ]


def test_wrong_calls_are_told_what_to_write():
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"inputs: .* write \[x\]"):
        gradients(x * x, x)
    with pytest.raises(TypeError, match=r"inputs\[0\] is 2.0: .* write Value\(2.0\) first"):
        gradients(x * x, [2.0])
    with pytest.raises(TypeError, match=r"return one number .* or use jacobian"):
        grad(lambda v: [v, v])(1.0)
    with pytest.raises(ValueError, match=r"argnums has 2, .* called with 1 argument"):
        grad(lambda v: v, argnums=2)(1.0)
    with pytest.raises(ValueError, match=r"output has 2 number.* cotangent 1"):
        vjp(lambda v: [v, v], (1.0,))[1]([1.0])
    with pytest.raises(ValueError, match=r"primals have 1 number.* tangents 2"):
        jvp(lambda v: v, (1.0,), (1.0, 2.0))
    with pytest.raises(TypeError, match="a number is wanted, got the str 'a'"):
        grad(lambda v: v)("a")


def test_stale_graph():
    """After x was set, backward gives the recorded pass; create_graph would need both numbers."""
    x = Value(3.0, name="x")
    y = x * x
    x.data = 100.0
    y.backward()
    assert (y.data, x.grad) == (9.0, 6.0)
    assert gradients(y, [x]) == (6.0,)
    with pytest.raises(StaleGraphError, match=r"leaf 'x' was set to 100.0 after .*compute"):
        gradients(y, [x], create_graph=True)
    z = x * 2
    assert gradients(z, [x], create_graph=True)[0].data == 2.0, "recorded after: not stale"


def test_jacobian_of_nested_arguments_and_outputs():
    found = jacobian(lambda x: [[x[0] * x[1]], [x[0]]])([2.0, 3.0])
    assert found == [[[3.0, 2.0]], [[1.0, 0.0]]]
    assert jacobian(lambda x: x * x)(3.0) == 6.0
    assert jacobian(lambda a, b: [a * b], argnums=1)(2.0, 3.0) == [2.0]
    assert vjp(lambda x, y: [x * y, x + y], (2.0, 3.0))[1]([1.0, 10.0]) == (13.0, 12.0)
    assert jvp(lambda x: [x[0], x[1] * 2], ([1.0, 2.0],), ([3.0, 4.0],)) == ([1.0, 4.0], [3.0, 8.0])


def test_the_first_argument_is_the_default():
    f = lambda x, y: [x[0] * y[0] ** 2, x[0]]  # noqa: E731
    assert jacobian(f)([2.0], [3.0]) == [[9.0], [1.0]]
    assert jacobian(f, argnums=1)([2.0], [3.0]) == [[12.0], [0.0]]
    assert hessian(lambda x, y: x[0] ** 3 * y[0])([2.0], [5.0]) == [[60.0]]
    assert hessian(lambda x, y: x[0] * y[0] ** 3, argnums=1)([2.0], [5.0]) == [[60.0]]


def test_argnums_counts_from_either_end_as_far_as_there_are_arguments():
    f = lambda x, y: x * y  # noqa: E731
    assert [grad(f, argnums=i)(2.0, 3.0) for i in (-2, -1, 0, 1)] == [3.0, 2.0, 3.0, 2.0]
    for i in (-3, 2):
        with pytest.raises(ValueError, match=rf"argnums has {i}, but .* with 2 argument"):
            grad(f, argnums=i)(2.0, 3.0)


def test_a_seed_stands_though_it_depends_on_another():
    x = Value(3.0)
    h = x * x
    y = h * 2
    assert tangents([y], {x: 1.0})[y] == 12.0
    assert tangents([y], {x: 1.0, h: 5.0})[y] == 10.0


def test_an_output_that_depends_on_nothing_has_no_tangent():
    outputs, tangent = jvp(lambda x: [x * 2, Value(3.0), 4.0], (1.0,), (1.0,))
    assert (outputs, tangent) == ([2.0, 3.0, 4.0], [2.0, 0.0, 0.0])
