"""UpdateShardCount: how many shards are allowed, and the fewest splits and merges that get there.

The final ranges are equal, as the API promises ("uniform scaling creates shards of equal size").
AWS does not say how it gets there; what was recorded of it is totals of open and closed shards:

    2 to 4: 6    4 to 2: 6    4 to 3: 11    4 to 5: 15    come out here, 4 to 3 number by number
    5 to 3: 7    10 to 3: 17    10 to 13: 37              no plan with equal ranges has

From n open shards to m, s splits and r merges leave n + s - r = m of them, and n + 2s + r in all:
a total of 2n - m + 3s. So a total says how many splits there were, and the last three say 0, 0
and 10, where equal ranges have 2, 2 and 12 borders that were none before, each of which is one
split. (10 to 3 is less than half, which AWS refuses: that total is of more than one call.)
`tests/kinesis/test_scaling_totals.py` counts it out, and searches all plans of small streams.

Shards that a plan opens and closes live no time; unlike on AWS they do not count towards a limit.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Sequence

from shardline.gateway.errors import ServiceError
from shardline.kinesis import messages
from shardline.kinesis.hashing import HASH_KEYS
from shardline.kinesis.lineage import even_starts, open_shards
from shardline.kinesis.resharding import Plan, ShardQuota, Steps
from shardline.storage.entities import Shard, Stream

UPDATES_PER_DAY = 10
MAX_SHARDS = 10_000  # that UpdateShardCount takes a stream to
DAY_MS = 86_400_000

# floor(2^128 / n) * i and floor(2^128 / m) * j differ by less than a shard count where
# i/n = j/m. Without a tolerance, 3 to 6 would cut slivers of a few keys off every shard.
_NEAR = 1 << 20


def within_day(times_ms: Sequence[int], now_ms: int) -> tuple[int, ...]:
    """The times that lie in the 24 hours before now."""
    return tuple(time_ms for time_ms in times_ms if time_ms > now_ms - DAY_MS)


def check_count(
    stream: Stream, target: int, *, now_ms: int, quota: ShardQuota | None = None
) -> None:
    """Check UpdateShardCount on a stream that is ACTIVE and provisioned.

    Raises LimitExceededException: more shards than the account may have, more than 10,000 (or just
    as many, from more), more than double or less than half of the open ones, or an eleventh call
    within 24 hours (AWS's text for the last is not known, nor whether the 10,000 have a text of
    their own). No quota means no limit on the account's shards.
    """
    if quota is not None:
        check_quota(stream, target, quota)
    now = len(open_shards(stream.shards))
    counts = _counts(now, target)
    if target > MAX_SHARDS or (now > MAX_SHARDS and target == MAX_SHARDS):
        raise _too_many(MAX_SHARDS, counts)
    if target > 2 * now:
        raise messages.limit_exceeded(
            f"UpdateShardCount cannot scale up over double your current open shard count. {counts}"
        )
    if 2 * target < now:
        raise messages.limit_exceeded(
            f"UpdateShardCount cannot scale down below half your current open shard count. {counts}"
        )
    if len(within_day(stream.reshards_ms, now_ms)) >= UPDATES_PER_DAY:
        raise messages.limit_exceeded(
            f"UpdateShardCount cannot be called more than {UPDATES_PER_DAY} times per rolling "
            f"24-hour period for stream {stream.name} under account {stream.account}."
        )


def check_quota(stream: Stream, target: int, quota: ShardQuota) -> None:
    """Refuse more shards than the account may have, with LimitExceededException."""
    now = len(open_shards(stream.shards))
    if target > now and quota.used - now + target > quota.limit:
        raise _too_many(quota.limit, _counts(now, target))


def _too_many(limit: int, counts: str) -> ServiceError:
    return messages.limit_exceeded(
        f"Target shard count or number of open shards cannot be greater than {limit}. {counts}"
    )


def _counts(now: int, target: int) -> str:
    return f"Current open shard count: {now}, Target shard count: {target}"


def uniform_plan(shards: Sequence[Shard], target: int) -> Plan:
    """Plan the way to `target` equal ranges. Empty when they are there already.

    From left to right, as AWS was seen to do: gather what lies in a new range, cutting the shard
    that sticks out at its end, and merge the pieces before going on to the next range. Every new
    border that is none yet costs one split, every old one that goes costs one merge.
    """
    steps = Steps(shards)
    rest = deque(open_shards(shards))
    for end in _ends([shard.hash_start for shard in rest], target):
        pieces = []
        while rest and rest[0].hash_start <= end:
            piece = rest.popleft()
            if piece.hash_end > end:
                piece, beyond = steps.split(piece, end + 1)
                rest.appendleft(beyond)
            pieces.append(piece)
        _merge_all(steps, pieces)
    return steps.plan()


def _ends(starts: list[int], target: int) -> list[int]:
    """The last hash key of each new range; a border that is there already is kept."""
    borders = [_nearest(starts, ideal) for ideal in even_starts(target)[1:]]
    return [border - 1 for border in borders] + [HASH_KEYS - 1]


def _nearest(starts: list[int], ideal: int) -> int:
    index = bisect_left(starts, ideal)
    near = min(starts[max(index - 1, 0) : index + 1], key=lambda start: abs(start - ideal))
    return near if abs(near - ideal) < _NEAR else ideal


def _merge_all(steps: Steps, pieces: list[Shard]) -> None:
    # In rounds of neighbours rather than one after the other: each generation of shards lies a
    # second further in the future (lineage.child_created_s), so fewer generations are better.
    while len(pieces) > 1:
        merged = [steps.merge(*pieces[i : i + 2]) for i in range(0, len(pieces) - 1, 2)]
        pieces = merged + pieces[len(merged) * 2 :]
