"""Adam and its relatives: a moving average of gradients over the root of one of squares."""

import math
from collections.abc import Iterable, Mapping

from autograd import Value
from nn.arguments import amount
from nn.optim.arithmetic import Numbers, divide, lerp, maximum, sign, sqrt
from nn.optim.optimizer import Optimizer, Rule
from nn.schedules import Schedule


class Moments(Optimizer):
    """What the family shares: two averages, and weight decay.

    betas: how much of each average stays at a step, 0 or more and below 1; eps, weight_decay: 0 or
    more. The decay adds weight_decay * x to the gradient or, if it is decoupled, shrinks x itself
    by lr * weight_decay.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule,
        betas: tuple[float, float],
        eps: float,
        weight_decay: float,
        maximize: bool,
        state: Mapping[str, float],
        decoupled_weight_decay: bool = False,
    ) -> None:
        if len(betas) != 2:
            raise ValueError(f"betas wants two numbers, such as (0.9, 0.999); got {betas!r}")
        self.betas = (
            amount("betas[0]", betas[0], below=1.0),
            amount("betas[1]", betas[1], below=1.0),
        )
        self.eps = amount("eps", eps)
        self.weight_decay = amount("weight_decay", weight_decay)
        self.decoupled_weight_decay = decoupled_weight_decay
        super().__init__(parameters, lr, maximize, state)

    def decay(self, x: Numbers, g: Numbers, lr: float) -> tuple[Numbers, Numbers]:
        """The parameter and the gradient after weight decay."""
        if not self.weight_decay:
            return x, g
        if self.decoupled_weight_decay:
            return x * (1 - lr * self.weight_decay), g
        return x, g + self.weight_decay * x


class Adam(Moments):
    """Adam: averages m of g and v of g * g, made unbiased; x -= lr * m / (sqrt(v) + eps).

    m = b1 * m + (1 - b1) * g and v = b2 * v + (1 - b2) * g * g with betas = (b1, b2); at step t the
    rule uses m / (1 - b1**t) and v / (1 - b2**t). amsgrad takes the largest v so far.
    decoupled_weight_decay makes it AdamW.

    Arguments, defaults and arithmetic as in torch.optim.Adam. Source: Kingma and Ba (2015),
    algorithm 1; amsgrad: Reddi, Kale and Kumar (2018).

    >>> w = Value(3.0)
    >>> optimizer = Adam([w], lr=0.1)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     (w * w).backward()
    ...     optimizer.step()
    >>> round(w.data, 6)
    2.700382
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        self.amsgrad = amsgrad
        state = {"exp_avg": 0.0, "exp_avg_sq": 0.0}
        if amsgrad:
            state["max_exp_avg_sq"] = 0.0
        super().__init__(
            parameters, lr, betas, eps, weight_decay, maximize, state, decoupled_weight_decay
        )

    def rule(self, lr: float, t: int) -> Rule:
        beta1, beta2 = self.betas
        step_size = lr / (1 - beta1**t)
        correction = math.sqrt(1 - beta2**t)

        def update(
            x: Numbers, g: Numbers, m: Numbers, v: Numbers, *largest: Numbers
        ) -> tuple[Numbers, ...]:
            x, g = self.decay(x, g, lr)
            m = lerp(m, g, 1 - beta1)
            v = beta2 * v + (1 - beta2) * g * g
            largest = tuple(maximum(old, v) for old in largest)
            scale = sqrt(largest[0] if largest else v) / correction + self.eps
            return x - divide(step_size * m, scale), m, v, *largest

        return update


class AdamW(Adam):
    """Adam with decoupled weight decay: each step first shrinks x by lr * weight_decay of itself.

    Arguments, defaults and arithmetic as in torch.optim.AdamW. Source: Loshchilov and Hutter
    (2019), algorithm 2.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            parameters,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
        )


class Adamax(Moments):
    """Adam with the largest gradient, fading, in place of the average square.

    m = b1 * m + (1 - b1) * g; u = max(b2 * u, |g| + eps); x -= lr / (1 - b1**t) * m / u.
    weight_decay adds weight_decay * x to g.

    Arguments, defaults and arithmetic as in torch.optim.Adamax. Source: Kingma and Ba (2015),
    algorithm 2.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        state = {"exp_avg": 0.0, "exp_inf": 0.0}
        super().__init__(parameters, lr, betas, eps, weight_decay, maximize, state)

    def rule(self, lr: float, t: int) -> Rule:
        beta1, beta2 = self.betas
        step_size = lr / (1 - beta1**t)

        def update(x: Numbers, g: Numbers, m: Numbers, u: Numbers) -> tuple[Numbers, ...]:
            x, g = self.decay(x, g, lr)
            m = lerp(m, g, 1 - beta1)
            u = maximum(beta2 * u, abs(g) + self.eps)
            return x - divide(step_size * m, u), m, u

        return update


class NAdam(Moments):
    """Adam with Nesterov's momentum, which grows towards betas[0] as momentum_decay has it.

    The momentum at step t is mu(t) = b1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)), and p(t) the
    product of those so far. With m and v as in Adam, x -= lr * ((1 - mu(t)) * g / (1 - p(t)) + mu(t
    + 1) * m / (1 - p(t + 1))) / (sqrt(v) + eps).

    Arguments, defaults and arithmetic as in torch.optim.NAdam. Source: Dozat (2016), algorithm 2.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        self.momentum_decay = amount("momentum_decay", momentum_decay)
        self._product = (0, 1.0)
        state = {"exp_avg": 0.0, "exp_avg_sq": 0.0}
        super().__init__(
            parameters, lr, betas, eps, weight_decay, maximize, state, decoupled_weight_decay
        )

    def _momentum(self, t: int) -> float:
        return self.betas[0] * (1.0 - 0.5 * math.pow(0.96, t * self.momentum_decay))

    def _momentum_product(self, t: int) -> float:
        """The product of the momenta of steps 1 to t; one multiplication if t - 1 was the last."""
        done, product = self._product if self._product[0] <= t else (0, 1.0)
        for step in range(done + 1, t + 1):
            product *= self._momentum(step)
        self._product = (t, product)
        return product

    def rule(self, lr: float, t: int) -> Rule:
        beta1, beta2 = self.betas
        correction = 1 - beta2**t
        momentum, next_momentum = self._momentum(t), self._momentum(t + 1)
        product = self._momentum_product(t)
        g_step = lr * (1.0 - momentum) / (1.0 - product)
        m_step = lr * next_momentum / (1.0 - product * next_momentum)

        def update(x: Numbers, g: Numbers, m: Numbers, v: Numbers) -> tuple[Numbers, ...]:
            x, g = self.decay(x, g, lr)
            m = lerp(m, g, 1 - beta1)
            v = beta2 * v + (1 - beta2) * g * g
            scale = sqrt(v / correction) + self.eps
            return x - divide(g_step * g, scale) - divide(m_step * m, scale), m, v

        return update


class Yogi(Moments):
    """Adam whose average square moves by (1 - b2) * g * g, up or down, so that it can't rush.

    m = b1 * m + (1 - b1) * g; v -= (1 - b2) * sign(v - g * g) * g * g; x -= lr * m / (sqrt(v) +
    eps). weight_decay adds weight_decay * x to g.

    As in the paper, with its advice for lr and eps and no correction of the bias: Zaheer et al.,
    Adaptive Methods for Nonconvex Optimization (2018), algorithm 2.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-2,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-3,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        state = {"exp_avg": 0.0, "exp_avg_sq": 0.0}
        super().__init__(parameters, lr, betas, eps, weight_decay, maximize, state)

    def rule(self, lr: float, t: int) -> Rule:
        beta1, beta2 = self.betas

        def update(x: Numbers, g: Numbers, m: Numbers, v: Numbers) -> tuple[Numbers, ...]:
            x, g = self.decay(x, g, lr)
            m = beta1 * m + (1 - beta1) * g
            square = g * g
            v = v - (1 - beta2) * sign(v - square) * square
            return x - divide(lr * m, sqrt(v) + self.eps), m, v

        return update
