"""GetRecords: answers, bounds, the end of a shard."""

import json
from typing import Any

import pytest

from kinesis_wire import LAST_HASH_KEY, Wire, shard_gone, shard_id

HALF = str(2**127)
MIB = 1024 * 1024


def test_an_answer_has_exactly_these_members(aws: Wire) -> None:
    # L:kinesis, L:apigateway_kinesis: no EncryptionType; no ChildShards on an open shard
    name = aws.stream()
    placed = aws.put(name, b"hello", "key")
    answer = aws.get(aws.iterator(name))
    assert set(answer) == {"Records", "NextShardIterator", "MillisBehindLatest"}
    assert answer["Records"] == [
        {
            "SequenceNumber": placed["SequenceNumber"],
            "ApproximateArrivalTimestamp": aws.server.clock.now_ms() / 1000,
            "Data": "aGVsbG8=",
            "PartitionKey": "key",
        }
    ]


def test_the_numbers_on_the_wire(aws: Wire) -> None:
    name = aws.stream()
    aws.put(name)
    aws.put(name)
    aws.server.clock.advance(milliseconds=1500)
    reply = aws.call("GetRecords", {"ShardIterator": aws.iterator(name), "Limit": 1})
    answer = json.loads(reply.body)
    # L:apigateway_kinesis: an integer; AWS's API reference: seconds with a fraction
    assert type(answer["MillisBehindLatest"]) is int
    assert type(answer["Records"][0]["ApproximateArrivalTimestamp"]) is float


def test_nothing_to_read(aws: Wire) -> None:
    # LT: the next iterator always differs; an empty read gives one too
    iterator = aws.iterator(aws.stream())
    answer = aws.get(iterator)
    assert answer["Records"] == []
    assert answer["MillisBehindLatest"] == 0
    assert answer["NextShardIterator"] != iterator


def test_an_iterator_can_be_used_again_and_gives_the_same_place(aws: Wire) -> None:
    # K:getRecords
    name = aws.stream()
    aws.put(name, b"1")
    iterator = aws.iterator(name)
    assert aws.datas(iterator) == [b"1"]
    aws.put(name, b"2")
    assert aws.datas(iterator) == [b"1", b"2"]
    assert aws.datas(iterator, Limit=1) == [b"1"]


def test_next_iterators_lead_through_everything_once_and_in_order(aws: Wire) -> None:
    name = aws.stream()
    records = [{"Data": b"%d" % n, "PartitionKey": "k"} for n in range(25)]
    aws.ok("PutRecords", StreamName=name, Records=records)
    seen: list[str] = []
    iterator = aws.iterator(name)
    for _ in range(9):
        answer = aws.get(iterator, Limit=3)
        seen += [record["SequenceNumber"] for record in answer["Records"]]
        iterator = answer["NextShardIterator"]
    assert len(seen) == 25
    assert seen == sorted(set(seen))
    aws.put(name, b"later")
    assert aws.datas(iterator) == [b"later"]


# --- how far behind --------------------------------------------------------------------------


def test_millis_behind_latest_is_the_age_of_what_comes_next(aws: Wire) -> None:
    # B: 0 when caught up
    name = aws.stream()
    for _ in range(3):
        aws.put(name)
        aws.server.clock.advance(seconds=10)
    answer = aws.get(aws.iterator(name), Limit=1)
    assert answer["MillisBehindLatest"] == 20_000
    answer = aws.get(answer["NextShardIterator"], Limit=1)
    assert answer["MillisBehindLatest"] == 10_000
    answer = aws.get(answer["NextShardIterator"], Limit=1)
    assert answer["MillisBehindLatest"] == 0


def test_zero_millis_behind_says_that_nothing_is_left(aws: Wire) -> None:
    # Readers stop at 0: a record that came this very millisecond must not be hidden by it
    name = aws.stream()
    aws.put(name)
    aws.put(name)
    answer = aws.get(aws.iterator(name), Limit=1)
    assert answer["MillisBehindLatest"] == 1
    assert aws.get(answer["NextShardIterator"])["MillisBehindLatest"] == 0


# --- how much --------------------------------------------------------------------------------


def test_ten_thousand_records_are_the_most(aws: Wire) -> None:
    name = aws.stream()
    records = [{"Data": b"", "PartitionKey": "k"}] * 500
    for _ in range(21):
        aws.ok("PutRecords", StreamName=name, Records=records)
    first = aws.get(aws.iterator(name))
    assert len(first["Records"]) == 10_000
    assert first["MillisBehindLatest"] > 0
    assert len(aws.get(first["NextShardIterator"])["Records"]) == 500
    assert len(aws.get(aws.iterator(name), Limit=10_000)["Records"]) == 10_000


@pytest.mark.parametrize("limit", [0, 10_001])
def test_limits_out_of_range(aws: Wire, limit: int) -> None:
    code, message = aws.error("GetRecords", ShardIterator="x", Limit=limit)  # K
    assert code == "ValidationException"
    assert f"Value '{limit}' at 'limit' failed to satisfy constraint: " in message


def test_ten_mebibytes_are_the_most(aws: Wire) -> None:
    name = aws.stream()
    for _ in range(11):
        aws.put(name, b"x" * (MIB - 1), "k")
    first = aws.get(aws.iterator(name))
    assert len(first["Records"]) == 10
    assert len(aws.get(first["NextShardIterator"])["Records"]) == 1


# --- the end of a shard ----------------------------------------------------------------------


def children_of(name: str, shards: list[dict[str, Any]], *parents: int) -> list[dict[str, Any]]:
    return [
        {
            "ShardId": shard["ShardId"],
            "ParentShards": [shard_id(parent) for parent in parents],
            "HashKeyRange": shard["HashKeyRange"],
        }
        for shard in shards
    ]


def test_the_end_of_a_shard_that_was_split(aws: Wire) -> None:
    # KCL's isValidResult: no next iterator if and only if there are children, each with parents
    name = aws.stream()
    aws.put(name, b"1")
    aws.put(name, b"2")
    waiting = aws.iterator(name, kind="LATEST")
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    children = children_of(name, aws.describe(name)["Shards"][1:], 0)
    # While data is left there is a next iterator, and no children
    answer = aws.get(aws.iterator(name), Limit=1)
    assert set(answer) == {"Records", "NextShardIterator", "MillisBehindLatest"}
    # With the last record, and for whoever waited at the end, the children
    for end in (answer["NextShardIterator"], waiting, aws.iterator(name, kind="LATEST")):
        answer = aws.get(end)
        assert set(answer) == {"Records", "MillisBehindLatest", "ChildShards"}
        assert answer["MillisBehindLatest"] == 0
        assert answer["ChildShards"] == children


def test_the_end_of_shards_that_were_merged(aws: Wire) -> None:
    name = aws.stream(shards=2)
    aws.put(name, b"left", ExplicitHashKey="0")
    aws.void("MergeShards", StreamName=name, ShardToMerge="0", AdjacentShardToMerge="1")
    child = children_of(name, aws.describe(name)["Shards"][2:], 0, 1)
    assert child[0]["HashKeyRange"] == {
        "StartingHashKey": "0",
        "EndingHashKey": str(LAST_HASH_KEY),
    }
    for parent in (0, 1):
        assert aws.get(aws.iterator(name, parent))["ChildShards"] == child


def test_a_reader_that_follows_the_children_sees_all_once_and_in_order(aws: Wire) -> None:
    # Given records of one key, put before, between and after two reshards
    name = aws.stream()
    for number in range(3):
        for part in range(4):
            aws.put(name, b"%d" % (4 * number + part), ExplicitHashKey="0")
        (owner,) = {s["ShardId"] for s in aws.open_shards(name)[:1]}
        at = str(2 ** (126 - number))
        aws.void("SplitShard", StreamName=name, ShardToSplit=owner, NewStartingHashKey=at)
    # When they are read parents first
    seen: list[bytes] = []
    todo = [0]
    while todo:
        shard = todo.pop(0)
        seen += aws.datas(aws.iterator(name, shard))
        answer = aws.get(aws.iterator(name, shard))
        todo += [
            int(child["ShardId"].removeprefix("shardId-"))
            for child in answer.get("ChildShards", [])
        ]
    # Then
    assert seen == [b"%d" % number for number in range(12)]


def test_a_shard_that_has_expired(aws: Wire) -> None:
    name = aws.stream()
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    aws.server.clock.advance(hours=24)
    iterator = aws.iterator(name)
    aws.server.clock.advance(milliseconds=1)
    assert aws.error("GetRecords", ShardIterator=iterator) == shard_gone(name)
    aws.server.upkeep()
    assert aws.error("GetRecords", ShardIterator=iterator) == shard_gone(name)


# --- other members ---------------------------------------------------------------------------


def test_a_stream_named_beside_the_iterator(aws: Wire) -> None:
    name, other = aws.stream(), aws.stream()
    aws.put(name, b"x")
    iterator = aws.iterator(name)
    assert aws.datas(iterator, StreamARN=aws.arn(name)) == [b"x"]
    code, _ = aws.error("GetRecords", ShardIterator=iterator, StreamARN=aws.arn(other))
    assert code == "InvalidArgumentException"
    assert aws.datas(iterator, StreamId=aws.stream_id(name)) == [b"x"]
    code, _ = aws.error("GetRecords", ShardIterator=iterator, StreamId="abcdefghij0123456789-abc")
    assert code == "InvalidArgumentException"


def test_a_dry_run(aws: Wire) -> None:
    name = aws.stream()
    iterator = aws.iterator(name)
    code, _ = aws.error("GetRecords", ShardIterator=iterator, DryRun=True)
    assert code == "DryRunOperationException"
    code, _ = aws.error("GetRecords", ShardIterator="x", DryRun=True)
    assert code == "InvalidArgumentException"
