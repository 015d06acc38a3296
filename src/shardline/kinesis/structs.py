"""The hot operations' inputs and outputs as msgspec structs, decoded and encoded in one pass.

Field names are AWS's member names. A test holds every struct against botocore's model.

`accepts_*` say whether a struct that JSON was decoded into is within the model's constraints; one
that is not is decoded again the general way, which writes AWS's error. They test whole columns.

In one thing the fast way is more lenient than AWS: base64 whose last character has bits beyond the
last byte (`+/+=`) passes. No encoder writes it, and to find it would take a pass over every body.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct

from shardline.gateway.types import Typed

MAX_RECORDS = 500
MAX_KEY_CHARS = 256
MAX_DATA_BYTES = 10_485_760
MAX_READ_RECORDS = 10_000

_name = re.compile(r"[a-zA-Z0-9_.-]{1,128}").fullmatch
_LONGEST_NAME = 128
_hash_key = re.compile(r"0|([1-9]\d{0,38})", re.ASCII).fullmatch


class PutRecordInput(Struct, gc=False):
    """PutRecord's parameters."""

    Data: bytes
    StreamName: str | None = None
    PartitionKey: str | None = None
    ExplicitHashKey: str | None = None
    SequenceNumberForOrdering: str | None = None
    StreamARN: str | None = None
    StreamId: str | None = None
    DryRun: bool | None = None


class PutRecordOutput(Struct, omit_defaults=True, gc=False):
    """PutRecord's answer."""

    ShardId: str
    SequenceNumber: str
    EncryptionType: str | None = None


class PutRecordsRequestEntry(Struct, gc=False):
    """One record of PutRecords."""

    Data: bytes
    PartitionKey: str | None = None
    ExplicitHashKey: str | None = None


class PutRecordsInput(Struct):
    """PutRecords' parameters."""

    Records: list[PutRecordsRequestEntry]
    StreamName: str | None = None
    StreamARN: str | None = None
    StreamId: str | None = None
    DryRun: bool | None = None


class PutRecordsResultEntry(Struct, omit_defaults=True, gc=False):
    """What became of one record of PutRecords: a place, or an error."""

    SequenceNumber: str | None = None
    ShardId: str | None = None
    ErrorCode: str | None = None
    ErrorMessage: str | None = None


class PutRecordsOutput(Struct, omit_defaults=True):
    """PutRecords' answer."""

    FailedRecordCount: int
    Records: Sequence[PutRecordsResultEntry]
    EncryptionType: str | None = None


class GetRecordsInput(Struct, gc=False):
    """GetRecords' parameters."""

    ShardIterator: str
    Limit: int | None = None
    StreamARN: str | None = None
    StreamId: str | None = None
    DryRun: bool | None = None


class Record(Struct, omit_defaults=True, gc=False):
    """One record as GetRecords gives it. The timestamp is in seconds.

    A record that was put without a key, as AUTO allows, has none (botocore's model).
    """

    SequenceNumber: str
    ApproximateArrivalTimestamp: float
    Data: bytes
    PartitionKey: str | None = None
    EncryptionType: str | None = None


class HashKeyRange(Struct, gc=False):
    """An inclusive range of hash keys, as decimal text."""

    StartingHashKey: str
    EndingHashKey: str


class ChildShard(Struct):
    """A shard that follows a closed one."""

    ShardId: str
    ParentShards: list[str]
    HashKeyRange: HashKeyRange


class GetRecordsOutput(Struct, omit_defaults=True):
    """GetRecords' answer. At the end of a shard there is no next iterator, but child shards."""

    Records: Sequence[Record]
    NextShardIterator: str | None = None
    MillisBehindLatest: int | None = None
    ChildShards: list[ChildShard] | None = None


class SubscribeToShardEvent(Struct, omit_defaults=True):
    """An event of SubscribeToShard. A shard's last one has its children, and no continuation."""

    Records: Sequence[Record]
    MillisBehindLatest: int
    ContinuationSequenceNumber: str | None = None
    ChildShards: list[ChildShard] | None = None


def accepts_put_record(call: PutRecordInput) -> bool:
    """Whether a PutRecord is within the model."""
    return (
        (call.PartitionKey is None or 0 < len(call.PartitionKey) <= MAX_KEY_CHARS)
        and len(call.Data) <= MAX_DATA_BYTES
        and _addresses_by_name(call.StreamName, call.StreamARN, call.StreamId)
        and (call.ExplicitHashKey is None or _hash_key(call.ExplicitHashKey) is not None)
        and call.SequenceNumberForOrdering is None
    )


def accepts_put_records(call: PutRecordsInput) -> bool:
    """Whether a PutRecords is within the model."""
    records = call.Records
    if not 0 < len(records) <= MAX_RECORDS:
        return False
    keys = [record.PartitionKey for record in records if record.PartitionKey is not None]
    hash_keys = [record.ExplicitHashKey for record in records if record.ExplicitHashKey is not None]
    return (
        all(keys)
        and max(map(len, keys), default=0) <= MAX_KEY_CHARS
        and max(len(record.Data) for record in records) <= MAX_DATA_BYTES
        and all(map(_hash_key, hash_keys))
        and _addresses_by_name(call.StreamName, call.StreamARN, call.StreamId)
    )


def accepts_get_records(call: GetRecordsInput) -> bool:
    """Whether a GetRecords is within the model."""
    return (
        0 < len(call.ShardIterator) <= 512
        and (call.Limit is None or 1 <= call.Limit <= MAX_READ_RECORDS)
        and call.StreamARN is None
        and call.StreamId is None
    )


def _addresses_by_name(name: str | None, arn: str | None, stream_id: str | None) -> bool:
    """The everyday way to name a stream; the others go the general way."""
    return (
        arn is None
        and stream_id is None
        and name is not None
        and len(name) <= _LONGEST_NAME
        and _is_name(name)
    )


@lru_cache(maxsize=1024)  # of which the same few come again and again
def _is_name(name: str) -> bool:
    return _name(name) is not None


TYPED = {
    "PutRecord": Typed(PutRecordInput, accepts_put_record),
    "PutRecords": Typed(PutRecordsInput, accepts_put_records),
    "GetRecords": Typed(GetRecordsInput, accepts_get_records),
}
