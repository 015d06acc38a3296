"""What callers get when a stream changes under a call."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from kinesis_store import Append, Store
from kinesis_wire import LAST_HASH_KEY, Wire, shard_id, stream_gone
from shardline.storage.record_log import Appended, Batch, Refused

LEFT, RIGHT = "0", str(LAST_HASH_KEY)
RECORD = {"Data": b"x", "PartitionKey": "k"}


def before_append(store: Store, happens: Callable[[], None]) -> Append:
    """An append before whose first write something happens."""
    calls: list[str] = []

    async def append(stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        calls.append(stream)
        if len(calls) == 1:
            await asyncio.to_thread(happens)
        return await store.append(stream, batches)

    return append


def test_records_for_a_shard_that_was_split_meanwhile_go_to_its_children(
    aws: Wire, second: Wire, store: Store
) -> None:
    name = aws.stream()
    store.on_append(
        before_append(
            store,
            lambda: second.void(
                "SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=str(2**127)
            ),
        )
    )
    records = [
        {"Data": b"%d" % place, "PartitionKey": "k", "ExplicitHashKey": key}
        for place, key in enumerate([LEFT, RIGHT] * 3)
    ]
    answer = aws.ok("PutRecords", StreamName=name, Records=records)
    assert answer["FailedRecordCount"] == 0
    assert [entry["ShardId"] for entry in answer["Records"]] == [shard_id(1), shard_id(2)] * 3
    assert aws.datas(aws.iterator(name, 0)) == []
    assert aws.datas(aws.iterator(name, 1)) == [b"0", b"2", b"4"]
    assert aws.datas(aws.iterator(name, 2)) == [b"1", b"3", b"5"]


@pytest.mark.parametrize("again", [False, True], ids=["deleted", "deleted and made again"])
@pytest.mark.parametrize("operation", ["PutRecord", "PutRecords"])
def test_a_stream_that_was_deleted_meanwhile(
    aws: Wire, second: Wire, store: Store, operation: str, again: bool
) -> None:
    name = aws.stream()

    def happens() -> None:
        second.void("DeleteStream", StreamName=name)
        if again:
            second.void("CreateStream", StreamName=name, ShardCount=1)

    store.on_append(before_append(store, happens))
    members = RECORD if operation == "PutRecord" else {"Records": [RECORD]}
    assert aws.error(operation, StreamName=name, **members) == stream_gone(name)
    if again:
        assert aws.datas(aws.iterator(name)) == []


def test_refused_records_do_not_go_to_the_next_stream_of_that_name(
    aws: Wire, second: Wire, store: Store
) -> None:
    # Given a shard that was split under the call, and then the stream replaced
    name = aws.stream()

    def replace() -> None:
        second.void("DeleteStream", StreamName=name)
        second.void("CreateStream", StreamName=name, ShardCount=1)

    async def append(stream: str, batches: Sequence[Batch]) -> Sequence[Appended | Refused]:
        await asyncio.to_thread(
            second.void, "SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey="2"
        )
        answers = await store.append(stream, batches)
        await asyncio.to_thread(replace)
        return answers

    store.on_append(append)
    # Then the caller, who meant the first one, is told that it is gone
    assert aws.error("PutRecord", StreamName=name, **RECORD) == stream_gone(name)
    assert aws.datas(aws.iterator(name)) == []
