"""Sending records: one producer per process, and a thread that takes Kafka's acknowledgements.

Kafka keeps the order of what one producer sends to a partition, retries included. A record that
failed fails its whole call, which is then not acknowledged; what was sent after it stands for
itself. When librdkafka gives the producer up (a fatal error), what waits fails, and the next call
gets another one.
"""

import asyncio
import contextlib
import threading
from typing import Any

from confluent_kafka import KafkaException, Message, Producer

from shardline.storage.kafka_log.cluster import MAX_MESSAGE_BYTES, Place, knows
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import WriteFailed

Headers = list[tuple[str, str | bytes | None]]
_QUEUE_BYTES_K = 256 * 1024


class Sent:
    """The records of one batch on their way. `done` gives their offsets, in their order."""

    def __init__(self, count: int, loop: asyncio.AbstractEventLoop) -> None:
        self._left = count
        self._loop = loop
        self._failure: str | None = None
        self._offsets: list[int] = []
        self.is_late = False  # its shard is being sealed, and was not waiting any longer
        self.done: asyncio.Future[list[int]] = loop.create_future()

    def delivered(self, error: Any, message: Message) -> None:
        """Called in the producer's thread for each record."""
        if error is not None:
            self._failure = error.str()
        else:
            self._offsets.append(message.offset())  # type: ignore[arg-type]
        self._left -= 1
        if not self._left:
            with contextlib.suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._finish)

    def fail(self, reason: str, unsent: int) -> None:
        """Say that the last `unsent` records were never sent. In the loop's thread."""
        self._failure = reason
        self._left -= unsent
        if not self._left:
            self._finish()

    def _finish(self) -> None:
        if self.done.done():
            return
        if self._failure is None:
            self.done.set_result(self._offsets)
        else:
            self.done.set_exception(WriteFailed(f"Kafka did not take a record: {self._failure}"))
            self.done.exception()  # who asked may have gone


class Writer:
    """The producer of a process."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._config = settings.client() | {
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 1,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "message.timeout.ms": settings.timeout_ms,
            "queue.buffering.max.messages": 500_000,
            "queue.buffering.max.kbytes": _QUEUE_BYTES_K,
            "allow.auto.create.topics": False,
            "compression.type": "none",
        }
        self._loop = asyncio.get_running_loop()
        self._fatal = False
        self.last_error = ""  # what librdkafka said last of its connections
        self._stop = threading.Event()
        self._start()

    def _start(self) -> None:
        self._fatal = False
        self._producer = Producer(self._config | {"error_cb": self._failed})
        self._thread = threading.Thread(
            target=_poll,
            args=(self._producer, self._stop),
            name="shardline-kafka-acks",
            daemon=True,
        )
        self._thread.start()

    def _failed(self, error: Any) -> None:
        self._fatal = self._fatal or error.fatal()
        self.last_error = error.str()

    def send(
        self,
        place: Place,
        arrived_ms: int,
        headers: Headers,
        keys: list[bytes | None],
        values: list[bytes],
    ) -> Sent:
        """Queue records for a partition, in the order of the calls. Does not block."""
        if self._fatal:
            self._replace()
        topic, partition = place
        sent = Sent(len(values), self._loop)
        produce, delivered = self._producer.produce, sent.delivered
        for at, (key, value) in enumerate(zip(keys, values, strict=True)):
            try:
                produce(
                    topic,
                    value,
                    key,
                    partition,
                    on_delivery=delivered,
                    timestamp=arrived_ms,
                    headers=headers,
                )
            except (BufferError, KafkaException) as error:
                sent.fail(str(error), len(values) - at)
                break
        return sent

    def _replace(self) -> None:
        self._producer.purge()
        self._stop.set()  # its thread goes on until what waited has failed
        self._stop = threading.Event()
        self._start()

    def cluster(self) -> tuple[str, int]:
        """Kafka's id of its cluster, and how many brokers it has; blocks.

        Raises `KafkaException` when none answers.
        """
        found = self._producer.list_topics(timeout=10)
        return str(found.cluster_id), len(found.brokers)

    async def know(self, topic: str, partitions: int) -> bool:
        """Whether the producer knows that a topic has so many partitions, each with a leader."""
        return await asyncio.to_thread(knows, self._producer, topic, partitions)

    async def close(self) -> None:
        """Let the thread end; everything was awaited before."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)


def _poll(producer: Producer, stop: threading.Event) -> None:
    while not stop.is_set():
        producer.poll(0.1)
    producer.flush(1)
