"""How a book follows the catalog: what other processes made of streams is taken over.

Nothing here waits for a change of this process to end: that change may be waiting for others to
follow, as these may be for ours. What is read is taken over only where it is news (`Shelf`).
"""

import logging
from collections.abc import Collection

from shardline.kinesis.limit_modes import LimitsMode
from shardline.kinesis.shelf import Shelf
from shardline.storage.catalog_port import Catalog
from shardline.storage.entities import Stream
from shardline.storage.record_log import RecordLog, StorageError
from shardline.uninterrupted import Uninterrupted

log = logging.getLogger("shardline.kinesis")


class Following:
    """Takes streams over from the catalog onto a shelf. `ending` waits for what it leaves to do."""

    def __init__(
        self,
        catalog: Catalog,
        records: RecordLog,
        shelf: Shelf,
        limits: LimitsMode,
        ending: Uninterrupted,
    ) -> None:
        self._catalog = catalog
        self._records = records
        self._shelf = shelf
        self._limits = limits
        self._ending = ending

    async def load(self) -> None:
        """Read every stream. Raises `StorageError`."""
        for stream in await self._catalog.streams():
            self.take_over(stream)

    async def follow(self, ids: Collection[str] | None = None) -> None:
        """Look what became of these streams, or of all that have changed. Raises `StorageError`."""
        if ids is None:
            ids = await self._changed()
        if not ids:
            return
        found = {stream.id: stream for stream in await self._catalog.streams(ids)}
        for stream_id in ids:
            if stream_id not in found:
                self._end(stream_id)
        for stream in found.values():  # one may have the name of a stream that has ended
            self.take_over(stream)

    def take_over(self, stream: Stream) -> None:
        """Know a value of a stream, if it is news."""
        self._shelf.take_over(stream, self._limits)

    def release(self, stream_id: str) -> None:
        """Let go of the records of a stream that another process has removed.

        What this process has open of them is closed; what it made anew, since it did not know yet
        that the stream is gone, is removed. In its own time: the drop of a log may take long.
        """
        self._ending.begin(self._release(stream_id))

    async def _changed(self) -> list[str]:
        stored = await self._catalog.stream_versions()
        known = {live.stream.id: live.stream.version for live in self._shelf.all()}
        news = [each for each, version in stored.items() if known.get(each, -1) < version]
        return news + [each for each in known if each not in stored]

    def _end(self, stream_id: str) -> None:
        live = self._shelf.identified(stream_id)
        if live is not None:
            self._shelf.remove(live)
            self.release(stream_id)

    async def _release(self, stream_id: str) -> None:
        try:
            await self._records.drop(stream_id)
        except StorageError as error:
            log.error("the records of stream %s, which is gone, stay: %s", stream_id, error)
