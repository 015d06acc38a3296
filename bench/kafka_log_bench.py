"""Measures the record log on Kafka, with the embedded one beside it.

    python -m bench.kafka_log_bench                 # starts a broker of its own
    python -m bench.kafka_log_bench --brokers 127.0.0.1:9092 --replication 3

Appends of 1, 100 and 500 records into 4 shards, then a read of all of them; then reads at the
tails of 1, 100 and 1,000 shards, where nothing new is. CPU is that of this process, librdkafka's
threads included and the brokers not.
"""

import argparse
import asyncio
import contextlib
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import uvloop

from bench.log_bench import Figures, Load, measure, read_all
from cluster.kafka import KafkaCluster, free_ports
from shardline.clock import SystemClock
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import Batch, RecordLog
from shardline.storage.sqlite_log import SqliteLog

STREAM = "bench"
SHARDS = 4
APPENDS = ((1, 128), (100, 32), (500, 8))  # records of a call, calls at one time
SIZES = (100, 1024)
TAILS = (1, 100, 1000)


@contextlib.contextmanager
def brokers(options: argparse.Namespace) -> Iterator[str]:
    """The addresses of the brokers that were named, or of one that lives as long as the bench."""
    if options.brokers:
        yield options.brokers
        return
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        made = KafkaCluster.make(Path(directory), ports=free_ports(1), dies_with_us=True)
        try:
            made.start_all()
            yield made.bootstrap_servers
        finally:
            made.kill_all()


def settings(options: argparse.Namespace, addresses: str) -> KafkaSettings:
    """Settings with topics of their own."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}-"
    copies = options.replication
    return KafkaSettings(addresses, prefix, copies, min(2, copies), 60_000)


@contextlib.asynccontextmanager
async def opened(options: argparse.Namespace, addresses: str) -> AsyncIterator[RecordLog]:
    """A log with nothing in it: Kafka's, or the embedded one where there is no address."""
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        log: RecordLog
        if addresses:
            log = await KafkaLog.open(settings(options, addresses), SystemClock(), MemoryRanges())
        else:
            log = await SqliteLog.open(Path(directory), SystemClock())
        yield log
        await log.drop(STREAM)
        await log.close()


async def throughput(log: RecordLog, load: Load, tasks: int, what: str) -> Sequence[Figures]:
    """Append what a load has, and read all of it."""
    await log.create(STREAM, range(SHARDS))
    await log.append(STREAM, [Batch(shard, [b"k"], [b"v"]) for shard in range(SHARDS)])

    async def append() -> None:
        await asyncio.gather(*(load.append(log) for _ in range(tasks)))

    return [
        await measure(what, load, append),
        await measure("  read all", load, lambda: read_all(log, SHARDS)),
    ]


async def polled(log: RecordLog, shards: int, reads: int, *, new: bool) -> Figures:
    """Read at the tails of all shards at one time, over and over.

    Nothing is there, or, if `new`, one record that was put just before. Its put is not counted.
    """
    await log.create(STREAM, range(shards))
    waits: list[float] = []
    cpu = wall = 0.0

    async def read(shard: int, start: int) -> None:
        began = time.perf_counter()
        page = await log.read(STREAM, shard, start, max_records=10_000, max_bytes=10**7, since_ms=1)
        waits.append(time.perf_counter() - began)
        assert page.next == start + new

    for turn in range(max(1, reads // shards)):
        if new:
            await log.append(STREAM, [Batch(shard, [b"k"], [b"v"]) for shard in range(shards)])
        began, began_cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(read(shard, turn if new else 0) for shard in range(shards)))
        wall += time.perf_counter() - began
        cpu += time.process_time() - began_cpu
    count = len(waits)
    waits.sort()
    return Figures(
        f"{'new' if new else 'empty'} tails of {shards}",
        count / wall, 0, cpu / count * 1e6,
        waits[count // 2] * 1e3, waits[count * 99 // 100] * 1e3, waits[-1] * 1e3,
    )  # fmt: skip


def show(log: str, row: Figures) -> None:
    """Print a row of the table."""
    print(
        f"{log:7} {row.what:20} {row.records_per_s:10,.0f} {row.mb_per_s:8.1f} "
        f"{row.cpu_us_per_record:10.2f} {row.p50_ms:8.2f} {row.p99_ms:8.2f} {row.worst_ms:9.2f}",
        flush=True,
    )


async def run(options: argparse.Namespace, name: str, addresses: str) -> None:
    """All measurements of one log."""
    for size in SIZES:
        for batch, tasks in APPENDS:
            records = options.records // (10 if batch == 1 else 1)
            load = Load(argparse.Namespace(records=records, size=size, batch=batch, shards=SHARDS))
            async with opened(options, addresses) as log:
                what = f"{size:,} B x {batch}"
                for row in await throughput(log, load, tasks, what):
                    show(name, row)
    for shards in options.tails:
        async with opened(options, addresses) as log:
            show(name, await polled(log, shards, options.reads, new=False))
            show(name, await polled(log, shards, options.reads // 10, new=True))


def main() -> None:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--brokers", default="", help="HOST:PORT,… of a cluster that runs")
    parser.add_argument("--replication", type=int, default=1)
    parser.add_argument("--records", type=int, default=400_000, help="in batches; a tenth singly")
    parser.add_argument("--reads", type=int, default=20_000, help="at the tails, in all")
    parser.add_argument("--tails", type=int, nargs="*", default=TAILS, metavar="SHARDS")
    parser.add_argument("--only", choices=("kafka", "sqlite"))
    parser.add_argument("--directory", type=Path, help="where to make scratch directories")
    options = parser.parse_args()
    print("log     what                  records/s     MB/s  us/record   p50 ms   p99 ms  worst ms")
    if options.only != "sqlite":
        with brokers(options) as addresses:
            uvloop.run(run(options, "kafka", addresses))
    if options.only != "kafka":
        uvloop.run(run(options, "sqlite", ""))


if __name__ == "__main__":
    main()
