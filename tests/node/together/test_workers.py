"""What several workers of one machine tell each other: loads, and that metrics are read."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from shardline.kinesis.load import ShardCount
from shardline.node.together.loads import LoadsTogether
from shardline.node.together.metrics import MetricsTogether
from shardline.storage.members import Board, Bus, make_places

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


class Counting:
    """The on-demand side of a worker."""

    def __init__(self, counts: list[ShardCount]) -> None:
        self.counts = counts
        self.told: list[ShardCount] = []

    def take_counts(self) -> list[ShardCount]:
        taken, self.counts = self.counts, []
        return taken

    def add_counts(self, counts: list[ShardCount]) -> None:
        self.told += counts


def test_the_one_on_duty_is_told_of_every_load_once(tmp_path: Path) -> None:
    counts = [[ShardCount("s", n, 10 * n, n) for n in range(700)], [ShardCount("t", 0, 5, 1)], []]

    async def body(buses: list[Bus], boards: list[Board]) -> None:
        assert boards[2].is_on_duty()
        sides = [Counting(each) for each in counts]
        together = [
            LoadsTogether(side, bus, board)  # type: ignore[arg-type]
            for side, bus, board in zip(sides, buses, boards, strict=True)
        ]
        for _ in range(2):
            for each in together:
                await each.run_once()
        for _ in range(100):
            if len(sides[2].told) == 701:
                break
            await asyncio.sleep(0.01)
        assert sorted(sides[2].told) == sorted(counts[0] + counts[1])
        assert sides[0].told == sides[1].told == []

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
