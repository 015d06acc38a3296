"""A stream's shards as a drawing: the ranges of the open ones, and the lineage of all.

Pure: shards in, lines of at most 80 columns out; the shards are as ListShards gives them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HASH_KEYS = 1 << 128
BAR_CELLS = 46
PARENTS = ("ParentShardId", "AdjacentParentShardId")


@dataclass(frozen=True, slots=True)
class MappedShard:
    """A shard, its inclusive range of hash keys, and where it came from.

    `parents` are the ids that it names; of shards that have expired, none is listed any more.
    """

    id: str
    start: int
    end: int
    is_open: bool
    parents: tuple[str, ...]

    @classmethod
    def of(cls, shard: Mapping[str, Any]) -> "MappedShard":
        """A shard as ListShards gives it."""
        keys = shard["HashKeyRange"]
        return cls(
            shard["ShardId"],
            int(keys["StartingHashKey"]),
            int(keys["EndingHashKey"]),
            "EndingSequenceNumber" not in shard["SequenceNumberRange"],
            tuple(shard[name] for name in PARENTS if name in shard),
        )

    @property
    def share(self) -> float:
        """The part of all hash keys that is this shard's, from 0 to 1."""
        return (self.end - self.start + 1) / HASH_KEYS


def range_lines(shards: Iterable[MappedShard]) -> list[str]:
    """A line for each open shard, in the order of their ranges: a bar where its range lies."""
    shown = sorted((shard for shard in shards if shard.is_open), key=lambda shard: shard.start)
    return [f"{shard.id}  {bar(shard.start, shard.end)}  {shard.share:7.2%}" for shard in shown]


def bar(start: int, end: int) -> str:
    """The range of all hash keys, with what lies between `start` and `end` filled: never empty."""
    first = start * BAR_CELLS // HASH_KEYS
    after = max(first + 1, round((end + 1) * BAR_CELLS / HASH_KEYS))
    return "·" * first + "█" * (after - first) + "·" * (BAR_CELLS - after)


def lineage_lines(shards: Sequence[MappedShard]) -> list[str]:
    """The shards as trees, the oldest first: below each what it was split or merged into.

    A shard that two were merged into stands below its first parent, with the other one named; below
    that other one it is only referred to.
    """
    listed = {shard.id: shard for shard in shards}
    children: dict[str, list[MappedShard]] = {}
    roots = []
    for shard in sorted(shards, key=lambda shard: shard.id):
        known = [name for name in shard.parents if name in listed]
        for name in known:
            children.setdefault(name, []).append(shard)
        if not known:
            roots.append(shard)
    lines: list[str] = []
    for root in roots:
        lines.append(_named(root))
        lines += _below(root, children, listed, "")
    return lines


def _below(
    parent: MappedShard,
    children: Mapping[str, Sequence[MappedShard]],
    listed: Mapping[str, MappedShard],
    indent: str,
) -> Iterator[str]:
    below = children.get(parent.id, ())
    for number, child in enumerate(below):
        last = number == len(below) - 1
        branch, room = ("└─ ", "   ") if last else ("├─ ", "│  ")
        first_parent = next(name for name in child.parents if name in listed)
        if first_parent != parent.id:
            yield f"{indent}{branch}{child.id}  (merged: see {first_parent})"
            continue
        yield indent + branch + _named(child)
        yield from _below(child, children, listed, indent + room)


def _named(shard: MappedShard) -> str:
    state = "open" if shard.is_open else "closed"
    merged = (
        f", merged from {' and '.join(map(number, shard.parents))}" if shard.parents[1:] else ""
    )
    return f"{shard.id}  {state}{merged}"


def number(shard_id: str) -> str:
    """A shard's id without what all ids have in common."""
    return shard_id.removeprefix("shardId-").lstrip("0") or "0"
