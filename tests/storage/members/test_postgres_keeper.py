"""A lease that a thread keeps while the event loop is busy."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from real_postgres import PostgresServer, postgres_server
from shardline.storage.members.postgres import PostgresMembers
from shardline.storage.members_port import LEASE_S
from shardline.storage.record_log import StorageError
from storage.members.members_support import joined, look_at

pytestmark = pytest.mark.slow  # a lease ends by the server's clock, which is real

MAKE = "CREATE TABLE changes (number bigint NOT NULL); INSERT INTO changes VALUES (1)"


@contextlib.asynccontextmanager
async def kept(url: str) -> AsyncIterator[PostgresMembers]:
    """A member that holds a lease, and has seen change 1."""
    async with joined(url) as members:
        members.keep()
        await members.renew(look_at(1))
        yield members


def busy(members: PostgresMembers, *, at_most_s: float) -> float:
    """Have the loop do nothing else until the lease has ended; answers the seconds."""
    began = time.monotonic()
    while members.holds() and time.monotonic() < began + at_most_s:
        pass
    return time.monotonic() - began


@pytest.fixture
def counted(database: str, postgres: PostgresServer) -> str:
    """A database with a catalog's count of its changes."""
    postgres.execute(MAKE, database)
    return database


def test_a_busy_loop_does_not_lose_its_lease(counted: str) -> None:
    async def scenario() -> None:
        async with kept(counted) as members:
            term = members.term()
            assert busy(members, at_most_s=3 * LEASE_S) >= 3 * LEASE_S
            assert members.term() == term is not None
            # But whoever was told to be on duty may not be any more, by its own connection
            assert not members.is_on_duty()

    asyncio.run(scenario())


def test_a_busy_loop_loses_it_when_something_changed(
    counted: str, postgres: PostgresServer
) -> None:
    async def scenario() -> None:
        async with kept(counted) as members, kept(counted) as other:
            term = members.term()
            postgres.execute("UPDATE changes SET number = 2", counted)
            assert busy(members, at_most_s=3 * LEASE_S) <= 1.1 * LEASE_S
            # Then nobody waits for it for longer than it had
            began = time.monotonic()
            await other.seen_by_all(2)
            assert time.monotonic() - began < 1.2 * LEASE_S
            assert not members.holds()
            # And the loop is woken to look, and has another lease
            async with asyncio.timeout(LEASE_S / 2):
                await members.told(60)
            await members.renew(look_at(2))
            assert members.term() not in (None, term)
            assert busy(members, at_most_s=2 * LEASE_S) >= 2 * LEASE_S

    asyncio.run(scenario())


def test_who_has_left_is_not_kept(counted: str) -> None:
    async def scenario() -> None:
        async with kept(counted) as members, kept(counted) as other:
            await members.leave()
            assert not members.prolong(1, time.monotonic() + LEASE_S)
            assert not members.holds()
            began = time.monotonic()
            await other.seen_by_all(2)
            assert time.monotonic() - began < LEASE_S / 2

    asyncio.run(scenario())


def test_a_crash_of_the_server_ends_it_and_it_is_kept_again() -> None:
    async def scenario(server: PostgresServer) -> None:
        database = server.fresh_database()
        server.execute(MAKE, database)
        async with kept(database) as members:
            server.stop("immediate")
            assert busy(members, at_most_s=3 * LEASE_S) <= 1.1 * LEASE_S
            with pytest.raises(StorageError):
                await members.renew(look_at(1))
            server.start()
            async with asyncio.timeout(10):
                while not members.holds():
                    with contextlib.suppress(StorageError):
                        await members.renew(look_at(1))
                    await members.told(0.1)
            assert busy(members, at_most_s=3 * LEASE_S) >= 3 * LEASE_S

    with postgres_server() as server:
        asyncio.run(scenario(server))
