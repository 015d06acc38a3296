"""What the catalog keeps of a stream: plain, immutable data without behaviour.

The rules about these values are in `shardline.kinesis`; the tables are in
`shardline.storage.catalog`.
"""

from dataclasses import dataclass
from typing import Literal

StreamStatus = Literal["CREATING", "ACTIVE", "UPDATING", "DELETING"]
StreamMode = Literal["PROVISIONED", "ON_DEMAND"]
ConsumerStatus = Literal["CREATING", "ACTIVE", "DELETING"]
Distribution = Literal["USER_PARTITION_KEY", "AUTO"]
KmsKeyState = Literal["ENABLED", "DISABLED", "PENDING_DELETION"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: a range of hash keys, and its place in the lineage.

    `hash_start` and `hash_end` are inclusive. `created_s` is the second that its sequence numbers
    hold, which is later than the last second of its parents. A closed shard has `closed_ms` and
    `end`, the offset after its last record.
    """

    number: int
    hash_start: int
    hash_end: int
    created_s: int
    parent: int | None = None
    adjacent_parent: int | None = None
    closed_ms: int | None = None
    end: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the shard accepts records."""
        return self.closed_ms is None


@dataclass(frozen=True, slots=True)
class Pending:
    """A change of a stream that has been accepted and is due at `due_ms`.

    `event` is what happened, in the words of the lifecycle table. For a reshard, `children` are
    the shards to open and `parents` the numbers to close; some children may also be closed at
    once (`parents` names them too), as the steps of UpdateShardCount do.
    """

    event: str
    due_ms: int
    parents: tuple[int, ...] = ()
    children: tuple[Shard, ...] = ()


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer with enhanced fan-out, registered with a stream.

    Its name is unique within the stream, and may be used again; the second of `created_ms` is part
    of its ARN, so that no two consumers of a stream ever share one. CREATING and DELETING end at
    `due_ms`. `policy` is its resource policy, as it was sent.
    """

    name: str
    created_ms: int
    status: ConsumerStatus
    due_ms: int
    tags: tuple[tuple[str, str], ...] = ()
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class KmsKey:
    """A KMS key: its material, wrapped by the master key, and the state that says if it works.

    `alias` begins with `alias/`, and is one key's only within an account and region.
    """

    id: str
    account: str
    region: str
    alias: str | None
    created_ms: int
    state: KmsKeyState
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class StreamKey:
    """A data key of a stream, wrapped by the KMS key of that id. Records name it by its number.

    A stream keeps every key that records may be stored under; the newest has the highest number.
    """

    number: int
    kms_key: str
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as the catalog holds it. `id` names it for ever; `name` may be used again later.

    `version` counts the changes of this stream; the catalog refuses an update from an old one.
    Shards are sorted by number, consumers by name. `reshards_ms` are the times of the
    UpdateShardCount calls, `mode_switches_ms` those of UpdateStreamMode, and `key_changes_ms` those
    of StartStreamEncryption and StopStreamEncryption, of the last 24 hours. `key_id` names the KMS
    key as the caller did; None means that records are not encrypted. `warm_mibps` is the warm
    throughput that was asked for, in MiB/s. `policy` is the resource policy, as it was sent.
    `topic` is the Kafka topic that an adopted stream is: its shards are the topic's partitions, by
    number, and nobody writes to it through us.
    """

    id: str
    account: str
    region: str
    name: str
    created_ms: int
    mode: StreamMode
    status: StreamStatus
    retention_hours: int
    max_record_kib: int
    shards: tuple[Shard, ...]
    shard_metrics: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    reshards_ms: tuple[int, ...] = ()
    mode_switches_ms: tuple[int, ...] = ()
    distribution: Distribution = "USER_PARTITION_KEY"
    warm_mibps: int | None = None
    key_id: str | None = None
    key_changes_ms: tuple[int, ...] = ()
    keys: tuple[StreamKey, ...] = ()
    policy: str | None = None
    topic: str | None = None
    consumers: tuple[Consumer, ...] = ()
    pending: Pending | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class DayPeak:
    """The highest write load of an on-demand stream on one day: means of a minute, per second.

    `day` counts from 1970-01-01 in UTC. Bytes and records may be of different minutes.
    """

    stream_id: str
    day: int
    bytes: int
    records: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """An account's minimum throughput billing commitment in a region, the latest one it made.

    `ended_ms` is when it ended, or when it will; None means that it goes on.
    """

    account: str
    region: str
    started_ms: int
    ended_ms: int | None = None
