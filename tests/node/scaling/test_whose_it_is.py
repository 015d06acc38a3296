"""Which streams a server scales, by which rules, and whose alarms follow."""

import pytest

from module_steps import apply
from server_scaling import (
    YAML,
    minutes,
    shards,
    stream_with,
    target_of,
)
from shardline.module.places import Place, owner_tag
from shardline.module.scaling.rules_tag import TAG as RULES
from shardline.testing import TestServer


def test_a_stream_without_the_tag_is_left(
    server: TestServer, told: pytest.LogCaptureFixture
) -> None:
    server.client().create_stream(StreamName="orders", ShardCount=2)

    minutes(server, 10, 2.0)

    assert shards(server) == 2
    assert told.messages == []


def test_an_on_demand_stream_is_left_to_its_own_rule(server: TestServer) -> None:
    client = server.client()
    mode = {"StreamMode": "ON_DEMAND"}
    rules = {RULES: "min=8 max=16 target=0.60"}
    client.create_stream(StreamName="orders", StreamModeDetails=mode, Tags=rules)

    minutes(server, 2, 0)

    assert shards(server) == 4


def test_a_garbled_tag_does_nothing_and_is_told_once(
    server: TestServer, told: pytest.LogCaptureFixture
) -> None:
    # Given a tag that somebody wrote by hand
    client = stream_with(server, "min 2 max 16")

    # When there is load, Then nothing is done, and that is said
    minutes(server, 10, 2.0)
    assert shards(server) == 2
    said = (
        "stream orders is not scaled: its tag shardline:module-scaling says 'min 2 max 16', "
        "which is not as `shardline apply` writes it"
    )
    assert told.messages == [said]

    # And once more when it says something else that is wrong
    client.add_tags_to_stream(StreamName="orders", Tags={RULES: "2 to 16"})
    minutes(server, 2, 2.0)
    assert len(told.messages) == 2

    # And put right, it counts
    client.add_tags_to_stream(StreamName="orders", Tags={RULES: "min=2 max=16 target=0.60"})
    minutes(server, 1, 2.0)
    assert shards(server) == 4


def test_other_bounds_hold_at_once(server: TestServer) -> None:
    target = target_of(server)
    apply(target, YAML)
    client = server.client()
    client.add_tags_to_stream(StreamName="orders", Tags={RULES: "min=6 max=16 target=0.60"})

    minutes(server, 1, 0)

    assert shards(server) == 4
    minutes(server, 10, 0)
    assert shards(server) == 6


def test_alarms_of_others_are_left(server: TestServer) -> None:
    # Given alarms under the names of the module's, of which one is somebody else's by now
    target = target_of(server)
    apply(target, YAML)
    name = "kinesis-orders-bytes-in-utilization"
    client = server.client("cloudwatch")
    (alarm,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    (key,) = owner_tag(Place("", ""), "")
    client.untag_resource(ResourceARN=alarm["AlarmArn"], TagKeys=[key])

    # When the stream grows
    minutes(server, 6, 2.0)

    # Then that one is as it was
    (left,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert left["Metrics"] == alarm["Metrics"]
    (other,) = client.describe_alarms(AlarmNames=["kinesis-orders-records-in-utilization"])[
        "MetricAlarms"
    ]
    assert other["Metrics"][-1]["Expression"] == "load / (4 * 60 * 1000)"
