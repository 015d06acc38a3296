"""A network of its own for one process, which can be cut: Linux's network namespaces, as root.

Three cables lead out of it: to where the brokers listen, to where PostgreSQL does, and one for
clients.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

BROKERS = "10.213.7.1"  # of this machine, at the ends of the cables that are cut
POSTGRES = "10.213.9.1"
POSTGRES_INSIDE = "10.213.9.2"
INSIDE = "10.213.8.2"  # of the process, for its clients


@dataclass(frozen=True)
class Network:
    """A namespace and its cables."""

    namespace: str
    to_brokers: str
    to_postgres: str

    @contextlib.contextmanager
    def cut(self, cable: str) -> Iterator[None]:
        """Cut one of the cables; packets are lost, nobody is told."""
        _ip("link", "set", "dev", cable, "down")
        try:
            yield
        finally:
            _ip("link", "set", "dev", cable, "up")


def is_possible() -> bool:
    """Whether this process may make networks."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """A network, for as long as the block lasts."""
    name = f"shl{os.getpid()}"
    _ip("netns", "add", name)
    try:
        _ip("-n", name, "link", "set", "dev", "lo", "up")
        for end, ours, theirs in (
            ("b", BROKERS, "10.213.7.2"),
            ("c", "10.213.8.1", INSIDE),
            ("p", POSTGRES, POSTGRES_INSIDE),
        ):
            here, there = f"{name}{end}", f"{name}{end}n"
            _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
            _ip("addr", "add", f"{ours}/24", "dev", here)
            _ip("-n", name, "addr", "add", f"{theirs}/24", "dev", there)
            _ip("link", "set", "dev", here, "up")
            _ip("-n", name, "link", "set", "dev", there, "up")
        yield Network(name, f"{name}b", f"{name}p")
    finally:
        _ip("netns", "del", name)


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
