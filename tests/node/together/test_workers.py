"""What several workers of one machine tell each other: loads, and that metrics are read."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from kinesis_samples import make_stream
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.node.together.loads import LoadsTogether
from shardline.node.together.metrics import MetricsTogether
from shardline.storage.members import Board, Bus, make_places
from shardline.storage.record_log import Appended, Batch
from shardline.testing import ManualClock

STREAM = make_stream(mode="ON_DEMAND")

Body = Callable[[list[Bus], list[Board]], Awaitable[None]]


def on_workers(body: Body, directory: Path, workers: int = 3) -> None:
    """Run a body with the buses and boards of workers that have all looked once."""

    async def look() -> int:
        return 0

    async def main() -> None:
        buses = [Bus(place) for place in make_places(workers)]
        for bus in buses:
            bus.open()
        boards = [Board(bus, str(directory / "duties")) for bus in buses]
        for board in boards:
            await board.renew(look)
        await body(buses, boards)
        for board in boards:
            await board.leave()
        for bus in buses:
            bus.close()

    asyncio.run(main())


def on_demand() -> OnDemand:
    """The on-demand side of a worker, of which only the counting is used."""
    clock = ManualClock()
    book: Any = None
    return OnDemand(book, book, clock)


def put(side: OnDemand, shard: int, records: int) -> None:
    batch = Batch(shard, [b""] * records, [b"12345"] * records)
    side.count(STREAM, [batch], [Appended(shard, 0, 60_000)])


def counted(side: OnDemand) -> dict[int, list[int]]:
    return side._meter._streams[STREAM.id].counts if STREAM.id in side._meter._streams else {}


def test_every_worker_knows_the_load_of_all_once(tmp_path: Path) -> None:
    async def body(buses: list[Bus], boards: list[Board]) -> None:
        sides = [on_demand() for _ in buses]
        together = [LoadsTogether(side, bus) for side, bus in zip(sides, buses, strict=True)]
        for shard in range(700):
            put(sides[0], shard, 2)
        put(sides[1], 0, 3)
        for _ in range(2):
            for each in together:
                await each.run_once()
        expected = {shard: [10, 2] for shard in range(700)} | {0: [25, 5]}
        for _ in range(100):
            if all(counted(side) == expected for side in sides):
                break
            await asyncio.sleep(0.01)
        assert [counted(side) for side in sides] == [expected] * 3

    on_workers(body, tmp_path)


def test_peaks_that_one_forgets_are_forgotten_by_all(tmp_path: Path) -> None:
    async def body(buses: list[Bus], boards: list[Board]) -> None:
        sides = [on_demand() for _ in buses]
        forgotten: list[str] = []
        for side, bus in zip(sides, buses, strict=True):
            side.forget = forgotten.append  # type: ignore[method-assign]
            LoadsTogether(side, bus)
        sides[1].forget_peaks(STREAM)
        for _ in range(100):
            if len(forgotten) == 3:
                break
            await asyncio.sleep(0.01)
        assert forgotten == [STREAM.id] * 3

    on_workers(body, tmp_path)


def test_all_workers_publish_before_metrics_are_read(tmp_path: Path) -> None:
    async def body(buses: list[Bus], boards: list[Board]) -> None:
        published: list[int] = []

        def flushing(worker: int) -> Callable[[], Awaitable[None]]:
            async def flush() -> None:
                await asyncio.sleep(0.001 * worker)
                published.append(worker)

            return flush

        together = [
            MetricsTogether(flushing(number), bus, board)
            for number, (bus, board) in enumerate(zip(buses, boards, strict=True))
        ]
        await together[1].flush()
        assert sorted(published) == [0, 1, 2]
        await asyncio.gather(together[0].flush(), together[2].flush())
        assert sorted(published) == [0, 0, 0, 1, 1, 1, 2, 2, 2]

    on_workers(body, tmp_path)


def test_a_worker_that_does_not_answer_is_not_waited_for(tmp_path: Path) -> None:
    async def body(buses: list[Bus], boards: list[Board]) -> None:
        published: list[str] = []

        async def flush() -> None:
            published.append("mine")

        await MetricsTogether(flush, buses[0], boards[0]).flush()
        assert published == ["mine"]

    on_workers(body, tmp_path)
