"""From a stream, and what is there under its copy's name, to what has to be done first. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shardline.copying.settings import COPY_TAG, Settings

LEAST_RETENTION_HOURS = 24
RESERVED_TAGS = ("aws:", COPY_TAG)
AWS_KEY = "alias/aws/kinesis"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of Kinesis's API by AWS's name, and its parameters beside the stream's name."""

    operation: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """`calls` make the destination, and are none where it is there.

    `refusals` say why nothing is written, `differs` what is otherwise at a destination that is
    there, `left` what of the source is not copied, and `warnings` what to know.
    """

    calls: tuple[Call, ...] = ()
    refusals: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan(source: Settings, there: Settings | None, *, same_keys: bool) -> Plan:
    """What to do. `same_keys`: both sides are one account of one place, with the same KMS keys."""
    left, warnings = tuple(_left(source)), tuple(_warnings(source, there))
    if there is not None:
        refusals = tuple(_refusals(source, there))
        return Plan((), refusals, tuple(_differences(source, there)), left, warnings)
    key = source.kms_key
    if key is not None and key != AWS_KEY and not same_keys:
        reason = (
            f"its records are encrypted with {key}, which the destination does not have: make the "
            "stream there first, encrypted as it should be, and copy into that"
        )
        return Plan(refusals=(reason,), left=left, warnings=warnings)
    return Plan(tuple(_calls(source)), left=left, warnings=warnings)


def _calls(source: Settings) -> Iterator[Call]:
    create: dict[str, Any] = {"StreamModeDetails": {"StreamMode": source.mode}}
    if source.mode == "PROVISIONED":
        create["ShardCount"] = len(source.ranges)
    if source.max_record_kib != 1024:
        create["MaxRecordSizeInKiB"] = source.max_record_kib
    tags = {key: value for key, value in source.tags.items() if not key.startswith(RESERVED_TAGS)}
    if tags:
        create["Tags"] = tags
    yield Call("CreateStream", create)
    if source.kms_key is not None:
        yield Call("StartStreamEncryption", {"EncryptionType": "KMS", "KeyId": source.kms_key})
    if source.retention_hours > LEAST_RETENTION_HOURS:
        hours = {"RetentionPeriodHours": source.retention_hours}
        yield Call("IncreaseStreamRetentionPeriod", hours)
    if source.shard_metrics:
        metrics = {"ShardLevelMetrics": list(source.shard_metrics)}
        yield Call("EnableEnhancedMonitoring", metrics)


def _refusals(source: Settings, there: Settings) -> Iterator[str]:
    if source.arn == there.arn and source.created == there.created:
        yield "the source and the destination are the same stream"
        return
    if there.status not in ("ACTIVE", "UPDATING"):
        yield f"the destination is {there.status}"
    if there.is_spread:
        yield (
            "the destination spreads records by itself (RecordDistributionStrategy AUTO) and "
            "ignores hash keys: neither the order of a key nor its shard would be kept"
        )
    if there.max_record_kib < source.max_record_kib:
        yield (
            f"the destination takes records of {there.max_record_kib:,} KiB, the source's may have "
            f"{source.max_record_kib:,}: raise it with `aws kinesis update-max-record-size`"
        )


def _differences(source: Settings, there: Settings) -> Iterator[str]:
    pairs = (
        ("mode", source.mode, there.mode),
        ("open shards", len(source.ranges), len(there.ranges)),
        ("retention in hours", source.retention_hours, there.retention_hours),
        ("maximum record size in KiB", source.max_record_kib, there.max_record_kib),
        ("encryption", source.kms_key or "none", there.kms_key or "none"),
        ("shard metrics", _named(source.shard_metrics), _named(there.shard_metrics)),
    )
    for what, here, other in pairs:
        if here != other:
            yield f"{what}: {here} at the source, {other} at the destination"


def _named(metrics: tuple[str, ...]) -> str:
    return ", ".join(sorted(metrics)) or "none"


def _left(source: Settings) -> Iterator[str]:
    if source.consumers:
        yield f"{source.consumers} registered consumer(s), and where consumers are in the stream"
    if source.policy:
        yield "the resource policy"
    if source.is_spread:
        yield "RecordDistributionStrategy AUTO: the destination goes by keys"
    if source.warm_mibps:
        yield f"warm throughput of {source.warm_mibps} MiB/s"
    reserved = [key for key in source.tags if key.startswith("aws:")]
    if reserved:
        yield f"tags of AWS's own: {', '.join(reserved)}"


def _warnings(source: Settings, there: Settings | None) -> Iterator[str]:
    if source.is_spread:
        yield "records without a partition key get the id of their source shard as one"
    borders = {place.start for place in there.ranges} if there else _uniform(source)
    if any(place.start < border <= place.end for place in source.ranges for border in borders):
        yield (
            "a source shard is parted by a border of the destination's: records that were put with "
            "an explicit hash key all go to its first part (aggregates of the KPL too, whose "
            "readers drop what does not belong to their shard)"
        )


def _uniform(source: Settings) -> set[int]:
    """Where the shards of a stream begin that is made for this one."""
    count = len(source.ranges) if source.mode == "PROVISIONED" else 4
    return {(1 << 128) * number // count for number in range(count)} if count else set()
