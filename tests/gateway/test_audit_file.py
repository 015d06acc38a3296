"""The audit log's file: every line whole and in order, whatever becomes of the file or the disk."""

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from shardline.gateway import audit_file
from shardline.gateway.audit import Entry, Line
from shardline.gateway.audit_file import AuditFile
from shardline.gateway.types import Verdict


def entry(number: int) -> Entry:
    checks = (Verdict("kinesis:PutRecord", "arn", True, "identity-based policy", "p", "0"),)
    line = Line("", f"request-{number}", "127.0.0.1", True, 200, checks=checks)
    return Entry(1_700_000_000_123, line)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_for_each_entry(tmp_path: Path) -> None:
    # Given
    path = tmp_path / "audit.jsonl"
    file = AuditFile(str(path))
    # When
    for number in range(2000):
        file.write(entry(number))
    file.close()
    # Then
    lines = lines_of(path)
    assert [line["request"] for line in lines] == [f"request-{n}" for n in range(2000)]
    assert lines[0] == {
        "time": "2023-11-14T22:13:20.123Z",
        "request": "request-0",
        "source_ip": "127.0.0.1",
        "allowed": True,
        "status": 200,
        "checks": [
            {
                "action": "kinesis:PutRecord",
                "resource": "arn",
                "allowed": True,
                "by": "identity-based policy",
                "policy": "p",
                "statement": "0",
            }
        ],
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert file.lost == 0


def test_it_goes_on_behind_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for number in range(2):
        file = AuditFile(str(path))
        file.write(entry(number))
        file.close()
    assert [line["request"] for line in lines_of(path)] == ["request-0", "request-1"]


class Gate:
    """Holds the writing thread before each write, until it is let through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting = threading.Semaphore(0)
        self.through = threading.Semaphore(0)
        self.failure: OSError | None = None
        write = os.write

        def held(descriptor: int, text: Any) -> int:
            self.waiting.release()
            self.through.acquire()
            if self.failure is not None:
                raise self.failure
            return write(descriptor, text)

        monkeypatch.setattr(audit_file.os, "write", held)


def test_a_file_that_was_moved_away_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    path, rotated = tmp_path / "audit.jsonl", tmp_path / "audit.jsonl.1"
    gate = Gate(monkeypatch)
    file = AuditFile(str(path))
    file.write(entry(0))
    gate.waiting.acquire()
    # When
    file.write(entry(1))
    path.rename(rotated)
    gate.through.release(2)
    file.close()
    # Then
    assert [line["request"] for line in lines_of(rotated)] == ["request-0"]
    assert [line["request"] for line in lines_of(path)] == ["request-1"]


def test_what_finds_no_room_is_lost_counted_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    path = tmp_path / "audit.jsonl"
    gate = Gate(monkeypatch)
    file = AuditFile(str(path), most_waiting=10)
    file.write(entry(0))
    gate.waiting.acquire()  # the thread has taken the first, and is stuck
    # When
    with caplog.at_level(logging.ERROR):
        for number in range(1, 16):
            file.write(entry(number))
    # Then
    assert file.lost == 5
    assert len(caplog.records) == 1
    gate.through.release(2)
    file.close()
    written = lines_of(path)
    assert [line.get("request", line.get("lost")) for line in written] == [
        "request-0",
        5,
        *(f"request-{number}" for number in range(1, 11)),
    ]


def test_a_full_disk_loses_lines_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    path = tmp_path / "audit.jsonl"
    gate = Gate(monkeypatch)
    file = AuditFile(str(path))
    gate.failure = OSError(28, "No space left on device")
    # When
    with caplog.at_level(logging.ERROR):
        file.write(entry(0))
        gate.waiting.acquire()
        gate.through.release()
        file.write(entry(1))
        gate.waiting.acquire()
        gate.failure = None
        gate.through.release()
        file.close()
    # Then
    assert "No space left" in caplog.text
    told = [line.get("request", line.get("lost")) for line in lines_of(path)]
    assert told == [1, "request-1"]


def test_standard_output(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(1, "w", closefd=False) as standard_output:
        monkeypatch.setattr(audit_file.sys, "stdout", standard_output)
        file = AuditFile("-")
        file.write(entry(7))
        file.close()
    assert json.loads(capfd.readouterr().out)["request"] == "request-7"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        AuditFile(str(tmp_path / "none" / "audit.jsonl"))


WRITER = """
import sys
from shardline.gateway.audit import Entry, Line
from shardline.gateway.audit_file import AuditFile

file = AuditFile("-", is_shared=True)
for number in range(400):
    file.write(Entry(0, Line("", sys.argv[1] * 6000, "127.0.0.1", True, 200)))
file.close()
"""


def test_processes_that_share_standard_output_write_whole_lines() -> None:
    """Of a write to a pipe, 4 KiB at a time are whole."""
    # Given
    reading, writing = os.pipe()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, letter], stdout=writing) for letter in "abc"
    ]
    os.close(writing)
    # When
    with open(reading) as output:
        requests = [json.loads(line)["request"] for line in output]
    # Then
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert sorted(requests) == [letter * 6000 for letter in "abc" for _ in range(400)]
