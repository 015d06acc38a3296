"""What callers get while the records are known to be out of reach: a refusal, or an answer."""

import logging

import pytest

from kinesis_store import Store
from kinesis_wire import TRANSITION_MS, Wire, shard_id
from shardline.storage.record_log import OutOfReach

METHODS = ("append", "create", "drop", "offset_at", "read", "seal", "tail", "trim", "wait")
REFUSED = ("ServiceUnavailable", "This process of the server cannot reach the records. Try again.")
RECORD = {"Data": b"x", "PartitionKey": "k"}
HALF = str(2**127)


def lose(store: Store) -> None:
    for method in METHODS:
        store.fail(method, OutOfReach("cannot reach Kafka"))


def test_what_needs_the_records_is_refused_and_all_else_answered(
    aws: Wire, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    name = aws.stream()
    aws.ok("PutRecord", StreamName=name, **RECORD)
    iterator = aws.iterator(name)
    lose(store)
    latest = {"ShardId": shard_id(0), "ShardIteratorType": "LATEST"}
    for operation, members in (
        ("PutRecord", {"StreamName": name, **RECORD}),
        ("PutRecords", {"StreamName": name, "Records": [RECORD]}),
        ("GetRecords", {"ShardIterator": iterator}),
        ("GetShardIterator", {"StreamName": name, **latest}),
    ):
        assert aws.error(operation, 503, **members) == REFUSED
    aws.ok("ListShards", StreamName=name)
    assert aws.describe(name)["StreamStatus"] == "ACTIVE"
    aws.void("AddTagsToStream", StreamName=name, Tags={"a": "b"})
    # And not a line for each of them is logged
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
    store.heal()
    assert aws.datas(iterator) == [b"x"]


def test_a_reshard_that_is_due_holds_nobody_up_and_is_done_later(
    slow_aws: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(slow_aws.server, monkeypatch)
    # Given a reshard that is due, and records that are out of reach
    name, clock = slow_aws.stream(), slow_aws.server.clock
    clock.advance(milliseconds=TRANSITION_MS)
    slow_aws.ok("PutRecord", StreamName=name, **RECORD)
    slow_aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    lose(store)
    clock.advance(milliseconds=TRANSITION_MS)
    # When it is looked up, then it is as it was
    for _ in range(3):
        assert slow_aws.describe(name)["StreamStatus"] == "UPDATING"
        assert len(slow_aws.ok("ListShards", StreamName=name)["Shards"]) == 1
        assert slow_aws.error("PutRecord", 503, StreamName=name, **RECORD) == REFUSED
    slow_aws.server.upkeep()
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
    # When they are back, then the next one to look completes it
    store.heal()
    assert len(slow_aws.ok("ListShards", StreamName=name)["Shards"]) == 3
    assert slow_aws.describe(name)["StreamStatus"] == "ACTIVE"


def test_a_stream_that_is_made_or_deleted_meanwhile_is_so_later(aws: Wire, store: Store) -> None:
    gone = aws.stream()
    lose(store)
    made = aws.stream()
    aws.void("DeleteStream", StreamName=gone)
    assert aws.describe(made)["StreamStatus"] == "CREATING"
    assert aws.describe(gone)["StreamStatus"] == "DELETING"
    store.heal()
    assert aws.describe(made)["StreamStatus"] == "ACTIVE"
    assert aws.error("DescribeStream", StreamName=gone)[0] == "ResourceNotFoundException"
