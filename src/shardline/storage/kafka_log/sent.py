"""The records of one batch on their way to Kafka."""

import asyncio
from collections.abc import Callable
from typing import Any

from confluent_kafka import Message

from shardline.storage.kafka_log.cluster import Place
from shardline.storage.record_log import WriteFailed


class Sent:
    """The records of one batch on their way. `done` gives their offsets, in their order.

    It is over once the last of them was delivered or has failed, and not before: what failed may
    otherwise still come after what is sent next.
    """

    __slots__ = ("_ended", "_failure", "_flying", "_landed", "_loop", "_offsets", "_waited_for",
                 "done", "is_late", "is_over", "place")  # fmt: skip

    def __init__(
        self,
        place: Place,
        count: int,
        loop: asyncio.AbstractEventLoop,
        landed: "Callable[[Sent], None]",
        flying: "tuple[set[Sent], ...]",
    ) -> None:
        """Begin with `count` records, among all that are `flying`.

        `landed` is called in the producer's thread at the end, and has to call `finish` in that of
        the loop.
        """
        self.place = place
        self._loop = loop  # to ask for the running one is a system call in Python 3.11
        self._landed = landed
        self._flying = flying
        for each in flying:
            each.add(self)
        # Each is written by one thread only: the loop's, and that of the producer.
        self._waited_for = count
        self._offsets: list[int] = []  # -1 of what has failed
        self._failure: str | None = None
        self.is_over = False
        self.is_late = False  # its shard is being sealed, and was not waiting any longer
        self.done: asyncio.Future[list[int]] = self._loop.create_future()
        self._ended: asyncio.Future[None] | None = None

    def delivered(self, error: Any, message: Message) -> None:
        """Take what became of a record. In the producer's thread."""
        offsets = self._offsets
        if error is None:
            offsets.append(message.offset())  # type: ignore[arg-type]
        else:
            self._failure = error.str()
            offsets.append(-1)
        if len(offsets) >= self._waited_for:
            self._landed(self)

    def unsent(self, reason: str, count: int) -> None:
        """Say that the last `count` records were never sent. In the loop's thread."""
        self._failure = reason
        self._waited_for -= count
        if len(self._offsets) >= self._waited_for:
            self.finish()

    @property
    def end(self) -> int:
        """Kafka's offset after the last record that was delivered; 0 if none was."""
        return max(self._offsets, default=-1) + 1

    def given_up(self, reason: str) -> None:
        """Fail, since nobody will tell what became of the records. In the loop's thread."""
        self._failure = reason
        self.finish()

    def ended(self) -> "asyncio.Future[None]":
        """Done when it is over, for others than the one whose records they are."""
        if self._ended is None:
            self._ended = self._loop.create_future()
            if self.is_over:
                self._ended.set_result(None)
        return self._ended

    def finish(self) -> None:
        """Tell those who wait. Idempotent; in the loop's thread."""
        if self.is_over:
            return
        self.is_over = True
        for each in self._flying:
            each.discard(self)
        if self._ended is not None:
            self._ended.set_result(None)
        if self.done.done():  # who asked has gone
            return
        if self._failure is None:
            self.done.set_result(self._offsets)
        else:
            self.done.set_exception(WriteFailed(f"Kafka did not take a record: {self._failure}"))
            self.done.exception()  # who asked may have gone
