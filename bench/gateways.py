"""Gateways over Kafka and PostgreSQL, measured as one server.

The gateways are the children of one process (`bench.family`), so that their CPU time is that of its
family; the brokers and the database are not in it.
"""

import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.scenarios import SCENARIOS, Load, measure
from bench.servers import Server, free_port, root_key, running, serve_command
from cluster.broker_settings import Ports
from cluster.engines import BROKERS, Engines
from cluster.kafka import free_ports

# Until the brokers' hot code is compiled they take the cores from the gateways: PutRecord through
# one goes from 900 to 3,500 a second in the first minute, and costs half in the end.
WARM_SECONDS = 40.0


@contextlib.contextmanager
def engines(brokers: int = BROKERS) -> Iterator[dict[str, str]]:
    """So many brokers, warm, and PostgreSQL; gives the options of `shardline serve`."""
    directory = Path(tempfile.mkdtemp(prefix="shardline-bench-"))
    ports: list[Ports] = free_ports(brokers)
    made = Engines(directory, ports, free_port(), dies_with_us=True)
    try:
        made.start()
        found = made.told()
        told = {"--log": found["SHARDLINE_LOG"], "--catalog": found["SHARDLINE_CATALOG"]}
        for name in ("putN", "put1"):
            with gateways(1, told, "h2corn", ()) as server:
                load = Load(WARM_SECONDS / 2, warmup_seconds=0, shards=12, fill_records=0)
                measure(server, SCENARIOS[name], load)
        yield told
    finally:
        made.stop(keep=False)
        shutil.rmtree(directory)


def engines_if(wanted: bool, brokers: int) -> contextlib.AbstractContextManager[dict[str, str]]:
    """`engines` where gateways are measured; no options, and nothing started, otherwise."""
    return engines(brokers) if wanted else contextlib.nullcontext({})


@contextlib.contextmanager
def gateways(
    count: int, told: dict[str, str], http_server: str, arguments: Sequence[str]
) -> Iterator[Server]:
    """So many gateways with a schema and topics of their own, each at a port of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="shardline-bench-") as directory,
        gateways_on(Path(directory), count, told, http_server, arguments) as server,
    ):
        yield server


def gateways_on(
    directory: Path, count: int, told: dict[str, str], http_server: str, arguments: Sequence[str]
) -> contextlib.AbstractContextManager[Server]:
    """So many gateways with the schema and the topics that go with this directory's name."""
    ports = [free_port() for _ in range(count)]
    prefix = directory.name.lower().replace("-", "_")
    query = "&" if "?" in told["--log"] else "?"
    commands = [
        [
            *serve_command(directory / str(number), port, http_server),
            *("--log", f"{told['--log']}{query}prefix={prefix}-"),
            *("--catalog", f"{told['--catalog']}?schema={prefix}"),
            *("--key-file", str(directory / "master-key")),
            *arguments,
        ]
        for number, port in enumerate(ports)
    ]
    family = [sys.executable, "-m", "bench.family", json.dumps(commands)]
    return running(f"{count} gateways", family, ports, root_key())
