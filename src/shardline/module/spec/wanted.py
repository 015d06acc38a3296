"""What a stream should be: everything that a configuration means, written out.

`plan`, `apply`, `export`, `doctor` and `autoscale` work with this. Nothing is left to be derived,
and units stand in the names. `resolve` makes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shardline.module.spec.alarms import AlarmName
from shardline.module.spec.presets import PresetName


@dataclass(frozen=True, slots=True)
class OnDemand:
    """AWS makes room for what arrives, and owns the number of shards."""

    mode: Literal["ON_DEMAND"] = "ON_DEMAND"
    owner: Literal["aws"] = "aws"


@dataclass(frozen=True, slots=True)
class FixedShards:
    """The configuration owns the number of shards: another number is drift."""

    count: int
    mode: Literal["PROVISIONED"] = "PROVISIONED"
    owner: Literal["config"] = "config"


@dataclass(frozen=True, slots=True)
class ScaledShards:
    """The scaler owns the number of shards: any between the bounds is right.

    `target_utilization` is a share of 1. A stream is created with `least`.
    """

    least: int
    most: int
    target_utilization: float
    mode: Literal["PROVISIONED"] = "PROVISIONED"
    owner: Literal["scaler"] = "scaler"


Capacity = OnDemand | FixedShards | ScaledShards


@dataclass(frozen=True, slots=True)
class WantedAlarms:
    """The alarms that there should be, and where they go.

    `thresholds` has an alarm or it should not be; the number is milliseconds for an age
    (`alarms.AGES`), else a share of 1. The alarm of fan-out consumers is one for each of them.
    """

    thresholds: Mapping[AlarmName, int | float]
    notify: tuple[str, ...]
    notify_recovered: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Grantee:
    """A role or a user that a policy is attached to."""

    kind: Literal["role", "user"]
    name: str


@dataclass(frozen=True, slots=True)
class WantedRole:
    """A role that is created if it is not there. `trust`: services, accounts and ARNs."""

    name: str
    trust: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantedAccess:
    """Who may do what, and the roles that are created for it.

    `stated` are the lists that were written. Such a list is the whole one: whoever else has the
    policy loses it. A list that was left out says nothing of others who have the policy.
    """

    read: tuple[Grantee, ...]
    write: tuple[Grantee, ...]
    manage: tuple[Grantee, ...]
    roles: tuple[WantedRole, ...]
    stated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WantedStream:
    """A stream with everything around it."""

    name: str
    region: str
    preset: PresetName | None
    """The preset that was written, to be told; what it says is in the other fields already."""
    capacity: Capacity
    retention_hours: int
    max_record_size_kib: int
    kms_key: str | None
    """The key that records are encrypted with; None: they are not encrypted."""
    shard_level_metrics: tuple[str, ...]
    """CloudWatch's names, in AWS's order; all seven for `all`."""
    consumers: tuple[str, ...]
    expect_readers: bool
    alarms: WantedAlarms
    access: WantedAccess
    tags: Mapping[str, str]
    """The user's own, without those by which the module knows what it made."""
