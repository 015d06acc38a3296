"""A server of the demo's own: a process, a temporary data directory and a fresh root key."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shardline.cli import Failure
from shardline.cli.client import Target, node_target

READY_S = 30.0
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class OwnServer:
    """The server and where it keeps its data."""

    process: subprocess.Popen[bytes]
    directory: Path

    @property
    def data_dir(self) -> Path:
        """Its data directory."""
        return self.directory / "data"

    @property
    def stream_file(self) -> Path:
        """The demo's `stream.yaml`."""
        return self.directory / "stream.yaml"

    @property
    def target(self) -> Target:
        """How to reach it."""
        return node_target(self.data_dir)

    @property
    def log(self) -> Path:
        """What it writes on standard error."""
        return self.directory / "server.log"


@contextlib.contextmanager
def own_server(*, keep: bool) -> Iterator[OwnServer]:
    """Run `shardline serve` on a free port; with `keep` it stays when all went well.

    Raises `Failure` with the server's own words when it does not get ready.
    """
    directory = Path(tempfile.mkdtemp(prefix="shardline-demo-"))
    server = OwnServer(_start(directory), directory)
    try:
        _wait_until_ready(server)
        yield server
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            _stop(server)


def _start(directory: Path) -> subprocess.Popen[bytes]:
    # What the user's own servers are told by SHARDLINE_* is not meant for this one.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SHARDLINE_")
    }
    serve = [sys.executable, "-m", "shardline", "serve"]
    with open(directory / "server.log", "wb") as log:
        return subprocess.Popen(
            [*serve, "--data-dir", str(directory / "data"), "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the demo, which then stops it in order
        )


def _wait_until_ready(server: OwnServer) -> None:
    ready = server.process.stdout
    assert ready is not None
    with ready:
        if select.select([ready], [], [], READY_S)[0] and ready.readline():
            return
    words = server.log.read_text("utf-8", "replace").strip().splitlines()
    raise Failure(f"the demo's server did not start: {words[-1] if words else 'it says nothing'}")


def _stop(server: OwnServer) -> None:
    server.process.terminate()
    try:
        server.process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()
    shutil.rmtree(server.directory, ignore_errors=True)
