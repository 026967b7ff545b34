"""Models as files: JSON that a person can read, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
from pathlib import Path
from typing import Any

from nn import activations
from nn.files import write_atomically
from nn.layers import MLP, Layer, Neuron
from nn.module import Module

FORMAT = "stepgrad model 1"

# how each class is made again: the arguments that its parameters do not tell
_ARGUMENTS: dict[type, tuple[str, ...]] = {
    Neuron: ("n_in", "activation"),
    Layer: ("n_in", "n_out", "activation"),
    MLP: ("n_in", "sizes", "activation", "output"),
}


class ModelFileError(ValueError):
    """A file is not a model that was saved, or was damaged or altered since."""


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write a Neuron, Layer or MLP to ``path`` as JSON; what was there stays whole until then.

    Raises
    ------
    TypeError
        For a module of one's own, or an activation that is a plain function: a file can't hold
        code, so save ``model.state_dict()`` and build the model before loading it.
    """
    arguments = _ARGUMENTS.get(type(model))
    if arguments is None:
        raise TypeError(
            f"save takes a Neuron, a Layer or an MLP; got {type(model).__name__}: write "
            "json.dump(model.state_dict(), file) and load that into one you build"
        )
    described = {name: _described(getattr(model, name)) for name in arguments}
    content = {
        "class": type(model).__name__,
        "arguments": described,
        "parameters": {name: _text(x) for name, x in model.state_dict().items()},
    }
    _check_rebuilt(model, _built(content))
    document = {"format": FORMAT, "sha256": _digest(content), **content}
    write_atomically(Path(path), (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def load(path: str | os.PathLike[str]) -> Any:
    """The model that ``save`` wrote to ``path``.

    Raises
    ------
    ModelFileError
        If the file is not such a model, or was damaged or altered since it was saved.
    """
    try:
        document = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a saved model: it is not JSON ({error})") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError(f"{path} is not a saved model: its format is not {FORMAT!r}")
    content = {key: value for key, value in document.items() if key not in ("format", "sha256")}
    if document.get("sha256") != _digest(content):
        raise ModelFileError(
            f"{path} was damaged or altered since it was saved (its sha256 does not fit): to "
            "change a model, load it, set its parameters, and save it again"
        )
    try:
        model = _built(content)
        model.load_state_dict({name: float(x) for name, x in content["parameters"].items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"{path} does not describe a model: {error}") from None
    return model


def _built(content: dict[str, Any]) -> Module:
    """The model that the class and the arguments make, its weights 0."""
    kinds = {kind.__name__: kind for kind in _ARGUMENTS}
    arguments = {name: _restored(value) for name, value in content["arguments"].items()}
    model: Module = kinds[content["class"]](**arguments, init="zeros")
    return model


def _check_rebuilt(model: Module, rebuilt: Module) -> None:
    """Refuse a model with a part that was exchanged, which its arguments do not tell."""
    pairs = zip(model.named_modules(), rebuilt.named_modules(), strict=False)
    for (path, part), (_, again) in pairs:
        if repr(part) != repr(again):
            raise TypeError(
                f"{path or 'the model'} is {part!r}, and what a file can hold would make it "
                f"{again!r}: save model.state_dict(), and build the model before loading that"
            )


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _text(x: float) -> float | str:
    return x if math.isfinite(x) else repr(x)  # JSON has no inf and nan


def _described(argument: Any) -> Any:
    name = getattr(argument, "name", None)
    if isinstance(argument, activations.PReLU):
        return {"name": name}
    if isinstance(argument, activations.Activation):
        known = activations.names.get(str(name))
        if getattr(known, "function", None) is argument.function:
            return {"name": name, **argument.settings}
    if callable(argument):
        raise TypeError(
            f"the activation {argument!r} is a function, which a file can't hold: use one of "
            "nn.activations, or save model.state_dict()"
        )
    return argument


def _restored(argument: Any) -> Any:
    if not isinstance(argument, dict):
        return argument
    settings = {key: value for key, value in argument.items() if key != "name"}
    activation = activations.names[argument["name"]]
    return activation.using(**settings) if settings else activation
