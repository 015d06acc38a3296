"""Transactions of the catalog's database, and what its errors mean, on SQLite and PostgreSQL.

What differs between the two is in `sqlite_engine` and `postgres_engine`: how a connection is made,
how its transactions begin, and what a migration needs (`Dialect`).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from shardline.storage.record_log import StorageError, WriteFailed

WRITING: Final = "shardline_writing"
"""The execution option of a transaction that writes."""

# A server that has become a standby refuses to write; the next one will not.
_READ_ONLY: Final = "25006"
# A deadlock was broken; a serialization failed; the server starts, stops, or has no place yet.
_PASSING: Final = frozenset({"40P01", "40001", "57P01", "57P02", "57P03", "53300", _READ_ONLY})


@dataclass(frozen=True, slots=True)
class Dialect:
    """What opening a store needs to know of its database."""

    make_ready: Callable[[Engine], None]  # before the first write, in a store that is ours
    migrating: Callable[[Engine, str], AbstractContextManager[Connection]]
    """A transaction in which the tables may change: only one process at a time is in it."""


class Passing(WriteFailed):
    """Nothing was done, for a reason that may be gone in a moment: it can be tried again."""


@contextmanager
def reading(engine: Engine, store: str) -> Iterator[Connection]:
    """A transaction that sees one state of the database. Raises `StorageError`."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        kind = Passing if is_passing(error) else StorageError
        raise kind(f"{store} could not be read: {reason(error)}") from error


@contextmanager
def writing(engine: Engine, store: str) -> Iterator[Connection]:
    """A transaction that is durable when the block is left.

    Raises `WriteFailed` for what may pass (a lock, a full disk, a failed sync, a server that is
    away), `StorageError` for what does not (a damaged file).
    """
    is_committing = False
    try:
        with engine.execution_options(**{WRITING: True}).begin() as connection:
            yield connection
            is_committing = True
    except SQLAlchemyError as error:
        if is_passing(error) and not is_committing:
            raise Passing(f"{store} could not be written: {reason(error)}") from error
        if is_committing and isinstance(error, DBAPIError) and error.connection_invalidated:
            raise WriteFailed(
                f"{store} did not answer whether a change was made: {reason(error)}"
            ) from error
        if isinstance(error, OperationalError) or _state(error) == _READ_ONLY:
            raise WriteFailed(f"{store} could not be written: {reason(error)}") from error
        raise StorageError(f"{store} refused a change: {reason(error)}") from error


def is_passing(error: SQLAlchemyError) -> bool:
    """Whether what was tried can be tried again at once: a server that is away, a deadlock.

    Only a server has these; SQLite waits by itself for what passes.
    """
    if not isinstance(error, DBAPIError) or not hasattr(error.orig, "sqlstate"):
        return False
    no_answer = isinstance(error, OperationalError) and _state(error) is None
    return error.connection_invalidated or no_answer or _state(error) in _PASSING


def reason(error: SQLAlchemyError) -> str:
    """What the database said, on one line and without the statement."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _state(error: SQLAlchemyError) -> str | None:
    """PostgreSQL's code of an error."""
    state: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state
