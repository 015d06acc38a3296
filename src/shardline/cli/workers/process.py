"""A worker, as its parent sees it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from typing import Self

from shardline.cli.workers import wire
from shardline.cli.workers.wire import Closed, Failed, Ready, StartOrder

MODULE = "shardline.cli.workers.worker"


class WorkerFailed(Exception):
    """A worker ended before it was ready. Its text says why, or how."""


class WorkerProcess:
    """A process that was started. For one event loop, in the main thread.

    The kernel ends a worker with the thread that started it.
    """

    def __init__(self, order: StartOrder, process: "subprocess.Popen[bytes]") -> None:
        self.number = order.worker
        self.place = order.place
        self.pid = process.pid
        self.is_leaving = False
        self.reason = ""  # why it failed, in its own words
        self._process = process
        self._ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()
        self._writer: asyncio.StreamWriter
        self._life: asyncio.Task[int]

    @classmethod
    async def start(cls, order: StartOrder, *, module: str = MODULE) -> Self:
        """Start one. Raises `OSError`."""
        ours, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as stack:
            stack.callback(ours.close)
            worker = cls(order, _spawn(order, theirs, module))
            stack.pop_all()
        try:
            with contextlib.suppress(ConnectionError):  # it is dead already, which its end tells
                wire.send_start(ours, order)
            reader, worker._writer = await asyncio.open_unix_connection(sock=ours)
        except BaseException:
            worker.kill()
            ours.close()
            raise
        worker._life = asyncio.create_task(worker._live(reader))
        worker._life.add_done_callback(worker._note_end)
        return worker

    async def _live(self, reader: asyncio.StreamReader) -> int:
        """Take its reports to the end; answers its exit code."""
        with contextlib.suppress(ConnectionError):
            async for line in reader:
                match wire.decode_report(line):
                    case Ready() as report if not self._ready.done():
                        self._ready.set_result(report)
                    case Closed():
                        self._closed.set()
                    case Failed(reason):
                        self.reason = reason
        code = await asyncio.to_thread(self._process.wait)
        self._writer.close()
        self._closed.set()
        return code

    def _note_end(self, life: "asyncio.Task[int]") -> None:
        if not self._ready.done() and not life.cancelled():
            how = f"worker {self.number} {self.ending(life.result())}"
            self._ready.set_exception(WorkerFailed(self.reason or how))
            self._ready.exception()  # of no interest, if nobody waits for it any more

    async def ready(self) -> Ready:
        """Return when it serves. Raises `WorkerFailed`."""
        return await asyncio.shield(self._ready)

    def is_serving(self) -> bool:
        """Whether it is ready, and has not ended."""
        return self._ready.done() and not self.has_ended()

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._life.done()

    async def closed(self) -> None:
        """Return when it accepts no connections, or has ended."""
        await self._closed.wait()

    async def ended(self) -> int:
        """Its exit code, as `subprocess` has it; waits for it."""
        return await asyncio.shield(self._life)

    def leave(self) -> None:
        """Let it end when its clients have had the time to go to others."""
        self.is_leaving = True
        self._order(wire.LEAVE)

    def stop(self) -> None:
        """Let it end as soon as what it accepted is answered."""
        self.is_leaving = True
        self._order(wire.STOP)

    def _order(self, order: bytes) -> None:
        if not self._life.done():
            self._writer.write(order)

    def kill(self) -> None:
        """End it at once."""
        if self._process.returncode is None:
            self._process.kill()

    def ending(self, code: int) -> str:
        """How it ended, in words: by a signal, or with an exit code, and why."""
        if code >= 0:
            return f"ended with exit code {code}" + (f": {self.reason}" if self.reason else "")
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"


def _spawn(order: StartOrder, wire: socket.socket, module: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        # The number is for people who look at the processes.
        [sys.executable, *_flags(), "-m", module, str(order.worker)],
        stdin=wire.fileno(),
        pass_fds=order.descriptors(),
        process_group=0,  # what a terminal sends to a group is for the parent alone
    )


def _flags() -> list[str]:
    """The current directory is looked in for modules only if that is so here too."""
    return [] if os.getcwd() in sys.path or "" in sys.path else ["-P"]
