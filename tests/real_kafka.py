"""A real Apache Kafka for the tests; skipped where it cannot run, which in CI is a failure."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluster import Missing
from cluster.kafka import START_QUICKLY, KafkaCluster, free_ports


@contextmanager
def kafka_cluster(
    brokers: int = 3,
    settings: Mapping[str, str] | None = None,
    *,
    host: str = "127.0.0.1",
    prepare: Callable[[KafkaCluster], None] = lambda cluster: None,
) -> Iterator[KafkaCluster]:
    """A new cluster that answers, in a directory that goes away with it.

    `settings` are lines of `server.properties`, e.g. `{"message.max.bytes": "1000000"}`. One broker
    keeps one copy of everything; three keep three, of which two must have what is acknowledged.
    Clients reach them at `host`; `prepare` is called before they start.
    """
    with tempfile.TemporaryDirectory(prefix="kafka-") as directory:
        try:
            made = KafkaCluster.make(
                Path(directory),
                ports=[each._replace(host=host) for each in free_ports(brokers)],
                settings=settings,
                dies_with_us=True,
                jvm=START_QUICKLY,
            )
        except Missing as missing:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))
        try:
            prepare(made)
            made.start_all()
            yield made
        finally:
            made.kill_all()


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaCluster]:
    """The one broker that quick tests share; they make topics of their own."""
    with kafka_cluster(brokers=1) as cluster:
        yield cluster
