"""Whether any broker answers: asked all the time, by a client and in a thread of its own.

While none does, what needs Kafka is refused at once, and not after as long as each call may take.
One broker that answers is enough, whatever it answers: a partition without a leader, or a topic
that cannot be made, is no lost contact, and who needs it waits until there is a leader again. Nor
is contact lost while records are acknowledged, or ends of partitions told.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from shardline.storage.kafka_log.url import KafkaSettings
from shardline.storage.record_log import OutOfReach

log = logging.getLogger("shardline.storage")

LOST_S: Final = 3.0  # three questions, of which one may have gone to a broker that hangs
ASK_S: Final = 1.0  # how long a question waits
AGAIN_S: Final = 0.1  # after one that was not answered
REST_S: Final = 0.5  # after one that was
_VAGUE: Final = {KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}

Result = TypeVar("Result")


class Broker(Protocol):
    """Any of the brokers."""

    def ask(self) -> None:
        """Return when one answers; blocks. Raises `KafkaException` when none does in time."""
        ...

    def why(self) -> str:
        """What was last said of a connection that failed; may be empty."""
        ...


class Contact:
    """What is known of it. Everything but `look` is called in the loop's thread."""

    def __init__(
        self,
        broker: Broker,
        lost: Callable[[], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """As if a broker had just answered. `lost` is called when none does any more."""
        self._broker = broker
        self._on_lost = lost
        self._now = now
        self._heard_at = now()
        self._loop = asyncio.get_running_loop()
        self._lost = self._loop.create_future()
        self._begun = set[asyncio.Task[Any]]()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.trouble: str | None = None  # why Kafka cannot be reached

    def begin(self) -> None:
        """Ask from now on."""
        self._thread = threading.Thread(target=self._ask, name="shardline-kafka-contact")
        self._thread.daemon = True
        self._thread.start()

    def _ask(self) -> None:
        while not self._stop.wait(self.look()):
            pass

    def look(self) -> float:
        """Ask, and draw the conclusion; how many seconds later to ask again. Blocks."""
        try:
            self._broker.ask()
        except KafkaException as error:
            said = error.args[0].str()
            rest_s = AGAIN_S
        else:
            self.heard()
            rest_s = REST_S
        silent_s = self._now() - self._heard_at
        if silent_s < LOST_S and self.trouble is not None:
            self.trouble = None
            log.warning("Kafka is reached again")
            self._tell(self._found)
        elif silent_s >= LOST_S and self.trouble is None:
            self.trouble = f"cannot reach Kafka: no broker has answered for {silent_s:.0f} s"
            log.error(
                "%s, calls are refused that need one: %s", self.trouble, self._broker.why() or said
            )
            self._tell(self._was_lost)
        return rest_s

    def heard(self) -> None:
        """Take note that a broker has answered something just now."""
        self._heard_at = self._now()

    def check(self) -> None:
        """Raise `OutOfReach` while no broker answers. From memory."""
        if self.trouble is not None:
            raise OutOfReach(self.trouble)

    async def during(self, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """What `work` answers. Raises `OutOfReach` as soon as no broker answers.

        The work then goes on by itself: it may have been done in part, and may be done again.
        """
        self.check()
        task = asyncio.ensure_future(work())
        self._begun.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait({task, self._lost}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            raise OutOfReach(self.trouble or "Kafka could not be reached")
        return task.result()

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # of no interest to anyone, if who asked was refused meanwhile

    def _tell(self, change: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed
            self._loop.call_soon_threadsafe(change)

    def _was_lost(self) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        self._on_lost()

    def _found(self) -> None:
        if self._lost.done():
            self._lost = self._loop.create_future()

    async def close(self) -> None:
        """Ask no more, and end what goes on by itself, as a crash would. Idempotent."""
        self._stop.set()
        begun = list(self._begun)
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)


class AnyBroker:
    """Asks whichever broker it has a connection to for the metadata of one topic: 0.1 ms of CPU.

    A broker that does not answer loses its connection, so that the next question goes to another.
    """

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._topic = topic
        self._why = ""
        self._client = AdminClient(
            settings.client()
            | {
                "socket.timeout.ms": int(ASK_S * 1000),
                "socket.connection.setup.timeout.ms": 2000,
                "reconnect.backoff.max.ms": 250,
                "error_cb": self._failed,
            }
        )

    def _failed(self, error: KafkaError) -> None:
        if error.code() not in _VAGUE or not self._why:
            self._why = error.str()

    def ask(self) -> None:
        """See `Broker`."""
        self._client.list_topics(self._topic, timeout=ASK_S)
        self._why = ""

    def why(self) -> str:
        """See `Broker`."""
        self._client.poll(0)  # by which it says what it knows
        return self._why
