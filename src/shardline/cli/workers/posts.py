"""The posts of a server: one for each number of a worker, whoever has it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shardline.cli.workers.process import WorkerProcess
from shardline.storage.members import Place

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 10.0
MOST_FAILURES = 5  # of one worker in a row, while no other serves


@dataclass(eq=False, slots=True)
class Post:
    """What a worker of one number has, and whoever comes after it."""

    number: int
    place: Place
    listener: socket.socket
    worker: WorkerProcess | None = None
    failures: int = 0  # in a row
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def pause_s(self) -> float:
        """How long to wait before the next try: not at all after the first failure."""
        if self.failures < 2:
            return 0.0
        return float(min(FIRST_PAUSE_S * 2 ** (self.failures - 2), LONGEST_PAUSE_S))

    def refuse(self) -> None:
        """Refuse connections, and those that wait."""
        if self.listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            self.listener.shutdown(socket.SHUT_RDWR)


Launch = Callable[[Post, Place], Awaitable[WorkerProcess]]
"""Starts a worker for a post, at a place: the post's, or the free one when it is exchanged."""
