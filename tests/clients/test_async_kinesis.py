"""async-kinesis, an asyncio client of the community, produces and consumes through a reshard."""

import json
import subprocess

import pytest

from clients.tools import HERE, python_environment


@pytest.mark.client
@pytest.mark.slow
@pytest.mark.timeout(300)  # the first time, its libraries are fetched
@pytest.mark.parametrize("server", [(), ("--tls", "self-signed")], indirect=True, scope="session")
def test_async_kinesis_works_as_it_does_against_aws(server: dict[str, str]) -> None:
    # Given the library in an environment of its own: it needs another botocore than Shardline
    python = python_environment("async")
    # When it writes, doubles the shards, writes and reads, plainly and with the KPL's aggregates
    command = [str(python), str(HERE / "async" / "client.py"), "orders-async"]
    run = subprocess.run(
        command, env=server, capture_output=True, text=True, timeout=120, check=False
    )
    # Then every message came back, each key's in order
    assert run.returncode == 0, run.stderr[-4000:]
    figures = json.loads(run.stdout)
    assert figures["plain"] == figures["packed"] == {"messages": 2_000, "shards": 6}
