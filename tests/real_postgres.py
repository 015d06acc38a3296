"""A real PostgreSQL for the tests, as `cluster` starts it, in a directory that goes away with it.

It is made for tests, not for use: it does not sync, since the machine under a test does not crash.
It sorts as English does, so that a test sees what relies on another order.
"""

import contextlib
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cluster import Missing
from cluster.postgres import USER, Postgres

PASSWORD = "a-password-for-tests"
_SETTINGS = ("fsync=off", "max_connections=200", "shared_buffers=16MB", "logging_collector=off")
_ENGLISH = ("--locale-provider=icu", "--icu-locale=en-US")
_numbers = itertools.count(1)


class PostgresServer:
    """A server that runs, with one superuser, and databases of the tests' own."""

    def __init__(self, directory: Path, port: int, also_at: str | None = None) -> None:
        """Raises `Missing` where there is no PostgreSQL."""
        self.port = port
        self._server = Postgres(
            directory,
            port,
            password=PASSWORD,
            settings=_SETTINGS,
            made_with=["--no-sync", *_ENGLISH],
            also_at=also_at,
        )

    def url(
        self, database: str = "postgres", *, password: str = PASSWORD, host: str = "127.0.0.1"
    ) -> str:
        """Where a database is."""
        return f"postgresql://{USER}:{password}@{host}:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._server.start()

    def stop(self, mode: str = "immediate") -> None:
        """Stop: `immediate` is as a crash, `fast` ends what runs."""
        self._server.stop(mode)

    def restart(self, mode: str = "immediate") -> None:
        """Stop and start."""
        self.stop(mode)
        self.start()

    def fresh_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def execute(self, statement: str, url: str | None = None) -> Sequence[tuple[Any, ...]]:
        """The rows of a statement, as the superuser."""
        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def postgres_server(also_at: str | None = None) -> Iterator[PostgresServer]:
    """A server of its own, for a test that stops it. Skipped without PostgreSQL; fails in CI.

    Who is in the network of `also_at`, an address of this machine, reaches it there.
    """
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        Path(name).chmod(0o711)  # PostgreSQL's user passes; what is inside has its own modes
        try:
            server = PostgresServer(Path(name) / "server", _free_port(), also_at)
        except Missing as missing:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server that all tests share."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The URL of a database of the test's own."""
    return postgres.fresh_database()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
