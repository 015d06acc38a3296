"""While the disk takes its time: nothing waits that need not, nothing is seen that may be lost."""

import asyncio
import threading

import pytest

from contract.record_log_support import SMALL, SetClock, batch, datas, read_all, run
from faults.vfs import install, installed
from shardline.storage.sqlite_log import SqliteLog


class StuckDisk:
    """A disk whose syncs wait, while it is stuck, until they are let go."""

    def __init__(self, vfs):
        self.reached = threading.Event()
        self.go = threading.Event()
        self.go.set()
        vfs.on_sync = self._sync

    def _sync(self):
        self.reached.set()
        assert self.go.wait(20)

    def stick(self):
        self.reached.clear()
        self.go.clear()

    async def reach(self):
        assert await asyncio.to_thread(self.reached.wait, 20)


@pytest.fixture
def control(tmp_path):
    path = tmp_path / "control"
    path.mkdir()
    return path


@pytest.fixture(params=["failing", "forgetting"])
def vfs(request, control):
    return install(request.param, control)


def test_a_record_that_is_not_synced_is_not_read(tmp_path, vfs):
    async def body():
        disk = StuckDisk(installed(vfs))
        log = await SqliteLog.open(tmp_path / "log", SetClock(), vfs=vfs)
        await log.create("s", [0])
        await log.append("s", [batch(0, b"old")])
        disk.stick()
        append = asyncio.ensure_future(log.append("s", [batch(0, b"new")]))
        await disk.reach()
        seen, tail, done = datas(await read_all(log, "s", 0)), await log.tail("s", 0), append.done()
        disk.go.set()
        await append
        assert (seen, tail, done) == ([b"old"], 1, False)
        assert datas(await read_all(log, "s", 0)) == [b"old", b"new"]
        await log.close()

    run(body)


def test_appends_that_come_during_a_sync_share_the_next_one(tmp_path, vfs):
    async def body():
        disk = StuckDisk(installed(vfs))
        log = await SqliteLog.open(tmp_path / "log", SetClock(), vfs=vfs)
        await log.create("s", [0])
        await log.create("other", [0])
        syncs = []
        disk.stick()
        first = asyncio.ensure_future(log.append("s", [batch(0, b"first")]))
        await disk.reach()
        rest = [asyncio.ensure_future(log.append("s", [batch(0, b"x")])) for _ in range(50)]
        await asyncio.sleep(0)
        installed(vfs).on_sync = lambda: syncs.append(1)
        await log.append("other", [batch(0, b"y")])  # no stream waits for another
        assert not first.done()
        syncs.clear()
        disk.go.set()
        await asyncio.gather(first, *rest)
        assert len(syncs) == 1
        await log.close()

    run(body)


def test_a_drop_refuses_what_waits_behind_the_commit_in_flight(tmp_path, vfs):
    async def body():
        disk = StuckDisk(installed(vfs))
        log = await SqliteLog.open(tmp_path / "log", SetClock(), vfs=vfs)
        await log.create("s", [0])
        disk.stick()
        in_flight = asyncio.ensure_future(log.append("s", [batch(0, b"x")]))
        await disk.reach()
        waiting = asyncio.ensure_future(log.append("s", [batch(0, b"x")]))
        await asyncio.sleep(0)
        drop = asyncio.ensure_future(log.drop("s"))
        answers = await asyncio.gather(waiting, return_exceptions=True)
        disk.go.set()
        assert type(answers[0]).__name__ == "UnknownShard"
        assert (await in_flight)[0].first == 0
        await drop
        assert not list((tmp_path / "log" / "streams").glob("s.*"))
        await log.close()

    run(body)


def test_an_append_given_up_before_its_commit_is_not_written(tmp_path, vfs):
    async def body():
        disk = StuckDisk(installed(vfs))
        log = await SqliteLog.open(tmp_path / "log", SetClock(), vfs=vfs)
        await log.create("s", [0])
        disk.stick()
        first = asyncio.ensure_future(log.append("s", [batch(0, b"first")]))
        await disk.reach()
        given_up = asyncio.ensure_future(log.append("s", [batch(0, b"given up")]))
        last = asyncio.ensure_future(log.append("s", [batch(0, b"last")]))
        await asyncio.sleep(0)
        given_up.cancel()
        disk.go.set()
        await asyncio.gather(first, last)
        assert datas(await read_all(log, "s", 0)) == [b"first", b"last"]
        await log.close()

    run(body)


def test_a_checkpoint_that_fails_fails_no_append(tmp_path, control, vfs, caplog):
    async def body():
        log = await SqliteLog.open(tmp_path / "log", SetClock(), vfs=vfs, bounds=SMALL)
        await log.create("s", [0])
        fault = installed(vfs)
        calls = []

        def fail_the_second_sync_of_each_commit():
            calls.append(1)
            if len(calls) == 2:
                (control / "fail-sync").touch()

        answers = []
        for number in range(60):
            calls.clear()
            fault.on_sync = fail_the_second_sync_of_each_commit
            answers += await log.append("s", [batch(0, b"%d" % number)])
            log._shared.commits.submit(lambda: None).result()  # the work behind it is done
            (control / "fail-sync").unlink(missing_ok=True)
        fault.on_sync = lambda: None
        assert [answer.first for answer in answers] == list(range(60))
        assert "background work failed" in caplog.text
        assert len(datas(await read_all(log, "s", 0))) == 60
        await log.close()
        again = await SqliteLog.open(tmp_path / "log", SetClock())
        assert len(datas(await read_all(again, "s", 0))) == 60
        await again.close()

    run(body)
