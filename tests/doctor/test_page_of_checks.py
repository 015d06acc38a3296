"""docs/doctor.md has every check and every fix."""

import re
from pathlib import Path
from typing import get_args

from shardline.cli.doctor import FAILED, MISUSED
from shardline.doctor.findings import SECTIONS, CheckName, FixName

PAGE = (Path(__file__).parent.parent.parent / "docs" / "doctor.md").read_text()


def test_every_check_has_a_heading() -> None:
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == list(get_args(CheckName))


def test_the_sections_are_headings_too() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert [each for each in headings if each in SECTIONS.values()] == list(SECTIONS.values())


def test_every_fix_is_told() -> None:
    fixes = PAGE.partition("## `--fix`")[2].partition("\n## ")[0]
    assert re.findall(r"^- `([a-z-]+)`", fixes, re.MULTILINE) == list(get_args(FixName))


def test_the_exit_codes() -> None:
    codes = re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    assert [int(code) for code in codes] == [0, 1, 2, FAILED, MISUSED]
