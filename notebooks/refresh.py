"""Run the notebooks and keep what they show, or say where that differs from what is committed.

    python notebooks/refresh.py                   run all, and write their outputs
    python notebooks/refresh.py --check           run all, and fail where an output differs
    python notebooks/refresh.py 01_one_neuron.ipynb

A cell tagged ``varies`` (it shows a time, say) may differ from run to run.
"""

from __future__ import annotations

import argparse
import base64
import io
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


def run(path: Path, timeout: int = 120) -> Any:
    """The notebook at ``path``, executed from top to bottom, with nothing kept that varies."""
    notebook: Any = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=timeout, resources={"metadata": {"path": FOLDER.parent}}
    )
    client.execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("tags",) if key in cell.metadata}
        if cell.cell_type == "code":
            cell.outputs = _tidied(cell.outputs)
    return notebook


def _tidied(outputs: list[Any]) -> list[Any]:
    """The outputs without progress bars, and without what a front end adds."""
    kept: list[Any] = []
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue
        output.pop("metadata", None) if output.output_type == "stream" else None
        if "image/png" in output.get("data", {}):
            output.data["image/png"] = _smaller(output.data["image/png"])
        if kept and output.output_type == "stream" == kept[-1].output_type:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept


def _smaller(png: str) -> str:
    """The picture in 256 colours: a plot looks the same, in a third of the room."""
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    palette = picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    written = io.BytesIO()
    palette.save(written, "png", optimize=True)
    return base64.b64encode(written.getvalue()).decode()


def shown(cell: Any) -> list[Any]:
    """What is compared of a cell's outputs: all text; of pictures and pages that they are there."""
    result: list[Any] = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            result.append(ADDRESS.sub("0x", output.text))
        elif "data" in output:
            text = ADDRESS.sub("0x", output.data.get("text/plain", ""))
            result.append((sorted(output.data), text))
        else:
            result.append(f"{output.ename}: {output.evalue}")
    return result


def differences(committed: Any, fresh: Any) -> list[str]:
    """Where the outputs of two runs of a notebook differ, one line each."""
    found = []
    for i, (old, new) in enumerate(zip(committed.cells, fresh.cells, strict=True), start=1):
        varies = old.cell_type != "code" or "varies" in old.metadata.get("tags", [])
        if not varies and shown(old) != shown(new):
            found.append(f"cell {i}: committed {shown(old)!r}, now {shown(new)!r}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the notebooks and keep what they show.")
    parser.add_argument(
        "notebooks", nargs="*", help="file names in this folder (all, unless given)"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where outputs differ"
    )
    arguments = parser.parse_args()
    paths = [FOLDER / name for name in arguments.notebooks] or sorted(FOLDER.glob("*.ipynb"))
    failed = False
    for path in paths:
        fresh = run(path)
        if arguments.check:
            for line in differences(nbformat.read(path, as_version=4), fresh):
                failed = True
                print(f"{path.name}: {line}")
        else:
            nbformat.write(fresh, path)
            print(f"{path.name}: {path.stat().st_size // 1024} KB")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
