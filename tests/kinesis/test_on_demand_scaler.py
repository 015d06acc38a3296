"""On-demand streams at work: splits and merges through the book, and what survives a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kinesis_samples import NOW_MS, make_stream
from shardline.kinesis.book import StreamBook
from shardline.kinesis.lineage import open_shards
from shardline.kinesis.load import MINUTE_MS, SHARD_BYTES, LoadMeter
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.shelf import LiveStream
from shardline.storage.catalog import SqlCatalog
from shardline.storage.catalog_port import Conflict
from shardline.storage.record_log import WriteFailed
from shardline.testing import ManualClock, MemoryLog

DAY_MS = 86_400_000


class World:
    """One on-demand stream of 4 shards, and what looks at it."""

    def __init__(self, catalog: SqlCatalog, clock: ManualClock, log: MemoryLog) -> None:
        self.catalog, self.clock, self.log = catalog, clock, log
        self.transition_ms = 0
        self.restart()

    def restart(self) -> None:
        """A process begins anew over what is stored."""
        self.book = StreamBook(self.catalog, self.log, self.clock, transition_ms=self.transition_ms)
        self.meter = LoadMeter()
        self.on_demand = OnDemand(self.book, self.catalog, self.clock, self.meter)

    async def load(self) -> None:
        await self.book.load()
        await self.on_demand.load()

    @property
    def live(self) -> LiveStream:
        return self.book.all()[0]

    @property
    def shards(self) -> list[int]:
        return [shard.number for shard in open_shards(self.live.stream.shards)]

    async def minute(self, **loads: float) -> None:
        """A minute with loads in shards' worth (`s0=0.6`), and the look after it."""
        stream = self.live.stream
        seen = self.meter.at(stream.id, self.clock.now_ms())
        for name, load in loads.items():
            seen.add(seen.minute, int(name[1:]), round(load * SHARD_BYTES * 60), 1)
        self.clock.advance(milliseconds=MINUTE_MS)
        await self.on_demand.run_once()


Scenario = Callable[[World], Awaitable[None]]


def run(scenario: Scenario, path: Path | None = None, **changes: Any) -> None:
    async def main() -> None:
        clock = ManualClock(NOW_MS)
        catalog = await SqlCatalog.open(path)
        world = World(catalog, clock, MemoryLog(clock))
        await world.load()
        await world.book.create(make_stream(4, **{"mode": "ON_DEMAND"} | changes))
        try:
            await scenario(world)
        finally:
            await catalog.close()

    asyncio.run(main())


def test_a_look_splits_what_is_hot_and_says_why(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "shardline.on_demand")

    async def scenario(world: World) -> None:
        await world.minute(s0=0.3, s2=0.75)
        assert world.shards == [0, 1, 4, 5, 3]

    run(scenario)
    assert caplog.messages == [
        "on-demand stream flights: 4 to 5 shards, 1 split, 0 merged; 1 hot, "
        "1.10 MB/s and 0 records/s in a minute, 1.10 MB/s and 0 records/s at the peak of "
        "30 days; there was room for 4.19 MB/s and 4000 records/s"
    ]


def test_a_look_merges_what_is_cold() -> None:
    async def scenario(world: World) -> None:
        await world.minute(s0=1.0, s1=1.0, s2=1.0, s3=1.0)
        assert len(world.shards) == 8
        world.clock.advance(days=31)
        await world.on_demand.run_once()
        assert len(world.shards) == 4
        await world.minute()
        assert len(world.shards) == 4

    run(scenario)


def test_a_provisioned_stream_is_left_alone() -> None:
    async def scenario(world: World) -> None:
        await world.minute(s0=1.0)
        assert world.shards == [0, 1, 2, 3]

    run(scenario, mode="PROVISIONED")


def test_peaks_survive_a_restart(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.minute(s0=0.4, s1=0.4, s2=0.4, s3=0.4)
        await world.minute(s0=1.0, s1=1.0, s2=1.0, s3=1.0)
        assert len(world.shards) == 8
        # When the process begins anew, a day passes without load, and another
        world.restart()
        await world.load()
        world.clock.advance(days=2)
        await world.on_demand.run_once()
        # Then there is room for twice the peak still
        assert len(world.shards) == 8
        # and after 30 days there is not
        world.clock.advance(days=29)
        await world.on_demand.run_once()
        assert len(world.shards) == 4
        assert list(await world.catalog.peaks()) == []

    run(scenario, tmp_path / "catalog.db")


def test_peaks_are_stored_once_a_look_and_only_when_they_changed() -> None:
    async def scenario(world: World) -> None:
        calls: list[Any] = []
        store = world.catalog.replace_peaks

        async def counted(peaks: Any) -> None:
            calls.append(peaks)
            await store(peaks)

        world.catalog.replace_peaks = counted  # type: ignore[method-assign]
        await world.minute(s0=0.2)
        await world.minute(s0=0.1)
        await world.minute()
        await world.minute(s0=0.3)
        assert len(calls) == 2

    run(scenario)


def test_what_could_not_be_stored_is_stored_by_the_next_look(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(world: World) -> None:
        store = world.catalog.replace_peaks

        async def full(peaks: Any) -> None:
            raise WriteFailed("no space left on device")

        world.catalog.replace_peaks = full  # type: ignore[method-assign]
        await world.minute(s0=0.2)
        assert "could not be stored: no space left on device" in caplog.text
        world.catalog.replace_peaks = store  # type: ignore[method-assign]
        await world.minute()
        (peak,) = await world.catalog.peaks()
        assert peak.bytes == pytest.approx(0.2 * SHARD_BYTES, abs=1)

    run(scenario)


def test_a_reshard_that_fails_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(world: World) -> None:
        update = world.catalog.update

        async def full(stream: Any) -> Any:
            raise Conflict("overtaken")

        world.catalog.update = full  # type: ignore[method-assign]
        await world.minute(s0=0.6)
        assert world.shards == [0, 1, 2, 3]
        assert "on-demand stream flights: overtaken" in caplog.text
        world.catalog.update = update  # type: ignore[method-assign]
        await world.minute(s0=0.6)
        assert world.shards == [4, 5, 1, 2, 3]

    run(scenario)


def test_a_stream_in_updating_is_left_for_the_next_look() -> None:
    async def scenario(world: World) -> None:
        world.transition_ms = 90_000
        world.restart()
        await world.load()
        await world.minute(s0=0.6)
        assert (world.live.stream.status, len(world.shards)) == ("UPDATING", 4)
        await world.minute(s1=0.6)
        assert (world.live.stream.status, len(world.shards)) == ("UPDATING", 4)
        # When that one is done, Then the look that finds it so goes on
        await world.minute(s1=0.6)
        assert (world.live.stream.status, len(world.shards)) == ("UPDATING", 5)

    run(scenario)


def test_a_deleted_stream_is_no_trouble() -> None:
    async def scenario(world: World) -> None:
        await world.minute(s0=0.2)
        await world.book.change(world.live, "delete", lambda stream: stream)
        await world.on_demand.run_once()
        assert list(await world.catalog.peaks()) == []

    run(scenario)


def test_commitments_survive_a_restart() -> None:
    async def scenario(world: World) -> None:
        await world.on_demand.commit("000000000000", "us-east-1", enable=True)
        world.restart()
        await world.load()
        assert world.on_demand.has_advantage("000000000000", "us-east-1")
        assert not world.on_demand.has_advantage("000000000000", "eu-west-1")

    run(scenario)
