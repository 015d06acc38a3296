"""A stream's turn: which of several processes writes, and what the others need to know of it.

    ID.turn     a file beside the stream's database, mapped by every process that has it open
    head        eight 64-bit numbers, native byte order:
                  position   how many changes of extents were ever published
                  state      0, or WRITING while a commit is under way, or DROPPED
                  (free)
    readers     a number for each worker: not 0 when it has readers that wait for more
    changes     a ring of `RING` entries of six 64-bit numbers:
                  place      its number, counted from 1: what tells an entry from an older one
                  shard, next, horizon, last_ms, end (-1 for none)

Who writes has the file locked (flock); the kernel unlocks it when that process ends. It publishes
what a commit changed after the commit and before anybody is told that it succeeded. So who reads
compares one number with what it knows, and takes what is new from memory; nothing that was
acknowledged is missed. Who is more than a ring behind reads the database.

A process that dies between its commit and the publishing leaves WRITING behind. Its commit was
acknowledged to nobody; who next writes, or finds the turn free when reading, publishes a gap, so
that all read the database. DROPPED is said before the files are removed, so that nobody commits
to a file without a name, whenever the process that removes it dies.

The file holds no truth and may be deleted while no process has the log open.
"""

import fcntl
import mmap
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shardline.storage.files import PRIVATE_FILE
from shardline.storage.members.bus import MOST_PLACES
from shardline.storage.sqlite_log.extent import Extent

RING: Final = 1024

_POSITION, _STATE = range(2)
_WRITING, _DROPPED = 1, 2
_READERS = 8
_ENTRIES = _READERS + MOST_PLACES
_FIELDS = 6
_BYTES = 8 * (_ENTRIES + RING * _FIELDS)


class Turn:
    """The turn file of one stream, opened when it is needed, and again after `close`.

    `taken` is for one thread at a time of a process; the rest is for any. A file that is missing
    is one whose stream is gone, or was never written.
    """

    def __init__(self, path: Path, worker: int) -> None:
        self._path = path
        self._worker = worker
        self._file = -1
        self._numbers: memoryview | None = None
        self._opening = threading.Lock()
        self._taking = threading.Lock()  # the file's lock does not keep threads apart

    def _view(self, *, make: bool = False) -> memoryview | None:
        """The numbers in the file. Who holds them may read on while the file is closed."""
        numbers = self._numbers
        if numbers is not None:
            return numbers
        with self._opening:
            if self._numbers is None:
                self._numbers = self._open(make)
            return self._numbers

    def _open(self, make: bool) -> memoryview | None:
        flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0)
        try:
            file = os.open(self._path, flags, PRIVATE_FILE)
        except FileNotFoundError:
            return None
        try:
            if os.fstat(file).st_size < _BYTES:
                os.ftruncate(file, _BYTES)  # to the same size by whoever comes: nothing is lost
            memory = mmap.mmap(file, _BYTES)
        except BaseException:
            os.close(file)
            raise
        self._file = file
        return memoryview(memory).cast("q")

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._numbers is not None

    def make(self) -> None:
        """Open the file, making it if it is missing. Raises `OSError`."""
        self._view(make=True)

    def remove(self) -> None:
        """Remove the file; for who made it in vain."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file until it is needed again. Idempotent."""
        with self._opening:
            if self._numbers is not None:
                self._numbers = None
                os.close(self._file)

    @contextmanager
    def taken(self, *, make: bool = False) -> Iterator[None]:
        """Have the turn within the block; waits for it. Raises `OSError`.

        `make` makes a file that is missing; without, there is then nothing to wait for.
        """
        numbers = self._view(make=make)
        if numbers is None:
            yield
            return
        with self._taking:
            file = self._file
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                if numbers[_STATE] == _WRITING:  # who had it last died in the middle of a commit
                    self.publish_gap()
                yield
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    @property
    def is_left(self) -> bool:
        """Whether a commit is under way, or was when its process died. From memory."""
        numbers = self._numbers
        return numbers is not None and numbers[_STATE] == _WRITING and not self._taking.locked()

    def mend(self) -> None:
        """Publish a gap for a process that died in its commit; nothing while one commits.

        Never waits. Raises `OSError`.
        """
        if not self.is_left or not self._taking.acquire(blocking=False):
            return
        try:
            with self._opening:  # so that the file is not closed meanwhile
                if self._numbers is None:
                    return
                try:
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                try:
                    if self._numbers[_STATE] == _WRITING:
                        _publish_gap(self._numbers)
                finally:
                    fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._taking.release()

    @property
    def position(self) -> int:
        """How many changes were published."""
        numbers = self._view()
        return -1 if numbers is None else numbers[_POSITION]

    @property
    def is_dropped(self) -> bool:
        """Whether the stream is gone."""
        numbers = self._view()
        return numbers is None or numbers[_STATE] == _DROPPED

    def begin(self) -> None:
        """Say that a commit begins. With the turn."""
        self._must()[_STATE] = _WRITING

    def publish(self, changed: Mapping[int, Extent]) -> int:
        """Say what the commit changed, and that it is over; answers the position. With the turn."""
        numbers = self._must()
        position = numbers[_POSITION]
        if len(changed) > RING:
            position += RING + 1
        else:
            for shard, extent in changed.items():
                at = _ENTRIES + position % RING * _FIELDS
                position += 1
                end = -1 if extent.end is None else extent.end
                values = (shard, extent.next, extent.horizon, extent.last_ms, end)
                numbers[at] = 0  # until it is whole, it is nobody's entry
                for field, value in enumerate(values, at + 1):
                    numbers[field] = value
                numbers[at] = position
        numbers[_POSITION] = position
        numbers[_STATE] = 0
        return position

    def publish_gap(self) -> None:
        """Have everybody read the database: nobody knows what a commit changed. With the turn."""
        _publish_gap(self._must())

    def publish_drop(self) -> None:
        """Say that the stream is gone, before its files are removed. With the turn."""
        numbers = self._must()
        numbers[_STATE] = _DROPPED
        numbers[_POSITION] += RING + 1

    def changes(self, since: int) -> tuple[dict[int, Extent] | None, int]:
        """What was published after a position, and the position that one knows then.

        None when the database has to be read: for more than the ring holds, and for -1, which is
        the position of who knows nothing.
        """
        numbers = self._must()
        position = numbers[_POSITION]
        if since < 0 or position - since > RING:
            return None, position
        changed: dict[int, Extent] = {}
        for place in range(since, position):
            at = _ENTRIES + place % RING * _FIELDS
            number, shard, next_, horizon, last_ms, end = numbers[at : at + _FIELDS].tolist()
            if not number == numbers[at] == place + 1:  # it was, or is being, written over
                return None, position
            changed[shard] = Extent(next_, horizon, last_ms, None if end < 0 else end)
        return changed, position

    def note_waiting(self, waiting: bool) -> None:
        """Say whether this worker has readers that wait for more."""
        numbers = self._view()
        # To write to a mapped file may wait for the disk, so that is not done for nothing.
        if numbers is not None and numbers[_READERS + self._worker] != waiting:
            numbers[_READERS + self._worker] = waiting
            with self._opening:  # a barrier: it is seen before what the caller reads next is read
                pass

    def waiting(self) -> list[int]:
        """The other workers that have readers that wait."""
        numbers = self._view()
        if numbers is None:
            return []
        flags = numbers[_READERS : _READERS + MOST_PLACES].tolist()
        return [worker for worker, flag in enumerate(flags) if flag and worker != self._worker]

    def _must(self) -> memoryview:
        numbers = self._view()
        if numbers is None:
            raise FileNotFoundError(f"{self._path} is gone")
        return numbers


def _publish_gap(numbers: memoryview) -> None:
    numbers[_POSITION] += RING + 1
    numbers[_STATE] = 0
