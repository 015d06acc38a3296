"""Gateways over Kafka and PostgreSQL, measured as one server: ``python -m bench.gateways --help``.

The gateways are the children of one process, so that their CPU time is that of its family; the
brokers and the database are not in it.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.servers import ROOT, Server, free_port, root_key, running, serve_command
from cluster.broker_settings import Ports
from cluster.kafka import KafkaCluster, free_ports
from cluster.postgres import Postgres

BROKERS = 3


@contextlib.contextmanager
def engines() -> Iterator[dict[str, str]]:
    """Three brokers and PostgreSQL; gives the options of `shardline serve`."""
    directory = Path(tempfile.mkdtemp(prefix="shardline-bench-"))
    directory.chmod(0o711)  # PostgreSQL's own user passes
    postgres = Postgres(directory / "postgres", free_port())
    ports: list[Ports] = free_ports(BROKERS)
    try:
        postgres.start()
        kafka = KafkaCluster.make(directory / "kafka", ports=ports, dies_with_us=True)
        try:
            kafka.start_all()
            log = f"kafka://{kafka.bootstrap_servers}/"
            yield {"--log": log, "--catalog": postgres.url}
        finally:
            kafka.kill_all()
    finally:
        postgres.stop()
        shutil.rmtree(directory)


@contextlib.contextmanager
def gateways(
    count: int, told: dict[str, str], http_server: str, arguments: Sequence[str]
) -> Iterator[Server]:
    """So many gateways with a schema and topics of their own, each at a port of its own."""
    ports = [free_port() for _ in range(count)]
    with tempfile.TemporaryDirectory(prefix="shardline-bench-") as directory:
        fresh = f"b{ports[0]}"
        commands = [
            [
                *serve_command(Path(directory, str(number)), port, http_server),
                *("--log", f"{told['--log']}?prefix={fresh}-"),
                *("--catalog", f"{told['--catalog']}?schema={fresh}"),
                *("--key-file", str(Path(directory, "master-key"))),
                *arguments,
            ]
            for number, port in enumerate(ports)
        ]
        family = [sys.executable, "-m", "bench.gateways", json.dumps(commands)]
        with running(f"{count} gateways", family, ports, root_key()) as server:
            yield server


def _main() -> None:
    """Be the parent of the commands that are given, as JSON; end them when told to end."""
    started: list[subprocess.Popen[bytes]] = []

    def end(*_: object) -> None:
        for each in started:
            each.terminate()

    signal.signal(signal.SIGTERM, end)
    for command in json.loads(sys.argv[1]):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=dict(os.environ))
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()  # that it is ready: the first one makes what all share
    for each in started:
        each.wait()


if __name__ == "__main__":
    _main()
