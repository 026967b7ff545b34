"""Expressions: what Python computes and nothing else, and mistakes that are pointed at."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.primitive import table
from viz.expression import ExpressionError, functions, parse

NAMES = {"x": 0.75, "y": -1.5, "longer_name": 2.0}


def expressions():
    """Arithmetic as text, with the brackets that Python needs."""
    leaves = st.one_of(
        st.sampled_from([*NAMES, "pi", "e"]),
        st.integers(0, 9).map("{}.0".format),  # as floats: Python has no integer -0
        st.floats(0.001, 100).map(repr),
    )

    def larger(inner):
        return st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(" ".join),
            inner.map("({})".format),
            inner.map("-{}".format),
            inner.map("({})**2".format),
            inner.map("({}) / (x*x + 0.5)".format),
            inner.map("1.0 / (0.5 + ({})**2)".format),
            st.tuples(st.sampled_from(["tanh", "sigmoid", "relu", "sin"]), inner).map(
                lambda pair: "{}({})".format(*pair)
            ),
            st.tuples(inner, inner).map(lambda pair: "maximum({}, {})".format(*pair)),
        )

    return st.recursive(leaves, larger, max_leaves=12)


@given(expressions())
def test_it_computes_what_python_computes(source):
    known = {name: getattr(autograd, name) for name in ("tanh", "sigmoid", "relu", "sin")}
    known |= {"maximum": autograd.maximum, "pi": math.pi, "e": math.e}
    values = {name: Value(value) for name, value in NAMES.items()}
    wanted = eval(source, {**known, **values})
    expression = parse(source)
    got = expression.evaluate({name: Value(value) for name, value in NAMES.items()})
    # a number of Python is a float here from the start
    assert repr(float(getattr(got, "data", got))) == repr(float(getattr(wanted, "data", wanted)))


@given(expressions())
def test_the_names_are_the_variables_in_order(source):
    names = parse(source).names
    assert set(names) <= {*NAMES, "pi", "e"}
    values = {name: Value(value, name=name) for name, value in NAMES.items()}
    missing = [name for name in names if name in NAMES]
    if missing:
        with pytest.raises(ExpressionError, match=f"no value for {', '.join(missing)}:"):
            parse(source).evaluate({})
    got = parse(source).evaluate(values)
    if isinstance(got, Value):
        reached = {value.name for value in autograd.graph(got)} - {None}
        assert reached <= set(names)


@pytest.mark.parametrize("name", [name for name in table if name.isidentifier()])
def test_every_primitive_of_the_table_is_a_function(name):
    primitive = functions()[name]
    assert primitive is table[name]
    count = primitive.arity or 3
    numbers = ["0.5", "0.25", "0.125"][:count]
    got = parse(f"{name}({', '.join(numbers)})").evaluate({})
    assert repr(got) == repr(float(table[name](*map(float, numbers))))


def test_a_primitive_registered_later_is_a_function_too():
    name = "thrice_for_test"
    autograd.primitive(name, value=lambda a: 3 * a, partials=(lambda out, a: 3.0,))
    try:
        assert parse(f"{name}(x)").evaluate({"x": Value(2.0)}).data == 6.0
    finally:
        del table[name]
        delattr(Value, name)


POINTED = [
    ("tahn(x)", "tahn", "did you mean tan or tanh"),
    ("2*foo(x)", "foo", r"no function is called foo; to multiply, write foo\*"),
    ("x^2", "x^2", r"write \*\*"),
    ("x + y % 2", "y % 2", r"only \+ - \* / \*\*"),
    ("~x", "~x", "only"),
    ("not x", "not x", "only"),
    ("x.tanh()", "x.tanh()", r"write tanh\("),
    ("math.exp(x)", "math.exp(x)", r"write exp\("),
    ("x.data", "x.data", "no dots"),
    ("(1).__class__.__bases__", "(1).__class__.__bases__", "no dots"),
    ("__import__('os')", "__import__", "no function is called __import__"),
    ("exec('1')", "exec", "no function is called exec"),
    ("'text' * x", "'text'", "text has no value"),
    ("1j*x", "1j", "real numbers"),
    ("True + x", "True", "write 1 or 0"),
    ("None", "None", "write 1 or 0"),
    ("... + x", "...", "only numbers"),
    ("x < 1", "x < 1", "a choice has no derivative"),
    ("x if x else 1", "x if x else 1", "a choice"),
    ("x and y", "x and y", "a choice"),
    ("[x]", "[x]", "single numbers"),
    ("x[0]", "x[0]", "single numbers"),
    ("(x, y)", "(x, y)", "single numbers"),
    ("lambda: x", "lambda: x", "only numbers, names"),
    ("[x for x in y]", "[x for x in y]", "only numbers, names"),
    ("f'{x}'", "f'{x}'", "only numbers"),
    ("2(x)", "2(x)", r"write \* between factors"),
    ("relu(x, y)", "relu(x, y)", "relu takes 1 operand, and 2 are given"),
    ("maximum(x)", "maximum(x)", "maximum takes 2 operands, and 1 are given"),
    ("leaky_relu(x, 1, 2)", "leaky_relu(x, 1, 2)", "takes 1 to 2 operands, and 3"),
    ("logsumexp()", "logsumexp()", "takes 1 or more operands, and 0"),
    ("tanh(a=x)", "x", "no names here"),
    ("maximum(*x)", "*x", "one by one"),
    ("tanh + 1", "tanh", r"tanh is a function: write tanh\("),
    ("1e999 * x", "1e999", "too large"),
    ("x + " + "9" * 400, "9" * 400, "too large"),
    ("x * gamma", "gamma", "no value for gamma: add, say,  gamma=1.0"),
    ("é + 重み*tahn(x)", "tahn", "no function"),
    ("pow_number(x, y)", "pow_number(x, y)", "must be a number"),
]


@pytest.mark.parametrize(("source", "part", "message"), POINTED, ids=[p[0][:20] for p in POINTED])
def test_a_mistake_is_pointed_at(source, part, message):
    values = {"x": Value(1.0), "y": Value(2.0), "é": Value(1.0), "重み": Value(1.0)}
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(source).evaluate(values)
    error = caught.value
    assert error.source[error.start : error.end] == part


@pytest.mark.parametrize(
    "source",
    [
        "",
        "  \n ",
        "x +",
        "(x",
        "x)",
        "x y",
        "x = 3",
        "x := 3",
        "import os",
        "x; y",
        "# x",
        "'",
        "\\",
        "\0",
        "\ud800",
        "0x",
        "1_",
        "007",
        "(" * 500 + "x" + ")" * 500,
        "-" * 1500 + "x",
        "+".join("x" * 900),
        "x**" * 300 + "x",
        "x" * 5000,
        "tanh(" * 150 + "x",
        "9" * 1999,
    ],
)
def test_whatever_is_typed_is_a_value_or_an_error_that_points(source):
    try:
        got = parse(source).evaluate({"x": Value(1.0)})
    except ExpressionError as error:
        line, carets, message = error.pointed().split("\n")
        assert set(carets.strip()) == {"^"}
        assert message
        assert len(line) <= 200
        error.pointed().encode()
    else:
        assert isinstance(got, Value)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_an_error(source):
    try:
        parse(source).evaluate({})
    except ExpressionError as error:
        error.pointed().encode()


def test_wide_characters_do_not_push_the_caret_aside():
    with pytest.raises(ExpressionError) as caught:
        parse("重み*tahn(x)")
    assert caught.value.pointed().split("\n")[1] == " " * 5 + "^^^^"


def test_constants_can_be_given_another_value():
    assert parse("e").evaluate({}) == math.e
    assert parse("e + 1").evaluate({"e": 2.0}) == 3.0
    assert parse("-2**2").evaluate({}) == -4.0
    assert parse("2**-1").evaluate({}) == 0.5
    assert math.isnan(parse("(-8)**0.5").evaluate({}))
