"""The hash key that a record is put with, and what stands for its content."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shardline.copying.records import (
    HashRange,
    Record,
    checksum,
    digest,
    explicit_hash,
    record_of,
)
from shardline.kinesis.hashing import hash_key

ALL = HashRange(0, 2**128 - 1)


@given(
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.integers(0, 2**128 - 1),
    st.integers(0, 2**128 - 1),
)
def test_a_record_stays_in_the_range_of_its_shard(key: str, one: int, other: int) -> None:
    place = HashRange(min(one, other), max(one, other))
    own = hash_key(key.encode())
    put_by = explicit_hash(key, place)
    assert place.start <= (own if put_by is None else int(put_by)) <= place.end
    assert (put_by is None) == (place.start <= own <= place.end)


def test_a_record_without_a_key_gets_the_id_of_its_shard() -> None:
    at = datetime(2026, 1, 31, tzinfo=UTC)
    read = {"SequenceNumber": "7", "Data": b"\x00", "ApproximateArrivalTimestamp": at}
    record = record_of(read, "shardId-3", ALL)
    assert record == Record("7", "shardId-3", b"\x00", None, at.timestamp(), has_key=False)
    assert record.entry() == {"Data": b"\x00", "PartitionKey": "shardId-3"}


def test_an_explicit_hash_key_goes_with_the_record() -> None:
    read = {"SequenceNumber": "7", "Data": b"", "ApproximateArrivalTimestamp": 5.0}
    own = hash_key(b"k")
    record = record_of(read | {"PartitionKey": "k"}, "shardId-3", HashRange(own + 1, own + 9))
    assert record.entry()["ExplicitHashKey"] == str(own + 1)
    assert record.hash_key == own + 1


@given(st.lists(st.tuples(st.text("abü"), st.binary(max_size=4)), max_size=20))
def test_a_checksum_does_not_depend_on_the_order(records: list[tuple[str, bytes]]) -> None:
    digests = [digest(key, data) for key, data in records]
    shuffled = sorted(digests)
    assert checksum(digests) == checksum(shuffled)
    assert checksum([*digests, digest("a", b"")]) != checksum(digests)


def test_key_and_data_are_told_apart() -> None:
    assert digest("ab", b"c") != digest("a", b"bc")
