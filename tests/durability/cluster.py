"""A cluster under load: what is broken and mended, what clients saw, and that nothing is lost."""

import contextlib
import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka.admin import AdminClient

from cluster.kafka import KafkaCluster
from durability import network, small_disk
from durability.gateways import UNREACHABLE, Gateways
from durability.kills import new_seed
from durability.loyal import Loyal
from durability.reading import list_shards
from durability.seen import Seen, TimedLedger, seen
from durability.trial import SHARDS, STREAM, Trial
from real_kafka import kafka_cluster
from real_postgres import PostgresServer, postgres_server

WELL_WITHIN_S = 60.0
CUT = 0  # the gateway that has a network of its own

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


@dataclass
class Cluster:
    """Three brokers, PostgreSQL, gateways, and the trial that goes on over all faults."""

    kafka: KafkaCluster
    postgres: PostgresServer
    gateways: Gateways
    trial: Trial
    ledger: TimedLedger
    network: network.Network | None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loyal = Loyal(self.gateways, CUT, self.ledger, self.trial.seed)

    @classmethod
    @contextlib.contextmanager
    def running(
        cls, with_root: bool, brokers: int = 3, *, with_churn: bool = True
    ) -> Iterator["Cluster"]:
        """A whole cluster, with a stream to which nothing has been written yet.

        `with_root`: one gateway has a network that can be cut, one broker a disk that can be full.
        """
        with contextlib.ExitStack() as stack:
            net = stack.enter_context(network.network()) if with_root else None
            kafka = stack.enter_context(
                kafka_cluster(
                    brokers,
                    host=network.BROKERS if net else "127.0.0.1",
                    prepare=small_disk.put_under if with_root else _nothing,
                )
            )
            if with_root:
                stack.callback(small_disk.remove_from, kafka)
                stack.callback(kafka.kill, small_disk.NUMBER)
            postgres = stack.enter_context(postgres_server(network.POSTGRES if net else None))
            catalog = postgres.fresh_database()
            told = {
                "catalog": catalog,
                "log": f"kafka://{kafka.bootstrap_servers}/?prefix=t-&replication={brokers}",
                "stream": f"{STREAM}:{SHARDS}",
            }
            name = catalog.rpartition("/")[2]
            there = {
                "catalog": postgres.url(name, host=network.POSTGRES),
                "netns": net.namespace if net else "",
                "host": network.INSIDE,
            }
            inside = there if net else {}
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            gateways = stack.enter_context(Gateways(directory, [{**told, **inside}, told]))
            gateways.start()
            ledger = TimedLedger()
            # Kafka without a leader, on a machine that is very busy
            trial = Trial(gateways, new_seed(), with_churn, ledger=ledger, calls_s=120)
            yield cls(kafka, postgres, gateways, trial, ledger, net)

    def suffer(
        self, fault: Callable[["Cluster"], AbstractContextManager[None]], calls: int = 30
    ) -> Seen:
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
        found[0].notes, self.notes = self.notes, []
        return found[0]

    def note(self, text: str) -> None:
        """Add to what is told of a fault."""
        self.notes.append(text)

    def write_for(self, seconds: float) -> None:
        """Let the producers go on for so long, and see that they do. Used within a fault."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.trial.write_until(10)

    def closed_shards(self) -> set[str]:
        """The names of the stream's shards that were replaced."""
        shards = list_shards(self.gateways.client(), STREAM)
        ended = "EndingSequenceNumber"
        return {each["ShardId"] for each in shards if ended in each["SequenceNumberRange"]}

    def sessions_from(self, address: str) -> int:
        """How many connections from an address PostgreSQL still has, and holds locks for."""
        counting = "SELECT count(*) FROM pg_stat_activity WHERE client_addr ="
        ((count,),) = self.postgres.execute(f"{counting} '{address}'")
        return int(count)

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
            while not serves(gateway.endpoint):
                assert time.monotonic() < end, f"no recovery: {self.gateways.last_words()}"
                threading.Event().wait(0.1)


def serves(endpoint: str) -> bool:
    """Whether a gateway says that it answers calls."""
    return why_not(endpoint) is None


def why_not(endpoint: str) -> str | None:
    """The reason for which a gateway says that it does not serve, or what its silence is."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_shardline/health", timeout=5):
            return None
    except urllib.error.HTTPError as refusal:
        with refusal:
            return str(json.loads(refusal.read())["reason"])
    except OSError as error:
        return str(error)


def _nothing(kafka: KafkaCluster) -> None:
    """What is done to brokers that are as they are."""


@contextlib.contextmanager
def a_cluster() -> Iterator[Cluster]:
    """A whole cluster of its own; as root, one of which everything can be broken."""
    with Cluster.running(network.is_possible() and small_disk.is_possible()) as cluster:
        yield cluster
        cluster.finish()
