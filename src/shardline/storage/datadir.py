"""The data directory: everything that one embedded node keeps.

    DIR/
      format      {"format": 1, "made_by": "shardline 0.1.0"}; a newer format is refused
      lock        locked (flock) while a server owns the directory; holds that server's pid
      catalog.db  the catalog (SQLite)
      metrics.db  the metrics (SQLite)
      streams/    one database file per stream
      root-key    the root access key
      master-key  the master key, which wraps the KMS keys in the catalog
      identity    what names the directory; only with a catalog that is elsewhere
      duties      locked (flock) by the worker that does what is done once; only with workers
      node.json   what a running server tells `shardline env`; removed when it stops

The lock file is never removed: a server that waits to lock a removed file would lock nothing. A
process that inherits the lock holds it too: until the last of them ends, others are refused.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from shardline import __version__
from shardline.storage.files import make_private_directory, write_atomic
from shardline.storage.lock_file import Locked, take_lock
from shardline.storage.record_log import StoreUnusable

FORMAT = 1
# What may lie in a directory that has no format file yet: the first start ended early, or the
# directory is the root of a fresh file system, or a new gateway was given the keys of the others.
_BEFORE_FORMAT = frozenset({"lock", ".format.tmp", "lost+found", "root-key", "master-key"})


@dataclass(frozen=True, slots=True)
class _Format:
    format: int
    made_by: str


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What a running server tells the commands beside it. `tls_ca` is the CA file's path."""

    endpoint: str
    region: str
    account: str
    tls_ca: str | None
    pid: int


class DataDir:
    """The paths of a data directory; opened with `open`, also its exclusive owner.

    A command that only reads what a server left there makes a `DataDir(path)`, which does nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Own the directory until `close` or the end of the process; make it if it is missing.

        Raises `StoreUnusable`, with what to do about it, when another server owns it, when it was
        made by a newer Shardline, when it holds something else, or when it cannot be written.
        """
        opened = cls(path)
        try:
            opened._check_format()
            make_private_directory(path)
            opened._take_lock()
            opened._set_up()
        except OSError as error:
            opened._release()
            raise StoreUnusable(
                f"the data directory {path} cannot be used ({error.strerror}): Shardline needs a "
                "directory there that it may write, with free space, or another --data-dir"
            ) from error
        except StoreUnusable:
            opened._release()
            raise
        return opened

    @property
    def lock(self) -> int:
        """The file descriptor that holds the lock of an opened directory."""
        assert self._lock is not None
        return self._lock

    @property
    def catalog(self) -> Path:
        """The catalog's SQLite file."""
        return self.path / "catalog.db"

    @property
    def metrics(self) -> Path:
        """The SQLite file of the metrics."""
        return self.path / "metrics.db"

    @property
    def streams(self) -> Path:
        """The directory of the streams' database files."""
        return self.path / "streams"

    @property
    def root_key(self) -> Path:
        """The file of the root access key."""
        return self.path / "root-key"

    @property
    def master_key(self) -> Path:
        """The file of the master key, unless the settings name another."""
        return self.path / "master-key"

    @property
    def duties(self) -> Path:
        """The file that is locked by whichever of several workers is on duty."""
        return self.path / "duties"

    def identity(self) -> str:
        """What names this directory and no other, made when it is first asked for."""
        path = self.path / "identity"
        if not path.exists():
            write_atomic(path, secrets.token_hex(16).encode())
        return path.read_text()

    @property
    def meters(self) -> Path:
        """The file of the rates that workers share; of no use once they have ended."""
        return self.path / "meters"

    @property
    def node_file(self) -> Path:
        """The file that a running server writes for the commands beside it."""
        return self.path / "node.json"

    def write_node_file(self, info: NodeInfo) -> None:
        """Tell the commands beside this server how to reach it."""
        write_atomic(self.node_file, msgspec.json.encode(info))

    def read_node_file(self) -> NodeInfo | None:
        """What the server of this directory said, or None when none runs.

        After a server was killed, what it said stays until the next start.
        """
        try:
            return msgspec.json.decode(self.node_file.read_bytes(), type=NodeInfo)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise StoreUnusable(f"{self.node_file} cannot be read: {error}") from error

    def close(self) -> None:
        """Give the directory up for the next server. Idempotent."""
        if self._lock is not None:
            self.node_file.unlink(missing_ok=True)
            self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_format(self) -> None:
        """Refuse a directory that is not ours to use, before anything in it is touched."""
        try:
            names = set(os.listdir(self.path))
        except FileNotFoundError:
            return
        if "format" not in names:
            if names - _BEFORE_FORMAT:
                raise StoreUnusable(
                    f"{self.path} is not empty and not a data directory of Shardline: "
                    "choose another --data-dir"
                )
            return
        path = self.path / "format"
        try:
            made = msgspec.json.decode(path.read_bytes(), type=_Format)
        except msgspec.MsgspecError as error:
            raise StoreUnusable(f"{path} is damaged: {error}") from error
        if made.format > FORMAT:
            raise StoreUnusable(
                f"the data directory {self.path} was made by a newer Shardline ({made.made_by}, "
                f"format {made.format}); this one knows up to format {FORMAT}: upgrade it"
            )

    def _take_lock(self) -> None:
        try:
            self._lock = take_lock(self.path / "lock")
        except Locked as owner:
            raise StoreUnusable(
                f"the data directory {self.path} is in use by another server (pid {owner}): "
                "stop that one, or choose another --data-dir"
            ) from owner

    def _set_up(self) -> None:
        """Make what is missing. The format is written at every start: it shows a full disk."""
        made_by = f"shardline {__version__}"
        write_atomic(self.path / "format", msgspec.json.encode(_Format(FORMAT, made_by)))
        make_private_directory(self.streams)
        self.node_file.unlink(missing_ok=True)

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
