"""docs/walk-through.md: its commands, run as they stand there, in a terminal."""

import contextlib
import os
import re
import sys
from pathlib import Path

import pytest
from walk_through import Block, Edit, Shown, Terminal, steps

from shardline.doctor.findings import SECTIONS

pytestmark = [pytest.mark.client, pytest.mark.slow]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal in an empty home. The port is any, or a server of this machine's would be met."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        "PATH": programs,
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "SHARDLINE_PORT": "0",
    }
    return Terminal(tmp_path, environment)


@pytest.mark.timeout(300)
def test_each_command_does_what_the_page_says(terminal: Terminal) -> None:
    # Given the page's steps, when they are done one after the other
    shown: list[Shown] = []
    with contextlib.ExitStack() as servers:
        for step in steps():
            if isinstance(step, Edit):
                step.make(terminal.folder)
            elif step.stays:
                servers.enter_context(terminal.running(step.commands[0]))
            else:
                shown += [terminal.run(command, step.typed) for command in step.commands]

    # Then each ends well, and in the width of a terminal
    assert [(each.command, each.plain) for each in shown if each.code != 0] == []
    wide = [line for each in shown for line in each.plain.splitlines() if len(line) > 80]
    assert wide == []
    # And shows what the page says of it
    said = {each.command: each.plain for each in shown}
    assert '{"order": 1, "teapots": 2}' in said["shardline tail orders"]
    first, second = (each.plain for each in shown if each.command == "shardline plan stream.yaml")
    assert "create  stream                        provisioned, 2 shards\n" in first
    assert "change  retention                     24h → 168h\n" in second
    assert "change  alarm iterator-age" in second
    doctor = said["shardline doctor orders"]
    well = re.findall(r"^well    (.{24})", doctor, re.M)
    assert [title.strip() for title in well] == list(SECTIONS.values()), doctor
    assert (terminal.folder / "orders.html").read_text().count("well") > len(SECTIONS)
    assert said["shardline destroy --with-records stream.yaml"].endswith("orders: done")


def test_every_picture_is_of_a_block_and_there() -> None:
    pictures = [step.picture for step in steps() if isinstance(step, Block) and step.picture]
    assert len(pictures) >= 7
    assert [path.name for path in pictures if not path.exists()] == []


ASKS_TWICE = """python -c 'print(input("one: "), input("two: "))'"""


def test_what_a_command_asks_for_is_typed(terminal: Terminal) -> None:
    assert terminal.run(ASKS_TWICE, ("a", "b")).plain.endswith("a b")


def test_what_nobody_asks_for_is_told(terminal: Terminal) -> None:
    with pytest.raises(ValueError, match="did not ask for"):
        terminal.run(ASKS_TWICE, ("a", "b", "c"))


def test_an_edit_of_what_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "stream.yaml").write_text("retention: 48h\n")
    with pytest.raises(ValueError, match="'24h' is not in"):
        Edit("stream.yaml", "24h", "7d").make(tmp_path)
