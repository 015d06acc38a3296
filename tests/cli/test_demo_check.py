"""The demo's check catches each kind of fault, and nothing else."""

from typing import Any

import pytest

from shardline.cli.demo.check import ALTERED, DISORDERED, DOUBLED, MISSING, Check

SENT = [
    ("N1", b'{"id":0,"dep_time":517}'),
    ("N2", b'{"id":1,"dep_time":533}'),
    ("N1", b'{"id":2,"dep_time":542}'),
    ("N1", b'{"id":3,"dep_time":544}'),
]
SHARD = "shardId-000000000000"


def as_read(*numbers: int) -> list[dict[str, Any]]:
    """Those records as they would come out of one shard, in that order."""
    return [
        {"PartitionKey": SENT[number][0], "Data": SENT[number][1], "SequenceNumber": f"{place}"}
        for place, number in enumerate(numbers, 1)
    ]


def faults_of(records: list[dict[str, Any]]) -> dict[str, int]:
    check = Check(SENT)
    check.take(SHARD, records)
    check.finish()
    assert check.is_good is (not check.faults)
    assert set(check.examples) == set(check.faults)
    return dict(check.faults)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 0, 2, 3), (0, 2, 3, 1)])
def test_all_is_well_when_each_key_is_in_order(order: tuple[int, ...]) -> None:
    assert faults_of(as_read(*order)) == {}


def test_a_missing_record_is_caught() -> None:
    assert faults_of(as_read(0, 1, 3)) == {MISSING: 1}


def test_nothing_at_all_is_caught() -> None:
    assert faults_of([]) == {MISSING: 4}


def test_a_doubled_record_is_caught() -> None:
    assert faults_of(as_read(0, 1, 2, 2, 3)) == {DOUBLED: 1}


def test_swapped_records_of_a_key_are_caught() -> None:
    assert faults_of(as_read(0, 1, 3, 2)) == {DISORDERED: 1}


def test_an_altered_record_is_caught() -> None:
    records = as_read(0, 1, 2, 3)
    records[2]["Data"] = b'{"id":2,"dep_time":999}'
    assert faults_of(records) == {ALTERED: 1, MISSING: 1}


def test_an_altered_key_is_caught() -> None:
    records = as_read(0, 1, 2, 3)
    records[2]["PartitionKey"] = "N2"
    assert faults_of(records) == {ALTERED: 1, MISSING: 1}


@pytest.mark.parametrize("data", [b"", b"garbage", b'{"id":4,"dep_time":1}', b'{"id":-1,}'])
def test_a_record_that_was_never_sent_is_caught(data: bytes) -> None:
    foreign = {"PartitionKey": "N1", "Data": data, "SequenceNumber": "9"}
    assert faults_of([*as_read(0, 1, 2, 3), foreign]) == {ALTERED: 1}


def test_sequence_numbers_have_to_grow_within_a_shard() -> None:
    records = as_read(0, 1, 2, 3)
    records[3]["SequenceNumber"] = records[2]["SequenceNumber"]
    assert faults_of(records) == {DISORDERED: 1}


def test_each_shard_is_counted() -> None:
    check = Check(SENT)
    check.take("a", as_read(0, 2))
    check.take("b", as_read(1))
    assert check.read == 3
    assert (check.shards["a"].records, check.shards["a"].keys) == (2, {"N1"})
    assert check.shards["b"].bytes == len("N2") + len(SENT[1][1])
