"""Measures the record log alone: appends that are durable, then reads of all of them.

    python bench/log_bench.py --records 1000000 --size 100 --batch 500 --concurrency 32

`--concurrency` tasks append `--batch` records each, spread over `--shards` shards, until
`--records` are durable. CPU is that of this process, so it holds the tasks' own share; `floor`
is what a loop of bare fsyncs of as many bytes costs on the same disk.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop
from msgspec.structs import replace

from shardline.clock import SystemClock
from shardline.storage.record_log import Batch, RecordLog
from shardline.storage.sqlite_log import Bounds, SqliteLog
from shardline.testing.memory_log import MemoryLog

STREAM = "bench"


@dataclass(frozen=True, slots=True)
class Figures:
    """One row of the table."""

    what: str
    records_per_s: float
    mb_per_s: float
    cpu_us_per_record: float
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    worst_ms: float = 0.0


class Load:
    """The records to be appended, and what it took."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.records = options.records
        self.bytes = options.records * (options.size + len(b"key-00000"))
        self._shards = options.shards
        self._calls = iter(range(options.records // options.batch))
        data = os.urandom(options.size)
        per_shard = max(1, options.batch // options.shards)
        keys = [b"key-%05d" % number for number in range(per_shard)]
        used = min(options.batch, options.shards)
        self._batches = [Batch(shard, keys, [data] * per_shard) for shard in range(used)]
        self.waits: list[float] = []

    def batches(self, call: int) -> Sequence[Batch]:
        """What one call appends; single records go to the shards in turn."""
        if len(self._batches) > 1:
            return self._batches
        return [replace(self._batches[0], shard=call % self._shards)]

    async def append(self, log: RecordLog) -> None:
        """Append until nothing is left; one of many tasks."""
        for call in self._calls:
            began = time.perf_counter()
            await log.append(STREAM, self.batches(call))
            self.waits.append(time.perf_counter() - began)


async def measure(what: str, load: Load, work: Callable[[], Awaitable[object]]) -> Figures:
    """Time some work on all records of a load."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    waits = sorted(load.waits) or [0.0]
    load.waits.clear()
    return Figures(
        what,
        load.records / wall,
        load.bytes / wall / 1e6,
        cpu / load.records * 1e6,
        waits[len(waits) // 2] * 1e3,
        waits[len(waits) * 99 // 100] * 1e3,
        waits[-1] * 1e3,
    )


async def read_all(log: RecordLog, shards: int) -> None:
    """Read every shard from its beginning, 10,000 records at a time."""
    for shard in range(shards):
        offset, page = 0, None
        while page is None or page.runs:
            page = await log.read(
                STREAM, shard, offset, max_records=10_000, max_bytes=10_000_000, since_ms=1
            )
            offset = page.next


async def run(options: argparse.Namespace, directory: Path) -> Sequence[Figures]:
    """Append, read, trim and close."""
    log: RecordLog
    if options.memory:
        log = MemoryLog(SystemClock())
    else:
        bounds = Bounds(wal_bytes=options.wal_mib << 20)
        log = await SqliteLog.open(directory, SystemClock(), bounds=bounds)
    load = Load(options)
    await log.create(STREAM, range(options.shards))

    async def append() -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(options.concurrency):
                tasks.create_task(load.append(log))

    async def trim() -> None:
        await log.trim(STREAM, SystemClock().now_ms() + 1)
        await log.close()

    return [
        await measure("append", load, append),
        await measure("read", load, lambda: read_all(log, options.shards)),
        await measure("trim and close", load, trim),
    ]


def floor(options: argparse.Namespace, directory: Path) -> Figures:
    """Write and sync as many bytes, a commit of all tasks at a time, to a plain file."""
    size = (options.size + len(b"key-00000")) * options.batch * options.concurrency
    count = max(1, min(200, options.records // (options.batch * options.concurrency)))
    block = os.urandom(size)
    with (directory / "floor").open("wb", 0) as file:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count):
            file.write(block)
            os.fsync(file.fileno())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    (directory / "floor").unlink()
    records = count * options.batch * options.concurrency
    return Figures("floor", records / wall, size * count / wall / 1e6, cpu / records * 1e6)


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--size", type=int, default=1024, help="bytes of data in a record")
    parser.add_argument("--batch", type=int, default=500, help="records in one append")
    parser.add_argument("--concurrency", type=int, default=8, help="tasks that append")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--wal-mib", type=int, default=64, help="the bound of the WAL")
    parser.add_argument("--memory", action="store_true", help="measure the in-memory log")
    parser.add_argument("--directory", type=Path, help="where to make a scratch directory")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        figures = [floor(options, Path(directory))]
        figures += uvloop.run(run(options, Path(directory)))
    if options.json:
        print(json.dumps([asdict(row) for row in figures]))
        return
    print("what                records/s     MB/s  CPU us/record   p50 ms   p99 ms  worst ms")
    for row in figures:
        print(
            f"{row.what:16} {row.records_per_s:12,.0f} {row.mb_per_s:8.1f} "
            f"{row.cpu_us_per_record:14.2f} {row.p50_ms:8.2f} {row.p99_ms:8.2f} {row.worst_ms:9.2f}"
        )


if __name__ == "__main__":
    main()
