"""Activations and losses as textbooks write them, in mpmath's precision, and their derivatives."""

from mpmath import erfc, exp, expm1, fabs, fsum, log, mp, mpf, sqrt, tanh, workdps

DIGITS = 160
"""Enough for the difference of two numbers near 1 that is 1e-87 * 1e-25: a tail's slope times h."""


def sigmoid(x):
    return 1 / (1 + exp(-x))


def softmax(z):
    return [exp(zi) / fsum(map(exp, z)) for zi in z]


ACTIVATIONS = {
    "step": lambda x: mpf(x >= 0),
    "linear": lambda x, a=1: a * x,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, slope=0.01: x if x > 0 else slope * x,
    "elu": lambda x, alpha=1: x if x > 0 else alpha * expm1(x),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "softplus": lambda x: log(1 + exp(x)),
    "gelu": lambda x: x * erfc(-x / sqrt(mpf(2))) / 2,
}


def mean(items):
    items = list(items)
    return fsum(items) / len(items)


def errors(y, t):
    return [yi - ti for yi, ti in zip(y, t, strict=True)]


def huber(e, delta=1):
    return e**2 / 2 if fabs(e) <= delta else delta * (fabs(e) - mpf(delta) / 2)


def pseudo_huber(e, delta=1):
    return mpf(delta) ** 2 * (sqrt(1 + (e / delta) ** 2) - 1)


def adaptive(e, alpha=1, c=1):
    """rho(e, alpha, c): Barron (2019), equation 8 with its special cases."""
    q = (e / mpf(c)) ** 2
    if alpha == 2:
        return q / 2
    if alpha == 0:
        return log(q / 2 + 1)
    if alpha == -mp.inf:
        return 1 - exp(-q / 2)
    b = fabs(mpf(alpha) - 2)
    return b / alpha * ((q / b + 1) ** (mpf(alpha) / 2) - 1)


def xlogy(x, y):
    """x * log(y), which counts as 0 where x is 0."""
    return x * log(y) if x else mpf(0)


def binary_cross_entropy(p, t):
    return -(xlogy(t, p) + xlogy(1 - t, 1 - p))


def categorical_cross_entropy(p, t):
    return -fsum(xlogy(ti, pi) for pi, ti in zip(p, t, strict=True))


LISTS = {
    "sum_of_squares": lambda y, t: fsum(e**2 for e in errors(y, t)),
    "mse": lambda y, t: mean(e**2 for e in errors(y, t)),
    "mae": lambda y, t: mean(map(fabs, errors(y, t))),
    "msle": lambda y, t: mean(
        (log(1 + yi) - log(1 + ti)) ** 2 for yi, ti in zip(y, t, strict=True)
    ),
    "euclidean_distance": lambda y, t: sqrt(fsum(e**2 for e in errors(y, t))),
    "huber": lambda y, t, **k: mean(huber(e, **k) for e in errors(y, t)),
    "pseudo_huber": lambda y, t, **k: mean(pseudo_huber(e, **k) for e in errors(y, t)),
    "adaptive": lambda y, t, **k: mean(adaptive(e, **k) for e in errors(y, t)),
}
"""Losses of a list of predictions and a list of targets."""

SCALARS = {
    "squared_error": lambda y, t: (y - t) ** 2,
    "half_squared_error": lambda y, t: (y - t) ** 2 / 2,
    "hinge": lambda y, t: max(mpf(0), 1 - t * y),
    "squared_hinge": lambda y, t: max(mpf(0), 1 - t * y) ** 2,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": lambda z, t: binary_cross_entropy(sigmoid(z), t),
}
"""Losses of one prediction and one target."""

DISTRIBUTIONS = {
    "cross_entropy": lambda z, t: categorical_cross_entropy(softmax(z), t),
    "categorical_cross_entropy": categorical_cross_entropy,
    "kl_divergence": lambda p, t: fsum(xlogy(ti, ti) for ti in t) + categorical_cross_entropy(p, t),
}
"""Losses of a list with one number a class and a list of target probabilities."""


def evaluate(f, *args, **settings):
    """f at the float or list of floats in each argument, as an mpf."""
    with workdps(DIGITS):
        return +f(*map(_exact, args), **settings)


def gradient(f, x, *args, **settings):
    """The derivatives of f with regard to each number in the list x, by central differences.

    The step of 2**-84, exact beside a float, leaves an error of about 1e-50.
    """
    with workdps(DIGITS):
        x = _exact(x)
        args = [_exact(arg) for arg in args]
        slopes = []
        for i in range(len(x)):
            h = mpf(2) ** -84
            up, down = ([*x[:i], x[i] + s * h, *x[i + 1 :]] for s in (1, -1))
            slopes.append((f(up, *args, **settings) - f(down, *args, **settings)) / (2 * h))
        return slopes


def derivative(f, x, *args, **settings):
    """The derivative of f with regard to the number x."""
    return gradient(lambda v, *rest, **k: f(v[0], *rest, **k), [x], *args, **settings)[0]


def _exact(x):
    return [mpf(xi) for xi in x] if isinstance(x, (list, tuple)) else mpf(x)


def assert_close(actual, expected, *, scale=0.0, tolerance=1e-12):
    """actual (a float) equals expected (an mpf) to `tolerance`, of itself or of `scale`.

    scale: the size of the numbers whose difference the result is, where it is one; the tolerance,
    9,000 units in the last place, is what chains of a dozen operations whose condition number is
    some hundreds stay far below, and a wrong formula does not; 1e-300, since subnormals have fewer
    digits.
    """
    bound = tolerance * max(float(fabs(expected)), scale) + 1e-300
    assert fabs(mpf(actual) - expected) <= bound, f"{actual!r} is not {mp.nstr(expected, 17)}"
