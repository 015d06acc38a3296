"""Finding the streams that other processes made, without changing the order of the calls.

A stream that is not known is looked for in a reading thread. What the calls that came meanwhile
want of it is done in their order, in one go, before anybody can find it known: so no call that
comes later gets before one that waited.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shardline.storage.record_log import StorageError
from shardline.storage.sqlite_log.extent import unknown
from shardline.storage.sqlite_log.stream import Stream
from shardline.storage.sqlite_log.streamfile import StreamFile

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Call(Generic[T]):
    """What somebody who waits wants of the stream."""

    do: Callable[[Stream], T]
    answer: asyncio.Future[T]

    def go_on(self, stream: Stream) -> None:
        if self.answer.done():  # given up
            return
        try:
            self.answer.set_result(self.do(stream))
        except Exception as error:
            self.answer.set_exception(error)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(slots=True)
class _Search:
    """The calls that wait for the look that is under way, and those that came after it began.

    It may have looked before their stream was made: for them one that finds nothing proves nothing.
    """

    calls: list[_Call[Any]]
    later: list[_Call[Any]] = field(default_factory=list)


class Finding:
    """The calls that wait for streams that are not known."""

    def __init__(
        self,
        known: Mapping[str, Stream],
        look: Callable[[str], StreamFile | None],
        make: Callable[[str, StreamFile], Stream],
        reads: Executor,
    ) -> None:
        """`look` blocks, and answers a stream's file, None if there is none; `make` makes a stream
        of it, which is `known` from then on, unless it is already."""
        self._known = known
        self._look = look
        self._make = make
        self._reads = reads
        self._loop = asyncio.get_running_loop()
        self._searches: dict[str, _Search] = {}
        self._refusal: StorageError | None = None

    async def then(self, stream: str, do: Callable[[Stream], T]) -> T:
        """What `do` answers for the stream, once it is found. Raises `UnknownShard`."""
        call: _Call[T] = _Call(do, self._loop.create_future())
        search = self._searches.get(stream)
        if search is not None:
            search.later.append(call)
        else:
            self._begin(stream, _Search([call]))
        return await call.answer

    def made(self, stream: str, found: Stream) -> None:
        """Go on with those that wait for a stream which was just made here."""
        search = self._searches.get(stream)
        if search is not None:
            waiting = (*search.calls, *search.later)
            search.calls, search.later = [], []
            for call in waiting:
                call.go_on(found)

    def close(self, refusal: StorageError) -> None:
        """Find nothing more: who waits is refused."""
        self._refusal = refusal

    def _begin(self, stream: str, search: _Search) -> None:
        looking = self._loop.run_in_executor(self._reads, self._look, stream)
        self._searches[stream] = search
        looking.add_done_callback(lambda _: self._end(stream, looking))

    def _end(self, stream: str, looked: "asyncio.Future[StreamFile | None]") -> None:
        search = self._searches.pop(stream)
        error = self._refusal or looked.exception()
        found = self._known.get(stream)  # made here meanwhile
        if error is None and (file := looked.result()) is not None:
            found = self._make(stream, file)
        if found is not None:
            for call in (*search.calls, *search.later):
                call.go_on(found)
            return
        for call in search.calls:
            call.fail(error or unknown(stream))
        if self._refusal is not None:
            for call in search.later:
                call.fail(self._refusal)
        elif search.later:
            self._begin(stream, _Search(search.later))
