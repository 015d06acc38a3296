"""The documents say what is so: the README's tables, the help texts, the links, the settings."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shardline.cli import COMMANDS
from shardline.testing import TestServer

ROOT = Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _sections() -> ModuleType:
    spec = importlib.util.spec_from_file_location("doc_sections", ROOT / "docs" / "sections.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sections_are_what_the_code_says() -> None:
    sections = _sections()
    for (file, name), make in sections.SECTIONS.items():
        text = (ROOT / file).read_text()
        assert sections.replaced(text, name, make()) == text, (
            f"{name} in {file} is out of date: run .venv/bin/python docs/sections.py"
        )


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_the_example_of_the_testing_page_runs(shardline: TestServer) -> None:
    code = re.search(
        r"```python\n(def test_.*?)```", (ROOT / "docs" / "testing.md").read_text(), re.S
    )
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)
    names["test_late_readers_miss_what_has_expired"](shardline)


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"shardline {name}" not in readme and name != "demo"] == []


def test_every_dependency_has_its_reason() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text()
    runtime = re.search(r"^dependencies = \[(.*?)^\]", pyproject, re.DOTALL | re.MULTILINE)
    assert runtime
    reasons = (ROOT / "docs" / "architecture.md").read_text().lower()
    names = re.findall(r'"([a-z0-9]+)', runtime[1])
    assert [name for name in names if name not in reasons] == []


def test_nothing_names_a_place_of_one_machine() -> None:
    for path in DOCS:
        assert not re.search(r"/work/|/root/|/home/\w", path.read_text()), path
