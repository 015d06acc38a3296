"""Sending records: one producer per process.

Kafka keeps the order of what one producer sends to a partition, retries included. A record that
failed fails its whole call, which is then not acknowledged; what was sent after it stands for
itself. Nothing is sent again here: whoever called may do so.

When librdkafka gives a producer up (see `producing`), the next call gets another one. Kafka knows
nothing of an order between the two. So a partition takes nothing from the new one until all that
the old one sent there has come to its end; until then calls fail, and may be tried again.
"""

import asyncio
import time
from collections.abc import Sequence

from confluent_kafka import KafkaException

from shardline.storage.kafka_log.cluster import MAX_MESSAGE_BYTES, Place, knows, threads_to_ask
from shardline.storage.kafka_log.pace import Headers
from shardline.storage.kafka_log.producing import Producing
from shardline.storage.kafka_log.sent import Sent
from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import WriteFailed

__all__ = ["Headers", "Sent", "Writer"]
_QUEUE_BYTES_K = 256 * 1024
_HAND_OVER_MS = 1  # so long librdkafka waits for the rest of what is handed over together
_REPLACED_AFTER_S = 1.0  # if each new producer fails at once, this many seconds lie between them


class Writer:
    """The producer of a process, and those before it that have not come to their end."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._config = settings.client() | {
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": _HAND_OVER_MS,
            "message.max.bytes": MAX_MESSAGE_BYTES,
            "message.timeout.ms": settings.timeout_ms,
            "queue.buffering.max.messages": 500_000,
            "queue.buffering.max.kbytes": _QUEUE_BYTES_K,
            "compression.type": "none",
        }
        self._every_s = settings.linger_ms / 1000
        self._timeout_s = settings.timeout_ms / 1000
        self._before: set[Producing] = set()
        self._threads = threads_to_ask()
        self._now = self._start()

    def _start(self) -> Producing:
        return Producing(self._config, self._every_s, self._timeout_s, self._before_ended)

    def _before_ended(self, producing: Producing) -> None:
        self._before.discard(producing)

    @property
    def worst(self) -> tuple[int, str] | None:
        """What librdkafka said of its connections that tells most, with its code."""
        return self._now.worst

    def send(
        self,
        place: Place,
        arrived_ms: int,
        headers: Headers,
        keys: Sequence[bytes | None],
        values: Sequence[bytes],
        flying: set[Sent] | None = None,
    ) -> Sent:
        """Queue records for a partition, in the order of the calls. Does not block.

        They are in `flying` until they come to their end. Raises `WriteFailed` when none was
        queued; what librdkafka refuses later ends by `Sent.done`.
        """
        if self._now.fatal:
            self._replace()
        if self._before and any(each.is_on_its_way_to(place) for each in self._before):
            raise WriteFailed("Kafka has not told yet what became of records sent before an error")
        return self._now.send(
            place, arrived_ms, headers, keys, values, set() if flying is None else flying
        )

    def _replace(self) -> None:
        failed = self._now
        if time.monotonic() < failed.began + _REPLACED_AFTER_S:
            raise WriteFailed(f"Kafka refused the producer: {failed.fatal}")
        try:
            self._now = self._start()
        except KafkaException as error:
            raise WriteFailed(f"no new producer could be made: {error.args[0].str()}") from error
        self._before.add(failed)
        failed.end()

    def cluster(self, timeout_s: float = 10) -> tuple[str, int]:
        """Kafka's id of its cluster, and how many brokers it has; blocks.

        Raises `KafkaException` when none answers.
        """
        found = self._now.producer.list_topics(timeout=timeout_s)
        return str(found.cluster_id), len(found.brokers)

    async def know(self, topic: str, partitions: int) -> bool:
        """Whether the producer knows that a topic has so many partitions, each with a leader."""
        producer = self._now.producer
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, knows, producer, topic, partitions)

    async def close(self) -> None:
        """Return when all that was sent has come to its end."""
        self._now.end()
        await asyncio.gather(*(each.over for each in (self._now, *self._before)))
        await asyncio.to_thread(self._threads.shutdown)
