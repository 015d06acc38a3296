"""One stream's file: transactions are whole or nothing, connections come and go."""

import threading

import apsw
import pytest

from shardline.storage.sqlite_log.commits import save_shard
from shardline.storage.sqlite_log.extent import Extent
from shardline.storage.sqlite_log.streamfile import StreamFile


@pytest.fixture
def file(tmp_path):
    file = StreamFile(tmp_path / "s.sqlite", None, 1 << 20, exists=False)
    file.write([save_shard(0, Extent(next=5))])
    yield file
    file.release()


def test_a_transaction_that_fails_in_the_middle_leaves_nothing(file):
    with pytest.raises(apsw.SQLError):
        file.write([save_shard(1, Extent()), ("INSERT INTO nowhere VALUES (1)", ())])
    assert file.load() == {0: Extent(next=5)}
    file.write([save_shard(2, Extent()), save_shard(3, Extent())])
    assert set(file.load()) == {0, 2, 3}


def test_a_transaction_that_python_interrupts_is_not_left_open(file):
    # Given a transaction of two statements, of which the second is no fault of SQLite's
    with pytest.raises(TypeError):
        file.write([save_shard(1, Extent()), ("SELECT ?", (object(),))])
    # When the next write is a single statement, its own transaction
    file.write([save_shard(2, Extent())])
    # Then it was committed: a connection that sees only what is committed finds it alone
    with file.reader() as connection:
        assert [number for (number,) in connection.execute("SELECT number FROM shards")] == [0, 2]


def test_a_file_is_opened_again_after_it_was_released(file):
    file.release()
    file.write([save_shard(1, Extent())])
    file.release()
    with file.reader() as reader:
        assert reader.execute("SELECT count(*) FROM shards").get == 2


def test_a_reader_in_use_outlives_a_release_and_is_closed_then(file):
    with file.reader() as reader:
        file.release()
        assert reader.execute("SELECT count(*) FROM shards").get == 1
    with pytest.raises(apsw.ConnectionClosedError):
        reader.execute("SELECT 1")


def test_readers_in_several_threads_have_connections_of_their_own(file):
    meet = threading.Barrier(3, timeout=20)
    seen = set()

    def read():
        with file.reader() as reader:
            meet.wait()
            seen.add(id(reader))
            meet.wait()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 3


def test_a_reader_cannot_write(file):
    with file.reader() as reader, pytest.raises(apsw.ReadOnlyError):
        reader.execute(*save_shard(9, Extent()))


def test_a_removed_file_leaves_nothing(file, tmp_path):
    with file.reader() as reader:
        file.remove()
        assert reader.execute("SELECT count(*) FROM shards").get == 1
    assert list(tmp_path.iterdir()) == []
