"""The KMS errors that operations answer, each named after the operation and the error.

KMSOptInRequired and KMSThrottlingException cannot be reached: see `encryption.errors`.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kinesis_events import Subscription
from kinesis_wire import ACCOUNT, Wire
from shardline.storage.entities import KmsKey, KmsKeyState
from shardline.testing import TestServer

UNKNOWN = "12345678-1234-1234-1234-123456789012"
Error = tuple[str, str]


class Keys:
    """What `shardline keys` does, on the server of the tests."""

    def __init__(self, server: TestServer) -> None:
        self._server = server
        self._kms, self._catalog = server.node.kms, server.node.catalog

    def create(self, alias: str | None = None) -> KmsKey:
        return self._server.run(self._kms.create(ACCOUNT, self._server.region, alias))

    def become(self, key: KmsKey, state: KmsKeyState) -> None:
        self._server.run(self._catalog.set_kms_key_state(key.id, state))
        self._server.run(self._kms.refresh())

    def delete(self, key: KmsKey) -> None:
        self.become(key, "PENDING_DELETION")
        self._server.run(self._catalog.remove_kms_key(key.id))
        self._server.run(self._kms.refresh())


@pytest.fixture
def keys(server: TestServer) -> Keys:
    return Keys(server)


def arn(key: KmsKey) -> str:
    return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key.id}"


def start(aws: Wire, name: str, key: str) -> None:
    aws.void("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=key)


def start_error(aws: Wire, name: str, key: str) -> Error:
    return aws.error("StartStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=key)


def break_disabled(keys: Keys, key: KmsKey) -> Error:
    keys.become(key, "DISABLED")
    return "KMSDisabledException", f"{arn(key)} is disabled."


def break_pending(keys: Keys, key: KmsKey) -> Error:
    keys.become(key, "PENDING_DELETION")
    return "KMSInvalidStateException", f"{arn(key)} is pending deletion."


def break_deleted(keys: Keys, key: KmsKey) -> Error:
    keys.delete(key)
    return "KMSNotFoundException", f"Key '{arn(key)}' does not exist"


Break = Callable[[Keys, KmsKey], Error]


@pytest.mark.parametrize("breaks", [break_disabled, break_pending, break_deleted])
def test_each_error_of_a_key_ends_a_subscription_from_inside(
    aws: Wire, server: TestServer, keys: Keys, breaks: Break
) -> None:
    """The model has them for SubscribeToShard's events, not for its call."""
    name, key = aws.stream(), keys.create()
    start(aws, name, arn(key))
    with Subscription(server, aws.consumer(name)) as subscription:
        aws.put(name, b"under the key")
        (record,) = subscription.next()["Records"]
        assert record["EncryptionType"] == "KMS"
        assert base64.b64decode(record["Data"]) == b"under the key"
    error = breaks(keys, key)
    with Subscription(server, aws.consumer(name, "late"), kind="TRIM_HORIZON") as subscription:
        assert subscription.error() == error


@pytest.fixture(
    params=[break_disabled, break_pending, break_deleted],
    ids=["KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException"],
)
def broken(request: pytest.FixtureRequest) -> Any:
    """A way to make a key unusable, which answers the error that follows from it."""
    return request.param


@pytest.fixture
def encrypted(aws: Wire, keys: Keys) -> tuple[str, KmsKey]:
    """A stream with a plain record, and one that is encrypted with a key of its own."""
    name, key = aws.stream(), keys.create()
    aws.put(name, b"plain")
    start(aws, name, key.id)
    aws.put(name, b"secret")
    return name, key


def test_start_stream_encryption_with_every_kind_of_name(aws: Wire, keys: Keys) -> None:
    alias = f"alias/Mine_{aws.stream()}"
    key = keys.create(alias)
    alias_arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:{alias}"
    for text in (key.id, arn(key), alias, alias_arn):
        name = aws.stream()
        start(aws, name, text)
        assert aws.describe(name)["KeyId"] == text
        assert aws.put(name, b"x")["EncryptionType"] == "KMS"


@pytest.mark.parametrize(
    "text",
    [
        "no-key",
        "aws/kinesis",
        "alias/",
        "alias/a b",
        "alias/aws:kinesis",
        UNKNOWN.upper() + "a",
        f"key/{UNKNOWN}",
        f"arn:aws:kms:us-east-1:{ACCOUNT}:{UNKNOWN}",
        f"arn:aws:kms:us-east-1:{ACCOUNT}:key/alias/x",
        f"arn:aws:kms:us-east-1:1:key/{UNKNOWN}",
        f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/x",
        "x" * 2048,
    ],
)
def test_start_stream_encryption_kms_not_found_exception_for_no_name_of_a_key(
    aws: Wire, text: str
) -> None:
    name = aws.stream()
    assert start_error(aws, name, text) == ("KMSNotFoundException", f"Invalid keyId {text}")
    assert aws.describe(name)["EncryptionType"] == "NONE"


def test_start_stream_encryption_kms_not_found_exception(aws: Wire) -> None:
    name = aws.stream()
    there = f"arn:aws:kms:us-east-1:{ACCOUNT}:"
    for text, message in {
        UNKNOWN: f"Key '{there}key/{UNKNOWN}' does not exist",
        f"{there}key/{UNKNOWN}": f"Key '{there}key/{UNKNOWN}' does not exist",
        "alias/none": f"Alias {there}alias/none is not found.",
        f"{there}alias/none": f"Alias {there}alias/none is not found.",
        "alias/aws/s3": f"Alias {there}alias/aws/s3 is not found.",
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{UNKNOWN}": "Invalid arn eu-west-1",
    }.items():
        assert start_error(aws, name, text) == ("KMSNotFoundException", message)


def test_start_stream_encryption_kms_access_denied_exception(aws: Wire) -> None:
    foreign = f"arn:aws:kms:us-east-1:999999999999:key/{UNKNOWN}"
    assert start_error(aws, aws.stream(), foreign) == (
        "KMSAccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: kms:GenerateDataKey "
        f"on resource: {foreign}",
    )


@pytest.mark.parametrize("operation", ["StartStreamEncryption"])
def test_starting_with_a_key_that_does_not_work(
    aws: Wire, keys: Keys, operation: str, broken: Break
) -> None:
    name, key = aws.stream(), keys.create()
    error = broken(keys, key)
    members = {"StreamName": name, "EncryptionType": "KMS", "KeyId": key.id}
    assert aws.error(operation, **members) == error
    assert aws.describe(name)["EncryptionType"] == "NONE"


@pytest.mark.parametrize("operation", ["PutRecord", "PutRecords"])
def test_writing_with_a_key_that_does_not_work(
    aws: Wire, keys: Keys, encrypted: tuple[str, KmsKey], operation: str, broken: Break
) -> None:
    name, key = encrypted
    error = broken(keys, key)
    record = {"Data": b"lost", "PartitionKey": "k"}
    members = record if operation == "PutRecord" else {"Records": [record]}
    assert aws.error(operation, StreamName=name, **members) == error
    assert aws.error(operation, StreamName=name, DryRun=True, **members) == error


@pytest.mark.parametrize("operation", ["GetRecords"])
def test_reading_with_a_key_that_does_not_work(
    aws: Wire, keys: Keys, encrypted: tuple[str, KmsKey], operation: str, broken: Break
) -> None:
    name, key = encrypted
    error = broken(keys, key)
    # What lies before is given; from then on nothing but the error
    page = aws.get(aws.iterator(name))
    assert [base64.b64decode(record["Data"]) for record in page["Records"]] == [b"plain"]
    assert page["MillisBehindLatest"] > 0
    for _ in range(2):
        assert aws.error(operation, ShardIterator=page["NextShardIterator"]) == error
    # At the tail nothing has to be decrypted
    assert aws.datas(aws.iterator(name, kind="LATEST")) == []


@pytest.mark.parametrize("broken", [break_disabled, break_pending], indirect=True)
def test_a_key_that_works_again(
    aws: Wire, keys: Keys, encrypted: tuple[str, KmsKey], broken: Break
) -> None:
    name, key = encrypted
    error = broken(keys, key)
    assert aws.error("PutRecord", StreamName=name, Data=b"", PartitionKey="k") == error
    keys.become(key, "ENABLED")
    aws.put(name, b"again")
    assert aws.datas(aws.iterator(name)) == [b"plain", b"secret", b"again"]


def test_another_key_takes_over_and_the_old_records_need_the_old_one(
    aws: Wire, keys: Keys, encrypted: tuple[str, KmsKey]
) -> None:
    # Given a stream that goes on under another key
    name, old = encrypted
    new = keys.create()
    start(aws, name, new.id)
    aws.put(name, b"newer")
    assert aws.datas(aws.iterator(name)) == [b"plain", b"secret", b"newer"]
    # When the old one is switched off
    error = break_disabled(keys, old)
    # Then writing goes on, and the records under the new one are read
    last = aws.put(name, b"newest")["SequenceNumber"]
    at_last = aws.iterator(name, kind="AT_SEQUENCE_NUMBER", StartingSequenceNumber=last)
    assert aws.datas(at_last) == [b"newest"]
    behind = aws.get(aws.iterator(name))["NextShardIterator"]
    assert aws.error("GetRecords", ShardIterator=behind) == error
    # And with the new one off, but the old one on, it is the other way round
    keys.become(old, "ENABLED")
    error = break_disabled(keys, new)
    assert aws.datas(aws.iterator(name)) == [b"plain", b"secret"]
    assert aws.error("PutRecord", StreamName=name, Data=b"", PartitionKey="k") == error
    # And the old one can be taken again, with a data key of its own
    start(aws, name, old.id)
    aws.put(name, b"back")
    keys.become(new, "ENABLED")
    assert aws.datas(aws.iterator(name)) == [b"plain", b"secret", b"newer", b"newest", b"back"]


def test_stopping_needs_no_key(aws: Wire, keys: Keys, encrypted: tuple[str, KmsKey]) -> None:
    name, key = encrypted
    keys.delete(key)
    aws.void("StopStreamEncryption", StreamName=name, EncryptionType="KMS", KeyId=key.id)
    assert "EncryptionType" not in aws.put(name, b"after")


@pytest.mark.one_node
def test_a_data_key_that_is_damaged_or_gone(
    server: TestServer, aws: Wire, keys: Keys, encrypted: tuple[str, KmsKey]
) -> None:
    name, key = encrypted
    live = next(live for live in server.node.book.all() if live.stream.name == name)
    whole = live.stream
    next_ = aws.get(aws.iterator(name), Limit=1)["NextShardIterator"]

    def become(**changes: Any) -> None:
        live.become(replace(whole, **changes))

    become(keys=(replace(whole.keys[0], wrapped=b"damaged"),))
    damaged = "KMSInvalidStateException", f"{arn(key)} cannot be used: it is damaged."
    assert aws.error("GetRecords", ShardIterator=next_) == damaged
    assert aws.error("PutRecord", StreamName=name, Data=b"", PartitionKey="k") == damaged
    become(keys=(), key_id=None)
    gone = "KMSNotFoundException", f"The data key of records in stream {name} does not exist"
    assert aws.error("GetRecords", ShardIterator=next_) == gone
    become()
    assert aws.datas(next_) == [b"secret"]
