"""Warm throughput: UpdateStreamWarmThroughput, CreateStream, and what describing shows of it."""

import pytest

from kinesis_on_demand import (
    ADVANTAGE,
    MIB,
    NO_ADVANTAGE,
    in_region,
    on_demand,
    summary,
    widths,
)
from kinesis_wire import ACCOUNT, TRANSITION_MS, Wire, invalid, new_name, not_active, stream_gone
from shardline.testing import TestServer

UPDATE = "UpdateStreamWarmThroughput"
NEEDS_ADVANTAGE = (
    "InvalidArgumentException",
    "WarmThroughputMiBps requires MinimumThroughputBillingCommitment to be ENABLED for account "
    f"{ACCOUNT} in {{region}}.",
)


def warm(aws: Wire, name: str, mibps: int) -> dict[str, object]:
    answer = aws.ok(UPDATE, StreamName=name, WarmThroughputMiBps=mibps)
    assert isinstance(answer, dict)
    return answer


def test_shards_follow_at_once_and_split_evenly(server: TestServer) -> None:
    with in_region(server) as aws:
        name = on_demand(aws)
        answer = warm(aws, name, 10)
        assert answer == {
            "StreamARN": aws.arn(name),
            "StreamName": name,
            "WarmThroughput": {"TargetMiBps": 10, "CurrentMiBps": 4},
        }
        # Then no shard is wider than a tenth: evenly spread, 10 MiB/s find room
        assert widths(aws, name) == [2**124] * 16
        assert summary(aws, name)["WarmThroughput"] == {"TargetMiBps": 10, "CurrentMiBps": 16}
        # And load that is not there does not take them away
        aws.server.clock.advance(days=40)
        aws.server.clock.advance(days=2)
        assert len(aws.open_shards(name)) == 16


@pytest.mark.slow
def test_the_same_value_again_releases_what_a_burst_left(server: TestServer) -> None:
    with in_region(server) as aws:
        # Given a stream that a burst has made wider than its warm throughput
        name = on_demand(aws)
        warm(aws, name, 4)
        for _ in range(4):
            for quarter in range(4):
                key = str(quarter * 2**126)
                for _ in range(10):
                    aws.put(name, b"x" * (4 * MIB // 5), ExplicitHashKey=key)
        for _ in range(6):
            for quarter in range(4):
                aws.put(name, b"x", ExplicitHashKey=str(quarter * 2**126))
        aws.server.clock.advance(minutes=1)
        assert len(aws.open_shards(name)) == 8
        # When the burst is over, Then its capacity stays (AWS: for 30 days)
        aws.server.clock.advance(days=2)
        assert len(aws.open_shards(name)) == 8
        # until the same value is set again
        warm(aws, name, 4)
        assert widths(aws, name) == [2**126] * 4
        # and the peak is forgotten: nothing grows again
        aws.server.clock.advance(minutes=1)
        assert len(aws.open_shards(name)) == 4


def test_a_lower_value_releases(server: TestServer) -> None:
    with in_region(server) as aws:
        name = on_demand(aws)
        for mibps, shards in ((64, 64), (20, 32), (0, 4)):
            warm(aws, name, mibps)
            assert summary(aws, name)["OpenShardCount"] == shards


def test_a_stream_is_made_warm(server: TestServer) -> None:
    with in_region(server) as aws:
        name = on_demand(aws, WarmThroughputMiBps=7)
        assert len(aws.open_shards(name)) == 7
        assert summary(aws, name)["WarmThroughput"] == {"TargetMiBps": 7, "CurrentMiBps": 7}
        assert len(aws.open_shards(on_demand(aws, WarmThroughputMiBps=1))) == 4


def test_without_the_commitment_warm_throughput_is_not_shown_and_not_kept(
    server: TestServer,
) -> None:
    with in_region(server) as aws:
        name = on_demand(aws, WarmThroughputMiBps=8)
        # When the commitment ends, a day after it began
        aws.ok("UpdateAccountSettings", **NO_ADVANTAGE)
        assert "WarmThroughput" in summary(aws, name)
        aws.server.clock.advance(hours=24)
        # Then (botocore's model) it is not shown, and the shards follow the load alone
        assert "WarmThroughput" not in summary(aws, name)
        aws.server.clock.advance(minutes=1)
        assert len(aws.open_shards(name)) == 4
        # And comes back with the commitment
        aws.ok("UpdateAccountSettings", **ADVANTAGE)
        assert summary(aws, name)["WarmThroughput"] == {"TargetMiBps": 8, "CurrentMiBps": 4}


def test_an_account_without_the_commitment_is_not_shown_any(server: TestServer) -> None:
    with in_region(server, advantage=False) as aws:
        assert "WarmThroughput" not in summary(aws, on_demand(aws))


def test_update_stream_warm_throughput_goes_through_updating(slow_aws: Wire) -> None:
    slow_aws.ok("UpdateAccountSettings", **ADVANTAGE)
    name = on_demand(slow_aws)
    slow_aws.server.clock.advance(milliseconds=TRANSITION_MS)
    warm(slow_aws, name, 8)
    shown = summary(slow_aws, name)
    assert (shown["StreamStatus"], shown["OpenShardCount"]) == ("UPDATING", 4)
    slow_aws.put(name)
    slow_aws.server.clock.advance(milliseconds=TRANSITION_MS)
    shown = summary(slow_aws, name)
    assert (shown["StreamStatus"], shown["OpenShardCount"]) == ("ACTIVE", 8)


def test_update_stream_warm_throughput_resource_in_use_exception(slow_aws: Wire) -> None:
    slow_aws.ok("UpdateAccountSettings", **ADVANTAGE)
    name = on_demand(slow_aws)
    error = slow_aws.error(UPDATE, StreamName=name, WarmThroughputMiBps=8)
    assert error == not_active(name, "CREATING")


def test_update_stream_warm_throughput_resource_not_found_exception(aws: Wire) -> None:
    error = aws.error(UPDATE, StreamName="nobody", WarmThroughputMiBps=8)
    assert error == stream_gone("nobody")


def test_update_stream_warm_throughput_validation_exception(aws: Wire) -> None:
    assert aws.error(UPDATE, StreamName="s", WarmThroughputMiBps=-1) == invalid(
        "Value '-1' at 'warmThroughputMiBps' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0"
    )


def test_update_stream_warm_throughput_invalid_argument_exception(server: TestServer) -> None:
    # AWS's texts are not known
    with in_region(server, advantage=False) as aws:
        error = aws.error(UPDATE, StreamName=on_demand(aws), WarmThroughputMiBps=8)
        assert error == (NEEDS_ADVANTAGE[0], NEEDS_ADVANTAGE[1].format(region=aws.region))
        aws.ok("UpdateAccountSettings", **ADVANTAGE)
        name = aws.stream()
        assert aws.error(UPDATE, StreamName=name, WarmThroughputMiBps=8) == (
            "InvalidArgumentException",
            "Warm throughput is only supported for streams in ON_DEMAND mode. "
            f"Stream {name} under account {ACCOUNT} is in PROVISIONED mode.",
        )


@pytest.mark.slow
@pytest.mark.many_shards
def test_update_stream_warm_throughput_limit_exceeded_exception(server: TestServer) -> None:
    with in_region(server) as aws:
        name = on_demand(aws)
        # botocore's model: 10 GiB/s; the text is not known
        assert aws.error(UPDATE, StreamName=name, WarmThroughputMiBps=10_241) == (
            "LimitExceededException",
            "WarmThroughputMiBps 10241 exceeds the limit of 10240 MiB per second for an on-demand "
            "stream.",
        )
        # and the account's shards
        aws.stream(shards=19_990)
        code, message = aws.error(UPDATE, StreamName=name, WarmThroughputMiBps=16)
        assert code == "LimitExceededException"
        assert "Number of additional shards that would have resulted from this request: 12." in (
            message
        )
        assert len(aws.open_shards(name)) == 4


@pytest.mark.parametrize(
    ("mode", "advantage", "mibps", "code", "text"),
    [
        ("ON_DEMAND", False, 8, "InvalidArgumentException", NEEDS_ADVANTAGE[1]),
        (
            "PROVISIONED",
            True,
            8,
            "InvalidArgumentException",
            "WarmThroughputMiBps is only supported for streams in ON_DEMAND mode.",
        ),
        (
            "ON_DEMAND",
            True,
            10_241,
            "LimitExceededException",
            "WarmThroughputMiBps 10241 exceeds the limit of 10240 MiB per second for an on-demand "
            "stream.",
        ),
    ],
)
def test_a_stream_cannot_be_made_warm(
    server: TestServer, mode: str, advantage: bool, mibps: int, code: str, text: str
) -> None:
    # botocore's model says when; AWS's texts are not known
    with in_region(server, advantage=advantage) as aws:
        error = aws.error(
            "CreateStream",
            StreamName=new_name(),
            StreamModeDetails={"StreamMode": mode},
            WarmThroughputMiBps=mibps,
        )
        assert error == (code, text.format(region=aws.region))
