"""Whose topics these are: the first record of the topic `PREFIX` + `_owner` says it for good.

Two clusters that use one Kafka with one prefix would give one another's topics away; the second is
refused, and so is a store whose records are elsewhere. Whoever opens a log writes its name, if the
topic has none yet, and reads the first one.
"""

import asyncio
import secrets
import time

from confluent_kafka import KafkaException

from shardline.storage.kafka_log.cluster import Cluster
from shardline.storage.kafka_log.cursors import Cursor, consumer_config
from shardline.storage.kafka_log.reach import check_topic, reach, unusable
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.kafka_log.writer import Writer
from shardline.storage.range_port import RangeStore
from shardline.storage.record_log import StorageError, StoreUnusable

OWNER = "_owner"


async def claim(
    settings: KafkaSettings, cluster: Cluster, writer: Writer, store: RangeStore
) -> None:
    """Make the topics of a prefix those of this store. Raises `StoreUnusable`."""
    await reach(settings, writer)
    try:
        kafka_id, brokers = await asyncio.to_thread(writer.cluster)
    except KafkaException as error:
        said = error.args[0].str()
        raise StoreUnusable(f"Kafka at {settings.brokers} cannot be used: {said}") from error
    is_new = not await writer.know(cluster.topic(OWNER), 1)
    if is_new and brokers < settings.replication:  # later, one that is away may come back
        raise StoreUnusable(
            f"Kafka at {settings.brokers} has {brokers} brokers, too few for "
            f"replication={settings.replication}: start more, or say ?replication={brokers}"
        )
    ours = place_of(settings, kafka_id)
    _require(ours, await store.said_for_all("records") or ours)
    owner = await store.same_for_all("cluster", secrets.token_hex(8))
    try:
        found = await _first(settings, cluster, writer, owner)
    except StorageError as error:
        raise unusable(settings, error) from error
    if found != owner:
        raise StoreUnusable(
            f"the topics {settings.prefix}* of this Kafka belong to another cluster of Shardline "
            f"({found}, this one is {owner}): give this one a ?prefix= of its own"
        )
    await check_topic(settings, cluster, cluster.topic(OWNER))
    _require(ours, await store.same_for_all("records", ours))


def place_of(settings: KafkaSettings, kafka_id: str) -> str:
    """Where the records of a store are, as it says itself: in that Kafka, under the prefix."""
    return f"Kafka {kafka_id}, topics {settings.prefix}*"


def _require(ours: str, stored: str) -> None:
    if stored != ours:
        raise StoreUnusable(
            f"the records of this catalog's streams are not here ({ours}), but in {stored}: "
            "say what the first server was told"
        )


async def _first(settings: KafkaSettings, cluster: Cluster, writer: Writer, owner: str) -> str:
    topic = cluster.topic(OWNER)
    await cluster.make_topic(topic, 1)
    place = (topic, 0)
    if await cluster.end(place) == 0:
        arrived_ms = time.time_ns() // 1_000_000
        await writer.send(place, arrived_ms, [], [None], [owner.encode()]).done
    return await asyncio.to_thread(_read, settings, place)


def _read(settings: KafkaSettings, place: tuple[str, int]) -> str:
    cursor = Cursor(consumer_config(settings))
    try:
        value = next(cursor.messages(place, 0, 1)).value()
    finally:
        cursor.close()
    return value.decode() if isinstance(value, bytes) else str(value)
