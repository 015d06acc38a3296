"""The records of one batch on their way to Kafka."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from confluent_kafka import Message

from shardline.storage.kafka_log.cluster import Place
from shardline.storage.record_log import WriteFailed


class Sent:
    """The records of one batch on their way. `done` gives their offsets, in their order.

    It is done once the last of them was delivered or has failed, and not before: what failed may
    otherwise still come after what is sent next.
    """

    __slots__ = ("_delivered", "_failed", "_failure", "_loop", "_offsets", "_over", "_waited_for",
                 "done", "is_late", "place")  # fmt: skip

    def __init__(
        self,
        place: Place,
        count: int,
        loop: asyncio.AbstractEventLoop,
        over: Callable[["Sent"], None],
    ) -> None:
        """Begin with `count` records; `over` is called in the loop's thread at the end."""
        self.place = place
        self._loop = loop
        self._over = over
        # Each is written by one thread only: the loop's, and that of the producer.
        self._waited_for = count
        self._failed = 0
        self._offsets: list[int] = []
        self._failure: str | None = None
        self.is_late = False  # its shard is being sealed, and was not waiting any longer
        self.done: asyncio.Future[list[int]] = loop.create_future()

    def delivered(self, error: Any, message: Message) -> None:
        """Take what became of a record. In the producer's thread."""
        if error is None:
            self._offsets.append(message.offset())  # type: ignore[arg-type]
        else:
            self._failure = error.str()
            self._failed += 1
        if len(self._offsets) + self._failed >= self._waited_for:
            with contextlib.suppress(RuntimeError):  # the loop was closed
                self._loop.call_soon_threadsafe(self._finish)

    def unsent(self, reason: str, count: int) -> None:
        """Say that the last `count` records were never sent. In the loop's thread."""
        self._failure = reason
        self._waited_for -= count
        if len(self._offsets) + self._failed >= self._waited_for:
            self._finish()

    def given_up(self, reason: str) -> None:
        """Fail, since nobody will tell what became of the records. In the loop's thread."""
        self._failure = reason
        self._finish()

    def _finish(self) -> None:
        if self.done.done():
            return
        if self._failure is None:
            self.done.set_result(self._offsets)
        else:
            self.done.set_exception(WriteFailed(f"Kafka did not take a record: {self._failure}"))
            self.done.exception()  # who asked may have gone
        self._over(self)
