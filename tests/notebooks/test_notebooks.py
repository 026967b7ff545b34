"""Each notebook runs from top to bottom, and shows what its committed outputs show."""

import re
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip(
    "nbformat", reason="notebooks are run by nbclient, in the test extra"
)
pytest.importorskip("nbclient", reason="notebooks are run by nbclient, in the test extra")
pytest.importorskip("matplotlib", reason="the notebooks draw with matplotlib")

FOLDER = Path(__file__).parents[2] / "notebooks"
sys.path.insert(0, str(FOLDER))
from refresh import differences, run  # noqa: E402

NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")  # of the client
def test_runs_and_shows_what_is_committed(path):
    committed = nbformat.read(path, as_version=4)
    assert differences(committed, run(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_small_and_free_of_machine_paths(path):
    text = path.read_text()
    assert len(text) < 1_000_000
    assert not re.search(r"/(home|root|tmp|Users|work)/", text)


def test_a_difference_is_found():
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    other = nbformat.read(NOTEBOOKS[0], as_version=4)
    cell = next(c for c in other.cells if c.cell_type == "code" and c.outputs)
    cell.outputs[0] = nbformat.v4.new_output("stream", text="something else")
    assert len(differences(notebook, other)) == 1
