"""A connection to PostgreSQL for one thread, made anew when it is lost."""

import time
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

import psycopg

from shardline.storage.postgres import PostgresUrl
from shardline.storage.record_log import WriteFailed

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"
_Answer = TypeVar("_Answer")

PATIENCE_S = 5.0
"""How long work is tried again while a server is away, from its first failure on."""

DOUBT_S = 60.0
"""The same, once a commit was sent and not answered: whoever made the call cannot know whether to
make it again."""

_PAUSE_S: Final = 0.1

# A deadlock was broken; a serialization failed; the server starts, stops, has no place yet, ended a
# transaction that did not go on, or has become a standby.
_PASSING: Final = frozenset(
    {"40P01", "40001", "57P01", "57P02", "57P03", "53300", "25P03", "25006"}
)

# Gateways that flush the same minute wait for each other, the last one for all the others.
_WRITING: Final = "SET lock_timeout = '60s'; SET statement_timeout = '90s'"
_READING: Final = "SET default_transaction_read_only = on"


class Link:
    """The connection of a thread that writes, or of one that reads; connected when it is used."""

    def __init__(self, url: PostgresUrl, *, is_writing: bool) -> None:
        self._url = url
        self._is_writing = is_writing
        self._connection: Connection | None = None

    def run(self, work: Callable[[Connection], _Answer]) -> _Answer:
        """What `work` answers, as a transaction that is durable on return.

        It is done again if the server was away. Where the outcome of a commit is not known, it may
        be done again although it was done: it has to find that out by itself. Raises the errors of
        psycopg, and `WriteFailed` when the outcome stays unknown.
        """
        until: float | None = None
        is_in_doubt = False
        while True:
            is_committing = False
            try:
                connection = self._connected()
                answer = work(connection)
                is_committing = True
                connection.commit()
                return answer
            except psycopg.Error as error:
                is_passing = self._is_passing(error)
                self.close()
                is_in_doubt |= is_committing and is_passing
                failed = time.monotonic()
                until = until or failed + PATIENCE_S
                if is_committing and is_passing:
                    until = failed + DOUBT_S
                if not is_passing or failed + _PAUSE_S > until:
                    if is_in_doubt:
                        raise WriteFailed(
                            f"{self._url} did not answer whether metrics were kept: {reason(error)}"
                        ) from error
                    raise
            except BaseException:
                self.close()
                raise
            time.sleep(_PAUSE_S)

    def close(self) -> None:
        """End the connection, and what it has not committed. Idempotent."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> Connection:
        if self._connection is None:
            connection = psycopg.connect(self._url.conninfo, autocommit=True)
            try:
                connection.execute(_WRITING if self._is_writing else _READING)
                connection.autocommit = not self._is_writing
                connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _is_passing(self, error: psycopg.Error) -> bool:
        is_lost = self._connection is None or self._connection.closed
        is_no_answer = isinstance(error, psycopg.OperationalError) and error.sqlstate is None
        return is_lost or is_no_answer or error.sqlstate in _PASSING


def reason(error: psycopg.Error) -> str:
    """What the server said, on one line."""
    return (str(error) or type(error).__name__).splitlines()[0]
