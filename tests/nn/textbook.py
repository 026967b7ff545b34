"""The optimizers' formulas as their papers give them, for one parameter, in mpmath's precision.

Each takes the start, the gradients and every argument of the optimizer, and gives the parameter
after each step.
"""

from mpmath import mpf, sign, sqrt

from nn import optim


def _gradients(x, gradients, weight_decay, maximize, decoupled=False):
    """Pairs of the step's number and a function of the parameter: its gradient at that step."""
    for t, g in enumerate(gradients, 1):
        g = -mpf(g) if maximize else mpf(g)
        yield t, lambda x, g=g: g if decoupled else g + mpf(weight_decay) * x


def sgd(x, gradients, lr, momentum, dampening, weight_decay, nesterov, maximize):
    x, b = mpf(x), None
    for _, gradient in _gradients(x, gradients, weight_decay, maximize):
        g = gradient(x)
        b = g if b is None else mpf(momentum) * b + (1 - mpf(dampening)) * g
        move = g + mpf(momentum) * b if nesterov else b if momentum else g
        x -= mpf(lr) * move
        yield x


def adagrad(x, gradients, lr, lr_decay, weight_decay, initial_accumulator_value, eps, maximize):
    x, s = mpf(x), mpf(initial_accumulator_value)
    for t, gradient in _gradients(x, gradients, weight_decay, maximize):
        g = gradient(x)
        s += g**2
        x -= mpf(lr) / (1 + (t - 1) * mpf(lr_decay)) * g / (sqrt(s) + mpf(eps))
        yield x


def adadelta(x, gradients, lr, rho, eps, weight_decay, maximize):
    x, rho, eps = mpf(x), mpf(rho), mpf(eps)
    average_g2 = average_d2 = mpf(0)
    for _, gradient in _gradients(x, gradients, weight_decay, maximize):
        g = gradient(x)
        average_g2 = rho * average_g2 + (1 - rho) * g**2
        d = -sqrt(average_d2 + eps) / sqrt(average_g2 + eps) * g
        average_d2 = rho * average_d2 + (1 - rho) * d**2
        x += mpf(lr) * d
        yield x


def rmsprop(x, gradients, lr, alpha, eps, weight_decay, momentum, centered, maximize):
    x, alpha = mpf(x), mpf(alpha)
    square = mean = b = mpf(0)
    for _, gradient in _gradients(x, gradients, weight_decay, maximize):
        g = gradient(x)
        square = alpha * square + (1 - alpha) * g**2
        mean = alpha * mean + (1 - alpha) * g
        b = mpf(momentum) * b + g / (sqrt(square - mean**2 if centered else square) + mpf(eps))
        x -= mpf(lr) * b
        yield x


def adam(
    x, gradients, lr, betas, eps, weight_decay, maximize, amsgrad, decoupled_weight_decay=True
):
    x, (beta1, beta2) = mpf(x), map(mpf, betas)
    m = v = largest = mpf(0)
    for t, gradient in _gradients(x, gradients, weight_decay, maximize, decoupled_weight_decay):
        g = gradient(x)
        if decoupled_weight_decay:
            x -= mpf(lr) * mpf(weight_decay) * x
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        largest = max(largest, v)
        unbiased_v = (largest if amsgrad else v) / (1 - beta2**t)
        x -= mpf(lr) * (m / (1 - beta1**t)) / (sqrt(unbiased_v) + mpf(eps))
        yield x


def adamax(x, gradients, lr, betas, eps, weight_decay, maximize):
    x, (beta1, beta2) = mpf(x), map(mpf, betas)
    m = u = mpf(0)
    for t, gradient in _gradients(x, gradients, weight_decay, maximize):
        g = gradient(x)
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, abs(g) + mpf(eps))
        x -= mpf(lr) / (1 - beta1**t) * m / u
        yield x


def nadam(
    x,
    gradients,
    lr,
    betas,
    eps,
    weight_decay,
    momentum_decay,
    decoupled_weight_decay,
    maximize,
):
    x, (beta1, beta2) = mpf(x), map(mpf, betas)
    m = v = mpf(0)
    product = mpf(1)

    def mu(t):
        return beta1 * (1 - mpf(0.96) ** (t * mpf(momentum_decay)) / 2)

    for t, gradient in _gradients(x, gradients, weight_decay, maximize, decoupled_weight_decay):
        g = gradient(x)
        if decoupled_weight_decay:
            x -= mpf(lr) * mpf(weight_decay) * x
        product *= mu(t)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        ahead = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        x -= mpf(lr) * ahead / (sqrt(v / (1 - beta2**t)) + mpf(eps))
        yield x


def yogi(x, gradients, lr, betas, eps, weight_decay, maximize):
    x, (beta1, beta2) = mpf(x), map(mpf, betas)
    m = v = mpf(0)
    for _, gradient in _gradients(x, gradients, weight_decay, maximize):
        g = gradient(x)
        m = beta1 * m + (1 - beta1) * g
        v = v - (1 - beta2) * sign(v - g**2) * g**2
        x -= mpf(lr) * m / (sqrt(v) + mpf(eps))
        yield x


TEXTBOOK = {
    optim.SGD: sgd,
    optim.Adagrad: adagrad,
    optim.Adadelta: adadelta,
    optim.RMSprop: rmsprop,
    optim.Adam: adam,
    optim.AdamW: adam,
    optim.Adamax: adamax,
    optim.NAdam: nadam,
    optim.Yogi: yogi,
}
