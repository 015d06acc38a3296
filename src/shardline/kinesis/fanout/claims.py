"""Which process has which subscription: one at a time for each consumer and shard, over all.

A process that is alone knows that by itself. Of several, who subscribes takes the subscription in
the catalog; the others see that change before the call returns, and end what was taken over.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection
from typing import Protocol

from shardline.storage.record_log import StorageError
from shardline.storage.subscription_port import SubscriptionKey, SubscriptionStore

log = logging.getLogger("shardline.kinesis")

Lost = Callable[[SubscriptionKey], None]
"""Called with a subscription that another process has by now."""


class Claims(Protocol):
    """What `Subscriptions` asks before it opens one."""

    async def take(self, key: SubscriptionKey, now_ms: int, free_ms: int) -> bool:
        """Whether this process may have a subscription: not if another has had it for less than
        `free_ms`. Raises `StorageError`."""
        ...

    def give(self, key: SubscriptionKey) -> None:
        """Note that this process does not have it any more."""
        ...

    def on_lost(self, lost: Lost) -> None:
        """Have `lost` called when another process takes a subscription over."""
        ...


class Alone:
    """The claims of a process that is alone."""

    async def take(self, key: SubscriptionKey, now_ms: int, free_ms: int) -> bool:
        """Always."""
        return True

    def give(self, key: SubscriptionKey) -> None:
        """Nobody asks."""

    def on_lost(self, lost: Lost) -> None:
        """Nobody takes."""


class Together:
    """The claims of one of several processes."""

    def __init__(self, store: SubscriptionStore) -> None:
        self._store = store
        self._held: dict[SubscriptionKey, str] = {}  # and the name that each was taken under
        self._lost: Lost = lambda key: None
        self._giving: set[asyncio.Task[None]] = set()

    async def take(self, key: SubscriptionKey, now_ms: int, free_ms: int) -> bool:
        """See `Claims.take`."""
        holder = secrets.token_hex(8)
        if not await self._store.take_subscription(key, holder, now_ms, free_ms):
            return False
        self._held[key] = holder
        return True

    def give(self, key: SubscriptionKey) -> None:
        """See `Claims.give`. What cannot be given back is free in a few seconds."""
        if key in self._held:
            task = asyncio.create_task(self._give(key, self._held.pop(key)))
            self._giving.add(task)
            task.add_done_callback(self._giving.discard)

    async def _give(self, key: SubscriptionKey, holder: str) -> None:
        try:
            await self._store.give_subscription(key, holder)
        except StorageError as error:
            log.warning("a subscription could not be given back: %s", error)

    def on_lost(self, lost: Lost) -> None:
        """See `Claims.on_lost`."""
        self._lost = lost

    async def follow(self, keys: Collection[SubscriptionKey] | None) -> None:
        """Look who has subscriptions that were taken by somebody; None for maybe any of them.

        Raises `StorageError`.
        """
        keys = list(self._held) if keys is None else [key for key in keys if key in self._held]
        for key, holder in (await self._store.subscription_holders(keys)).items():
            if holder != self._held.get(key, holder):
                self._lost(key)

    async def finish(self) -> None:
        """Wait for what is being given back."""
        await asyncio.gather(*self._giving)
