"""A small disk under a broker, which can be filled: a file system in memory, mounted as root."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cluster.kafka import KafkaCluster

_SIZE = "400m"
NUMBER = 1  # the broker that has it


def is_possible() -> bool:
    """Whether this process may mount."""
    return os.geteuid() == 0 and shutil.which("mount") is not None


def put_under(kafka: KafkaCluster) -> None:
    """Move what a broker has, before it starts, to a disk of its own."""
    data = kafka.data_directory(NUMBER)
    moved = data.with_name("moved")
    data.rename(moved)
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", data], check=True)
    shutil.copytree(moved, data, dirs_exist_ok=True)


def remove_from(kafka: KafkaCluster) -> None:
    """Unmount it; the broker has ended."""
    subprocess.run(["umount", "--lazy", kafka.data_directory(NUMBER)], check=True)


@contextlib.contextmanager
def full(kafka: KafkaCluster) -> Iterator[None]:
    """Fill what is left of the disk, and free it again."""
    filler = kafka.data_directory(NUMBER) / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 20)):
            pass
    try:
        yield
    finally:
        Path(filler).unlink()
