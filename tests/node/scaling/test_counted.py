"""Changes are counted in a tag: over a restart, a refusal, and beside `shardline autoscale`."""

from pathlib import Path

import pytest

from module_steps import apply, no_sleep, planned, print_nothing, wanted
from server_scaling import (
    START_MS,
    YAML,
    minutes,
    now_s,
    put,
    shards,
    stream_with,
    tags,
    target_of,
)
from shardline.module.autoscale import look, scale
from shardline.module.scaling.history import TAG as RESIZED
from shardline.module.scaling.history import History
from shardline.module.scaling.rules import SHARD_BYTES
from shardline.settings import NodeSettings
from shardline.testing import ManualClock, TestServer, running_server


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
