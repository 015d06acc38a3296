"""The part of the catalog that says where in Kafka each shard lies.

Kafka never removes a partition, so shards take turns: a shard is an *offset range* of a partition,
from `first` on, until `end` once it was sealed. Gateways change the ranges of a stream by what they
saw: a change that saw an older state is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from shardline.storage.record_log import StorageError


@dataclass(frozen=True, slots=True)
class Range:
    """A shard's place. Offsets are Kafka's own; those of the port are counted from `first`."""

    partition: int
    first: int
    horizon: int  # Kafka's offset of the first record kept
    sealing: bool = False  # no gateway may append any more, but the end is not known yet
    end: int | None = None  # Kafka's offset after the last record, once it is sealed
    last_ms: int = 0  # no record that was trimmed arrived later

    @property
    def is_spent(self) -> bool:
        """Whether nothing of it is left, and nothing will come."""
        return self.end is not None and self.horizon >= self.end


@dataclass(frozen=True, slots=True)
class StreamRanges:
    """All shards of a stream, as they were stored at one moment.

    Those of an adopted stream lie in the `topic` of somebody else (`adopted`).
    """

    version: int
    shards: Mapping[int, Range]
    topic: str | None = None


def adopted(topic: str, shards: Iterable[int]) -> StreamRanges:
    """The ranges of an adopted stream: its shards are whole partitions, to which we do not write.

    Kafka's offsets are those of the port. They never change, so nobody stores them.
    """
    return StreamRanges(1, {n: Range(n, 0, 0, sealing=True) for n in shards}, topic)


class RangesChanged(StorageError):
    """Another gateway changed the stream's ranges first: look again."""


class RangeStore(Protocol):
    """Keeps the ranges of streams. What was changed is durable on return; and every other gateway
    has taken it over (`KafkaLog.follow` has returned there), or has no lease any more.
    """

    async def same_for_all(self, name: str, value: str) -> str:
        """What is the same for every gateway: `value`, unless another was first."""
        ...

    async def said_for_all(self, name: str) -> str | None:
        """What is the same for every gateway, if any has said it."""
        ...

    async def ranges(self, stream: str) -> StreamRanges | None:
        """The ranges of a stream, or None if it has none; of an adopted one as `adopted` says."""
        ...

    async def keep_ranges(self, stream: str, version: int, changed: Mapping[int, Range]) -> int:
        """Add or replace ranges of the stream, of which `version` was seen (0: it had none).

        Answers the new version, at which nothing else was changed: no other range is read for it.
        Raises `RangesChanged`, having changed nothing.
        """
        ...

    async def remove_ranges(self, stream: str) -> None:
        """Forget a stream. Idempotent."""
        ...


class MemoryRanges:
    """Ranges that live as long as the process, for tests of one gateway."""

    def __init__(self) -> None:
        self._same: dict[str, str] = {}
        self._streams: dict[str, StreamRanges] = {}

    async def same_for_all(self, name: str, value: str) -> str:
        """What was said first."""
        return self._same.setdefault(name, value)

    async def said_for_all(self, name: str) -> str | None:
        """What was said first, if anything."""
        return self._same.get(name)

    async def ranges(self, stream: str) -> StreamRanges | None:
        """The ranges of a stream, or None."""
        return self._streams.get(stream)

    def adopt(self, stream: str, topic: str, shards: Iterable[int]) -> None:
        """Let a stream be a topic of somebody else."""
        self._streams[stream] = adopted(topic, shards)

    async def keep_ranges(self, stream: str, version: int, changed: Mapping[int, Range]) -> int:
        """Add or replace ranges; see the port."""
        found = self._streams.get(stream) or StreamRanges(0, MappingProxyType({}))
        if found.version != version or found.topic is not None:
            raise RangesChanged(f"the ranges of {stream} are at {found.version}, not {version}")
        shards = MappingProxyType({**found.shards, **changed})
        self._streams[stream] = replace(found, version=version + 1, shards=shards)
        return version + 1

    async def remove_ranges(self, stream: str) -> None:
        """Forget a stream. Idempotent."""
        self._streams.pop(stream, None)
