"""`shardline serve` in a process of its own, for the tests that signal, kill and measure it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

READY = re.compile(r"Shardline is ready at (https?://\S+)\n")
KEY = "test"


def environment(**more: str) -> dict[str, str]:
    """This environment without what would set up a server or a client; the root key is `test`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SHARDLINE_", "AWS_"))
    }
    keys = {
        "SHARDLINE_ROOT_ACCESS_KEY_ID": KEY,
        "SHARDLINE_ROOT_SECRET_ACCESS_KEY": KEY,
    }
    return {**kept, **keys, **more}


class Server:
    """A started server process; `endpoint` is set once it said that it is ready."""

    def __init__(self, arguments: list[str], env: Mapping[str, str], script: list[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *script, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(env),
        )
        self.endpoint = ""
        self.errors: list[str] = []
        assert self.process.stderr is not None
        self._reader = threading.Thread(target=self._read_errors)
        self._reader.start()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def until_ready(self) -> None:
        """Wait for the line that says so."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = READY.fullmatch(line)
        assert found, (line, self.wait(), self.errors)
        self.endpoint = found[1]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.endpoint.rpartition("/")[2].rpartition(":")
        return host, int(port)

    def client(self, **settings: Any) -> Any:
        """A boto3 client with the root key."""
        import boto3

        defaults = {
            "endpoint_url": self.endpoint,
            "region_name": "us-east-1",
            "aws_access_key_id": KEY,
            "aws_secret_access_key": KEY,
        }
        return boto3.client("kinesis", **{**defaults, **settings})

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def wait(self, timeout: float = 20.0) -> int:
        """The exit code; all of its log is in `errors` then."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def peak_bytes(self) -> int:
        """The most memory that it held at any time (VmHWM)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024


@contextlib.contextmanager
def serving(
    *arguments: object,
    env: Mapping[str, str] | None = None,
    script: tuple[str, ...] = ("-m", "shardline", "serve"),
    ready: bool = True,
) -> Iterator[Server]:
    """A server process. Ends it, and fails if it left a process behind."""
    server = Server([str(each) for each in arguments], env or environment(), list(script))
    try:
        family = psutil.Process(server.process.pid)
        if ready:
            server.until_ready()
        children = family.children(recursive=True)
        yield server
    finally:
        if server.process.poll() is None:
            children = family.children(recursive=True)
            server.process.kill()
        server.wait()
        assert server.process.stdout is not None
        assert server.process.stderr is not None
        server.process.stdout.close()
        server.process.stderr.close()
    _, alive = psutil.wait_procs(children, timeout=2)  # the kernel ends workers of a killed parent
    assert not alive


def logged(server: Server) -> list[dict[str, Any]]:
    """Its log lines, when it writes them as JSON."""
    return [json.loads(line) for line in server.errors]
