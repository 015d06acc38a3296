"""How often the control operations may be called."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import botocore
import pytest

from kinesis_wire import ACCOUNT, Wire, new_name
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.kinesis.api import kinesis_api
from shardline.kinesis.call_rates import CALL_RATES, CallRates
from shardline.kinesis.meters import LocalMeters
from shardline.settings import NodeSettings, StreamAtStart
from shardline.testing import TestServer, running_server

LIMIT_EXCEEDED = "LimitExceededException"
BUILT = frozenset(kinesis_api(*(None,) * 4, b"", *(None,) * 3).handlers)  # type: ignore[arg-type] # nothing is called
NUMBERS = {"one": 1, "five": 5}

# What each operation is called with, beside the stream; what comes of it does not matter here.
MEMBERS: dict[str, dict[str, Any]] = {
    "AddTagsToStream": {"Tags": {"a": "b"}},
    "CreateStream": {"ShardCount": 1},
    "DecreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24},
    "DisableEnhancedMonitoring": {"ShardLevelMetrics": ["ALL"]},
    "EnableEnhancedMonitoring": {"ShardLevelMetrics": ["ALL"]},
    "IncreaseStreamRetentionPeriod": {"RetentionPeriodHours": 48},
    "MergeShards": {"ShardToMerge": "0", "AdjacentShardToMerge": "1"},
    "PutResourcePolicy": {"Policy": "{}"},
    "RegisterStreamConsumer": {"ConsumerName": "c"},
    "RemoveTagsFromStream": {"TagKeys": ["a"]},
    "SplitShard": {"ShardToSplit": "0", "NewStartingHashKey": "0"},
    "SubscribeToShard": {"ShardId": "0", "StartingPosition": {"Type": "LATEST"}},
    "UpdateAccountSettings": {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}},
    "UpdateShardCount": {"TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"},
    "UpdateStreamWarmThroughput": {"WarmThroughputMiBps": 1},
}
NAMELESS = {"DescribeAccountSettings", "DescribeLimits", "ListStreams", "UpdateAccountSettings"}
BY_ARN = {"DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"}


def members_of(aws: Wire, operation: str, name: str | None) -> dict[str, Any]:
    """What to call an operation with."""
    members = MEMBERS.get(operation, {})
    if name is None:
        return members
    if operation == "SubscribeToShard":
        return members | {"ConsumerARN": f"{aws.arn(name)}/consumer/c:1"}
    if operation in BY_ARN:
        return members | {"ResourceARN": aws.arn(name)}
    if "Consumer" in operation:
        return members | {"StreamARN": aws.arn(name)}
    return members | {"StreamName": name}


def stated(documentation: str) -> list[tuple[int, str]]:
    """The rates that a text of botocore's model states, and for what."""
    text = re.sub(r"<[^>]+>", "", documentation)
    found = re.findall(
        r"limit of (\w+) transactions? per second(?: \(TPS\))?(?: per| for each) "
        r"(account|stream|data stream|Amazon Web Services account)",
        text,
    )
    return [
        (NUMBERS.get(count) or int(count), "stream" if "stream" in what else "account")
        for count, what in found
    ]


def test_the_rates_are_what_the_model_says() -> None:
    path = Path(botocore.__file__).parent / "data/kinesis/2013-12-02/service-2.json.gz"
    operations = json.loads(gzip.decompress(path.read_bytes()))["operations"]
    rates = {
        name: found
        for name, operation in operations.items()
        if (found := stated(operation["documentation"]))
        and "Queue" not in name
        and "Channel" not in name
        and name not in ("GetRecords", "GetShardIterator")  # of a shard: see test_api_throughput
    }
    assert len(rates) > 15
    assert rates == {name: [CALL_RATES[name][:2]] for name in rates}
    # The two that it says in other words.
    assert "Make over 10 TPS" in operations["UpdateShardCount"]["documentation"]
    assert "per second per registered consumer" in operations["SubscribeToShard"]["documentation"]
    in_the_model = {name for name, rate in CALL_RATES.items() if rate.source == "model"}
    assert in_the_model == {*rates, "UpdateShardCount", "SubscribeToShard"}


def test_each_error_is_one_that_the_model_has() -> None:
    path = Path(botocore.__file__).parent / "data/kinesis/2013-12-02/service-2.json.gz"
    operations = json.loads(gzip.decompress(path.read_bytes()))["operations"]
    for name in CALL_RATES:
        assert LIMIT_EXCEEDED in [error["shape"] for error in operations[name]["errors"]]


def rate_exceeded(name: str | None) -> dict[str, str]:
    what = f"account {ACCOUNT}" if name is None else f"stream {name} under account {ACCOUNT}"
    return {"__type": LIMIT_EXCEEDED, "message": f"Rate exceeded for {what}."}


def answer(aws: Wire, operation: str, members: dict[str, Any]) -> Any:
    body = aws.call(operation, members).body
    return json.loads(body) if body else None


RATED = sorted(BUILT & set(CALL_RATES))


@pytest.mark.one_in(7)
@pytest.mark.parametrize("operation", RATED, ids=lambda name: f"{name}-{LIMIT_EXCEEDED}")
def test_a_call_too_soon(limited: Wire, operation: str) -> None:
    per_s = CALL_RATES[operation].per_s
    name = None if operation in NAMELESS else limited.stream()
    limited.server.clock.advance(seconds=1)  # what making the stream took is back
    members = members_of(limited, operation, name)
    # Given a second's worth of calls
    for _ in range(per_s):
        assert answer(limited, operation, members) != rate_exceeded(name)
    # Then one more is refused, and one is allowed when a call's time has passed
    assert answer(limited, operation, members) == rate_exceeded(name)
    limited.server.clock.advance(milliseconds=1000 / per_s)
    assert answer(limited, operation, members) != rate_exceeded(name)
    assert answer(limited, operation, members) == rate_exceeded(name)


@pytest.mark.one_in(7)
@pytest.mark.parametrize("operation", [name for name in RATED if CALL_RATES[name].per_s <= 10])
@pytest.mark.parametrize("mode", ["counts", "off"])
def test_without_aws_limits_calls_are_not_counted(
    aws: Wire, unlimited: Wire, mode: str, operation: str
) -> None:
    wire = aws if mode == "counts" else unlimited
    name = None if operation in NAMELESS else wire.stream()
    members = members_of(wire, operation, name)
    for _ in range(CALL_RATES[operation].per_s + 1):
        assert answer(wire, operation, members) != rate_exceeded(name)


def test_a_rate_for_each_account_is_one_for_its_region(limited: Wire) -> None:
    with Wire(limited.server, "eu-west-1") as elsewhere:
        limited.ok("DescribeLimits")
        assert limited.error("DescribeLimits") == tuple(rate_exceeded(None).values())
        elsewhere.ok("DescribeLimits")


def test_a_rate_for_each_stream_leaves_the_others_alone(limited: Wire) -> None:
    one, other = limited.stream(), limited.stream()
    change = {"RetentionPeriodHours": 24}
    for _ in range(5):
        limited.void("DecreaseStreamRetentionPeriod", StreamName=one, **change)
    refused = limited.error("DecreaseStreamRetentionPeriod", StreamARN=limited.arn(one), **change)
    assert refused == tuple(rate_exceeded(one).values())
    stream_id = limited.stream_id(one)
    by_id = limited.error("DecreaseStreamRetentionPeriod", StreamId=stream_id, **change)
    assert by_id == tuple(rate_exceeded(stream_id).values())
    limited.void("DecreaseStreamRetentionPeriod", StreamName=other, **change)


def test_a_stream_that_is_not_there_is_not_counted_for(limited: Wire) -> None:
    name = new_name()
    for _ in range(10):
        code, _ = limited.error(
            "DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=24
        )
        assert code == "ResourceNotFoundException"


@pytest.mark.exact_rates
def test_the_tag_of_a_stream_sets_what_counts_a_stream(aws: Wire, limited: Wire) -> None:
    # Given one stream with all limits among others, and one without among those that have them
    strict = aws.stream(Tags={"shardline:limits": "aws"})
    free = limited.stream(Tags={"shardline:limits": "counts"})
    change = {"RetentionPeriodHours": 24}
    for _ in range(5):
        aws.void("DecreaseStreamRetentionPeriod", StreamName=strict, **change)
        limited.void("DecreaseStreamRetentionPeriod", StreamName=free, **change)
    # Then the stream's rate goes by its tag
    refused = aws.error("DecreaseStreamRetentionPeriod", StreamName=strict, **change)
    assert refused == tuple(rate_exceeded(strict).values())
    limited.void("DecreaseStreamRetentionPeriod", StreamName=free, **change)
    # And the account's does not
    for _ in range(20):
        aws.ok("DescribeStreamSummary", StreamName=strict)
        limited.ok("DescribeStreamSummary", StreamName=free)
    aws.ok("DescribeStreamSummary", StreamName=strict)
    assert limited.error("DescribeStreamSummary", StreamName=free)[0] == LIMIT_EXCEEDED


def test_streams_from_the_start_are_not_counted() -> None:
    streams = tuple(StreamAtStart(f"s{number}", 1) for number in range(8))
    settings = NodeSettings(data_dir=None, port=0, streams=streams)
    with running_server(settings, limits="aws") as started, Wire(started) as wire:
        assert len(wire.ok("ListStreams")["StreamNames"]) == 8


def test_a_consumer_may_subscribe_to_each_shard_once_a_second(
    server: TestServer, aws: Wire
) -> None:
    # botocore's model: one call per second per registered consumer per shard
    name = aws.stream(shards=2, Tags={"shardline:limits": "aws"})
    rates = CallRates(server.node.book, LocalMeters(), server.clock, "counts")
    caller = Caller(ACCOUNT, aws.region, "AKID", "arn", is_root=True)

    def subscribe(consumer: str, shard: str) -> None:
        call = {"ConsumerARN": f"{aws.arn(name)}/consumer/{consumer}:1", "ShardId": shard}
        rates.take(caller, "SubscribeToShard", call)

    for consumer in ("a", "b"):
        for shard in ("shardId-000000000000", "shardId-000000000001"):
            subscribe(consumer, shard)
    with pytest.raises(ServiceError) as refused:
        subscribe("a", "shardId-000000000000")
    assert (refused.value.code, refused.value.message) == tuple(rate_exceeded(name).values())
    server.clock.advance(seconds=1)
    subscribe("a", "shardId-000000000000")
