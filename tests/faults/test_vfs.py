"""The fault VFSs do what they say: a test that relies on a fault relies on these."""

import apsw
import pytest

from faults.vfs import BLOCK, PageCache, install, installed


@pytest.fixture
def control(tmp_path):
    path = tmp_path / "control"
    path.mkdir()
    return path


def test_the_page_cache_forgets_what_was_not_synced(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old" * BLOCK)
    cache = PageCache(str(path))
    cache.write(b"new" * 2000, BLOCK - 10)
    assert cache.read(BLOCK - 11, 5) == b"dnewn"
    assert path.read_bytes() == b"old" * BLOCK
    cache.sync()
    expected = bytearray(b"old" * BLOCK)
    expected[BLOCK - 10 : BLOCK - 10 + 6000] = b"new" * 2000
    assert path.read_bytes() == expected


def test_the_page_cache_grows_and_cuts_files(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x" * (2 * BLOCK))
    cache = PageCache(str(path))
    cache.truncate(10)
    cache.write(b"end", BLOCK + 5)
    expected = b"x" * 10 + bytes(BLOCK - 5) + b"end"
    assert cache.read(0, 3 * BLOCK) == expected
    assert path.read_bytes() == b"x" * (2 * BLOCK)
    cache.sync()
    assert path.read_bytes() == expected


def test_a_failed_sync_leaves_blocks_that_no_later_sync_writes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"")
    cache = PageCache(str(path))
    cache.write(b"lost", 0)
    cache.lose()
    cache.write(b"kept", BLOCK)
    cache.sync()
    assert cache.read(0, 4) == b"lost"
    assert path.read_bytes() == bytes(BLOCK) + b"kept"


@pytest.mark.parametrize("kind", ["failing", "forgetting"])
def test_a_database_meets_the_faults(tmp_path, control, kind):
    connection = apsw.Connection(str(tmp_path / "db"), vfs=install(kind, control))
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("CREATE TABLE t (x)")
    with pytest.raises(apsw.FullError):  # noqa: PT012 (the fault must end before the close)
        (control / "full").touch()
        connection.execute("INSERT INTO t VALUES (1)")
    (control / "full").unlink()
    with pytest.raises(apsw.IOError):  # noqa: PT012
        (control / "fail-sync").touch()
        connection.execute("INSERT INTO t VALUES (2)")
    (control / "fail-sync").unlink()
    connection.execute("INSERT INTO t VALUES (3)")
    assert connection.execute("SELECT x FROM t").fetchall() == [(3,)]
    connection.close()


def test_a_file_made_again_is_another_one(tmp_path):
    # Given a file that was written, and removed while its cache is known
    vfs = installed(install("forgetting", tmp_path))
    path = tmp_path / "file"
    path.touch()
    vfs.cache(str(path)).write(b"old", 0)
    path.unlink()
    # When one of its name is made, for which the file system would like to use the inode again
    path.touch()
    # Then it is empty
    assert vfs.cache(str(path)).read(0, 3) == b""


def test_a_tearing_disk_keeps_some_of_what_was_not_synced(tmp_path):
    path = tmp_path / "file"
    path.touch()
    cache = PageCache(str(path), leak=0.3)
    for number in range(100):
        cache.write(b"x" * BLOCK, number * BLOCK)
    there = path.read_bytes().count(b"x") // BLOCK
    assert 0 < there < 100
    cache.sync()
    assert path.read_bytes() == b"x" * (100 * BLOCK)
