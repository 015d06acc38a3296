"""A real PostgreSQL for the tests: Debian's packages, in a directory that goes away with it.

It is made for tests, not for use: it does not sync, since the machine under a test does not crash.
It sorts as English does, so that a test sees what relies on another order.
"""

import contextlib
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

INSTALL = "no PostgreSQL on this machine: apt-get install postgresql"
USER = "shardline"
PASSWORD = "a-password-for-tests"
_SETTINGS = ("fsync=off", "max_connections=200", "shared_buffers=16MB", "logging_collector=off")
_numbers = itertools.count(1)


class PostgresServer:
    """A server that runs, with one superuser; `start`, `stop` and `restart` are as `pg_ctl`'s."""

    def __init__(
        self, directory: Path, programs: Path, port: int, also_at: str | None = None
    ) -> None:
        self.port = port
        self._addresses = ["127.0.0.1", *([also_at] if also_at else [])]
        self._data = directory / "data"
        self._log = directory / "log"
        self._programs = programs
        self._sockets = directory
        self._unprivileged: list[str] = []
        if os.geteuid() == 0:  # as which PostgreSQL does not run
            user = "postgres"
            shutil.chown(directory, user, user)
            options = (f"--reuid={user}", f"--regid={user}", "--clear-groups")
            self._unprivileged = ["setpriv", *options]

    def url(
        self, database: str = "postgres", *, password: str = PASSWORD, host: str = "127.0.0.1"
    ) -> str:
        """Where a database is."""
        return f"postgresql://{USER}:{password}@{host}:{self.port}/{database}"

    def make(self) -> None:
        """Make the files of the server."""
        secret = self._sockets / "password"
        secret.write_text(PASSWORD)
        self._run(
            "initdb", "--no-sync", f"--username={USER}", "--auth=scram-sha-256",
            f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu",
            "--icu-locale=en-US",
        )  # fmt: skip
        with (self._data / "pg_hba.conf").open("a") as access:
            access.writelines(
                f"host all all {address}/24 scram-sha-256\n" for address in self._addresses[1:]
            )

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = [f"-c {each}" for each in _SETTINGS]
        address = f"-h {','.join(self._addresses)} -p {self.port} -k {self._sockets}"
        self._run("pg_ctl", "-w", "-l", str(self._log), "-o", " ".join([address, *settings]),
                  "start")  # fmt: skip

    def stop(self, mode: str = "immediate") -> None:
        """Stop: `immediate` is as a crash, `fast` ends what runs."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

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

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._unprivileged, str(self._programs / program), "-D", str(self._data), *arguments],
            cwd=self._sockets,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a server that is started holds it
            stderr=subprocess.DEVNULL,
            timeout=100,
            check=False,
        )
        if done.returncode:
            log = self._log.read_text() if self._log.exists() else ""
            raise OSError(f"{program} failed ({done.returncode}): {log[-2000:]}")


@contextlib.contextmanager
def postgres_server(also_at: str | None = None) -> Iterator[PostgresServer]:
    """A server of its own, for a test that stops it. Skipped without PostgreSQL; fails in CI.

    Who is in the network of `also_at`, an address of this machine, reaches it there.
    """
    programs = _programs()
    if programs is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(INSTALL)
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        server = PostgresServer(Path(name), programs, _free_port(), also_at)
        server.make()
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


def _programs() -> Path | None:
    """Where the newest server's programs are; Debian keeps them out of the path."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parts[-2]))
    if versions:
        return versions[-1]
    found = shutil.which("initdb")
    return None if found is None else Path(found).parent


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
