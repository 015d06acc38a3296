"""What is asked of Kafka beside records: topics, partitions, where they begin and end."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec
from confluent_kafka.cimpl import NewPartitions, NewTopic

from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import StorageError, WriteFailed

MAX_MESSAGE_BYTES = 11 * 1024 * 1024  # a record of 10 MiB with its key, encrypted
Place = tuple[str, int]  # a topic and a partition
_Ask = Callable[[list[Place]], Mapping[Place, "Future[Any]"]]
_PASSED = KafkaError.OFFSET_OUT_OF_RANGE  # what was to be deleted is gone
_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_MAX_TIME = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]
_AGAIN_S = 0.03
_TRY_S = 2.0  # the client looks for the leader of a new partition in vain until this has passed

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
    """Kafka's administration. No method blocks; what fails is a `StorageError` to be retried."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._admin = AdminClient(settings.client())
        self._asked: dict[Place, asyncio.Future[int]] = {}
        self._asking: asyncio.Task[None] | None = None

    def topic(self, stream: str) -> str:
        """The name of a stream's topic."""
        return self._settings.prefix + stream

    async def make_topic(self, topic: str, partitions: int) -> None:
        """Make a topic, or give it more partitions. Idempotent. Raises `WriteFailed`."""
        config = _TOPIC | {"min.insync.replicas": str(self._settings.min_insync)}
        new = NewTopic(topic, partitions, self._settings.replication, config=config)
        made = self._admin.create_topics([new], operation_timeout=_REQUEST_S)
        if await _done(made[topic], WriteFailed, KafkaError.TOPIC_ALREADY_EXISTS):
            return
        more = self._admin.create_partitions(
            [NewPartitions(topic, partitions)], operation_timeout=_REQUEST_S
        )
        await _done(more[topic], WriteFailed, KafkaError.INVALID_PARTITIONS)

    async def know(self, topic: str, partitions: int) -> bool:
        """Whether this client knows that a topic has so many partitions, each with a leader."""
        return await asyncio.to_thread(knows, self._admin, topic, partitions)

    async def remove_topic(self, topic: str) -> None:
        """Remove a topic. Idempotent. Raises `WriteFailed`."""
        gone = self._admin.delete_topics([topic], operation_timeout=_REQUEST_S)
        await _done(gone[topic], WriteFailed, KafkaError.UNKNOWN_TOPIC_OR_PART)

    async def delete_before(self, topic: str, offsets: Mapping[int, int]) -> None:
        """Free what lies before an offset in each partition. Raises `WriteFailed`."""
        if offsets:
            found = await self._each(
                [(topic, where) for where in offsets],
                lambda places: {
                    (place.topic, place.partition): future
                    for place, future in self._admin.delete_records(
                        [TopicPartition(topic, where, offsets[where]) for _, where in places]
                    ).items()
                },
            )
            for result in found.values():
                if isinstance(result, KafkaError) and result.code() != _PASSED:
                    raise WriteFailed(f"Kafka: {result.str()}")

    async def ends(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """The offset after the last record that was acknowledged, as it is now: one question."""
        found = await self._offsets({(topic, each): _LATEST for each in partitions})
        return {partition: offset for (_, partition), (offset, _) in found.items()}

    async def last_times(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        """The latest arrival in each partition; -1 where nothing is."""
        found = await self._offsets({(topic, each): _MAX_TIME for each in partitions})
        return {partition: at for (_, partition), (_, at) in found.items()}

    async def first_since(self, topic: str, times: Mapping[int, int]) -> dict[int, int]:
        """The first offset with an arrival of a time or later, by partition; -1 for none."""
        found = await self._offsets(
            {(topic, each): OffsetSpec.for_timestamp(max(0, at)) for each, at in times.items()}
        )
        return {partition: offset for (_, partition), (offset, _) in found.items()}

    async def end(self, place: Place) -> int:
        """The end of one partition, asked after the call began.

        Calls that come while a question is under way share the next one.
        """
        future = self._asked.get(place)
        if future is None:
            future = self._asked[place] = asyncio.get_running_loop().create_future()
            if self._asking is None:
                self._asking = asyncio.ensure_future(self._ask())
        return await asyncio.shield(future)

    async def _ask(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                await self._answer(asked)
        finally:
            self._asking = None

    async def _answer(self, asked: Mapping[Place, "asyncio.Future[int]"]) -> None:
        found = await self._each(
            [*asked], lambda places: self._list(dict.fromkeys(places, _LATEST))
        )
        for place, answer in asked.items():
            result = found[place]
            if isinstance(result, KafkaError):
                answer.set_exception(StorageError(f"Kafka: {result.str()}"))
                answer.exception()  # who asked may have gone
            else:
                answer.set_result(result.offset)

    async def _offsets(self, asked: Mapping[Place, OffsetSpec]) -> dict[Place, tuple[int, int]]:
        found = await self._each(
            [*asked], lambda places: self._list({place: asked[place] for place in places})
        )
        for result in found.values():
            if isinstance(result, KafkaError):
                raise StorageError(f"Kafka: {result.str()}")
        return {place: (each.offset, each.timestamp) for place, each in found.items()}

    def _list(self, asked: Mapping[Place, OffsetSpec]) -> dict[Place, "Future[Any]"]:
        specs = {TopicPartition(*place): spec for place, spec in asked.items()}
        futures = self._admin.list_offsets(specs, request_timeout=_TRY_S)
        return {(place.topic, place.partition): future for place, future in futures.items()}

    async def _each(self, places: list[Place], ask: _Ask) -> dict[Place, Any]:
        """What Kafka answers of each partition, or the `KafkaError`.

        A partition whose leader is just being found or replaced is asked for again, for a while.
        """
        found: dict[Place, Any] = {}
        deadline = time.monotonic() + _REQUEST_S
        while places:
            futures = {place: asyncio.wrap_future(each) for place, each in ask(places).items()}
            await asyncio.wait(futures.values())
            found |= {place: _result(future) for place, future in futures.items()}
            places = [place for place in places if _may_pass(found[place])]
            if places and time.monotonic() > deadline:
                break
            if places:
                await asyncio.sleep(_AGAIN_S)
        return found


_PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,  # a broker may hear of a new topic late
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._NOENT,  # "no leaders found": of new partitions
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
}


def _may_pass(result: Any) -> bool:
    return isinstance(result, KafkaError) and result.code() in _PASSING


def _result(future: "asyncio.Future[Any]") -> Any:
    error = future.exception()
    if isinstance(error, KafkaException):
        return error.args[0]
    return future.result()


async def _done(future: "Future[Any]", error: type[StorageError], *harmless: int) -> Any:
    """What Kafka answers; None where it refuses because it is so already."""
    try:
        return await asyncio.wrap_future(future) or True
    except KafkaException as refused:
        reason: KafkaError = refused.args[0]
        if reason.code() in harmless:
            return None
        raise error(f"Kafka: {reason.str()}") from refused


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
