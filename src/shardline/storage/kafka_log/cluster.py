"""What is asked of Kafka beside records: topics, partitions, where they begin and end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.cimpl import NewPartitions, NewTopic

from shardline.storage.kafka_log.answers import Place, done, each
from shardline.storage.kafka_log.ends import Ends, QuickAsker
from shardline.storage.kafka_log.offsets import Offsets
from shardline.storage.kafka_log.partitions import steps
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import WriteFailed

__all__ = ["MAX_MESSAGE_BYTES", "Cluster", "Place", "knows", "until"]
MAX_MESSAGE_BYTES = 11 * 1024 * 1024  # a record of 10 MiB with its key, encrypted
_PASSED = KafkaError.OFFSET_OUT_OF_RANGE  # what was to be deleted is gone

# Records stay until the log deletes them, whatever time they bear.
_TOPIC = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": str(2**63 - 1),
    "message.timestamp.after.max.ms": str(2**63 - 1),
    "max.message.bytes": str(MAX_MESSAGE_BYTES),
    "unclean.leader.election.enable": "false",
}
_REQUEST_S = 10.0


class Cluster:
    """Kafka's administration. No method blocks; what fails is a `StorageError` to be retried.

    It changes topics of the prefix alone: whatever it is asked for, others' stay as they are.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = AdminClient(settings.client())
        self._asker = QuickAsker(settings)
        self._threads = threads_to_ask()
        self.offsets = Offsets(self._admin, settings.prefix, lambda topic: self.know(topic, 1))
        self._ends = Ends(self._asker.ask, self.offsets.ends_of_each)

    def topic(self, stream: str) -> str:
        """The name of a stream's topic."""
        return self._settings.prefix + stream

    def _require_own(self, topic: str) -> None:
        if not topic.startswith(self._settings.prefix):
            raise WriteFailed(f"Kafka's topic {topic} is not one of {self._settings.prefix}*")

    async def make_topic(self, topic: str, partitions: int) -> None:
        """Make a topic, or give it more partitions. Idempotent. Raises `WriteFailed`."""
        self._require_own(topic)
        config = self.settings_of_topics()
        first, *further = steps(partitions)
        new = NewTopic(topic, first, self._settings.replication, config=config)
        made = self._admin.create_topics([new], operation_timeout=_REQUEST_S)
        if not await done(made[topic], WriteFailed, KafkaError.TOPIC_ALREADY_EXISTS):
            further.insert(0, first)
        for count in further:
            more = self._admin.create_partitions(
                [NewPartitions(topic, count)], operation_timeout=_REQUEST_S
            )
            await done(more[topic], WriteFailed, KafkaError.INVALID_PARTITIONS)

    def settings_of_topics(self) -> dict[str, str]:
        """The settings that topics are made with."""
        return _TOPIC | {"min.insync.replicas": str(self._settings.min_insync)}

    async def topic_settings(self, topic: str) -> dict[str, str]:
        """The settings that a topic has; none where they may not be seen."""
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
        asked = self._admin.describe_configs([resource], request_timeout=_REQUEST_S)
        try:
            found = await asyncio.wrap_future(asked[resource])
        except KafkaException:
            return {}
        return {name: str(entry.value) for name, entry in found.items()}

    async def know(self, topic: str, partitions: int) -> bool:
        """Whether this client knows that a topic has so many partitions, each with a leader."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, knows, self._admin, topic, partitions)

    async def remove_topic(self, topic: str) -> None:
        """Remove a topic. Idempotent. Raises `WriteFailed`."""
        self._require_own(topic)
        gone = self._admin.delete_topics([topic], operation_timeout=_REQUEST_S)
        await done(gone[topic], WriteFailed, KafkaError.UNKNOWN_TOPIC_OR_PART)

    async def delete_before(self, topic: str, offsets: Mapping[int, int]) -> None:
        """Free what lies before an offset in each partition. Raises `WriteFailed`."""
        self._require_own(topic)
        if offsets:
            found = await each(
                [(topic, where) for where in offsets],
                lambda places: {
                    (place.topic, place.partition): future
                    for place, future in self._admin.delete_records(
                        [TopicPartition(topic, where, offsets[where]) for _, where in places]
                    ).items()
                },
                _REQUEST_S,
            )
            for result in found.values():
                if isinstance(result, KafkaError) and result.code() != _PASSED:
                    raise WriteFailed(f"Kafka: {result.str()}")

    async def end(self, place: Place) -> int:
        """The end of one partition, asked after the call began; see `Ends`.

        If others write to it, it is before the first transaction that is open.
        """
        return await self._ends.of(place)

    async def last_times(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """The latest arrival in each partition; -1 where nothing is. Raises `StorageError`."""
        return await self.offsets.last_times(topic, partitions)

    async def close(self) -> None:
        """Ask nothing any more, and release everything."""
        await self._ends.close()
        await self._asker.close()
        await asyncio.to_thread(self._threads.shutdown)


def threads_to_ask() -> ThreadPoolExecutor:
    """Threads that wait for brokers: not asyncio's own, which others need while none answers."""
    return ThreadPoolExecutor(4, "shardline-kafka-topics")


def knows(client: AdminClient | Producer, topic: str, partitions: int) -> bool:
    """Whether a client knows so many partitions of a topic, each with a leader; blocks."""
    try:
        found = client.list_topics(topic, timeout=5)
    except KafkaException:
        return False
    known = found.topics[topic].partitions.values()
    return len(known) >= partitions and all(each.leader >= 0 for each in known)


async def until(is_so: Callable[[], Awaitable[bool]], tries: int = 100) -> None:
    """Ask until something is so. Raises `WriteFailed` when it never is."""
    for _ in range(tries):
        if await is_so():
            return
        await asyncio.sleep(0.05)
    raise WriteFailed("Kafka did not take over a change in time")
