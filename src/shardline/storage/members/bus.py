"""Messages between the processes of one machine that one parent started.

The parent makes a *place* for each worker before it starts the first: a pair of datagram sockets of
which the worker reads one end and every worker writes the other, and a file of shared memory, the
board. A worker that replaces a dead one gets the same place. Nothing has a name in the file system.

A message is a hint, never the truth: it is lost when its reader is dead or too far behind (Linux
keeps as few as eleven for it, `net.unix.max_dgram_qlen`), and what it tells must also be found by
looking.
"""

import asyncio
import errno
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shardline.storage.members_port import Listener

MOST_WORKERS: Final = 64
MOST_PLACES: Final = MOST_WORKERS + 1
BOARD_BYTES: Final = 64 * 1024
MOST_BYTES: Final = 32 * 1024  # of a payload
_LARGEST: Final = MOST_BYTES + 2

# How the kernel says that a reader is too far behind, or gone; or that we are.
_LOST: Final = frozenset(
    (errno.EAGAIN, errno.ENOBUFS, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE, errno.EBADF)
)


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place: file descriptors, which a child process inherits by their numbers."""

    worker: int  # 0 .. workers - 1
    workers: int
    board: int  # a file of `BOARD_BYTES`, to be mapped
    inbox: int
    outboxes: tuple[int, ...]  # to every worker, by its number

    def descriptors(self) -> tuple[int, ...]:
        """All that a child has to inherit."""
        return (self.board, self.inbox, *self.outboxes)


def make_places(workers: int) -> Sequence[Place]:
    """Places for so many workers, in the process that will start them. Raises `OSError`.

    One more than `MOST_WORKERS` can be had, for the worker that takes over from another.
    """
    if not 1 <= workers <= MOST_PLACES:
        raise ValueError(f"1 to {MOST_PLACES} places, not {workers}")
    board = _shared_memory()
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(workers)]
    outboxes = tuple(sender.detach() for sender, _ in pairs)
    inboxes = [inbox.detach() for _, inbox in pairs]
    return [Place(number, workers, board, inboxes[number], outboxes) for number in range(workers)]


def _shared_memory() -> int:
    if sys.platform == "linux":
        board = os.memfd_create("shardline-board")  # no disk that could make a writer wait
    else:
        with tempfile.TemporaryFile() as file:
            board = os.dup(file.fileno())
    os.ftruncate(board, BOARD_BYTES)
    return board


class Bus:
    """A worker's end: see `shardline.storage.members_port.Messages`. For one event loop; `open` it
    there."""

    most_bytes = MOST_BYTES

    def __init__(self, place: Place) -> None:
        self.place = place
        self._inbox = socket.socket(fileno=os.dup(place.inbox))
        self._outboxes = [socket.socket(fileno=os.dup(each)) for each in place.outboxes]
        self._listeners: dict[bytes, Listener] = {}
        for each in (self._inbox, *self._outboxes):
            each.setblocking(False)
        while self._next() is not None:
            pass  # it was meant for the worker that had this place before

    def open(self) -> None:
        """Begin to listen."""
        asyncio.get_running_loop().add_reader(self._inbox.fileno(), self._receive)

    def on(self, topic: bytes, listener: Listener) -> None:
        """See the port."""
        self._listeners[topic] = listener

    def tell(self, topic: bytes, payload: bytes = b"", *, worker: int | None = None) -> None:
        """See the port. From any thread. Nothing is sent any more by a bus that was closed."""
        message = topic + bytes([self.place.worker]) + payload
        for number, outbox in enumerate(self._outboxes):
            if number != self.place.worker and worker in (None, number):
                try:
                    outbox.send(message)
                except OSError as error:
                    if error.errno not in _LOST:
                        raise

    def _receive(self) -> None:
        for _ in range(100):  # then others have their turn
            message = self._next()
            if message is None:
                return
            listener = self._listeners.get(message[:1])
            if listener is not None:
                listener(message[1], message[2:])

    def _next(self) -> bytes | None:
        try:
            return self._inbox.recv(_LARGEST)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Stop to listen. Idempotent."""
        if self._inbox.fileno() < 0:
            return
        asyncio.get_running_loop().remove_reader(self._inbox.fileno())
        for each in (self._inbox, *self._outboxes):
            each.close()
