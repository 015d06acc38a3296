"""A connection to PostgreSQL from the event loop, made anew when it is lost.

Whoever keeps something in its server-side session (a lock, what it listens to) looks at `number`,
which names the connection: with another one, that is lost.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg

from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import StorageError


class Session:
    """A connection in autocommit. `rows` connects when there is none."""

    def __init__(self, url: PostgresUrl, *, now: Callable[[], float] = time.monotonic) -> None:
        self.number = 0
        self.since = 0.0  # when the connection was made
        self._url = url
        self._now = now
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()

    async def rows(
        self, statement: str, values: Mapping[str, object] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        """The rows of a statement. Raises `StorageError`."""
        async with self._turn:
            try:
                connection = await self._connected()
                cursor = await connection.execute(statement.encode(), values)
                return await cursor.fetchall() if cursor.description else []
            except psycopg.Error as error:
                said = (str(error) or type(error).__name__).splitlines()[0]
                raise StorageError(f"no answer from {self._url}: {said}") from error

    async def connected(self) -> psycopg.AsyncConnection[Any]:
        """The connection itself. Raises `StorageError`."""
        await self.rows("SELECT 1")
        assert self._connection is not None
        return self._connection

    async def close(self) -> None:
        """End the connection. Idempotent."""
        if self._connection is not None:
            await self._connection.close()

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = None
            connecting = psycopg.AsyncConnection.connect(self._url.conninfo, autocommit=True)
            self._connection = await connecting
            self.since = self._now()
            self.number += 1
        return self._connection
