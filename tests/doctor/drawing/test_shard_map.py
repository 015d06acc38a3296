"""The drawing of shards."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shardline.doctor.drawing.shard_map import (
    BAR_CELLS,
    HASH_KEYS,
    MappedShard,
    bar,
    lineage_lines,
    range_lines,
)


def shard(number: int, start: int, end: int, *parents: int, closed: bool = False) -> MappedShard:
    names: dict[str, Any] = {}
    for member, parent in zip(("ParentShardId", "AdjacentParentShardId"), parents, strict=False):
        names[member] = f"shardId-{parent:012d}"
    ending = {"EndingSequenceNumber": "2"} if closed else {}
    return MappedShard.of(
        {
            "ShardId": f"shardId-{number:012d}",
            "HashKeyRange": {"StartingHashKey": str(start), "EndingHashKey": str(end)},
            "SequenceNumberRange": {"StartingSequenceNumber": "1", **ending},
            **names,
        }
    )


HALF = HASH_KEYS // 2


def test_open_shards_stand_where_their_ranges_are() -> None:
    # Given the whole, closed, and its halves, not in order
    shards = [
        shard(0, 0, HASH_KEYS - 1, closed=True),
        shard(2, HALF, HASH_KEYS - 1, 0),
        shard(1, 0, HALF - 1, 0),
    ]
    # Then only the halves are drawn, each in its place
    cells = BAR_CELLS // 2
    assert range_lines(shards) == [
        f"shardId-000000000001  {'█' * cells}{'·' * cells}   50.00%",
        f"shardId-000000000002  {'·' * cells}{'█' * cells}   50.00%",
    ]


def test_lineage_shows_splits_and_merges() -> None:
    # Given a split, and a merge of one half with another root
    shards = [
        shard(0, 0, HALF - 1, closed=True),
        shard(1, HALF, HASH_KEYS - 1, closed=True),
        shard(2, 0, HALF // 2 - 1, 0),
        shard(3, HALF // 2, HALF - 1, 0, closed=True),
        shard(4, HALF // 2, HASH_KEYS - 1, 3, 1),
    ]
    assert lineage_lines(shards) == [
        "shardId-000000000000  closed",
        "├─ shardId-000000000002  open",
        "└─ shardId-000000000003  closed",
        "   └─ shardId-000000000004  open, merged from 3 and 1",
        "shardId-000000000001  closed",
        "└─ shardId-000000000004  (merged: see shardId-000000000003)",
    ]


def test_a_shard_whose_parent_has_expired_is_a_root() -> None:
    assert lineage_lines([shard(7, 0, HASH_KEYS - 1, 3)]) == ["shardId-000000000007  open"]


@given(st.lists(st.integers(1, HASH_KEYS - 1), max_size=60, unique=True))
def test_bars_are_never_empty_and_never_too_long(borders: list[int]) -> None:
    starts = [0, *sorted(borders)]
    for start, after in zip(starts, [*starts[1:], HASH_KEYS], strict=True):
        drawn = bar(start, after - 1)
        assert len(drawn) == BAR_CELLS
        assert "█" in drawn
