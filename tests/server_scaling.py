"""Streams that a server scales, and their load, for the tests of that."""

from typing import Any

from shardline.kinesis.counts.metrics import NAMESPACE
from shardline.module.scaling.rules import SHARD_BYTES
from shardline.module.scaling.rules_tag import TAG as RULES
from shardline.module.target import Target
from shardline.storage.metric_store import Datum, Metric
from shardline.storage.statistic_set import StatisticSet
from shardline.testing import TestServer

YAML = "name: orders\nshards: {min: 2, max: 16}\n"
START_MS = 1_790_000_000_000


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
