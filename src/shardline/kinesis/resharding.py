"""Splits and merges: what is allowed, and the shards that come of it.

A reshard is planned when it is accepted and carried out when it is due. A `Plan` is what
`entities.Pending` holds: the shards to open, and the numbers of those to close, some of which the
plan itself opens. Those are the short-lived shards of UpdateShardCount; they never get a record.
`carry_out` makes the new shards of a stream from a plan.

`uniform_plan` (UpdateShardCount) is in `shardline.kinesis.scaling`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from shardline.gateway.errors import ServiceError
from shardline.kinesis import lineage, messages
from shardline.kinesis.lineage import shard_id
from shardline.storage.entities import Shard, Stream


class Plan(NamedTuple):
    """A reshard: shard numbers to close, and shards to open, in the order of their making."""

    parents: tuple[int, ...] = ()
    children: tuple[Shard, ...] = ()


class ShardQuota(NamedTuple):
    """How many open shards an account has in a region, and how many it may have."""

    used: int
    limit: int


class Steps:
    """Splits and merges one after the other; numbers the shards that come of them."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._next = max(shard.number for shard in shards) + 1
        self._parents: list[int] = []
        self._children: list[Shard] = []

    def split(self, shard: Shard, at: int) -> tuple[Shard, Shard]:
        """Part a shard in two; the second one starts at the hash key `at`."""
        self._parents.append(shard.number)
        left = self._open(shard.hash_start, at - 1, shard.number)
        return left, self._open(at, shard.hash_end, shard.number)

    def merge(self, left: Shard, right: Shard) -> Shard:
        """Make one shard of two neighbours."""
        self._parents += (left.number, right.number)
        return self._open(left.hash_start, right.hash_end, left.number, right.number)

    def _open(self, start: int, end: int, parent: int, adjacent: int | None = None) -> Shard:
        # The create second is known when the parents close: carry_out sets it.
        shard = Shard(self._next, start, end, 0, parent, adjacent)
        self._next += 1
        self._children.append(shard)
        return shard

    def plan(self) -> Plan:
        """All steps so far."""
        return Plan(tuple(self._parents), tuple(self._children))


def split(stream: Stream, number: int, new_start: int, quota: ShardQuota | None = None) -> Plan:
    """Plan SplitShard on a stream that is ACTIVE and provisioned. No quota means no limit.

    Raises ResourceNotFoundException (no such shard), InvalidArgumentException (closed, or a
    NewStartingHashKey that does not part it) and LimitExceededException, in this order of AWS's:
    shard, limit, hash key.
    """
    shard = _require_open(stream, number)
    if quota is not None and quota.used + 1 > quota.limit:
        raise messages.shard_limit_exceeded(
            stream.account, stream.region, current=quota.used, limit=quota.limit, additional=1
        )
    if not shard.hash_start + 1 < new_start < shard.hash_end:
        raise messages.invalid_argument(
            f"NewStartingHashKey {new_start} used in SplitShard() on shard {shard_id(number)} "
            f"in stream {stream.name} under account {stream.account} is not both greater than "
            f"one plus the shard's StartingHashKey {shard.hash_start} and less than the shard's "
            f"EndingHashKey {shard.hash_end}."
        )
    steps = Steps(stream.shards)
    steps.split(shard, new_start)
    return steps.plan()


def merge(stream: Stream, number: int, adjacent: int) -> Plan:
    """Plan MergeShards on a stream that is ACTIVE and provisioned.

    Raises ResourceNotFoundException (no such shard) and InvalidArgumentException (closed, not
    neighbours, or the right one named first).
    """
    left, right = _require(stream, number), _require(stream, adjacent)
    for shard in (left, right):
        if not shard.is_open:
            raise _already_resharded(stream, shard)
    if left.hash_end + 1 != right.hash_start:
        raise messages.invalid_argument(
            f"Shards {shard_id(number)} and {shard_id(adjacent)} in stream {stream.name} "
            f"under account {stream.account} are not an adjacent pair of shards eligible "
            "for merging"
        )
    steps = Steps(stream.shards)
    steps.merge(left, right)
    return steps.plan()


def _require(stream: Stream, number: int) -> Shard:
    shard = lineage.find(stream.shards, number)
    if shard is None:
        raise messages.shard_not_found(shard_id(number), stream.name, stream.account)
    return shard


def _require_open(stream: Stream, number: int) -> Shard:
    shard = _require(stream, number)
    if not shard.is_open:
        raise _already_resharded(stream, shard)
    return shard


def _already_resharded(stream: Stream, shard: Shard) -> ServiceError:
    return messages.invalid_argument(
        f"Shard {shard_id(shard.number)} in stream {stream.name} under account {stream.account} "
        "has already been merged or split, and thus is not eligible for merging or splitting."
    )


def carry_out(
    shards: Sequence[Shard],
    parents: Sequence[int],
    children: Sequence[Shard],
    *,
    ends: Mapping[int, int],
    closed_ms: int,
) -> tuple[Shard, ...]:
    """The shards of a stream after a plan, by number.

    `ends` says for each of `parents` the offset after its last record, as the log's `seal`
    answered. A child gets its create second here; one without a parent (of a new stream) keeps it.
    """
    after = {shard.number: shard for shard in shards}
    for child in children:
        before = [after[n] for n in (child.parent, child.adjacent_parent) if n is not None]
        created_s = lineage.child_created_s(before, closed_ms) if before else child.created_s
        after[child.number] = replace(child, created_s=created_s)
    for number in parents:
        after[number] = replace(after[number], closed_ms=closed_ms, end=ends[number])
    return tuple(after[number] for number in sorted(after))
