"""The user records inside an aggregate of the Kinesis Producer Library.

The library packs many records of its user into one record of Kinesis:

    F3 89 9A C2 | AggregatedRecord | MD5 of the AggregatedRecord, 16 bytes

AggregatedRecord is a message of Protocol Buffers (aggregation-format.md of
awslabs/amazon-kinesis-producer), fields by number:

    AggregatedRecord   1 partition_key_table: string*   2 explicit_hash_key_table: string*
                       3 records: Record*
    Record             1 partition_key_index: varint    2 explicit_hash_key_index: varint?
                       3 data: bytes                    4 tags: message*

An index counts from 0 in its table. Only what is read here is decoded; other fields are stepped
over, as Protocol Buffers asks. Written here because `aws_kinesis_agg`, the one library for it, puts
its own directory on `sys.path` and brings protobuf for three fields; it is the tests' oracle.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

MAGIC = b"\xf3\x89\x9a\xc2"
_DIGEST_LENGTH = 16

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_LENGTHS = {_FIXED64: 8, _FIXED32: 4}
_MOST_VARINT_BYTES = 10


class _Damaged(ValueError):
    """The bytes are no AggregatedRecord."""


def unpacked(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The user records of a record as boto3 gives it; the record itself if it is no aggregate.

    A user record is like the aggregate, with its own PartitionKey and Data, and with
    SubSequenceNumber, its place in the aggregate from 0. An aggregate that is damaged (by its MD5
    or its structure), or that holds nothing, is given as it is: its reader sees what there is.
    """
    data: bytes = record["Data"]
    if not data.startswith(MAGIC):
        return [record]
    try:
        inside = list(_user_records(data))
    except _Damaged:
        return [record]
    return [
        {**record, "PartitionKey": key, "Data": payload, "SubSequenceNumber": place}
        for place, (key, payload) in enumerate(inside)
    ] or [record]


def _user_records(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Partition key and data of each. Raises `_Damaged`."""
    message, digest = data[len(MAGIC) : -_DIGEST_LENGTH], data[-_DIGEST_LENGTH:]
    if hashlib.md5(message, usedforsecurity=False).digest() != digest:
        raise _Damaged
    keys: list[bytes] = []
    records: list[bytes] = []
    for number, value in _fields(message):
        if number == 1:
            keys.append(_bytes(value))
        elif number == 3:
            records.append(_bytes(value))
    for record in records:
        fields = dict(_fields(record))
        try:
            key = keys[_integer(fields[1])].decode()
            payload = _bytes(fields[3])
        except (LookupError, UnicodeDecodeError) as wrong:
            raise _Damaged from wrong
        yield key, payload


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The number and value of each field of a message. Raises `_Damaged`."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise _Damaged
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(message, at)
        elif wire in _FIXED_LENGTHS:
            length = _FIXED_LENGTHS[wire]
        else:
            raise _Damaged  # groups, which the format does not have
        if length > len(message) - at:
            raise _Damaged
        yield number, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """An unsigned number, seven bits a byte, the least first; and where it ends."""
    value = 0
    for count in range(_MOST_VARINT_BYTES):
        if at + count >= len(message):
            break
        byte = message[at + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, at + count + 1
    raise _Damaged


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise _Damaged
    return value


def _integer(value: int | bytes) -> int:
    if isinstance(value, bytes):
        raise _Damaged
    return value
