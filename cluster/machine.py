"""Kafka, PostgreSQL and gateways under one directory."""

import json
import shutil
from pathlib import Path

from cluster.broker_settings import Ports
from cluster.engines import BROKERS, Engines
from cluster.gateways import Gateways

_MARK = "cluster.json"


class Machine:
    """What `scripts/cluster` starts and stops; its ports follow from `port` (see `addresses`)."""

    def __init__(self, directory: Path, port: int, gateways: int) -> None:
        self.directory = directory
        self._port = port
        self._count = gateways
        ports = [Ports(port + n, port + BROKERS + n) for n in range(BROKERS)]
        self._engines = Engines(directory, ports, port + 10, dies_with_us=False)

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
        self._engines.start()
        self._gateways().start()

    def stop(self, *, keep: bool) -> None:
        """End everything, and remove the directory unless it is to be kept. Raises `OSError`."""
        self._gateways().stop()
        self._engines.stop(keep=keep)
        if not keep:
            shutil.rmtree(self.directory)

    def running(self) -> dict[str, bool]:
        """What lives, by name."""
        return self._engines.running() | self._gateways().running()

    def addresses(self) -> dict[str, str]:
        """What a server or a client has to be told, by the name of its variable."""
        return {**self._engines.told(), **self._gateways().addresses()}

    def _gateways(self) -> Gateways:
        told = self._engines.told() if self._engines.is_made() else {}
        return Gateways(self.directory / "gateways", self._count, self._port + 20, told)
