"""Leases in a PostgreSQL database: what is waited for, who is on duty, and a server that stops."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import pytest

from real_postgres import PostgresServer, postgres_server
from shardline.storage.members.postgres import PostgresMembers
from shardline.storage.members_port import LEASE_S
from shardline.storage.record_log import StorageError
from storage.members.members_support import joined, look_at

pytestmark = pytest.mark.slow  # a lease ends by the server's clock, which is real


async def taken(waiting: Awaitable[object]) -> float:
    began = time.monotonic()
    await waiting
    return time.monotonic() - began


async def until(is_so: Callable[[], bool], renewing: PostgresMembers, *, within_s: float) -> None:
    """Renew a lease until something is so."""
    async with asyncio.timeout(within_s):
        while not is_so():
            with contextlib.suppress(StorageError):
                await renewing.renew(look_at(1))
            await renewing.told(0.05)


def test_a_change_is_waited_for_until_the_others_have_seen_it(database: str) -> None:
    async def scenario() -> None:
        async with joined(database) as one, joined(database) as other:
            await one.renew(look_at(0))
            await other.renew(look_at(0))
            waiting = asyncio.create_task(one.seen_by_all(1))
            # Given that the other one has been told
            await other.told(10)
            assert not waiting.done()
            # When it has looked
            await other.renew(look_at(1))
            # Then the change is made, before its lease would have ended
            assert await taken(waiting) < LEASE_S / 2
            assert one.holds()
            assert other.holds()
            await one.renew(look_at(1))
            assert (one.count(), other.count()) == (2, 2)

    asyncio.run(scenario())


def test_who_does_not_look_has_no_lease_when_the_change_is_made(database: str) -> None:
    async def scenario() -> None:
        async with joined(database) as one, joined(database) as other:
            await other.renew(look_at(0))
            assert other.holds()
            assert 0.5 * LEASE_S < await taken(one.seen_by_all(1)) < 1.5 * LEASE_S
            assert not other.holds()

    asyncio.run(scenario())


def test_a_lease_begins_before_the_look(database: str) -> None:
    """Else a change between the look and the lease would be waited for by nobody."""

    async def scenario() -> None:
        async with joined(database) as one, joined(database) as other:

            async def look() -> int:
                assert not other.holds()
                assert await taken(one.seen_by_all(1)) > 0.5 * LEASE_S
                return 0

            await other.renew(look)
            assert not other.holds()

    asyncio.run(scenario())


def test_nobody_waits_for_who_has_left(database: str) -> None:
    async def scenario() -> None:
        async with joined(database) as one, joined(database) as other:
            await other.renew(look_at(0))
            await other.leave()
            await other.leave()
            assert not other.holds()
            assert await taken(one.seen_by_all(1)) < LEASE_S / 2

    asyncio.run(scenario())


def test_who_has_just_connected_waits_as_long_as_a_lost_lease_may_last(database: str) -> None:
    async def scenario() -> None:
        async with joined(database, connected_s=0) as one:
            assert await taken(one.seen_by_all(1)) > 0.8 * LEASE_S
            assert await taken(one.seen_by_all(2)) < LEASE_S / 2

    asyncio.run(scenario())


def test_one_is_on_duty_and_the_next_when_its_connection_is_lost(
    database: str, postgres: PostgresServer
) -> None:
    async def scenario() -> None:
        async with joined(database) as one, joined(database) as other:
            await one.renew(look_at(1))
            await other.renew(look_at(1))
            assert not one.is_on_duty()  # whoever was before it may believe that it still is
            await until(one.is_on_duty, one, within_s=5)
            await other.renew(look_at(1))
            assert not other.is_on_duty()
            # When its connection is ended, and the other one has its lock
            ((pid,),) = await one._session.rows("SELECT pg_backend_pid()")
            postgres.execute(f"SELECT pg_terminate_backend({pid}, 5000)", database)
            await other.renew(look_at(1))
            # Then there is a while in which neither is on duty, and then the other is
            both = False

            def others_turn() -> bool:
                nonlocal both
                both = both or (one.is_on_duty() and other.is_on_duty())
                return other.is_on_duty()

            await until(others_turn, other, within_s=5)
            assert not both
            # And the first one goes on, off duty
            with contextlib.suppress(StorageError):  # the loss, if it was not told of yet
                await one.renew(look_at(1))
            await one.renew(look_at(1))
            assert one.holds()
            assert not one.is_on_duty()

    asyncio.run(scenario())


def test_after_a_crash_of_the_server_all_go_on() -> None:
    async def scenario(server: PostgresServer) -> None:
        database = server.fresh_database()
        async with joined(database) as one, joined(database) as other:
            await one.renew(look_at(1))
            await other.renew(look_at(1))
            # When the server is away
            server.stop("immediate")
            # Then no lease is renewed, a change waits until none is left, and is not made earlier
            with pytest.raises(StorageError):
                await other.renew(look_at(1))
            assert other.holds()
            await one.seen_by_all(2)
            assert not other.holds()
            assert not one.holds()
            # When it is there again, Then both hold leases, and hear of one another
            server.start()
            await until(one.holds, one, within_s=5)
            await until(other.holds, other, within_s=5)
            await until(lambda: one.count() == 2, one, within_s=5)
            waiting = asyncio.create_task(one.seen_by_all(2))
            await other.renew(look_at(2))
            await waiting

    with postgres_server() as server:
        asyncio.run(scenario(server))


def test_several_clusters_in_one_database_do_not_meet(
    database: str, postgres: PostgresServer
) -> None:
    for schema in ("one", "other"):
        postgres.execute(f"CREATE SCHEMA {schema}", database)

    async def scenario() -> None:
        places = [f"{database}?schema={schema}" for schema in ("one", "other")]
        async with joined(places[0]) as one, joined(places[1]) as other:
            await other.renew(look_at(0))
            await one.renew(look_at(1))
            assert one.count() == 1
            assert await taken(one.seen_by_all(1)) < LEASE_S / 2
            await until(one.is_on_duty, one, within_s=5)
            await until(other.is_on_duty, other, within_s=5)

    asyncio.run(scenario())
