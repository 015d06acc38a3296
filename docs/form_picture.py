"""Takes the picture of the form in a real browser:  .venv/bin/python docs/form_picture.py

Needs Debian's Chromium (apt-get install chromium).
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from shardline.module.form import page

IMAGE = Path(__file__).parent / "images" / "form.png"


def main() -> None:
    """Fill in the form's beginning, and take its picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "form.html"
        file.write_text(page(), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        form = browser.new_page(viewport={"width": 1180, "height": 980}, color_scheme="light")
        form.goto(file.as_uri())
        form.get_by_label("Name").fill("orders")
        form.get_by_label("Region").fill("us-east-1")
        form.get_by_role("radio", name="Production").check()
        form.get_by_label("Name").focus()
        form.screenshot(path=IMAGE)
        browser.close()


if __name__ == "__main__":
    main()
