"""The directory of one copy: what was agreed on in `copy.json`, a journal for each source shard."""

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from shardline.copying.errors import Refused
from shardline.copying.journal import Journal, sync_directory

TERMS, LOCK = "copy.json", "lock"


@dataclass(slots=True)
class Terms:
    """What a copy was begun with. `created` are times in seconds since 1970, by which a stream is
    told from a later one of its name; the destination's is None until it is there.

    `makes`: the destination was made by this copy. `ready`: it is as it should be, and `starts`
    says where its shards were.
    """

    id: str
    source_arn: str
    source_created: float
    destination: str
    created: float | None = None
    makes: bool = False
    ready: bool = False
    starts: dict[str, dict[str, Any]] = field(default_factory=dict)


class Store:
    """The directory, which one process holds at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1

    def __enter__(self) -> "Store":
        """Raises `Refused` while another process copies."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise Refused(f"another process is copying by {self.path}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._lock)

    def terms(self) -> Terms | None:
        """What the copy was begun with; None when it was not."""
        return terms_at(self.path)

    def keep(self, terms: Terms) -> None:
        """Make the terms durable."""
        new = self.path / f"{TERMS}.new"
        with open(new, "w", encoding="utf-8") as file:
            json.dump(asdict(terms), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path / TERMS)
        sync_directory(self.path)
        sync_directory(self.path.parent)

    def forget(self) -> None:
        """Begin anew: remove the terms, then the journals."""
        (self.path / TERMS).unlink(missing_ok=True)
        sync_directory(self.path)
        shutil.rmtree(self._shards, ignore_errors=True)

    def journal(self, shard: str) -> Journal:
        """The journal of a source shard."""
        self._shards.mkdir(exist_ok=True)
        return Journal(self._shards / f"{shard}.jsonl")

    def journals(self) -> Mapping[str, Journal]:
        """The journals that there are, by source shard."""
        return journals_at(self.path)

    @property
    def _shards(self) -> Path:
        return self.path / "shards"


def terms_at(path: Path) -> Terms | None:
    """The terms of a directory, without holding it."""
    file = path / TERMS
    return Terms(**json.loads(file.read_text("utf-8"))) if file.exists() else None


def journals_at(path: Path) -> Mapping[str, Journal]:
    """The journals of a directory by source shard, without holding it."""
    found = sorted((path / "shards").glob("*.jsonl"))
    return {each.stem: Journal(each) for each in found}
