"""A disk under a broker, which can be filled: a file system in memory, mounted as root.

It is as large as what many rounds write, and shrunk to what is on it when it is to be full.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from cluster.kafka import KafkaCluster

_SIZE = "8g"
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
    _mount("-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", data)
    shutil.copytree(moved, data, dirs_exist_ok=True)


def remove_from(kafka: KafkaCluster) -> None:
    """Unmount it; the broker has ended."""
    subprocess.run(["umount", "--lazy", kafka.data_directory(NUMBER)], check=True)


@contextlib.contextmanager
def full(kafka: KafkaCluster) -> Iterator[None]:
    """Leave no room on the disk, and give it back again."""
    data = kafka.data_directory(NUMBER)
    used = os.statvfs(data)
    blocks = used.f_blocks - used.f_bfree + 256  # less than what is on it would be refused
    _mount("-o", f"remount,size={blocks * used.f_frsize}", data)
    filler = data / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 20)):
            pass
    try:
        yield
    finally:
        filler.unlink()
        _mount("-o", f"remount,size={_SIZE}", data)


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *arguments], check=True)
