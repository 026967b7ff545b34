"""Gradient descent, and rules that scale each parameter's step by its past gradients."""

from collections.abc import Iterable

from autograd import Value
from nn.arguments import amount
from nn.optim.arithmetic import Numbers, divide, lerp, sqrt
from nn.optim.optimizer import Optimizer, Rule
from nn.schedules import Schedule


class SGD(Optimizer):
    """Gradient descent, x -= lr * g, if wanted with momentum, Nesterov's too.

    With momentum a buffer b replaces g: b = g at the first step, then b = momentum * b + (1 -
    dampening) * g. A steady gradient then moves x by lr / (1 - momentum) times itself. nesterov
    looks ahead: g + momentum * b replaces g. weight_decay adds weight_decay * x to g.

    Arguments, defaults and arithmetic as in torch.optim.SGD. Source: Sutskever et al. (2013).

    >>> w = Value(3.0)
    >>> optimizer = SGD([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).backward()
    ...     optimizer.step()
    >>> round(w.data, 6)
    1.536
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        self.momentum = amount("momentum", momentum)
        self.dampening = amount("dampening", dampening)
        self.weight_decay = amount("weight_decay", weight_decay)
        self.nesterov = nesterov
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError(
                "nesterov wants a momentum above 0 and a dampening of 0; "
                f"got momentum={momentum!r}, dampening={dampening!r}"
            )
        super().__init__(parameters, lr, maximize, {"momentum_buffer": 0.0} if momentum else {})

    def rule(self, lr: float, t: int) -> Rule:
        def update(x: Numbers, g: Numbers, *buffer: Numbers) -> tuple[Numbers, ...]:
            if self.weight_decay:
                g = g + self.weight_decay * x
            if not self.momentum:
                return (x - lr * g,)
            (b,) = buffer
            b = g if t == 1 else self.momentum * b + (1 - self.dampening) * g
            return x - lr * (g + self.momentum * b if self.nesterov else b), b

        return update


class Adagrad(Optimizer):
    """Steps scaled down by all past gradients: s += g * g; x -= lr * g / (sqrt(s) + eps).

    lr_decay divides lr by 1 + lr_decay * (steps done); weight_decay adds weight_decay * x to g.

    Arguments, defaults and arithmetic as in torch.optim.Adagrad. Source: Duchi, Hazan and Singer
    (2011).
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        self.lr_decay = amount("lr_decay", lr_decay)
        self.weight_decay = amount("weight_decay", weight_decay)
        self.initial_accumulator_value = amount(
            "initial_accumulator_value", initial_accumulator_value
        )
        self.eps = amount("eps", eps)
        super().__init__(parameters, lr, maximize, {"sum": self.initial_accumulator_value})

    def rule(self, lr: float, t: int) -> Rule:
        lr = lr / (1 + (t - 1) * self.lr_decay)

        def update(x: Numbers, g: Numbers, s: Numbers) -> tuple[Numbers, ...]:
            if self.weight_decay:
                g = g + self.weight_decay * x
            s = s + g * g
            return x - divide(lr * g, sqrt(s) + self.eps), s

        return update


class Adadelta(Optimizer):
    """Steps as large as past steps, so that lr can stay 1.

    v = rho * v + (1 - rho) * g * g; d = sqrt(u + eps) / sqrt(v + eps) * g; u = rho * u + (1 - rho)
    * d * d; x -= lr * d. weight_decay adds weight_decay * x to g.

    Arguments, defaults and arithmetic as in torch.optim.Adadelta. Source: Zeiler (2012), algorithm
    1.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        self.rho = amount("rho", rho, high=1.0)
        self.eps = amount("eps", eps)
        self.weight_decay = amount("weight_decay", weight_decay)
        super().__init__(parameters, lr, maximize, {"square_avg": 0.0, "acc_delta": 0.0})

    def rule(self, lr: float, t: int) -> Rule:
        rho = self.rho

        def update(x: Numbers, g: Numbers, v: Numbers, u: Numbers) -> tuple[Numbers, ...]:
            if self.weight_decay:
                g = g + self.weight_decay * x
            v = rho * v + (1 - rho) * g * g
            d = divide(sqrt(u + self.eps), sqrt(v + self.eps)) * g
            u = rho * u + (1 - rho) * d * d
            return x - lr * d, v, u

        return update


class RMSprop(Optimizer):
    """Steps scaled by a moving average of squared gradients.

    v = alpha * v + (1 - alpha) * g * g; x -= lr * g / (sqrt(v) + eps).
    centered takes the variance, v minus the square of the average gradient, in place of v. With
    momentum, b = momentum * b + g / (sqrt(v) + eps) and x -= lr * b. weight_decay adds weight_decay
    * x to g.

    Arguments, defaults and arithmetic as in torch.optim.RMSprop. Source: Hinton's lecture 6e
    (2012); centered: Graves (2013).
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        self.alpha = amount("alpha", alpha, high=1.0)
        self.eps = amount("eps", eps)
        self.weight_decay = amount("weight_decay", weight_decay)
        self.momentum = amount("momentum", momentum)
        self.centered = centered
        state = {"square_avg": 0.0}
        if centered:
            state["grad_avg"] = 0.0
        if momentum:
            state["momentum_buffer"] = 0.0
        super().__init__(parameters, lr, maximize, state)

    def rule(self, lr: float, t: int) -> Rule:
        alpha = self.alpha

        def update(x: Numbers, g: Numbers, v: Numbers, *rest: Numbers) -> tuple[Numbers, ...]:
            if self.weight_decay:
                g = g + self.weight_decay * x
            v = alpha * v + (1 - alpha) * g * g
            state = [v]
            variance = v
            if self.centered:
                mean = lerp(rest[0], g, 1 - alpha)
                state.append(mean)
                variance = v - mean * mean
            scale = sqrt(variance) + self.eps
            if not self.momentum:
                return x - divide(lr * g, scale), *state
            b = self.momentum * rest[-1] + divide(g, scale)
            return x - lr * b, *state, b

        return update
