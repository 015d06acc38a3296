"""The catalog in its file: other processes, privacy, and a disk that fails."""

import asyncio
import dataclasses
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog.sqlite_engine import (
    pragma,
    require_sqlite,
    sqlite_engine,
    use_wal,
)
from shardline.storage.catalog_port import Conflict
from shardline.storage.entities import Shard, Stream
from shardline.storage.record_log import StorageError, StoreUnusable, WriteFailed

STREAM = Stream(
    id="stream-1",
    account="000000000000",
    region="us-east-1",
    name="flights",
    created_ms=1_700_000_000_000,
    mode="PROVISIONED",
    status="ACTIVE",
    retention_hours=24,
    max_record_kib=1024,
    shards=(Shard(0, 0, 2**128 - 1, 1_700_000_000),),
)
MANY_SHARDS = tuple(Shard(n, n, n, 1_700_000_000) for n in range(3000))


def test_what_was_stored_is_there_after_a_reopening(tmp_path: Path) -> None:
    async def scenario() -> None:
        catalog = await SqlCatalog.open(tmp_path / "catalog.db")
        await catalog.insert(STREAM)
        stored = await catalog.update(dataclasses.replace(STREAM, tags=(("a", "b"),)))
        secret = await catalog.secret("iterators", 32)
        await catalog.close()

        catalog = await SqlCatalog.open(tmp_path / "catalog.db")
        assert list(await catalog.streams()) == [stored]
        assert await catalog.secret("iterators", 32) == secret
        await catalog.close()

    asyncio.run(scenario())


def modes_in(directory: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


def test_its_files_are_the_owners_alone_and_one_is_left(tmp_path: Path) -> None:
    async def scenario() -> None:
        catalog = await SqlCatalog.open(tmp_path / "catalog.db")
        await catalog.insert(STREAM)
        names = ("catalog.db", "catalog.db-wal", "catalog.db-shm")
        assert modes_in(tmp_path) == dict.fromkeys(names, 0o600)
        await catalog.close()
        assert modes_in(tmp_path) == {"catalog.db": 0o600}

    asyncio.run(scenario())


def test_a_commit_is_synced_and_foreign_keys_are_held(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "catalog.db", 1)
    assert pragma(engine, "synchronous") == 2  # FULL
    assert pragma(engine, "foreign_keys") == 1
    engine.dispose()


def test_many_first_openings_at_once_make_one_store(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "catalog.db"
        catalogs = await asyncio.gather(*[SqlCatalog.open(path) for _ in range(6)])
        secrets = await asyncio.gather(*[each.secret("iterators", 32) for each in catalogs])
        assert len(set(secrets)) == 1
        await asyncio.gather(*[each.close() for each in catalogs])

    asyncio.run(scenario())


def test_two_catalogs_on_one_file_meet_as_a_conflict(tmp_path: Path) -> None:
    async def scenario() -> None:
        # Given two catalogs that know the same version
        one = await SqlCatalog.open(tmp_path / "catalog.db")
        other = await SqlCatalog.open(tmp_path / "catalog.db")
        await one.insert(STREAM)
        assert list(await other.streams()) == [STREAM]
        # When one changes the stream
        stored = await one.update(dataclasses.replace(STREAM, retention_hours=48))
        # Then the other's change from the old version is refused
        with pytest.raises(Conflict):
            await other.update(dataclasses.replace(STREAM, retention_hours=72))
        assert list(await other.streams()) == [stored]
        await one.close()
        await other.close()

    asyncio.run(scenario())


def test_no_update_is_lost_between_two_writers(tmp_path: Path) -> None:
    async def add_shards(catalog: SqlCatalog, count: int) -> None:
        while count:
            (stream,) = await catalog.streams()
            number = len(stream.shards)
            shard = Shard(number, number, number, 1_700_000_000)
            try:
                await catalog.update(dataclasses.replace(stream, shards=(*stream.shards, shard)))
            except Conflict:
                continue
            count -= 1

    async def scenario() -> None:
        one = await SqlCatalog.open(tmp_path / "catalog.db")
        other = await SqlCatalog.open(tmp_path / "catalog.db")
        await one.insert(STREAM)
        await asyncio.gather(add_shards(one, 30), add_shards(other, 30))
        (stream,) = await one.streams()
        assert [shard.number for shard in stream.shards] == list(range(61))
        assert stream.version == 60
        await one.close()
        await other.close()

    asyncio.run(scenario())


@contextmanager
def a_writer_in_another_process(path: Path) -> Iterator[dbapi2.Connection]:
    connection = dbapi2.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_a_write_waits_its_turn_without_blocking_the_loop(tmp_path: Path) -> None:
    async def scenario() -> None:
        catalog = await SqlCatalog.open(tmp_path / "catalog.db")
        with a_writer_in_another_process(tmp_path / "catalog.db") as writer:
            insert = asyncio.ensure_future(catalog.insert(STREAM))
            for _ in range(1000):
                await asyncio.sleep(0)
            assert not insert.done()
            writer.execute("COMMIT")
            await insert
        assert list(await catalog.streams()) == [STREAM]
        await catalog.close()

    asyncio.run(scenario())


def test_a_lock_that_stays_is_a_failed_write_but_reads_go_on(tmp_path: Path) -> None:
    async def scenario() -> None:
        catalog = await SqlCatalog.open(tmp_path / "catalog.db", busy_timeout_ms=1)
        await catalog.insert(STREAM)
        with a_writer_in_another_process(tmp_path / "catalog.db"):
            with pytest.raises(WriteFailed, match=r"catalog\.db could not be written: database is"):
                await catalog.update(STREAM)
            assert list(await catalog.streams()) == [STREAM]
        assert (await catalog.update(STREAM)).version == 1
        await catalog.close()

    asyncio.run(scenario())


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """A disk that has no room for larger files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_a_failed_write_that_left_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        catalog = await SqlCatalog.open(tmp_path / "catalog.db")
        await catalog.insert(STREAM)
        grown = dataclasses.replace(STREAM, shards=MANY_SHARDS)
        # When the disk is full
        with no_file_above(128 * 1024), pytest.raises(WriteFailed) as failure:
            await catalog.update(grown)
        # Then the change is refused in one line, and everything is as it was
        assert "\n" not in str(failure.value)
        assert list(await catalog.streams()) == [STREAM]
        # And when there is room again, the same change succeeds
        stored = await catalog.update(grown)
        await catalog.close()
        catalog = await SqlCatalog.open(tmp_path / "catalog.db")
        assert list(await catalog.streams()) == [stored]
        await catalog.close()

    asyncio.run(scenario())


def test_a_damaged_file_is_an_error_that_no_retry_helps(tmp_path: Path) -> None:
    async def scenario() -> None:
        path = tmp_path / "catalog.db"
        await (await SqlCatalog.open(path)).close()
        kept = path.stat().st_size  # the schema, and the tables' roots
        catalog = await SqlCatalog.open(path)
        await catalog.insert(dataclasses.replace(STREAM, shards=MANY_SHARDS))
        await catalog.close()
        # Given a file whose pages beyond those of an empty one were overwritten
        content = path.read_bytes()
        path.write_bytes(content[:kept] + b"\xff" * (len(content) - kept))
        catalog = await SqlCatalog.open(path)
        with pytest.raises(StorageError, match="malformed") as read:
            await catalog.streams()
        with pytest.raises(StorageError, match="malformed") as write:
            await catalog.remove(STREAM.id)
        assert not isinstance(read.value, WriteFailed)
        assert not isinstance(write.value, WriteFailed)
        await catalog.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("where", "refusal"),
    [
        ("missing/catalog.db", "cannot be made: No such file or directory"),
        ("file/catalog.db", "cannot be made: Not a directory"),
        (".", "could not be read: unable to open database file"),
    ],
)
def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path, where: str, refusal: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusable, match=f"the catalog {tmp_path}.* {refusal}"):
        asyncio.run(SqlCatalog.open(tmp_path / where))


def test_an_sqlite_that_can_corrupt_a_database_is_refused() -> None:
    require_sqlite((3, 51, 3))
    with pytest.raises(StoreUnusable, match=r"SQLite 3\.51\.2 .* 3\.51\.3 or later"):
        require_sqlite((3, 51, 2))


def test_a_store_without_a_write_ahead_log_is_refused() -> None:
    engine = sqlite_engine(None, 1)  # memory has none
    with pytest.raises(StoreUnusable, match="stays memory"):
        use_wal(engine)
    engine.dispose()


def test_the_standard_librarys_sqlite_is_not_loaded() -> None:
    """Two SQLite libraries on one file would not see each other's locks; nor is Alembic loaded."""
    code = (
        "import asyncio, sys; from shardline.storage.catalog import SqlCatalog\n"
        "catalog = asyncio.run(SqlCatalog.open(None))\n"
        "asyncio.run(catalog.close())\n"
        "sys.exit('_sqlite3' in sys.modules or 'alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
