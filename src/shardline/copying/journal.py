"""What has been copied of one source shard, on disk: a file of JSON lines, which is also its map.

    {"sending": [first, last, records]}     written before a request goes out
    {"from": [first, last], "to": {shard: [first, last, records]}, "records": …, "bytes": …, …}
                                            a request has arrived: source numbers to destination's
    {"ended": true}                         the shard was closed, and copied to its end
    {"ended": true, "lost": true}           it expired before that

What has arrived and the request that follows are one write with one sync. So after a kill at most
the last request is in doubt, and the file says which records those are. A line that was cut off by
a crash has no line end, and counts for nothing.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from shardline.copying.records import SUMS


class Sending(NamedTuple):
    """Source records that were about to be sent: the first, the last, how many."""

    first: str
    last: str
    records: int


@dataclass(slots=True)
class Span:
    """Records in one shard of the destination."""

    first: str
    last: str
    records: int


@dataclass(slots=True)
class Copied:
    """What has been copied of a shard. `bytes` counts keys and data; `sum` is their checksum.

    `resent` records were refused at first, `found` ones had arrived though no answer said so;
    `in_doubt` ones may have arrived twice, since the destination could not be looked at.
    """

    first: str | None = None
    last: str | None = None
    arrived: float = 0.0
    records: int = 0
    bytes: int = 0
    sum: int = 0
    keyless: int = 0
    out_of_order: int = 0
    resent: int = 0
    found: int = 0
    in_doubt: int = 0
    to: dict[str, Span] = field(default_factory=dict)
    sending: Sending | None = None
    ended: bool = False
    lost: bool = False

    def take(self, line: dict[str, Any]) -> None:
        """Take in one line of the file."""
        if "sending" in line:
            self.sending = Sending(*line["sending"])
        elif "ended" in line:
            self.ended, self.lost = True, line.get("lost", False)
        else:
            self._add(line)

    def _add(self, line: dict[str, Any]) -> None:
        first, self.last = line["from"]
        self.first = self.first or first
        self.arrived, self.sending = line["arrived"], None
        self.sum = (self.sum + int(line["sum"], 16)) % SUMS
        for name in ("records", "bytes", "keyless", "out_of_order", "resent", "found", "in_doubt"):
            setattr(self, name, getattr(self, name) + line.get(name, 0))
        for shard, (begin, end, records) in line["to"].items():
            span = self.to.setdefault(shard, Span(begin, end, 0))
            span.last = max(span.last, end, key=int)
            span.records += records


class Journal:
    """The file of one shard. One thread at a time."""

    def __init__(self, path: Path) -> None:
        self.copied = Copied()
        self._path = path
        self._file: BinaryIO | None = None
        self._waiting: list[dict[str, Any]] = []
        self._whole = _replay(path, self.copied)

    def sends(self, sending: Sending) -> None:
        """Say, durably, that a request is about to go out, and what has arrived before."""
        self._put({"sending": list(sending)})
        self.flush()

    def has_arrived(self, line: dict[str, Any]) -> None:
        """Say that the request has arrived. It is durable with the next `sends` or `flush`."""
        self._put(line)

    def ends(self, *, lost: bool = False) -> None:
        """Say, durably, that the shard was copied to its end, or expired before."""
        self._put({"ended": True, "lost": True} if lost else {"ended": True})
        self.flush()

    def flush(self) -> None:
        """Make durable what was said."""
        if not self._waiting:
            return
        file = self._opened()
        lines = (json.dumps(each, separators=(",", ":")) + "\n" for each in self._waiting)
        file.write("".join(lines).encode())
        os.fsync(file.fileno())
        self._waiting.clear()

    def close(self) -> None:
        """Give up the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put(self, line: dict[str, Any]) -> None:
        self.copied.take(line)
        self._waiting.append(line)

    def _opened(self) -> BinaryIO:
        if self._file is None:
            is_new = not self._path.exists()
            self._file = open(self._path, "ab", buffering=0)  # noqa: SIM115  # `close` does
            self._file.truncate(self._whole)
            if is_new:
                sync_directory(self._path.parent)
        return self._file


def _replay(path: Path, copied: Copied) -> int:
    """Take in a file; how many bytes of it are whole lines."""
    whole = 0
    if path.exists():
        with open(path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                copied.take(json.loads(line))
                whole += len(line)
    return whole


def sync_directory(path: Path) -> None:
    """Make durable which files a directory has."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
