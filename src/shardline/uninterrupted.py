"""Work that goes on when who asked for it goes."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")


class Uninterrupted:
    """Work that has begun and will end.

    HTTP servers cancel a request whose client has gone (h2corn does over HTTP/2). A change that is
    cut off half-way would leave what the node knows, of a stream or of who may do what, behind what
    is stored.
    """

    def __init__(self) -> None:
        self._going_on: set[asyncio.Future[Any]] = set()

    async def run(self, work: Awaitable[Result]) -> Result:
        """Do `work` to its end, and wait for it. Costs a task: some 10 µs."""
        return await asyncio.shield(self.begin(work))

    def begin(self, work: Awaitable[Result]) -> asyncio.Future[Result]:
        """Do `work` to its end, without waiting for it."""
        task = asyncio.ensure_future(work)
        self._going_on.add(task)
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Future[Any]) -> None:
        self._going_on.discard(task)
        if not task.cancelled():
            task.exception()  # of no interest to anyone, if who asked is gone

    async def finish(self) -> None:
        """Wait for all of it; to be called when nothing more is begun."""
        while self._going_on:
            await asyncio.wait(self._going_on)
