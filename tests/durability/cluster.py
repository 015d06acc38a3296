"""A cluster under load: what is broken and mended, what clients saw, and that nothing is lost."""

import contextlib
import os
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from confluent_kafka.admin import AdminClient

from cluster.kafka import KafkaCluster
from durability import network, small_disk
from durability.gateways import UNREACHABLE, Gateways, Seen, TimedLedger, seen
from durability.kills import new_seed
from durability.trial import SHARDS, STREAM, Trial
from real_kafka import kafka_cluster
from real_postgres import PostgresServer, postgres_server

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
    network: network.Network | None

    @classmethod
    @contextlib.contextmanager
    def running(cls, with_root: bool) -> Iterator["Cluster"]:
        """A whole cluster, with a stream to which nothing has been written yet.

        `with_root`: one gateway has a network that can be cut, one broker a disk that can be full.
        """
        with contextlib.ExitStack() as stack:
            net = stack.enter_context(network.network()) if with_root else None
            kafka = stack.enter_context(
                kafka_cluster(
                    host=network.BROKERS if net else "127.0.0.1",
                    prepare=small_disk.put_under if with_root else _nothing,
                )
            )
            if with_root:
                stack.callback(small_disk.remove_from, kafka)
                stack.callback(kafka.kill, small_disk.NUMBER)
            postgres = stack.enter_context(postgres_server())
            told = {
                "catalog": postgres.socket_url(postgres.fresh_database().rpartition("/")[2]),
                "log": f"kafka://{kafka.bootstrap_servers}/?prefix=t-",
                "stream": f"{STREAM}:{SHARDS}",
            }
            inside = {"netns": net.namespace, "host": network.INSIDE} if net else {}
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            gateways = stack.enter_context(Gateways(directory, [{**told, **inside}, told]))
            gateways.start()
            ledger = TimedLedger()
            trial = Trial(gateways, new_seed(), with_churn=True, ledger=ledger)
            yield cls(kafka, postgres, gateways, trial, ledger, net)

    def suffer(self, fault: Fault, calls: int = 30) -> Seen:
        """Break and mend something while producers write and shards change; check everything."""
        self.kafka.until_registered(len(self.kafka.numbers))
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


def _nothing(kafka: KafkaCluster) -> None:
    """What is done to brokers that are as they are."""


@contextlib.contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A whole cluster of its own; as root, one of which everything can be broken."""
    with Cluster.running(network.is_possible() and small_disk.is_possible()) as cluster:
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
    """SIGKILL to a broker; it is started again, and may take its time."""

    @contextlib.contextmanager
    def fault(cluster: Cluster) -> Iterator[None]:
        cluster.kafka.kill(number)
        yield
        cluster.kafka.start(number, wait=False)

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


@contextlib.contextmanager
def network_cut(cluster: Cluster) -> Iterator[None]:
    """The network between a gateway and all brokers is cut; clients still reach the gateway."""
    net = cluster.network or _needs_root()
    with net.cut():
        yield


@contextlib.contextmanager
def disk_full(cluster: Cluster) -> Iterator[None]:
    """The disk of a broker is full, by which Kafka ends it; with space again, it is started."""
    if cluster.network is None:
        _needs_root()
    with small_disk.full(cluster.kafka):
        yield
        end = time.monotonic() + WELL_WITHIN_S
        while cluster.kafka.is_running(small_disk.NUMBER):
            assert time.monotonic() < end, "Kafka goes on without a disk"
            threading.Event().wait(0.1)
    cluster.kafka.start(small_disk.NUMBER, wait=False)


def _needs_root() -> NoReturn:
    (pytest.fail if os.environ.get("CI") else pytest.skip)("it takes root, and iproute2")
