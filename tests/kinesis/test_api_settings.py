"""Retention, record size, enhanced monitoring, DescribeLimits."""

from typing import Any

import pytest

from kinesis_wire import Wire, stream_gone
from shardline.testing import TestServer

HALF = str(2**127)
SEVEN = [
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
]


def increase(aws: Wire, name: str, hours: int) -> None:
    aws.void("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=hours)


def decrease(aws: Wire, name: str, hours: int) -> None:
    aws.void("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=hours)


def retention(aws: Wire, name: str) -> int:
    return int(aws.describe(name)["RetentionPeriodHours"])


# --- retention -------------------------------------------------------------------------------


def test_from_a_day_to_a_year(aws: Wire) -> None:
    name = aws.stream()
    assert retention(aws, name) == 24
    increase(aws, name, 8760)
    assert retention(aws, name) == 8760
    decrease(aws, name, 24)
    assert retention(aws, name) == 24


@pytest.mark.parametrize("which", ["Increase", "Decrease"])
def test_periods_out_of_range(aws: Wire, which: str) -> None:
    operation, name = f"{which}StreamRetentionPeriod", aws.stream()
    for hours in (23, 0, -1):
        assert aws.error(operation, StreamName=name, RetentionPeriodHours=hours) == (  # K
            "InvalidArgumentException",
            "Minimum allowed retention period is 24 hours. "
            f"Requested retention period ({hours} hours) is too short.",
        )
    assert aws.error(operation, StreamName=name, RetentionPeriodHours=8761) == (  # M
        "InvalidArgumentException",
        "Maximum allowed retention period is 8760 hours. "
        "Requested retention period (8761 hours) is too long.",
    )


def test_the_wrong_direction(aws: Wire) -> None:
    name = aws.stream()
    increase(aws, name, 25)
    # K:increaseStreamRetentionPeriod, decreaseStreamRetentionPeriod
    assert aws.error("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=24) == (
        "InvalidArgumentException",
        f"Requested retention period (24 hours) for stream {name} can not be shorter than "
        "existing retention period (25 hours). Use DecreaseRetentionPeriod API.",
    )
    assert aws.error("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=26) == (
        "InvalidArgumentException",
        f"Requested retention period (26 hours) for stream {name} can not be longer than "
        "existing retention period (25 hours). Use IncreaseRetentionPeriod API.",
    )


def test_the_same_period_is_no_change(aws: Wire) -> None:
    name = aws.stream()  # K:increase, G11
    increase(aws, name, 24)
    decrease(aws, name, 24)
    assert retention(aws, name) == 24


@pytest.mark.parametrize("which", ["Increase", "Decrease"])
def test_a_stream_that_is_not_there(aws: Wire, which: str) -> None:
    operation = f"{which}StreamRetentionPeriod"
    error = aws.error(operation, StreamName="nobody", RetentionPeriodHours=25)
    assert error == stream_gone("nobody")  # K


def test_a_shorter_period_takes_effect_at_once_and_for_good(aws: Wire) -> None:
    # Given records of 30, 24 and 0 hours ago
    name = aws.stream()
    increase(aws, name, 48)
    aws.put(name, b"30")
    aws.server.clock.advance(hours=6)
    aws.put(name, b"24")
    aws.server.clock.advance(hours=24)
    aws.put(name, b"0")
    assert aws.datas(aws.iterator(name)) == [b"30", b"24", b"0"]
    iterator = aws.iterator(name)
    # When a day is the period, the oldest is gone also for who was about to read it
    decrease(aws, name, 24)
    assert aws.datas(iterator) == [b"24", b"0"]
    # And a longer period brings nothing back
    increase(aws, name, 8760)
    assert aws.datas(aws.iterator(name)) == [b"24", b"0"]


def test_a_longer_period_keeps_what_is_there_and_brings_nothing_back(aws: Wire) -> None:
    # Given a record that expired a millisecond ago, and one that has not, and no upkeep between
    name = aws.stream()
    aws.put(name, b"expired")
    aws.server.clock.advance(milliseconds=1)
    aws.put(name, b"kept")
    aws.server.clock.advance(hours=24)
    assert aws.datas(aws.iterator(name)) == [b"kept"]
    # When
    increase(aws, name, 168)
    # Then
    assert aws.datas(aws.iterator(name)) == [b"kept"]
    aws.server.clock.advance(hours=144)
    assert aws.datas(aws.iterator(name)) == [b"kept"]
    aws.server.clock.advance(milliseconds=1)
    assert aws.datas(aws.iterator(name)) == []


def test_a_longer_period_brings_no_expired_shard_back(aws: Wire) -> None:
    name = aws.stream()
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    aws.server.clock.advance(hours=24, milliseconds=1)
    increase(aws, name, 168)
    assert len(aws.describe(name)["Shards"]) == 2


# --- record size -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "bound"),
    [(1023, "greater than or equal to 1024"), (10241, "less than or equal to 10240")],
)
def test_record_sizes_out_of_range(aws: Wire, size: int, bound: str) -> None:
    name = aws.stream()
    assert aws.error("UpdateMaxRecordSize", StreamARN=aws.arn(name), MaxRecordSizeInKiB=size) == (
        "ValidationException",  # B, by the form of 2.2
        f"1 validation error detected: Value '{size}' at 'maxRecordSizeInKiB' failed to satisfy "
        f"constraint: Member must have value {bound}",
    )


def test_the_record_size_is_in_the_summary(aws: Wire) -> None:
    name = aws.stream()
    aws.void("UpdateMaxRecordSize", StreamARN=aws.arn(name), MaxRecordSizeInKiB=10240)
    summary = aws.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    assert summary["MaxRecordSizeInKiB"] == 10240


# --- enhanced monitoring ---------------------------------------------------------------------


def monitor(aws: Wire, which: str, name: str, *metrics: str) -> Any:
    operation = f"{which}EnhancedMonitoring"
    return aws.ok(operation, StreamName=name, ShardLevelMetrics=metrics)


def test_metrics_are_switched_on_and_off(aws: Wire) -> None:
    # B: before and after; whether ALL comes back as one name or seven is not known of AWS
    name = aws.stream()
    answer = monitor(aws, "Enable", name, "OutgoingBytes", "IncomingBytes")
    assert answer == {
        "StreamName": name,
        "StreamARN": aws.arn(name),
        "CurrentShardLevelMetrics": [],
        "DesiredShardLevelMetrics": ["IncomingBytes", "OutgoingBytes"],
    }
    answer = monitor(aws, "Enable", name, "ALL")
    assert answer["CurrentShardLevelMetrics"] == ["IncomingBytes", "OutgoingBytes"]
    assert answer["DesiredShardLevelMetrics"] == SEVEN
    answer = monitor(aws, "Disable", name, "IncomingBytes")
    assert answer["DesiredShardLevelMetrics"] == SEVEN[1:]
    assert aws.describe(name)["EnhancedMonitoring"] == [{"ShardLevelMetrics": SEVEN[1:]}]
    assert monitor(aws, "Disable", name, "ALL")["DesiredShardLevelMetrics"] == []


def test_metrics_that_the_model_refuses(aws: Wire) -> None:
    for metrics in (["Everything"], [], ["ALL"] * 8):
        code, message = aws.error(
            "EnableEnhancedMonitoring", StreamName="s", ShardLevelMetrics=metrics
        )
        assert code == "ValidationException"
        assert "at 'shardLevelMetrics' failed to satisfy constraint" in message


@pytest.mark.parametrize("which", ["Enable", "Disable"])
def test_monitoring_of_a_stream_that_is_not_there(aws: Wire, which: str) -> None:
    operation = f"{which}EnhancedMonitoring"
    error = aws.error(operation, StreamName="nobody", ShardLevelMetrics=["ALL"])
    assert error == stream_gone("nobody")


# --- DescribeLimits --------------------------------------------------------------------------


def test_limits_are_counted_per_region(server: TestServer) -> None:
    with Wire(server, "me-south-1") as alone:
        assert alone.ok("DescribeLimits") == {
            "ShardLimit": 20_000,
            "OpenShardCount": 0,
            "OnDemandStreamCount": 0,
            "OnDemandStreamCountLimit": 50,
        }
        name = alone.stream(shards=2)
        alone.stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
        alone.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey="2")
        limits = alone.ok("DescribeLimits")
        assert (limits["OpenShardCount"], limits["OnDemandStreamCount"]) == (7, 1)
        alone.void("DeleteStream", StreamName=name)
        assert alone.ok("DescribeLimits")["OpenShardCount"] == 4
