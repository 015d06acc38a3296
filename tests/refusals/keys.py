"""KMS errors: the key that a stream is encrypted with, or was, does not work."""

from typing import Any

from kinesis_wire import ACCOUNT
from refusals.calls import call
from refusals.readiness import ready
from refusals.registry import Refused, refusal
from refusals.world import World
from shardline.kinesis.encryption.references import arn_of
from shardline.storage.entities import KmsKey, KmsKeyState

WRITING = ("PutRecord", "PutRecords")
USING = (*WRITING, "GetRecords", "StartStreamEncryption")
OTHER_KEY = "arn:aws:kms:us-east-1:999999999999:key/12345678-1234-1234-1234-123456789012"


def _create(aws: World) -> KmsKey:
    """What `shardline keys create` does."""
    return aws.server.run(aws.server.node.kms.create(ACCOUNT, aws.region, None))


def _become(aws: World, key: KmsKey, state: KmsKeyState) -> None:
    """What `shardline keys disable` and `shardline keys delete` do."""
    aws.server.run(aws.server.node.catalog.set_kms_key_state(key.id, state))
    aws.server.run(aws.server.node.kms.refresh())


def _using(aws: World, operation: str, key: KmsKey) -> dict[str, Any]:
    """A call that needs the key: to begin with it, to write under it, to read what is under it."""
    name = aws.stream(shards=1)
    start = {"StreamName": name, "EncryptionType": "KMS", "KeyId": key.id}
    if operation == "StartStreamEncryption":
        return start
    aws.kinesis.start_stream_encryption(**start)
    if operation in WRITING:
        return call(aws, operation, name)
    aws.kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="k")
    return {"ShardIterator": aws.iterator(name)}


@refusal(USING, "KMSDisabledException")
def the_key_is_disabled(aws: World, operation: str) -> Refused:
    key = _create(aws)
    members = _using(aws, operation, key)
    _become(aws, key, "DISABLED")
    return Refused(aws.kinesis, members, f"{arn_of(key)} is disabled.")


@refusal(USING, "KMSInvalidStateException")
def the_key_is_to_be_deleted(aws: World, operation: str) -> Refused:
    key = _create(aws)
    members = _using(aws, operation, key)
    _become(aws, key, "PENDING_DELETION")
    return Refused(aws.kinesis, members, f"{arn_of(key)} is pending deletion.")


@refusal(USING, "KMSNotFoundException")
def the_key_was_deleted(aws: World, operation: str) -> Refused:
    key = _create(aws)
    members = _using(aws, operation, key)
    _become(aws, key, "PENDING_DELETION")
    aws.server.run(aws.server.node.catalog.remove_kms_key(key.id))
    aws.server.run(aws.server.node.kms.refresh())
    return Refused(aws.kinesis, members, f"Key '{arn_of(key)}' does not exist")


@refusal("StartStreamEncryption", "KMSNotFoundException", "no such alias")
def no_such_alias(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"KeyId": "alias/none"}
    message = f"Alias arn:aws:kms:{aws.region}:{ACCOUNT}:alias/none is not found."
    return Refused(aws.kinesis, members, message)


@refusal("StartStreamEncryption", "KMSNotFoundException", "no name of a key")
def no_name_of_a_key(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"KeyId": "no-key"}
    return Refused(aws.kinesis, members, "Invalid keyId no-key")


@refusal("StartStreamEncryption", "KMSAccessDeniedException")
def a_key_of_another_account(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"KeyId": OTHER_KEY}
    message = (
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: kms:GenerateDataKey "
        f"on resource: {OTHER_KEY}"
    )
    return Refused(aws.kinesis, members, message)


@refusal(["StartStreamEncryption", "StopStreamEncryption"], "InvalidArgumentException", "not KMS")
def encryption_of_no_kind(aws: World, operation: str) -> Refused:
    members = ready(aws, operation) | {"EncryptionType": "NONE"}
    return Refused(aws.kinesis, members, "EncryptionType must be KMS.")


@refusal(["StartStreamEncryption", "StopStreamEncryption"], "LimitExceededException")
def a_twenty_sixth_change_in_a_day(aws: World, operation: str) -> Refused:
    start = call(aws, "StartStreamEncryption", aws.stream())
    aws.kinesis.start_stream_encryption(**start)
    for _ in range(12):
        aws.kinesis.stop_stream_encryption(**start)
        aws.kinesis.start_stream_encryption(**start)
    message = (
        f"The encryption of stream {start['StreamName']} under account {ACCOUNT} cannot be "
        "changed more than 25 times per rolling 24-hour period."
    )
    return Refused(aws.kinesis, start, message)
