"""A server in a process of its own, to be killed and started again."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

ACCESS_KEY, SECRET_KEY = "AKIADURABILITY000000", "durability-test-secret"
TESTS = Path(__file__).resolve().parents[1]
START_S = 120.0  # on a machine that is very busy
ANSWERED_S = 120.0  # every call has an end by then
CLI = (sys.executable, "-m", "shardline", "serve")
WITH_FAULTS = (sys.executable, str(Path(__file__).with_name("server_with_faults.py")))


class StartFailed(Exception):
    """The server ended, or said nothing, instead of saying that it is ready."""


class ServerProcess:
    """`shardline serve`, or the server with faults, on one data directory over many lives."""

    def __init__(self, directory: Path, *arguments: str, program: Sequence[str] = CLI) -> None:
        self.data_dir = directory / "data"
        self.log = directory / "server.log"
        self.control = directory / "control"
        self.control.mkdir(exist_ok=True)
        self.endpoint = ""
        self._program = [*program, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the process, without waiting until it is ready."""
        environment = {
            **os.environ,
            "SHARDLINE_ROOT_ACCESS_KEY_ID": ACCESS_KEY,
            "SHARDLINE_ROOT_SECRET_ACCESS_KEY": SECRET_KEY,
            "PYTHONPATH": os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", ""))),
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._program, "--data-dir", str(self.data_dir), "--port", "0", *arguments],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        return self._process

    def start(self, *arguments: str) -> None:
        """Start the process and wait until it says that it is ready. Raises `StartFailed`."""
        process = self.spawn(*arguments)
        line = _first_line(process, START_S)
        if not line.startswith("Shardline is ready at "):
            self.kill()
            raise StartFailed(f"the server said {line!r} and:\n{self.last_words()}")
        self.endpoint = line.split()[-1]

    def kill(self) -> None:
        """SIGKILL, and wait until the process is gone. Does nothing when there is none."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def kill_worker(self, number: int) -> None:
        """SIGKILL one of the worker processes, as soon as there are so many."""
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        deadline = time.monotonic() + START_S
        while len(workers := parent.children()) <= number:
            assert time.monotonic() < deadline, "a dead worker was not replaced"
            time.sleep(0.01)
        workers[number].kill()

    def terminate(self) -> int:
        """SIGTERM; answer the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._reap()

    def _reap(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        code = self._process.wait(timeout=60)
        self._process.stdout.close()
        self._process = None
        return code

    def last_words(self) -> str:
        """The end of what the server has logged in all its lives."""
        return self.log.read_text()[-4000:]

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def client(self, *, attempts: int = 1, mode: str = "standard", read_s: float = 30) -> Any:
        """A boto3 client. With one attempt, what was acknowledged is told from what was not."""
        return boto3.client(
            "kinesis",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(
                connect_timeout=10,
                read_timeout=read_s,
                retries={"total_max_attempts": attempts, "mode": mode},
            ),
        )

    def patient_client(self) -> Any:
        """A client that tries again, for calls that may be made twice."""
        return self.client(attempts=8)

    @contextlib.contextmanager
    def fault(self, name: str) -> Any:
        """Let the disk of a server with faults fail (`full`, `fail-sync`) within the block."""
        switch = self.control / name
        switch.touch()
        try:
            yield
        finally:
            switch.unlink()


def _first_line(process: subprocess.Popen[bytes], timeout_s: float) -> str:
    """The first line on standard output; what there is of it at the end or the time-out."""
    assert process.stdout is not None
    said = b""
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not said.endswith(b"\n") and selector.select(deadline - time.monotonic()):
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                break
            said += piece
    return said.decode().strip()


def with_faults(directory: Path, *arguments: str, vfs: str | None = None) -> ServerProcess:
    """A server whose disk obeys `ServerProcess.fault`."""
    control = ("--vfs", vfs, "--control", str(directory / "control")) if vfs else ()
    return ServerProcess(directory, *arguments, *control, program=WITH_FAULTS)
