"""AWS's SDKs, as they come, subscribe to a shard, each in the version of HTTP that it uses.

boto3 reads the event stream over HTTP/1.1, the SDK for JavaScript over HTTP/2.
"""

import json
import subprocess
from pathlib import Path

import pytest

SERVERS = [
    pytest.param((), id="h2corn"),
    pytest.param(("--http-server", "granian"), id="granian"),
    pytest.param(("--tls", "self-signed"), id="h2corn-tls"),
    pytest.param(("--http-server", "granian", "--tls", "self-signed"), id="granian-tls"),
]
CLIENTS = [
    pytest.param("python_client", "1.1", id="boto3"),
    pytest.param("js_client", "2", id="js"),
]


@pytest.mark.client
@pytest.mark.slow
@pytest.mark.timeout(300)  # the first time, libraries are fetched
@pytest.mark.parametrize("server", SERVERS, indirect=True, scope="session")
@pytest.mark.parametrize(("client", "http"), CLIENTS)
def test_an_sdk_subscribes_as_it_does_with_aws(
    request: pytest.FixtureRequest, server: dict[str, str], client: str, http: str
) -> None:
    # Given a program that uses the SDK with its defaults
    *command, program = request.getfixturevalue(client)
    subscriber = Path(program).with_stem("subscriber")

    # When it subscribes, through a split and to the end of its consumer
    run = subprocess.run(
        [*command, str(subscriber), f"fan-out-{client}"],
        env=server,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    # Then it found nothing to complain about
    assert run.returncode == 0, run.stderr[:4000]
    assert json.loads(run.stdout) == {"read": 50, "children": 2, "http": http}
