"""`shardline shards` and `shardline where` against a running server."""

import json
from typing import Any

import pytest

from cli.conftest import Shardline

pytestmark = [pytest.mark.client, pytest.mark.slow]


def test_the_shards_of_a_stream_that_was_split(
    shardline: Shardline, kinesis: Any, stream: str
) -> None:
    # Given two shards that have become four
    kinesis.update_shard_count(StreamName=stream, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    # When they are drawn
    shown = shardline("shards", stream)
    # Then the open ones have a bar, and all stand in their lineage; every line fits
    lines = shown.stdout.splitlines()
    assert lines[0] == f"{stream}: 4 open, 2 closed"
    assert sum("█" in line for line in lines) == 4
    assert "└─ shardId-000000000005  open" in lines
    assert max(map(len, lines)) <= 80
    # And as JSON they are told in full
    listed = [
        json.loads(line) for line in shardline("shards", stream, "--json").stdout.splitlines()
    ]
    assert sum(shard["share"] for shard in listed if shard["open"]) == pytest.approx(1)
    assert listed[2]["parents"] == ["shardId-000000000000"]


def test_where_a_key_goes_is_where_its_record_went(
    shardline: Shardline, kinesis: Any, stream: str
) -> None:
    put = kinesis.put_record(StreamName=stream, PartitionKey="N14228", Data=b"flight")
    told = json.loads(shardline("where", stream, "N14228", "--json").stdout)
    assert told["shard"] == put["ShardId"]
    assert put["ShardId"] in shardline("where", stream, "N14228").stdout


def test_where_a_record_is(shardline: Shardline, kinesis: Any, stream: str) -> None:
    # Given three records of one key
    puts = [
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"%d" % number)
        for number in range(3)
    ]
    # When the second is asked for
    shown = shardline("where", stream, "--sequence", puts[1]["SequenceNumber"])
    # Then its shard, its age and its end are told
    told = dict(line.split(":", 1) for line in shown.stdout.splitlines())
    assert told["shard"].strip() == puts[1]["ShardId"]
    assert told["partition key"].strip() == "k"
    assert told["trimmed in"].strip().startswith(("23h 59m", "1d"))
    assert set(told) >= {"age", "behind the newest", "arrived", "trimmed at"}


def test_what_cannot_be_found_says_why(shardline: Shardline, kinesis: Any, stream: str) -> None:
    gone = "49600000000000000000000000000000000000000000000000000002"
    for arguments, code, words in (
        (("where", stream), 2, "give a KEY or --sequence"),
        (("where", stream, "--sequence", "12x"), 1, "is no sequence number"),
        (("where", stream, "--sequence", gone), 1, "shard"),
        (("where", "no-such-stream", "key"), 1, "ResourceNotFoundException"),
        (("shards", "no-such-stream"), 1, "ResourceNotFoundException"),
    ):
        failed = shardline(*arguments)
        assert (failed.returncode, failed.stdout) == (code, "")
        assert words in failed.stderr
