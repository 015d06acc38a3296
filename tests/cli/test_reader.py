"""The reader of a whole stream, against a stream whose every answer is planned."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shardline.cli.reader import READ_INTERVAL_S, Pace, StreamReader, UnknownShardError


class NotFoundError(Exception):
    """The client's ResourceNotFoundException."""


class ExpiredError(Exception):
    """The client's ExpiredIteratorException."""


class Exceptions:
    ResourceNotFoundException = NotFoundError
    ExpiredIteratorException = ExpiredError


class Stream:
    """A stream in memory, with as much of boto3's client as the reader uses.

    An iterator is `shard/position`, position counting from 0; a record is its own name. A closed
    shard's end shows only in the answer after its last record, as it may on AWS.
    """

    exceptions = Exceptions

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.parents: dict[str, tuple[str, ...]] = {}
        self.closed: set[str] = set()
        self.reads: list[str] = []
        self.starts: list[dict[str, Any]] = []
        self.before_read: Callable[[str], None] = lambda iterator: None

    def add(self, shard: str, *parents: str, records: str = "") -> None:
        self.records[shard] = list(records)
        self.parents[shard] = parents
        self.closed.update(parents)

    def get_paginator(self, name: str) -> Any:
        assert name == "list_shards"
        return self

    def paginate(self, *, StreamName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        assert StreamName == "events"
        names = ("ParentShardId", "AdjacentParentShardId")
        for shard, parents in self.parents.items():
            ends = {"EndingSequenceNumber": "9"} if shard in self.closed else {}
            yield {
                "Shards": [
                    {"ShardId": shard, "SequenceNumberRange": ends}
                    | dict(zip(names, parents, strict=False))
                ]
            }

    def get_shard_iterator(self, **start: Any) -> dict[str, str]:
        self.starts.append(start)
        shard = start["ShardId"]
        after = start.get("StartingSequenceNumber")
        position = self.records[shard].index(after) + 1 if after else 0
        return {"ShardIterator": f"{shard}/{position}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: N803
        self.before_read(ShardIterator)
        self.reads.append(ShardIterator)
        shard, _, position = ShardIterator.partition("/")
        if shard not in self.records:
            raise NotFoundError
        at, records = int(position), self.records[shard]
        got = records[at : at + Limit]
        behind = len(records) - at - len(got)
        answer: dict[str, Any] = {
            "Records": [{"SequenceNumber": name} for name in got],
            "MillisBehindLatest": behind * 1000,
        }
        if got or shard not in self.closed:
            answer["NextShardIterator"] = f"{shard}/{at + len(got)}"
        return answer


class Time:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pace = Pace(now=lambda: self.seconds, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds


def read(stream: Stream, keep_on: Callable[[], bool] = lambda: False, **options: Any) -> str:
    reader = StreamReader(stream, "events", pace=Time().pace, **options)
    return "".join(
        record["SequenceNumber"] for batch in reader.batches(keep_on) for record in batch.records
    )


def test_every_shard_is_read_to_its_tip() -> None:
    stream = Stream()
    stream.add("0", records="abc")
    stream.add("1", records="xyz")
    assert sorted(read(stream, most_records=2)) == list("abcxyz")


def test_children_come_after_their_parents() -> None:
    stream = Stream()
    stream.add("0", records="ab")
    stream.add("1", records="cd")
    stream.add("2", "0", "1", records="ef")
    stream.add("3", "2", records="gh")
    stream.add("4", "2", records="ij")
    got = read(stream, most_records=1)
    assert sorted(got[:4]) == list("abcd")
    assert got[4:6] == "ef"
    assert sorted(got[6:]) == list("ghij")


def test_a_reshard_while_it_reads_is_followed() -> None:
    """A shard that closes between its last read and the end has records in its child."""
    stream = Stream()
    stream.add("0", records="ab")
    stream.add("1", records="x")

    def reshard(iterator: str) -> None:
        if iterator == "1/0":  # after the read of shard 0, which then was open and at its tip
            stream.add("2", "0", records="cd")

    stream.before_read = reshard
    assert read(stream) == "abxcd"


def test_what_comes_before_the_end_of_following_is_read() -> None:
    # Given a stream to which records are written while it is followed
    stream = Stream()
    stream.add("0", records="a")
    asked = 0

    def keep_on() -> bool:
        nonlocal asked
        asked += 1
        if asked == 5:
            stream.records["0"].append("b")  # the last one, and then the writer stops
        return asked < 5

    # When it is read until then, the last record is there too
    assert read(stream, keep_on) == "ab"


def test_a_shard_is_read_no_more_often_than_aws_allows() -> None:
    stream, time = Stream(), Time()
    stream.add("0", records="abcdefgh")
    reader = StreamReader(stream, "events", most_records=1, pace=time.pace)
    assert len(list(reader.batches(lambda: False))) == 8
    assert time.seconds == 7 * READ_INTERVAL_S
    assert 1 / READ_INTERVAL_S < 5


def test_an_iterator_that_expired_is_made_again_after_the_last_record() -> None:
    # Given a reader that was held up between two reads
    stream = Stream()
    stream.add("0", records="abc")
    late = ["0/2"]

    def expire(iterator: str) -> None:
        if iterator in late:
            late.remove(iterator)
            raise ExpiredError

    stream.before_read = expire
    # When it goes on, then nothing is lost or doubled
    assert read(stream, most_records=1) == "abc"
    assert stream.starts[-1]["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER"
    assert stream.starts[-1]["StartingSequenceNumber"] == "b"


def test_a_shard_that_expires_is_passed_over() -> None:
    stream = Stream()
    stream.add("0", records="ab")
    stream.add("1", "0", records="cd")

    def expire(iterator: str) -> None:
        if iterator == "0/1":
            del stream.records["0"], stream.parents["0"]

    stream.before_read = expire
    assert read(stream, most_records=1) == "acd"


def test_a_stream_that_is_deleted_ends_it_with_the_servers_error() -> None:
    stream = Stream()
    stream.add("0", records="ab")

    def delete(iterator: str) -> None:
        if iterator == "0/1":
            del stream.records["0"]  # still listed: not expired, but gone

    stream.before_read = delete
    with pytest.raises(NotFoundError):
        read(stream, most_records=1)


def test_one_shard_alone() -> None:
    stream = Stream()
    stream.add("0", records="ab")
    stream.add("1", "0", records="cd")
    assert read(stream, only_shard="1") == "cd"
    with pytest.raises(UnknownShardError, match="7"):
        read(stream, only_shard="7")


def test_since_a_time() -> None:
    stream, since = Stream(), datetime(2026, 3, 1, tzinfo=UTC)
    stream.add("0", records="a")
    read(stream, since=since)
    assert stream.starts == [
        {
            "StreamName": "events",
            "ShardId": "0",
            "ShardIteratorType": "AT_TIMESTAMP",
            "Timestamp": since,
        }
    ]
