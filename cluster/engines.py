"""Kafka and PostgreSQL under one directory: what gateways stand on."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from cluster.broker_settings import Ports
from cluster.kafka import KafkaCluster
from cluster.postgres import Postgres

BROKERS = 3


class Engines:
    """As many brokers as there are ports, and a database. They have what they had at the last stop.

    `dies_with_us`: the brokers are killed when this process ends, however it ends.
    """

    def __init__(
        self, directory: Path, ports: Sequence[Ports], postgres_port: int, *, dies_with_us: bool
    ) -> None:
        self._directory = directory
        self._kafka_directory = directory / "kafka"
        self._made = self._kafka_directory / "made"
        self._ports = list(ports)
        self._dies_with_us = dies_with_us
        self._postgres = Postgres(directory / "postgres", postgres_port)

    def start(self) -> None:
        """Start what is not running, and wait until it answers. Raises `Missing`, `OSError`."""
        self._directory.chmod(0o711)  # PostgreSQL's user passes; what is inside has its own modes
        self._postgres.start()
        (self._kafka() or self._make_kafka()).start_all()

    def stop(self, *, keep: bool) -> None:
        """End everything; in good order what is to be kept. Raises `OSError`."""
        if (kafka := self._kafka()) is not None:
            if keep:
                kafka.stop_all()
            else:
                kafka.kill_all()
        self._postgres.stop()

    def running(self) -> dict[str, bool]:
        """What lives, by name."""
        found = {"postgresql": self._postgres.is_running()}
        kafka = self._kafka()
        for number in range(1, len(self._ports) + 1):
            found[f"kafka broker {number}"] = kafka is not None and kafka.is_running(number)
        return found

    def is_made(self) -> bool:
        """Whether they were started once, and so have addresses."""
        return self._postgres.is_made()

    def told(self) -> dict[str, str]:
        """What a server has to be told, by the name of its variable."""
        brokers = ",".join(f"{each.host}:{each.clients}" for each in self._ports)
        few = len(self._ports)
        query = f"?replication={few}&min_insync={few}" if few < BROKERS else ""
        return {
            "KAFKA_BROKERS": brokers,
            "SHARDLINE_LOG": f"kafka://{brokers}/{query}",
            "SHARDLINE_CATALOG": self._postgres.url,
        }

    def _kafka(self) -> KafkaCluster | None:
        if not self._made.exists():
            return None
        return KafkaCluster(self._kafka_directory, dies_with_us=self._dies_with_us)

    def _make_kafka(self) -> KafkaCluster:
        shutil.rmtree(self._kafka_directory, ignore_errors=True)  # what was not made to the end
        kafka = KafkaCluster.make(
            self._kafka_directory, ports=self._ports, dies_with_us=self._dies_with_us
        )
        self._made.touch()
        return kafka
