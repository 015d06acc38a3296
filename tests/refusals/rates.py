"""LimitExceededException of call rates, ProvisionedThroughputExceededException: as AWS has them."""

from collections.abc import Mapping
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from kinesis_wire import ACCOUNT, shard_id
from refusals.calls import CALLS, call, stream_of
from refusals.readiness import ready
from refusals.registry import Refused, refusal, with_error
from refusals.world import World
from shardline.kinesis.call_rates import CALL_RATES

LIMIT, THROUGHPUT = "LimitExceededException", "ProvisionedThroughputExceededException"
# Their first refusal is of a number, in `counts` and `consumers`.
OF_NUMBERS = ("CreateStream", "RegisterStreamConsumer", "UpdateShardCount")
RATED = [each for each in with_error(LIMIT, CALLS) if each in CALL_RATES]


def _call(aws: World, operation: str, members: Mapping[str, Any]) -> str:
    """Make a call; answers the code of its error, if it has one."""
    try:
        answer = getattr(aws.kinesis, xform_name(operation))(**members)
        if "EventStream" in answer:
            aws.keep_open(answer["EventStream"])
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def called_too_often(aws: World, operation: str) -> Refused:
    aws = aws.on("limited")
    members = ready(aws, operation)
    aws.clock.advance(minutes=1)  # what it took to get ready is forgotten
    for _ in range(CALL_RATES[operation].per_s):
        assert _call(aws, operation, members) != LIMIT
    name = stream_of(members)
    whose = f"stream {name} under account" if name else "account"
    return Refused(aws.kinesis, members, f"Rate exceeded for {whose} {ACCOUNT}.")


refusal([each for each in RATED if each not in OF_NUMBERS], LIMIT)(called_too_often)
refusal(OF_NUMBERS, LIMIT, "call rate")(called_too_often)


def _of_shard(name: str) -> str:
    return f"Rate exceeded for shard {shard_id(0)} in stream {name} under account {ACCOUNT}."


@refusal("PutRecord", THROUGHPUT)
def a_second_mebibyte_in_a_second(aws: World, operation: str) -> Refused:
    aws = aws.on("limited")
    name = aws.stream(shards=1)
    members = call(aws, operation, name) | {"Data": bytes(1024 * 1024 - 1)}
    aws.kinesis.put_record(**members)
    return Refused(aws.kinesis, members, _of_shard(name))


@refusal("PutRecords", THROUGHPUT)
def a_thousand_and_one_records_in_a_second(aws: World, operation: str) -> Refused:
    aws = aws.on("limited")
    name = aws.stream(shards=1)
    members = call(aws, operation, name)
    records = members["Records"]
    for _ in range(2):
        put = aws.kinesis.put_records(**members | {"Records": records * 500})
        assert put["FailedRecordCount"] == 0
    return Refused(aws.kinesis, members, _of_shard(name), of_a_record=True)


@refusal("GetShardIterator", THROUGHPUT)
def a_sixth_iterator_in_a_second(aws: World, operation: str) -> Refused:
    aws = aws.on("limited")
    members = ready(aws, operation)
    for _ in range(5):
        assert _call(aws, operation, members) == ""
    return Refused(aws.kinesis, members, _of_shard(stream_of(members)))


@refusal("GetRecords", THROUGHPUT)
def a_sixth_read_in_a_second(aws: World, operation: str) -> Refused:
    aws = aws.on("limited")
    name = aws.stream(shards=1)
    members = {"ShardIterator": aws.iterator(name)}
    for _ in range(5):
        assert _call(aws, operation, members) == ""
    message = f"Rate exceeded for Shard - {ACCOUNT}/{name}/{shard_id(0)}"
    return Refused(aws.kinesis, members, message)
