"""Small data sets, and what turns data into batches.

A data set is a pair (inputs, targets): a list of rows of floats, and a list with one target a row.
Everything random takes `rng`: a seed or a random.Random (a seed gives the same data each time; the
global generator is never touched).

The targets of classes are 0, 1, 2, ..., as nn.losses.cross_entropy wants them. `labels=` puts
others in their place, one a class in that order: `moons(labels=(-1, 1))` is what nn.losses.hinge
wants.

>>> inputs, targets = moons(200, noise=0.1, labels=(-1, 1))
>>> train_inputs, test_inputs, train_targets, test_targets = train_test_split(inputs, targets)
>>> len(train_inputs), len(test_inputs)
(160, 40)
>>> for batch_inputs, batch_targets in minibatches(train_inputs, train_targets, batch_size=64):
...     print(len(batch_inputs), len(batch_targets))
64 64
64 64
32 32
"""

from nn.data.preparation import (
    Standardizer,
    minibatches,
    one_hot,
    shuffled_batches,
    standardize,
    train_test_split,
)
from nn.data.sets import (
    blobs,
    circles,
    digits,
    houses,
    line_with_outliers,
    moons,
    spirals,
    xor,
)

__all__ = [
    "Standardizer",
    "blobs",
    "circles",
    "digits",
    "houses",
    "line_with_outliers",
    "minibatches",
    "moons",
    "one_hot",
    "shuffled_batches",
    "spirals",
    "standardize",
    "train_test_split",
    "xor",
]
