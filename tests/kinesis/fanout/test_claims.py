"""Claims of several processes over one store."""

import asyncio
from collections.abc import Collection, Mapping

from shardline.kinesis.fanout.claims import Alone, Together
from shardline.storage.record_log import WriteFailed
from shardline.storage.subscription_port import SubscriptionKey

KEY = SubscriptionKey("stream", "consumer", 0)


class Store:
    """A `SubscriptionStore` in memory."""

    def __init__(self) -> None:
        self.held: dict[SubscriptionKey, tuple[str, int]] = {}
        self.fails = False

    async def take_subscription(
        self, key: SubscriptionKey, holder: str, now_ms: int, free_ms: int
    ) -> bool:
        if key in self.held and now_ms - self.held[key][1] < free_ms:
            return False
        self.held[key] = holder, now_ms
        return True

    async def give_subscription(self, key: SubscriptionKey, holder: str) -> None:
        if self.fails:
            raise WriteFailed("no disk")
        if self.held.get(key, ("", 0))[0] == holder:
            del self.held[key]

    async def subscription_holders(
        self, keys: Collection[SubscriptionKey]
    ) -> Mapping[SubscriptionKey, str]:
        return {key: self.held[key][0] for key in keys if key in self.held}


def test_another_process_takes_over_after_a_while_and_the_first_is_told() -> None:
    async def main() -> None:
        store, lost = Store(), []
        one, two = Together(store), Together(store)
        one.on_lost(lost.append)
        two.on_lost(lost.append)
        assert await one.take(KEY, 0, 5000)
        assert not await two.take(KEY, 4999, 5000)
        await one.follow([KEY])
        assert lost == []
        assert await two.take(KEY, 5000, 5000)
        await two.follow([KEY])
        assert lost == []
        await one.follow([KEY])
        assert lost == [KEY]

    asyncio.run(main())


def test_what_is_given_back_late_does_not_end_what_was_taken_since() -> None:
    async def main() -> None:
        store = Store()
        one = Together(store)
        assert await one.take(KEY, 0, 5000)
        one.give(KEY)  # begins, and is overtaken
        assert await one.take(KEY, 5000, 5000)
        await one.finish()
        assert KEY in store.held

    asyncio.run(main())


def test_what_cannot_be_given_back_is_logged_and_is_free_in_time() -> None:
    async def main() -> None:
        store = Store()
        one, two = Together(store), Together(store)
        assert await one.take(KEY, 0, 5000)
        store.fails = True
        one.give(KEY)
        one.give(KEY)  # it has nothing more to give
        await one.finish()
        assert not await two.take(KEY, 1, 5000)
        assert await two.take(KEY, 5000, 5000)

    asyncio.run(main())


def test_a_process_that_is_alone_has_every_claim() -> None:
    async def main() -> None:
        alone = Alone()
        assert await alone.take(KEY, 0, 5000)
        assert await alone.take(KEY, 1, 5000)
        alone.give(KEY)

    asyncio.run(main())
