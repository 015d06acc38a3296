"""Limits on numbers in each mode, and the tag that sets the mode of a stream."""

from collections.abc import Callable
from typing import Any

import pytest

from kinesis_wire import ACCOUNT, TRANSITION_MS, Wire, new_name
from shardline.kinesis.limits import MOST_SHARDS, NO_LIMIT
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, running_server

TAG = "shardline:limits"
LIMIT_EXCEEDED = "LimitExceededException"
ON_DEMAND = {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}


def scale(aws: Wire, name: str, target: int) -> str:
    """`ok`, or the code of the error."""
    members = {"StreamName": name, "TargetShardCount": target, "ScalingType": "UNIFORM_SCALING"}
    reply = aws.call("UpdateShardCount", members)
    return "ok" if reply.status == 200 else LIMIT_EXCEEDED * (LIMIT_EXCEEDED in str(reply.body))


def switch(aws: Wire, name: str, mode: str) -> str:
    """As `scale`."""
    members = {"StreamARN": aws.arn(name), "StreamModeDetails": {"StreamMode": mode}}
    reply = aws.call("UpdateStreamMode", members)
    return "ok" if reply.status == 200 else LIMIT_EXCEEDED * (LIMIT_EXCEEDED in str(reply.body))


def double_and_half(aws: Wire, name: str) -> set[str]:
    return {scale(aws, name, 9), scale(aws, name, 1)}


def eleven_updates(aws: Wire, name: str) -> set[str]:
    for _ in range(10):
        assert scale(aws, name, 2) == "ok"
    aws.server.clock.advance(seconds=1)
    return {scale(aws, name, 2)}


def three_switches(aws: Wire, name: str) -> set[str]:
    assert [switch(aws, name, mode) for mode in ("ON_DEMAND", "PROVISIONED")] == ["ok", "ok"]
    return {switch(aws, name, "ON_DEMAND")}


Use = Callable[[Wire, str], set[str]]
USES = [double_and_half, eleven_updates, three_switches]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("mode", ["counts", "aws"])
def test_numbers_of_a_stream_are_limited(aws: Wire, limited: Wire, mode: str, use: Use) -> None:
    wire = aws if mode == "counts" else limited
    assert use(wire, wire.stream(shards=4)) == {LIMIT_EXCEEDED}


@pytest.mark.parametrize("use", USES)
def test_with_limits_off_they_are_not(unlimited: Wire, use: Use) -> None:
    assert use(unlimited, unlimited.stream(shards=4)) == {"ok"}


@pytest.mark.parametrize("use", USES)
def test_the_tag_of_a_stream_decides_what_counts_a_stream(
    aws: Wire, unlimited: Wire, use: Use
) -> None:
    assert use(aws, aws.stream(shards=4, Tags={TAG: "off"})) == {"ok"}
    assert use(unlimited, unlimited.stream(shards=4, Tags={TAG: "counts"})) == {LIMIT_EXCEEDED}


def test_updates_without_limits_are_remembered_as_far_as_they_count(unlimited: Wire) -> None:
    # Given more updates than a day allows, when the limits are put on
    name = unlimited.stream(shards=1)
    for _ in range(12):
        assert scale(unlimited, name, 1) == "ok"
    stream = unlimited.server.run(
        unlimited.server.node.book.find(ACCOUNT, unlimited.region, name)
    ).stream
    assert len(stream.reshards_ms) == 10
    unlimited.void("AddTagsToStream", StreamName=name, Tags={TAG: "counts"})
    # Then the next one waits for a day
    assert scale(unlimited, name, 1) == LIMIT_EXCEEDED
    unlimited.server.clock.advance(hours=24)
    assert scale(unlimited, name, 1) == "ok"


def many_on_demand(wire: Wire) -> set[int]:
    return {
        wire.call("CreateStream", {"StreamName": new_name(), **ON_DEMAND}).status for _ in range(51)
    }


@pytest.mark.slow
def test_create_stream_limit_exceeded_exception_on_demand_streams(
    aws: Wire, unlimited: Wire
) -> None:
    with Wire(aws.server, "eu-south-2") as alone:
        assert many_on_demand(alone) == {200, 400}
        name = new_name()
        assert alone.error("CreateStream", StreamName=name, **ON_DEMAND)[0] == LIMIT_EXCEEDED
        # A tag does not lift what counts the account.
        tagged = {"Tags": {TAG: "off"}, **ON_DEMAND}
        assert alone.error("CreateStream", StreamName=name, **tagged)[0] == LIMIT_EXCEEDED
    with Wire(unlimited.server, "eu-south-2") as free:
        assert many_on_demand(free) == {200}


def test_create_stream_with_limits_off_beside_many_that_are_being_made() -> None:
    settings = NodeSettings(data_dir=None, port=0, transition_ms=TRANSITION_MS, limits="off")
    with running_server(settings, clock=ManualClock()) as server, Wire(server) as wire:
        names = [wire.stream() for _ in range(8)]
        assert {wire.describe(name)["StreamStatus"] for name in names} == {"CREATING"}


def test_describe_limits_says_what_holds(aws: Wire, limited: Wire, unlimited: Wire) -> None:
    def said(wire: Wire) -> tuple[int, int]:
        with Wire(wire.server, "eu-north-1") as alone:
            answer = alone.ok("DescribeLimits")
        return answer["ShardLimit"], answer["OnDemandStreamCountLimit"]

    assert said(aws) == said(limited) == (20_000, 50)
    assert said(unlimited) == (MOST_SHARDS, NO_LIMIT)


def test_with_limits_off_the_server_still_has_an_end(
    unlimited: Wire,
) -> None:
    shards = {"StreamName": new_name(), "ShardCount": 1_000_000_000}
    with Wire(unlimited.server, "ap-east-1") as alone:
        assert alone.error("CreateStream", **shards) == (
            LIMIT_EXCEEDED,
            f"This request would exceed the shard limit for the account {ACCOUNT} in ap-east-1. "
            f"Current shard count for the account: 0. Limit: {MOST_SHARDS}. "
            "Number of additional shards that would have resulted from this request: 1000000000. "
            "Refer to the AWS Service Limits page "
            "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
            "limits and how to request higher limits.",
        )
        name = alone.stream(shards=2)
        assert scale(alone, name, 1_000_000_000) == LIMIT_EXCEEDED


@pytest.mark.exact_rates
def test_a_stream_changes_its_mode_with_its_tag(aws: Wire) -> None:
    name = aws.stream()
    megabyte = {"StreamName": name, "Data": b"x" * (2**20 - 1), "PartitionKey": "k"}

    def takes_more() -> bool:
        """Whether the shard takes a second megabyte in one moment."""
        aws.server.clock.advance(seconds=1)
        aws.ok("PutRecord", **megabyte)
        return aws.call("PutRecord", megabyte).status == 200

    assert takes_more()
    aws.void("AddTagsToStream", StreamName=name, Tags={TAG: "aws"})
    assert not takes_more()
    aws.void("TagResource", ResourceARN=aws.arn(name), Tags={TAG: "off"})
    assert takes_more()
    aws.void("TagResource", ResourceARN=aws.arn(name), Tags={TAG: "aws"})
    aws.void("RemoveTagsFromStream", StreamName=name, TagKeys=[TAG])
    assert takes_more()


def bad(aws: Wire, operation: str, **members: Any) -> None:
    assert aws.error(operation, **members) == (
        "InvalidArgumentException",
        f"The tag {TAG} cannot have the value 'on': it is one of counts, aws, off.",
    )


def test_a_mode_that_is_none_is_refused_wherever_tags_are_set(aws: Wire) -> None:
    name, tags = aws.stream(), {"a": "b", TAG: "on"}
    bad(aws, "AddTagsToStream", StreamName=name, Tags=tags)
    bad(aws, "TagResource", ResourceARN=aws.arn(name), Tags=tags)
    bad(aws, "CreateStream", StreamName=new_name(), ShardCount=1, Tags=tags)
    assert aws.ok("ListTagsForStream", StreamName=name)["Tags"] == []
