"""Shards: their ids, their ranges, their parents and children, and how AWS describes them.

A shard is open until a split or a merge closes it. A closed shard stays listed until its data has
expired; its number is never used again.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from shardline.kinesis import messages, sequence
from shardline.kinesis.hashing import HASH_KEYS
from shardline.storage.entities import Shard, Stream

HOUR_MS = 3_600_000
_LAST_NUMBER = 2_147_483_647


@lru_cache(maxsize=4096)  # every put and read names its shard
def shard_id(number: int) -> str:
    """A shard's id. A negative number, which AWS prints too, keeps its sign: `-02147483648`."""
    return f"shardId-{number:012d}"


def parse_shard_id(text: str) -> int | None:
    """The number that AWS reads from a shard id, or None.

    It is what follows the first hyphen (all of it if there is none), in digits, up to 2^31 - 1:
    `5`, `shard-5` and `-0005` are shardId-000000000005 (recorded by kinesalite's suite).
    """
    head, hyphen, tail = text.partition("-")
    digits = tail if hyphen else head
    if not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits)
    return number if number <= _LAST_NUMBER else None


def read_shard_id(text: str, name: str, account: str) -> int:
    """As `parse_shard_id`, raising ResourceNotFoundException. AWS does it before all else."""
    number = parse_shard_id(text)
    if number is None:
        raise messages.shard_not_found(text, name, account)
    return number


def find(shards: Sequence[Shard], number: int) -> Shard | None:
    """The shard of that number, if it is among `shards`."""
    return next((shard for shard in shards if shard.number == number), None)


def even_starts(count: int) -> list[int]:
    """Where `count` even ranges start. Each is floor(2^128 / count) wide, the last takes the rest.

    As AWS does (kinesalite's suite).
    """
    width = HASH_KEYS // count
    return [width * index for index in range(count)]


def initial_shards(count: int, created_s: int) -> tuple[Shard, ...]:
    """The first shards of a stream."""
    starts = even_starts(count)
    ends = [start - 1 for start in starts[1:]] + [HASH_KEYS - 1]
    return tuple(
        Shard(number, start, end, created_s)
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    )


def open_shards(shards: Iterable[Shard]) -> list[Shard]:
    """The shards that accept records, in the order of their ranges."""
    return sorted((shard for shard in shards if shard.is_open), key=attrgetter("hash_start"))


def child_created_s(parents: Iterable[Shard], closed_ms: int) -> int:
    """The create second of a child: later than its parents' own, and than the one they closed in.

    AWS takes the second after the close (kinesalite's suite). The parents' create seconds count
    too, since several reshards may fall into one second here.
    """
    return max(closed_ms // 1000, *(parent.created_s for parent in parents)) + 1


def horizon_ms(stream: Stream, now_ms: int) -> int:
    """The trim horizon in time: what arrived before it has expired."""
    return max(now_ms - stream.retention_hours * HOUR_MS, stream.created_ms)


def is_visible(shard: Shard, horizon: int) -> bool:
    """Whether a shard is open, or closed at the trim horizon (ms) or later.

    One that closed exactly at the horizon is still there, as a record of that time is.
    """
    return shard.closed_ms is None or shard.closed_ms >= horizon


def visible(stream: Stream, now_ms: int) -> list[Shard]:
    """The shards that exist for a caller, by number: the open ones, and the closed ones with data.

    A stream in CREATING or DELETING shows none (kinesalite's suite).
    """
    if stream.status in ("CREATING", "DELETING"):
        return []
    horizon = horizon_ms(stream, now_ms)
    return [shard for shard in stream.shards if is_visible(shard, horizon)]


def children(shards: Iterable[Shard], number: int) -> list[Shard]:
    """The shards that a split or merge of that shard made."""
    return [shard for shard in shards if number in (shard.parent, shard.adjacent_parent)]


def child_shards(shards: Iterable[Shard], number: int) -> list[dict[str, Any]]:
    """ChildShards, as GetRecords and SubscribeToShard answer it at the end of a closed shard."""
    return [
        {
            "ShardId": shard_id(child.number),
            "ParentShards": [
                shard_id(parent)
                for parent in (child.parent, child.adjacent_parent)
                if parent is not None
            ],
            "HashKeyRange": hash_key_range(child),
        }
        for child in children(shards, number)
    ]


def hash_key_range(shard: Shard) -> dict[str, str]:
    """A shard's HashKeyRange: both ends included, in decimal."""
    return {"StartingHashKey": str(shard.hash_start), "EndingHashKey": str(shard.hash_end)}


def describe(shard: Shard) -> dict[str, Any]:
    """A shard as DescribeStream and ListShards answer it. What does not apply is left out."""
    range_: dict[str, str] = {"StartingSequenceNumber": sequence.starting(shard)}
    if shard.closed_ms is not None:
        range_["EndingSequenceNumber"] = sequence.ending(shard, shard.closed_ms)
    answer: dict[str, Any] = {
        "ShardId": shard_id(shard.number),
        "HashKeyRange": hash_key_range(shard),
        "SequenceNumberRange": range_,
    }
    if shard.parent is not None:
        answer["ParentShardId"] = shard_id(shard.parent)
    if shard.adjacent_parent is not None:
        answer["AdjacentParentShardId"] = shard_id(shard.adjacent_parent)
    return answer
