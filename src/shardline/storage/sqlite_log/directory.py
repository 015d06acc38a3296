"""The directory of a log:

lock                   held while the log is open, so that no second process opens it; held by
                       each of those that share the log, and by who started them
streams/ID.sqlite      one stream, with ID.sqlite-wal and ID.sqlite-shm while it is open
streams/ID.turn        what the processes tell each other that share the log; see `turns`
streams/ID.new         a stream whose making was cut short; removed when the log is opened
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from shardline.storage.files import PRIVATE_FILE, make_private_directory
from shardline.storage.record_log import StoreUnusable
from shardline.storage.sqlite_log import schema
from shardline.storage.sqlite_log.extent import Extent
from shardline.storage.sqlite_log.streamfile import StreamFile

_log = logging.getLogger(__name__)

Found = dict[str, tuple[StreamFile, dict[int, Extent]]]


class Directory:
    """The files of an open log. Everything here blocks; call it in a thread."""

    def __init__(self, path: Path, vfs: str | None, wal_bytes: int) -> None:
        self._streams = path / "streams"
        self._vfs = vfs
        self._wal_bytes = wal_bytes
        self._lock = -1

    @classmethod
    def open(cls, path: Path, vfs: str | None, wal_bytes: int) -> "tuple[Directory, Found]":
        """Lock a directory and look at every stream in it. Raises `StoreUnusable`.

        Every file is checked before the first is opened, since opening one after a crash
        recovers, and so writes, it.
        """
        opened = cls(path, vfs, wal_bytes)
        databases = opened.claim()
        try:
            return opened, opened._load(databases)
        except BaseException:
            opened.close()
            raise

    def claim(self) -> list[Path]:
        """Lock the directory, which is made if it is missing; answers the databases in it.

        What a crash left is removed, and what processes that shared the log told each other.
        Raises `StoreUnusable`.
        """
        schema.check_sqlite()
        try:
            make_private_directory(self._streams)
            self._lock = _lock(self._streams / "lock", fcntl.LOCK_EX)
            databases = sorted(self._streams.glob("*.sqlite"))
            for database in databases:
                schema.check_header(database)
            self._sweep({database.name for database in databases})
            return databases
        except OSError as error:
            self.close()
            log = self._streams.parent
            raise StoreUnusable(f"cannot open the record log in {log}: {error}") from error
        except BaseException:
            self.close()
            raise

    @classmethod
    def join(cls, path: Path, vfs: str | None, wal_bytes: int) -> "Directory":
        """Open a directory that was `claimed`, beside the others who share it.

        As long as one of them lives, nobody can claim it. Raises `StoreUnusable`.
        """
        joined = cls(path, vfs, wal_bytes)
        schema.check_sqlite()
        try:
            joined._lock = _lock(joined._streams / "lock", fcntl.LOCK_SH)
        except OSError as error:
            raise StoreUnusable(f"cannot open the record log in {path}: {error}") from error
        return joined

    def share(self) -> None:
        """Let others join, having claimed the directory. Raises `StoreUnusable`."""
        _take(self._lock, fcntl.LOCK_SH, self._streams)

    def _load(self, databases: list[Path]) -> Found:
        found = {}
        for database in databases:
            file = StreamFile(database, self._vfs, self._wal_bytes, exists=True)
            found[database.stem] = file, file.load()
            try:
                file.release()
            except apsw.Error as error:  # its last checkpoint; the write-ahead log is as durable
                _log.warning("%s: not checkpointed at start: %s", database, error)
        return found

    def _sweep(self, databases: set[str]) -> None:
        """Remove what a crash left of streams that were being made or dropped."""
        for path in self._streams.iterdir():
            owner = path.name.removesuffix("-wal").removesuffix("-shm").removesuffix("-journal")
            is_orphan = owner.endswith(".sqlite") and owner not in databases
            if is_orphan or owner.endswith((".new", ".turn")):
                path.unlink()

    def new(self, stream: str) -> StreamFile:
        """The file of a new stream, which is made by its first transaction."""
        path = self._streams / f"{stream}.sqlite"
        return StreamFile(path, self._vfs, self._wal_bytes, exists=False)

    def find(self, stream: str) -> StreamFile | None:
        """The file of a stream that another process made; None if there is none."""
        path = self._streams / f"{stream}.sqlite"
        if not path.exists():
            return None
        return StreamFile(path, self._vfs, self._wal_bytes, exists=True)

    def close(self) -> None:
        """Give up the lock. Idempotent."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Own the directory of a log within the block, for processes that share the log.

    Every stream is looked at, and what a crash left in its write-ahead log is made durable, before
    the first of them reads it. Raises `StoreUnusable`.
    """
    directory, _ = Directory.open(path, None, 0)
    try:
        directory.share()
        yield
    finally:
        directory.close()


def _lock(path: Path, how: int) -> int:
    """Lock a file, which the kernel unlocks when this process ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        _take(descriptor, how, path.parent)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _take(descriptor: int, how: int, streams: Path) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreUnusable(f"another server has the streams in {streams} open") from error
