"""From what was written to what is wanted: presets, defaults and derived values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from shardline.module.spec import alarms, rules
from shardline.module.spec.alarm_fields import Alarms
from shardline.module.spec.alarms import AlarmName
from shardline.module.spec.config import StreamConfig
from shardline.module.spec.parts import Access, NewRole, OwnKey, ShardMetric, ShardRange
from shardline.module.spec.presets import DEFAULTS
from shardline.module.spec.quantities import RECORD_SIZE, RETENTION, TARGET
from shardline.module.spec.wanted import (
    Capacity,
    FixedShards,
    Grantee,
    OnDemand,
    ScaledShards,
    WantedAccess,
    WantedAlarms,
    WantedRole,
    WantedStream,
)

DEFAULT_REGION = "us-east-1"
AWS_KEY = "alias/aws/kinesis"
"""The key that AWS has for Kinesis in every account; it needs no making and costs nothing."""
METRICS: tuple[str, ...] = get_args(ShardMetric)
DEFAULT_TARGET = "60%"


def resolve(config: StreamConfig, *, default_region: str = DEFAULT_REGION) -> WantedStream:
    """All that a configuration means. `default_region` is for one that names no region."""
    written = {field: getattr(config, field) for field in config.written()}
    values = {**DEFAULTS, **rules.preset_values(config.written()), **written}
    retention_hours = int(RETENTION.parse(values["retention"])) // 60
    capacity = _capacity(config, values)
    consumers = tuple(values["consumers"])
    return WantedStream(
        name=config.name,
        region=config.region or default_region,
        preset=config.preset,
        capacity=capacity,
        retention_hours=retention_hours,
        max_record_size_kib=int(RECORD_SIZE.parse(values["max_record_size"])),
        kms_key=_kms_key(values["encryption"]),
        shard_level_metrics=_metrics(values["shard_level_metrics"]),
        consumers=consumers,
        expect_readers=values["expect_readers"],
        alarms=_alarms(values["alarms"], retention_hours, _possible(capacity, consumers)),
        access=_access(config.access or Access()),
        tags=MappingProxyType(dict(values["tags"])),
    )


def _capacity(config: StreamConfig, values: Mapping[str, Any]) -> Capacity:
    if rules.mode_of(config.written()) == "on_demand":
        return OnDemand()
    shards = values["shards"]
    if isinstance(shards, ShardRange):
        target = TARGET.parse(shards.target_utilization or DEFAULT_TARGET)
        return ScaledShards(shards.min, shards.max, float(target / 100))
    return FixedShards(shards)


def _kms_key(encryption: bool | OwnKey) -> str | None:
    if isinstance(encryption, OwnKey):
        return encryption.key
    return AWS_KEY if encryption else None


def _metrics(written: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(written, str):
        return METRICS if written == "all" else ()
    return tuple(metric for metric in METRICS if metric in written)


def _possible(capacity: Capacity, consumers: tuple[str, ...]) -> frozenset[AlarmName]:
    """The alarms that have something to look at."""
    possible = set(AlarmName)
    if isinstance(capacity, OnDemand):
        possible -= alarms.UTILIZATIONS
    if not consumers:
        possible.discard(AlarmName.CONSUMER_LAG)
    return frozenset(possible)


def _alarms(
    written: bool | Alarms, retention_hours: int, possible: frozenset[AlarmName]
) -> WantedAlarms:
    if written is False:
        return WantedAlarms(MappingProxyType({}), (), ())
    settings = written if isinstance(written, Alarms) else Alarms()
    thresholds = {}
    for name in AlarmName:
        setting = settings.setting(name)
        if name not in possible or setting is False:
            continue
        thresholds[name] = (
            alarms.written_threshold(name, setting)
            if isinstance(setting, str)
            else alarms.default_threshold(name, retention_hours)
        )
    return WantedAlarms(
        MappingProxyType(thresholds), settings.notify or (), settings.notify_recovered or ()
    )


def _access(access: Access) -> WantedAccess:
    lists = (access.read or (), access.write or (), access.manage or ())
    trust: dict[str, list[str]] = {}
    for entry in (entry for entries in lists for entry in entries):
        if isinstance(entry, NewRole):
            # A role that stands in several lists is one role: what is said of it adds up.
            trusted = trust.setdefault(entry.role, [])
            trusted += [one for one in entry.trust if one not in trusted]
    read, write, manage = (_grantees(entries) for entries in lists)
    roles = tuple(WantedRole(name, tuple(trusted)) for name, trusted in trust.items())
    stated = {name for name in Access.model_fields if getattr(access, name) is not None}
    return WantedAccess(read, write, manage, roles, frozenset(stated))


def _grantees(entries: tuple[str | NewRole, ...]) -> tuple[Grantee, ...]:
    return tuple(dict.fromkeys(_grantee(entry) for entry in entries))


def _grantee(entry: str | NewRole) -> Grantee:
    if isinstance(entry, NewRole):
        return Grantee("role", entry.role)
    kind, _, name = entry.partition("/")
    return Grantee("user" if kind == "user" else "role", name)
