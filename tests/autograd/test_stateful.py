"""A life of values in any order of events, against a naive model that cannot be wrong.

The model keeps for each value its number and its derivative by each leaf, as exact fractions taken
forward when it is computed. Numbers are whole and small, so that the engine is exact as well.
"""

import copy
import pickle
from fractions import Fraction

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from autograd import StaleGraphError, Value, gradients, graph, no_grad, steps

SMALL = 2**20  # of values and derivatives: sums of their products stay exact in a float


class Naive:
    """What the model knows of one value: number, derivatives by leaves, gradient, what it is of."""

    def __init__(self, number, slopes, operands=()):
        self.number, self.slopes, self.operands = number, slopes, operands
        self.grad = Fraction(0)
        self.version = 0  # of a leaf: how often it was set
        self.seen = [operand.version for operand in operands]

    def everything(self):
        """This and all that it was computed from."""
        found = {id(self): self}
        left = [self]
        while left:
            for operand in left.pop().operands:
                if id(operand) not in found:
                    found[id(operand)] = operand
                    left.append(operand)
        return found

    def is_stale(self):
        """Whether a leaf below was set after something here was computed from it."""
        nodes = self.everything().values()
        return any(
            operand.version != seen
            for node in nodes
            for operand, seen in zip(node.operands, node.seen, strict=True)
        )


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.values = []
        self.models = []

    def add(self, value, model):
        self.values.append(value)
        self.models.append(model)

    def pick(self, data, leaf=False):
        choices = [i for i, m in enumerate(self.models) if not (leaf and m.operands)]
        i = data.draw(st.sampled_from(choices))
        return self.values[i], self.models[i]

    def leaf(self, value):
        model = Naive(Fraction(value.data), {})
        model.slopes = {id(model): Fraction(1)}
        self.add(value, model)

    @initialize(number=st.integers(-4, 4))
    def first(self, number):
        self.leaf(Value(number))

    @rule(number=st.integers(-4, 4))
    def new_leaf(self, number):
        self.leaf(Value(number))

    @rule(data=st.data(), op=st.sampled_from("+-*"))
    def compute(self, data, op):
        (a, p), (b, q) = self.pick(data), self.pick(data)
        keys = {**p.slopes, **q.slopes}
        at_p = [p.slopes.get(key, 0) for key in keys]
        at_q = [q.slopes.get(key, 0) for key in keys]
        if op == "+":
            value, number, slopes = (
                a + b,
                p.number + q.number,
                [x + y for x, y in zip(at_p, at_q, strict=True)],
            )
        elif op == "-":
            value, number, slopes = (
                a - b,
                p.number - q.number,
                [x - y for x, y in zip(at_p, at_q, strict=True)],
            )
        else:
            value, number = a * b, p.number * q.number
            slopes = [x * q.number + p.number * y for x, y in zip(at_p, at_q, strict=True)]
        if max(map(abs, [number, *slopes])) < SMALL and len(p.everything()) < 30:
            self.add(value, Naive(number, dict(zip(keys, slopes, strict=True)), (p, q)))

    @rule(data=st.data())
    def compute_unrecorded(self, data):
        value, model = self.pick(data)
        with no_grad():
            self.leaf(value + 1)
        self.leaf(value.detach())
        assert self.models[-1].number == model.number

    @rule(data=st.data(), number=st.integers(-4, 4))
    def set_leaf(self, data, number):
        value, model = self.pick(data, leaf=True)
        value.data = number
        model.number = Fraction(number)
        model.version += 1

    @rule(data=st.data(), seed=st.integers(-2, 2))
    def backward(self, data, seed):
        value, model = self.pick(data)
        value.backward(seed)
        for node in model.everything().values():
            if not node.operands:
                node.grad += seed * model.slopes[id(node)]
        if model.operands:
            assert value.grad == seed

    @rule(data=st.data())
    def zero_grad(self, data):
        value, model = self.pick(data, leaf=True)
        value.zero_grad()
        model.grad = Fraction(0)

    @rule(data=st.data())
    def differentiate(self, data):
        value, model = self.pick(data)
        leaves = [i for i, m in enumerate(self.models) if not m.operands]
        chosen = [self.values[i] for i in leaves]
        wanted = [model.slopes.get(id(self.models[i]), 0) for i in leaves]
        assert list(gradients(value, chosen)) == wanted
        steps(value)
        if model.is_stale():
            with pytest.raises(StaleGraphError):
                gradients(value, chosen, create_graph=True)
        else:
            made = gradients(value, chosen, create_graph=True)
            assert [slope.data for slope in made] == wanted

    @rule()
    def copy_all(self):
        self.values = copy.deepcopy(self.values)

    @precondition(lambda self: len(self.values) < 12)
    @rule(data=st.data())
    def pickle_one(self, data):
        """A graph on its own: its leaves are new, so that only its own derivatives are compared."""
        value, model = self.pick(data)
        twin = pickle.loads(pickle.dumps(value))
        assert twin.data == value.data
        assert [n.grad for n in graph(twin)] == [n.grad for n in graph(value)]
        mine = gradients(twin, [n for n in graph(twin) if not n.op])
        its = gradients(value, [n for n in graph(value) if not n.op])
        assert mine == its
        if model.operands and model.is_stale():
            with pytest.raises(StaleGraphError):
                gradients(twin, [n for n in graph(twin) if not n.op], create_graph=True)

    @invariant()
    def numbers_and_gradients_are_the_models(self):
        for value, model in zip(self.values, self.models, strict=True):
            assert value.data == model.number
            assert bool(value.op) == bool(model.operands)
            if not model.operands:
                assert value.grad == model.grad


TestLife = Life.TestCase
