"""Apache Kafka in KRaft mode: brokers on the loopback address, each a process of its own."""

import json
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from cluster.broker_settings import Ports, server_properties
from cluster.jars import class_path, java
from cluster.processes import Daemon

READY_WITHIN_S = 90.0
_LOOK_AGAIN_S = 0.1
_HEAP = ("-Xms64m", "-Xmx320m", "-XX:+UseSerialGC")
_LOG = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
START_QUICKLY = ("-XX:TieredStopAtLevel=1",)
"""For the JVM of a broker that lives for one test; one that lives longer is slower for it."""


class KafkaCluster:
    """Brokers in a directory, numbered from 1. All that is in it goes on where it was left.

    `dies_with_us`: the brokers are killed when this process ends, however it ends.
    """

    def __init__(self, directory: Path, *, dies_with_us: bool, jvm: tuple[str, ...] = ()) -> None:
        self.directory = directory
        self._ports = [Ports(*each) for each in json.loads((directory / "ports").read_text())]
        self._jvm = (*_HEAP, *jvm, _LOG, "-cp", class_path())
        self._brokers = {
            number: Daemon(
                [java(), *self._jvm, "kafka.Kafka", str(self._properties(number))],
                directory / f"broker-{number}",
                dies_with_us=dies_with_us,
            )
            for number in range(1, len(self._ports) + 1)
        }

    @classmethod
    def make(
        cls,
        directory: Path,
        *,
        ports: list[Ports],
        settings: Mapping[str, str] | None = None,
        dies_with_us: bool,
        jvm: tuple[str, ...] = (),
    ) -> "KafkaCluster":
        """A new cluster of as many brokers as there are ports; none is started yet.

        `settings` are lines of `server.properties`, before our own. Raises `Missing`, `OSError`.
        """
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "ports").write_text(json.dumps(ports))
        for number in range(1, len(ports) + 1):
            folder = directory / f"broker-{number}"
            folder.mkdir()
            text = server_properties(number, ports, folder / "data", settings or {})
            (folder / "server.properties").write_text(text)
        made = cls(directory, dies_with_us=dies_with_us, jvm=jvm)
        made._format()
        return made

    @property
    def bootstrap_servers(self) -> str:
        """Where clients begin: `HOST:PORT`, by commas."""
        return ",".join(f"{each.host}:{each.clients}" for each in self._ports)

    @property
    def numbers(self) -> list[int]:
        """The brokers' numbers, which are their node ids."""
        return list(self._brokers)

    def data_directory(self, number: int) -> Path:
        """Where a broker keeps its logs."""
        return self.directory / f"broker-{number}" / "data"

    def output(self, number: int) -> str:
        """What a broker has said: warnings and errors."""
        return self._brokers[number].output()

    def is_running(self, number: int) -> bool:
        """Whether a broker's process lives."""
        return self._brokers[number].is_running()

    def start_all(self) -> None:
        """Start what is not running, and wait until all are registered. Raises `OSError`."""
        for broker in self._brokers.values():
            broker.start()
        self.until_registered(len(self._brokers))

    def start(self, number: int, *, wait: bool = True) -> None:
        """Start a broker; with `wait`, until it is registered again. Raises `OSError`."""
        self._brokers[number].start()
        if wait:
            self.until_registered(sum(each.is_running() for each in self._brokers.values()), number)

    def stop(self, number: int) -> None:
        """End a broker in good order: its partitions get other leaders first."""
        self._brokers[number].stop()

    def kill(self, number: int) -> None:
        """SIGKILL to a broker; gone on return. The others learn it when its session ends."""
        self._brokers[number].kill()

    def freeze(self, number: int) -> None:
        """SIGSTOP to a broker: connections stay, and new ones are made, but nothing is answered."""
        self._brokers[number].signal(signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        """Let a frozen broker go on."""
        self._brokers[number].signal(signal.SIGCONT)

    def stop_all(self) -> None:
        """End all brokers at once; none is running on return.

        Those that wait for a quorum that is gone would not end by themselves, and are killed.
        """
        for broker in self._brokers.values():
            broker.terminate()
        for broker in self._brokers.values():
            broker.stop()

    def kill_all(self) -> None:
        """SIGKILL to all brokers; gone on return."""
        for broker in self._brokers.values():
            broker.kill()

    def until_registered(self, brokers: int, number: int | None = None) -> None:
        """Wait until so many brokers (and this one) are in the metadata. Raises `OSError`."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        end = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < end:
            ended = [n for n in self.numbers if n == number and not self.is_running(n)]
            if ended or not any(map(self.is_running, self.numbers)):
                break
            try:
                known = admin.list_topics(timeout=1.0).brokers
                if len(known) >= brokers and (number is None or number in known):
                    return
            except KafkaException:
                pass  # nothing answers yet
            time.sleep(_LOOK_AGAIN_S)
        said = "\n".join(f"broker {n}:\n{self.output(n)[-2000:]}" for n in self.numbers)
        raise OSError(f"Kafka did not come up within {READY_WITHIN_S:g} s:\n{said}")

    def _properties(self, number: int) -> Path:
        return self.directory / f"broker-{number}" / "server.properties"

    def _format(self) -> None:
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        tool = [java(), *self._jvm, *START_QUICKLY, "kafka.tools.StorageTool", "format"]
        options = ["--cluster-id", cluster_id, "--config"]
        with ExitStack() as stack:
            formatting = [
                stack.enter_context(
                    subprocess.Popen(
                        [*tool, *options, str(self._properties(number))],
                        stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT,
                        text=True,
                    )
                )
                for number in self.numbers
            ]
            for process in formatting:
                said, _ = process.communicate()
                if process.returncode:
                    raise OSError(f"Kafka could not format its directory:\n{said}")


def free_ports(brokers: int) -> list[Ports]:
    """Ports that nobody listens at now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2 * brokers)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        found = [each.getsockname()[1] for each in sockets]
    return [Ports(*found[n : n + 2]) for n in range(0, 2 * brokers, 2)]
