"""A month of stream time, by the clock that tests move: what expires, and that nothing else does.

Records are put on the hour, so that at every full hour one is exactly as old as the retention
(still there) and the one before it is an hour older (gone).
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kinesis_wire import Wire, shard_gone, shard_id
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, TestServer, running_server

pytestmark = pytest.mark.slow

DAY = 24
HALF = str(2**127)


@pytest.fixture
def month() -> Iterator[Wire]:
    with running_server(clock=ManualClock()) as server, Wire(server) as wire:
        yield wire


def keep(aws: Wire, hours: int, **members: Any) -> str:
    """A stream that keeps records so many hours."""
    name = aws.stream(**members)
    aws.void("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=hours)
    return name


def hours_readable(aws: Wire, name: str, shard: int = 0) -> list[int]:
    """The hours of the records that can be read from the trim horizon on."""
    return [int(data) for data in aws.datas(aws.iterator(name, shard))]


def put_hour(aws: Wire, name: str, hour: int) -> None:
    aws.put(name, b"%d" % hour, "key")


@pytest.mark.parametrize("with_upkeep", [True, False], ids=["upkeep every day", "no upkeep"])
def test_thirty_days_of_records_every_hour(month: Wire, with_upkeep: bool) -> None:
    # Given a stream that keeps a day, and one that keeps a week
    periods = {keep(month, hours): hours for hours in (DAY, 7 * DAY)}
    for hour in range(30 * DAY + 1):
        # When a record is put into each every hour
        for name in periods:
            put_hour(month, name, hour)
        # Then what can be read is all that is no older than the period, to the millisecond
        if hour % 5 == 0:
            for name, hours in periods.items():
                assert hours_readable(month, name) == list(range(max(hour - hours, 0), hour + 1))
        month.server.clock.advance(milliseconds=1)
        if hour % 29 == 0:
            for name, hours in periods.items():
                first = max(hour - hours + 1, 0)
                assert hours_readable(month, name) == list(range(first, hour + 1))
        month.server.clock.advance(minutes=59, seconds=59, milliseconds=999)
        if with_upkeep and hour % DAY == 0:
            month.server.upkeep()


def stored(server: TestServer, name: str) -> int:
    """How many records the log still holds of shard 0, whether or not they can be read."""
    (stream,) = (live.stream for live in server.node.book.all() if live.stream.name == name)
    page = server.run(
        server.node.records.read(stream.id, 0, 0, max_records=10_000, max_bytes=2**30, since_ms=0)
    )
    return sum(len(run.keys) for run in page.runs)


def test_upkeep_gives_back_what_has_expired(month: Wire) -> None:
    name = month.stream()
    for hour in range(3 * DAY):
        put_hour(month, name, hour)
        month.server.clock.advance(hours=1)
    assert stored(month.server, name) == 3 * DAY
    month.server.upkeep()
    assert stored(month.server, name) == DAY
    month.server.clock.advance(days=2)
    month.server.upkeep()
    assert stored(month.server, name) == 0
    # The place to go on from is not lost with the records
    assert hours_readable(month, name) == []
    put_hour(month, name, 99)
    assert hours_readable(month, name) == [99]


def test_ten_days_on_disk_and_a_restart(tmp_path: Path) -> None:
    # Given a server with a data directory
    settings = NodeSettings(data_dir=tmp_path / "data", port=0)
    clock = ManualClock()
    with running_server(settings, clock=clock) as server, Wire(server) as aws:
        name = keep(aws, 2 * DAY)
        for hour in range(10 * DAY):
            put_hour(aws, name, hour)
            clock.advance(hours=1)
            if hour % DAY == 0:
                server.upkeep()
        now = 10 * DAY
        assert hours_readable(aws, name) == list(range(now - 2 * DAY, now))
        number = aws.get(aws.iterator(name))["Records"][0]["SequenceNumber"]
    # When it is started again
    with running_server(settings, clock=clock) as server, Wire(server) as aws:
        # Then the same can be read, by the same numbers, and expires as before
        again = aws.iterator(name, kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=number)
        assert [int(data) for data in aws.datas(again)] == list(range(now - 2 * DAY, now))
        clock.advance(milliseconds=1)
        assert hours_readable(aws, name) == list(range(now - 2 * DAY + 1, now))


def test_a_number_of_an_expired_record_begins_at_the_horizon(month: Wire) -> None:
    name = month.stream()
    number = month.put(name, b"0")["SequenceNumber"]
    month.server.clock.advance(hours=12)
    put_hour(month, name, 12)
    month.server.clock.advance(hours=20)
    month.server.upkeep()
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        iterator = month.iterator(name, kind=kind, StartingSequenceNumber=number)
        assert month.datas(iterator) == [b"12"]


def test_closed_shards_disappear_when_they_are_due(month: Wire) -> None:
    # Given splits on days 0 and 3, of a stream that keeps a week
    name = keep(month, 7 * DAY)
    put_hour(month, name, 0)
    month.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    month.server.clock.advance(days=3)
    month.put(name, b"72", ExplicitHashKey="0")
    month.void("SplitShard", StreamName=name, ShardToSplit="1", NewStartingHashKey="2")
    due = {0: 7 * DAY, 1: 10 * DAY}
    # When a month goes by
    for hour in range(3 * DAY, 30 * DAY, 6):
        # Then each closed shard is there until it is older than the retention, to the millisecond
        for past_ms in (0, 1):
            month.server.clock.advance(milliseconds=past_ms)
            gone = {shard for shard, last in due.items() if hour + past_ms / 3_600_000 > last}
            listed = [shard["ShardId"] for shard in month.describe(name)["Shards"]]
            assert listed == [shard_id(n) for n in range(5) if n not in gone]
            for shard in gone:
                refused = month.error(
                    "GetShardIterator",
                    StreamName=name,
                    ShardId=shard_id(shard),
                    ShardIteratorType="TRIM_HORIZON",
                )
                assert refused == shard_gone(name, shard)
        if hour % DAY == 0:
            month.server.upkeep()
        month.server.clock.advance(milliseconds=6 * 3_600_000 - 1)


def test_iterators_and_tokens_expire_and_nothing_else_changes(month: Wire) -> None:
    # Given streams with all that can be set
    name = keep(month, 48, shards=2, Tags={"a": "1"}, MaxRecordSizeInKiB=2048)
    month.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    month.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
    iterator = month.iterator(name)
    token = month.ok("ListShards", StreamName=name, MaxResults=1)["NextToken"]

    def everything() -> list[Any]:
        return [
            month.ok("ListStreams"),
            month.ok("DescribeLimits"),
            *(
                month.ok(operation, StreamName=name)
                for operation in (
                    "DescribeStream",
                    "DescribeStreamSummary",
                    "ListShards",
                    "ListTagsForStream",
                )
            ),
        ]

    before = everything()
    # When thirty days go by
    for _ in range(30):
        month.server.clock.advance(days=1)
        month.server.upkeep()
        # Then
        assert everything() == before
    assert month.error("GetRecords", ShardIterator=iterator)[0] == "ExpiredIteratorException"
    assert month.error("ListShards", NextToken=token)[0] == "ExpiredNextTokenException"


def test_a_reader_that_goes_on_for_a_week_sees_every_record_once(month: Wire) -> None:
    # Given a reader that asks every five minutes, as late as an iterator allows
    name = month.stream()
    iterator = month.iterator(name, kind="LATEST")
    seen: list[int] = []
    for minute in range(0, 7 * DAY * 60, 5):
        # When there is a record every hour
        if minute % 60 == 0:
            put_hour(month, name, minute // 60)
        answer = month.get(iterator)
        seen += [int(base64.b64decode(record["Data"])) for record in answer["Records"]]
        iterator = answer["NextShardIterator"]
        month.server.clock.advance(minutes=5)
    # Then
    assert seen == list(range(7 * DAY))
