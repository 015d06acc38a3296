"""Subscriptions in an SQL database. The contract is in `shardline.storage.subscription_port`."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shardline.storage.catalog import subscription_statements
from shardline.storage.catalog.sql_store import SqlStore
from shardline.storage.subscription_port import SubscriptionKey, kept_id


class SqlSubscriptions(SqlStore):
    """A `SubscriptionStore`."""

    async def take_subscription(
        self, key: SubscriptionKey, holder: str, now_ms: int, free_ms: int
    ) -> bool:
        """Let a process have a subscription; whether it may. Raises `WriteFailed`."""

        def take(db: Connection) -> bool:
            try:
                with db.begin_nested():
                    return subscription_statements.take(db, key, holder, now_ms, free_ms)
            except IntegrityError:  # another process was first, this very moment
                return False

        return await self._write(take, told=("subscription", kept_id(key)))

    async def give_subscription(self, key: SubscriptionKey, holder: str) -> None:
        """Let nobody have a subscription that `holder` has. Raises `WriteFailed`."""
        await self._write(lambda db: subscription_statements.give(db, key, holder))

    async def subscription_holders(
        self, keys: Collection[SubscriptionKey]
    ) -> Mapping[SubscriptionKey, str]:
        """Who has these subscriptions. Raises `StorageError`."""
        return await self._read(lambda db: subscription_statements.holders(db, keys))
