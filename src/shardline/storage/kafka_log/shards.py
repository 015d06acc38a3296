"""What a gateway knows of the shards of one stream."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from shardline.storage.kafka_log.sent import Sent
from shardline.storage.range_port import Range, StreamRanges
from shardline.storage.record_log import UnknownShard
from shardline.storage.sqlite_log.waiters import Waiters


@dataclass(slots=True)
class Shard:
    """A shard, and what this gateway has on its way to it."""

    range: Range
    last_ms: int = 0  # the latest arrival that this gateway knows of
    tail: int = 0  # Kafka's offset that the tail is known to have reached
    closing: bool = False  # this gateway is sealing it
    is_ready: bool = False  # what Kafka has to tell before the first record was told
    waiting: int = 0  # tasks that wait for its tail
    flying: set[Sent] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        """Whether this gateway may still append."""
        return not (self.closing or self.range.sealing or self.range.end is not None)

    @property
    def is_unready(self) -> bool:
        """Whether it is open, and something has to be asked before the first record."""
        return not self.is_ready and self.is_open

    def reached(self, tail: int, arrived_ms: int = 0) -> None:
        """Take note of a tail, and of the arrival of the record before it."""
        self.tail = max(self.tail, tail)
        self.last_ms = max(self.last_ms, arrived_ms)

    async def landed(self, timeout_s: float | None = None) -> None:
        """Return when what is on its way has been delivered, or has failed.

        What has not after `timeout_s` will not be acknowledged; nor is that waited for again.
        """
        waiting = [sent for sent in self.flying if timeout_s is None or not sent.is_late]
        if waiting:
            await asyncio.wait([sent.ended() for sent in waiting], timeout=timeout_s)
            for sent in waiting:  # once late, for ever late: the end may have been read since
                sent.is_late |= not sent.is_over


class StreamShards:
    """The shards of a stream, as they were last looked up."""

    def __init__(self, stream: str, topic: str) -> None:
        self.stream = stream
        self.topic = topic
        self.is_adopted = False  # somebody else's topic, which is only read
        self.version = 0
        self.is_dropped = False
        self.waiters = Waiters()
        self.changing = asyncio.Lock()  # one change of the ranges at a time
        self._shards: dict[int, Shard] = {}

    def take(self, found: StreamRanges) -> None:
        """Take over what was looked up, or what was changed since the version that is known."""
        if found.version < self.version:
            return
        self.version = found.version
        if found.topic is not None:
            self.topic, self.is_adopted = found.topic, True
        for number, range_ in found.shards.items():
            shard = self._shards.get(number)
            if shard is None:
                self._shards[number] = Shard(range_, range_.last_ms, range_.first)
            else:
                shard.range = range_
        self.waiters.wake(n for n, shard in self._shards.items() if not shard.is_open)

    @property
    def ranges(self) -> dict[int, Range]:
        """The ranges by the shards' numbers."""
        return {number: shard.range for number, shard in self._shards.items()}

    @property
    def partitions(self) -> int:
        """How many partitions the topic needs."""
        return max((shard.range.partition + 1 for shard in self._shards.values()), default=0)

    def unready(self) -> set[int]:
        """The open shards that have to be made ready before they are written to."""
        return {number for number, shard in self._shards.items() if shard.is_unready}

    def drop(self) -> None:
        """Take over that the stream is no more."""
        self.is_dropped = True
        self.waiters.wake_all()

    def all(self) -> dict[int, Shard]:
        """The shards by their numbers."""
        return self._shards

    def find(self, numbers: Iterable[int]) -> dict[int, Shard]:
        """Some shards. Raises `UnknownShard` if one is missing."""
        wanted = list(numbers)
        if self.is_dropped or not self._shards:
            raise UnknownShard(f"there is no stream {self.stream}")
        if missing := sorted(set(wanted) - self._shards.keys()):
            names = ", ".join(map(str, missing))
            raise UnknownShard(f"stream {self.stream} has no shard {names}")
        return {number: self._shards[number] for number in wanted}

    def at(self, partition: int) -> Iterable[tuple[int, Shard]]:
        """The shards that have a partition now."""
        return [
            (number, shard)
            for number, shard in self._shards.items()
            if shard.range.partition == partition and shard.range.end is None
        ]
