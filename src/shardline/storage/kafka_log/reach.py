"""Why a Kafka cannot be used, told at start: what it is, and what to change."""

import asyncio
import time

from confluent_kafka import KafkaError, KafkaException

from shardline.storage.kafka_log.cluster import MAX_MESSAGE_BYTES, Cluster
from shardline.storage.kafka_log.url import PASSWORD, KafkaSettings
from shardline.storage.kafka_log.writer import Writer
from shardline.storage.record_log import StorageError, StoreUnusable

_WITHIN_S = 5.0
_TRY_S = 1.0
_REFUSED = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}
_PERMISSIONS = (
    "its user needs Create, Delete, Alter, Describe, DescribeConfigs, Read and Write on the topics "
    "{prefix}*"
)


async def reach(settings: KafkaSettings, writer: Writer) -> None:
    """Return when a broker answers. Raises `StoreUnusable` within seconds.

    An answer that will not be another one later is not waited for again.
    """
    deadline = time.monotonic() + _WITHIN_S
    while True:
        try:
            await asyncio.to_thread(writer.cluster, _TRY_S)
            return
        except KafkaException as error:
            code, said = writer.worst or (0, error.args[0].str())
            is_over = code in {*_REFUSED, KafkaError._SSL} or time.monotonic() > deadline
            if is_over:
                raise StoreUnusable(
                    f"Kafka at {settings.brokers} cannot be used: {said}: {_advice(settings, code)}"
                ) from error


def _advice(settings: KafkaSettings, code: int) -> str:
    protocol = settings.security.get("security.protocol", "PLAINTEXT")
    if code in _REFUSED:
        if "SASL" not in protocol:
            return f"say sasl=…&user=… in the URL and {PASSWORD} in the environment"
        return f"look at sasl=, user= and {PASSWORD}"
    if code == KafkaError._SSL:
        return "look at ca=, certificate= and key=, and whether that port speaks TLS"
    if "SSL" in protocol:
        return "look at its addresses, and whether that port speaks TLS"
    return "look at its addresses, and whether that port wants tls=on or sasl=…"


def misconfigured(settings: KafkaSettings, error: KafkaException) -> StoreUnusable:
    """What to tell when a client cannot be made: a file of keys that cannot be read."""
    files = [value for name, value in settings.security.items() if name.endswith(".location")]
    look = f": look at {', '.join(files)}" if files else ""
    return StoreUnusable(f"Kafka cannot be used: {error.args[0].str()}{look}")


def unusable(settings: KafkaSettings, error: StorageError) -> StoreUnusable:
    """What to tell when the first use of a Kafka that answers fails."""
    said = f"Kafka at {settings.brokers} cannot be used: {error}"
    if "authorization" in str(error).lower():
        said += f": {_PERMISSIONS.format(prefix=settings.prefix)}"
    return StoreUnusable(said)


async def check_topic(settings: KafkaSettings, cluster: Cluster, topic: str) -> None:
    """Refuse a topic that loses records, or takes none of 10 MiB. Raises `StoreUnusable`.

    Topics are made with what they need; somebody else may have made or changed them.
    """
    found = await cluster.topic_settings(topic)
    wanted = {
        "cleanup.policy": found.get("cleanup.policy") == "delete",
        "retention.ms": found.get("retention.ms") == "-1",
        "retention.bytes": found.get("retention.bytes") == "-1",
        "message.timestamp.type": found.get("message.timestamp.type") == "CreateTime",
        "max.message.bytes": int(found.get("max.message.bytes") or 0) >= MAX_MESSAGE_BYTES,
        "min.insync.replicas": int(found.get("min.insync.replicas") or 0) >= settings.min_insync,
    }
    right = cluster.settings_of_topics()
    wrong = [
        f"{name}={found[name]} ({right[name]} is right)"
        for name, is_right in wanted.items()
        if name in found and not is_right
    ]
    if wrong:
        raise StoreUnusable(
            f"Kafka at {settings.brokers} has the topic {topic} with {', '.join(wrong)}: change "
            f"that, and that of all topics {settings.prefix}*, or give this cluster a ?prefix= "
            "of its own"
        )
