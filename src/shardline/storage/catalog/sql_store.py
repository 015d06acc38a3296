"""An SQL database, used from one thread of its own: what every part of the catalog stands on.

No method blocks the event loop, and the calls of one store happen in their order. A call that is
cancelled may still take effect.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine

from shardline.storage.catalog import change_statements
from shardline.storage.catalog.engine import reading, sqlite_engine, writing
from shardline.storage.catalog.migrate import bring_up_to_date
from shardline.storage.catalog_port import Kept
from shardline.storage.files import create_private
from shardline.storage.members import Alone
from shardline.storage.members_port import Members
from shardline.storage.record_log import StorageError, StoreUnusable

_Answer = TypeVar("_Answer")


class SqlStore:
    """A database on SQLite, in a file or in memory; open one with `open`."""

    def __init__(
        self, engine: Engine, store: str, worker: ThreadPoolExecutor, members: Members
    ) -> None:
        self._engine = engine
        self._store = store
        self._worker = worker
        self._members = members
        self._mine: set[int] = set()  # the numbers of changes that were made here
        self._is_closed = False

    @classmethod
    async def open(
        cls, path: Path | None, members: Members | None = None, *, busy_timeout_ms: int = 5000
    ) -> Self:
        """Open the catalog in a file, making or migrating it; None keeps it in memory.

        `members` are told of changes; without them, this process serves alone. A write waits up to
        `busy_timeout_ms` for another process. Raises `StoreUnusable`, having
        touched nothing, for a file that is newer, damaged or something else.
        """
        store = "the catalog in memory" if path is None else f"the catalog {path}"
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalog")
        try:
            engine = await asyncio.get_running_loop().run_in_executor(
                worker, _open_engine, path, store, busy_timeout_ms
            )
        except BaseException:
            worker.shutdown(wait=False)
            raise
        return cls(engine, store, worker, members or Alone())

    async def close(self) -> None:
        """Finish what was called and release the store. Idempotent."""
        if not self._is_closed:
            self._is_closed = True
            await asyncio.get_running_loop().run_in_executor(self._worker, self._engine.dispose)
            self._worker.shutdown()  # waits for no work: the last one was the line before

    async def _read(self, read: Callable[[Connection], _Answer]) -> _Answer:
        """What `read` answers, of one state of the database. Raises `StorageError`."""

        def work() -> _Answer:
            with reading(self._engine, self._store) as db:
                return read(db)

        return await self._run(work)

    async def _write(
        self, write: Callable[[Connection], _Answer], *, told: Kept | None = None
    ) -> _Answer:
        """What `write` answers, when its transaction is durable. Raises `WriteFailed`.

        `told` is what it changes of the things that processes keep in memory: that is counted as a
        change, and every other process has seen it, or serves no more, when this returns.
        """

        def work() -> tuple[_Answer, int | None]:
            with writing(self._engine, self._store) as db:
                answer = write(db)
                return answer, None if told is None else change_statements.count(db, told)

        answer, number = await self._run(work)
        if number is not None:
            self._mine.add(number)
            try:
                await self._members.seen_by_all(number)
            except BaseException:
                self._mine.discard(number)  # who asked for it does not learn that it was made
                raise
        return answer

    async def _run(self, work: Callable[[], _Answer]) -> _Answer:
        if self._is_closed:
            raise StorageError(f"{self._store} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)


def _open_engine(path: Path | None, store: str, busy_timeout_ms: int) -> Engine:
    if path is not None:
        try:
            create_private(path)
        except OSError as error:
            raise StoreUnusable(f"{store} cannot be made: {error.strerror}") from error
    engine = sqlite_engine(path, busy_timeout_ms)
    try:
        bring_up_to_date(engine, store, in_memory=path is None)
    except BaseException:
        engine.dispose()
        raise
    return engine
