"""What one call is in AWS/Kinesis: by raw calls, on a clock that stands still."""

from collections.abc import Iterator
from typing import Any

import pytest

from kinesis_events import Subscription
from kinesis_metrics import Published
from kinesis_store import Store
from kinesis_wire import ACCOUNT, Wire, shard_id
from shardline.storage.record_log import StorageError, WriteFailed
from shardline.testing import ManualClock, TestServer, running_server

MIB = 1024 * 1024
RECORD = {"Data": b"data", "PartitionKey": "key"}
THROTTLED = "ProvisionedThroughputExceededException"


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """A server of these tests' own: they move its clock."""
    with running_server(clock=ManualClock()) as server:
        yield server


@pytest.fixture(scope="module")
def aws(server: TestServer) -> Iterator[Wire]:
    with Wire(server) as wire:
        yield wire


def counted(aws: Wire, name: str) -> Published:
    return Published(aws.server, name)


def record(size: int) -> dict[str, Any]:
    return {"Data": b"x" * (size - 1), "PartitionKey": "k"}


def test_a_put_record(aws: Wire) -> None:
    name = aws.stream()
    aws.ok("PutRecord", StreamName=name, **RECORD)
    metrics = counted(aws, name)
    assert metrics.names() == {
        (metric, "")
        for metric in (
            "IncomingBytes",
            "IncomingRecords",
            "PutRecord.Bytes",
            "PutRecord.Latency",
            "PutRecord.Success",
            "WriteProvisionedThroughputExceeded",
        )
    }
    assert metrics.values("IncomingBytes") == metrics.values("PutRecord.Bytes") == {7: 1}
    assert metrics.values("PutRecord.Success") == {1: 1}
    assert metrics.values("WriteProvisionedThroughputExceeded") == {0: 1}
    assert 0 < metrics.all("PutRecord.Latency").maximum < 60_000


def test_a_minute_is_the_clocks_and_one_without_calls_has_no_datapoint(aws: Wire) -> None:
    # Given puts in a minute, in the next one, and in the fifth after it
    name, clock = aws.stream(), aws.server.clock
    clock.advance(milliseconds=60_000 - clock.now_ms() % 60_000)
    first_s = clock.now_ms() // 1000
    for puts, minutes in ((2, 1), (3, 5), (1, 0)):
        for _ in range(puts):
            aws.ok("PutRecord", StreamName=name, **RECORD)
        clock.advance(minutes=minutes)
    # Then those minutes have datapoints, and no others
    points = counted(aws, name).datapoints("IncomingRecords")
    found = [(point.start_s - first_s, point.unit, point.statistics.sum) for point in points]
    assert found == [(0, "Count", 2), (60, "Count", 3), (360, "Count", 1)]
    assert {point.unit for point in counted(aws, name).datapoints("PutRecord.Latency")} == {
        "Milliseconds"
    }


def test_moving_the_clock_publishes(aws: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    name = aws.stream()
    aws.ok("PutRecord", StreamName=name, **RECORD)
    aws.server.clock.advance(seconds=1)
    monkeypatch.setattr(aws.server.node.publisher, "_book", None)  # no flush can see the counts
    found = aws.server.run(aws.server.node.metrics.metrics("000000000000", "us-east-1", limit=1000))
    assert ("StreamName", name) in {dimension for each in found for dimension in each.dimensions}


def test_age_of_the_last_record_of_an_answer(aws: Wire) -> None:
    # Given records of which the last is a second younger than the others
    name, clock = aws.stream(), aws.server.clock
    aws.ok("PutRecords", StreamName=name, Records=[RECORD] * 3)
    clock.advance(seconds=1)
    aws.ok("PutRecord", StreamName=name, **RECORD)
    clock.advance(seconds=2)
    aws.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    # When a reader takes two, two, and nothing more
    iterator = aws.iterator(name)
    for _ in range(3):
        iterator = aws.get(iterator, Limit=2)["NextShardIterator"]
    # Then it was behind by the age of what it had read, and not behind at the tip
    metrics = counted(aws, name)
    assert metrics.values("GetRecords.IteratorAgeMilliseconds") == {3000: 1, 0: 2}
    assert metrics.values("GetRecords.IteratorAge") == {3000: 1, 0: 2}
    assert metrics.values("IteratorAgeMilliseconds", ShardId=shard_id(0)) == {3000: 1, 0: 2}
    assert metrics.values("GetRecords.Records") == {2: 2, 0: 1}
    assert metrics.values("GetRecords.Bytes") == {14: 2, 0: 1}
    assert metrics.values("GetRecords.Success") == {1: 3}
    assert metrics.values("ReadProvisionedThroughputExceeded") == {0: 3}


@pytest.mark.parametrize("error", [WriteFailed("the disk is full"), ZeroDivisionError()])
def test_a_store_that_cannot_write(aws: Wire, store: Store, error: Exception) -> None:
    # Given a log that fails
    name = aws.stream()
    store.fail("append", error)
    # When records are put
    assert aws.call("PutRecord", {"StreamName": name, **RECORD}).status == 500
    assert aws.call("PutRecords", {"StreamName": name, "Records": [RECORD] * 3}).status == 500
    store.heal()
    # Then the calls are no successes, and nothing came in
    metrics = counted(aws, name)
    assert metrics.values("PutRecord.Success") == {0: 1}
    assert metrics.values("PutRecords.Success") == {0: 1}
    assert metrics.values("PutRecords.TotalRecords") == {3: 1}
    assert metrics.values("PutRecords.FailedRecords") == {3: 1}
    assert metrics.values("PutRecords.SuccessfulRecords") == {0: 1}
    assert metrics.values("PutRecords.ThrottledRecords") == {0: 1}
    assert not {"IncomingRecords", "IncomingBytes", "PutRecord.Bytes", "PutRecords.Bytes"} & {
        metric for metric, _ in metrics.names()
    }


def test_a_store_that_cannot_read(aws: Wire, store: Store) -> None:
    name = aws.stream()
    aws.put(name)
    iterator = aws.iterator(name)
    store.fail("read", StorageError("the disk is gone"))
    assert aws.call("GetRecords", {"ShardIterator": iterator}).status == 500
    store.heal()
    aws.get(iterator)
    assert counted(aws, name).values("GetRecords.Success") == {0: 1, 1: 1}
    assert counted(aws, name).values("GetRecords.Records") == {1: 1}
    assert counted(aws, name).values("ReadProvisionedThroughputExceeded") == {0: 2}


def test_a_key_that_cannot_be_used(aws: Wire) -> None:
    # Given a stream whose KMS key is disabled
    node, name = aws.server.node, aws.stream()
    key = aws.server.run(node.kms.create(ACCOUNT, aws.server.region, None))
    call = {"EncryptionType": "KMS", "KeyId": key.id}
    aws.void("StartStreamEncryption", StreamName=name, **call)
    aws.put(name)
    aws.server.run(node.catalog.set_kms_key_state(key.id, "DISABLED"))
    aws.server.run(node.kms.refresh())
    # Then who puts and who reads has no success
    assert aws.error("PutRecord", StreamName=name, **RECORD)[0] == "KMSDisabledException"
    iterator = aws.iterator(name)
    assert aws.error("GetRecords", ShardIterator=iterator)[0] == "KMSDisabledException"
    assert counted(aws, name).values("PutRecord.Success") == {1: 1, 0: 1}
    assert counted(aws, name).values("GetRecords.Success") == {0: 1}


def test_a_callers_mistakes_are_no_samples(aws: Wire) -> None:
    name = aws.stream()
    put, many = {"StreamName": name, **RECORD}, {"StreamName": name, "Records": [RECORD]}
    for operation, call, code in (
        ("PutRecord", {**put, "ExplicitHashKey": str(2**128)}, "InvalidArgumentException"),
        ("PutRecord", {**put, "Data": b"x" * MIB}, "ValidationException"),
        ("PutRecord", {**put, "DryRun": True}, "DryRunOperationException"),
        ("PutRecords", {**many, "DryRun": True}, "DryRunOperationException"),
        ("GetRecords", {"ShardIterator": aws.iterator(name), "DryRun": True}, "DryRunOperation"),
        ("GetRecords", {"ShardIterator": "garbled"}, "InvalidArgumentException"),
    ):
        assert aws.error(operation, **call)[0].startswith(code)
    assert counted(aws, name).names() == set()


def test_writes_over_the_rates(limited: Wire) -> None:
    # Given two shards, of which one takes 1,000 records a second
    name = limited.stream(shards=2)
    limited.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    low, high = ({**record(10), "ExplicitHashKey": key} for key in ("0", str(2**127)))
    # When 1,300 come for the one, and one for the other; and then one more alone
    for records in ([low] * 500, [low] * 500, [low] * 299 + [high]):
        limited.ok("PutRecords", StreamName=name, Records=records)
    assert limited.error("PutRecord", StreamName=name, **low)[0] == THROTTLED
    # Then what was refused is counted by the call
    metrics = counted(limited, name)
    assert metrics.values("PutRecords.TotalRecords") == {500: 2, 300: 1}
    assert metrics.values("PutRecords.SuccessfulRecords") == {500: 2, 1: 1}
    assert metrics.values("PutRecords.ThrottledRecords") == {0: 2, 299: 1}
    assert metrics.values("PutRecords.FailedRecords") == {0: 3}
    assert metrics.values("PutRecords.Success") == {1: 3}
    assert metrics.values("PutRecords.Bytes") == {5000: 2, 10: 1}
    assert metrics.values("PutRecord.Success") == {0: 1}
    assert metrics.values("WriteProvisionedThroughputExceeded") == {0: 2, 299: 1, 1: 1}
    assert metrics.sum("IncomingRecords") == 1001
    # And by the call and shard
    name_of = "WriteProvisionedThroughputExceeded"
    assert metrics.values(name_of, ShardId=shard_id(0)) == {0: 2, 299: 1, 1: 1}
    assert metrics.values(name_of, ShardId=shard_id(1)) == {0: 1}
    assert metrics.values("IncomingRecords", ShardId=shard_id(0)) == {500: 2}


def test_a_shard_that_takes_some_of_a_call(limited: Wire) -> None:
    name = limited.stream()
    limited.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    limited.ok("PutRecords", StreamName=name, Records=[record(MIB // 4)] * 5)
    metrics = counted(limited, name)
    for dimensions in ({}, {"ShardId": shard_id(0)}):
        assert metrics.values("WriteProvisionedThroughputExceeded", **dimensions) == {1: 1}
        assert metrics.values("IncomingRecords", **dimensions) == {4: 1}
        assert metrics.values("IncomingBytes", **dimensions) == {MIB: 1}


def test_reads_over_the_rates(limited: Wire) -> None:
    name = limited.stream()
    limited.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    iterator = limited.iterator(name)
    for _ in range(5):
        limited.get(iterator)
    for _ in range(2):
        assert limited.error("GetRecords", ShardIterator=iterator)[0] == THROTTLED
    metrics = counted(limited, name)
    assert metrics.values("GetRecords.Success") == {1: 5, 0: 2}
    assert metrics.values("ReadProvisionedThroughputExceeded") == {0: 5, 1: 2}
    shard = {"ShardId": shard_id(0)}
    assert metrics.values("ReadProvisionedThroughputExceeded", **shard) == {0: 5, 1: 2}
    assert metrics.values("GetRecords.Records") == {0: 5}


def test_enhanced_monitoring_publishes_what_is_switched_on(aws: Wire) -> None:
    name, shard = aws.stream(), shard_id(0)

    def use() -> set[str]:
        aws.put(name)
        aws.get(aws.iterator(name))
        return {metric for metric, part in counted(aws, name).names() if part == shard}

    assert use() == set()
    aws.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["OutgoingBytes"])
    assert use() == {"OutgoingBytes"}
    aws.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    assert len(use()) == 7
    before = counted(aws, name).sum("OutgoingBytes", ShardId=shard)
    aws.ok("DisableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    use()
    assert counted(aws, name).sum("OutgoingBytes", ShardId=shard) == before


def test_a_consumer_with_fan_out(aws: Wire) -> None:
    # Given a stream with two batches, and a consumer
    name = aws.stream()
    aws.ok("EnableEnhancedMonitoring", StreamName=name, ShardLevelMetrics=["ALL"])
    reader = {"ConsumerName": "reader"}
    arn = aws.consumer(name)
    aws.ok("PutRecords", StreamName=name, Records=[RECORD] * 3)
    aws.server.clock.advance(seconds=5)
    # When it subscribes from the beginning, reads, and gets one record more
    with Subscription(aws.server, arn, kind="TRIM_HORIZON") as subscription:
        assert len(subscription.datas()) == 3
        refused = {"ConsumerARN": arn, "ShardId": "0", "StartingPosition": {"Type": "LATEST"}}
        assert aws.error("SubscribeToShard", **refused)[0] == "ResourceInUseException"
        aws.put(name, b"more")
        assert subscription.datas() == [b"more"]
    # Then its events are counted, once as its own, and once as the shard's
    metrics = counted(aws, name)
    assert metrics.values("SubscribeToShard.Success", **reader) == {1: 1, 0: 1}
    assert metrics.values("SubscribeToShard.RateExceeded", **reader) == {1: 1}
    assert metrics.values("SubscribeToShardEvent.Records", **reader) == {3: 1, 1: 1}
    assert metrics.values("SubscribeToShardEvent.Bytes", **reader) == {21: 1, 5: 1}
    assert metrics.values("SubscribeToShardEvent.MillisBehindLatest", **reader) == {0: 2}
    assert metrics.values("SubscribeToShardEvent.Success", **reader) == {1: 2}
    assert metrics.values("OutgoingRecords", ShardId=shard_id(0)) == {3: 1, 1: 1}
    assert metrics.values("OutgoingBytes", ShardId=shard_id(0)) == {21: 1, 5: 1}


def test_a_subscription_that_comes_too_soon(limited: Wire) -> None:
    name = limited.stream()
    arn = limited.consumer(name)
    limited.server.clock.advance(seconds=1)
    with Subscription(limited.server, arn):
        call = {"ConsumerARN": arn, "ShardId": shard_id(0), "StartingPosition": {"Type": "LATEST"}}
        assert limited.error("SubscribeToShard", **call)[0] == "LimitExceededException"
        metrics = counted(limited, name)
        assert metrics.values("SubscribeToShard.RateExceeded", ConsumerName="reader") == {1: 1}
        assert metrics.values("SubscribeToShard.Success", ConsumerName="reader") == {0: 1, 1: 1}


def test_an_event_that_cannot_be_read(aws: Wire, store: Store) -> None:
    name = aws.stream()
    arn = aws.consumer(name)
    aws.put(name)
    store.fail("read", StorageError("the disk is gone"))
    with Subscription(aws.server, arn, kind="TRIM_HORIZON") as subscription:
        assert subscription.error()[0] == "InternalFailureException"
    store.heal()
    metrics = counted(aws, name)
    assert metrics.values("SubscribeToShardEvent.Success", ConsumerName="reader") == {0: 1}


def test_a_stream_that_is_gone_keeps_what_it_counted(aws: Wire) -> None:
    name = aws.stream()
    aws.put(name)
    aws.void("DeleteStream", StreamName=name)
    assert counted(aws, name).sum("IncomingRecords") == 1
