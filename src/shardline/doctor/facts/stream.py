"""The stream, and what Kinesis and CloudWatch tell of it besides metrics."""

from dataclasses import dataclass
from typing import Literal

from shardline.module.places import Place


@dataclass(frozen=True, slots=True)
class Stream:
    """DescribeStreamSummary. `key` is None where records are not encrypted."""

    name: str
    arn: str
    status: str
    mode: Literal["PROVISIONED", "ON_DEMAND"]
    open_shards: int
    retention_hours: int
    key: str | None
    shard_level_metrics: tuple[str, ...]
    created_s: int

    @property
    def place(self) -> Place:
        """The account and region that its ARN names."""
        _, partition, _, region, account, _ = self.arn.split(":", 5)
        return Place(account, region, partition)


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard of ListShards; its times as far as its sequence numbers tell them."""

    id: str
    start: int
    end: int
    is_open: bool
    created_s: int | None = None
    closed_s: int | None = None
    parents: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """The part of all hash keys that is this shard's."""
        return (self.end - self.start + 1) / (1 << 128)


@dataclass(frozen=True, slots=True)
class Consumer:
    """A consumer with enhanced fan-out."""

    name: str
    arn: str
    status: str


@dataclass(frozen=True, slots=True)
class Limits:
    """DescribeLimits: of the account in the region."""

    shard_limit: int
    open_shards: int
    on_demand_streams: int
    on_demand_limit: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm about the stream, in the state ALARM."""

    name: str
    reason: str
    since_s: int


@dataclass(frozen=True, slots=True)
class Position:
    """How far a consumer says that it is: a sequence number, or KCL's words for the ends.

    `source` says where that was read; a lease without an owner is nobody's.
    """

    source: str
    shard: str
    checkpoint: str
    owner: str | None = None
    has_owner: bool = True
