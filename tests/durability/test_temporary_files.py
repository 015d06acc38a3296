"""Writing needs no disk but that of the data directory."""

import asyncio
from pathlib import Path
from typing import Any

import apsw
import pytest

from shardline.storage.record_log import Batch
from shardline.storage.sqlite_log import SqliteLog
from shardline.testing import ManualClock

SHARDS = 40


class Spy(apsw.VFS):
    """Notes which files are opened; a temporary one has no name."""

    def __init__(self) -> None:
        super().__init__("spy", "unix")
        self.opened: list[Any] = []

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 (SQLite's name)
        self.opened.append(name)
        return super().xOpen(name, flags)


@pytest.mark.slow
def test_large_commits_open_no_temporary_file(tmp_path: Path) -> None:
    spy = Spy()

    async def write() -> None:
        log = await SqliteLog.open(tmp_path, ManualClock(), vfs="spy")
        await log.create("stream", range(SHARDS))
        # When each commit changes so many pages that SQLite would rather not keep them in memory
        batches = [Batch(shard, [b"key"] * 3, [bytes(3000)] * 3) for shard in range(SHARDS)]
        for _ in range(60):
            await asyncio.gather(*[log.append("stream", batches) for _ in range(5)])
        await log.close()

    asyncio.run(write())
    assert len(spy.opened) > 2
    assert None not in spy.opened
