"""Neurons, layers and networks of Values, and all that trains them.

>>> import nn
>>> inputs, targets = nn.data.moons(40, labels=(-1, 1))
>>> model = nn.MLP(2, [8, 1], rng=0)
>>> optimizer = nn.optim.Adam(model.parameters(), lr=0.05)
>>> history = nn.fit(model, inputs, targets, "hinge", optimizer, epochs=20, metrics="accuracy")
>>> history["loss"][-1] < history["loss"][0]
True
"""

from nn import activations, data, export, init, losses, metrics, optim, schedules
from nn.activations import PReLU
from nn.history import History
from nn.layers import MLP, Layer, Neuron
from nn.module import Module
from nn.saving import ModelFileError, load, save
from nn.training import EarlyStopping, NonFiniteError, fit

__all__ = [
    "MLP",
    "EarlyStopping",
    "History",
    "Layer",
    "ModelFileError",
    "Module",
    "Neuron",
    "NonFiniteError",
    "PReLU",
    "activations",
    "data",
    "export",
    "fit",
    "init",
    "load",
    "losses",
    "metrics",
    "optim",
    "save",
    "schedules",
]
