"""What the parent of several workers owns, and its life from the first signal to the last."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from typing import Any

from shardline.cli import Failure
from shardline.cli.stopping import stop_on_signal
from shardline.cli.workers.posts import Post
from shardline.cli.workers.process import WorkerFailed, WorkerProcess
from shardline.cli.workers.supervisor import Supervisor
from shardline.cli.workers.wire import Ready, StartOrder
from shardline.gateway.listening import reserve
from shardline.node.neighbours import tell_neighbours
from shardline.settings import NodeSettings
from shardline.storage.datadir import DataDir
from shardline.storage.members import Place, make_places
from shardline.storage.sqlite_log import claimed

# Beside twice the drain time, which an HTTP server may take (`h2corn`): what closing stores takes.
CLOSING_S = 30.0


@dataclass(slots=True)
class Parent:
    """What all workers share. `settings` are those of the next worker that is started."""

    settings: NodeSettings
    data_dir: DataDir
    places: Sequence[Place]  # one more than workers: the last one is free
    listeners: Sequence[socket]

    @classmethod
    @contextlib.contextmanager
    def owning(cls, settings: NodeSettings, workers: int) -> Iterator["Parent"]:
        """Own the directory and the port. Raises `StoreUnusable`, `OSError`."""
        assert settings.data_dir is not None
        with contextlib.ExitStack() as stack:
            data_dir = stack.enter_context(DataDir.open(settings.data_dir))
            stack.enter_context(claimed(data_dir.path))
            listeners = reserve(settings.host, settings.port, workers)
            for listener in listeners:
                stack.callback(listener.close)
            yield cls(settings, data_dir, make_places(workers + 1), listeners)

    def posts(self) -> Sequence[Post]:
        """A post for each worker, numbered from 1."""
        pairs = zip(self.places, self.listeners, strict=False)
        return [Post(number, *pair) for number, pair in enumerate(pairs, 1)]

    async def launch(self, post: Post, place: Place) -> WorkerProcess:
        """Start a worker."""
        return await WorkerProcess.start(
            StartOrder(
                worker=post.number,
                settings=self.settings,
                place=place,
                lock=self.data_dir.lock,
                listener=post.listener.fileno(),
                parent=os.getpid(),
            )
        )

    def prepare(self, first: Ready) -> None:
        """Tell the neighbours. What the first worker made is made: those after it find it.

        A stream of `--stream` that is deleted stays so, and a self-signed certificate is renewed
        when the server starts again: until then all workers have the same.
        """
        certificate = Path(first.certificate) if first.certificate else None
        tell_neighbours(self.settings, first.endpoint, certificate)
        self.settings = replace(self.settings, streams=())
        if certificate and first.private_key:
            self.settings = replace(
                self.settings,
                tls="files",
                tls_certificate=certificate,
                tls_key=Path(first.private_key),
            )


async def serve(settings: NodeSettings, workers: int, log: logging.Logger) -> None:
    """Serve by so many workers until SIGTERM or SIGINT; SIGHUP exchanges them.

    Raises `Failure` when they cannot, `StoreUnusable` and `OSError` when the parent cannot.
    """
    with Parent.owning(settings, workers) as parent:
        patience_s = 2 * settings.drain_s + CLOSING_S
        free = parent.places[-1]
        supervisor = Supervisor(parent.posts(), free, parent.launch, patience_s=patience_s)
        stop = stop_on_signal(log, at_once=supervisor.kill)
        _on_hangup(supervisor.begin_exchange, stop)
        starting = asyncio.create_task(supervisor.start(parent.prepare))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await _raised(starting)
                _say_ready(parent.data_dir)
                await _until(stopping, supervisor.lost)
        finally:
            starting.cancel()
            stopping.cancel()
            wrong = await supervisor.stop()
    if wrong:
        raise Failure(wrong)


def _on_hangup(exchange: Callable[[], None], stop: asyncio.Event) -> None:
    """SIGHUP is an order to exchange; unless the terminal that this was started at has gone."""
    had_terminal = _has_terminal()

    def hung_up() -> None:
        if had_terminal and not _has_terminal():
            stop.set()
        else:
            exchange()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


async def _raised(starting: "asyncio.Task[None]") -> None:
    try:
        await starting
    except WorkerFailed as failed:
        raise Failure(str(failed)) from failed


def _say_ready(data_dir: DataDir) -> None:
    node = data_dir.read_node_file()
    assert node is not None
    sys.stdout.write(f"Shardline is ready at {node.endpoint}\n")
    sys.stdout.flush()


async def _until(stopping: "asyncio.Task[bool]", lost: "asyncio.Future[str]") -> None:
    waited: set[asyncio.Future[Any]] = {stopping, lost}
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    if lost.done() and not stopping.done():
        raise Failure(f"no worker can be started any more: {lost.result()}")
