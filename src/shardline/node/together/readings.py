"""The numbers of all workers on one Prometheus page, whichever of them is asked for it.

Who is asked has the others write theirs to files of the data directory, and adds them up. The
numbers of a worker that does not answer in time are missing on that page.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from shardline.node.together.asking import Asking
from shardline.prometheus.families import Reading
from shardline.prometheus.merging import decode, encode
from shardline.storage.files import write_atomic
from shardline.storage.members import Bus
from shardline.storage.members_port import Members

PATIENCE_S = 2.0


class ReadingsTogether:
    """What this worker reads, and the others'. `read` copies what is in memory; `read_slowly` is
    for a thread."""

    def __init__(
        self,
        bus: Bus,
        members: Members,
        directory: Path,
        read: Callable[[], Sequence[Reading]],
        read_slowly: Callable[[], Sequence[Reading]],
    ) -> None:
        self._directory = directory
        self._mine = bus.place.worker
        self._read = read
        self._read_slowly = read_slowly
        self._asking = Asking(bus, members, b"p", b"P", self._write)

    async def others(self) -> list[Sequence[Reading]]:
        """The readings of every other worker that answers."""
        workers = await self._asking.all(PATIENCE_S)
        return await asyncio.to_thread(self._load, workers)

    async def _write(self) -> None:
        readings = self._read()

        def write() -> None:
            write_atomic(self._file(self._mine), encode([*readings, *self._read_slowly()]))

        await asyncio.to_thread(write)

    def _load(self, workers: set[int]) -> list[Sequence[Reading]]:
        return [decode(self._file(worker).read_bytes()) for worker in sorted(workers)]

    def _file(self, worker: int) -> Path:
        return self._directory / f"readings-{worker}"
