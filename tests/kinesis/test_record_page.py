"""The text of many records, written from columns, is what msgspec writes of one struct each."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from shardline.gateway.bounds import PIECE_BYTES
from shardline.gateway.protocols.cbor import CborProtocol
from shardline.gateway.protocols.json import JsonProtocol
from shardline.kinesis.api import load_service
from shardline.kinesis.record_page import RecordPage
from shardline.kinesis.structs import GetRecordsOutput, Record
from shardline.storage.entities import Shard
from shardline.storage.record_log import Page, Run

SHARD = Shard(3, 0, 2**128 - 1, 1_700_000_000)
GET_RECORDS = load_service("kinesis").operations["GetRecords"]


@st.composite
def runs(draw: st.DrawFn) -> tuple[Run, ...]:
    found: list[Run] = []
    offset = draw(st.integers(0, 2**40))
    for _ in range(draw(st.integers(0, 6))):
        records = draw(st.lists(st.tuples(st.text(), st.binary()), min_size=1, max_size=30))
        keys = [key.encode(errors="replace") for key, _ in records]
        arrived_ms = draw(st.integers(0, 2**41))
        encrypted = draw(st.booleans())
        found.append(Run(offset, arrived_ms, keys, [data for _, data in records], encrypted))
        offset += len(records) + draw(st.integers(0, 3))
    return tuple(found)


def page(of: tuple[Run, ...]) -> RecordPage:
    return RecordPage(SHARD, Page(of, 0, None, at_end=False))


@given(runs())
def test_json_from_columns_is_json_of_structs(of: tuple[Run, ...]) -> None:
    records = page(of)
    written = JsonProtocol().encode(GET_RECORDS, GetRecordsOutput(records, MillisBehindLatest=0))
    assert written == msgspec.json.encode(GetRecordsOutput(list(records), MillisBehindLatest=0))


@given(runs())
def test_pieces_are_the_same_text(of: tuple[Run, ...]) -> None:
    answer = GetRecordsOutput(page(of), MillisBehindLatest=0)
    pieces = JsonProtocol().encode_in_pieces(GET_RECORDS, answer)
    assert b"".join(pieces) == JsonProtocol().encode(GET_RECORDS, answer)


@settings(max_examples=examples(30), deadline=None)
@given(
    sizes=st.lists(st.sampled_from([0, 1, 1024, 9000, 70_000]), min_size=1, max_size=4),
    counts=st.lists(st.sampled_from([1, 2, 30]), min_size=4, max_size=4),
)
def test_pieces_are_as_long_as_they_may_be(sizes: list[int], counts: list[int]) -> None:
    # Given runs of records of one size each
    of, offset = [], 0
    for size, count in zip(sizes, counts, strict=False):
        of.append(Run(offset, 1, [b"key"] * count, [bytes(size)] * count))
        offset += count

    # When they are written in pieces
    answer = GetRecordsOutput(page(tuple(of)))
    before, *pieces, after = JsonProtocol().encode_in_pieces(GET_RECORDS, answer)

    # Then they are one text, a piece of two records is none too long, and no two fit in one
    assert b"".join((before, *pieces, after)) == JsonProtocol().encode(GET_RECORDS, answer)
    assert all(len(piece) <= PIECE_BYTES or piece.count(b"Data") == 1 for piece in pieces)
    one = len(msgspec.json.encode(answer.Records[0]))
    if len(set(sizes)) == 1:
        assert all(len(piece) + one > 0.9 * PIECE_BYTES for piece in pieces[:-1])


@given(runs())
def test_other_protocols_see_a_sequence_of_records(of: tuple[Run, ...]) -> None:
    records = page(of)
    written = CborProtocol().encode(GET_RECORDS, GetRecordsOutput(records))
    assert written == CborProtocol().encode(GET_RECORDS, GetRecordsOutput(list(records)))


def test_a_page_is_a_sequence() -> None:
    # Given two records that arrived together and an encrypted one
    records = page((Run(0, 5, [b"a", b"b"], [b"1", b"2"], False), Run(9, 6, [b"c"], [b""], True)))
    # Then they are there by position, as AWS shows them
    assert len(records) == 3
    assert [record.PartitionKey for record in records] == ["a", "b", "c"]
    assert records[-1] == Record(records[2].SequenceNumber, 0.006, b"", "c", "KMS")
    assert [record.Data for record in records[:2]] == [b"1", b"2"]


def test_an_answer_of_something_else_is_a_fault_of_ours() -> None:
    for protocol in (JsonProtocol(), CborProtocol()):
        with pytest.raises(NotImplementedError, match="an answer holds a object"):
            protocol.encode(GET_RECORDS, GetRecordsOutput(object()))  # type: ignore[arg-type]
