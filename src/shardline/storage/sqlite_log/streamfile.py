"""One stream's database file: its connections, its transactions, its checkpoints."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias, cast

import apsw

from shardline.storage.record_log import StoreUnusable
from shardline.storage.sqlite_log import schema
from shardline.storage.sqlite_log.extent import Extent

Statement: TypeAlias = tuple[str, Sequence[int | bytes | None]]

# What `_LOAD` answers for a shard.
_Row: TypeAlias = tuple[int, int, int, int, int | None, int | None, int | None]

_log = logging.getLogger(__name__)

# A shard's row, and its last frame.
_LOAD = """
SELECT s.number, s.next, s.horizon, s.last_ms, s.sealed_end, f.first + f.count, f.arrived_ms
FROM shards AS s LEFT JOIN frames AS f ON f.id = (
    SELECT id FROM frames WHERE shard = s.number ORDER BY first DESC LIMIT 1)
"""
# The shards of which frames below the horizon wait to be deleted.
_GARBAGE = """
SELECT number, horizon FROM shards AS s
WHERE EXISTS (SELECT 1 FROM frames WHERE shard = s.number AND first < s.horizon)
"""


def load_extents(connection: apsw.Connection) -> dict[int, Extent]:
    """What the database says of every shard. Raises `apsw.Error`."""
    extents = {}
    for row in cast("list[_Row]", connection.execute(_LOAD).fetchall()):
        shard, next_, horizon, last_ms, end, frames_end, arrived_ms = row
        extents[shard] = Extent(
            max(next_, frames_end or 0), horizon, max(last_ms, arrived_ms or 0), end
        )
    return extents


class StreamFile:
    """The database of one stream.

    Only one thread at a time may use the writing side (everything but `reader`); the owner's
    queue sees to that. Connections are opened when they are needed, and again after `release`.
    """

    def __init__(self, path: Path, vfs: str | None, wal_bytes: int, *, exists: bool) -> None:
        self.path = path
        self._exists = exists
        self.garbage: dict[int, int] = {}  # shard → horizon below which frames may be left
        self.may_shrink = False  # frames were deleted since it was last asked whether to shrink
        self._vfs = vfs
        self._wal_bytes = wal_bytes
        self._wal_pages = 0
        self._page_bytes = 0
        self._writer: apsw.Connection | None = None
        self._readers: list[apsw.Connection] = []
        self._lock = threading.Lock()  # over the two fields around it
        self._era = 0  # counts releases: a reader of an earlier era is closed, not kept

    def load(self) -> dict[int, Extent]:
        """Read what is in the file. Raises `StoreUnusable`."""
        try:
            extents = load_extents(self.writer())
            self.find_garbage()
        except (apsw.Error, OSError) as error:
            raise StoreUnusable(f"cannot open {self.path}: {error}") from error
        return extents

    def find_garbage(self) -> None:
        """Note the frames that a process left that died before it deleted them.

        Raises `apsw.Error`.
        """
        garbage = self.writer().execute(_GARBAGE).fetchall()
        self.garbage.update(cast("list[tuple[int, int]]", garbage))

    @property
    def exists(self) -> bool:
        """Whether the file was made, as far as is known."""
        return self._exists

    def find(self) -> None:
        """Look whether another process made the file."""
        self._exists = self._exists or self.path.exists()

    def writer(self) -> apsw.Connection:
        """The connection that writes; makes the file if this is a new stream."""
        if not self._exists:
            schema.create(self.path, self._vfs)
            self._exists = True
        if self._writer is None:
            self._writer = schema.open_writer(self.path, self._vfs)
            self._writer.set_wal_hook(self._note_wal)
            self._page_bytes = self._writer.pragma("page_size")
        return self._writer

    def write(self, statements: Sequence[Statement]) -> None:
        """Run statements as one transaction, durable on return. Raises `apsw.Error`.

        A single statement is its own transaction: one call of SQLite does begin, insert, sync and
        commit, so that this thread asks for the interpreter lock once and not at every step.

        What a failed write leaves behind. A transaction is appended to the WAL, then synced, then
        published in the shared index; when writing or syncing fails it is never published, and the
        position where it began stays the end of the log for this process. The next transaction is
        written over it from that position and synced as a whole, so it does not matter that the
        kernel forgets which pages a failed fsync has not written: none of them is counted on, and
        what was acknowledged earlier lies before them and was synced with success. Should the
        process die before the next commit, the failed transaction may or may not be whole on the
        disk: if it is, recovery brings it back, which is the doubt that `WriteFailed` states. A
        longer failed transaction behind a shorter good one is not taken for valid, because each
        WAL frame's checksum covers all before it.
        """
        connection = self.writer()
        if connection.in_transaction:  # a single statement would join it, and not be committed
            self._roll_back(connection)
            connection = self.writer()
        try:
            if len(statements) == 1:
                connection.execute(*statements[0])
                return
            connection.execute("BEGIN IMMEDIATE")
            for statement in statements:
                connection.execute(*statement)
            connection.execute("COMMIT")
        except BaseException:
            # Whatever it is (memory may be short, too): a transaction that stayed open would take
            # the next write in, which would be answered and never committed.
            self._roll_back(connection)
            raise

    def _roll_back(self, connection: apsw.Connection) -> None:
        if not connection.in_transaction:
            return
        try:
            connection.execute("ROLLBACK")
        except apsw.Error as error:
            _log.warning("%s: opening it again after a failed rollback: %s", self.path, error)
            self._writer = None
            schema.leave_wal(connection)
            connection.close(True)

    def wants_checkpoint(self) -> bool:
        """Whether the write-ahead log has passed its bound."""
        return self._wal_pages * self._page_bytes > self._wal_bytes

    def wants_housekeeping(self) -> bool:
        """Whether there is work to do that can wait until the writers were answered."""
        return bool(self.garbage) or self.may_shrink or self.wants_checkpoint()

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the database and begin it anew. Raises `apsw.Error`.

        RESTART waits for the readers that still use the log, so that the next commit can begin it
        anew; beside readers that come and go, PASSIVE would let it grow. The database is synced
        before the log is written over, and if that fails the log stays the truth: the next
        checkpoint copies every page again.
        """
        self.writer().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        self._wal_pages = 0

    def _note_wal(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    @contextmanager
    def reader(self) -> Iterator[apsw.Connection]:
        """A connection for reading, for one thread at a time. Any thread may ask for one."""
        with self._lock:
            era = self._era
            connection = self._readers.pop() if self._readers else None
        if connection is None:
            connection = schema.open_reader(self.path, self._vfs)
        try:
            yield connection
        finally:
            with self._lock:
                kept = era == self._era
                if kept:
                    self._readers.append(connection)
            if not kept:
                connection.close()

    def release(self) -> None:
        """Close every connection; the last one checkpoints. Raises `apsw.Error`."""
        with self._lock:
            self._era += 1
            readers, self._readers = self._readers, []
        for reader in readers:
            reader.close()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def release_shared(self) -> None:
        """Close every connection of this process, having the turn. Raises `apsw.Error`.

        What SQLite checkpoints when the last of all connections is closed keeps out whoever opens
        the file, so it is done before. And if this is not the last one, what this process
        committed does not stay in the write-ahead log until somebody commits again.
        """
        if self._writer is not None and self._wal_pages:
            self._writer.set_busy_timeout(0)
            with suppress(apsw.BusyError):  # it is being read, so this is not the last connection
                self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            self._wal_pages = 0
        self.release()

    def remove(self) -> None:
        """Close every connection without a checkpoint and delete the file. Durable on return."""
        self.abandon()
        schema.remove(self.path)

    def abandon(self) -> None:
        """Close every connection without a checkpoint: the file is gone, or will be."""
        if self._writer is not None:
            schema.leave_wal(self._writer)
        self.release()
        self._exists = False
        self._wal_pages = 0
        self.garbage.clear()
        self.may_shrink = False
