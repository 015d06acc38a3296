"""A real server in its own process, and the client programs, built once a session.

A client whose tools are missing is skipped on a laptop and fails where CI is set.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from clients.dynamodb import dynamodb_local
from clients.tools import SHARDLINE, java_program, run, tool
from cluster.jars import building
from real_kafka import kafka_cluster
from real_postgres import postgres_server

HERE = Path(__file__).parent
TRUST_PASSWORD = "changeit"  # of a file that holds only a public certificate


@pytest.fixture(scope="session")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """`shardline serve` with the options of the parameter; gives a client's environment."""
    options = getattr(request, "param", ())
    with _serving(tmp_path_factory.mktemp("server"), options) as environment:
        yield environment


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A gateway over three brokers and PostgreSQL; gives a client's environment."""
    with kafka_cluster() as kafka, postgres_server() as postgres:
        where = ("--log", f"kafka://{kafka.bootstrap_servers}/", "--catalog", postgres.url())
        with _serving(tmp_path_factory.mktemp("gateway"), where) as environment:
            yield environment


@contextmanager
def _serving(directory: Path, options: Sequence[str]) -> Iterator[dict[str, str]]:
    data, log = directory / "data", directory / "log"
    command = [SHARDLINE, "serve", "--data-dir", data, "--port", "0", *options]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment()
        ) as process,
    ):
        assert process.stdout
        try:
            ready = process.stdout.readline()
            assert ready.startswith("Shardline is ready at "), ready + log.read_text()
            yield _environment_of(data)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    assert process.returncode == 0, log.read_text()
    assert "Traceback" not in log.read_text(), log.read_text()[:4000]


def _environment() -> dict[str, str]:
    """This process's own, without what would make a client meet anything but our server."""
    foreign = ("AWS_", "SHARDLINE_", "JDK_JAVA_OPTIONS", "NODE_EXTRA_CA_CERTS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NODE_NO_WARNINGS": "1",
        "PYTHONWARNINGS": "default",
    }


def _environment_of(data: Path) -> dict[str, str]:
    """What a shell has after `eval "$(shardline env)"`, and Java's trust in our certificate."""
    script = 'eval "$("$0" env --data-dir "$1")" && exec env -0'
    shell = subprocess.run(
        ["sh", "-c", script, SHARDLINE, data],
        capture_output=True,
        text=True,
        check=True,
        env=_environment(),
    )
    pairs = (line.partition("=") for line in shell.stdout.split("\0") if line)
    environment = {name: value for name, _, value in pairs}
    if "AWS_CA_BUNDLE" in environment:
        environment["JDK_JAVA_OPTIONS"] = _java_trust(Path(environment["AWS_CA_BUNDLE"]))
    return environment


def _java_trust(certificate: Path) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    trusted = pkcs12.PKCS12Certificate(
        x509.load_pem_x509_certificate(certificate.read_bytes()), b"shardline"
    )
    protection = BestAvailableEncryption(TRUST_PASSWORD.encode())
    store = certificate.with_name("trust.p12")
    store.write_bytes(pkcs12.serialize_java_truststore([trusted], protection))
    return (
        f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStoreType=PKCS12"
        f" -Djavax.net.ssl.trustStorePassword={TRUST_PASSWORD}"
    )


@pytest.fixture(scope="session")
def python_client() -> list[str]:
    """The command that runs the scenario with boto3."""
    return [sys.executable, str(HERE / "python" / "client.py")]


@pytest.fixture(scope="session")
def js_client() -> list[str]:
    """The command that runs the scenario with the AWS SDK for JavaScript."""
    node, npm = tool("node", "Node.js 20 or newer"), tool("npm", "npm")
    folder = HERE / "js"
    pinned = json.loads((folder / "package.json").read_text())["dependencies"]
    with building():
        for name, version in pinned.items():
            installed = folder / "node_modules" / name / "package.json"
            if not (installed.exists() and json.loads(installed.read_text())["version"] == version):
                run([npm, "install", "--no-package-lock", "--no-audit", "--no-fund"], folder)
    return [node, str(folder / "client.js")]


@pytest.fixture(scope="session")
def go_client() -> list[str]:
    """The command that runs the scenario with the AWS SDK for Go."""
    go = tool("go", "Go 1.24 or newer")
    program = HERE / "go" / "target" / "kinesis-client"
    with building():
        run([go, "build", "-o", str(program), "."], HERE / "go")  # Go's own cache makes it quick
    return [str(program)]


@pytest.fixture(scope="session")
def java_client() -> list[str]:
    """The command that runs the scenario with the AWS SDK for Java."""
    return java_program("java", "shardline.client.Main")


@pytest.fixture(scope="session")
def lease_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a DynamoDB Local, where the Kinesis Client Library keeps its leases."""
    with dynamodb_local(tmp_path_factory.mktemp("dynamodb") / "log") as endpoint:
        yield endpoint
