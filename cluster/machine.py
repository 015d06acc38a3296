"""Kafka, PostgreSQL and gateways under one directory."""

import json
import shutil
from pathlib import Path

from cluster.broker_settings import Ports
from cluster.gateways import Gateways
from cluster.kafka import KafkaCluster
from cluster.postgres import Postgres

BROKERS = 3
_MARK = "cluster.json"


class Machine:
    """What `scripts/cluster` starts and stops; its ports follow from `port` (see `addresses`)."""

    def __init__(self, directory: Path, port: int, gateways: int) -> None:
        self.directory = directory
        self._port = port
        self._count = gateways
        self.postgres = Postgres(directory / "postgres", port + 10)

    @classmethod
    def found(cls, directory: Path) -> "Machine | None":
        """The one that lies in a directory, if it does."""
        mark = directory / _MARK
        return cls(directory, **json.loads(mark.read_text())) if mark.exists() else None

    def start(self) -> None:
        """Start what is not running, and wait until it answers. Raises `Missing`, `OSError`."""
        self.directory.mkdir(parents=True, exist_ok=True)
        mark = self.directory / _MARK
        if not mark.exists() and any(self.directory.iterdir()):
            raise OSError(f"{self.directory} holds something else")
        mark.write_text(json.dumps({"port": self._port, "gateways": self._count}))
        self.directory.chmod(0o711)  # PostgreSQL's user passes; what is inside has its own modes
        self.postgres.start()
        self._kafka(make=True).start_all()
        self._gateways().start()

    def stop(self, *, keep: bool) -> None:
        """End everything, and remove the directory unless it is to be kept. Raises `OSError`."""
        self._gateways().stop()
        if (self.directory / "kafka" / "made").exists():
            self._kafka(make=False).stop_all()
        self.postgres.stop()
        if not keep:
            shutil.rmtree(self.directory)

    def running(self) -> dict[str, bool]:
        """What lives, by name."""
        found = {"postgresql": self.postgres.is_running()}
        kafka = self._kafka(make=False) if (self.directory / "kafka" / "made").exists() else None
        for number in range(1, BROKERS + 1):
            found[f"kafka broker {number}"] = kafka is not None and kafka.is_running(number)
        return found | self._gateways().running()

    def addresses(self) -> dict[str, str]:
        """What a server or a client has to be told, by the name of its variable."""
        return {**self._told(), **self._gateways().addresses()}

    def _told(self) -> dict[str, str]:
        brokers = ",".join(f"127.0.0.1:{each.clients}" for each in self._ports())
        return {
            "KAFKA_BROKERS": brokers,
            "SHARDLINE_LOG": f"kafka://{brokers}/",
            "SHARDLINE_CATALOG": self.postgres.url,
        }

    def _gateways(self) -> Gateways:
        told = self._told() if self.postgres.is_made() else {}
        return Gateways(self.directory / "gateways", self._count, self._port + 20, told)

    def _ports(self) -> list[Ports]:
        return [Ports(self._port + n, self._port + BROKERS + n) for n in range(BROKERS)]

    def _kafka(self, *, make: bool) -> KafkaCluster:
        directory = self.directory / "kafka"
        made = directory / "made"
        if made.exists() or not make:
            return KafkaCluster(directory, dies_with_us=False)
        shutil.rmtree(directory, ignore_errors=True)  # what was not made to the end
        kafka = KafkaCluster.make(directory, ports=self._ports(), dies_with_us=False)
        made.touch()
        return kafka
