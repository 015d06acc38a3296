"""A server moves the shards of the streams whose module says so, as time goes by."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from module_steps import apply, no_sleep, planned, print_nothing, wanted
from shardline.kinesis.counts.metrics import NAMESPACE
from shardline.module.autoscale import look, scale
from shardline.module.places import Place, owner_tag
from shardline.module.scaling.history import TAG as RESIZED
from shardline.module.scaling.history import History
from shardline.module.scaling.rules import SHARD_BYTES
from shardline.module.scaling.rules_tag import TAG as RULES
from shardline.module.target import Target
from shardline.settings import NodeSettings
from shardline.storage.metric_store import Datum, Metric
from shardline.storage.statistic_set import StatisticSet
from shardline.testing import ManualClock, TestServer, running_server

YAML = "name: orders\nshards: {min: 2, max: 16}\n"
START_MS = 1_790_000_000_000
LOG = "shardline.scaling"


@pytest.fixture(autouse=True)
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What the scaler says."""
    caplog.set_level(logging.INFO, LOG)
    return caplog


@pytest.fixture
def server() -> Iterator[TestServer]:
    """A server whose time is moved by the test alone."""
    with running_server(clock=ManualClock(START_MS)) as server:
        yield server


def target_of(server: TestServer) -> Target:
    return Target.of(server.client, server.endpoint)


def now_s(server: TestServer) -> int:
    return server.clock.now_ms() // 1000


def put(server: TestServer, stream: str, name: str, value: float, **dimensions: str) -> None:
    """A value of a metric of Kinesis, in the minute that is now."""
    settings = server.node.settings
    about = tuple(sorted({"StreamName": stream, **dimensions}.items()))
    metric = Metric(settings.account, settings.region, NAMESPACE, name, about)
    known = StatisticSet(1, value, value, value, {value: 1})
    datum = Datum(metric, "None", 60, now_s(server) // 60 * 60, known)
    server.run(server.node.metrics.put([datum]))


def minutes(server: TestServer, count: int, filled: float, stream: str = "orders") -> None:
    """So many minutes with a load that fills so many shards, and a look after each."""
    for _ in range(count):
        if filled:
            put(server, stream, "IncomingBytes", filled * SHARD_BYTES * 60)
        server.clock.advance(minutes=1)


def shards(server: TestServer, stream: str = "orders") -> int:
    summary = server.client().describe_stream_summary(StreamName=stream)
    count = summary["StreamDescriptionSummary"]["OpenShardCount"]
    assert isinstance(count, int)
    return count


def tags(server: TestServer, stream: str = "orders") -> dict[str, str]:
    found = server.client().list_tags_for_stream(StreamName=stream)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def stream_with(server: TestServer, rules: str, count: int = 2) -> Any:
    """A stream that has a tag of rules, made by hand."""
    client = server.client()
    client.create_stream(StreamName="orders", ShardCount=count, Tags={RULES: rules})
    return client


# --- up and down -----------------------------------------------------------------------------


def test_load_makes_it_grow_and_its_alarms_with_it(
    server: TestServer, told: pytest.LogCaptureFixture
) -> None:
    # Given a stream that the module made
    target = target_of(server)
    apply(target, YAML)
    assert tags(server)[RULES] == "min=2 max=16 target=0.60"

    # When it is full for five minutes, of which the metrics tell a minute later
    minutes(server, 5, 2.0)
    assert shards(server) == 2
    minutes(server, 1, 2.0)

    # Then it has twice the shards, says why, and has counted the change
    assert shards(server) == 4
    assert told.messages[0] == (
        "stream orders: up, 2 to 4 shards: 5 minutes at 100% or more (75% is too much) "
        "[100% at least in five minutes, 100% at the peak, 59 quiet points, nobody read, "
        "10 changes were left]"
    )
    assert tags(server)[RESIZED] == str(now_s(server))

    # And its alarms are for these: nothing is left for apply
    assert [text for text in told.messages if text.startswith("alarm")] == [
        f"alarm kinesis-orders-{kind}-utilization: now for 4 shards"
        for kind in ("bytes-in", "bytes-out", "records-in")
    ]
    assert planned(target, YAML).is_empty

    # And it pauses for ten minutes before it grows on, to where the load is at the aim
    minutes(server, 9, 4.0)
    assert shards(server) == 4
    minutes(server, 1, 4.0)
    assert shards(server) == 7


def test_quiet_makes_it_shrink_slowly_and_not_below_its_least(server: TestServer) -> None:
    # Given a stream of 8 shards without load
    stream_with(server, "min=3 max=16 target=0.60", 8)

    # When that has been so for five hours
    server.clock.advance(hours=4, minutes=59)
    assert shards(server) == 8
    minutes(server, 1, 0)

    # Then it halves, and only an hour later goes on to its least
    assert shards(server) == 4
    minutes(server, 59, 0)
    assert shards(server) == 4
    minutes(server, 1, 0)
    assert shards(server) == 3
    minutes(server, 61, 0)
    assert shards(server) == 3


def test_a_new_stream_is_not_shrunk(server: TestServer) -> None:
    stream_with(server, "min=1 max=16 target=0.60", 8)

    minutes(server, 120, 0)

    assert shards(server) == 8


def test_what_clients_put_is_the_load(server: TestServer) -> None:
    # Given a stream of one shard that can take records of 10 MiB
    client = server.client()
    rules = {RULES: "min=1 max=4 target=0.60"}
    client.create_stream(
        StreamName="orders", ShardCount=1, Tags=rules, MaxRecordSizeInKiB=10 * 1024
    )

    # When 50 MB come in each minute
    for _ in range(6):
        for _ in range(5):
            client.put_record(StreamName="orders", Data=bytes(10_000_000), PartitionKey="k")
        server.clock.advance(minutes=1)

    # Then it has grown
    assert shards(server) == 2


def test_a_reader_that_is_behind_keeps_it_from_shrinking(server: TestServer) -> None:
    # Given a stream that could be smaller, but for a fan-out consumer that is an hour behind
    client = stream_with(server, "min=1 max=16 target=0.60", 8)
    arn = client.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]
    client.register_stream_consumer(StreamARN=arn["StreamARN"], ConsumerName="billing")
    behind = "SubscribeToShardEvent.MillisBehindLatest"
    server.clock.advance(hours=4, minutes=50)
    put(server, "orders", behind, 3_600_000, ConsumerName="billing")

    # Then it waits for as long as that was in the last 15 minutes
    server.clock.advance(minutes=11)
    assert shards(server) == 8
    server.clock.advance(minutes=10)
    assert shards(server) == 4


# --- whose it is -----------------------------------------------------------------------------


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


# --- counted and refused ---------------------------------------------------------------------


def test_a_refusal_is_told_and_not_counted(
    server: TestServer, told: pytest.LogCaptureFixture
) -> None:
    # Given a stream whose ten changes of the day somebody else has made
    client = stream_with(server, "min=2 max=16 target=0.60")
    for count in (4, 2) * 5:
        client.update_shard_count(
            StreamName="orders", TargetShardCount=count, ScalingType="UNIFORM_SCALING"
        )

    # When it is full
    minutes(server, 6, 2.0)

    # Then that is told, and the scaler's own changes are as they were
    assert shards(server) == 2
    assert told.messages[1] == (
        "stream orders stays at 2 shards: LimitExceededException: UpdateShardCount cannot be "
        "called more than 10 times per rolling 24-hour period for stream orders under account "
        f"{server.node.settings.account}."
    )
    assert History.of_tags(tags(server)) == History()

    # And when the day is over it grows
    server.clock.advance(hours=24)
    minutes(server, 6, 2.0)
    assert shards(server) == 4


def test_a_restart_keeps_the_history(tmp_path: Path) -> None:
    settings = NodeSettings(data_dir=tmp_path / "data", port=0)
    clock = ManualClock(START_MS)
    with running_server(settings, clock=clock) as server:
        apply(target_of(server), YAML)
        minutes(server, 6, 2.0)
        assert shards(server) == 4
        changed = tags(server)[RESIZED]

    # When another process goes on, under a load that needs more
    with running_server(settings, clock=clock) as server:
        assert tags(server)[RESIZED] == changed
        minutes(server, 9, 4.0)
        # Then the pause since the change goes on too
        assert shards(server) == 4
        minutes(server, 1, 4.0)
        assert shards(server) == 7
        assert len(History.of_tags(tags(server)).changes) == 2


def test_alarms_that_a_crash_left_behind_follow(server: TestServer) -> None:
    """The alarms are compared with the shards that there are, not with what was decided."""
    target = target_of(server)
    apply(target, YAML)
    server.clock.advance(minutes=1)
    server.client().update_shard_count(
        StreamName="orders", TargetShardCount=3, ScalingType="UNIFORM_SCALING"
    )
    assert not planned(target, YAML).is_empty

    server.clock.advance(minutes=1)

    assert planned(target, YAML).is_empty


def test_a_stream_in_updating_is_left_until_it_is_active(tmp_path: Path) -> None:
    settings = NodeSettings(data_dir=None, port=0, transition_ms=150_000)
    with running_server(settings, clock=ManualClock(START_MS)) as server:
        stream_with(server, "min=2 max=16 target=0.60")
        minutes(server, 6, 2.0)
        assert len(History.of_tags(tags(server)).changes) == 1
        assert shards(server) == 2
        server.clock.advance(minutes=3)
        assert shards(server) == 4
        assert len(History.of_tags(tags(server)).changes) == 1


# --- beside `shardline autoscale` ------------------------------------------------------------


def test_another_scaler_that_looked_at_the_same_time_does_not_double_it_again(
    server: TestServer,
) -> None:
    # Given one from outside that decided before the server did
    target, want = target_of(server), wanted(YAML)
    apply(target, YAML)
    minutes(server, 5, 2.0)
    late_s = now_s(server) + 60
    put(server, "orders", "IncomingBytes", 2.0 * SHARD_BYTES * 60)
    found = look(target, want, late_s)
    assert found.decision is not None
    assert found.decision.shards == 4
    server.clock.advance(minutes=1)
    assert shards(server) == 4

    # When it acts on what it saw
    said: list[str] = []
    scale(target, want, found, late_s, sleep=no_sleep, tell=said.append)

    # Then nothing is done twice, and the next look of both holds
    assert said == ["orders was changed meanwhile: left for the next time"]
    assert shards(server) == 4
    assert len(History.of_tags(tags(server)).changes) == 1
    held = look(target, want, now_s(server)).decision
    assert held is not None
    assert held.word == "hold"


def test_the_server_leaves_what_another_scaler_has_just_done(server: TestServer) -> None:
    target, want = target_of(server), wanted(YAML)
    apply(target, YAML)
    minutes(server, 5, 2.0)
    put(server, "orders", "IncomingBytes", 2.0 * SHARD_BYTES * 60)
    at_s = now_s(server) + 60
    scale(target, want, look(target, want, at_s), at_s, sleep=no_sleep, tell=print_nothing)

    minutes(server, 5, 2.0)

    assert shards(server) == 4
    assert tags(server)[RESIZED] == str(at_s)


# --- what it costs ---------------------------------------------------------------------------


def test_a_server_loads_nothing_of_the_configuration() -> None:
    script = "import shardline.node, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "shardline.module.scaling.decision" in loaded
    assert not {"pydantic", "boto3", "yaml", "shardline.module.spec"} & set(loaded)
