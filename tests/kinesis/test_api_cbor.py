"""The same operations in CBOR, as the Java SDKs call them."""

from typing import Any

import cbor2
import pytest

from kinesis_wire import Wire, invalid, shard_id, stream_gone

CBOR = "application/x-amz-cbor-1.1"
TIME = b"\xc1\x1b"  # tag 1, and that an integer of eight bytes follows
HALF = str(2**127)


def call(aws: Wire, operation: str, status: int = 200, **members: Any) -> Any:
    reply = aws.send(operation, cbor2.dumps(members), CBOR)
    assert reply.status == status, reply
    assert reply.headers["content-type"] == CBOR
    # Tag 1 means seconds to cbor2, as its standard says, and milliseconds to AWS.
    return cbor2.loads(reply.body.replace(TIME, b"\x1b")) if reply.body else None


def iterator(aws: Wire, name: str, kind: str = "TRIM_HORIZON", **members: Any) -> str:
    answer = call(
        aws,
        "GetShardIterator",
        StreamName=name,
        ShardId=shard_id(0),
        ShardIteratorType=kind,
        **members,
    )
    return str(answer["ShardIterator"])


def test_records_go_in_and_out_as_bytes(aws: Wire) -> None:
    # LT cbor_blob_handling: no base64
    name = aws.stream()
    single = call(aws, "PutRecord", StreamName=name, Data=b"\0\xff", PartitionKey="a")
    assert set(single) == {"ShardId", "SequenceNumber"}
    records = [{"Data": b"", "PartitionKey": "b"}, {"Data": b"c", "PartitionKey": "c"}]
    many = call(aws, "PutRecords", StreamName=name, Records=records)
    assert set(many) == {"FailedRecordCount", "Records"}
    answer = call(aws, "GetRecords", ShardIterator=iterator(aws, name))
    assert set(answer) == {"Records", "NextShardIterator", "MillisBehindLatest"}
    assert [(r["Data"], r["PartitionKey"]) for r in answer["Records"]] == [
        (b"\0\xff", "a"),
        (b"", "b"),
        (b"c", "c"),
    ]
    numbers = [single["SequenceNumber"], *(entry["SequenceNumber"] for entry in many["Records"])]
    assert [r["SequenceNumber"] for r in answer["Records"]] == numbers


def test_times_are_whole_milliseconds_both_ways(aws: Wire) -> None:
    # LT subscribe_to_shard_with_at_timestamp_cbor; aws-sdk-java-v2#4661: tag 1 with an integer
    name = aws.stream()
    first_ms = aws.server.clock.now_ms()
    aws.put(name, b"1")
    aws.server.clock.advance(milliseconds=1)
    aws.put(name, b"2")
    reply = aws.send(
        "GetRecords", cbor2.dumps({"ShardIterator": iterator(aws, name), "Limit": 1}), CBOR
    )
    assert TIME + first_ms.to_bytes(8, "big") in reply.body
    at = iterator(aws, name, "AT_TIMESTAMP", Timestamp=cbor2.CBORTag(1, first_ms + 1))
    assert [r["Data"] for r in call(aws, "GetRecords", ShardIterator=at)["Records"]] == [b"2"]


def test_the_end_of_a_shard(aws: Wire) -> None:
    name = aws.stream()
    assert (
        call(aws, "SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF) is None
    )
    answer = call(aws, "GetRecords", ShardIterator=iterator(aws, name))
    assert set(answer) == {"Records", "MillisBehindLatest", "ChildShards"}
    assert [child["ParentShards"] for child in answer["ChildShards"]] == [[shard_id(0)]] * 2


def test_errors_are_maps_of_two_members(aws: Wire) -> None:
    # L:kinesis cbor_exceptions 2025-09
    error = call(aws, "DescribeStream", 400, StreamName="nobody")
    assert error == dict(zip(("__type", "message"), stream_gone("nobody"), strict=True))
    error = call(aws, "PutRecord", 400, StreamName="s", Data=b"")
    assert (error["__type"], error["message"]) == stream_gone("s")
    error = call(aws, "PutRecords", 400, StreamName="s")
    assert (error["__type"], error["message"]) == invalid(
        "Value null at 'records' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("operation", ["DescribeStream", "DescribeStreamSummary"])
def test_a_description(aws: Wire, operation: str) -> None:
    name = aws.stream()
    (description,) = call(aws, operation, StreamName=name).values()
    assert description["StreamCreationTimestamp"] == aws.server.clock.now_ms()
    assert description["StreamName"] == name
