"""Which process has which subscription: the contract of `shardline.storage.subscription_port`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shardline.storage.catalog import SqlCatalog
from shardline.storage.subscription_port import SubscriptionKey, key_of

KEY = SubscriptionKey("stream-id", "a/consumer", 7)
OTHER = SubscriptionKey("stream-id", "a/consumer", 8)


@pytest.fixture
def on_two(tmp_path: Path) -> Callable[[Callable[[SqlCatalog, SqlCatalog], Awaitable[None]]], None]:
    """Run a body with the catalogs of two processes."""

    def on(body: Callable[[SqlCatalog, SqlCatalog], Awaitable[None]]) -> None:
        async def main() -> None:
            one = await SqlCatalog.open(tmp_path / "catalog.db")
            two = await SqlCatalog.open(tmp_path / "catalog.db")
            try:
                await body(one, two)
            finally:
                await one.close()
                await two.close()

        asyncio.run(main())

    return on


def test_a_subscription_is_its_holders_for_a_while(on_two):
    async def body(one, two):
        assert await one.take_subscription(KEY, "first", 1_000, 5_000)
        assert not await two.take_subscription(KEY, "second", 5_999, 5_000)
        assert await two.take_subscription(OTHER, "second", 5_999, 5_000)
        assert await one.subscription_holders([KEY, OTHER]) == {KEY: "first", OTHER: "second"}
        assert await two.take_subscription(KEY, "third", 6_000, 5_000)
        assert await one.subscription_holders([KEY]) == {KEY: "third"}

    on_two(body)


def test_what_is_given_back_is_free_at_once_and_only_its_holder_gives(on_two):
    async def body(one, two):
        assert await one.take_subscription(KEY, "first", 1_000, 5_000)
        await two.give_subscription(KEY, "second")
        assert not await two.take_subscription(KEY, "second", 1_001, 5_000)
        await one.give_subscription(KEY, "first")
        await one.give_subscription(KEY, "first")
        assert await two.subscription_holders([KEY]) == {}
        assert await two.take_subscription(KEY, "second", 1_001, 5_000)

    on_two(body)


def test_of_many_who_want_it_at_once_one_gets_it(on_two):
    async def body(one, two):
        calls = [
            log.take_subscription(KEY, f"{number}", 1_000, 5_000)
            for number in range(10)
            for log in (one, two)
        ]
        assert sum(await asyncio.gather(*calls)) == 1

    on_two(body)


def test_taking_one_is_a_change_that_says_which(on_two):
    async def body(one, two):
        before = await two.last_change()
        await one.take_subscription(KEY, "first", 1_000, 5_000)
        [kept_id] = (await two.changed_since(before)).ids("subscription")
        assert key_of(kept_id) == KEY

    on_two(body)


def test_what_was_left_behind_long_ago_is_forgotten(on_two):
    async def body(one, two):
        await one.take_subscription(KEY, "first", 1_000, 5_000)
        await two.take_subscription(OTHER, "second", 4_000_000, 5_000)
        assert await one.subscription_holders([KEY, OTHER]) == {OTHER: "second"}

    on_two(body)
