"""Looking at a topic of somebody else, before it is adopted."""

import asyncio
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._topic import TopicDescription

from shardline.storage.kafka_log.cluster import Cluster
from shardline.storage.kafka_log.owner import place_of
from shardline.storage.kafka_log.reach import misconfigured, reach
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.kafka_log.writer import Writer
from shardline.storage.record_log import StorageError

_REQUEST_S = 10.0
_FOREVER = -1


class Topic(NamedTuple):
    """A topic. `kafka` says which Kafka and prefix it was looked at with, as the catalog does."""

    kafka: str
    id: str
    partitions: int
    retention_ms: int | None  # -1 for ever, None if it may not be seen


async def look(settings: KafkaSettings, name: str) -> Topic:
    """Look at a topic of that name that can be read. Changes nothing.

    Raises `StorageError` with what is wrong: Kafka cannot be reached (`StoreUnusable`), there is no
    such topic, or it may not be read, or is one of ours or of Kafka's own.
    """
    if name.startswith(settings.prefix):
        raise StorageError(
            f"{name} is one of this cluster's own topics ({settings.prefix}*): what is in it is a "
            "stream already"
        )
    try:
        writer, cluster = Writer(settings), Cluster(settings)
    except KafkaException as error:
        raise misconfigured(settings, error) from error
    try:
        await reach(settings, writer)
        kafka_id, _ = await asyncio.to_thread(writer.cluster)
        found = await _describe(settings, name)
        configured = await cluster.topic_settings(name)
    except KafkaException as error:
        raise StorageError(f"Kafka: {error.args[0].str()}") from error
    finally:
        await cluster.close()
        await writer.close()
    return Topic(
        place_of(settings, kafka_id),
        str(found.topic_id),
        len(found.partitions),
        _retention_ms(configured),
    )


async def _describe(settings: KafkaSettings, name: str) -> TopicDescription:
    admin = AdminClient(settings.client())
    asked = admin.describe_topics(
        TopicCollection([name]), include_authorized_operations=True, request_timeout=_REQUEST_S
    )
    try:
        found: TopicDescription = await asyncio.wrap_future(asked[name])
    except KafkaException as error:
        raise StorageError(_why_not(name, error.args[0])) from error
    if found.is_internal:
        raise StorageError(f"{name} is a topic that Kafka keeps for itself")
    allowed = found.authorized_operations
    if allowed is not None and AclOperation.READ not in allowed:
        raise StorageError(_may_not(name))
    return found


def _why_not(name: str, error: KafkaError) -> str:
    if error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return f"Kafka has no topic {name}"
    if error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        return _may_not(name)
    return f"Kafka: topic {name}: {error.str()}"


def _may_not(name: str) -> str:
    return f"Kafka does not let its user read topic {name}: it needs Describe and Read on it"


def _retention_ms(configured: dict[str, str]) -> int | None:
    if not configured:
        return None
    if "delete" not in configured.get("cleanup.policy", "delete"):
        return _FOREVER
    return int(configured.get("retention.ms", _FOREVER))
