"""The form in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from real_browser import browser, page
from shardline.module.form import page as form_page

__all__ = ["browser", "page"]


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
