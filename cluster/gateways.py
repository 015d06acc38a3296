"""Gateways of Shardline over the cluster, each a server with a data directory of its own.

The first one makes the keys; the others get copies, as every gateway of a catalog needs the same.
"""

import contextlib
import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from cluster.processes import Daemon

_READY_WITHIN_S = 30.0
_KEYS = ("master-key", "root-key")


class Gateways:
    """So many gateways under a directory, at the ports from `port` on."""

    def __init__(self, directory: Path, count: int, port: int, told: Mapping[str, str]) -> None:
        self._directory = directory
        self._ports = [port + number for number in range(count)]
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("SHARDLINE_", "AWS_"))}
        self._daemons = [self._daemon(n, {**kept, **told}) for n in range(count)]

    def _daemon(self, number: int, environment: Mapping[str, str]) -> Daemon:
        where = ["--data-dir", str(self._data(number)), "--port", str(self._ports[number])]
        command = [sys.executable, "-m", "shardline", "serve", *where]
        directory = self._directory / str(number + 1)
        return Daemon(command, directory, dies_with_us=False, environment=environment)

    def _data(self, number: int) -> Path:
        return self._directory / str(number + 1) / "data"

    def start(self) -> None:
        """Start what is not running, and wait until it serves. Raises `OSError`."""
        for number, daemon in enumerate(self._daemons):
            if number:
                self._give_keys(self._data(number))
            daemon.start()
            self._wait(number, daemon)

    def _give_keys(self, data: Path) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in _KEYS:
            if not (data / name).exists():
                shutil.copy2(self._data(0) / name, data / name)

    def _wait(self, number: int, daemon: Daemon) -> None:
        until = time.monotonic() + _READY_WITHIN_S
        while not self._serves(number):
            if not daemon.is_running() or time.monotonic() > until:
                said = daemon.output()[-2000:]
                raise OSError(f"gateway {number + 1} does not serve: {said}")
            time.sleep(0.1)

    def _serves(self, number: int) -> bool:
        url = f"http://127.0.0.1:{self._ports[number]}/_shardline/health"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def stop(self) -> None:
        """End them all: each finishes what it has accepted."""
        for daemon in self._daemons:
            daemon.terminate()
        for daemon in self._daemons:
            daemon.stop()

    def running(self) -> dict[str, bool]:
        """Which of them live, by name."""
        return {f"gateway {n + 1}": each.is_running() for n, each in enumerate(self._daemons)}

    def addresses(self) -> dict[str, str]:
        """How a client reaches them, by the names of AWS's variables; and where each of them is."""
        if not self._ports or not (self._data(0) / "root-key").exists():
            return {}
        key = json.loads((self._data(0) / "root-key").read_text())
        endpoints = [f"http://127.0.0.1:{port}" for port in self._ports]
        return {
            "GATEWAYS": " ".join(endpoints),
            "AWS_ENDPOINT_URL": endpoints[0],
            "AWS_ACCESS_KEY_ID": key["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": key["secret_access_key"],
            "AWS_DEFAULT_REGION": "us-east-1",
        }
