"""What log lines look like."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from shardline.logs import configure_logging


@pytest.fixture
def _own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def line_of(monkeypatch: pytest.MonkeyPatch, style: str, worker: int | None) -> str:
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    configure_logging(style, worker).warning("%d streams", 3)
    return errors.getvalue()


@pytest.mark.usefixtures("_own_logging")
def test_a_workers_lines_have_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line_of(monkeypatch, "text", None).endswith(" WARNING shardline: 3 streams\n")
    assert line_of(monkeypatch, "text", 2).endswith(" WARNING worker 2 shardline: 3 streams\n")
    plain, numbered = (json.loads(line_of(monkeypatch, "json", each)) for each in (None, 2))
    assert plain.keys() == {"time", "level", "logger", "message"}
    assert numbered.keys() == {"time", "level", "logger", "message", "worker"}
    assert (numbered["worker"], numbered["message"]) == (2, "3 streams")
