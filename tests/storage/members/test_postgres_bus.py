"""Messages between gateways, by what PostgreSQL tells them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from real_postgres import PostgresServer, postgres_server
from shardline.storage.members.postgres import PostgresMembers
from shardline.storage.members.postgres_bus import PostgresBus
from shardline.storage.postgres import PostgresUrl

pytestmark = pytest.mark.slow

Heard = list[tuple[int, bytes]]


class Ear:
    """A bus, and what it has heard on one topic."""

    def __init__(self, bus: PostgresBus) -> None:
        self.bus = bus
        self.heard: Heard = []
        self._news = asyncio.Event()
        bus.on(b"t", self._hear)

    def _hear(self, number: int, payload: bytes) -> None:
        self.heard.append((number, payload))
        self._news.set()

    async def count(self, count: int) -> Heard:
        """All that was heard, once it is so much."""
        async with asyncio.timeout(20):
            while len(self.heard) < count:
                self._news.clear()
                await self._news.wait()
        return self.heard


@contextlib.asynccontextmanager
async def buses(url: str, count: int) -> AsyncIterator[list[Ear]]:
    async with contextlib.AsyncExitStack() as stack:
        ears = []
        for _ in range(count):
            members = PostgresMembers(PostgresUrl.parse(url))
            ears.append(Ear(await members.join()))
            stack.push_async_callback(members.close)
            await members.told(20)  # it listens
        yield ears


def test_all_others_hear_in_order_and_one_can_be_answered(database: str) -> None:
    async def scenario() -> None:
        async with buses(database, 3) as (one, two, three):
            sent = [bytes([n]) * n for n in range(200)] + [b"\0" * one.bus.most_bytes]
            for each in sent:
                one.bus.tell(b"t", each)
            for other in (two, three):
                assert [payload for _, payload in await other.count(201)] == sent
            number = two.heard[0][0]
            assert {each for each, _ in two.heard} == {number}
            two.bus.tell(b"t", b"to one", worker=number)
            two.bus.tell(b"t", b"to all")
            assert [p for _, p in await one.count(2)] == [b"to one", b"to all"]
            assert [p for _, p in (await three.count(202))[201:]] == [b"to all"]
            two.bus.tell(b"u", b"of no interest")
            with pytest.raises(OSError, match="at most 5800"):
                one.bus.tell(b"t", b"x" * 5801)

    asyncio.run(scenario())


def test_after_a_restart_of_the_server_messages_come_again() -> None:
    async def scenario(server: PostgresServer) -> None:
        async with buses(server.fresh_database(), 2) as (one, two):
            one.bus.tell(b"t", b"before")
            await two.count(1)
            await asyncio.to_thread(server.restart)
            async with asyncio.timeout(20):
                while (b"after",) not in [each[1:] for each in two.heard]:
                    one.bus.tell(b"t", b"after")
                    await asyncio.sleep(0.1)

    with postgres_server() as server:
        asyncio.run(scenario(server))
