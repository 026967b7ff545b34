"""Optimizers with torch.optim's names, defaults and arithmetic; clipping; Newton's method.

An optimizer holds leaf Values. In a loop: `optimizer.zero_grad()`, the loss, `loss.backward()`,
`optimizer.step()`. `lr=` is a number or a schedule (nn.schedules). `state_dict()` and
`load_state_dict()` stop and go on, through JSON.
"""

from nn.optim.adam import Adam, Adamax, AdamW, NAdam, Yogi
from nn.optim.clip import clip_grad_norm, clip_grad_value
from nn.optim.descent import SGD, Adadelta, Adagrad, RMSprop
from nn.optim.newton import Newton, newton
from nn.optim.optimizer import Optimizer

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "NAdam",
    "Newton",
    "Optimizer",
    "RMSprop",
    "Yogi",
    "clip_grad_norm",
    "clip_grad_value",
    "newton",
]
