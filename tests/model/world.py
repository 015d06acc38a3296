"""What a stream ought to be, as plain lists: the model that the node is held against.

Nothing is ever taken out of a stream's lists. What has expired is told by the time alone.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

HASH_KEYS = 2**128
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def hash_of(key: str) -> int:
    """The hash key of a partition key."""
    return int(hashlib.md5(key.encode()).hexdigest(), 16)


def shard_id(number: int) -> str:
    return f"shardId-{number:012d}"


@dataclass
class Record:
    """One record that a put was acknowledged for. `data` is different in every record."""

    data: bytes
    key: str
    hash: int
    shard: int
    number: int
    arrived_ms: int


@dataclass(eq=False)
class Shard:
    number: int
    start: int
    end: int
    parents: tuple[int, ...] = ()
    opened_ms: int = 0
    closed_ms: int | None = None


@dataclass(eq=False)
class Stream:
    """A stream, its shards by number and its records in the order of their puts."""

    name: str
    created_ms: int
    mode: str
    shards: list[Shard]
    status: str = "ACTIVE"
    retention_hours: int = 24
    records: list[Record] = field(default_factory=list)
    updates_ms: list[int] = field(default_factory=list)  # UpdateShardCount's
    switches_ms: list[int] = field(default_factory=list)  # UpdateStreamMode's
    given_up_ms: int = 0  # what arrived before has expired under an earlier retention
    due_ms: int | None = None
    then: Callable[[], None] | None = None  # what happens to the shards when the change is due

    def horizon(self, now_ms: int) -> int:
        """What arrived, or closed, before this time is gone. It never goes back."""
        return max(self.retained_since(now_ms), self.given_up_ms)

    def retained_since(self, now_ms: int) -> int:
        """Where the retention begins. If it was shorter before, some of it is gone all the same."""
        return max(now_ms - self.retention_hours * HOUR_MS, self.created_ms)

    def retain(self, hours: int, now_ms: int) -> None:
        self.given_up_ms = self.horizon(now_ms)
        self.retention_hours = hours

    @property
    def serves(self) -> bool:
        """Whether it has shards and takes and gives records."""
        return self.status in ("ACTIVE", "UPDATING")

    def visible(self, now_ms: int) -> list[Shard]:
        """The shards that exist for a caller."""
        if not self.serves:
            return []
        horizon = self.horizon(now_ms)
        return [s for s in self.shards if s.closed_ms is None or s.closed_ms >= horizon]

    def find(self, number: int, now_ms: int) -> Shard | None:
        return next((s for s in self.visible(now_ms) if s.number == number), None)

    def open(self) -> list[Shard]:
        """The open shards in the order of their hash keys."""
        found = [shard for shard in self.shards if shard.closed_ms is None]
        return sorted(found, key=lambda shard: shard.start)

    def owner(self, hash_key: int) -> Shard:
        (shard,) = [shard for shard in self.open() if shard.start <= hash_key <= shard.end]
        return shard

    def children(self, number: int) -> list[Shard]:
        return [shard for shard in self.shards if number in shard.parents]

    def of(self, number: int) -> list[Record]:
        """Every record that was ever put into a shard."""
        return [record for record in self.records if record.shard == number]

    def kept(self, now_ms: int) -> list[Record]:
        """Every record that can be read."""
        horizon = self.horizon(now_ms)
        return [record for record in self.records if record.arrived_ms >= horizon]

    def reshard(self, parents: list[Shard], ranges: list[tuple[int, int]], now_ms: int) -> None:
        """Close shards and open others in their place."""
        for parent in parents:
            parent.closed_ms = now_ms
        numbers = tuple(parent.number for parent in parents)
        for start, end in ranges:
            self.shards.append(Shard(len(self.shards), start, end, numbers, now_ms))


def first_shards(count: int, now_ms: int) -> list[Shard]:
    """As AWS makes them: equal ranges, of which the last takes the rest."""
    width = HASH_KEYS // count
    ends = [width * (index + 1) - 1 for index in range(count - 1)] + [HASH_KEYS - 1]
    return [Shard(index, width * index, end, (), now_ms) for index, end in enumerate(ends)]
