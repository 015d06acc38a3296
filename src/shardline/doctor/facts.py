"""What was read of a stream and of what is around it: immutable, without a judgement.

A reading may have failed, which is a fact as well: each is `T | Failed`. None stands for what was
not asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from shardline.doctor.findings import Series, Unit
from shardline.module.places import Place
from shardline.module.scaling.rules import Rules
from shardline.module.spec.wanted import Grantee

_DENIED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized")


@dataclass(frozen=True, slots=True)
class Failed:
    """A reading that failed. `call` is the permission that it needs: `iam:SimulatePrincipalPolicy`.

    `code` is AWS's, or the name of what the SDK raised.
    """

    call: str
    code: str
    message: str = ""

    @property
    def is_denied(self) -> bool:
        """Whether a permission was missing."""
        return any(word in self.code for word in _DENIED)

    def __str__(self) -> str:
        if self.is_denied:
            return f"the caller lacks {self.call}"
        return f"{self.call}: {self.code}{': ' if self.message else ''}{self.message}"


T = TypeVar("T")
Reading: TypeAlias = T | Failed


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
class Metrics:
    """Metrics of AWS/Kinesis in equal steps, None where there is no datapoint.

    A key is the metric's name, the statistic, and the shard or consumer it is of, "" for neither.
    """

    start_s: int
    step_s: int
    steps: int
    values: Mapping[tuple[str, str, str], Sequence[float | None]]

    def of(self, name: str, statistic: str = "Sum", owner: str = "") -> Sequence[float | None]:
        """A metric's values: nothing but None when it was not asked for."""
        return self.values.get((name, statistic, owner)) or (None,) * self.steps

    def known(self, name: str, statistic: str = "Sum", owner: str = "") -> list[float]:
        """The values that are there."""
        return [value for value in self.of(name, statistic, owner) if value is not None]

    def total(self, name: str, owner: str = "") -> float:
        """The sum of all steps."""
        return sum(self.known(name, "Sum", owner))

    def end_s(self, step: int) -> int:
        """When a step is over."""
        return self.start_s + (step + 1) * self.step_s

    def last_positive(self, name: str, owner: str = "") -> int | None:
        """The last step in which a sum was more than nothing."""
        found = (i for i, value in enumerate(self.of(name, "Sum", owner)) if value)
        return max(found, default=None)

    def series(
        self,
        name: str,
        unit: Unit,
        statistic: str = "Sum",
        owner: str = "",
        limit: float | None = None,
    ) -> Series:
        """A metric, to be drawn."""
        title = f"{name} {owner}".rstrip()
        values = tuple(self.of(name, statistic, owner))
        return Series(title, unit, self.start_s, self.step_s, values, limit)


@dataclass(frozen=True, slots=True)
class Load:
    """Bytes and records of each of the last 300 minutes: what the engine of scaling looks at."""

    bytes: Sequence[float]
    records: Sequence[float]


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


@dataclass(frozen=True, slots=True)
class Sample:
    """What a few records of the last minutes said: counts by partition key, the most first.

    `refused` are the errors of the shards that could not be read.
    """

    records: int
    shards: int
    keys: tuple[tuple[str, int], ...]
    refused: tuple[Failed, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that somebody has: `source` is its ARN, or `inline NAME`."""

    source: str
    document: Mapping[str, Any]
    of_aws: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a role with all of its policies, those of its groups included."""

    kind: Literal["user", "role"]
    name: str
    arn: str
    policies: tuple[Policy, ...]
    has_boundary: bool = False


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer's managed policy, and how many have it."""

    name: str
    arn: str
    document: Mapping[str, Any]
    attachments: int


@dataclass(frozen=True, slots=True)
class Account:
    """GetAccountAuthorizationDetails."""

    principals: tuple[Principal, ...]
    policies: Mapping[str, ManagedPolicy]


@dataclass(frozen=True, slots=True)
class Simulation:
    """What IAM says that a principal may do: the decision by action."""

    principal: str
    decisions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Config:
    """What a stream.yaml says that doctor holds the stream against; `rules` only if it scales."""

    file: str
    rules: Rules | None
    grants: Mapping[str, tuple[Grantee, ...]] = field(default_factory=dict)
    key: str | None = None
    wants_policies: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was read. `name` is the stream's."""

    name: str
    now_s: int
    since_s: int
    endpoint: str | None
    stream: Reading[Stream]
    shards: Reading[tuple[Shard, ...]]
    consumers: Reading[tuple[Consumer, ...]]
    tags: Reading[Mapping[str, str]]
    key_state: Reading[str] | None
    metrics: Reading[Metrics]
    shard_metrics: Reading[Metrics] | None
    hours: Reading[Metrics]
    load: Reading[Load]
    limits: Reading[Limits]
    alarms: Reading[tuple[Alarm, ...]]
    account: Reading[Account]
    simulation: Reading[Simulation] | None = None
    needs: tuple[str, ...] = ()
    positions: Reading[tuple[Position, ...]] | None = None
    sample: Reading[Sample] | None = None
    config: Config | None = None

    @property
    def is_aws(self) -> bool:
        """Whether this is AWS itself."""
        return self.endpoint is None

    @property
    def open_shards(self) -> tuple[Shard, ...]:
        """The open shards, as far as they could be listed."""
        if isinstance(self.shards, Failed):
            return ()
        return tuple(shard for shard in self.shards if shard.is_open)
