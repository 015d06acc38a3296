"""What can wait in a stream's queue.

A `Write` shares its commit with the writes beside it; a job that is `Alone` does not. `apply` and
`run` are called in a committing thread; `future` belongs to the event loop; `size` is in bytes.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from msgspec import Struct

from shardline.storage.record_log import Appended, Batch, Refused
from shardline.storage.sqlite_log import trimming
from shardline.storage.sqlite_log.commits import Group
from shardline.storage.sqlite_log.extent import Extent, unknown
from shardline.storage.sqlite_log.streamfile import StreamFile

Extents: TypeAlias = Mapping[int, Extent]


class Append(Struct):
    """Batches of one request."""

    alone: ClassVar[bool] = False
    future: asyncio.Future[Any]
    batches: Sequence[Batch]
    size: int

    def apply(self, group: Group) -> list[Appended | Refused]:
        """Place the batches."""
        return group.append(self.batches)


@dataclass(slots=True)
class Seal:
    """Shards to be sealed together."""

    alone: ClassVar[bool] = False
    size: ClassVar[int] = 0
    future: asyncio.Future[Any]
    shards: Sequence[int]

    def apply(self, group: Group) -> dict[int, int]:
        """Seal the shards."""
        return group.seal(self.shards)


@dataclass(slots=True)
class Create:
    """Shards to be made."""

    alone: ClassVar[bool] = False
    size: ClassVar[int] = 0
    future: asyncio.Future[Any]
    shards: Sequence[int]

    def apply(self, group: Group) -> None:
        """Make the shards."""
        group.create(self.shards)


@dataclass(slots=True)
class Trim:
    """A new horizon by time."""

    alone: ClassVar[bool] = True
    size: ClassVar[int] = 0
    future: asyncio.Future[Any]
    before_ms: int

    def run(self, file: StreamFile, extents: Extents) -> tuple[dict[int, int], Extents]:
        """Move the horizons. Raises `UnknownShard` for a stream that has no shards."""
        if not extents:
            raise unknown(file.path.stem)
        changed = trimming.trim(file, extents, self.before_ms)
        now = {**extents, **changed}
        return {shard: extent.horizon for shard, extent in now.items()}, changed


@dataclass(slots=True)
class Drop:
    """The end of the stream."""

    alone: ClassVar[bool] = True
    size: ClassVar[int] = 0
    future: asyncio.Future[Any]

    def run(self, file: StreamFile, extents: Extents) -> tuple[None, Extents]:
        """Delete the file."""
        file.remove()
        return None, {}


@dataclass(slots=True)
class Release:
    """Close the stream's connections until they are needed again."""

    alone: ClassVar[bool] = True
    size: ClassVar[int] = 0
    future: asyncio.Future[Any]

    def run(self, file: StreamFile, extents: Extents) -> tuple[None, Extents]:
        """Close them."""
        file.release()
        return None, {}


Write: TypeAlias = Append | Seal | Create
Alone: TypeAlias = Trim | Drop | Release
