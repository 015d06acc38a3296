"""`shardline schema` and `shardline form`: what is printed and what is written."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shardline.cli import group
from shardline.module.form import page
from shardline.module.schema import schema


def run(*arguments: str) -> Result:
    """Run a command."""
    return CliRunner().invoke(group, arguments, prog_name="shardline")


def test_the_schema_is_printed() -> None:
    assert json.loads(run("schema").stdout) == schema()


def test_the_schema_is_written(tmp_path: Path) -> None:
    ended = run("schema", "--out", str(tmp_path / "schema.json"))
    assert ended.stdout == ""
    assert json.loads((tmp_path / "schema.json").read_text()) == schema()


def test_the_form_is_written(tmp_path: Path) -> None:
    ended = run("form", "--out", str(tmp_path / "form.html"))
    assert ended.exit_code == 0
    assert (tmp_path / "form.html").read_text() == page()


def test_the_form_is_printed() -> None:
    assert run("form", "--out", "-").stdout == page()


@pytest.mark.parametrize("command", ["schema", "form"])
def test_a_folder_that_is_not_there(command: str, tmp_path: Path) -> None:
    ended = run(command, "--out", str(tmp_path / "nowhere" / "file"))
    assert ended.exit_code == 1
    assert "No such file or directory" in ended.stderr
