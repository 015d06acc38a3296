"""Calls that come at once."""

import asyncio
import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from kinesis_wire import TRANSITION_MS, Reply, Wire, new_name, shard_id, stream_gone
from shardline.storage.entities import Stream
from shardline.testing import TestServer

CALLERS = 8
HALF = 2**127


@pytest.fixture
def callers(server: TestServer) -> Iterator[list[Wire]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Wire(server)) for _ in range(CALLERS)]


def at_once(callers: Sequence[Wire], call: Callable[[Wire, int], Reply]) -> list[Reply]:
    """One call per caller, all at once."""
    with ThreadPoolExecutor(len(callers)) as pool:
        return list(pool.map(call, callers, range(len(callers))))


def outcomes(replies: Sequence[Reply]) -> Counter[str]:
    """How many calls went well, and how many met which error."""
    return Counter(
        "ok" if reply.status == 200 else str(json.loads(reply.body)["__type"]) for reply in replies
    )


def test_one_name_is_given_once(callers: list[Wire]) -> None:
    name = new_name()
    replies = at_once(
        callers, lambda aws, n: aws.call("CreateStream", {"StreamName": name, "ShardCount": n + 1})
    )
    assert outcomes(replies) == {"ok": 1, "ResourceInUseException": CALLERS - 1}
    # The stream is the winner's
    (winner,) = (n for n, reply in enumerate(replies) if reply.status == 200)
    assert len(callers[0].describe(name)["Shards"]) == winner + 1


def test_a_limit_holds_for_calls_at_once(slow_aws: Wire) -> None:
    with ExitStack() as stack:
        callers = [stack.enter_context(Wire(slow_aws.server, "eu-west-1")) for _ in range(CALLERS)]
        replies = at_once(
            callers,
            lambda aws, _: aws.call("CreateStream", {"StreamName": new_name(), "ShardCount": 1}),
        )
        slow_aws.server.clock.advance(milliseconds=TRANSITION_MS)
        assert len(callers[0].ok("ListStreams")["StreamNames"]) == 5
    assert outcomes(replies) == {"ok": 5, "LimitExceededException": CALLERS - 5}


def test_one_name_is_deleted_and_made_at_once(callers: list[Wire]) -> None:
    aws = callers[0]
    for _ in range(10):
        name = aws.stream()
        replies = at_once(
            callers[:4],
            lambda aws, n, name=name: (  # type: ignore[misc]
                aws.call("DeleteStream", {"StreamName": name})
                if n % 2
                else aws.call("CreateStream", {"StreamName": name, "ShardCount": 1})
            ),
        )
        assert set(outcomes(replies)) <= {
            "ok",
            "ResourceInUseException",
            "ResourceNotFoundException",
        }
        deleted = sum(reply.status == 200 for reply in replies[1::2])
        made = sum(reply.status == 200 for reply in replies[0::2])
        # What went well adds up, and what is left of it works
        assert deleted >= 1
        is_there = 1 + made - deleted
        assert name in _names(aws) if is_there else name not in _names(aws)
        if is_there:
            aws.put(name)
            aws.void("DeleteStream", StreamName=name)
        aws.void("CreateStream", StreamName=name, ShardCount=1)


def _names(aws: Wire) -> list[str]:
    return list(aws.ok("ListStreams", Limit=10_000)["StreamNames"])


def test_a_shard_is_split_once(callers: list[Wire]) -> None:
    aws = callers[0]
    name = aws.stream()
    replies = at_once(
        callers,
        lambda aws, _: aws.call(
            "SplitShard",
            {"StreamName": name, "ShardToSplit": "0", "NewStartingHashKey": str(HALF)},
        ),
    )
    assert outcomes(replies) == {"ok": 1, "InvalidArgumentException": CALLERS - 1}
    assert len(aws.describe(name)["Shards"]) == 3


def test_a_stream_is_deleted_once(callers: list[Wire]) -> None:
    name = callers[0].stream()
    replies = at_once(callers, lambda aws, _: aws.call("DeleteStream", {"StreamName": name}))
    found = outcomes(replies)
    assert found.pop("ok") == 1
    assert set(found) <= {"ResourceInUseException", "ResourceNotFoundException"}


@pytest.mark.one_node
def test_a_change_that_waited_for_a_deletion_finds_no_stream(
    aws: Wire, callers: list[Wire], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a deletion that takes its time in the catalog
    name = aws.stream()
    catalog = aws.server.node.catalog
    update, begun, go_on = catalog.update, threading.Event(), threading.Event()

    async def slow_update(stream: Stream) -> Stream:
        if not begun.is_set():
            begun.set()
            await asyncio.to_thread(go_on.wait)
        return await update(stream)

    monkeypatch.setattr(catalog, "update", slow_update)
    with ThreadPoolExecutor(2) as pool:
        deletion = pool.submit(aws.void, "DeleteStream", StreamName=name)
        begun.wait()
        # When a change comes meanwhile, of a stream that is still there
        change = pool.submit(callers[1].error, "AddTagsToStream", StreamName=name, Tags={"a": "1"})
        while not _has_waiters(aws.server, name):
            pass
        go_on.set()
        # Then it is told what is true when its turn comes
        deletion.result()
        assert change.result() == stream_gone(name)


def _has_waiters(server: TestServer, name: str) -> bool:
    """Whether a call waits for the stream's lock."""

    async def look() -> bool:
        live = next(live for live in server.node.book.all() if live.stream.name == name)
        return bool(live.lock._waiters)  # asyncio tells no other way

    return server.run(look())


def test_no_change_is_lost(callers: list[Wire]) -> None:
    aws = callers[0]
    name = aws.stream()
    for round_ in range(5):
        replies = at_once(
            callers,
            lambda aws, n, round_=round_: aws.call(  # type: ignore[misc]
                "AddTagsToStream", {"StreamName": name, "Tags": {f"{round_}.{n}": ""}}
            ),
        )
        assert outcomes(replies) == {"ok": CALLERS}
    assert len(aws.ok("ListTagsForStream", StreamName=name)["Tags"]) == 5 * CALLERS


def test_updates_at_once_are_counted_each(callers: list[Wire]) -> None:
    aws = callers[0]
    name = aws.stream(shards=2)
    members = {"StreamName": name, "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}
    for _ in range(2):
        replies = at_once(callers, lambda aws, _: aws.call("UpdateShardCount", members))
    assert outcomes(replies) == {"ok": 2, "LimitExceededException": CALLERS - 2}


def test_records_put_while_the_stream_is_resharded_are_there_once_and_in_order(
    callers: list[Wire],
) -> None:
    # Given producers, each with a key of its own, putting numbers one after the other
    aws, *producers = callers
    name = aws.stream(shards=2)

    def produce(producer: Wire, key: int) -> list[int]:
        failed = []
        for number in range(40):
            records = [
                {"Data": b"%d" % (3 * number + part), "PartitionKey": f"key {key}"}
                for part in range(3)
            ]
            answer = producer.ok("PutRecords", StreamName=name, Records=records)
            failed.append(answer["FailedRecordCount"])
        return failed

    # When the stream is split and merged meanwhile
    with ThreadPoolExecutor(len(producers)) as pool:
        running = [pool.submit(produce, each, key) for key, each in enumerate(producers)]
        for target in (4, 2, 3, 5, 3, 2):
            aws.ok(
                "UpdateShardCount",
                StreamName=name,
                TargetShardCount=target,
                ScalingType="UNIFORM_SCALING",
            )
        assert all(not any(each.result()) for each in running)
    # Then a reader that reads parents before children sees each once and in order
    seen: dict[str, list[int]] = {}
    for shard in aws.ok("ListShards", StreamName=name)["Shards"]:
        for record in _all_records(aws, name, shard["ShardId"]):
            data = int(base64.b64decode(record["Data"]))
            seen.setdefault(record["PartitionKey"], []).append(data)
    assert seen == {f"key {key}": list(range(120)) for key in range(len(producers))}


def _all_records(aws: Wire, name: str, shard: str) -> Iterator[dict[str, Any]]:
    iterator = aws.iterator(name, int(shard.removeprefix("shardId-")))
    answer = aws.get(iterator)
    yield from answer["Records"]
    while "NextShardIterator" in answer and answer["Records"]:
        answer = aws.get(answer["NextShardIterator"])
        yield from answer["Records"]
    assert answer["MillisBehindLatest"] == 0


def test_shard_ids_of_a_stream_are_never_given_twice(callers: list[Wire]) -> None:
    aws = callers[0]
    name = aws.stream(shards=CALLERS)
    width = 2**128 // CALLERS
    replies = at_once(
        callers,
        lambda aws, n: aws.call(
            "SplitShard",
            {
                "StreamName": name,
                "ShardToSplit": str(n),
                "NewStartingHashKey": str(n * width + width // 2),
            },
        ),
    )
    assert outcomes(replies) == {"ok": CALLERS}
    ids = [shard["ShardId"] for shard in aws.describe(name)["Shards"]]
    assert ids == [shard_id(n) for n in range(3 * CALLERS)]
