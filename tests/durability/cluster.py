"""A cluster under load: what is broken and mended, what clients saw, and that nothing is lost."""

import contextlib
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import AdminClient

from cluster.kafka import KafkaCluster
from durability.gateways import UNREACHABLE, Gateways, Seen, TimedLedger, seen
from durability.kills import new_seed
from durability.trial import SHARDS, STREAM, Trial
from real_kafka import kafka_cluster
from real_postgres import PostgresServer, postgres_server

GATEWAYS = 2
WELL_WITHIN_S = 60.0

# What calls meet meanwhile: each may be made again. And what resharding a busy stream meets.
EXPECTED_ERRORS = {
    f"{UNREACHABLE} ConnectionClosedError",
    f"{UNREACHABLE} EndpointConnectionError",
    f"{UNREACHABLE} ReadTimeoutError",
    f"{UNREACHABLE} ConnectTimeoutError",
    f"{UNREACHABLE} CutOff",
    "500 InternalFailure",
    "503 ServiceUnavailable",
    "record InternalFailure",
    "400 ResourceInUseException",
    "400 LimitExceededException",
    "400 InvalidArgumentException",
    "400 ResourceNotFoundException",
}

Fault = Callable[["Cluster"], AbstractContextManager[None]]
"""Breaks something on entry, and mends it on leaving."""


@dataclass
class Cluster:
    """Three brokers, PostgreSQL, gateways, and the trial that goes on over all faults."""

    kafka: KafkaCluster
    postgres: PostgresServer
    gateways: Gateways
    trial: Trial
    ledger: TimedLedger

    @classmethod
    @contextlib.contextmanager
    def running(cls, kafka: KafkaCluster, postgres: PostgresServer) -> Iterator["Cluster"]:
        """Gateways over these, and a stream to which nothing has been written yet."""
        told = {
            "catalog": postgres.fresh_database(),
            "log": f"kafka://{kafka.bootstrap_servers}/?prefix=t-",
            "stream": f"{STREAM}:{SHARDS}",
        }
        with (
            tempfile.TemporaryDirectory() as directory,
            Gateways(Path(directory), GATEWAYS, told) as gateways,
        ):
            gateways.start()
            ledger = TimedLedger()
            trial = Trial(gateways, new_seed(), with_churn=True, ledger=ledger)
            yield cls(kafka, postgres, gateways, trial, ledger)

    def suffer(self, fault: Fault, calls: int = 30) -> Seen:
        """Break and mend something while producers write and shards change; check everything."""
        trial = self.trial
        with trial.writing():
            trial.write_until(calls)
            with seen(self.ledger) as found:
                with fault(self):
                    trial.write_until(calls)
                trial.write_until(calls)
        self.until_well()
        trial.check()
        return found[0]

    def finish(self) -> None:
        """Read everything once more, and look for what nobody expected."""
        self.trial.check_whole()
        unexpected = {
            each for each in self.ledger.errors if each.removeprefix("read ") not in EXPECTED_ERRORS
        }
        assert not unexpected, (self.ledger.errors, self.gateways.last_words())
        assert "Traceback" not in self.gateways.said(), self.gateways.last_words()

    def leader(self) -> int:
        """The broker that leads a partition of the stream."""
        admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap_servers})
        topics = admin.list_topics(timeout=10).topics.values()
        stream = max(topics, key=lambda topic: topic.topic.startswith("t-") * len(topic.partitions))
        return int(self.trial.random.choice(list(stream.partitions.values())).leader)

    def until_well(self) -> None:
        """Return when every gateway says that it serves. Raises `AssertionError`."""
        end = time.monotonic() + WELL_WITHIN_S
        for gateway in self.gateways.all:
            while not _serves(gateway.endpoint):
                assert time.monotonic() < end, f"no recovery: {self.gateways.last_words()}"
                threading.Event().wait(0.1)


def _serves(endpoint: str) -> bool:
    url = f"{endpoint}/_shardline/health"
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


@contextlib.contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A whole cluster of its own."""
    with (
        kafka_cluster() as kafka,
        postgres_server() as postgres,
        Cluster.running(kafka, postgres) as cluster,
    ):
        yield cluster
        cluster.finish()


@contextlib.contextmanager
def gateway_killed(cluster: Cluster) -> Iterator[None]:
    """SIGKILL to one gateway; it is started again."""
    gateway = cluster.trial.random.choice(cluster.gateways.all)
    gateway.kill()
    yield
    gateway.start()


def broker_killed(number: int) -> Fault:
    """SIGKILL to a broker; it is started again."""

    @contextlib.contextmanager
    def fault(cluster: Cluster) -> Iterator[None]:
        cluster.kafka.kill(number)
        yield
        cluster.kafka.start(number)

    return fault


@contextlib.contextmanager
def leader_killed(cluster: Cluster) -> Iterator[None]:
    """SIGKILL to the leader of a partition that is written to; it is started again."""
    with broker_killed(cluster.leader())(cluster):
        yield


@contextlib.contextmanager
def postgres_restarted(cluster: Cluster) -> Iterator[None]:
    """PostgreSQL crashes, and is back as soon as it can."""
    cluster.postgres.restart()
    yield
