"""An on-demand stream over 60 days of simulated time, minute by minute.

The stream, its book, the rule and the look of every minute are Shardline's own, over a log and a
catalog in memory. Simulated are the clock, the load, and what shards refuse: each takes 1 MiB/s and
1,000 records/s in a minute and no more, as on AWS. A client does not send again what was refused.

Four shapes of load, in MiB/s (a record is 4 KiB, so that bytes are what counts):

* flights: the departures from New York, hour by hour, of January and February 2013;
* step: 1, and 6 from day 10 to day 15;
* spike: 2, and 20 for ten minutes on day 20;
* hot key: 1 spread evenly, and one key with 0.9 from day 5, with 1.5 from day 20, until day 35.
"""

import asyncio
import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shardline.cli.demo.flights import flights_file
from shardline.kinesis.book import StreamBook, new_stream_id
from shardline.kinesis.hashing import HASH_KEYS
from shardline.kinesis.lineage import initial_shards
from shardline.kinesis.load import SHARD_BYTES, LoadMeter
from shardline.kinesis.on_demand import START_SHARDS
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import Stream
from shardline.testing import ManualClock, MemoryLog

DAYS = 60
DAY = 1440  # minutes
START = datetime(2013, 1, 1, tzinfo=UTC)
HOT_HASH = HASH_KEYS // 3
RECORD_BYTES = 4096


@dataclass(frozen=True)
class Shape:
    """A load: what is spread evenly, and what one key adds, in MiB/s by minute."""

    name: str
    even: Callable[[int], float]
    key: Callable[[int], float] = lambda minute: 0.0


@dataclass
class Run:
    """What was seen in each minute: MiB/s offered and refused, and the shards there were."""

    name: str
    offered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    shards: list[int] = field(default_factory=list)
    reshards: list[int] = field(default_factory=list)  # the minutes after which there was one
    narrowest: int = HASH_KEYS


def flights() -> Shape:
    """Twenty departures an hour are 1 MiB/s; between the hours the load goes in a straight line."""
    with zipfile.ZipFile(flights_file()) as archive, archive.open(archive.namelist()[0]) as file:
        rows = csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))
        counts = Counter(row["time_hour"] for row in rows)
    hours = [0] * (DAYS * 24 + 1)
    for text, count in counts.items():
        passed = datetime.fromisoformat(text.replace("Z", "+00:00")) - START
        hour = int(passed.total_seconds()) // 3600
        if hour < len(hours):
            hours[hour] = count

    def even(minute: int) -> float:
        hour, part = divmod(minute, 60)
        return (hours[hour] * (60 - part) + hours[hour + 1] * part) / 1200

    return Shape("flights", even)


def shapes() -> list[Shape]:
    """The four shapes."""
    return [
        flights(),
        Shape("step", lambda minute: 6.0 if 10 * DAY <= minute < 15 * DAY else 1.0),
        Shape("spike", lambda minute: 20.0 if 0 <= minute - 20 * DAY - 600 < 10 else 2.0),
        Shape("hot key", lambda minute: 1.0, _key),
    ]


def _key(minute: int) -> float:
    if minute < 5 * DAY or minute >= 35 * DAY:
        return 0.0
    return 0.9 if minute < 20 * DAY else 1.5


def simulate(shape: Shape) -> Run:
    """Run a shape of load through a stream."""
    return asyncio.run(_simulate(shape))


async def _simulate(shape: Shape) -> Run:
    clock = ManualClock(int(START.timestamp() * 1000))
    catalog, log, meter = await SqlCatalog.open(None), MemoryLog(clock), LoadMeter()
    book = StreamBook(catalog, log, clock)
    on_demand = OnDemand(book, catalog, clock, meter)
    made = _stream(clock.now_ms())
    await book.create(made)
    live = book.identified(made.id)
    assert live is not None
    run = Run(shape.name)
    seen: Stream | None = None
    for minute in range(DAYS * DAY):
        if seen is not live.stream:
            if seen is not None:
                run.reshards.append(minute)
            seen = live.stream
            widths = {s.number: s.hash_end - s.hash_start + 1 for s in live.routes.shards}
            hot = next(s.number for s in live.routes.shards if s.hash_end >= HOT_HASH)
            run.narrowest = min(run.narrowest, *widths.values())
        even, key = shape.even(minute), shape.key(minute)
        load, refused = meter.at(seen.id, clock.now_ms()), 0.0
        for number, width in widths.items():
            offered = even * width / HASH_KEYS + (key if number == hot else 0.0)
            taken = min(offered, 1.0)
            refused += offered - taken
            size = round(taken * SHARD_BYTES * 60)
            load.add(load.minute, number, size, size // RECORD_BYTES)
        run.offered.append(even + key)
        run.refused.append(refused)
        run.shards.append(len(widths))
        clock.advance(minutes=1)
        await on_demand.run_once()
    await catalog.close()
    return run


def _stream(now_ms: int) -> Stream:
    return Stream(
        id=new_stream_id(),
        account="000000000000",
        region="us-east-1",
        name="simulated",
        created_ms=now_ms,
        mode="ON_DEMAND",
        status="CREATING",
        retention_hours=24,
        max_record_kib=1024,
        shards=initial_shards(START_SHARDS, now_ms // 1000),
    )
