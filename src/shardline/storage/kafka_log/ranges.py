"""Which part of which partition a shard is. Kafka never removes a partition, so shards take turns.

A shard is an *offset range* of a partition: from `first` on, until `end` once it was sealed. The
ranges of all streams are kept outside of Kafka, in a store that all gateways share; `Ranges` is its
port. Gateways change them by what they saw: a change that saw an older state is refused.
"""

from collections.abc import Mapping
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
    """All shards of a stream, as they were stored at one moment."""

    version: int
    shards: Mapping[int, Range]


class RangesChanged(StorageError):
    """Another gateway changed the stream's ranges first: look again."""


class Ranges(Protocol):
    """Keeps the ranges of streams. What was stored is durable on return."""

    async def owner(self) -> str:
        """What names this store, and no other: an id that is made with it, and never changes."""
        ...

    async def load(self, stream: str) -> StreamRanges | None:
        """The ranges of a stream, or None if it has none."""
        ...

    async def store(self, stream: str, version: int, changed: Mapping[int, Range]) -> StreamRanges:
        """Add or replace ranges of the stream, of which `version` was seen (0: it had none).

        Answers the stream's new state. Raises `RangesChanged`, having changed nothing.
        """
        ...

    async def remove(self, stream: str) -> None:
        """Forget a stream. Idempotent."""
        ...


class MemoryRanges:
    """Ranges that live as long as the process: for tests. Several logs may share them."""

    def __init__(self, owner: str = "memory") -> None:
        self._owner = owner
        self._streams: dict[str, StreamRanges] = {}

    async def owner(self) -> str:
        """The name it was made with."""
        return self._owner

    async def load(self, stream: str) -> StreamRanges | None:
        """The ranges of a stream, or None."""
        return self._streams.get(stream)

    async def store(self, stream: str, version: int, changed: Mapping[int, Range]) -> StreamRanges:
        """Add or replace ranges; see the port."""
        found = self._streams.get(stream) or StreamRanges(0, MappingProxyType({}))
        if found.version != version:
            raise RangesChanged(f"the ranges of {stream} are at {found.version}, not {version}")
        shards = MappingProxyType({**found.shards, **changed})
        self._streams[stream] = replace(found, version=version + 1, shards=shards)
        return self._streams[stream]

    async def remove(self, stream: str) -> None:
        """Forget a stream. Idempotent."""
        self._streams.pop(stream, None)
