"""Where partitions begin and end, and where a time lies in them, as Kafka's administration says."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from shardline.storage.kafka_log.answers import Ask, Place, ask_once, each
from shardline.storage.record_log import StorageError

Look = Callable[[str], Awaitable[object]]
"""Asks brokers where the partitions of a topic are."""

_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_MAX_TIME = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]
_TRY_S = 2.0  # the client looks for the leader of a new partition in vain until this has passed
_REQUEST_S = 10.0
_NEW_S = 30.0  # how long brokers may take to make 1,000 partitions ready that a topic has by name


class Offsets:
    """Asks by a client for administration, as whose part it is `cluster.offsets`.

    No method blocks; what fails is a `StorageError` to be retried.
    """

    def __init__(self, admin: AdminClient, prefix: str, look: Look) -> None:
        """`look` has the client look at a topic again; those of `prefix` it knows by itself."""
        self._admin = admin
        self._prefix = prefix
        self._look = look

    async def ends(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """The offset after the last record that was acknowledged, as it is now: one question."""
        found = await self._offsets({(topic, n): _LATEST for n in partitions}, _NEW_S)
        return {partition: offset for (_, partition), (offset, _) in found.items()}

    async def last_times(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """The latest arrival in each partition; -1 where nothing is."""
        found = await self._offsets({(topic, n): _MAX_TIME for n in partitions}, _NEW_S)
        return {partition: at for (_, partition), (_, at) in found.items()}

    async def first_since(
        self, topic: str, times: Mapping[int, int], *, committed: bool = False
    ) -> dict[int, int]:
        """The first offset with an arrival of a time or later, by partition; -1 for none.

        Of transactions, only what was `committed`, if that is wanted.
        """
        asked = {(topic, n): OffsetSpec.for_timestamp(max(0, at)) for n, at in times.items()}
        found = await self._offsets(asked, _REQUEST_S, committed)
        return {partition: offset for (_, partition), (offset, _) in found.items()}

    async def ends_of_each(self, places: list[Place]) -> dict[Place, Any]:
        """The end of each partition, or the `KafkaError`: before the first open transaction."""
        found = await self._once(
            places, lambda asked: self._list(dict.fromkeys(asked, _LATEST), committed=True)
        )
        return {
            place: result if isinstance(result, KafkaError) else result.offset
            for place, result in found.items()
        }

    async def _offsets(
        self, asked: Mapping[Place, OffsetSpec], patience_s: float, committed: bool = False
    ) -> dict[Place, tuple[int, int]]:
        found = await each(
            [*asked],
            lambda places: self._list({p: asked[p] for p in places}, committed),
            patience_s,
            self._once,
        )
        for result in found.values():
            if isinstance(result, KafkaError):
                raise StorageError(f"Kafka: {result.str()}")
        return {place: (result.offset, result.timestamp) for place, result in found.items()}

    def _list(
        self, asked: Mapping[Place, OffsetSpec], committed: bool
    ) -> dict[Place, "Future[Any]"]:
        specs = {TopicPartition(*place): spec for place, spec in asked.items()}
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        futures = self._admin.list_offsets(specs, isolation_level=level, request_timeout=_TRY_S)
        return {(place.topic, place.partition): future for place, future in futures.items()}

    async def _once(self, places: list[Place], ask: Ask) -> dict[Place, Any]:
        found = await ask_once(places, ask)
        for topic in {
            topic for (topic, _), result in found.items() if self._is_lost(topic, result)
        }:
            await self._look(topic)
        return found

    def _is_lost(self, topic: str, result: Any) -> bool:
        """Whether the client would not look for leaders again by itself.

        Of topics of others it would not either when a leader has died: it was never told of them
        but by these very questions.
        """
        if not isinstance(result, KafkaError):
            return False
        return result.code() == KafkaError._NOENT or not topic.startswith(self._prefix)
