"""Pages in headless Chromium: every test fails on a console error or on a request that leaves."""

import os
import shutil

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="drives the browser: pip install playwright"
    )
    if CHROMIUM is None:
        pytest.skip("no browser here: apt install chromium, or set CHROMIUM to its path")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """A function that opens HTML (or a Stepper) from a file, with no network to reach."""
    contexts, troubles = [], []

    def watch(page):
        page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        page.on(
            "console",
            lambda message: (
                troubles.append(f"console: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:"))
                else troubles.append(f"request: {request.url}")
            ),
        )

    def open_page(content, width=1200, height=900, scripts=True, **settings):
        html = content if isinstance(content, str) else content.html()
        path = tmp_path / f"page{len(contexts)}.html"
        path.write_text(html, "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height},
            offline=True,
            java_script_enabled=scripts,
            **settings,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        page.goto(path.as_uri())
        if scripts:
            page.wait_for_function(
                "document.querySelectorAll('[data-stepgrad]:not([data-ready])').length === 0"
            )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []
