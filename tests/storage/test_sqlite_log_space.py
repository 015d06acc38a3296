"""What the SQLite log keeps on the disk: the WAL within its bound, trimmed space given back."""

import asyncio

import apsw
import pytest

from contract.record_log_support import SetClock, batch, datas, read_all, run
from shardline.storage.record_log import StorageError, WriteFailed
from shardline.storage.sqlite_log import Bounds, SqliteLog, schema, trimming

KIB = 1024


@pytest.fixture
def clock():
    return SetClock()


async def settle(log):
    """Wait until the stream has nothing left to do in the background."""
    while log._streams["s"]._busy:  # noqa: ASYNC110 (there is no event: nobody else waits for it)
        await asyncio.sleep(0.001)


def pragma(directory, name):
    connection = apsw.Connection(str(directory / "streams" / "s.sqlite"))
    value = connection.pragma(name)
    connection.close()
    return value


def test_the_wal_stays_within_its_bound(tmp_path, clock):
    bounds = Bounds(wal_bytes=512 * KIB, commit_threads=1)

    async def body():
        log = await SqliteLog.open(tmp_path, clock, bounds=bounds)
        await log.create("s", [0])
        largest = 0
        for _ in range(100):
            await log.append("s", [batch(0, b"x" * 60 * KIB)])
            largest = max(largest, (tmp_path / "streams" / "s.sqlite-wal").stat().st_size)
        assert 512 * KIB < largest < 800 * KIB
        await log.close()

    run(body)


def test_a_commit_takes_no_more_than_its_bound(tmp_path, clock, monkeypatch):
    sizes = []
    execute = schema.open_writer

    def counting(path, vfs):
        connection = execute(path, vfs)
        connection.exec_trace = lambda cursor, sql, values: (
            sizes.append(sum(len(value) for value in values or () if isinstance(value, bytes)))
            or True
        )
        return connection

    monkeypatch.setattr(schema, "open_writer", counting)

    async def body():
        bounds = Bounds(commit_bytes=10 * KIB, commit_threads=1)
        log = await SqliteLog.open(tmp_path, clock, bounds=bounds)
        await log.create("s", [0])
        calls = [log.append("s", [batch(0, b"x" * KIB)]) for _ in range(50)]
        calls.append(log.append("s", [batch(0, b"x" * 30 * KIB)]))
        answers = await asyncio.gather(*calls)
        assert [answer[0].first for answer in answers] == list(range(51))
        await log.close()

    run(body)
    full, rest = [size for size in sizes if 8 * KIB < size < 11 * KIB], max(sizes)
    assert len(full) == 5
    assert rest < 36 * KIB


def test_trimmed_space_is_used_again(tmp_path, clock):
    async def body():
        bounds = Bounds(wal_bytes=512 * KIB, commit_threads=1)
        log = await SqliteLog.open(tmp_path, clock, bounds=bounds)
        await log.create("s", [0])
        for _ in range(10):
            clock.at += 10
            for _ in range(10):
                await log.append("s", [batch(0, b"x" * 100 * KIB)])
            await log.trim("s", clock.at)
            await settle(log)
        await log.close()

    run(body)
    assert (tmp_path / "streams" / "s.sqlite").stat().st_size < 3_000 * KIB


def test_a_file_that_is_mostly_free_becomes_smaller(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(trimming, "SPARE_BYTES", 256 * KIB)

    async def body():
        log = await SqliteLog.open(tmp_path, clock, bounds=Bounds(free_bytes=512 * KIB))
        await log.create("s", [0])
        for _ in range(40):
            await log.append("s", [batch(0, b"x" * 100 * KIB)])
        clock.at += 10
        await log.append("s", [batch(0, b"kept")])
        await log.trim("s", clock.at)
        await settle(log)
        assert datas(await read_all(log, "s", 0)) == [b"kept"]
        await log.close()

    run(body)
    assert (tmp_path / "streams" / "s.sqlite").stat().st_size < 600 * KIB
    assert pragma(tmp_path, "integrity_check") == "ok"


def test_what_a_crash_left_to_be_deleted_is_deleted_after_the_next_start(tmp_path, clock):
    async def trim_and_stop():
        log = await SqliteLog.open(tmp_path, clock)
        await log.create("s", [0])
        for _ in range(20):
            await log.append("s", [batch(0, b"x" * 100 * KIB)])
        log._streams["s"]._closed = True  # as if the process ended before the space was freed
        await log.trim("s", clock.at + 1)
        await log.close()

    async def start_again():
        log = await SqliteLog.open(tmp_path, clock)
        assert (await read_all(log, "s", 0)).next == 20
        await log.append("s", [batch(0, b"x")])
        await settle(log)
        await log.close()

    run(trim_and_stop)
    assert frames(tmp_path) == 20
    run(start_again)
    assert frames(tmp_path) == 1


def frames(directory):
    connection = apsw.Connection(str(directory / "streams" / "s.sqlite"))
    ((count,),) = connection.execute("SELECT count(*) FROM frames").fetchall()
    connection.close()
    return count


def test_a_damaged_frame_is_an_error_and_not_garbage(tmp_path, clock):
    async def body():
        log = await SqliteLog.open(tmp_path, clock)
        await log.create("s", [0])
        await log.append("s", [batch(0, b"abc", b"def")])
        connection = apsw.Connection(str(tmp_path / "streams" / "s.sqlite"))
        connection.execute("UPDATE frames SET body = substr(body, 1, length(body) - 1)")
        with pytest.raises(StorageError, match=r"reading .*s\.sqlite failed: a frame of"):
            await read_all(log, "s", 0)
        connection.close()
        await log.close()

    run(body)


def test_a_drop_that_fails_leaves_the_stream_as_it_was(tmp_path, clock, monkeypatch):
    async def body():
        log = await SqliteLog.open(tmp_path, clock)
        await log.create("s", [0])
        await log.append("s", [batch(0, b"a")])

        def fail(path):
            raise PermissionError("not permitted")

        with monkeypatch.context() as patch:
            patch.setattr(schema, "remove", fail)
            with pytest.raises(WriteFailed, match="not permitted"):
                await log.drop("s")
        await log.append("s", [batch(0, b"b")])
        assert datas(await read_all(log, "s", 0)) == [b"a", b"b"]
        await log.drop("s")
        await log.close()

    run(body)
    assert [path.name for path in (tmp_path / "streams").iterdir()] == ["lock"]
