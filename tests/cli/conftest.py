"""A real server, in a process of its own, for the tests of the command line."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shardline.cli.client import make_client
from shardline.cli.demo.server import OwnServer, own_server

Shardline = Callable[..., subprocess.CompletedProcess[str]]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[OwnServer]:
    """A server for all tests of this folder; each makes streams of its own."""
    with own_server(keep=False) as running:
        yield running


@pytest.fixture(scope="session")
def kinesis(server: OwnServer) -> Iterator[Any]:
    """A boto3 client of that server."""
    client = make_client(server.target)
    yield client
    client.close()


@pytest.fixture
def stream(kinesis: Any) -> str:
    """A new stream of two shards."""
    name = f"stream-{next(_numbers)}"
    kinesis.create_stream(StreamName=name, ShardCount=2)
    return name


def bare_environment() -> dict[str, str]:
    """This process's environment without anything that names a server or a key."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "SHARDLINE_"))
    }


@pytest.fixture
def shardline(server: OwnServer) -> Shardline:
    """Runs a command against that server: its arguments, standard input, variables."""

    def run(*arguments: str, stdin: str | bytes = "", **variables: str) -> Any:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        ended = subprocess.run(
            [sys.executable, "-m", "shardline", *arguments],
            input=given,
            capture_output=True,
            env=bare_environment() | {"SHARDLINE_DATA_DIR": str(server.data_dir)} | variables,
            timeout=60,
        )
        ended.stdout, ended.stderr = ended.stdout.decode(), ended.stderr.decode()
        return ended

    return run
