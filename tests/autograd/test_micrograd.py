"""What users of micrograd bring along runs, and each fault of it that is known stays away."""

import copy
import math
import sys

import pytest

from autograd import Value


def test_the_readme_example_of_micrograd():
    """Its expression and the numbers that its README gives for it."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_an_expression_with_every_operator_against_torch():
    torch = pytest.importorskip("torch", reason="compares with torch where it is installed")

    def expression(x, relu):
        z = 2 * x + 2 + x
        q = relu(z) + z * x
        h = relu(z * z)
        return h + q + q * x - x / 3 + 5 / x - (1 - x) + x**2 + x**-1

    for number in (-4.0, 1.5):
        ours, theirs = Value(number), torch.tensor(number, dtype=torch.float64, requires_grad=True)
        y, t = expression(ours, lambda v: v.relu()), expression(theirs, torch.relu)
        y.backward()
        t.backward()
        assert y.data == pytest.approx(t.item(), rel=1e-15)
        assert ours.grad == pytest.approx(theirs.grad.item(), rel=1e-15)


def test_deep_chain_raises_no_recursion_error():
    x = Value(1.0)
    y = x
    for _ in range(2 * sys.getrecursionlimit()):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0


def test_backward_twice():
    """Interior nodes hold one pass: 27, and 27 again once the leaf is zeroed."""
    x = Value(3.0)
    y = x * x * x
    y.backward()
    assert x.grad == 27.0
    x.grad = 0
    y.backward()
    assert x.grad == 27.0


def test_operands_keep_order_and_duplicates():
    x, y = Value(2.0), Value(3.0)
    assert (x - y).args == (x, y)
    assert (y - x).args == (y, x)
    assert (x * x).args == (x, x)


def test_domain_errors_are_numbers_not_exceptions():
    assert (Value(0.0) ** 0).data == 1.0
    assert (1 / Value(0.0)).data == math.inf
    assert math.isnan((Value(-1.0) ** 0.5).data)


def test_deep_copies_have_gradients_of_their_own():
    x = Value(3.0)
    twin = copy.deepcopy(x * x)
    twin.backward()
    assert twin.args[0].grad == 6.0
    assert x.grad == 0.0


def test_value_to_the_power_of_a_value():
    x, y = Value(2.0), Value(3.0)
    (x**y).backward()
    assert (x.grad, y.grad) == (12.0, 8 * math.log(2.0))
    z = Value(3.0)
    (2**z).backward()
    assert z.grad == 8 * math.log(2.0)
