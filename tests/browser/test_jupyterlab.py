"""The stepper in a JupyterLab that is run for real."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import viz
from autograd import Value

ROOT = Path(__file__).parents[2]

CELLS = [
    """
from autograd import Value
import viz
w, x, b = Value(-3.0), Value(2.0), Value(6.88)
y = (w * x + b).tanh()
viz.step_through(y)
""",
    "y.backward()\ny",
]


def notebook():
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{i}",
            "metadata": {},
            "source": source.strip(),
            "outputs": [],
            "execution_count": None,
        }
        for i, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def downloaded():
    """The same notebook with its output, made elsewhere: JupyterLab does not trust it."""
    x = Value(3.0, name="x")
    output = {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": viz.step_through(x * x)._repr_mimebundle_(),
    }
    made = notebook()
    made["cells"][0] |= {"outputs": [output], "execution_count": 1}
    return made


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab on a notebook of its own."""
    pytest.importorskip("jupyterlab", reason="runs notebooks: pip install jupyterlab")
    pytest.importorskip("ipykernel", reason="runs notebooks: pip install ipykernel")
    folder = tmp_path_factory.mktemp("lab")
    (folder / "steps.ipynb").write_text(json.dumps(notebook()))
    (folder / "downloaded.ipynb").write_text(json.dumps(downloaded()))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    options = ["--no-browser", "--port=0", "--ip=127.0.0.1", "--allow-root"]
    options += ["--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    path = folder / "log"
    with (
        path.open("w") as log,
        subprocess.Popen(command, cwd=folder, env=environment, stderr=log) as process,
    ):
        try:
            yield _address(path, process)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:  # on Python 3.14 a thread of the server's may stay
                process.kill()


def _address(log, process):
    """Where the server says it is, once it does."""
    for _ in range(600):
        found = re.search(r"http://127\.0\.0\.1:\d+/lab", log.read_text())
        if found:
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_in_jupyterlab(browser, lab):
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.set_default_timeout(60_000)  # a notebook server on a busy machine
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{lab}/tree/steps.ipynb?reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    page.get_by_text("| Idle").wait_for()  # the kernel runs
    page.get_by_text("Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    stepper = page.locator(".stepper")
    stepper.wait_for()
    cells = page.locator(".jp-Notebook .jp-Cell")
    assert cells.count() == 2

    place = stepper.locator(".place")
    stepper.locator(".viewport").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert place.inner_text().startswith("2 /")

    # every letter is a shortcut of the notebook's: d d deletes the cell, x cuts it, 0 0 restarts
    focusable = stepper.locator("button:not(:disabled), input, select, [tabindex='0']")
    for i in range(focusable.count()):
        focusable.nth(i).focus()
        for key in ("d", "d", "x", "a", "b", "z"):
            page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert cells.count() == 2

    shown = page.locator(".jp-OutputArea-output").last  # a Value shows itself
    assert "gradient 1.0" in shown.inner_text()
    assert "tanh(a) = tanh(0.88) = 0.7064" in shown.inner_text()
    assert "Computation graph of y" in shown.locator("img").get_attribute("alt")

    stepper.locator(".viewport").focus()
    page.keyboard.press("End")
    assert "done" in place.inner_text()
    field = stepper.get_by_label("value of w", exact=True)
    field.fill("-2.5")
    field.press("Enter")
    assert "-2.5" in stepper.locator(".picture").text_content()
    assert errors == []
    page.close()


def test_in_an_untrusted_notebook(browser, lab):
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.set_default_timeout(60_000)
    page.goto(f"{lab}/tree/downloaded.ipynb?reset")
    output = page.locator(".jp-OutputArea-output").first
    output.locator("table").first.wait_for()
    assert page.locator(".stepper").count() == 0  # scripts are stripped
    image = output.locator("img")
    assert "Computation graph of out = 9" in image.get_attribute("alt")
    assert image.evaluate("(image) => image.complete && image.naturalWidth > 100")
    assert "dout/dx = 3 + 3 = 6" in output.inner_text()
    page.close()
