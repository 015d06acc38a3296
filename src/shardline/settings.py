"""What a node can be told, by the command line or by environment variables `SHARDLINE_*`."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

DEFAULT_PORT = 4567
DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"


def default_data_dir() -> Path:
    """Where a node keeps its data when nobody says: the user's data directory (XDG)."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "shardline"


@dataclass(frozen=True, slots=True)
class StreamAtStart:
    """A stream that is there from the start: `NAME` (on demand) or `NAME:SHARDS`."""

    name: str
    shards: int | None

    @classmethod
    def parse(cls, text: str) -> "StreamAtStart":
        """Read `NAME[:SHARDS]`. Raises ValueError with what would be right."""
        name, colon, shards = text.partition(":")
        if not name or (colon and not (shards.isascii() and shards.isdigit() and int(shards) > 0)):
            raise ValueError(f"{text!r} is not NAME or NAME:SHARDS, such as events:4")
        return cls(name, int(shards) if colon else None)


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """All settings of one node. `data_dir` None keeps everything in memory, for tests."""

    data_dir: Path | None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    transition_ms: int = 0
    limits: Literal["counts", "aws", "off"] = "counts"  # which of AWS's limits hold
    streams: tuple[StreamAtStart, ...] = ()
    root_key: tuple[str, str] | None = None
    catalog_url: str | None = field(default=None, repr=False)  # PostgreSQL's; None for a file
    log_url: str | None = None  # Kafka's, of the records; None for the data directory
    key_file: Path | None = None  # of the master key; None for the data directory's own
    tls: Literal["off", "self-signed", "files"] = "off"
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    alarm_topics: tuple[tuple[str, str], ...] = ()  # SNS topics, by name or ARN, and their URLs
    alarm_hosts: tuple[str, ...] = ()  # that alarms may post to; none for any
    http_server: str = "h2corn"
    drain_s: float = 30.0  # how long accepted requests have to finish when the node stops
    metrics_token: str | None = field(default=None, repr=False)  # who has it may see the metrics
    memory_bytes: int | None = None  # None for no bound: the process is not the node's alone
    log_format: Literal["text", "json"] = "text"
    audit_log: str | None = None  # a file, or `-` for standard output
    log_vfs: str | None = None  # the name of an SQLite VFS for the records: how tests inject faults
