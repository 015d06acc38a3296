"""The lock file of a data directory: who has it locked owns the directory."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from shardline.storage.files import PRIVATE_FILE

ORPHANS_S = 3.0
_LOOK_EVERY_S = 0.02


class Locked(Exception):
    """Somebody else has it; the text is that process's id, as far as it is known."""


def take_lock(
    path: Path,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Lock a file, which is made if it is missing, until every copy of the descriptor is closed.

    The file says which process has it. When that one is gone, those that inherited the lock from it
    are about to end: they are waited for, up to `ORPHANS_S`. Raises `Locked`, `OSError`.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    deadline = now() + ORPHANS_S
    try:
        while not _locked(descriptor):
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            if not _is_gone(owner) or now() >= deadline:
                raise Locked(owner or "unknown")
            sleep(_LOOK_EVERY_S)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_gone(owner: str) -> bool:
    """Whether there is no such process, to the best of our knowledge."""
    if not owner.isdigit():
        return False
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False
