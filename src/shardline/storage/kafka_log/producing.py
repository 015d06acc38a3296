"""A producer, and the thread that takes Kafka's answers for it.

librdkafka gives an idempotent producer up for good when it can no longer tell what Kafka has of
it (a *fatal* error). Then what it had queued fails at once; what it had sent is still answered by
the brokers, or fails when its time is over.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from shardline.storage.kafka_log.cluster import Place
from shardline.storage.kafka_log.pace import Headers, Pace, Sending
from shardline.storage.kafka_log.sent import Sent

_VAGUE = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT}
_SPARE_S = 2.0  # librdkafka looks for what has run out of time about once a second


class Producing:
    """A producer that lives until a fatal error, or until it is told to end.

    All methods are called in the loop's thread, and none blocks.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        every_s: float,
        timeout_s: float,
        ended: Callable[["Producing"], None],
    ) -> None:
        """Records are sent once in `every_s`, see `Pace`. `timeout_s` is the producer's own.
        `ended` is told when everything sent has an end."""
        self._loop = asyncio.get_running_loop()
        self._timeout_s = timeout_s
        self._ended = ended
        self._stop = threading.Event()
        self.began = time.monotonic()
        self.fatal = ""  # why it takes nothing any more
        self.worst: tuple[int, str] | None = None  # said of its connections, that tells most
        self.flying: set[Sent] = set()
        self._pace = Pace(every_s, self._hand_over, self._loop)
        self._landed: deque[Sent] = deque()  # only the producer's thread touches it
        self.over = self._loop.create_future()
        self.producer = Producer({**config, "error_cb": self._failed})
        threading.Thread(target=self._poll, name="shardline-kafka-acks", daemon=True).start()

    def _failed(self, error: Any) -> None:
        told = self.worst is not None and self.worst[0] not in _VAGUE
        if error.code() not in _VAGUE or not told:
            self.worst = (error.code(), error.str())

    def send(
        self,
        place: Place,
        arrived_ms: int,
        headers: Headers,
        keys: Sequence[bytes | None],
        values: Sequence[bytes],
        flying: set[Sent],
    ) -> Sent:
        """Queue records for a partition, in the order of the calls."""
        sent = Sent(place, len(values), self._loop, self._landed.append, (self.flying, flying))
        self._pace.add(Sending(sent, arrived_ms, headers, keys, values))
        return sent

    def _hand_over(self, sending: Sending) -> None:
        sent, headers, arrived_ms = sending.sent, sending.headers, sending.arrived_ms
        topic, partition = sent.place
        produce, delivered = self.producer.produce, sent.delivered
        for at, (key, value) in enumerate(zip(sending.keys, sending.values, strict=True)):
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
                sent.unsent(self._reason(error), len(sending.values) - at)
                break

    def _hear(self, timeout_s: float) -> None:
        try:
            self.producer.poll(timeout_s)
        except KafkaException as error:  # so it tells a fatal error, once, and not by `error_cb`
            self.fatal = error.args[0].str()
        if self._landed:  # the loop is woken once for all that came
            landed = tuple(self._landed)
            self._landed.clear()
            with contextlib.suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._finish_all, landed)

    def _reason(self, error: Exception) -> str:
        reason = error.args[0]
        if not isinstance(error, KafkaException):
            return str(reason)
        if reason.code() == KafkaError._FATAL:  # before the producer's thread has told it
            self.fatal = reason.str()
        return str(reason.str())

    def is_on_its_way_to(self, place: Place) -> bool:
        """Whether something that was sent to a partition has not come to its end."""
        return any(sent.place == place for sent in self.flying)

    def end(self) -> None:
        """Send nothing any more; `over` is done when all that was sent has come to its end."""
        self._pace.end()
        self._stop.set()

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._hear(0.1)
        deadline = time.monotonic() + self._timeout_s + _SPARE_S
        while len(self.producer) and time.monotonic() < deadline:
            self._hear(0.05)
        with contextlib.suppress(RuntimeError):  # the loop was closed
            self._loop.call_soon_threadsafe(self._finish)

    def _finish(self) -> None:
        for sent in tuple(self.flying):
            sent.given_up("its producer ended, and did not tell what became of it")
        self._ended(self)
        if not self.over.done():
            self.over.set_result(None)

    def _finish_all(self, landed: tuple[Sent, ...]) -> None:
        for sent in landed:
            sent.finish()
        self._pace.landed(landed)
