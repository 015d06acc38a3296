"""Starts and stops the servers that are measured, each a process of its own on a free port."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.signing import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
HOST = "127.0.0.1"
_KINESALITE = "kinesalite@3.3.3"
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0


class BenchError(Exception):
    """The benchmark can't go on; the message says why, and what would help."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    name: str
    port: int
    pid: int
    more_ports: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _accepts(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchError(f"{process.args!r} did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


@contextlib.contextmanager
def running(
    name: str,
    command: Sequence[str],
    ports: Sequence[int],
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A command that listens at these ports, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="shardline-bench-") as folder:
        log = Path(folder, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            for port in ports:
                _wait_until_listening(process, port, log)
            yield Server(name, ports[0], process.pid, tuple(ports[1:]))
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def shardline(
    data_parent: Path, http_server: str, arguments: Sequence[str] = ()
) -> Iterator[Server]:
    """``shardline serve`` on an empty data directory below `data_parent`, deleted at the end."""
    data_parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="data-", dir=data_parent) as data,
        shardline_on(Path(data), http_server, arguments) as server,
    ):
        yield server


def shardline_on(
    data: Path, http_server: str, arguments: Sequence[str] = ()
) -> contextlib.AbstractContextManager[Server]:
    """``shardline serve`` on what is in a data directory."""
    port = free_port()
    command = [*serve_command(data, port, http_server), *arguments]
    return running("shardline", command, [port], root_key())


def serve_command(data: Path, port: int, http_server: str) -> list[str]:
    """``shardline serve``, as it is measured."""
    command = [sys.executable, "-m", "shardline", "serve", "--data-dir", str(data)]
    return [*command, "--port", str(port), "--region", REGION, "--http-server", http_server]


def root_key() -> dict[str, str]:
    """The variables that give a server the root key of the load."""
    return {
        "SHARDLINE_ROOT_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "SHARDLINE_ROOT_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
    }


@contextlib.contextmanager
def floor(http_server: str) -> Iterator[Server]:
    """The trivial application of :mod:`bench.floor_app`, on the same HTTP server library."""
    port = free_port()
    command = [sys.executable, "-m", "bench.floor_app", str(port), http_server]
    with running("floor", command, [port]) as server:
        yield server


def _kinesalite_program() -> Path:
    """npm's kinesalite, installed into the checkout's cache the first time."""
    folder = CACHE / "kinesalite"
    program = folder / "node_modules" / ".bin" / "kinesalite"
    if program.exists():
        return program
    npm = shutil.which("npm")
    if npm is None:
        raise BenchError("--against kinesalite needs Node.js and npm; neither is on PATH")
    folder.mkdir(parents=True, exist_ok=True)
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), _KINESALITE]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode or not program.exists():
        raise BenchError(f"npm could not install {_KINESALITE}:\n{done.stderr[-2000:]}")
    return program


@contextlib.contextmanager
def kinesalite() -> Iterator[Server]:
    """Kinesalite in memory; it takes any signature for a good one."""
    port = free_port()
    command = [str(_kinesalite_program()), "--port", str(port)]
    command += ["--createStreamMs", "0", "--shardLimit", "100"]
    with running("kinesalite", command, [port]) as server:
        yield server
