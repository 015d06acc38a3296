"""Where shards lie in Kafka, in an SQL database. The contract is in `shardline.storage.range_port`.

Every change is told as one of `ranges`: a gateway takes it over before it renews its lease.
"""

from collections.abc import Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shardline.storage.catalog import name_statements, range_statements
from shardline.storage.catalog.sql_store import SqlStore
from shardline.storage.range_port import Range, RangesChanged, StreamRanges


class SqlRanges(SqlStore):
    """A `RangeStore`."""

    async def same_for_all(self, name: str, value: str) -> str:
        """What is the same for every process: `value` for the first. Raises `WriteFailed`."""
        return await self._write(lambda db: name_statements.keep_meta(db, name, value))

    async def said_for_all(self, name: str) -> str | None:
        """What is the same for every process, if any has said it. Raises `StorageError`."""
        return await self._read(lambda db: name_statements.find_meta(db, name))

    async def ranges(self, stream: str) -> StreamRanges | None:
        """The ranges of a stream, or None if it has none. Raises `StorageError`."""
        return await self._read(lambda db: range_statements.load(db, stream))

    async def keep_ranges(self, stream: str, version: int, changed: Mapping[int, Range]) -> int:
        """Add or replace ranges; answer the new version. Raises `RangesChanged`, `WriteFailed`."""

        def keep(db: Connection) -> int:
            try:
                return range_statements.keep(db, stream, version, changed)
            except IntegrityError as error:  # another process was first, this very moment
                raise RangesChanged(f"the ranges of {stream} are there already") from error

        return await self._write(keep, told=("ranges", stream))

    async def remove_ranges(self, stream: str) -> None:
        """Forget a stream. Idempotent. Raises `WriteFailed`."""
        await self._write(lambda db: range_statements.remove(db, stream), told=("ranges", stream))
