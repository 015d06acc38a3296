"""What was acknowledged is there after a crash that forgets everything that was not synced."""

import asyncio
import shutil

import pytest

from contract.record_log_support import ALL, SMALL, SetClock, batch, crash_copy, records, run
from faults.vfs import install, installed
from shardline.storage.record_log import WriteFailed
from shardline.storage.sqlite_log import SqliteLog, schema


class Disk:
    """A log on a forgetting VFS, and what its producers were told."""

    def __init__(self, tmp_path):
        self.control = tmp_path / "control"
        self.control.mkdir()
        self.before = tmp_path / "before"
        self.after = tmp_path / "after"
        self.vfs = install("forgetting", self.control)
        self.clock = SetClock()
        self.acknowledged = {}  # (shard, offset) → data

    async def open(self, path=None):
        return await SqliteLog.open(
            path or self.before, self.clock, vfs=None if path else self.vfs, bounds=SMALL
        )

    async def append(self, log, *parts):
        for part, answer in zip(parts, await log.append("s", parts), strict=True):
            for place, data in enumerate(part.datas):
                where = part.shard, answer.first + place
                assert where not in self.acknowledged, "an offset was acknowledged twice"
                self.acknowledged[where] = data

    async def produce(self, log, producer, calls=20):
        for call in range(calls):
            name = b"%d-%d" % (producer, call)
            await self.append(log, batch(0, name + b"-a", name + b"-b"), batch(1, name))

    def crash(self, log):
        """Copy what has reached the disk, between two commits."""
        crash_copy(log, self.before, self.after)

    async def check(self):
        """Open the copy as the next process would; every acknowledged record is in its place."""
        log = await self.open(self.after)
        try:
            found = {}
            for shard in (0, 1):
                page = await log.read("s", shard, 0, max_records=ALL, max_bytes=ALL, since_ms=0)
                found |= {(shard, offset): data for offset, _, _, data in records(page)}
            lost = {place for place in self.acknowledged if place not in found}
            assert not lost, f"{len(lost)} acknowledged records are gone"
            assert found == found | self.acknowledged, "a record is not what was acknowledged"
            return found
        finally:
            await log.close()


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path)


def test_every_acknowledged_record_survives_a_crash(disk):
    async def body():
        log = await disk.open()
        await log.create("s", [0, 1])
        await asyncio.gather(*(disk.produce(log, producer) for producer in range(5)))
        disk.crash(log)
        assert len(disk.acknowledged) == 300
        await disk.check()
        await log.close()

    run(body)


def test_these_tests_would_find_a_missing_sync(disk, monkeypatch):
    unsafe = schema.WRITER_SETTINGS.replace("synchronous = FULL", "synchronous = OFF")
    assert unsafe != schema.WRITER_SETTINGS

    async def body():
        log = await disk.open()
        await log.create("s", [0, 1])
        await log.close()
        monkeypatch.setattr(schema, "WRITER_SETTINGS", unsafe)
        log = await disk.open()
        await disk.produce(log, 0)
        disk.crash(log)
        with pytest.raises(AssertionError, match="60 acknowledged records are gone"):
            await disk.check()
        await log.close()

    run(body)


def test_a_crash_in_the_middle_of_a_sync_loses_nothing_that_was_acknowledged(disk):
    vfs = installed(disk.vfs)

    async def body():
        log = await disk.open()
        await log.create("s", [0, 1])
        await disk.produce(log, 0)
        vfs.on_sync = lambda: disk.after.exists() or shutil.copytree(disk.before, disk.after)
        before = dict(disk.acknowledged)
        await disk.produce(log, 1)
        disk.acknowledged = before
        await disk.check()
        await log.close()

    run(body)


@pytest.mark.parametrize("fault", ["fail-sync", "full"])
def test_after_a_fault_the_log_goes_on_and_nothing_acknowledged_is_lost(disk, fault):
    async def body():
        log = await disk.open()
        await log.create("s", [0, 1])
        for turn in range(5):
            await disk.produce(log, 2 * turn, calls=3)
            (disk.control / fault).touch()
            for size in (1, 300, 3):
                with pytest.raises(WriteFailed, match=r"^writing \S+/s\.sqlite failed: the disk"):
                    await log.append("s", [batch(0, *[b"never"] * size)])
            (disk.control / fault).unlink()
            await disk.produce(log, 2 * turn + 1, calls=1)
        assert log.numbers().failed == 15
        assert log.numbers().calls == 1 + 20
        disk.crash(log)
        await disk.check()
        await log.close()

    run(body)


def test_a_crash_right_after_a_failed_sync_keeps_offsets_consistent(disk):
    async def body():
        log = await disk.open()
        await log.create("s", [0, 1])
        await disk.produce(log, 0)
        (disk.control / "fail-sync").touch()
        with pytest.raises(WriteFailed):
            await log.append("s", [batch(0, b"never")])
        disk.crash(log)
        (disk.control / "fail-sync").unlink()
        found = await disk.check()
        assert found == disk.acknowledged
        await log.close()

    run(body)


@pytest.mark.parametrize("fault", ["fail-sync", "full"])
def test_a_failed_seal_or_trim_or_create_did_not_happen(disk, fault):
    async def body():
        log = await disk.open()
        await log.create("s", [0, 1])
        await disk.produce(log, 0)
        disk.clock.at += 10
        (disk.control / fault).touch()
        for call in (
            log.seal("s", [0]),
            log.trim("s", disk.clock.at),
            log.create("s", [2]),
            log.create("new", [0]),
        ):
            with pytest.raises(WriteFailed):
                await call
        (disk.control / fault).unlink()
        await disk.produce(log, 1)
        await log.create("new", [0])
        disk.crash(log)
        await disk.check()
        await log.close()

    run(body)


@pytest.mark.parametrize("what", ["seal", "trim"])
def test_a_seal_and_a_horizon_are_durable_on_return(disk, what):
    async def body():
        log = await disk.open()
        await log.create("s", [0, 1])
        await disk.produce(log, 0)
        disk.clock.at += 10
        answer = await (log.seal("s", [0, 1]) if what == "seal" else log.trim("s", disk.clock.at))
        disk.crash(log)
        await log.close()
        again = await disk.open(disk.after)
        if what == "seal":
            assert await again.seal("s", [0, 1]) == answer
            assert type((await again.append("s", [batch(0, b"x")]))[0]).__name__ == "Refused"
        else:
            assert await again.trim("s", 0) == answer
            page = await again.read("s", 0, 0, max_records=9, max_bytes=9, since_ms=0)
            assert (page.runs, page.next) == ((), answer[0])
        await again.close()

    run(body)
