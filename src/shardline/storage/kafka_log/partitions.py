"""Which partitions new shards get: those that nobody needs any more, and then new ones."""

from collections.abc import Iterable, Mapping
from itertools import count

from shardline.storage.range_port import Range

# Kafka makes no more than 10,000 at once, the topic and its settings counted among them
# (ReplicationControlManager's MAX_PARTITIONS_PER_BATCH and MAX_RECORDS_PER_USER_OP).
AT_ONCE = 5_000


def steps(partitions: int) -> list[int]:
    """How many partitions a topic has after each request of those that make so many."""
    return [*range(AT_ONCE, partitions, AT_ONCE), partitions]


def plan(shards: Iterable[int], ranges: Mapping[int, Range]) -> dict[int, int]:
    """The partition of each new shard, the lowest free ones first.

    A partition is free when every shard that it was given to is sealed and has been trimmed to its
    end. So a stream has at most as many partitions as it had shards with records at one time.
    """
    taken = {found.partition for found in ranges.values() if not found.is_spent}
    free = (partition for partition in count() if partition not in taken)
    return dict(zip(sorted(shards), free, strict=False))


def lowest_needed(ranges: Mapping[int, Range]) -> dict[int, int]:
    """For each partition the offset before which no shard needs anything.

    A partition is given away only when the shards before have nothing left in it, so the last one
    decides.
    """
    by_first = sorted(ranges.values(), key=lambda found: found.first)
    return {found.partition: found.horizon for found in by_first}
