"""PostgreSQL from Debian's packages, in a directory of its own, on the loopback address."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cluster import Missing

_INSTALL = "no PostgreSQL on this machine; install it: apt-get install postgresql"
USER = "shardline"
_RUNS_AS = "postgres"  # where root starts it, since PostgreSQL does not run as root


class Postgres:
    """A server in a directory, which `start` makes; it keeps what it has between its starts."""

    def __init__(
        self,
        directory: Path,
        port: int,
        *,
        password: str | None = None,
        settings: Sequence[str] = (),
        made_with: Sequence[str] = (),
        also_at: str | None = None,
    ) -> None:
        """`password` is made up if not given; `settings` are of each start (`NAME=VALUE`).

        `made_with` are further options of `initdb`. Who is in the network of `also_at`, an address
        of this machine, reaches it there.
        """
        self._directory = directory
        self._data = directory / "data"
        self._port = port
        self._password = password
        self._settings = settings
        self._made_with = made_with
        self._addresses = ["127.0.0.1", *([also_at] if also_at else [])]
        self._programs = _programs()
        options = [f"--reuid={_RUNS_AS}", f"--regid={_RUNS_AS}", "--clear-groups", "--"]
        self._as_user = ["setpriv", *options] if os.geteuid() == 0 else []

    @property
    def url(self) -> str:
        """Where the database is, with the password, as psycopg and `--catalog` take it."""
        password = (self._directory / "password").read_text()
        return f"postgresql://{USER}:{password}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers. Raises `OSError`."""
        if not self.is_made():
            self._make()
        if not self.is_running():
            address = f"-h {','.join(self._addresses)} -p {self._port} -k {self._directory}"
            told = " ".join([address, *(f"-c {each}" for each in self._settings)])
            log = str(self._directory / "output")
            self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", told, "start")

    def is_made(self) -> bool:
        """Whether it has been started once, and so has an address."""
        return (self._data / "PG_VERSION").exists()

    def is_running(self) -> bool:
        """Whether the server lives."""
        return self._data.exists() and self._ends_well("pg_ctl", "-D", str(self._data), "status")

    def stop(self, mode: str = "fast") -> None:
        """End it: clients are thrown out, what they committed is kept. Raises `OSError`.

        `mode` is of `pg_ctl`: `immediate` is as a crash.
        """
        if self.is_running():
            self._run("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    def _make(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)  # what was not made to the end
        self._directory.mkdir(mode=0o700)
        password = self._directory / "password"
        password.touch(mode=0o600)
        password.write_text(self._password or secrets.token_urlsafe(24))
        if self._as_user:
            for path in (self._directory, password):
                shutil.chown(path, _RUNS_AS, _RUNS_AS)
        self._run(
            "initdb", "-D", str(self._data), f"--username={USER}", "--auth=scram-sha-256",
            f"--pwfile={password}", "--encoding=UTF8", "--locale=C.UTF-8",
            *self._made_with,
        )  # fmt: skip
        with (self._data / "pg_hba.conf").open("a") as access:
            access.writelines(
                f"host all all {address}/24 scram-sha-256\n" for address in self._addresses[1:]
            )

    def _run(self, program: str, *arguments: str) -> None:
        done = self._started(program, *arguments)
        if done.returncode:
            output = self._directory / "output"
            said = output.read_text()[-2000:] if output.exists() else ""
            raise OSError(f"{program} failed ({done.returncode}):\n{done.stderr}\n{said}")

    def _ends_well(self, program: str, *arguments: str) -> bool:
        return self._started(program, *arguments).returncode == 0

    def _started(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        errors = self._directory / f"{program}.errors"  # a pipe would be held by the server
        with errors.open("w+") as said:
            done = subprocess.run(
                [*self._as_user, str(self._programs / program), *arguments],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                text=True,
                check=False,
            )
            said.seek(0)
            done.stderr = said.read()
        return done


def _programs() -> Path:
    """Where the newest server's programs are; Debian keeps them out of the path."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda each: int(each.parts[-3]), default=None)
    found = newest or shutil.which("initdb")
    if found is None:
        raise Missing(_INSTALL)
    return Path(found).parent
