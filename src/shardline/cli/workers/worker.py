"""A worker's own life: `python -m shardline.cli.workers.worker`, by a parent and nobody else.

Standard input is the wire. It is a worker for as long as its parent lives: on Linux the kernel
kills it with the parent, elsewhere the end of the wire tells it, and it stops within a second.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys

import uvloop

from shardline.cli.workers import wire
from shardline.cli.workers.wire import Closed, Failed, Ready, Report, StartOrder
from shardline.logs import configure_logging
from shardline.node.node import LEAVE_S, Node
from shardline.storage.record_log import StorageError
from shardline.tuning import allow_files, tune_process

ORPHAN_S = 1.0
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until told to stop. Exit code 1, and a report, when that cannot be."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)  # the parent's to deal with
    parent = socket.socket(fileno=os.dup(0))
    try:
        order = wire.receive_start(parent)
    except (EOFError, ConnectionError):
        sys.exit(1)
    _end_with(order.parent)
    for descriptor in order.descriptors():
        os.set_inheritable(descriptor, False)
    configure_logging(order.settings.log_format, order.worker)
    try:
        uvloop.run(_serve(order, parent))
    except (StorageError, OSError, ValueError) as error:
        _report(parent, Failed(" ".join(str(error).splitlines())))
        sys.exit(1)


def _end_with(parent: int) -> None:
    """Have the kernel end this process with its parent, where it can."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
        sys.exit(1)


async def _serve(order: StartOrder, parent: socket.socket) -> None:
    told = _Told()
    told.listen(parent)
    allow_files()
    running = Node.running(order.settings, place=order.place, listener=order.listener)
    async with running as node:
        tune_process()
        _report(parent, Ready(node.endpoint, _text(node.certificate), _text(node.private_key)))
        await node.until(told.to_end)
        if not told.to_stop.is_set():
            node.begin_to_leave()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(told.to_stop.wait(), min(LEAVE_S, order.settings.drain_s))
        node.close_door()
        _report(parent, Closed())


class _Told:
    """What the parent ordered. A SIGTERM to this process is an order to leave."""

    def __init__(self) -> None:
        self.to_end = asyncio.Event()  # now or in a while
        self.to_stop = asyncio.Event()

    def listen(self, parent: socket.socket) -> None:
        """Take orders from now on."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.to_end.set)
        parent.setblocking(False)
        loop.add_reader(parent, self._receive, parent)

    def _receive(self, parent: socket.socket) -> None:
        try:
            orders = parent.recv(64)
        except BlockingIOError:
            return
        except ConnectionError:
            orders = b""
        if not orders:  # the parent is gone
            loop = asyncio.get_running_loop()
            loop.remove_reader(parent)
            loop.call_later(ORPHAN_S, os._exit, 1)
        if wire.STOP in orders or not orders:
            self.to_stop.set()
        self.to_end.set()


def _report(parent: socket.socket, report: Report) -> None:
    """Tell the parent, if it is there. A report is smaller than the socket's buffer."""
    with contextlib.suppress(OSError):
        parent.send(wire.encode_report(report))


def _text(path: object) -> str | None:
    return None if path is None else str(path)


if __name__ == "__main__":
    main()
