"""A server moves the shards of the streams whose module says so, as time goes by."""

import subprocess
import sys

import pytest

from module_steps import apply, planned
from server_scaling import (
    YAML,
    minutes,
    now_s,
    put,
    shards,
    stream_with,
    tags,
    target_of,
)
from shardline.module.scaling.history import TAG as RESIZED
from shardline.module.scaling.rules_tag import TAG as RULES
from shardline.testing import TestServer

pytestmark = pytest.mark.slow


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


def test_a_server_looks_every_minute_by_itself(server: TestServer) -> None:
    assert ("ModuleScaler.run_once", 60) in [(w.__qualname__, s) for w, s in server.node.chores()]


def test_a_server_loads_nothing_of_the_configuration() -> None:
    script = "import shardline.node.node, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "shardline.module.scaling.decision" in loaded
    heavy = {"pydantic", "boto3", "botocore", "yaml", "httpx", "shardline.module.spec"}
    assert not heavy & set(loaded)
