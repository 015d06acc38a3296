"""Messages between workers: to one, to all, lost where nobody reads, and never in the way."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import pytest

from shardline.storage.members import Bus, make_places
from shardline.storage.members.bus import MOST_BYTES, MOST_WORKERS


class Heard(list[tuple[int, int, bytes]]):
    """Who heard what from whom, of topic x."""

    def __init__(self) -> None:
        self._more = asyncio.Event()

    def listen(self, bus: Bus, mine: int) -> None:
        bus.on(b"x", lambda sender, data: self._note(mine, sender, data))

    def _note(self, mine: int, sender: int, data: bytes) -> None:
        self.append((mine, sender, data))
        self._more.set()

    async def by_now(self, count: int) -> list[tuple[int, int, bytes]]:
        """All that was heard, sorted, when there are so many."""
        async with asyncio.timeout(5):
            while len(self) < count:
                await self._more.wait()
                self._more.clear()
        return sorted(self)


def run(scenario: Callable[[list[Bus], Heard], Awaitable[None]], workers: int = 3) -> None:
    """Run a scenario on open buses."""

    async def on_buses() -> None:
        buses, heard = [Bus(place) for place in make_places(workers)], Heard()
        for number, bus in enumerate(buses):
            heard.listen(bus, number)
            bus.open()
        try:
            await scenario(buses, heard)
        finally:
            for bus in buses:
                bus.close()
            for descriptor in {each for bus in buses for each in bus.place.descriptors()}:
                os.close(descriptor)

    asyncio.run(on_buses())


def test_all_others_hear_a_message_or_one_does() -> None:
    async def scenario(buses: list[Bus], heard: Heard) -> None:
        buses[0].tell(b"x", b"all")
        assert await heard.by_now(2) == [(1, 0, b"all"), (2, 0, b"all")]
        heard.clear()
        buses[2].tell(b"x", b"one", worker=1)
        buses[2].tell(b"y", b"nobody listens")
        buses[2].tell(b"x", b"me", worker=2)
        buses[1].tell(b"x", b"\0" * MOST_BYTES, worker=0)
        assert await heard.by_now(2) == [(0, 1, b"\0" * MOST_BYTES), (1, 2, b"one")]

    run(scenario)


def test_messages_come_in_their_order_from_any_thread() -> None:
    async def scenario(buses: list[Bus], heard: Heard) -> None:
        for number in range(50):
            await asyncio.to_thread(buses[0].tell, b"x", b"%d" % number, worker=1)
            await heard.by_now(number + 1)
        assert heard == [(1, 0, b"%d" % number) for number in range(50)]

    run(scenario)


def test_who_does_not_read_loses_messages_and_holds_nobody_up() -> None:
    async def scenario(buses: list[Bus], heard: Heard) -> None:
        for _ in range(10_000):  # the event loop, which would read, has no turn
            buses[0].tell(b"x", b"z" * 1000, worker=1)
        buses[0].tell(b"x", b"other", worker=2)
        assert (2, 0, b"other") in await heard.by_now(2)
        async with asyncio.timeout(5):
            while heard[-1][2] != b"after":  # and is heard again once it reads
                buses[0].tell(b"x", b"after", worker=1)
                await asyncio.sleep(0)
        assert len(heard) < 10_000

    run(scenario)


def test_who_takes_a_dead_workers_place_hears_nothing_that_was_meant_for_that() -> None:
    async def scenario(buses: list[Bus], heard: Heard) -> None:
        buses[1].close()
        buses[0].tell(b"x", b"to the dead")
        assert await heard.by_now(1) == [(2, 0, b"to the dead")]
        heir = Bus(buses[1].place)
        heard.listen(heir, 1)
        heir.open()
        buses[0].tell(b"x", b"to the heir", worker=1)
        assert (await heard.by_now(2))[0] == (1, 0, b"to the heir")
        heir.tell(b"x", b"from the heir", worker=0)
        assert (await heard.by_now(3))[0] == (0, 1, b"from the heir")
        heir.close()

    run(scenario)


def test_a_closed_bus_says_nothing_and_a_message_has_a_bound() -> None:
    async def scenario(buses: list[Bus], heard: Heard) -> None:
        with pytest.raises(OSError, match="too long"):
            buses[0].tell(b"x", b"\0" * (1 << 20))
        buses[0].close()
        buses[0].close()
        buses[0].tell(b"x", b"too late")
        buses[1].tell(b"x", b"in time", worker=2)
        assert await heard.by_now(1) == [(2, 1, b"in time")]

    run(scenario)


def test_descriptors_are_inherited_only_where_they_are_handed_over() -> None:
    places = make_places(2)
    for place in places:
        for descriptor in place.descriptors():
            assert not os.get_inheritable(descriptor)
    assert {place.worker for place in places} == {0, 1}
    assert places[0].outboxes == places[1].outboxes
    assert places[0].inbox != places[1].inbox
    for descriptor in {*places[0].descriptors(), *places[1].descriptors()}:
        os.close(descriptor)


@pytest.mark.parametrize("workers", [0, MOST_WORKERS + 1])
def test_there_is_a_bound_on_workers(workers: int) -> None:
    with pytest.raises(ValueError, match="1 to 64 workers"):
        make_places(workers)
