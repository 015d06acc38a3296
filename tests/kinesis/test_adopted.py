"""What an adopted stream is, and what does not happen to it."""

import pytest

from kinesis_samples import ACCOUNT, NOW_MS, assert_partition, make_stream
from shardline.gateway.errors import ServiceError
from shardline.gateway.model import load_service
from shardline.kinesis.adopted import FOREVER_MS, REFUSED, adopted_stream
from shardline.kinesis.lifecycle import COMPLETIONS, TABLE, Event, after
from shardline.storage.entities import Stream

HOUR_MS = 3_600_000
CALLS = [event for event in TABLE if event not in (*COMPLETIONS.values(), "create")]


def adopted(retention_ms: int | None = None, topic_id: str = "abc", partitions: int = 3) -> Stream:
    return adopted_stream(
        stream_id="abcdefghij0123456789-abc",
        account=ACCOUNT,
        region="us-east-1",
        name="flights",
        topic="their.flights",
        topic_id=topic_id,
        partitions=partitions,
        retention_ms=retention_ms,
        now_ms=NOW_MS,
    )


def test_a_partition_is_a_shard() -> None:
    stream = adopted(partitions=7)
    assert [shard.number for shard in stream.shards] == list(range(7))
    assert all(shard.is_open for shard in stream.shards)
    assert_partition(stream.shards)
    assert (stream.status, stream.mode, stream.topic) == ("ACTIVE", "PROVISIONED", "their.flights")


def test_the_same_topic_has_the_same_numbers_and_another_one_has_others() -> None:
    assert adopted().shards == adopted().shards
    assert adopted().shards[0].created_s != adopted(topic_id="abd").shards[0].created_s
    # more partitions leave the ones that are there theirs
    assert {shard.created_s for shard in adopted(partitions=9).shards} == {
        adopted().shards[0].created_s
    }
    assert 0 < adopted().shards[0].created_s < NOW_MS // 1000


@pytest.mark.parametrize(
    ("retention_ms", "hours"),
    [
        (None, 24),
        (1, 24),
        (24 * HOUR_MS, 24),
        (24 * HOUR_MS + 1, 25),
        (8760 * HOUR_MS, 8760),
        (9000 * HOUR_MS, 8760),
        (FOREVER_MS, 8760),
    ],
)
def test_the_retention_period_is_the_topic_s_as_far_as_kinesis_can_say_it(
    retention_ms: int | None, hours: int
) -> None:
    assert adopted(retention_ms).retention_hours == hours


@pytest.mark.parametrize("event", CALLS)
def test_what_would_change_the_topic_is_refused_and_nothing_else(event: Event) -> None:
    if event not in REFUSED:
        assert after(adopted(), event) == after(make_stream(), event)
        return
    with pytest.raises(ServiceError) as refused:
        after(adopted(), event)
    assert refused.value.code == "InvalidArgumentException"
    assert refused.value.message == (
        f"Stream flights under account {ACCOUNT} is the Kafka topic their.flights, which is only "
        "read."
    )


def test_what_is_refused_are_events_that_there_are() -> None:
    assert set(CALLS) >= REFUSED


@pytest.mark.parametrize(
    "operation",
    [
        "PutRecord",
        "PutRecords",
        "SplitShard",
        "MergeShards",
        "UpdateShardCount",
        "IncreaseStreamRetentionPeriod",
        "DecreaseStreamRetentionPeriod",
        "UpdateStreamMode",
        "UpdateMaxRecordSize",
        "StartStreamEncryption",
        "StopStreamEncryption",
        "UpdateStreamWarmThroughput",
        "UpdateStreamRecordDistributionStrategy",
    ],
)
def test_each_operation_that_is_refused_has_that_error(operation: str) -> None:
    errors = load_service("kinesis").operations[operation].errors
    assert "InvalidArgumentException" in errors


def test_a_stream_that_is_going_says_so_first() -> None:
    going = make_stream(status="DELETING", topic="their.flights")
    with pytest.raises(ServiceError, match="not found"):
        after(going, "write")
