"""The `server.properties` of a broker that is a controller too, set for a small machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

RECORD_OF_10_MIB = 12 * 2**20
"""Bytes of a batch that holds one record of 10 MiB, with its key and what Kafka adds."""


class Ports(NamedTuple):
    """Where a broker listens: other brokers' controllers reach it on the loopback address."""

    clients: int
    controllers: int
    host: str = "127.0.0.1"  # of the clients and of the other brokers


def server_properties(
    number: int, ports: Sequence[Ports], data: Path, more: Mapping[str, str]
) -> str:
    """The settings of broker `number` (from 1); `more` goes before what is set here.

    Its `listeners` are in addition to our own.
    """
    own = ports[number - 1]
    voters = (f"{n}@127.0.0.1:{each.controllers}" for n, each in enumerate(ports, 1))
    settings = {
        "process.roles": "broker,controller",
        "node.id": str(number),
        "controller.quorum.voters": ",".join(voters),
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        **_replication(len(ports)),
        **_SMALL,
        **_PROMPT,
        **more,
        "listeners": f"PLAINTEXT://{own.host}:{own.clients},"
        f"CONTROLLER://127.0.0.1:{own.controllers}"
        + "".join(f",{each}" for each in more.get("listeners", "").split(",") if each),
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _replication(brokers: int) -> dict[str, str]:
    copies, least = str(min(3, brokers)), str(min(2, brokers))
    return {
        "default.replication.factor": copies,
        "min.insync.replicas": least,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": least,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": least,
        "unclean.leader.election.enable": "false",
        "auto.create.topics.enable": "false",
    }


_SMALL = {
    "message.max.bytes": str(RECORD_OF_10_MIB),
    "replica.fetch.max.bytes": str(RECORD_OF_10_MIB),
    "num.network.threads": "2",
    "num.io.threads": "2",
    "background.threads": "2",
    "num.recovery.threads.per.data.dir": "1",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": str(8 * 2**20),  # of 128 MiB, taken from the heap at once
    "log.index.size.max.bytes": str(2**20),
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "4",
}

# A broker that is gone is known to be so after this, of 9 s, so that a test need not wait longer.
_PROMPT = {
    "broker.session.timeout.ms": "5000",
    "broker.heartbeat.interval.ms": "1000",
    "group.initial.rebalance.delay.ms": "0",
}
