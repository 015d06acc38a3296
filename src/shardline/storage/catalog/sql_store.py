"""An SQL database, used from threads of its own: what every part of the catalog stands on.

No method blocks the event loop, and the writes of one store happen in their order, as do its reads.
SQLite has one connection and one thread for both. On PostgreSQL, where a write may wait for another
process, reads have a thread and a connection beside it: they renew the lease of this process. More
would gain little, as every counted change waits for the one before it.

A call that is cancelled may still take effect. While a server is away, calls are tried again until
they have waited `PATIENCE_S`, which is counted from when they were made.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, Engine

from shardline.storage.catalog import change_statements
from shardline.storage.catalog.engine import Dialect, Passing, reading, writing
from shardline.storage.catalog.migrate import bring_up_to_date, require_up_to_date
from shardline.storage.catalog.sqlite_engine import SQLITE, sqlite_engine
from shardline.storage.catalog_port import Kept
from shardline.storage.files import create_private
from shardline.storage.members import Alone
from shardline.storage.members_port import Members
from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError, StoreUnusable

PATIENCE_S: Final = 5.0
_PAUSE_S: Final = 0.1

_Answer = TypeVar("_Answer")


class SqlStore:
    """A database on SQLite (`open`) or PostgreSQL (`connect`)."""

    def __init__(
        self, engine: Engine, store: str, workers: Sequence[ThreadPoolExecutor], members: Members
    ) -> None:
        self._engine = engine
        self._store = store
        self._workers = workers
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

        def make() -> Engine:
            if path is not None:
                _create(path, store)
            return sqlite_engine(path, busy_timeout_ms)

        return await cls._open(make, store, SQLITE, 1, members)

    @classmethod
    async def connect(
        cls, url: PostgresUrl, members: Members | None = None, *, as_it_is: bool = False
    ) -> Self:
        """Open the catalog in a PostgreSQL database, making or migrating it; or `as_it_is`.

        Raises `StoreUnusable`, having touched nothing, for a server that does not let us in, and a
        schema that is newer or something else; as it is, also for one that is empty or older.
        """
        from shardline.storage.catalog.postgres_engine import POSTGRES, postgres_engine

        store = f"the catalog ({url})"
        ready = require_up_to_date if as_it_is else bring_up_to_date
        return await cls._open(lambda: postgres_engine(url), store, POSTGRES, 2, members, ready)

    @classmethod
    async def _open(
        cls,
        make: Callable[[], Engine],
        store: str,
        dialect: Dialect,
        threads: int,
        members: Members | None,
        ready: Callable[[Engine, str, Dialect], None] = bring_up_to_date,
    ) -> Self:
        workers = [
            ThreadPoolExecutor(max_workers=1, thread_name_prefix="catalog") for _ in range(threads)
        ]

        def prepare() -> Engine:
            engine = make()
            try:
                ready(engine, store, dialect)
            except BaseException:
                engine.dispose()
                raise
            return engine

        try:
            engine = await asyncio.get_running_loop().run_in_executor(workers[0], prepare)
        except BaseException:
            for worker in workers:
                worker.shutdown(wait=False)
            raise
        return cls(engine, store, workers, members or Alone())

    async def close(self) -> None:
        """Finish what was called and release the store. Idempotent."""
        if not self._is_closed:
            self._is_closed = True
            loop = asyncio.get_running_loop()
            for worker in self._workers[1:]:
                await loop.run_in_executor(worker, _nothing)  # waits for what was called
            await loop.run_in_executor(self._workers[0], self._engine.dispose)
            for worker in self._workers:
                worker.shutdown()  # waits for no work: the last one was the line before

    async def _read(self, read: Callable[[Connection], _Answer]) -> _Answer:
        """What `read` answers, of one state of the database. Raises `StorageError`."""

        def work() -> _Answer:
            with reading(self._engine, self._store) as db:
                return read(db)

        return await self._run(self._workers[-1], work)

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

        answer, number = await self._run(self._workers[0], work)
        if number is not None:
            self._mine.add(number)
            try:
                await self._members.seen_by_all(number)
            except BaseException:
                self._mine.discard(number)  # who asked for it does not learn that it was made
                raise
        return answer

    async def _run(self, worker: ThreadPoolExecutor, work: Callable[[], _Answer]) -> _Answer:
        if self._is_closed:
            raise StorageError(f"{self._store} is closed")
        until = time.monotonic() + PATIENCE_S
        return await asyncio.get_running_loop().run_in_executor(worker, _patiently, work, until)


def _patiently(work: Callable[[], _Answer], until: float) -> _Answer:
    """Do some work, and again until then if it did nothing for a reason that passes."""
    while True:
        try:
            return work()
        except Passing:
            if time.monotonic() + _PAUSE_S > until:
                raise
        time.sleep(_PAUSE_S)


def _create(path: Path, store: str) -> None:
    try:
        create_private(path)
    except OSError as error:
        raise StoreUnusable(f"{store} cannot be made: {error.strerror}") from error


def _nothing() -> None:
    """What is done when all that was called before it is."""
