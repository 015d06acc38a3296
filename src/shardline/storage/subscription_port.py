"""The part of the catalog that says which process has which subscription of a fan-out consumer.

Only nodes of several processes use it; see `shardline.storage.catalog_port`.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol


class SubscriptionKey(NamedTuple):
    """What there may be one subscription of: a consumer and a shard of a stream."""

    stream: str  # the stream's id
    consumer: str
    shard: int


def kept_id(key: SubscriptionKey) -> str:
    """What a change of a subscription is counted under."""
    return f"{key.stream}/{key.shard}/{key.consumer}"


def key_of(kept_id: str) -> SubscriptionKey:
    """The subscription that a change was of."""
    stream, shard, consumer = kept_id.split("/", 2)
    return SubscriptionKey(stream, consumer, int(shard))


class SubscriptionStore(Protocol):
    """Who has which subscription. Taking one is a change that every process sees."""

    async def take_subscription(
        self, key: SubscriptionKey, holder: str, now_ms: int, free_ms: int
    ) -> bool:
        """Let `holder` have a subscription; not if another has had it for less than `free_ms`."""
        ...

    async def give_subscription(self, key: SubscriptionKey, holder: str) -> None:
        """Let nobody have a subscription, if `holder` has it still. Idempotent."""
        ...

    async def subscription_holders(
        self, keys: Collection[SubscriptionKey]
    ) -> Mapping[SubscriptionKey, str]:
        """Who has these subscriptions; those that nobody has are not in it."""
        ...
