"""Where the audit log's lines go: a file, or standard output, written by a thread of its own.

The event loop only puts an entry into a queue. If the queue is full, because the disk is slower
than the calls, the entry is dropped and counted; as soon as there is room again, a line says how
many were lost. The file is opened to append, readable by its owner alone, and opened anew when it
was moved away, so that a log rotator may rename it or copy and truncate it.

Several processes write whole lines to one file, or one standard output, by locking it for as long
as they write: to append is enough on a file, but a pipe takes what is over 4 KiB piece by piece.
"""

import contextlib
import fcntl
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from shardline.gateway.audit import Entry, encode, encode_lost

log = logging.getLogger("shardline.audit")

MOST_WAITING = 20_000  # entries, of about 1 KB each
BATCH = 500
STANDARD_OUTPUT = "-"


class AuditFile:
    """Takes entries from the event loop, and writes them. `lost` counts what could not be."""

    def __init__(
        self, target: str, *, is_shared: bool = False, most_waiting: int = MOST_WAITING
    ) -> None:
        """Open the file, which is shared with other processes or not. Raises `OSError`."""
        self.lost = 0
        self._is_shared = is_shared
        self._path = None if target == STANDARD_OUTPUT else Path(target)
        self._most = most_waiting
        self._waiting: deque[Entry] = deque()
        self._unsaid = 0  # lost since a line said so
        self._wake = threading.Condition()
        self._closed = False
        self._failed = False
        self._cut = False  # the last line in the file has no end
        self._descriptor = self._open()
        self._thread = threading.Thread(target=self._run, name="shardline-audit", daemon=True)
        self._thread.start()

    def write(self, entry: Entry) -> None:
        """Queue an entry; drops it when too many wait. Never blocks for the disk."""
        with self._wake:
            if self._closed or len(self._waiting) >= self._most:
                self._lose(1)
                return
            self._waiting.append(entry)
            self._wake.notify()

    def close(self) -> None:
        """Write what waits, and close the file. Idempotent."""
        with self._wake:
            if self._closed:
                return
            self._closed = True
            self._wake.notify()
        self._thread.join()
        if self._path is not None:
            os.close(self._descriptor)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closed:
                    self._wake.wait()
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                unsaid, self._unsaid = self._unsaid, 0
            if not batch:
                return
            lines = [encode(entry) for entry in batch]
            if unsaid:
                lines.insert(0, encode_lost(batch[0].wall_ms, unsaid))
            self._write_all(b"".join(lines), len(batch) + unsaid)

    def _write_all(self, text: bytes, entries: int) -> None:
        rest = memoryview(b"\n" + text if self._cut else text)
        whole = len(rest)
        try:
            self._follow()
            with self._alone():
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            self._failed = self._cut = False
        except OSError as error:
            if not self._failed:
                log.error("the audit log cannot be written: %s", error)
            self._failed = True
            self._cut = self._cut or len(rest) < whole
            with self._wake:
                self._lose(entries)
            time.sleep(0.05)  # not to spin on a disk that stays full

    def _lose(self, entries: int) -> None:
        """Count entries that are lost: all of a batch that was cut off."""
        if not self.lost:
            log.error("lines of the audit log are lost: it takes them slower than calls come")
        self.lost += entries
        self._unsaid += entries

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process writes meanwhile. The lock goes with a process that is killed."""
        if self._is_shared:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if self._is_shared:
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)

    def _follow(self) -> None:
        """Open the file anew if it is no longer where it was."""
        if self._path is None:
            return
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(self._descriptor), os.stat(self._path)):
                return
        fresh = self._open()
        os.close(self._descriptor)
        self._descriptor = fresh

    def _open(self) -> int:
        if self._path is None:
            return sys.stdout.fileno()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self._path, flags, 0o600)
