"""Measures a record log that several processes share: what a commit costs, how long turns take.

    python -m bench.shared_log_bench --processes 1 2 4 --seconds 8

For each number of processes, `--tasks` tasks in all append to one stream as fast as they are
answered: first one process that has the log alone, then those that share it. `turn` is the longest
that a commit waited for its turn, which includes the commits and checkpoints of the others. Last,
one process appends now and then, and another, which waits for it, tells how late it is woken.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shardline.clock import SystemClock
from shardline.storage.members import Bus, Place, make_places
from shardline.storage.record_log import Batch
from shardline.storage.sqlite_log import Sharing, SqliteLog, claimed, turns

STREAM = "bench"
PINGS = 100
PING_S = 0.02


class TimedTurns:
    """Stands for the module `fcntl` in `turns`, and keeps the longest wait for a lock, in s."""

    LOCK_EX, LOCK_UN, LOCK_NB = fcntl.LOCK_EX, fcntl.LOCK_UN, fcntl.LOCK_NB

    def __init__(self) -> None:
        self.longest = 0.0

    def flock(self, file: int, how: int) -> None:
        """Lock or unlock."""
        began = time.perf_counter()
        fcntl.flock(file, how)
        if how == self.LOCK_EX:
            self.longest = max(self.longest, time.perf_counter() - began)


async def opened(directory: Path, place: Place | None) -> tuple[SqliteLog, Bus | None]:
    """The log, shared if there is a place."""
    if place is None:
        return await SqliteLog.open(directory, SystemClock()), None
    bus = Bus(place)
    bus.open()
    return await SqliteLog.open(directory, SystemClock(), sharing=Sharing(bus)), bus


async def worker(options: dict[str, Any]) -> dict[str, Any]:
    """Append for a while in this process, once told to; answers what it took."""
    place = options["place"]
    if place is not None:
        place = Place(**{**place, "outboxes": tuple(place["outboxes"])})
    timed = TimedTurns()
    turns.fcntl = timed  # type: ignore[assignment, attr-defined]
    log, bus = await opened(Path(options["directory"]), place)
    await log.create(STREAM, range(4))
    batch = [b"k"] * options["batch"], [os.urandom(options["size"])] * options["batch"]
    waits: list[float] = []
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.perf_counter() + options["seconds"]

    async def append(shard: int) -> None:
        while (began := time.perf_counter()) < end:
            await log.append(STREAM, [Batch(shard, *batch)])
            waits.append(time.perf_counter() - began)

    cpu = time.process_time()
    await asyncio.gather(*(append(task % 4) for task in range(options["tasks"])))
    cpu = time.process_time() - cpu
    commits = sum(log.numbers().seconds.counts)
    await log.close()
    if bus is not None:
        bus.close()
    return {"cpu": cpu, "commits": commits, "waits": waits, "turn": timed.longest}


async def ping(options: dict[str, Any]) -> list[float]:
    """Append one record at a time; answers when each was acknowledged, by the monotonic clock."""
    place = Place(**{**options["place"], "outboxes": tuple(options["place"]["outboxes"])})
    log, bus = await opened(Path(options["directory"]), place)
    await log.create(STREAM, range(4))
    print("ready", flush=True)
    sys.stdin.readline()
    acknowledged = []
    for _ in range(PINGS):
        await asyncio.sleep(PING_S)
        await log.append(STREAM, [Batch(0, [b"k"], [b"ping"])])
        acknowledged.append(time.monotonic())
    await log.close()
    if bus is not None:
        bus.close()
    return acknowledged


def start(what: str, options: dict[str, Any]) -> subprocess.Popen[str]:
    """Start this file as a process of its own, and wait until it is ready."""
    place: Place | None = options["place"]
    if place is not None:
        options = {**options, "place": dataclasses.asdict(place)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.shared_log_bench", what, json.dumps(options)],
        pass_fds=() if place is None else place.descriptors(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def answer(process: subprocess.Popen[str]) -> Any:
    """What a process printed at its end."""
    text, _ = process.communicate()
    return json.loads(text)


def measure(options: argparse.Namespace, processes: int, *, shared: bool) -> str:
    """A row of the table."""
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory))
        places: Sequence[Place | None] = [None]
        if shared:
            stack.enter_context(claimed(Path(directory)))
            places = make_places(processes)
        common = {
            "directory": directory,
            "size": options.size,
            "batch": options.batch,
            "tasks": options.tasks // processes,
            "seconds": options.seconds,
        }
        started = [start("worker", {**common, "place": place}) for place in places]
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        found = [answer(process) for process in started]
    waits = sorted(wait for each in found for wait in each["waits"])
    commits = sum(each["commits"] for each in found)
    cpu = sum(each["cpu"] for each in found)
    mb = len(waits) * options.batch * options.size / 1e6 / options.seconds
    return (
        f"{processes} {'shared' if shared else 'alone ':8} {mb:8.1f} "
        f"{commits / options.seconds:10,.0f} {cpu / commits * 1e3:14.2f} "
        f"{cpu / len(waits) * 1e3:14.2f} {waits[len(waits) // 2] * 1e3:8.1f} "
        f"{waits[len(waits) * 99 // 100] * 1e3:8.1f} {waits[-1] * 1e3:9.1f} "
        f"{max(each['turn'] for each in found) * 1e3:9.1f}"
    )


async def wake_ups(options: argparse.Namespace) -> Sequence[float]:
    """How long after a record was acknowledged in one process another that waits is woken, in s."""
    first, second = make_places(2)
    with (
        tempfile.TemporaryDirectory(dir=options.directory) as directory,
        claimed(Path(directory)),
    ):
        pinging = start("ping", {"directory": directory, "place": first})
        log, bus = await opened(Path(directory), second)
        assert pinging.stdin is not None
        pinging.stdin.write("go\n")
        pinging.stdin.flush()
        woken = []
        for offset in range(PINGS):
            await log.wait(STREAM, 0, offset)
            woken.append(time.monotonic())
        acknowledged = await asyncio.to_thread(answer, pinging)
        await log.close()
        assert bus is not None
        bus.close()
    return sorted(late - at for late, at in zip(woken, acknowledged, strict=True))


def main() -> None:
    """Parse the command line, measure, print."""
    if sys.argv[1:2] and sys.argv[1] in ("worker", "ping"):
        work = worker if sys.argv[1] == "worker" else ping
        print(json.dumps(asyncio.run(work(json.loads(sys.argv[2])))))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--tasks", type=int, default=16, help="tasks that append, in all")
    parser.add_argument("--size", type=int, default=1024, help="bytes of data in a record")
    parser.add_argument("--batch", type=int, default=100, help="records in one append")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--directory", type=Path, help="where to make a scratch directory")
    options = parser.parse_args()
    print("processes      MB/s  commits/s  CPU ms/commit  CPU ms/append   p50 ms   p99 ms", end="")
    print("  worst ms   turn ms")
    print(measure(options, 1, shared=False))
    for processes in options.processes:
        print(measure(options, processes, shared=True))
    late = asyncio.run(wake_ups(options))
    print(
        f"woken in another process after the answer: median {late[len(late) // 2] * 1e3:.2f} ms, "
        f"worst {late[-1] * 1e3:.2f} ms"
    )


if __name__ == "__main__":
    main()
