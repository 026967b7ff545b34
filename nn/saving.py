"""Models as files: JSON that a person can read, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
import reprlib
import stat
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from nn import activations
from nn.arguments import known
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

    A file that says the same in another form (white space, line ends, UTF-16) is the same model.

    Raises
    ------
    ModelFileError
        If the file is not such a model, or was damaged or altered since it was saved.
    OSError
        If there is no file that can be read.
    """
    content = _content(path, _read(path))
    try:
        _check(content)
        model = _built(content)
        model.load_state_dict({name: _number(x) for name, x in content["parameters"].items()})
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        what = f"{str(error).rstrip('.'):.300}"  # it may repeat what is in the file, of any length
        raise ModelFileError(
            f"{path} does not describe a model: {what}; load a file that nn.save wrote"
        ) from None
    return model


def _read(path: str | os.PathLike[str]) -> bytes:
    kind = os.stat(path).st_mode
    if stat.S_ISDIR(kind) or stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
        what = "folder" if stat.S_ISDIR(kind) else "device"
        raise ModelFileError(f"{path} is a {what}: name the file that nn.save wrote")
    return Path(path).read_bytes()


def _content(path: str | os.PathLike[str], data: bytes) -> dict[str, Any]:
    """What a file holds beside its format and its digest, if that fits."""
    try:
        document = json.loads(data, object_pairs_hook=_once)
        content = dict(document) if isinstance(document, dict) else {}
        form, digest = content.pop("format", None), content.pop("sha256", None)
        fits = digest == _digest(content)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{path} is not a saved model, or only a part of one: it is not JSON ({error}); load a "
            "file that nn.save wrote"
        ) from None
    if form != FORMAT:
        found = "no format is told" if form is None else f"its format is {reprlib.repr(form)}"
        raise ModelFileError(
            f"{path} is not a saved model: {found}, not {FORMAT!r}; load a file that nn.save wrote"
        )
    if not fits:
        raise ModelFileError(
            f"{path} was damaged or altered since it was saved (its sha256 does not fit): to "
            "change a model, load it, set its parameters, and save it again"
        )
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, in which no name comes twice: readers would not agree which counts."""
    names = dict(pairs)
    if len(names) < len(pairs):
        raise ValueError("a name comes twice in it")
    return names


def _check(content: dict[str, Any]) -> None:
    """Refuse a class, arguments or parameters that ``save`` does not write.

    Above all sizes that the file has no numbers for: a few bytes could describe a model that no
    memory holds.
    """
    _check_names("the file", content, ["class", "arguments", "parameters"])
    named, arguments, parameters = (content[name] for name in ("class", "arguments", "parameters"))
    wanted = {kind.__name__: names for kind, names in _ARGUMENTS.items()}
    if not isinstance(named, str) or named not in wanted:
        raise ValueError(f"its class is {reprlib.repr(named)}, not one of {', '.join(wanted)}")
    _check_names("'arguments'", arguments, wanted[named])
    if not isinstance(parameters, dict):
        raise ValueError(f"its parameters are {reprlib.repr(parameters)}, not numbers by name")
    sizes = arguments.get("sizes", [arguments.get("n_out", 1)])
    widths: list[Any] = [arguments["n_in"], *sizes] if isinstance(sizes, list) else []
    if len(widths) < 2 or any(type(width) is not int or width < 1 for width in widths):
        raise ValueError("its sizes are not whole numbers of at least 1")
    if sum((n_in + 1) * n_out for n_in, n_out in pairwise(widths)) > len(parameters):
        raise ValueError(f"its sizes want more weights and biases than its {len(parameters)}")


def _check_names(what: str, found: Any, wanted: Iterable[str]) -> None:
    if not isinstance(found, dict) or sorted(found) != sorted(wanted):
        raise ValueError(f"{what} holds {reprlib.repr(found)}, wanted are {', '.join(wanted)}")


def _number(x: Any) -> float:
    """A parameter as ``_text`` wrote it."""
    if (type(x) is float and math.isfinite(x)) or x in ("inf", "-inf", "nan"):
        return float(x)
    raise ValueError(f"a parameter is {reprlib.repr(x)}, not a number")


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
    """What ``_described`` described: sizes, or an activation as its name and settings."""
    if isinstance(argument, (int, list)):
        return argument
    name = argument.get("name") if isinstance(argument, dict) else None
    if not isinstance(name, str):
        raise ValueError(f"an activation is {reprlib.repr(argument)}, without a name")
    settings = {key: value for key, value in argument.items() if key != "name"}
    for key, value in settings.items():
        if not key.isidentifier() or type(value) not in (int, float) or not math.isfinite(value):
            raise ValueError(
                f"a setting is {key!r}: {reprlib.repr(value)}, not a name and a number"
            )
    activation = activations.names[known("activation", name, activations.names)]
    return activation.using(**settings) if settings else activation
