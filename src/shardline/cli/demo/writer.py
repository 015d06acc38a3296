"""The demo's producer: a process of its own, so that writing and reading share no interpreter."""

import contextlib
import multiprocessing
import signal
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shardline.cli import Failure
from shardline.cli.batches import MOST_RECORDS
from shardline.cli.client import Target, make_client, refusal
from shardline.cli.demo.flights import flights
from shardline.cli.sender import GaveUpError, Sender

# While one lane waits for the server's sync, another makes its request.
LANES = 2
STOP_S = 10.0
# What the process sends: one of these words, then records, records sent again, seconds; or why.
_PROGRESS, _DONE, _FAILED = "progress", "done", "failed"


class Writer:
    """The producer's process, as the demo sees it."""

    def __init__(self, connection: Connection) -> None:
        self.records = 0
        self.resent = 0
        self.seconds = 0.0
        self.is_done = False
        self._connection = connection

    def still_writes(self) -> bool:
        """Take in what the process has said. Raises `Failure` when it could not go on."""
        while not self.is_done and self._connection.poll():
            try:
                word, *figures = self._connection.recv()
            except EOFError as error:
                raise Failure("the demo's writer was killed") from error
            if word == _FAILED:
                raise Failure(f"the demo's writer stopped: {figures[0]}")
            self.records, self.resent, self.seconds = figures
            self.is_done = word == _DONE
        return not self.is_done


@contextlib.contextmanager
def writing(target: Target, stream: str, source: Path) -> Iterator[Writer]:
    """Write all flights into the stream, beside the caller; whatever happens, leave no process."""
    context = multiprocessing.get_context("spawn")  # fork copies locks that threads may hold
    here, there = context.Pipe(duplex=False)
    process = context.Process(
        target=_process, args=(target, stream, source, there), daemon=True, name="demo-writer"
    )
    process.start()
    there.close()
    try:
        yield Writer(here)
    finally:
        process.terminate()
        process.join(STOP_S)
        here.close()


def _process(target: Target, stream: str, source: Path, connection: Connection) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which then ends this
    try:
        _write_all(make_client(target), stream, source, connection)
    except ClientError as error:
        connection.send((_FAILED, refusal(error.response)))
    except (BotoCoreError, GaveUpError, Failure) as error:
        connection.send((_FAILED, str(error)))


def _write_all(client: Any, stream: str, source: Path, connection: Connection) -> None:
    """Send every flight, one request at a time in each lane, and progress after each request."""
    started = time.monotonic()
    with ThreadPoolExecutor(LANES) as pool:
        lanes = [_Lane(client, stream, pool) for _ in range(LANES)]

        def say(word: str) -> None:
            records = sum(lane.sender.tally.records for lane in lanes)
            resent = sum(lane.sender.tally.resent for lane in lanes)
            connection.send((word, records, resent, time.monotonic() - started))

        for key, data in flights(source):
            # All records of a key go the same way, or their order would be lost here.
            lane = lanes[zlib.crc32(key.encode()) % LANES]
            lane.waiting.append({"Data": data, "PartitionKey": key})
            if len(lane.waiting) == MOST_RECORDS:
                lane.send()
                say(_PROGRESS)
        for lane in lanes:
            lane.send()
        for lane in lanes:
            lane.settle()
        say(_DONE)


class _Lane:
    """A sender in a thread of its own, with at most one request under way."""

    def __init__(self, client: Any, stream: str, pool: ThreadPoolExecutor) -> None:
        self.sender = Sender(client, stream)
        self.waiting: list[dict[str, Any]] = []
        self._pool = pool
        self._under_way: Future[None] | None = None

    def send(self) -> None:
        """Let what waits go out, after what is under way. Raises what the request before raised."""
        self.settle()
        if self.waiting:
            self._under_way = self._pool.submit(self.sender.send, self.waiting)
            self.waiting = []

    def settle(self) -> None:
        """Wait for what is under way. Raises what it raised."""
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None
