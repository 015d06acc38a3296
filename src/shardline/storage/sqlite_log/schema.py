"""The stream's database: its tables, its settings, and how its file comes into being.

One file holds one stream:

* `frames`, in the order of appending, so that a commit writes at the end of the table however many
  shards the stream has. (With shard and offset as the key, 32 frames into 1,000 shards cost 1.2 ms
  of CPU a commit against 0.55 ms.) `body` is laid out in `shardline.storage.frames`, or
  in `shardline.storage.encrypted`.
* `frames_by_offset` finds the frame of an offset, and since arrivals never decrease within a shard
  also the first frame of a time, by binary search; it covers all but the body.
* `shards` is written when a shard is made, sealed or trimmed, not at every commit: `next` and
  `last_ms` of a shard are those of its last frame, or those of its row when they are later
  (then the last frame was trimmed).
"""

import struct
from pathlib import Path

import apsw

from shardline.storage.files import sync_directory
from shardline.storage.record_log import StoreUnusable

VERSION = 1  # PRAGMA user_version; a file with a higher one is refused
APPLICATION_ID = 0x53684C67  # "ShLg"
OLDEST_SQLITE = (3, 51, 3)  # the first without the WAL-reset corruption

# 8 KiB pages: a commit of 0.5 MB takes 1.2 ms of CPU (4 KiB: 1.45), and a commit of one small
# record writes two pages, so larger ones would double what such a commit costs the disk.
# Incremental vacuum costs a commit about 2 % and lets a trimmed file become smaller.
_CREATE = f"""
PRAGMA page_size = 8192;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA synchronous = EXTRA;
BEGIN;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
CREATE TABLE shards (
    number     INTEGER PRIMARY KEY,
    next       INTEGER NOT NULL,
    horizon    INTEGER NOT NULL,
    last_ms    INTEGER NOT NULL,
    sealed_end INTEGER
) STRICT;
CREATE TABLE frames (
    id         INTEGER PRIMARY KEY,
    shard      INTEGER NOT NULL,
    first      INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    arrived_ms INTEGER NOT NULL,
    body       BLOB NOT NULL
) STRICT;
CREATE INDEX frames_by_offset ON frames (shard, first, count, arrived_ms);
COMMIT;
PRAGMA journal_mode = WAL;
"""

# FULL makes the commit sync the WAL before readers can see what it holds. Spilling is off because
# a page that is spilled before the commit is written twice; dirty pages are bounded by the size of
# a commit instead. What a statement may have to undo is kept in memory: else a large one opens a
# file in /tmp, which may be missing, read-only or full. Waiting is set first: the other settings
# already look into the database, which another process may be closing as the last one.
WRITER_SETTINGS = """
PRAGMA busy_timeout = 2000;
PRAGMA synchronous = FULL;
PRAGMA cache_spill = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -2000;
"""
READER_SETTINGS = """
PRAGMA busy_timeout = 2000;
PRAGMA query_only = ON;
PRAGMA cache_size = -1000;
"""


def check_sqlite() -> None:
    """Refuse an SQLite that can corrupt a database which is written and checkpointed at once."""
    version = apsw.sqlite_lib_version()
    if tuple(map(int, version.split("."))) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise StoreUnusable(f"apsw has SQLite {version}; {oldest} or later is needed")


def bound_caches(size: int) -> None:
    """Let page caches use their own pages again once SQLite holds so many bytes in this process.

    A cache that has none to spare, since a commit is under way, still grows for as long as that
    takes (sqlite.org/c3ref/hard_heap_limit64.html: the soft limit is advisory).
    """
    apsw.soft_heap_limit(size)


def check_header(path: Path) -> None:
    """Refuse a file that is no stream of ours or of a newer version, without opening it as SQLite.

    Only for a file that this process has not open: closing it would drop SQLite's POSIX locks.
    """
    with path.open("rb") as file:
        header = file.read(100)
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise StoreUnusable(f"{path} is not an SQLite database")
    version, application = struct.unpack_from(">I4xI", header, 60)
    if application != APPLICATION_ID:
        raise StoreUnusable(f"{path} is an SQLite database, but not a Shardline stream")
    if version > VERSION:
        raise StoreUnusable(
            f"{path} has version {version} and was written by a newer Shardline; "
            f"this one knows versions up to {VERSION}"
        )


def create(path: Path, vfs: str | None) -> None:
    """Make the database of a new stream, durable on return.

    It is made beside its place and moved there, so that a crash leaves a whole file or none.
    """
    unfinished = path.with_suffix(".new")
    remove(unfinished)
    connection = apsw.Connection(str(unfinished), vfs=vfs)
    try:
        _run(connection, _CREATE)
    finally:
        connection.close()
    unfinished.rename(path)
    sync_directory(path.parent)


def open_writer(path: Path, vfs: str | None) -> apsw.Connection:
    """The one connection that writes and checkpoints."""
    return _open(path, vfs, WRITER_SETTINGS)


def open_reader(path: Path, vfs: str | None) -> apsw.Connection:
    """A connection that only reads, and leaves checkpoints to the writer even when it closes."""
    connection = _open(path, vfs, READER_SETTINGS)
    leave_wal(connection)
    return connection


def leave_wal(connection: apsw.Connection) -> None:
    """Let the closing of a connection neither checkpoint nor remove the write-ahead log."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def _open(path: Path, vfs: str | None, settings: str) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs)
    try:
        connection.wal_autocheckpoint(0)
        _run(connection, settings)
    except BaseException:
        connection.close()
        raise
    return connection


def _run(connection: apsw.Connection, statements: str) -> None:
    """Run statements to the end: apsw stops at the first row, and some pragmas give one."""
    connection.execute(statements).fetchall()


def remove(path: Path) -> None:
    """Remove a database and what SQLite keeps beside it; durable on return. Idempotent.

    The database goes first: if the machine stops in between, what is left is recognised by
    having no database, whereas a database without its write-ahead log would look whole.
    """
    path.unlink(missing_ok=True)
    sync_directory(path.parent)
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
