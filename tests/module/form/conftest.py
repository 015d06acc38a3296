"""A real browser for the tests of the form: Debian's Chromium, driven by playwright."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from shardline.module.form import page as form_page

INSTALL = "no Chromium on this machine: apt-get install chromium"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running browser. Without one the tests are skipped on a laptop, and fail in CI.

    It is gone before the tests of another file: playwright has an event loop that runs as long, and
    a test that runs one of its own cannot do so beside it.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(INSTALL)
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root, which CI is.
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page, on which an error or a refused load fails the test."""
    faults: list[str] = []
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(10_000)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield opened
    opened.close()
    assert faults == []


@pytest.fixture(scope="session")
def form_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The form as `shardline form` writes it."""
    path = tmp_path_factory.mktemp("form") / "form.html"
    path.write_text(form_page(), encoding="utf-8")
    return path


@pytest.fixture
def form(page: Page, form_file: Path) -> Page:
    """The page with the form open."""
    page.goto(form_file.as_uri())
    return page
