"""On-demand streams at work: their load is counted, looked at every minute, and acted on.

The rule is in `on_demand`, the counting in `load`. A look splits or merges by a change of the book
like any other: the stream is UPDATING as long as transitions last, and takes records all the time.
A stream that is not ACTIVE is left for the next look.

The peaks of 30 days are stored at every look that finds them changed, for all streams in one
transaction; a crash loses at most those of the last minute. What else is known of the load begins
anew with the process, so that nothing is merged on its first day.
"""

import asyncio
import logging
from collections.abc import Mapping

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.kinesis import commitments, on_demand
from shardline.kinesis.book import StreamBook
from shardline.kinesis.lineage import open_shards
from shardline.kinesis.load import NONE, Load, LoadMeter
from shardline.kinesis.on_demand import Reading
from shardline.kinesis.resharding import Plan
from shardline.kinesis.shelf import LiveStream
from shardline.storage.catalog_port import Catalog
from shardline.storage.entities import Commitment, Stream
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.on_demand")


class OnDemand:
    """The on-demand streams of a node, and the commitments of its accounts."""

    def __init__(
        self, book: StreamBook, catalog: Catalog, clock: Clock, meter: LoadMeter | None = None
    ) -> None:
        self._book = book
        self._catalog = catalog
        self._clock = clock
        self._meter = meter or LoadMeter()
        self._since_ms = clock.now_ms()
        self._commitments: dict[tuple[str, str], Commitment] = {}
        self._asked = 0
        self._answered = 0  # which asking the commitments are of
        self._changing = asyncio.Lock()
        self.count = self._meter.count  # for the puts: one call less

    async def load(self) -> None:
        """Read what the catalog has. Raises `StorageError`."""
        self._meter.restore(await self._catalog.peaks(), self._clock.now_ms())
        await self.follow()

    async def follow(self) -> None:
        """Look what the commitments are by now. Raises `StorageError`."""
        self._asked += 1
        asked = self._asked
        found = await self._catalog.commitments()
        if asked >= self._answered:  # else who asked later was answered before
            self._answered = asked
            self._commitments = {(each.account, each.region): each for each in found}

    async def run_once(self) -> None:
        """Look at every on-demand stream, do what the rule says, and store the peaks."""
        streams = self._book.all()
        self._meter.keep_only({live.stream.id for live in streams})
        for live in streams:
            if live.stream.mode == "ON_DEMAND":
                try:
                    await self._book.settle(live)
                    await self._look(live)
                except StorageError as error:
                    log.error("on-demand stream %s: %s", live.stream.name, error)
        await self._store_peaks()

    async def _look(self, live: LiveStream) -> None:
        stream = live.stream
        if stream.status != "ACTIVE":
            return
        now_ms, reading = self._clock.now_ms(), self._read(stream)

        def plan(stream: Stream) -> Plan:
            if stream.mode != "ON_DEMAND":  # since a moment ago
                return Plan()
            warm = self.warm_mibps(stream)
            return on_demand.decide(stream, reading, now_ms=now_ms, warm_mibps=warm)

        wanted = plan(stream)
        if not wanted.children:
            return
        try:
            # Planned anew under the stream's lock, for the shards that it has by then.
            await self._book.change(live, "reshard", lambda stream: stream, plan)
        except ServiceError as refused:  # it was changed or deleted meanwhile
            log.info("on-demand stream %s: %s", stream.name, refused.message)
            return
        log.info("on-demand stream %s: %s", stream.name, _words(stream, wanted, reading))

    async def _store_peaks(self) -> None:
        peaks = self._meter.take_changed()
        if not peaks:
            return
        try:
            await self._catalog.replace_peaks(peaks)
        except StorageError as error:
            self._meter.not_stored(peaks)
            log.error("the peaks of on-demand streams could not be stored: %s", error)

    def _read(self, stream: Stream) -> Reading:
        """What a look sees of a stream. The next one sees what comes after it."""
        load = self._meter.at(stream.id, self._clock.now_ms())
        highest = load.highest([shard.number for shard in stream.shards if shard.is_open])
        fresh, load.fresh = load.fresh, {}
        return Reading(fresh, highest, load.recent(), load.peak(), self._since_ms)

    def last_minute(self, stream: Stream) -> Mapping[int, Load]:
        """The load of each shard in the last full minute; none where a shard is not in it."""
        return self._meter.at(stream.id, self._clock.now_ms()).last

    def forget_peaks(self, stream: Stream) -> None:
        """Forget what the stream had to take but for the last minute."""
        self._meter.at(stream.id, self._clock.now_ms()).forget()

    def commitment(self, account: str, region: str) -> Commitment | None:
        """The account's latest commitment in a region."""
        return self._commitments.get((account, region))

    def has_advantage(self, account: str, region: str) -> bool:
        """Whether the account's streams in a region can have warm throughput."""
        return commitments.is_enabled(self.commitment(account, region), self._clock.now_ms())

    def warm_mibps(self, stream: Stream) -> int:
        """The warm throughput that counts: none without the account's commitment."""
        advantage = self.has_advantage(stream.account, stream.region)
        return (stream.warm_mibps or 0) if advantage else 0

    async def commit(self, account: str, region: str, *, enable: bool) -> Commitment | None:
        """Enable or disable the account's commitment; answer it. Raises `StorageError`."""
        async with self._changing:
            now_ms, before = self._clock.now_ms(), self.commitment(account, region)
            after = (
                commitments.enabled(before, account, region, now_ms)
                if enable
                else commitments.disabled(before, now_ms)
            )
            if after is not None and after != before:
                await self._catalog.keep_commitment(after)
                self._commitments[account, region] = after
                await self.follow()  # another process may have been later
            return after


def _words(stream: Stream, plan: Plan, reading: Reading) -> str:
    merges = sum(child.adjacent_parent is not None for child in plan.children)
    splits = (len(plan.children) - merges) // 2
    before = len(open_shards(stream.shards))
    hot = sum(map(on_demand.is_hot, reading.fresh.values()))
    now = Load(*map(sum, zip(*reading.fresh.values(), strict=True))) if reading.fresh else NONE
    return (
        f"{before} to {before + splits - merges} shards, {splits} split, {merges} merged; "
        f"{hot} hot, {_figures(now)} in a minute, {_figures(reading.peak)} at the peak of "
        f"30 days; there was room for {_figures(on_demand.capacity(before))}"
    )


def _figures(load: Load) -> str:
    return f"{load.bytes / 1e6:.2f} MB/s and {load.records:.0f} records/s"
