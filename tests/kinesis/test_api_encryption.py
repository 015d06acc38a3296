"""StartStreamEncryption and StopStreamEncryption, and what every answer says of encryption."""

import base64
from typing import Any

import cbor2
import pytest

from kinesis_wire import ACCOUNT, TRANSITION_MS, Wire, not_active, shard_id, stream_gone
from shardline.testing import TestServer

DEFAULT = "alias/aws/kinesis"
HALF = str(2**127)


def start(aws: Wire, name: str, key: str = DEFAULT) -> None:
    aws.void("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=key)


def stop(aws: Wire, name: str, key: str = DEFAULT) -> None:
    aws.void("StopStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=key)


def described(aws: Wire, name: str) -> tuple[str, str | None]:
    """EncryptionType and KeyId, which DescribeStream and its summary agree on."""
    stream = aws.describe(name)
    summary = aws.ok("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]
    for member in ("EncryptionType", "KeyId"):
        assert stream.get(member) == summary.get(member)
    return stream["EncryptionType"], stream.get("KeyId")


def kinds(aws: Wire, name: str, shard: int = 0) -> list[tuple[bytes, str | None]]:
    """The data of a shard's records, and their EncryptionType."""
    records = aws.get(aws.iterator(name, shard))["Records"]
    return [(base64.b64decode(r["Data"]), r.get("EncryptionType")) for r in records]


def test_every_answer_says_how_a_record_is_stored(aws: Wire) -> None:
    # Given a stream that is not encrypted, with a record
    name = aws.stream()
    assert described(aws, name) == ("NONE", None)
    assert "EncryptionType" not in aws.put(name, b"plain")
    # When encryption is started
    start(aws, name)
    # Then what is put from now on is encrypted, and the answers say so
    assert described(aws, name) == ("KMS", DEFAULT)
    assert aws.put(name, b"one")["EncryptionType"] == "KMS"
    entries = [{"Data": b"two", "PartitionKey": "b"}, {"Data": b"", "PartitionKey": "c"}]
    many = aws.ok("PutRecords", StreamName=name, Records=entries)
    assert many["EncryptionType"] == "KMS"
    assert [set(record) for record in many["Records"]] == [{"SequenceNumber", "ShardId"}] * 2
    # And when it is stopped, what is put is not, and the rest stays as it was
    stop(aws, name)
    assert described(aws, name) == ("NONE", None)
    assert "EncryptionType" not in aws.put(name, b"after")
    assert "EncryptionType" not in aws.ok("PutRecords", StreamName=name, Records=entries[:1])
    assert kinds(aws, name) == [
        (b"plain", None),
        (b"one", "KMS"),
        (b"two", "KMS"),
        (b"", "KMS"),
        (b"after", None),
        (b"two", None),
    ]


def test_the_same_in_cbor(aws: Wire) -> None:
    cbor = "application/x-amz-cbor-1.1"
    name = aws.stream()

    def call(operation: str, **members: Any) -> Any:
        reply = aws.send(operation, cbor2.dumps(members), cbor)
        assert reply.status == 200, reply
        return cbor2.loads(reply.body.replace(b"\xc1\x1b", b"\x1b")) if reply.body else None

    aws.put(name, b"plain")
    assert call("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=DEFAULT) is (
        None
    )
    put = call("PutRecord", StreamName=name, Data=b"x", PartitionKey="k")
    assert put["EncryptionType"] == "KMS"
    many = call("PutRecords", StreamName=name, Records=[{"Data": b"y", "PartitionKey": "k"}])
    assert many["EncryptionType"] == "KMS"
    records = call("GetRecords", ShardIterator=aws.iterator(name))["Records"]
    assert [(r["Data"], r.get("EncryptionType")) for r in records] == [
        (b"plain", None),
        (b"x", "KMS"),
        (b"y", "KMS"),
    ]
    reply = aws.send(
        "StartStreamEncryption",
        cbor2.dumps({"StreamName": name, "EncryptionType": "KMS", "KeyId": "alias/none"}),
        cbor,
    )
    assert reply.status == 400
    assert cbor2.loads(reply.body)["__type"] == "KMSNotFoundException"


def test_encryption_goes_through_a_reshard(aws: Wire) -> None:
    name = aws.stream()
    start(aws, name)
    aws.put(name, b"parent")
    aws.void("SplitShard", StreamName=name, ShardToSplit="0", NewStartingHashKey=HALF)
    aws.put(name, b"child", ExplicitHashKey="0")
    assert kinds(aws, name) == [(b"parent", "KMS")]
    assert kinds(aws, name, 1) == [(b"child", "KMS")]


def test_a_position_within_encrypted_records(aws: Wire) -> None:
    name = aws.stream()
    start(aws, name)
    records = [{"Data": b"%d" % n, "PartitionKey": "k"} for n in range(10)]
    numbers = aws.ok("PutRecords", StreamName=name, Records=records)["Records"]
    third = numbers[3]["SequenceNumber"]
    after = aws.iterator(name, kind="AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=third)
    assert aws.datas(after, Limit=2) == [b"4", b"5"]


def test_the_largest_record_and_request_are_the_plain_ones(aws: Wire) -> None:
    name = aws.stream()
    start(aws, name)
    aws.put(name, b"x" * (1024 * 1024 - 1), "k")
    code, message = aws.error(
        "PutRecord", StreamName=name, Data=b"x" * (1024 * 1024), PartitionKey="k"
    )
    assert code == "ValidationException"
    assert "less than or equal to 1048576" in message
    assert [len(data) for data in aws.datas(aws.iterator(name))] == [1024 * 1024 - 1]


def test_the_stream_is_updating_in_between(slow_aws: Wire) -> None:
    aws = slow_aws
    name = aws.stream()
    aws.server.clock.advance(milliseconds=TRANSITION_MS)
    members = {"StreamName": name, "EncryptionType": "KMS", "KeyId": DEFAULT}
    aws.void("StartStreamEncryption", **members)
    assert aws.describe(name)["StreamStatus"] == "UPDATING"
    assert aws.error("StartStreamEncryption", **members) == not_active(name, "UPDATING")
    assert aws.error("StopStreamEncryption", **members) == not_active(name, "UPDATING")
    aws.put(name, b"meanwhile")  # a stream that is UPDATING takes records
    aws.server.clock.advance(milliseconds=TRANSITION_MS)
    assert aws.describe(name)["StreamStatus"] == "ACTIVE"
    aws.void("StopStreamEncryption", **members)
    assert aws.describe(name)["StreamStatus"] == "UPDATING"


@pytest.mark.parametrize("operation", ["StartStreamEncryption", "StopStreamEncryption"])
def test_resource_not_found_exception(aws: Wire, operation: str) -> None:
    error = aws.error(operation, StreamName="none", EncryptionType="KMS", KeyId=DEFAULT)
    assert error == stream_gone("none")


@pytest.mark.parametrize("operation", ["StartStreamEncryption", "StopStreamEncryption"])
def test_invalid_argument_exception_for_a_type_that_is_not_kms(aws: Wire, operation: str) -> None:
    name = aws.stream()
    assert aws.error(operation, StreamName=name, EncryptionType="NONE", KeyId=DEFAULT) == (
        "InvalidArgumentException",
        "EncryptionType must be KMS.",
    )
    assert described(aws, name) == ("NONE", None)


def limit(name: str) -> tuple[str, str]:
    return (
        "LimitExceededException",
        f"The encryption of stream {name} under account {ACCOUNT} cannot be changed more than "
        "25 times per rolling 24-hour period.",
    )


def test_limit_exceeded_exception_after_25_changes_in_a_day(server: TestServer, aws: Wire) -> None:
    name = aws.stream()
    start_members = {"StreamName": name, "EncryptionType": "KMS", "KeyId": DEFAULT}
    stop(aws, name)  # changes nothing, and does not count
    for number in range(25):
        (stop if number % 2 else start)(aws, name)
    assert aws.error("StopStreamEncryption", **start_members) == limit(name)
    assert aws.error("StartStreamEncryption", **start_members) == limit(name)
    assert described(aws, name) == ("KMS", DEFAULT)
    server.clock.advance(hours=24)
    stop(aws, name)
    start(aws, name)


def test_more_changes_in_a_day_without_limits(aws: Wire) -> None:
    name = aws.stream(Tags={"shardline:limits": "off"})
    for number in range(28):
        (stop if number % 2 else start)(aws, name)


def test_start_and_stop_with_one_key_make_one_data_key(server: TestServer, aws: Wire) -> None:
    name = aws.stream()
    for _ in range(3):
        start(aws, name)
        aws.put(name, b"x")
        stop(aws, name)
    (stream,) = (s for s in server.run(server.node.catalog.streams()) if s.name == name)
    assert [key.number for key in stream.keys] == [1]
    assert kinds(aws, name) == [(b"x", "KMS")] * 3


def test_a_dry_run_of_a_put_says_that_it_would_have_succeeded(aws: Wire) -> None:
    name = aws.stream()
    start(aws, name)
    members = {"StreamName": name, "Data": b"", "PartitionKey": "k", "DryRun": True}
    assert aws.error("PutRecord", **members)[0] == "DryRunOperationException"
    assert kinds(aws, name) == []


def test_each_shard_is_bound_to_itself(aws: Wire) -> None:
    name = aws.stream(2)
    start(aws, name)
    for number, hash_key in enumerate(("0", HALF)):
        answer = aws.put(name, b"%d" % number, ExplicitHashKey=hash_key)
        assert answer["ShardId"] == shard_id(number)
    assert [kinds(aws, name, number) for number in (0, 1)] == [[(b"0", "KMS")], [(b"1", "KMS")]]
