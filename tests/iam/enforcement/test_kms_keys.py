"""Records under a customer's KMS key: who puts needs kms:GenerateDataKey, who reads kms:Decrypt."""

from typing import Any

from iam.calls import code_of, error_of
from iam.people import OWN, People, allow
from shardline.storage.entities import KmsKey
from shardline.testing import TestServer

DENIED = "KMSAccessDeniedException"
PUT = {"Data": b"x", "PartitionKey": "k"}
FIRST = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}


def new_key(server: TestServer) -> str:
    made: KmsKey = server.run(server.node.kms.create(OWN, server.region))
    server.run(server.node.kms.refresh())
    return f"arn:aws:kms:{server.region}:{OWN}:key/{made.id}"


def encrypted(root: Any, name: str, *keys: str) -> None:
    """A stream that was encrypted with each of the keys in turn, a record under each."""
    root.create_stream(StreamName=name, ShardCount=1)
    for key in keys:
        call = {"StreamName": name, "EncryptionType": "KMS", "KeyId": key}
        root.start_stream_encryption(**call)
        root.put_record(StreamName=name, **PUT)


def iterator(kinesis: Any, name: str) -> str:
    return str(kinesis.get_shard_iterator(StreamName=name, **FIRST)["ShardIterator"])


def test_putting(server: TestServer, people: People, root: Any) -> None:
    # Given
    key = new_key(server)
    encrypted(root, "sealed-1", key)
    without = people.client(people.user("without-1", allow("kinesis:*")))
    with_grant = people.client(
        people.user("with-1", allow("kinesis:*"), allow("kms:GenerateDataKey", key))
    )
    # Then
    code, message = error_of(without.put_record, StreamName="sealed-1", **PUT)
    assert code == DENIED
    assert message == (
        f"User: arn:aws:iam::{OWN}:user/without-1 is not authorized to perform: "
        f"kms:GenerateDataKey on resource: {key} because no identity-based policy allows the "
        "kms:GenerateDataKey action"
    )
    assert code_of(with_grant.put_record, StreamName="sealed-1", **PUT) == ""
    code = code_of(with_grant.get_records, ShardIterator=iterator(with_grant, "sealed-1"))
    assert code == DENIED


def test_reading(server: TestServer, people: People, root: Any) -> None:
    key = new_key(server)
    encrypted(root, "sealed-2", key)
    reader = people.client(people.user("reader-2", allow("kinesis:*"), allow("kms:Decrypt", key)))
    read = reader.get_records(ShardIterator=iterator(reader, "sealed-2"))
    assert [each["Data"] for each in read["Records"]] == [b"x"]
    assert code_of(reader.put_record, StreamName="sealed-2", **PUT) == DENIED


def test_aws_s_own_key_needs_no_grant(people: People, root: Any) -> None:
    encrypted(root, "sealed-3", "alias/aws/kinesis")
    plain = people.client(people.user("plain-3", allow("kinesis:*")))
    assert code_of(plain.put_record, StreamName="sealed-3", **PUT) == ""
    read = plain.get_records(ShardIterator=iterator(plain, "sealed-3"))
    assert len(read["Records"]) == 2


def test_each_record_needs_its_own_key(server: TestServer, people: People, root: Any) -> None:
    # Given
    old, new = new_key(server), new_key(server)
    encrypted(root, "sealed-4", old, new)
    root.stop_stream_encryption(StreamName="sealed-4", EncryptionType="KMS", KeyId=new)
    root.put_record(StreamName="sealed-4", **PUT)
    # Then
    nothing = people.client(people.user("nothing-4", allow("kinesis:*")))
    only_old = people.client(people.user("old-4", allow("kinesis:*"), allow("kms:Decrypt", old)))
    code, message = error_of(nothing.get_records, ShardIterator=iterator(nothing, "sealed-4"))
    assert (code, f"kms:Decrypt on resource: {old}" in message) == (DENIED, True)
    # Up to the first record that is under the other key, and no further
    read = only_old.get_records(ShardIterator=iterator(only_old, "sealed-4"))
    assert len(read["Records"]) == 1
    code, message = error_of(only_old.get_records, ShardIterator=read["NextShardIterator"])
    assert (code, f"kms:Decrypt on resource: {new}" in message) == (DENIED, True)
    # What is not encrypted needs no key, to put nor to read.
    assert code_of(nothing.put_record, StreamName="sealed-4", **PUT) == ""
    last = {"ShardId": FIRST["ShardId"], "ShardIteratorType": "LATEST"}
    at_tip = nothing.get_shard_iterator(StreamName="sealed-4", **last)["ShardIterator"]
    nothing.put_record(StreamName="sealed-4", **PUT)
    assert len(nothing.get_records(ShardIterator=at_tip)["Records"]) == 1


def test_subscribing_needs_every_key(server: TestServer, people: People, root: Any) -> None:
    key = new_key(server)
    encrypted(root, "sealed-5", key)
    arn = f"arn:aws:kinesis:us-east-1:{OWN}:stream/sealed-5"
    made = root.register_stream_consumer(StreamARN=arn, ConsumerName="reader")
    call = {
        "ConsumerARN": made["Consumer"]["ConsumerARN"],
        "ShardId": FIRST["ShardId"],
        "StartingPosition": {"Type": "LATEST"},
    }
    without = people.client(people.user("without-5", allow("kinesis:*")))
    reader = people.client(people.user("reader-5", allow("kinesis:*"), allow("kms:Decrypt", key)))
    assert code_of(without.subscribe_to_shard, **call) == DENIED
    reader.subscribe_to_shard(**call)["EventStream"].close()


def test_root_needs_no_grant(server: TestServer, root: Any) -> None:
    encrypted(root, "sealed-6", new_key(server))
    assert len(root.get_records(ShardIterator=iterator(root, "sealed-6"))["Records"]) == 1


def test_a_grant_by_alias(server: TestServer, people: People, root: Any) -> None:
    """As the stream module's policies grant a key that is named by its alias."""
    # Given a stream under a key with an alias, and who may use keys of that alias through Kinesis
    alias = "alias/orders"
    server.run(server.node.kms.create(OWN, server.region, alias))
    encrypted(root, "sealed-alias", alias)

    def by(alias: str, service: str) -> dict[str, Any]:
        return {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias},
            "StringEquals": {"kms:ViaService": service},
        }

    def client(name: str, condition: dict[str, Any]) -> Any:
        keys = allow(["kms:GenerateDataKey", "kms:Decrypt"], Condition=condition)
        return people.client(people.user(name, allow("kinesis:*"), keys))

    kinesis = f"kinesis.{server.region}.amazonaws.com"
    # Then that alias and that service are asked for, and no other
    named = client("by-alias", by(alias, kinesis))
    assert code_of(named.put_record, StreamName="sealed-alias", **PUT) == ""
    read = named.get_records(ShardIterator=iterator(named, "sealed-alias"))
    assert len(read["Records"]) == 2
    for name, condition in (
        ("other-alias", by("alias/other", kinesis)),
        ("other-service", by(alias, "s3.us-east-1.amazonaws.com")),
    ):
        other = client(name, condition)
        assert code_of(other.put_record, StreamName="sealed-alias", **PUT) == DENIED
