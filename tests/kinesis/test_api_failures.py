"""What callers get when the store fails."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from kinesis_store import FULL, Append, Store
from kinesis_wire import LAST_HASH_KEY, Reply, Wire, shard_id, stream_gone
from shardline.storage.record_log import Appended, Batch, Refused, StorageError
from shardline.testing import TestServer

HALF = str(2**127)
LEFT, RIGHT = "0", str(LAST_HASH_KEY)
RECORD = {"Data": b"x", "PartitionKey": "k"}


def failed(reply: Reply) -> None:
    """A 500 that every SDK tries again."""
    assert reply.status == 500
    assert json.loads(reply.body) == {
        "__type": "InternalFailure",
        "message": "Internal Service Failure",
    }


# --- the store cannot write ------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["PutRecord", "PutRecords"])
def test_a_call_of_which_nothing_was_written_fails_as_a_whole(
    aws: Wire, store: Store, operation: str
) -> None:
    name = aws.stream(shards=2)
    members = RECORD if operation == "PutRecord" else {"Records": [RECORD] * 3}
    store.fail("append")
    failed(aws.call(operation, {"StreamName": name, **members}))
    store.heal()
    aws.ok(operation, StreamName=name, **members)


def test_an_sdk_tries_again_by_itself(server: TestServer, aws: Wire, store: Store) -> None:
    # Given a store that fails once
    name, calls = aws.stream(), []

    async def once(stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        calls.append(stream)
        if len(calls) == 1:
            raise FULL
        return await store.append(stream, batches)

    store.on_append(once)
    # When boto3 puts a record
    client = server.client("kinesis")
    client.put_records(StreamName=name, Records=[RECORD])
    client.close()
    # Then it is there
    assert len(calls) == 2
    assert aws.datas(aws.iterator(name)) == [b"x"]


def sealed_under_the_call(second: Wire, store: Store, name: str) -> Append:
    """An append that meets shard 0 sealed by a split, and after that a full disk."""
    calls: list[Any] = []

    async def append(stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        calls.append(batches)
        if len(calls) > 1:
            raise FULL
        await asyncio.to_thread(
            second.void, "SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey="2"
        )
        return await store.append(stream, batches)

    return append


def test_records_that_failed_are_told_one_by_one(aws: Wire, second: Wire, store: Store) -> None:
    # Given records for two shards, of which one is written, and one cannot be
    name = aws.stream(shards=2)
    keys = [LEFT, RIGHT, RIGHT, LEFT, LEFT]
    records = [
        {"Data": b"%d" % place, "PartitionKey": "k", "ExplicitHashKey": key}
        for place, key in enumerate(keys)
    ]
    store.on_append(sealed_under_the_call(second, store, name))
    # When they are put
    answer = aws.ok("PutRecords", StreamName=name, Records=records)
    # Then each one says what became of it, in the request's order (B: code and message)
    assert set(answer) == {"FailedRecordCount", "Records"}
    assert answer["FailedRecordCount"] == 3
    entries = answer["Records"]
    assert [set(entry) for entry in entries] == [
        {"ErrorCode", "ErrorMessage"} if key == LEFT else {"ShardId", "SequenceNumber"}
        for key in keys
    ]
    assert entries[0] == {
        "ErrorCode": "InternalFailure",
        "ErrorMessage": "Internal Service Failure",
    }
    # And those that were not told to have failed are there, and no others
    store.heal()
    assert aws.datas(aws.iterator(name, 1)) == [b"1", b"2"]
    again = [record for record, entry in zip(records, entries, strict=True) if "ErrorCode" in entry]
    assert aws.ok("PutRecords", StreamName=name, Records=again)["FailedRecordCount"] == 0
    assert aws.datas(aws.iterator(name, 2)) == [b"0", b"3", b"4"]


def refuse_left(store: Store) -> tuple[Append, list[int]]:
    """An append that finds shard 0 sealed, however often it is tried; and the count of tries."""
    tries = [0]

    async def append(stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        tries[0] += 1
        written = [batch for batch in batches if batch.shard != 0]
        answers = {answer.shard: answer for answer in await store.append(stream, written)}
        return [answers.get(batch.shard, Refused(batch.shard)) for batch in batches]

    return append, tries


def test_a_stream_that_refuses_for_ever_is_given_up(aws: Wire, store: Store) -> None:
    name = aws.stream(shards=2)
    append, tries = refuse_left(store)
    store.on_append(append)
    left, right = ({**RECORD, "ExplicitHashKey": key} for key in (LEFT, RIGHT))
    answer = aws.ok("PutRecords", StreamName=name, Records=[left, right])
    assert tries == [5]
    assert answer["FailedRecordCount"] == 1
    assert answer["Records"][0]["ErrorCode"] == "InternalFailure"
    assert answer["Records"][1]["ShardId"] == shard_id(1)
    for reply in (
        aws.call("PutRecord", {"StreamName": name, **left}),
        aws.call("PutRecords", {"StreamName": name, "Records": [left, left]}),
    ):
        assert (reply.status, reply.body) == (500, b'{"__type":"InternalFailure"}')


def test_a_store_that_cannot_read(aws: Wire, store: Store) -> None:
    name = aws.stream()
    aws.put(name, b"x")
    iterator = aws.iterator(name)
    store.fail("read", StorageError("a page is damaged"))
    failed(aws.call("GetRecords", {"ShardIterator": iterator}))
    store.heal()
    assert aws.datas(iterator) == [b"x"]


# --- a change is accepted, and the store cannot complete it ----------------------------------


def test_a_stream_waits_in_creating(aws: Wire, store: Store) -> None:
    # The change stands, so the call is good: an SDK that tried again would meet its own stream
    store.fail("create")
    name = aws.stream()
    assert aws.describe(name)["StreamStatus"] == "CREATING"
    store.heal()
    assert aws.describe(name)["StreamStatus"] == "ACTIVE"
    aws.put(name)


def test_a_stream_waits_in_updating_and_serves_as_before(aws: Wire, store: Store) -> None:
    name = aws.stream()
    store.fail("seal")
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    assert aws.describe(name)["StreamStatus"] == "UPDATING"
    assert aws.put(name, b"meanwhile")["ShardId"] == shard_id(0)
    assert aws.datas(aws.iterator(name)) == [b"meanwhile"]
    store.heal()
    assert aws.put(name, ExplicitHashKey="0")["ShardId"] == shard_id(1)
    assert aws.datas(aws.iterator(name)) == [b"meanwhile"]


def test_a_stream_waits_in_deleting(aws: Wire, store: Store) -> None:
    name = aws.stream()
    store.fail("drop")
    aws.void("DeleteStream", StreamName=name)
    assert aws.describe(name)["StreamStatus"] == "DELETING"
    store.heal()
    assert aws.error("DescribeStream", StreamName=name) == stream_gone(name)
