"""A worker of the Kinesis Client Library (`java-kcl/`), and the journal it keeps."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from clients.tools import java_program

MAIN = "shardline.kcl.Worker"
STOP_S = 60.0
OLDEST = "TRIM_HORIZON"
LOG_OPTIONS = ("-Dorg.slf4j.simpleLogger.showDateTime=true",)


class Processed(NamedTuple):
    """A record, as the worker processed it."""

    sequence: int
    key: str
    digest: str


@dataclass(slots=True)
class Tenure:
    """What a worker did with a shard from when it got the lease on. Times in epoch ms."""

    worker: str
    shard: str
    since_ms: int
    after: str
    """The checkpoint it went on from: a sequence number, or where a new shard begins."""
    records: list[Processed] = field(default_factory=list)
    checkpoints: list[tuple[int, int]] = field(default_factory=list)
    """When each was made, and the sequence number of the last record before it."""
    ended_ms: int | None = None
    """When the shard had been read to its end."""
    lost: bool = False
    """Whether the lease went to another worker, or the worker was stopped."""


class Worker:
    """A worker process; `stop` and `kill` end it."""

    def __init__(self, name: str, journal: Path, log: Path, process: subprocess.Popen[bytes]):
        self.name = name
        self._journal, self._log, self.process = journal, log, process

    def tenures(self) -> list[Tenure]:
        """What it has done until now."""
        whole = self._journal.read_bytes() if self._journal.exists() else b""
        tenures: list[Tenure] = []
        held: dict[str, Tenure] = {}
        for line in whole[: whole.rfind(b"\n") + 1].decode().splitlines():
            at, what, shard, *more = line.split("\t")
            if what == "start":
                held[shard] = Tenure(self.name, shard, int(at), more[0])
                tenures.append(held[shard])
            elif what == "record":
                held[shard].records.append(Processed(int(more[0]), more[2], more[3]))
            elif what == "checkpoint":
                held[shard].checkpoints.append((int(at), int(more[0])))
            elif what == "ended":
                held[shard].ended_ms = int(at)
            elif what == "lost":
                held[shard].lost = True
            else:
                assert what == "no-checkpoint", line
        return tenures

    def is_working(self) -> bool:
        """Whether it has begun its work: it asks for leases."""
        return self.has_logged("Starting worker loop")

    def has_logged(self, text: str) -> bool:
        """Whether the library logged it."""
        return text in self._log.read_text(errors="replace")

    def digests(self) -> set[str]:
        """The MD5 of the data of each record it has processed."""
        return {record.digest for tenure in self.tenures() for record in tenure.records}

    def stop(self) -> None:
        """Ask it to stop, which makes it checkpoint, and wait."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(timeout=STOP_S) == 0, self.log()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        """The end of what the library logged."""
        return self._log.read_text(errors="replace")[-6000:]


@contextmanager
def worker(
    directory: Path,
    environment: dict[str, str],
    stream: str,
    application: str,
    *,
    name: str = "worker-1",
    mode: str = "polling",
    batches_per_checkpoint: int = 1,
) -> Iterator[Worker]:
    """A worker that runs, and is killed at the end if it was not stopped."""
    journal = directory / f"{application}-{name}.journal"
    log = directory / f"{application}-{name}.log"
    arguments = [stream, application, name, mode, str(journal), str(batches_per_checkpoint)]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*java_program("java-kcl", MAIN, *LOG_OPTIONS), *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        ) as process,
    ):
        try:
            yield Worker(name, journal, log, process)
        finally:
            process.kill()


def assert_parents_before_children(tenures: list[Tenure], shards: list[dict[str, Any]]) -> None:
    """No shard was begun from its oldest record before its parents had been read to their ends.

    `shards` is what ListShards answers.
    """
    begun = {tenure.shard: tenure.since_ms for tenure in tenures if tenure.after == OLDEST}
    ended = {tenure.shard: tenure.ended_ms for tenure in tenures if tenure.ended_ms is not None}
    for shard in shards:
        for role in ("ParentShardId", "AdjacentParentShardId"):
            if role in shard:
                assert ended[shard[role]] <= begun[shard["ShardId"]], shard
