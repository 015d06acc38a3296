"""The budget of bytes, and the guard of the whole process's memory."""

import asyncio
import logging
import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.gateway.budget import ByteBudget, NoRoom
from shardline.gateway.memory import MemoryGuard, private_bytes


def test_what_is_taken_is_missing_until_it_is_given_back() -> None:
    async def scenario() -> None:
        budget = ByteBudget(10)
        assert await budget.take(4) == 4
        assert budget.take_now(6)
        assert not budget.take_now(1)
        budget.give(10)
        assert budget.free == 10

    asyncio.run(scenario())


def test_more_than_the_whole_is_the_whole() -> None:
    async def scenario() -> None:
        budget = ByteBudget(10)
        assert await budget.take(11) == 10
        assert budget.free == 0

    asyncio.run(scenario())


def test_who_waits_is_served_in_the_order_of_asking() -> None:
    async def scenario() -> None:
        budget = ByteBudget(10)
        await budget.take(10)
        served: list[str] = []

        async def wait(name: str, amount: int) -> None:
            await budget.take(amount)
            served.append(name)

        tasks = [asyncio.create_task(wait(*each)) for each in (("large", 8), ("small", 1))]
        await asyncio.sleep(0)
        budget.give(2)  # enough for the small one, whose turn it is not
        await asyncio.sleep(0)
        assert served == []
        assert not budget.take_now(1)
        budget.give(8)
        await asyncio.gather(*tasks)
        assert served == ["large", "small"]
        assert budget.free == 1

    asyncio.run(scenario())


def test_there_is_an_end_to_waiting() -> None:
    async def scenario() -> None:
        budget = ByteBudget(10, patience_s=0.01)
        await budget.take(10)
        with pytest.raises(NoRoom):
            await budget.take(1)
        budget.give(10)
        assert budget.take_now(10)

    asyncio.run(scenario())


def test_one_that_gives_up_lets_the_next_ones_go() -> None:
    async def scenario() -> None:
        budget = ByteBudget(10)
        await budget.take(5)
        first = asyncio.create_task(budget.take(10))
        second = asyncio.create_task(budget.take(5))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == 5

    asyncio.run(scenario())


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.integers(0, 3)), max_size=30))
def test_nothing_is_lost_whoever_is_cancelled(asks: list[tuple[int, bool, int]]) -> None:
    """Whatever takes, waits, is granted and is cancelled: in the end all of it is back."""

    async def scenario() -> None:
        budget = ByteBudget(10)

        async def use(amount: int, turns: int) -> None:
            taken = await budget.take(amount)
            try:
                for _ in range(turns):
                    await asyncio.sleep(0)
            finally:
                budget.give(taken)

        tasks = []
        for amount, cancelled, turns in asks:
            task = asyncio.create_task(use(amount, turns))
            tasks.append(task)
            await asyncio.sleep(0)
            if cancelled:
                tasks[len(tasks) // 2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert budget.free == 10
        assert budget.take_now(10)

    asyncio.run(scenario())


class Process:
    """A process whose memory a test decides, and its clock."""

    def __init__(self) -> None:
        self.held = 0
        self.kept = 0  # of it, what trimming gives back
        self.now = 0.0
        self.looks = 0
        self.trims = 0

    def look(self) -> int:
        self.looks += 1
        return self.held

    def trim(self) -> None:
        self.trims += 1
        self.held -= self.kept
        self.kept = 0

    def guard(self, limit: int | None) -> MemoryGuard:
        return MemoryGuard(limit, held=self.look, trim=self.trim, now=lambda: self.now)


def test_the_guard_says_when_memory_is_over_its_bound(caplog: pytest.LogCaptureFixture) -> None:
    process = Process()
    guard = process.guard(100)
    with caplog.at_level(logging.WARNING):
        process.held = 100
        assert not guard.is_full()
        process.held = 101
        assert not guard.is_full()  # not looked at again yet
        process.now += guard.INTERVAL_S
        assert guard.is_full()
        process.held = 50
        assert guard.is_full()
        process.now += guard.INTERVAL_S
        assert not guard.is_full()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "memory is over its bound",
        "memory is within its bound again",
    ]
    assert process.looks == 4  # one of them after trimming


def test_what_is_only_kept_does_not_count() -> None:
    process = Process()
    guard = process.guard(100)
    process.held, process.kept = 150, 60
    assert not guard.is_full()
    process.held = 150
    process.now += guard.INTERVAL_S
    assert guard.is_full()  # trimmed a moment ago: not again
    assert process.trims == 1
    process.kept = 60
    process.now += guard.TRIM_INTERVAL_S
    assert not guard.is_full()


def test_no_bound_is_never_looked_at() -> None:
    process = Process()
    assert not process.guard(None).is_full()
    assert process.looks == 0


def test_the_private_memory_of_this_process_grows_with_what_it_holds() -> None:
    # A mapping of its own: what other tests have freed could be used again for an object.
    before = private_bytes()
    with mmap.mmap(-1, 50_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:
        held.write(b"x" * len(held))
        assert private_bytes() - before > len(held) * 0.9
