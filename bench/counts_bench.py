"""What counting costs a call: ``python -m bench.counts_bench``.

The call is a PutRecord of 1 KiB, or a GetRecords of 10 such records, signed, through the pipeline
in this process, on a log in memory: without a socket and a disk, so that a call is as cheap as it
can be. Counting alone is everything that the call does for its metrics (AWS/Kinesis's and the
node's), with the readings of the clocks, and with making samples of what was counted.

    put       the PutRecord
    get       the GetRecords
    counting  what of it is counting
    by shard  the same with enhanced monitoring

CPU time, so that a busy machine tells nearly the same; the median over batches.
"""

import asyncio
import base64
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from time import perf_counter

import click

from bench.signing import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Signer
from shardline.clock import SystemClock
from shardline.gateway.budget import ByteBudget
from shardline.gateway.credentials import FixedKeys, root_credential
from shardline.gateway.pipeline import Pipeline
from shardline.gateway.request_counts import RequestCounts
from shardline.gateway.sigv4 import SigV4Verifier
from shardline.gateway.types import Caller, Request
from shardline.kinesis.api import kinesis_api
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.upkeep import Upkeep
from shardline.masterkey import MasterKey
from shardline.storage.catalog import SqlCatalog
from shardline.storage.record_log import Appended, Batch
from shardline.testing import MemoryLog

BATCH = 500  # calls for each reading of the CPU's clock
ACCOUNT, STREAM = "000000000000", "events"
DATA = os.urandom(1024)
CALLER = Caller(ACCOUNT, REGION, ACCESS_KEY_ID, f"arn:aws:iam::{ACCOUNT}:root", True)
METRICS = {"ShardLevelMetrics": ["ALL"]}


class Bench:
    """A node without sockets and disk, with one stream."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._signer = Signer("127.0.0.1", 4567)
        self._answers = ByteBudget(1 << 30)
        self._clock = SystemClock()
        self._requests = RequestCounts()

    async def start(self) -> None:
        """Put it together."""
        clock, catalog = self._clock, await SqlCatalog.open(None)
        self._log = MemoryLog(clock)
        self._book = StreamBook(catalog, self._log, clock)
        upkeep, kms = Upkeep(self._book, self._log, clock), Kms(catalog, MasterKey.random(), clock)
        on_demand = OnDemand(self._book, catalog, clock)
        self._api = kinesis_api(
            self._book, self._log, upkeep, clock, b"k" * 32, kms, on_demand, lambda policy: None
        )
        root = root_credential(ACCESS_KEY_ID, SECRET_ACCESS_KEY, ACCOUNT)
        verifier = SigV4Verifier(FixedKeys([root]), wall_ms=clock.now_ms)
        self._pipeline = Pipeline([self._api], verifier)
        await self.call("CreateStream", StreamName=STREAM, ShardCount=1)
        self._live = await self._book.find(ACCOUNT, REGION, STREAM)
        await self.call("PutRecords", StreamName=STREAM, Records=[self._record()] * 10)
        answer = await self.call(
            "GetShardIterator",
            StreamName=STREAM,
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON",
        )
        self._iterator = json.loads(answer)["ShardIterator"]

    @staticmethod
    def _record() -> dict[str, str]:
        return {"Data": base64.b64encode(DATA).decode(), "PartitionKey": "device-00001"}

    def _request(self, operation: str, members: dict[str, object]) -> Request:
        """A signed request, as an HTTP server hands it over."""
        head, _, body = self._signer.request(operation, json.dumps(members).encode()).partition(
            b"\r\n\r\n"
        )
        fields = (line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
        return Request("POST", b"/", b"", {name.lower(): text for name, text in fields}, body)

    async def call(self, operation: str, **members: object) -> bytes:
        """Make a call; answer its body."""
        response = await self._pipeline.handle(self._request(operation, members), self._answers)
        assert response.status == 200, response.body
        self._answers.give(response.held)
        return response.body

    async def whole(self, operation: str, **members: object) -> float:
        """A call through the pipeline, µs."""
        request = self._request(operation, members)

        async def calls() -> None:
            for _ in range(BATCH):
                response = await self._pipeline.handle(request, self._answers)
                self._answers.give(response.held)

        return await self._median_us(calls)

    async def put(self) -> float:
        """PutRecord."""
        return await self.whole("PutRecord", StreamName=STREAM, **self._record())

    async def get(self) -> float:
        """GetRecords."""
        return await self.whole("GetRecords", ShardIterator=self._iterator, Limit=10)

    async def put_counting(self) -> float:
        """What PutRecord does to be counted."""
        operation = self._api.model.operations["PutRecord"]
        batches, answers = [Batch(0, (b"k",), (DATA,))], [Appended(0, 0, 0)]

        def count(live: LiveStream) -> None:
            begun = perf_counter()
            if live.counts.by_shard:
                live.counts.put_in_shards(self._clock.now_ms(), batches, answers, {})
            live.counts.put_record(self._clock.now_ms(), 1036, perf_counter() - begun)
            self._requests.add(operation, "OK", perf_counter() - perf_counter())

        return await self._counting(count)

    async def get_counting(self) -> float:
        """What GetRecords does to be counted."""
        operation = self._api.model.operations["GetRecords"]

        def count(live: LiveStream) -> None:
            begun, now_ms = perf_counter(), self._clock.now_ms()
            live.counts.get_records(now_ms, 0, 10, 10_360, 0, perf_counter() - begun)
            self._requests.add(operation, "OK", perf_counter() - perf_counter())

        return await self._counting(count)

    async def _counting(self, count: Callable[[LiveStream], None]) -> float:
        live = self._live

        async def calls() -> None:
            for _ in range(BATCH):
                count(live)
            live.counts.fold()

        return await self._median_us(calls)

    async def _median_us(self, calls: Callable[[], Awaitable[None]]) -> float:
        batches: list[float] = []
        ends = time.monotonic() + self._seconds
        while len(batches) < 3 or time.monotonic() < ends:
            started = time.process_time_ns()
            await calls()
            batches.append((time.process_time_ns() - started) / BATCH / 1000)
            if len(batches) % 20 == 0:
                await self._log.trim(self._live.stream.id, 0)
        return statistics.median(batches)


async def _measure(seconds: float) -> None:
    bench = Bench(seconds)
    await bench.start()
    print("             call  counting")
    print(f"get       {await bench.get():6.1f}    {await bench.get_counting():6.2f} µs")
    print(f"put       {await bench.put():6.1f}    {await bench.put_counting():6.2f} µs")
    await bench.call("EnableEnhancedMonitoring", StreamName=STREAM, **METRICS)
    print(f"by shard  {await bench.put():6.1f}    {await bench.put_counting():6.2f} µs")


@click.command()
@click.option("--seconds", default=2.0, show_default=True, help="Measured time for each figure.")
def main(seconds: float) -> None:
    """Measure calls, and what of them is counting."""
    asyncio.run(_measure(seconds))


if __name__ == "__main__":
    main()
