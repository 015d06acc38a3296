"""UpdateStreamMode."""

from collections.abc import Iterator
from typing import Any

import pytest

from kinesis_on_demand import ON_DEMAND, in_region, on_demand, summary
from kinesis_wire import ACCOUNT, Wire, invalid, not_active, stream_gone
from shardline.testing import TestServer

PROVISIONED = {"StreamMode": "PROVISIONED"}


@pytest.fixture
def aws(server: TestServer) -> Iterator[Wire]:
    """A region of each test's own: an account has 50 on-demand streams in one."""
    with in_region(server) as wire:
        yield wire


def switch(aws: Wire, name: str, details: dict[str, str], **members: Any) -> None:
    aws.void("UpdateStreamMode", StreamARN=aws.arn(name), StreamModeDetails=details, **members)


def refused(aws: Wire, name: str, details: dict[str, str], **members: Any) -> tuple[str, str]:
    arn = aws.arn(name)
    return aws.error("UpdateStreamMode", StreamARN=arn, StreamModeDetails=details, **members)


def test_a_switch_keeps_shards_and_records(aws: Wire) -> None:
    name = aws.stream(shards=3)
    aws.put(name, b"x", ExplicitHashKey="0")
    shards = aws.describe(name)["Shards"]
    switch(aws, name, ON_DEMAND)
    description = aws.describe(name)
    assert description["StreamModeDetails"] == ON_DEMAND
    assert description["Shards"] == shards
    assert aws.datas(aws.iterator(name)) == [b"x"]
    # AWS's developer guide: it follows its load from then on; there is none
    aws.server.clock.advance(days=2)
    assert len(aws.open_shards(name)) == 3


def test_two_switches_in_24_hours(aws: Wire) -> None:
    # AWS's documentation; its text is not known. The mode that is, is no switch.
    name = aws.stream()
    switch(aws, name, ON_DEMAND)
    switch(aws, name, ON_DEMAND)
    aws.server.clock.advance(hours=1)
    switch(aws, name, PROVISIONED)
    code, _ = refused(aws, name, ON_DEMAND)
    assert code == "LimitExceededException"
    switch(aws, name, PROVISIONED)
    aws.server.clock.advance(hours=23)
    switch(aws, name, ON_DEMAND)


def test_a_switch_can_bring_warm_throughput(server: TestServer) -> None:
    # botocore's model: "only valid when the stream mode is being updated to on-demand"
    with in_region(server) as aws:
        name = aws.stream(shards=1)
        switch(aws, name, ON_DEMAND, WarmThroughputMiBps=6)
        assert summary(aws, name)["WarmThroughput"] == {"TargetMiBps": 6, "CurrentMiBps": 8}
        # And goes again with the mode
        switch(aws, name, PROVISIONED)
        assert "WarmThroughput" not in summary(aws, name)
        assert len(aws.open_shards(name)) == 8


def test_update_stream_mode_validation_exception(aws: Wire) -> None:
    name = aws.stream()
    for details in ({"StreamMode": "SOMETIMES"}, {}):
        code, message = refused(aws, name, details)
        assert code == "ValidationException"
        assert "at 'streamModeDetails.streamMode' failed to satisfy constraint" in message
    assert refused(aws, name, ON_DEMAND, WarmThroughputMiBps=-1) == invalid(
        "Value '-1' at 'warmThroughputMiBps' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0"
    )


def test_update_stream_mode_resource_not_found_exception(aws: Wire) -> None:
    assert refused(aws, "nobody", ON_DEMAND) == stream_gone("nobody")


def test_update_stream_mode_resource_in_use_exception(slow_aws: Wire) -> None:
    name = slow_aws.stream()
    assert refused(slow_aws, name, ON_DEMAND) == not_active(name, "CREATING")


@pytest.mark.slow
def test_update_stream_mode_limit_exceeded_exception(server: TestServer) -> None:
    # AWS's text is not known
    with in_region(server, advantage=False) as aws:
        for _ in range(50):
            on_demand(aws)
        assert refused(aws, aws.stream(), ON_DEMAND) == (
            "LimitExceededException",
            "This request would exceed the limit of 50 on-demand streams for the account "
            f"{ACCOUNT} in {aws.region}.",
        )


def test_update_stream_mode_invalid_argument_exception(server: TestServer) -> None:
    # AWS's texts are not known
    only_valid = (
        "InvalidArgumentException",
        "WarmThroughputMiBps is only valid when the stream mode is being updated to ON_DEMAND.",
    )
    with in_region(server) as aws:
        name = on_demand(aws)
        assert refused(aws, name, ON_DEMAND, WarmThroughputMiBps=8) == only_valid
        assert refused(aws, name, PROVISIONED, WarmThroughputMiBps=8) == only_valid
    with in_region(server, advantage=False) as aws:
        assert refused(aws, aws.stream(), ON_DEMAND, WarmThroughputMiBps=8) == (
            "InvalidArgumentException",
            "WarmThroughputMiBps requires MinimumThroughputBillingCommitment to be ENABLED for "
            f"account {ACCOUNT} in {aws.region}.",
        )


def test_a_stream_whose_producers_may_rely_on_auto_is_not_switched(aws: Wire) -> None:
    name = on_demand(aws, RecordDistributionStrategy="AUTO")
    assert refused(aws, name, PROVISIONED) == (
        "InvalidArgumentException",
        "RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode.",
    )
    strategy = {"RecordDistributionStrategy": "USER_PARTITION_KEY"}
    aws.void("UpdateStreamRecordDistributionStrategy", StreamARN=aws.arn(name), **strategy)
    switch(aws, name, PROVISIONED)


@pytest.mark.parametrize("operation", ["SplitShard", "MergeShards", "UpdateShardCount"])
def test_resharding_by_hand_is_for_provisioned_streams(aws: Wire, operation: str) -> None:
    name = on_demand(aws)
    members: dict[str, Any] = {
        "SplitShard": {"ShardToSplit": "0", "NewStartingHashKey": "2"},
        "MergeShards": {"ShardToMerge": "0", "AdjacentShardToMerge": "1"},
        "UpdateShardCount": {"TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"},
    }[operation]
    code, message = aws.error(operation, StreamName=name, **members)
    assert code == "ValidationException"
    assert message.endswith("is in On-Demand mode.")
