"""Private, durable files: how the data directory's small files are made.

Every file is readable by its owner alone (0600), and every change survives a crash whole or not
at all. A new name is durable only once its directory has been synced too, so that is done here.
"""

import os
import stat
from pathlib import Path

from shardline.storage.record_log import StoreUnusable

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
_LARGEST_FILE = 16 * 1024


def read_private(path: Path, what: str) -> bytes:
    """The content of a small file that holds a secret; `what` names it in messages.

    Raises `StoreUnusable` when it is readable by others, or no file; `OSError`.
    """
    # Not to hang on a pipe that lies in the file's place.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StoreUnusable(f"the {what} file {path} is not a regular file")
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            raise StoreUnusable(
                f"the {what} file {path} is open to others (mode {mode:04o}); "
                f"it must be its owner's alone: chmod 600 {path}"
            )
        return os.read(descriptor, _LARGEST_FILE)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes) -> None:
    """Replace the content of `path`, all or nothing; durable on return.

    One writer at a time: the temporary file beside it has a fixed name, so that a crash leaves at
    most one behind, which the next write takes over.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def create_private(path: Path) -> None:
    """Make an empty file that only its owner can read, unless it is there; durable on return."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    except FileExistsError:
        return
    os.close(descriptor)
    sync_directory(path.parent)


def make_private_directory(path: Path) -> None:
    """Make a directory that only its owner can enter, unless it is there; durable on return.

    Missing parents are made with the usual permissions.
    """
    if path.is_dir():
        return
    path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
