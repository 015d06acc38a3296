"""`shardline report` against a running server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result

from module_moto import running_moto
from shardline.cli import group, streams
from shardline.doctor.figures.table import heading
from shardline.testing import TestServer, running_server
from shardline.testing.clock import ManualClock

MINUTES = 20
SINCE = ("--since", "15m")


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    """A server whose time stands still until it is moved."""
    with running_server(clock=ManualClock(1_769_594_405_000)) as running:
        yield running


@pytest.fixture(autouse=True)
def present(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's time is the server's."""
    monkeypatch.setattr(streams, "now_s", lambda: server.clock.now_ms() // 1000)


@pytest.fixture(scope="module")
def stream(server: TestServer) -> str:
    """A stream of two shards with twenty minutes of puts and reads, up to now."""
    kinesis, name = server.client(), "events"
    for each in (name, "quiet"):
        kinesis.create_stream(StreamName=each, ShardCount=2)
    server.clock.advance(minutes=1)
    arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="billing")
    kinesis.enable_enhanced_monitoring(
        StreamName=name, ShardLevelMetrics=["IncomingBytes", "OutgoingRecords"]
    )
    server.clock.advance(minutes=1)
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    for _ in range(MINUTES):
        records: list[Any] = [
            {"Data": b"x" * 1022, "PartitionKey": f"{number:02}"} for number in range(60)
        ]
        kinesis.put_records(StreamName=name, Records=records)
        iterator = kinesis.get_records(ShardIterator=iterator)["NextShardIterator"]
        server.clock.advance(minutes=1)
    return name


def report(server: TestServer, *arguments: str) -> Result:
    """Run the command against the server."""
    variables = {
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": server.node.root_key.access_key,
        "AWS_SECRET_ACCESS_KEY": server.node.root_key.secret,
        "AWS_REGION": server.region,
    }
    return CliRunner().invoke(group, ["report", *arguments], env=variables)


def test_a_stream_with_traffic(server: TestServer, stream: str) -> None:
    shown = report(server, stream, *SINCE)
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    # Then its load is that of the puts: 60 records of 1 KiB each minute
    assert lines[0] == "events: ACTIVE, provisioned, 2 open shards"
    assert lines[1] == "2026-01-28 10:07 to 10:21 UTC, a value for each minute"
    writing, reading = lines.index(heading("writing")), lines.index(heading("reading (GetRecords)"))
    told = {line[:22].strip(): line.split()[-4:] for line in lines[writing + 1 : reading]}
    assert told["bytes"] == ["1", "1", "1", "KiB/s"]
    assert told["records"] == ["1", "1", "1", "/s"]
    assert told["of capacity"] == ["0.05", "0.05", "0.05", "%"]
    assert told["PutRecords failed"] == ["0", "0", "0", "%"]
    assert told["PutRecord time"][-2:] == ["no", "data"]
    assert "█" * 14 in lines[writing + 1]
    assert lines[reading + 1].endswith("B/s")
    assert lines[-2:] == [
        "Capacity of 2 open shards: 2 MiB/s and 2,000 records/s written,",
        "4 MiB/s read by GetRecords, and as much by each fan-out consumer.",
    ]
    # And everything fits, with a word on what was left out
    assert max(map(len, lines)) <= 80
    assert "fan-out consumers: 1 (--consumers shows each)" in lines


def test_consumers_and_shards_are_shown_when_asked_for(server: TestServer, stream: str) -> None:
    lines = report(server, stream, "--consumers", "--shards").output.splitlines()
    assert "consumer billing      no data" in lines
    start = next(at for at, line in enumerate(lines) if line.startswith("bytes in by shard"))
    assert [line[:9] for line in lines[start + 1 : start + 3]] == ["  shard 0", "  shard 1"]
    assert any(line.startswith("records out by shard") for line in lines)
    assert max(map(len, lines)) <= 80


def test_shard_level_metrics_that_are_off_can_be_switched_on(
    server: TestServer, stream: str
) -> None:
    shown = report(server, "quiet", "--shards").output
    assert (
        "aws kinesis enable-enhanced-monitoring --stream-name quiet --shard-level-metrics ALL"
        in shown
    )


def test_a_quiet_stream_has_no_data(server: TestServer, stream: str) -> None:
    shown = report(server, "quiet")
    assert shown.exit_code == 0
    assert "writing               no data" in shown.output.splitlines()
    assert "reading (GetRecords)  no data" in shown.output.splitlines()


def test_json_has_all_values(server: TestServer, stream: str) -> None:
    told = json.loads(report(server, stream, "--json", "--since", "10m", "--period", "300").output)
    assert told["about"]["open_shards"] == 2
    assert told["capacity"]["IncomingBytes"] == 2 * 1024**2
    writing = {line["label"]: line for line in told["groups"][0]}
    steps = (told["end_s"] - told["start_s"]) // 300
    assert told["step_s"] == 300
    assert len(writing["bytes"]["values"]) == steps
    assert writing["bytes"]["highest"] == 1024
    assert writing["PutRecord time"]["highest"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nobody",), 1, "ResourceNotFoundException"),
        (("events", "--since", "tomorrow"), 2, "is no time"),
        (("events", "--period", "61"), 2, "whole minutes"),
    ],
)
def test_what_cannot_be_shown_says_why(
    server: TestServer, stream: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    failed = report(server, *arguments)
    assert failed.exit_code == code
    assert words in failed.output


@pytest.mark.slow
def test_it_reads_aws_as_another_imitation_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given moto's server, which stands in for AWS, with an hour's metrics put by hand
    end_s = 1_769_594_400
    monkeypatch.setattr(streams, "now_s", lambda: end_s + 65)
    with running_moto() as endpoint:
        clients = {
            service: boto3.client(
                service,
                endpoint_url=endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
            for service in ("kinesis", "cloudwatch")
        }
        clients["kinesis"].create_stream(StreamName="events", ShardCount=2)
        clients["cloudwatch"].put_metric_data(
            Namespace="AWS/Kinesis",
            MetricData=[
                {
                    "MetricName": "IncomingBytes",
                    "Dimensions": [{"Name": "StreamName", "Value": "events"}],
                    "Timestamp": datetime.fromtimestamp(at, UTC),
                    "Value": 60 * 1024.0**2,
                }
                for at in range(end_s - 3600, end_s, 60)
            ],
        )
        shown = CliRunner().invoke(
            group,
            ["report", "events"],
            env={
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
            },
        )
        for client in clients.values():
            client.close()
    # Then a shard's worth of bytes came in, half of what the two can take
    assert shown.exit_code == 0, shown.output
    lines = [line.split() for line in shown.output.splitlines()]
    assert next(line for line in lines if line[:1] == ["bytes"])[-4:] == ["1", "1", "1", "MiB/s"]
    assert next(line for line in lines if line[:1] == ["of"])[-4:] == ["50", "50", "50", "%"]
