"""Records become requests that the destination takes, in their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.copying.errors import GaveUp
from shardline.copying.records import Record
from shardline.copying.requests import MOST_BYTES, MOST_RECORDS, Shape, requests

MIB = 1024 * 1024


def record(number: int, key: str = "k", size: int = 1) -> Record:
    return Record(str(number), key, b"x" * size, None, 0.0)


@given(st.lists(st.sampled_from("abc"), max_size=60), st.booleans())
def test_all_records_are_sent_in_order(keys: list[str], alone: bool) -> None:
    records = [record(number, key) for number, key in enumerate(keys)]
    parts = list(requests(records, Shape(MIB, alone)))
    assert [each for part in parts for each in part] == records
    assert all(parts)
    if alone:
        assert all(len({each.key for each in part}) == len(part) for part in parts)


def test_a_request_holds_no_more_than_kinesis_takes() -> None:
    parts = list(requests([record(n) for n in range(1201)], Shape(MIB, one_of_a_key=False)))
    assert [len(part) for part in parts] == [MOST_RECORDS, MOST_RECORDS, 201]
    parts = list(requests([record(n, size=MIB - 1) for n in range(9)], Shape(MIB, False)))
    assert [len(part) for part in parts] == [4, 4, 1]
    assert max(sum(each.size for each in part) for part in parts) <= MOST_BYTES


def test_a_record_of_10_mib_goes_alone() -> None:
    parts = requests([record(0), record(1, size=10 * MIB - 1), record(2)], Shape(10 * MIB, False))
    assert [len(part) for part in parts] == [1, 1, 1]


def test_a_record_that_the_destination_would_refuse_ends_it_by_name() -> None:
    parts = requests([record(5), record(6, size=MIB)], Shape(MIB, one_of_a_key=False))
    assert next(parts) == [record(5)]
    with pytest.raises(GaveUp, match=r"record 6 has 1,048,577 bytes .* takes 1,048,576"):
        next(parts)
