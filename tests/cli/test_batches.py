"""Lines become batches of PutRecords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.cli import Failure
from shardline.cli.batches import (
    MOST_BYTES,
    MOST_RECORDS,
    Batch,
    batches,
    fixed_key,
    key_of_member,
    random_key,
)


@given(
    chunks=st.lists(st.lists(st.binary(max_size=8), max_size=700), max_size=6),
)
def test_every_line_that_is_not_blank_becomes_a_record_in_order(
    chunks: list[list[bytes]],
) -> None:
    made = list(batches(chunks, fixed_key("k")))
    data = [entry["Data"] for batch in made for entry in batch.entries]
    assert data == [line for chunk in chunks for line in chunk if line.strip()]
    assert all(1 <= len(batch.entries) <= MOST_RECORDS for batch in made)


def test_a_batch_counts_data_and_keys_and_stays_within_its_bound() -> None:
    line = b"x" * 1_000_000
    made = list(batches([[line] * 9], fixed_key("key")))
    assert [len(batch.entries) for batch in made] == [4, 4, 1]
    assert all(batch.size == len(batch.entries) * 1_000_003 <= MOST_BYTES for batch in made)


def test_a_record_larger_than_a_batch_goes_alone() -> None:
    made = list(batches([[b"a", b"x" * (MOST_BYTES + 1), b"b"]], fixed_key("k")))
    assert [len(batch.entries) for batch in made] == [1, 1, 1]


def test_a_pause_sends_what_has_gathered() -> None:
    made = list(batches([[b"a"], [], [], [b"b"]], fixed_key("k")))
    assert [[entry["Data"] for entry in batch.entries] for batch in made] == [[b"a"], [b"b"]]


def test_batches_know_their_lines_blank_ones_counted() -> None:
    made = list(batches([[b"", b"a", b" ", b"b"], [], [b"c"]], fixed_key("k")))
    assert [(batch.first_line, batch.last_line) for batch in made] == [(2, 4), (5, 5)]


def test_without_a_key_every_record_has_its_own() -> None:
    assert len({random_key(b"same") for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("line", "key"),
    [(b'{"plane":"N14228"}', "N14228"), (b'{"plane":7}', "7"), (b'{"plane":1.5}', "1.5")],
)
def test_a_member_of_the_json_is_the_key(line: bytes, key: str) -> None:
    assert key_of_member("plane")(line) == key


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"plane":null}',
        b'{"plane":""}',
        b'{"plane":true}',
        b'{"plane":[1]}',
        b'{"plane":"' + b"x" * 257 + b'"}',
        b"[1]",
        b"not JSON",
        b'{"plane":"\xff"}',
    ],
)
def test_a_line_without_a_key_ends_it_after_what_came_before(line: bytes) -> None:
    # Given a good line before it
    made: list[Batch] = []
    # When the batches are made
    with pytest.raises(Failure, match="line 2 has no partition key"):
        made.extend(batches([[b'{"plane":"N1"}', line]], key_of_member("plane")))
    # Then the good one was handed out before the failure
    assert [batch.entries for batch in made] == [
        [{"Data": b'{"plane":"N1"}', "PartitionKey": "N1"}]
    ]
