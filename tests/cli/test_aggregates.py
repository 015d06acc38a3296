"""Aggregates of the Kinesis Producer Library; `aws_kinesis_agg` makes and unpacks them too."""

import base64
import contextlib
import hashlib
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator
from aws_kinesis_agg.deaggregator import iter_deaggregate_records
from aws_kinesis_agg.messages_pb2 import AggregatedRecord
from hypothesis import given
from hypothesis import strategies as st

from shardline.cli.aggregates import MAGIC, unpacked

ARRIVED = datetime(2026, 1, 31, 12, tzinfo=UTC)

User = tuple[str, bytes, str | None]
"""Partition key, data, explicit hash key."""

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
hash_keys = st.integers(0, 2**128 - 1).map(str)
users = st.tuples(keys, st.binary(max_size=200), st.none() | hash_keys)


def record(data: bytes) -> dict[str, Any]:
    """As GetRecords gives it in boto3."""
    return {
        "SequenceNumber": "4966",
        "ApproximateArrivalTimestamp": ARRIVED,
        "Data": data,
        "PartitionKey": "a",
    }


def aggregate(*packed: User) -> bytes:
    """As AWS's own library for Python makes it."""
    aggregator = RecordAggregator()
    for key, data, hash_key in packed:
        aggregator.add_user_record(key, data, hash_key)
    _, _, made = aggregator.clear_and_get().get_contents()
    assert isinstance(made, bytes)
    return made


def sealed(message: bytes) -> bytes:
    """With a magic and an MD5 that are right, whatever is in between."""
    return MAGIC + message + hashlib.md5(message).digest()


def oracle(data: bytes) -> list[dict[str, Any]]:
    """What AWS's own library for Python finds, as `unpacked` gives it."""
    with contextlib.redirect_stderr(io.StringIO()) as complaints:
        try:
            found = [each["kinesis"] for each in iter_deaggregate_records([record(data)], "Boto3")]
        except IndexError:  # while it writes its complaint
            return [record(data)]
    if complaints.getvalue() or not found or "subSequenceNumber" not in found[0]:
        return [record(data)]
    return [
        record(base64.b64decode(each["data"]))
        | {"PartitionKey": each["partitionKey"], "SubSequenceNumber": each["subSequenceNumber"]}
        for each in found
    ]


def assert_none_is_invented(data: bytes) -> None:
    """Where both find user records, they are the same.

    One may refuse what the other takes: protobuf looks into tags and keys that are not used here,
    and takes a field of another kind than the format's for one it does not know.
    """
    plain, found, theirs = [record(data)], unpacked(record(data)), oracle(data)
    assert plain in (found, theirs) or found == theirs


@given(st.lists(users, min_size=1, max_size=20))
def test_every_user_record_comes_out(packed: list[User]) -> None:
    data = aggregate(*packed)
    found = unpacked(record(data))
    assert [(each["PartitionKey"], each["Data"]) for each in found] == [
        (key, payload) for key, payload, _ in packed
    ]
    assert found == oracle(data)


@given(st.binary(max_size=100))
def test_a_plain_record_is_given_as_it_is(data: bytes) -> None:
    assert unpacked(record(data)) == [record(data)]


@given(st.lists(users, min_size=1, max_size=5), st.data())
def test_a_damaged_aggregate_is_given_as_it_is(packed: list[User], draw: st.DataObject) -> None:
    whole = aggregate(*packed)
    # One byte is another, or the end is missing
    at = draw.draw(st.integers(0, len(whole) - 1), "at")
    other = draw.draw(st.integers(1, 255), "other")
    changed = whole[:at] + bytes([whole[at] ^ other]) + whole[at + 1 :]
    for damaged in (changed, whole[:at]):
        assert unpacked(record(damaged)) == [record(damaged)]


@given(st.binary(max_size=60))
def test_any_message_under_a_right_digest_is_unpacked_or_given_as_it_is(message: bytes) -> None:
    assert_none_is_invented(sealed(message))


@given(st.lists(users, min_size=1, max_size=5), st.data())
def test_a_message_that_is_wrong_inside(packed: list[User], draw: st.DataObject) -> None:
    message = bytearray(aggregate(*packed)[len(MAGIC) : -16])
    for _ in range(draw.draw(st.integers(1, 3))):
        message[draw.draw(st.integers(0, len(message) - 1))] = draw.draw(st.integers(0, 255))
    assert_none_is_invented(sealed(bytes(message)))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(b"", id="nothing inside"),
        pytest.param(b"\x1a\x04\x08\x00\x1a\x00", id="an index beyond the table"),
        pytest.param(b"\x0a\x01k\x1a\x02\x08\x00", id="a record without data"),
        pytest.param(b"\x0a\x01k\x1a\x02\x1a\x00", id="a record without a key"),
        pytest.param(b"\x0a\x01\xff\x1a\x04\x08\x00\x1a\x00", id="a key that is no text"),
        pytest.param(b"\x0a\x01k\x1a\x09\x08\x00\x1a\x00", id="longer than the message"),
        pytest.param(b"\x08\x01", id="a table that is a number"),
        pytest.param(b"\x0a\x01k\x1a\x05\x0a\x00\x1a\x01x", id="an index that is bytes"),
        pytest.param(b"\x0a\x01k\x1a\x04\x08\x00\x18\x01", id="data that is a number"),
        pytest.param(b"\x0b", id="a group"),
        pytest.param(b"\x00\x00", id="field 0"),
        pytest.param(b"\x0a" + b"\x80" * 11, id="a length without an end"),
    ],
)
def test_a_message_without_sense_is_given_as_it_is(fields: bytes) -> None:
    assert unpacked(record(sealed(fields))) == [record(sealed(fields))]


def test_what_is_not_read_is_stepped_over() -> None:
    # Given a record with tags, and fields of every kind that no version has yet
    message = AggregatedRecord(partition_key_table=["k"], explicit_hash_key_table=["7"])
    message.records.add(partition_key_index=0, explicit_hash_key_index=0, data=b"x")
    message.records[0].tags.add(key="colour", value="red")
    later = b"\x78\x01" + b"\x79" + bytes(8) + b"\x7a\x02ab" + b"\x7d" + bytes(4)
    # When it is unpacked, then the record is there
    [found] = unpacked(record(sealed(message.SerializeToString() + later)))
    assert found == record(b"x") | {"PartitionKey": "k", "SubSequenceNumber": 0}
