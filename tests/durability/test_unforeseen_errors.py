"""An error that is none of SQLite's leaves no transaction open: what came after it would join that
one, be acknowledged, and never be committed."""

import asyncio
from pathlib import Path
from typing import Any

import apsw
import pytest

from shardline.storage.record_log import Appended, Batch
from shardline.storage.sqlite_log import SqliteLog
from shardline.testing import ManualClock


class Surprising(apsw.VFS):
    """Raises what no disk raises, when told to."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "unix")
        self.is_on = False

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 (SQLite's name)
        return SurprisingFile(self, name, flags)


class SurprisingFile(apsw.VFSFile):
    """A file of that VFS."""

    def __init__(self, vfs: Surprising, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self.vfs = vfs

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 (SQLite's name)
        if self.vfs.is_on:
            raise MemoryError("no memory, say")
        super().xWrite(data, offset)


@pytest.mark.parametrize("shards", [[1], [1, 2]], ids=["one-statement", "several"])
def test_a_write_after_a_surprise_is_durable(tmp_path: Path, shards: list[int]) -> None:
    vfs = Surprising(f"surprising-{len(shards)}")

    async def write() -> list[Any]:
        log = await SqliteLog.open(tmp_path, ManualClock(), vfs=vfs.name)
        await log.create("stream", [0])
        # Given a write that failed in a way nobody foresaw
        vfs.is_on = True
        with pytest.raises(MemoryError):
            await log.create("stream", shards)
        vfs.is_on = False
        # When a record is acknowledged after it
        (answer,) = await log.append("stream", [Batch(0, [b"key"], [b"data"])])
        assert isinstance(answer, Appended)
        # Then another connection finds it at once
        with apsw.Connection(str(tmp_path / "stream.sqlite")) as other:
            rows = other.execute("SELECT shard, first, count FROM frames").fetchall()
        await log.close()
        return rows

    assert asyncio.run(write()) == [(0, 0, 1)]
