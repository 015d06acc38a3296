"""AWS's SDKs, as they come, do their whole work against a real server.

Each program under this folder creates a stream, writes, reads, reshards, reads parents before
children, meets an error and deletes the stream, and asserts on every step itself.
"""

import json
import subprocess

import pytest

JSON, CBOR = "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"

SERVERS = [
    pytest.param((), id="h2corn"),
    pytest.param(("--http-server", "granian"), id="granian"),
    pytest.param(("--tls", "self-signed"), id="h2corn-tls"),
    pytest.param(("--http-server", "granian", "--tls", "self-signed"), id="granian-tls"),
]
CLIENTS = [
    # Two shards, doubled: 6 in all. Two, one split, then two merged: 5.
    pytest.param("python_client", {"shards": 6, "content_type": JSON}, id="boto3"),
    pytest.param("js_client", {"shards": 5, "content_type": JSON}, id="js"),
    pytest.param("go_client", {"shards": 5, "content_type": JSON}, id="go"),
    pytest.param("java_client", {"shards": 6, "content_type": CBOR}, id="java"),
]

# The Java SDK's client assumes HTTP/2 over TLS: it offers no protocol by ALPN and sends HTTP/2's
# preface at once, which Kinesis and Granian take and h2corn 2.0 answers in HTTP/1.1.
WITHOUT_ALPN = "java-h2corn-tls"


@pytest.mark.client
@pytest.mark.slow
@pytest.mark.timeout(600)  # the first time, programs are built and libraries fetched
@pytest.mark.parametrize("server", SERVERS, indirect=True, scope="session")
@pytest.mark.parametrize(("client", "expected"), CLIENTS)
def test_an_sdk_works_as_it_does_against_aws(
    request: pytest.FixtureRequest,
    server: dict[str, str],
    client: str,
    expected: dict[str, object],
) -> None:
    # Given a program that uses the SDK with its defaults
    if request.node.callspec.id == WITHOUT_ALPN:
        request.applymarker(pytest.mark.xfail(reason="h2corn needs ALPN", strict=True))
    _goes_through(request.getfixturevalue(client), client, server, expected)


@pytest.mark.client
@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("client", "expected"), CLIENTS)
def test_an_sdk_works_through_a_gateway_over_kafka(
    request: pytest.FixtureRequest,
    gateway: dict[str, str],
    client: str,
    expected: dict[str, object],
) -> None:
    _goes_through(request.getfixturevalue(client), client, gateway, expected)


def _goes_through(
    command: list[str], client: str, server: dict[str, str], expected: dict[str, object]
) -> None:
    # When it goes through the scenario
    name = f"orders-{client}"
    run = subprocess.run(
        [*command, name], env=server, capture_output=True, text=True, timeout=60, check=False
    )

    # Then it found nothing to complain about, and spoke its own protocol
    assert run.returncode == 0, run.stderr[:4000]
    figures = json.loads(run.stdout)
    tls = server["AWS_ENDPOINT_URL"].startswith("https:")
    assert figures["written"] == figures["read"] == 440
    assert figures["http"] == _http_version(client, tls)
    assert {name: figures[name] for name in expected} == expected


def _http_version(client: str, tls: bool) -> str:
    """What each SDK uses by default. Go's HTTP/2 is by ALPN alone; boto3 has none."""
    return {
        "python_client": "1.1",
        "js_client": "2",
        "go_client": "2" if tls else "1.1",
        "java_client": "2",
    }[client]
