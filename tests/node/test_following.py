"""Waiting for a lease that ended: for how long, and when not at all."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from shardline.node import following
from shardline.node.following import Follower
from shardline.storage.catalog_port import Changed
from shardline.storage.members_port import Look
from shardline.storage.record_log import StorageError


class Catalog:
    """One in which nothing changes, and that may be away."""

    is_away = False

    async def changed_since(self, number: int) -> Changed:
        if self.is_away:
            raise StorageError("it is away")
        return Changed(number, frozenset())


class Members:
    """A lease that ends when it is told to."""

    held = False

    def holds(self) -> bool:
        return self.held

    async def renew(self, look: Look) -> None:
        await look()
        self.held = True


Scenario = Callable[[Follower, Members, Catalog], Coroutine[Any, Any, None]]


def run(scenario: Scenario) -> None:
    members, catalog = Members(), Catalog()
    follower = Follower(catalog, members, {})  # type: ignore[arg-type]  # what it asks of them
    asyncio.run(scenario(follower, members, catalog))


def test_a_call_waits_until_the_loop_came_to_looking() -> None:
    async def scenario(follower: Follower, members: Members, catalog: Catalog) -> None:
        calls = [asyncio.create_task(follower.is_in_step()) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(call.done() for call in calls)
        await follower.renew()
        assert await asyncio.gather(*calls) == [True, True, True]

    run(scenario)


def test_a_call_does_not_wait_while_the_catalog_cannot_be_followed() -> None:
    async def scenario(follower: Follower, members: Members, catalog: Catalog) -> None:
        catalog.is_away = True
        waiting = asyncio.create_task(follower.is_in_step())
        await asyncio.sleep(0)
        assert not waiting.done()
        # When the look has failed, Then it is told at once, as is the next
        await follower.renew()
        assert not await waiting
        assert not await follower.is_in_step()
        # And when it is back, calls are served
        catalog.is_away = False
        await follower.renew()
        assert await follower.is_in_step()

    run(scenario)


def test_a_call_does_not_wait_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "PATIENCE_S", 0)

    async def scenario(follower: Follower, members: Members, catalog: Catalog) -> None:
        assert not await follower.is_in_step()

    run(scenario)
