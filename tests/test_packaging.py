"""The wheel: what is in it, and that it works alone in an empty environment."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("autograd", "nn", "viz")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel built from a copy of the tree, so that nothing built before gets into it."""
    pytest.importorskip("build", reason="the wheel is built by the package `build`, in the extra")
    pytest.importorskip("setuptools", reason="the build backend, in the extra")
    source = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    made = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", made, source]
    subprocess.run(command, check=True, capture_output=True)
    (path,) = made.glob("*.whl")
    return path


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and not any(p.startswith((".", "__pycache__")) for p in path.parts[-3:])
    }
    assert wanted <= held
    assert {f"{name}/py.typed" for name in PACKAGES} <= wanted


def test_the_wheel_works_in_an_empty_environment(wheel, tmp_path):
    """autograd and nn with nothing but the standard library beside them."""
    venv.create(tmp_path / "env", with_pip=False)
    site = next(
        (tmp_path / "env").glob("lib/python*/site-packages"), tmp_path / "env/Lib/site-packages"
    )
    zipfile.ZipFile(wheel).extractall(site)
    program = (
        "import autograd, nn, sys\n"
        "x = autograd.Value(3.0)\n"
        "(x * x).backward()\n"
        "model = nn.MLP(2, [3, 1])\n"
        "model([1.0, 2.0]).backward()\n"
        "outside = [m for m in sys.modules if m.split('.')[0] in ('numpy', 'tqdm', 'graphviz')]\n"
        "print(x.grad, len(model.parameters()), outside, autograd.__file__)\n"
    )
    python = next((tmp_path / "env").glob("bin/python"), tmp_path / "env/Scripts/python.exe")
    run = subprocess.run(
        [python, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    grad, count, outside, where = run.stdout.split(maxsplit=3)
    assert (grad, count, outside) == ("6.0", "13", "[]")
    assert str(tmp_path) in where
