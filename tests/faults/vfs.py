"""SQLite VFSs that fail on command, for this process's tests and for a server started by one.

    name = install("forgetting", control_directory)
    log = await SqliteLog.open(data, clock, vfs=name)

Three kinds, which all obey the control directory:

* `failing` writes to the real files at once.
* `forgetting` keeps what was written in this process, as the kernel's page cache does, and lets it
  reach the real file only when it is synced: killing the process (or copying the files) forgets
  what was not synced, which SIGKILL alone cannot show, since the kernel outlives the process.
* `tearing` is like `forgetting`, but some blocks reach the real file unasked, in whatever order
  they were written: what a loss of power leaves behind, rather than nothing.

Files in the control directory switch faults on while they exist:

* `fail-sync`: every sync fails. As on Linux, what the failed sync should have written then counts
  as clean: it can still be read, but a later sync that succeeds does not write it, unless it has
  been written again ("fsyncgate").
* `full`: every write of a database, journal or write-ahead log fails with "disk full".

Not simulated: that a new name in a directory, or a removed one, is forgotten. The shared memory of
the write-ahead log's index is not a file that anything relies on after a crash, and is left alone.
"""

import os
import random
import threading
import weakref
from functools import wraps
from pathlib import Path
from typing import Any

import apsw

BLOCK = 4096  # what the page cache keeps, writes and forgets as a whole


def _alone(method: Any) -> Any:
    """Let one thread at a time into an object's methods."""

    @wraps(method)
    def alone(self: Any, *arguments: Any) -> Any:
        with self._lock:
            return method(self, *arguments)

    return alone


class PageCache:
    """What this process has written to one file: every block, and those that are not synced."""

    def __init__(self, path: str, leak: float = 0.0) -> None:
        self._lock = threading.RLock()
        self._leak = leak  # of the blocks that are written, so many reach the real file at once
        # Held open, so that a file which is removed and made again is another inode, and since
        # closing any descriptor of a file would give up the locks that SQLite has on it.
        self._file = open(path, "r+b", buffering=0)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._blocks: dict[int, bytearray] = {}
        self._dirty: set[int] = set()
        self.size = os.fstat(self._file.fileno()).st_size
        self._real = self.size  # so much of the real file is still true of this one

    @_alone
    def read(self, offset: int, amount: int) -> bytes:
        """What a reader of this process sees."""
        end = min(offset + amount, self.size)
        parts = []
        while offset < end:
            number, inside = divmod(offset, BLOCK)
            part = bytes(self._block(number)[inside : inside + end - offset])
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    @_alone
    def write(self, data: bytes, offset: int) -> None:
        """Change blocks, in memory."""
        self.size = max(self.size, offset + len(data))
        view = memoryview(data)
        while view:
            number, inside = divmod(offset, BLOCK)
            part = view[: BLOCK - inside]
            self._block(number)[inside : inside + len(part)] = part
            self._dirty.add(number)
            if self._leak and random.random() < self._leak:
                os.pwrite(self._file.fileno(), self._blocks[number], number * BLOCK)
            view = view[len(part) :]
            offset += len(part)

    @_alone
    def truncate(self, size: int) -> None:
        """Cut the file, in memory; what is cut off reads as zeros if it grows again."""
        kept = -(-size // BLOCK)
        for number in [number for number in self._blocks if number >= kept]:
            del self._blocks[number]
            self._dirty.discard(number)
        if size % BLOCK:
            self._block(size // BLOCK)[size % BLOCK :] = bytes(BLOCK - size % BLOCK)
            self._dirty.add(size // BLOCK)
        self.size = size
        self._real = min(self._real, size)

    @_alone
    def sync(self) -> None:
        """Let the dirty blocks, and the size, reach the real file."""
        self._file.truncate(self._real)
        for number in self._dirty:
            os.pwrite(self._file.fileno(), self._blocks[number], number * BLOCK)
        self._file.truncate(self.size)
        self._dirty.clear()
        self._real = self.size

    @_alone
    def lose(self) -> None:
        """What a failed sync leaves behind: blocks that are clean, but not on the disk."""
        self._dirty.clear()

    def _block(self, number: int) -> bytearray:
        block = self._blocks.get(number)
        if block is None:
            amount = min(BLOCK, max(0, self._real - number * BLOCK))
            block = bytearray(os.pread(self._file.fileno(), amount, number * BLOCK))
            block.extend(bytes(BLOCK - len(block)))
            self._blocks[number] = block
        return block


class FaultFile(apsw.VFSFile):
    """A file that fails on command."""

    def __init__(self, vfs: "FaultVFS", name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self.vfs = vfs

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 (SQLite's name)
        self.vfs.check_space()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 (SQLite's name)
        self.vfs.before_sync()
        super().xSync(flags)


class ForgettingFile(apsw.VFSFile):
    """A file whose writes wait in a `PageCache` until they are synced."""

    def __init__(self, vfs: "ForgettingVFS", name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.vfs = vfs
        self.cache = vfs.cache(path)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 (SQLite's name)
        return self.cache.read(offset, amount)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 (SQLite's name)
        self.vfs.check_space()
        self.cache.write(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 (SQLite's name)
        self.cache.truncate(size)

    def xFileSize(self) -> int:  # noqa: N802 (SQLite's name)
        return self.cache.size

    def xSync(self, flags: int) -> None:  # noqa: N802 (SQLite's name)
        try:
            self.vfs.before_sync()
        except apsw.IOError:
            self.cache.lose()
            raise
        self.cache.sync()
        super().xSync(flags)


class FaultVFS(apsw.VFS):
    """The VFS of the kind `failing`."""

    def __init__(self, name: str, control: Path) -> None:
        super().__init__(name, "unix")
        self.fail_sync = control / "fail-sync"
        self.full = control / "full"
        self.on_sync = lambda: None  # what a test wants to do while a sync is under way

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 (SQLite's name)
        return FaultFile(self, name, flags)

    def check_space(self) -> None:
        """Raise SQLITE_FULL if the disk is to be full."""
        if self.full.exists():
            raise apsw.FullError("the fault VFS has no space left")

    def before_sync(self) -> None:
        """Raise SQLITE_IOERR_FSYNC if syncs are to fail."""
        self.on_sync()
        if self.fail_sync.exists():
            error = apsw.IOError("the fault VFS fails to sync")
            error.extendedresult = apsw.SQLITE_IOERR_FSYNC
            raise error


class ForgettingVFS(FaultVFS):
    """The VFS of the kind `forgetting`."""

    leak = 0.0

    def __init__(self, name: str, control: Path) -> None:
        super().__init__(name, control)
        self._caches: dict[str, tuple[int, PageCache]] = {}
        self._lock = threading.Lock()

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 (SQLite's name)
        if name is None:  # a temporary file, which nothing relies on after a crash
            return FaultFile(self, name, flags)
        return ForgettingFile(self, name, flags)

    def cache(self, path: str) -> PageCache:
        """The cache of a file; a file that was removed and made again begins with a new one."""
        with self._lock:
            inode = os.stat(path).st_ino
            known = self._caches.get(path)
            if known is None or known[0] != inode:
                known = self._caches[path] = (inode, PageCache(path, self.leak))
            return known[1]


class TearingVFS(ForgettingVFS):
    """The VFS of the kind `tearing`."""

    leak = 0.3


_KINDS = {"failing": FaultVFS, "forgetting": ForgettingVFS, "tearing": TearingVFS}
_installed: dict[str, FaultVFS] = {}


def install(kind: str, control: Path) -> str:
    """Register a VFS (of a kind that the module's docstring names) with apsw, and answer its name.

    It stays for as long as the process. `installed` gives the object.
    """
    name = f"{kind}-{len(_installed)}"
    _installed[name] = _KINDS[kind](name, control)
    return name


def installed(name: str) -> FaultVFS:
    """The VFS of that name, for a test that reaches into it."""
    return _installed[name]
