"""Fan-out without a gateway: a stream with one shard, its consumers, and what they subscribe."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from shardline.gateway.types import Caller
from shardline.kinesis.api import kinesis_api
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.kms import Kms
from shardline.kinesis.encryption.reads import Reads
from shardline.kinesis.encryption.vault import Vault
from shardline.kinesis.fanout.subscription import BYTES_PER_S, Pace, Subscription
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.reading import Reading
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import PutRecordsInput, PutRecordsRequestEntry, SubscribeToShardEvent
from shardline.kinesis.upkeep import Upkeep
from shardline.masterkey import MasterKey
from shardline.storage.catalog import SqlCatalog
from shardline.storage.entities import Shard
from shardline.storage.record_log import OutOfReach
from shardline.testing import ManualClock, MemoryLog

ACCOUNT, REGION, STREAM = "000000000000", "us-east-1", "events"
CALLER = Caller(ACCOUNT, REGION, "test", f"arn:aws:iam::{ACCOUNT}:root", True)
HALF = str(2**127)


class CountingLog(MemoryLog):
    """A log in memory that counts reads and waits, fails to read when told to, and can be `lost`
    for those who wait."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.reads = self.waits = 0
        self.failure: Exception | None = None
        self.lost = asyncio.Event()

    async def read(self, *arguments: Any, **named: Any) -> Any:
        self.reads += 1
        await asyncio.sleep(0)  # as a thread would take its time
        if self.failure is not None:
            raise self.failure
        return await super().read(*arguments, **named)

    async def wait(self, *arguments: Any) -> None:
        self.waits += 1
        waiting = asyncio.ensure_future(super().wait(*arguments))
        lost = asyncio.ensure_future(self.lost.wait())
        try:
            await asyncio.wait({waiting, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            waiting.cancel()
        if self.lost.is_set():
            raise OutOfReach("lost")


class FanOut:
    """The parts, put together."""

    def __init__(self, catalog: SqlCatalog, pace: Pace) -> None:
        self.clock = ManualClock()
        self.log = CountingLog(self.clock)
        self.book = StreamBook(catalog, self.log, self.clock)
        upkeep = Upkeep(self.book, self.log, self.clock)
        kms = Kms(catalog, MasterKey.random(), self.clock)
        self.reading = Reading(self.book, self.log, Reads(self.log, Vault(kms)), self.clock)
        on_demand = OnDemand(self.book, catalog, self.clock)
        self.api = kinesis_api(
            self.book,
            self.log,
            upkeep,
            self.clock,
            b"k" * 32,
            kms,
            on_demand,
            lambda _: None,
            pace=pace,
        )

    def stop(self) -> None:
        """End all subscriptions, as before a server stops."""
        assert self.api.end_streams is not None
        self.api.end_streams()

    async def call(self, operation: str, **members: Any) -> Any:
        """Call an operation, as the gateway does after its checks."""
        return await self.api.handlers[operation](CALLER, members)

    async def put(self, *datas: bytes) -> None:
        """Put records in one call."""
        records = [PutRecordsRequestEntry(data, "key") for data in datas]
        await self.api.handlers["PutRecords"](CALLER, PutRecordsInput(records, STREAM))

    async def live(self) -> LiveStream:
        """The stream as the book has it."""
        return await self.book.find(ACCOUNT, REGION, STREAM)

    async def shard(self) -> Shard:
        """Its first shard."""
        return (await self.live()).shards[0]

    async def split(self) -> None:
        """Split its first shard."""
        members = {"ShardToSplit": "0", "NewStartingHashKey": HALF}
        await self.call("SplitShard", StreamName=STREAM, **members)

    async def subscribe(
        self, consumer: str = "reader", kind: str = "TRIM_HORIZON", **start: Any
    ) -> Subscription:
        """Register a consumer and subscribe it."""
        arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{STREAM}"
        made = await self.call("RegisterStreamConsumer", StreamARN=arn, ConsumerName=consumer)
        opened = await self.call(
            "SubscribeToShard",
            ConsumerARN=made["Consumer"]["ConsumerARN"],
            ShardId="0",
            StartingPosition={"Type": kind, **start},
        )
        assert isinstance(opened, Subscription)
        return opened


@contextlib.asynccontextmanager
async def fan_out(
    *, heartbeat_s: float = 60.0, bytes_per_s: int = BYTES_PER_S, limits: str = "counts"
) -> AsyncIterator[FanOut]:
    """A stream `events` of one shard."""
    catalog = await SqlCatalog.open(None)
    parts = FanOut(catalog, Pace(heartbeat_s, bytes_per_s))
    tags = {"shardline:limits": limits}
    await parts.call("CreateStream", StreamName=STREAM, ShardCount=1, Tags=tags)
    try:
        yield parts
    finally:
        await parts.book.finish()
        await parts.log.close()
        await catalog.close()


async def event_of(subscription: Subscription) -> SubscribeToShardEvent:
    """The next event of a subscription."""
    async with asyncio.timeout(5):
        assert await subscription.ready() is not None
        output = (await subscription.next()).output
    assert isinstance(output, SubscribeToShardEvent)
    return output


async def datas_of(subscription: Subscription) -> Sequence[bytes]:
    """The data of the next event's records."""
    return [record.Data for record in (await event_of(subscription)).Records]


async def is_waiting(subscription: Subscription) -> bool:
    """Whether a subscription has nothing to send now."""
    try:
        async with asyncio.timeout(0.05):
            await subscription.ready()
    except TimeoutError:
        return True
    return False
