"""A life of values in any order of events, against a naive model that cannot be wrong.

Build, backward, zero, set, step, save, load, compile, draw, copy. The model keeps for each value
its number and its derivative by each leaf, as exact fractions taken forward when it is computed,
and what it was computed from. Numbers are whole and small, so that the engine is exact as well.
"""

import copy
import itertools
import json
import os
import pickle
import tempfile
from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import autograd
import nn
import viz
from autograd import StaleGraphError, Value, gradients, graph, no_grad, steps

SMALL = 2**20  # of values and derivatives: sums of their products stay exact in a float


class Naive:
    """What the model knows of one value: number, derivatives by leaves, gradient, what it is of."""

    def __init__(self, number, slopes=None, op="", operands=()):
        self.number, self.op, self.operands = number, op, operands
        self.slopes = {id(self): Fraction(1)} if slopes is None else slopes
        self.grad = Fraction(0)
        self.version = 0  # of a leaf: how often it was set
        self.seen = [operand.version for operand in operands]

    def set(self, number):
        self.number = Fraction(number)
        self.version += 1

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

    def again(self):
        """The number and the derivatives as they are with the leaves' numbers of now."""
        if not self.operands:
            return self.number, self.slopes
        return combined(self.op, *[operand.again() for operand in self.operands])


def combined(op, first, second):
    """The number and the derivatives of a sum, a difference or a product."""
    (a, at_a), (b, at_b) = first, second
    keys = {**at_a, **at_b}
    if op == "*":
        return a * b, {k: at_a.get(k, 0) * b + a * at_b.get(k, 0) for k in keys}
    sign = 1 if op == "+" else -1
    return a + sign * b, {k: at_a.get(k, 0) + sign * at_b.get(k, 0) for k in keys}


def is_small(number, slopes):
    return max(map(abs, [number, *slopes.values()])) < SMALL


def told(step):
    return step.node, step.upstream, [contribution[:-1] for contribution in step.contributions]


class Leaves(nn.Module):
    """Some leaves, to be saved and loaded."""

    def __init__(self, leaves):
        self.leaves = leaves


class Life(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.values = []
        self.models = []
        self.optimizers = []  # with the models of their parameters, and buffers
        self.saved = []  # modules with the models of their parameters, as JSON, and the numbers
        self.programs = []  # with the models of output and leaves
        self.neuron = None

    def add(self, value, model):
        self.values.append(value)
        self.models.append(model)

    def pick(self, data, leaf=False):
        choices = [i for i, m in enumerate(self.models) if not (leaf and m.operands)]
        i = data.draw(st.sampled_from(choices))
        return self.values[i], self.models[i]

    def leaves(self):
        pairs = [(v, m) for v, m in zip(self.values, self.models, strict=True) if not m.operands]
        return [value for value, _ in pairs], [model for _, model in pairs]

    def some_leaves(self, data):
        values, models = self.leaves()
        chosen = data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1, max_size=4))
        return [values[i] for i in chosen], [models[i] for i in chosen]

    def leaf(self, value):
        self.add(value, Naive(Fraction(value.data)))

    # -- build --

    @initialize(numbers=st.lists(st.integers(-2, 2), min_size=3, max_size=3))
    def first(self, numbers):
        self.take(nn.Neuron(2, "linear"))
        for parameter, number in zip(self.neuron.parameters(), numbers, strict=True):
            parameter.data = number
            self.model_of(parameter).set(number)

    def take(self, neuron):
        self.neuron = neuron
        for parameter in neuron.parameters():
            self.leaf(parameter)

    def model_of(self, value):
        (found,) = [m for v, m in zip(self.values, self.models, strict=True) if v is value]
        return found

    @rule(number=st.integers(-4, 4))
    def new_leaf(self, number):
        self.leaf(Value(number))

    @rule(data=st.data(), op=st.sampled_from("+-*"))
    def compute(self, data, op):
        (a, p), (b, q) = self.pick(data), self.pick(data)
        value = a + b if op == "+" else a - b if op == "-" else a * b
        number, slopes = combined(op, (p.number, p.slopes), (q.number, q.slopes))
        if is_small(number, slopes) and len(p.everything()) < 30:
            self.add(value, Naive(number, slopes, op, (p, q)))

    @rule(data=st.data())
    def call_the_neuron(self, data):
        """Its bias and each weight times its input, the last of which ends the call."""
        (a, p), (b, q) = self.pick(data), self.pick(data)
        output = self.neuron([a, b])
        *weights, total = map(self.model_of, self.neuron.parameters())
        for weight, x in zip(weights, (p, q), strict=True):
            product = Naive(
                *combined("*", (weight.number, weight.slopes), (x.number, x.slopes)),
                "*",
                (weight, x),
            )
            number, slopes = combined(
                "+", (total.number, total.slopes), (product.number, product.slopes)
            )
            total = Naive(number, slopes, "+", (total, product))
        if is_small(total.number, total.slopes) and len(total.everything()) < 30:
            self.add(output, total)

    @rule(data=st.data())
    def compute_unrecorded(self, data):
        value, model = self.pick(data)
        with no_grad():
            self.leaf(value + 1)
        self.leaf(value.detach())
        assert self.models[-1].number == model.number

    # -- differentiate --

    @rule(data=st.data(), seed=st.integers(-2, 2))
    def backward(self, data, seed):
        value, model = self.pick(data)
        value.backward(seed)
        for node in model.everything().values():
            if not node.operands:
                node.grad += seed * model.slopes.get(id(node), 0)
        if model.operands:
            assert value.grad == seed

    @rule(data=st.data())
    def differentiate(self, data):
        value, model = self.pick(data)
        chosen, models = self.leaves()
        wanted = [model.slopes.get(id(m), 0) for m in models]
        assert list(gradients(value, chosen)) == wanted
        found = {value: 1.0} | {c.operand: c.after for s in steps(value) for c in s.contributions}
        assert [found.get(leaf, 0.0) for leaf in chosen] == wanted
        if model.is_stale():
            with pytest.raises(StaleGraphError):
                gradients(value, chosen, create_graph=True)
        else:
            made = gradients(value, chosen, create_graph=True)
            assert [slope.data for slope in made] == wanted

    # -- change --

    @rule(data=st.data(), number=st.integers(-4, 4))
    def set_leaf(self, data, number):
        value, model = self.pick(data, leaf=True)
        value.data = number
        model.set(number)

    @rule(data=st.data())
    def zero_grad(self, data):
        value, model = self.pick(data, leaf=True)
        value.zero_grad()
        model.grad = Fraction(0)

    @rule(data=st.data(), momentum=st.integers(0, 1))
    def new_optimizer(self, data, momentum):
        values, models = self.some_leaves(data)
        optimizer = nn.optim.SGD(values, lr=1.0, momentum=momentum)
        self.optimizers.append((optimizer, models, [Fraction(0)] * len(models)))

    @precondition(lambda self: self.optimizers)
    @rule(data=st.data())
    def step(self, data):
        optimizer, models, buffers = data.draw(st.sampled_from(self.optimizers))
        moves = [optimizer.momentum * b + m.grad for m, b in zip(models, buffers, strict=True)]
        numbers = [m.number - move for m, move in zip(models, moves, strict=True)]
        if max(map(abs, [*numbers, *moves])) < 64:
            optimizer.step()
            buffers[:] = map(Fraction, moves)
            for model, number in zip(models, numbers, strict=True):
                model.set(number)

    @precondition(lambda self: self.optimizers)
    @rule(data=st.data())
    def zero_the_optimizers_gradients(self, data):
        optimizer, models, _ = data.draw(st.sampled_from(self.optimizers))
        optimizer.zero_grad()
        for model in models:
            model.grad = Fraction(0)

    # -- save and load --

    @precondition(lambda self: self.optimizers)
    @rule(data=st.data())
    def save_and_load_an_optimizer(self, data):
        i = data.draw(st.integers(0, len(self.optimizers) - 1))
        old, models, buffers = self.optimizers[i]
        new = nn.optim.SGD(old.parameters, lr=1.0, momentum=old.momentum)
        new.load_state_dict(json.loads(json.dumps(old.state_dict())))
        self.optimizers[i] = new, models, buffers

    @rule(data=st.data())
    def save(self, data):
        values, models = self.some_leaves(data)
        module = Leaves(values)
        numbers = [model.number for model in models]
        self.saved.append((module, models, json.dumps(module.state_dict()), numbers))

    @precondition(lambda self: self.saved)
    @rule(data=st.data())
    def load(self, data):
        module, models, text, numbers = data.draw(st.sampled_from(self.saved))
        module.load_state_dict(json.loads(text))
        for model, number in zip(models, numbers, strict=True):
            model.set(number)

    @precondition(lambda self: len(self.values) < 12)
    @rule()
    def save_and_load_the_neuron(self):
        numbers = [parameter.data for parameter in self.neuron.parameters()]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "neuron.json")
            nn.save(self.neuron, path)
            self.take(nn.load(path))
        assert [parameter.data for parameter in self.neuron.parameters()] == numbers

    @rule()
    def copy_all(self):
        """Whatever shared a leaf shares its copy; programs keep the old ones, and are left out."""
        self.programs = []
        everything = self.values, self.optimizers, self.saved, self.neuron
        models = {id(model): model for model in self.models}
        for _, some, *_ in (*self.optimizers, *self.saved):
            models.update((id(model), model) for model in some)
        self.values, self.optimizers, self.saved, self.neuron = copy.deepcopy(everything, models)

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

    # -- compile and draw --

    @rule(data=st.data())
    def compile(self, data):
        value, model = self.pick(data)
        values, models = self.leaves()
        program = autograd.compile(value, inputs=[], parameters=values, backend="python")
        self.programs.append((program, model, models))

    @precondition(lambda self: self.programs)
    @rule(data=st.data(), accumulate=st.booleans())
    def run_a_program(self, data, accumulate):
        """It computes from the numbers that its leaves have now, whatever was recorded."""
        program, model, models = data.draw(st.sampled_from(self.programs))
        number, slopes = model.again()
        if not is_small(number, slopes):
            return
        wanted = [slopes.get(id(m), 0) for m in models]
        assert program([[]]) == [number]
        assert program.value_and_grad([[]]) == (number, wanted)
        if accumulate:
            assert program.backward([[], []], "sum") == 2 * number
            for m, slope in zip(models, wanted, strict=True):
                m.grad += 2 * slope

    @precondition(lambda self: len(self.values) > 6)  # there is something to see
    @rule(data=st.data())
    def draw(self, data):
        value, model = self.pick(data)
        picture = viz.draw(value)
        (root,) = [node for node in picture.graph.nodes if node.root]
        assert root.data == model.number
        assert root.grad == (value.grad if value.has_grad else None)
        assert picture.svg().startswith("<svg")
        assert repr(value).startswith(f"Value({value.data!r}")
        if model.operands and model.is_stale():
            with pytest.raises(StaleGraphError):
                viz.step_through(value)
        elif model.operands:
            shown = viz.step_through(value).steps  # its rules name the variables
            assert [told(step) for step in shown] == [told(step) for step in steps(value)]

    @invariant()
    def numbers_and_gradients_are_the_models(self):
        for value, model in zip(self.values, self.models, strict=True):
            assert value.data == model.number
            assert bool(value.op) == bool(model.operands)
            if not model.operands:
                assert value.grad == model.grad
        for optimizer, models, _ in self.optimizers:
            assert [p.data for p in optimizer.parameters] == [m.number for m in models]


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=max(1, settings.default.max_examples // 4), stateful_step_count=40
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_in_copies_only_what_was_stale_is(order):
    """Found by a life: a leaf met again in an old graph made the copy of a new one stale."""
    x = Value(3.0)
    old = x * x
    x.data = 5.0
    originals = [x, old, x * 2]
    copies = copy.deepcopy([originals[i] for i in order])
    leaf, stale, fresh = (copies[order.index(i)] for i in range(3))
    assert [slope.data for slope in gradients(fresh, [leaf], create_graph=True)] == [2.0]
    with pytest.raises(StaleGraphError):
        gradients(stale, [leaf], create_graph=True)
