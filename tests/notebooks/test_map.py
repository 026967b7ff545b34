"""The notebooks' map, and the links from one to the next, lead somewhere."""

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LINK = re.compile(r'\]\(([^)#]+)\)|src="([^"]+)"')


def links(text):
    return [a or b for a, b in LINK.findall(text) if "://" not in (a or b)]


def prose(path):
    cells = json.loads(path.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def test_the_map_has_each_notebook_once_with_a_picture():
    found = links((FOLDER / "README.md").read_text())
    names = [path.name for path in NOTEBOOKS]
    assert [link for link in found if link.endswith(".ipynb")] == names
    pictures = [link for link in found if link.startswith("pictures/")]
    assert [Path(picture).stem for picture in pictures] == [path.stem for path in NOTEBOOKS]
    assert all((FOLDER / link).is_file() for link in found)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_lead_to_files(path):
    for text in prose(path):
        for link in links(text):
            assert (FOLDER / link).exists(), link


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_begins_with_what_it_gives_and_needs_and_ends_with_the_way_on(path):
    cells = prose(path)
    beginning = "\n".join(cells[:2])
    assert beginning.startswith(f"# {int(path.stem[:2])}. ")
    assert "**After this notebook you can**" in beginning
    assert "**Before it you need**" in beginning
    assert "## Exercises" in "\n".join(cells)
    assert "## Solutions" in "\n".join(cells)
    later = NOTEBOOKS[NOTEBOOKS.index(path) + 1 :]
    if later:
        assert later[0].name in cells[-1]
