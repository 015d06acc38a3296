"""Statements on subscriptions, each within a transaction of the caller."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select

from shardline.storage.catalog.schema import subscriptions
from shardline.storage.subscription_port import SubscriptionKey

_FORGOTTEN_MS: Final = 3_600_000  # longer than any subscription lives: its process is gone


def take(db: Connection, key: SubscriptionKey, holder: str, now_ms: int, free_ms: int) -> bool:
    """Let a process have a subscription; whether it may."""
    of_key = _of(key)
    since = db.scalar(select(subscriptions.c.since_ms).where(of_key).with_for_update())
    if since is not None and now_ms - since < free_ms:
        return False
    db.execute(delete(subscriptions).where(subscriptions.c.since_ms < now_ms - _FORGOTTEN_MS))
    db.execute(delete(subscriptions).where(of_key))
    row = {**key._asdict(), "holder": holder, "since_ms": now_ms}
    db.execute(insert(subscriptions).values(row))
    return True


def give(db: Connection, key: SubscriptionKey, holder: str) -> None:
    """Let nobody have a subscription that a process has."""
    db.execute(delete(subscriptions).where(_of(key), subscriptions.c.holder == holder))


def holders(db: Connection, keys: Collection[SubscriptionKey]) -> dict[SubscriptionKey, str]:
    """Who has these subscriptions."""
    found = {}
    for key in keys:
        holder = db.scalar(select(subscriptions.c.holder).where(_of(key)))
        if holder is not None:
            found[key] = holder
    return found


def _of(key: SubscriptionKey) -> ColumnElement[bool]:
    columns = subscriptions.c
    return and_(
        columns.stream == key.stream, columns.consumer == key.consumer, columns.shard == key.shard
    )
