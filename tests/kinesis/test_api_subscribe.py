"""SubscribeToShard: what comes, from where on, and how it ends; over a real socket."""

import json
import time
from typing import Any

import cbor2
import pytest

from kinesis_events import Subscription
from kinesis_wire import ACCOUNT, TRANSITION_MS, Wire, shard_id, stream_gone
from shardline.testing import TestServer

HALF = str(2**127)


@pytest.fixture
def stream(aws: Wire) -> str:
    return aws.stream()


@pytest.fixture
def reader(aws: Wire, stream: str) -> str:
    return aws.consumer(stream)


def taken_over(stream: str, consumer: str = "reader", shard: int = 0) -> tuple[str, str]:
    # G25
    return (
        "ResourceInUseException",
        "Another active subscription exists for this consumer: "
        f"{ACCOUNT}:{stream}:{shard_id(shard)}:{consumer}",
    )


def children(stream: str, parents: list[str], *numbers: int) -> list[dict[str, Any]]:
    return [{"ShardId": shard_id(number), "ParentShards": parents} for number in numbers]


def without_ranges(event: dict[str, Any]) -> list[dict[str, Any]]:
    found = [dict(child) for child in event["ChildShards"]]
    assert all(child.pop("HashKeyRange") for child in found)
    return found


def test_an_event_is_the_same_as_getrecords_gives(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    put = aws.put(stream, b"one")
    with Subscription(server, reader, kind="TRIM_HORIZON") as subscription:
        event = subscription.next()
    # L:kinesis subscribe_to_shard 2025-08: these three members, EncryptionType left out
    assert event == {
        "Records": aws.get(aws.iterator(stream))["Records"],
        "MillisBehindLatest": 0,
        "ContinuationSequenceNumber": put["SequenceNumber"],
    }


def test_records_come_as_they_are_put(
    aws: Wire, server: TestServer, stream: str, reader: str, pytestconfig: pytest.Config
) -> None:
    through_kafka = pytestconfig.getoption("--nodes").startswith("kafka")
    aws.put(stream, b"before")
    with Subscription(server, reader) as subscription:
        delays = []
        for number in range(20):
            begun = time.perf_counter()
            aws.put(stream, b"%d" % number)
            assert subscription.datas() == [b"%d" % number]
            delays.append(time.perf_counter() - begun)
        assert sorted(delays)[10] < (0.5 if through_kafka else 0.07)  # no events: every 5 s


def test_every_position(aws: Wire, server: TestServer, stream: str, reader: str) -> None:
    numbers = []
    for data in (b"0", b"1", b"2"):
        numbers.append(aws.put(stream, data)["SequenceNumber"])
        server.clock.advance(seconds=10)
    starts: list[tuple[str, dict[str, Any], bytes]] = [
        ("TRIM_HORIZON", {}, b"0"),
        ("LATEST", {}, b"3"),
        ("AT_SEQUENCE_NUMBER", {"SequenceNumber": numbers[1]}, b"1"),
        ("AFTER_SEQUENCE_NUMBER", {"SequenceNumber": numbers[1]}, b"2"),
        ("AT_TIMESTAMP", {"Timestamp": server.clock.now_ms() / 1000 - 10}, b"2"),
    ]
    for number, (kind, start, first) in enumerate(starts):
        arn = aws.consumer(stream, f"reader-{number}")
        with Subscription(server, arn, kind=kind, **start) as subscription:
            if kind == "LATEST":
                aws.put(stream, b"3")
            assert subscription.datas()[0] == first


def test_a_continuation_leads_to_what_comes_next(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    continuations = []
    with Subscription(server, reader, kind="TRIM_HORIZON") as subscription:
        for data in (b"0", b"1"):
            aws.put(stream, data)
            continuations.append(subscription.next()["ContinuationSequenceNumber"])
    for number, continuation in enumerate(continuations):
        arn = aws.consumer(stream, f"reader-{number}")
        start = {"SequenceNumber": continuation}
        with Subscription(server, arn, kind="AFTER_SEQUENCE_NUMBER", **start) as subscription:
            aws.put(stream, b"2")
            assert subscription.data_until(b"2")[0] == b"%d" % (number + 1)


def test_large_records_come_in_events_of_a_mebibyte(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    datas = [bytes([number]) * 400_000 for number in range(7)]
    for data in datas:
        aws.put(stream, data)
    found: list[int] = []
    with Subscription(server, reader, kind="TRIM_HORIZON") as subscription:
        behind = []
        while sum(found) < 7:
            event = subscription.next()
            found.append(len(event["Records"]))
            behind.append(event["MillisBehindLatest"])
    assert found == [2, 2, 2, 1]
    assert [each > 0 for each in behind] == [True, True, True, False]


@pytest.mark.parametrize("start", ["TRIM_HORIZON", "LATEST"])
def test_the_end_of_a_shard_that_is_split(
    aws: Wire, server: TestServer, stream: str, reader: str, start: str
) -> None:
    aws.put(stream, b"one")
    with Subscription(server, reader, kind=start) as subscription:
        if start == "TRIM_HORIZON":
            assert subscription.datas() == [b"one"]
        aws.void("SplitShard", StreamName=stream, ShardToSplit="0", NewStartingHashKey=HALF)
        event = subscription.next()
        assert subscription.ended()
    # KCL's DataRetrievalUtil: no continuation, and children that name their parents
    assert set(event) == {"Records", "MillisBehindLatest", "ChildShards"}
    assert without_ranges(event) == children(stream, [shard_id(0)], 1, 2)
    assert event["ChildShards"][1]["HashKeyRange"]["StartingHashKey"] == HALF


def test_the_end_of_shards_that_are_merged(aws: Wire, server: TestServer) -> None:
    stream = aws.stream(shards=2)
    reader = aws.consumer(stream)
    with (
        Subscription(server, reader, 0) as left,
        Subscription(server, reader, 1) as right,
    ):
        aws.void("MergeShards", StreamName=stream, ShardToMerge="0", AdjacentShardToMerge="1")
        for subscription in (left, right):
            found = without_ranges(subscription.next())
            assert found == children(stream, [shard_id(0), shard_id(1)], 2)
            assert subscription.ended()


@pytest.mark.parametrize("start", ["TRIM_HORIZON", "LATEST"])
def test_a_closed_shard_gives_its_end_to_everyone_who_asks(
    aws: Wire, server: TestServer, stream: str, reader: str, start: str
) -> None:
    # KCL 3.5 subscribes again with LATEST, and at once
    aws.put(stream, b"one")
    aws.void("SplitShard", StreamName=stream, ShardToSplit="0", NewStartingHashKey=HALF)
    for _ in range(2):
        with Subscription(server, reader, kind=start) as subscription:
            event = subscription.next()
            assert len(event["Records"]) == (1 if start == "TRIM_HORIZON" else 0)
            assert without_ranges(event) == children(stream, [shard_id(0)], 1, 2)
            assert subscription.ended()


def test_the_steps_of_an_updateshardcount_end_where_they_begin(
    aws: Wire, server: TestServer
) -> None:
    stream = aws.stream(shards=3)
    reader = aws.consumer(stream)
    aws.ok("UpdateShardCount", StreamName=stream, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    closed = [
        shard
        for shard in aws.describe(stream)["Shards"]
        if "EndingSequenceNumber" in shard["SequenceNumberRange"]
    ]
    assert len(closed) > 3
    for shard in closed:
        number = int(shard["ShardId"][-12:])
        with Subscription(server, reader, number, "TRIM_HORIZON") as subscription:
            assert subscription.next()["ChildShards"]
            assert subscription.ended()


def test_a_reshard_that_takes_its_time_is_seen(slow_aws: Wire) -> None:
    server = slow_aws.server
    stream = slow_aws.stream()
    server.clock.advance(milliseconds=TRANSITION_MS)
    reader = slow_aws.consumer(stream)
    server.clock.advance(milliseconds=TRANSITION_MS)
    with Subscription(server, reader) as subscription:
        slow_aws.void("SplitShard", StreamName=stream, ShardToSplit="0", NewStartingHashKey=HALF)
        slow_aws.put(stream, b"still open")
        assert subscription.datas() == [b"still open"]
        server.clock.advance(milliseconds=TRANSITION_MS)
        slow_aws.describe(stream)
        assert subscription.next()["ChildShards"]


def test_a_second_call_is_refused_for_five_seconds_and_takes_over_then(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    start = {"Type": "LATEST"}
    asked = {"ConsumerARN": reader, "ShardId": shard_id(0), "StartingPosition": start}
    with Subscription(server, reader) as first:
        server.clock.advance(milliseconds=4_999)
        assert aws.error("SubscribeToShard", **asked) == taken_over(stream)
        aws.put(stream, b"one")
        assert first.datas() == [b"one"]
        server.clock.advance(milliseconds=1)
        with Subscription(server, reader) as second:
            assert first.error() == taken_over(stream)
            aws.put(stream, b"two")
            assert second.datas() == [b"two"]


def test_consumers_and_shards_have_subscriptions_of_their_own(
    aws: Wire, server: TestServer
) -> None:
    stream = aws.stream(shards=2)
    one, other = aws.consumer(stream, "one"), aws.consumer(stream, "other")
    with (
        Subscription(server, one, 0) as a,
        Subscription(server, other, 0) as b,
        Subscription(server, one, 1) as c,
    ):
        aws.put(stream, b"low", ExplicitHashKey="0")
        aws.put(stream, b"high", ExplicitHashKey=str(2**128 - 1))
        assert (a.datas(), b.datas(), c.datas()) == ([b"low"], [b"low"], [b"high"])


def test_a_subscription_ends_in_order_after_five_minutes(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    with Subscription(server, reader) as subscription:
        server.clock.advance(milliseconds=299_999)
        aws.put(stream, b"one")
        assert subscription.datas() == [b"one"]
        server.clock.advance(milliseconds=1)
        aws.put(stream, b"two")
        assert subscription.ended()
    with Subscription(server, reader, kind="TRIM_HORIZON") as subscription:
        assert subscription.data_until(b"two") == [b"one", b"two"]


def test_a_consumer_that_is_deregistered_loses_its_subscriptions(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    other = aws.consumer(stream, "other")
    with Subscription(server, reader) as subscription, Subscription(server, other) as stays:
        aws.void("DeregisterStreamConsumer", ConsumerARN=reader)
        assert subscription.error() == (
            "ResourceNotFoundException",
            f"Consumer reader, account {ACCOUNT} not found.",
        )
        aws.put(stream, b"one")
        assert stays.datas() == [b"one"]


def test_a_stream_that_is_deleted_ends_its_subscriptions(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    with Subscription(server, reader) as subscription:
        aws.void("DeleteStream", StreamName=stream, EnforceConsumerDeletion=True)
        assert subscription.error() == stream_gone(stream)


def test_a_stream_in_deleting_ends_its_subscriptions(slow_aws: Wire) -> None:
    server = slow_aws.server
    stream = slow_aws.stream()
    server.clock.advance(milliseconds=TRANSITION_MS)
    reader = slow_aws.consumer(stream)
    server.clock.advance(milliseconds=TRANSITION_MS)
    with Subscription(server, reader) as subscription:
        slow_aws.void("DeleteStream", StreamName=stream, EnforceConsumerDeletion=True)
        assert subscription.error() == stream_gone(stream)


def test_what_has_expired_is_passed_over(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    aws.put(stream, b"old")
    server.clock.advance(hours=25)
    aws.put(stream, b"new")
    with Subscription(server, reader, kind="TRIM_HORIZON") as subscription:
        assert subscription.data_until(b"new") == [b"new"]


def test_in_cbor_it_is_refused_plainly(aws: Wire, reader: str) -> None:
    call = {
        "ConsumerARN": reader,
        "ShardId": shard_id(0),
        "StartingPosition": {"Type": "LATEST"},
    }
    reply = aws.send("SubscribeToShard", cbor2.dumps(call), "application/x-amz-cbor-1.1")
    answer = cbor2.loads(reply.body)
    assert (reply.status, answer["__type"]) == (501, "NotImplementedException")
    assert "SubscribeToShard" in answer["message"]


def test_a_refusal_is_an_ordinary_answer(aws: Wire, stream: str) -> None:
    call = {
        "ConsumerARN": f"{aws.arn(stream)}/consumer/nobody:1",
        "ShardId": shard_id(0),
        "StartingPosition": {"Type": "LATEST"},
    }
    reply = aws.call("SubscribeToShard", call)
    assert (reply.status, reply.headers["content-type"]) == (400, "application/x-amz-json-1.1")
    assert json.loads(reply.body)["__type"] == "ResourceNotFoundException"
