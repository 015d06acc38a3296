"""Upkeep looks after every stream once a minute, a part of them at a time, and only where it may
find something."""

from collections.abc import Iterator

import pytest

from kinesis_store import Store
from kinesis_wire import Wire
from shardline.kinesis.upkeep import PARTS
from shardline.storage.record_log import WriteFailed
from shardline.testing import ManualClock, running_server

DAY_MS = 24 * 3600 * 1000
STREAMS = 30


@pytest.fixture
def aws() -> Iterator[Wire]:
    with running_server(clock=ManualClock()) as server, Wire(server) as wire:
        yield wire


@pytest.fixture
def trimmed(aws: Wire, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What the record log is asked to trim: a stream, and the time before which it expires."""
    asked: list[tuple[str, int]] = []
    trim = aws.server.node.records.trim

    async def noting(stream: str, before_ms: int) -> object:
        asked.append((stream, before_ms))
        return await trim(stream, before_ms)

    monkeypatch.setattr(aws.server.node.records, "trim", noting)
    return asked


def ids(aws: Wire) -> list[str]:
    return [live.stream.id for live in aws.server.node.book.all()]


def run_parts(aws: Wire, count: int) -> None:
    for _ in range(count):
        aws.server.run(aws.server.node.upkeep.run_part())


def test_so_many_parts_look_after_each_stream_once(
    aws: Wire, trimmed: list[tuple[str, int]]
) -> None:
    for _ in range(STREAMS):
        aws.stream()
    aws.server.clock.advance(milliseconds=DAY_MS + 1000)
    # When
    counts = []
    for _ in range(PARTS):
        before = len(trimmed)
        run_parts(aws, 1)
        counts.append(len(trimmed) - before)
    # Then none is left out, and no part has all of them
    assert sorted(stream for stream, _ in trimmed) == sorted(ids(aws))
    assert max(counts) < STREAMS / 3
    # And the next minute does it again
    run_parts(aws, PARTS)
    assert len(trimmed) == 2 * STREAMS


def test_a_stream_younger_than_its_retention_is_not_asked_about(
    aws: Wire, trimmed: list[tuple[str, int]]
) -> None:
    name, created_ms = aws.stream(), aws.server.clock.now_ms()
    aws.put(name, b"1", "key")
    aws.server.clock.advance(milliseconds=DAY_MS)
    aws.server.upkeep()
    assert trimmed == []
    # When it is older by a millisecond
    aws.server.clock.advance(milliseconds=1)
    aws.server.upkeep()
    assert trimmed == [(*ids(aws), created_ms + 1)]


def test_what_fails_in_a_stream_keeps_no_other_from_its_turn(
    aws: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(STREAMS):
        aws.stream()
    aws.server.clock.advance(milliseconds=2 * DAY_MS)
    Store(aws.server, monkeypatch).fail("trim", WriteFailed("no space left on device"))
    run_parts(aws, PARTS)
    assert len([each for each in caplog.records if each.name == "shardline.upkeep"]) == STREAMS
