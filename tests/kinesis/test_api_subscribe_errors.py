"""Every error that botocore's model has for SubscribeToShard, as an ordinary answer.

LimitExceededException is a matter of call rates, AccessDeniedException of policies.
"""

from typing import Any

import pytest

from kinesis_wire import (
    ACCOUNT,
    TRANSITION_MS,
    Wire,
    new_name,
    no_such_shard,
    shard_gone,
    shard_id,
    stream_gone,
)
from shardline.testing import TestServer

HALF = str(2**127)


@pytest.fixture
def stream(aws: Wire) -> str:
    return aws.stream(shards=2)


@pytest.fixture
def reader(aws: Wire, stream: str) -> str:
    return aws.consumer(stream)


def refused(aws: Wire, arn: str, shard: str | int = 0, **start: Any) -> tuple[str, str]:
    shard = shard if isinstance(shard, str) else shard_id(shard)
    position = {"Type": "LATEST"} | start
    return aws.error("SubscribeToShard", ConsumerARN=arn, ShardId=shard, StartingPosition=position)


def test_subscribetoshard_resourcenotfoundexception_of_the_consumer(aws: Wire, stream: str) -> None:
    gone = new_name()
    assert refused(aws, f"{aws.arn(gone)}/consumer/a:1") == stream_gone(gone)
    assert refused(aws, f"{aws.arn(stream)}/consumer/a:1") == (
        "ResourceNotFoundException",
        f"Consumer a, account {ACCOUNT} not found.",
    )


def test_subscribetoshard_resourcenotfoundexception_of_the_shard(
    aws: Wire, stream: str, reader: str
) -> None:
    assert refused(aws, reader, 7) == shard_gone(stream, 7)
    assert refused(aws, reader, "ABKLFD8") == no_such_shard(stream, "ABKLFD8")


def test_subscribetoshard_resourcenotfoundexception_of_an_expired_shard(
    aws: Wire, server: TestServer, stream: str, reader: str
) -> None:
    aws.void("SplitShard", StreamName=stream, ShardToSplit="0", NewStartingHashKey="5")
    server.clock.advance(hours=25)
    assert refused(aws, reader, 0) == shard_gone(stream, 0)


def test_subscribetoshard_invalidargumentexception_of_the_arn(aws: Wire, stream: str) -> None:
    other = f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/s"
    assert refused(aws, f"{other}/consumer/c:1") == (
        "InvalidArgumentException",
        f"The stream of {other} is not in account {ACCOUNT} and region us-east-1.",
    )
    # The model's pattern lets an ARN through that goes on after the second
    long = f"{aws.arn(stream)}/consumer/c:1" + "0" * 30
    assert refused(aws, long) == (
        "InvalidArgumentException",
        f"{long} is not the ARN of a consumer.",
    )


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_subscribetoshard_invalidargumentexception_of_the_sequence_number(
    aws: Wire, stream: str, reader: str, kind: str
) -> None:
    # G21: the texts are GetShardIterator's
    other_shard = aws.put(stream, ExplicitHashKey=HALF)["SequenceNumber"]
    assert refused(aws, reader, Type=kind, SequenceNumber=other_shard) == (
        "InvalidArgumentException",
        f"Invalid StartingSequenceNumber. It encodes {shard_id(1)}, "
        f"while it was used in a call to a shard with {shard_id(0)}",
    )
    assert refused(aws, reader, Type=kind, SequenceNumber=str(10**120)) == (
        "InvalidArgumentException",
        f"StartingSequenceNumber {10**120} used in GetShardIterator on shard {shard_id(0)} "
        f"in stream {stream} under account {ACCOUNT} is invalid.",
    )
    code, text = refused(aws, reader, Type=kind)
    assert code == "InvalidArgumentException"
    assert text.endswith(f"Request specified {kind} and no StartingSequenceNumber.")


def test_subscribetoshard_invalidargumentexception_of_the_timestamp(
    aws: Wire, server: TestServer, reader: str
) -> None:
    code, text = refused(aws, reader, Type="AT_TIMESTAMP")
    assert code == "InvalidArgumentException"
    assert text.startswith("Must specify timestampInMillis parameter")
    now_ms = server.clock.now_ms()
    code, text = refused(aws, reader, Type="AT_TIMESTAMP", Timestamp=now_ms / 1000 + 2)
    assert code == "InvalidArgumentException"
    assert text.startswith("The timestampInMillis parameter cannot be greater")


def test_subscribetoshard_resourceinuseexception_of_the_consumer(slow_aws: Wire) -> None:
    # G24 (2024); the other one is in test_api_subscribe.py
    clock = slow_aws.server.clock
    stream = slow_aws.stream()
    clock.advance(milliseconds=TRANSITION_MS)
    arn = slow_aws.consumer(stream, "c")
    expected = (
        "ResourceInUseException",
        f"Consumer c with creation timestamp {arn.rpartition(':')[2]} under stream: {stream} , "
        f"account {ACCOUNT} is not in ACTIVE status.",
    )
    assert refused(slow_aws, arn) == expected
    clock.advance(milliseconds=TRANSITION_MS)
    slow_aws.void("DeregisterStreamConsumer", ConsumerARN=arn)
    assert refused(slow_aws, arn) == expected
    clock.advance(milliseconds=TRANSITION_MS)


def test_subscribetoshard_dryrunoperationexception(aws: Wire, reader: str) -> None:
    asked: dict[str, Any] = {
        "ConsumerARN": reader,
        "ShardId": shard_id(0),
        "StartingPosition": {"Type": "LATEST"},
        "DryRun": True,
    }
    for _ in range(2):  # nothing is subscribed
        code, _ = aws.error("SubscribeToShard", **asked)
        assert code == "DryRunOperationException"
    # What is wrong with the call comes first
    assert aws.error("SubscribeToShard", **asked | {"ShardId": "x"})[0] == (
        "ResourceNotFoundException"
    )
