"""Opening the SQLite log: what is refused, and that nothing is touched then."""

import resource
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from contract.record_log_support import SetClock, batch, datas, read_all, run
from shardline.storage.record_log import StoreUnusable
from shardline.storage.sqlite_log import Bounds, SqliteLog, openfiles, schema


@pytest.fixture
def directory(tmp_path):
    """A closed log that has stream "s" with one record."""

    async def make():
        log = await SqliteLog.open(tmp_path, SetClock())
        await log.create("s", [0])
        await log.append("s", [batch(0, b"a")])
        await log.close()

    run(make)
    return tmp_path


def database(directory):
    return directory / "streams" / "s.sqlite"


def refused(directory, match):
    """Check that opening is refused, and that every file is as it was."""

    def content():
        return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}

    before = content()
    with pytest.raises(StoreUnusable, match=match):
        run(lambda: SqliteLog.open(directory, SetClock()))
    assert content() == before


def test_a_closed_log_leaves_one_file_for_each_stream(directory):
    assert {path.name for path in (directory / "streams").iterdir()} == {"s.sqlite", "lock"}


def test_time_goes_on_where_it_was(directory):
    clock = SetClock()

    async def body():
        log = await SqliteLog.open(directory, clock)
        assert await log.offset_at("s", 0, clock.at) == 0
        clock.at -= 1000
        (answer,) = await log.append("s", [batch(0, b"b")])
        assert (answer.first, answer.arrived_ms) == (1, clock.at + 1000)
        await log.close()

    run(body)


def test_a_file_of_a_newer_version_is_refused(directory):
    connection = apsw.Connection(str(database(directory)))
    connection.pragma("user_version", schema.VERSION + 1)
    connection.close()
    refused(directory, r"s\.sqlite has version 2 and was written by a newer Shardline")


def test_another_application_s_database_is_refused(directory):
    connection = apsw.Connection(str(database(directory)))
    connection.pragma("application_id", 7)
    connection.close()
    refused(directory, "not a Shardline stream")


@pytest.mark.parametrize("content", [b"", b"not a database" * 100])
def test_a_file_that_is_no_database_is_refused(directory, content):
    database(directory).write_bytes(content)
    refused(directory, "is not an SQLite database")


def test_a_damaged_database_is_refused(directory):
    content = bytearray(database(directory).read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    database(directory).write_bytes(content)
    refused(directory, r"cannot open .*s\.sqlite: ")


def test_a_path_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "cannot open the record log")


def test_an_old_sqlite_is_refused(directory, monkeypatch):
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    refused(directory, r"SQLite 3\.51\.2; 3\.51\.3 or later is needed")


def test_a_second_log_on_the_same_directory_is_refused(directory):
    async def body():
        log = await SqliteLog.open(directory, SetClock())
        with pytest.raises(StoreUnusable, match="another server"):
            await SqliteLog.open(directory, SetClock())
        await log.close()
        await (await SqliteLog.open(directory, SetClock())).close()

    run(body)


def test_the_lock_ends_with_the_process(directory):
    code = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from shardline.clock import SystemClock\n"
        "from shardline.storage.sqlite_log import SqliteLog\n"
        "asyncio.run(SqliteLog.open(Path(sys.argv[1]), SystemClock())); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(directory)], check=True, timeout=60)
    run(lambda: _open_and_close(directory))


async def _open_and_close(directory):
    await (await SqliteLog.open(directory, SetClock())).close()


def test_what_a_crash_left_of_making_and_dropping_is_swept_away(directory):
    streams = directory / "streams"
    left = ["half.new", "half.new-journal", "gone.sqlite-wal", "gone.sqlite-shm"]
    for name in left:
        (streams / name).write_bytes(b"x")
    run(lambda: _open_and_close(directory))
    assert {path.name for path in streams.iterdir()} == {"s.sqlite", "lock"}


@pytest.mark.parametrize("stream", ["", "../up", "a/b", "dot.dot", "x" * 129])
def test_a_stream_id_that_is_no_file_name_is_refused(directory, stream):
    async def body():
        log = await SqliteLog.open(directory, SetClock())
        with pytest.raises(ValueError, match="stream id"):
            await log.create(stream, [0])
        await log.close()

    run(body)


def test_the_caches_of_many_streams_share_one_bound(tmp_path):
    """A stream alone takes 2 MB for its cache, as it is filled."""
    streams, size, bound = 12, 3 * 1024 * 1024, 4 * 1024 * 1024

    async def body():
        bounds = Bounds(cache_bytes=bound, frame_bytes=8192)
        log = await SqliteLog.open(tmp_path, SetClock(), bounds=bounds)
        before = apsw.memory_used()
        for number in range(streams):
            await log.create(f"s{number}", [0])
            for _ in range(size // 65536):
                await log.append(f"s{number}", [batch(0, bytes(65536))])
        held = apsw.memory_used() - before
        await log.close()
        assert held < 2 * bound, "the bound, and what connections need beside their caches"

    try:
        run(body)
    finally:
        apsw.soft_heap_limit(Bounds().cache_bytes)


def test_a_process_with_few_descriptors_opens_few_files(monkeypatch):
    def limited(soft):
        monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, soft))
        return openfiles.allowed(512)

    assert [limited(soft) for soft in (1024, 4096, 65_536, resource.RLIM_INFINITY)] == [
        64, 227, 512, 512,
    ]  # fmt: skip


def test_many_streams_keep_few_files_open(tmp_path):
    def open_files():
        links = (path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
        return sum(str(link).startswith(str(tmp_path / "streams")) for link in links)

    async def body():
        log = await SqliteLog.open(tmp_path, SetClock(), bounds=Bounds(open_files=3))
        for turn in range(2):
            for number in range(12):
                name = f"s{number}"
                await log.create(name, [0])
                await log.append(name, [batch(0, b"%d" % turn)])
                assert datas(await read_all(log, name, 0)) == [b"0", b"1"][: turn + 1]
        count = open_files()
        await log.close()
        assert count <= 1 + 5 * 6, "the lock, and six descriptors for each of few streams"

    run(body)
