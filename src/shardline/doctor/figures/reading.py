"""Asks Kinesis what a stream is, and CloudWatch for its metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from shardline.doctor.facts import Metrics
from shardline.doctor.figures.measures import Group, Key
from shardline.doctor.gather.metrics import read

MOST_STEPS = 1440
_DAY_S = 86_400
# CloudWatch keeps minutes for 15 days, five minutes for 63, hours for 455.
_KEPT = ((60, 15 * _DAY_S), (300, 63 * _DAY_S), (3600, 455 * _DAY_S))
STEPS_S = (60, 300, 3600, _DAY_S)


@dataclass(frozen=True, slots=True)
class About:
    """What a stream is now."""

    name: str
    arn: str
    status: str
    mode: str
    open_shards: int
    shard_metrics: Sequence[str]
    consumers: int


def step_for(since_s: int, now_s: int, asked_s: int | None = None) -> int:
    """How long a value is of: `asked_s`, or the shortest that fits.

    That is one which CloudWatch still has, and which gives at most `MOST_STEPS` values. Raises
    ValueError for one that does not fit, and says what would.
    """
    fitting = [each for each in STEPS_S if not _fault(each, since_s, now_s)]
    shortest = fitting[0] if fitting else STEPS_S[-1]
    if asked_s is not None and (fault := _fault(asked_s, since_s, now_s)):
        raise ValueError(f"{fault}: a --period of {shortest} would do")
    return asked_s or shortest


def _fault(step_s: int, since_s: int, now_s: int) -> str:
    if step_s <= 0 or step_s % 60:
        return "CloudWatch has values of whole minutes"
    if (now_s - since_s) / step_s > MOST_STEPS:
        return f"that would be more than {MOST_STEPS:,} values"
    kept_s = next((kept for step, kept in reversed(_KEPT) if step_s % step == 0), 0)
    if now_s - since_s > kept_s:
        return f"CloudWatch has values of {step_s} seconds for the last {kept_s // _DAY_S} days"
    return ""


def read_about(kinesis: Any, named: dict[str, str]) -> About:
    """What a stream is. Raises what boto3 raises."""
    summary = kinesis.describe_stream_summary(**named)["StreamDescriptionSummary"]
    metrics = [name for each in summary["EnhancedMonitoring"] for name in each["ShardLevelMetrics"]]
    return About(
        summary["StreamName"],
        summary["StreamARN"],
        summary["StreamStatus"],
        summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
        summary["OpenShardCount"],
        metrics,
        summary.get("ConsumerCount", 0),
    )


def read_shards(kinesis: Any, named: dict[str, str]) -> list[str]:
    """The ids of the open shards."""
    pages = kinesis.get_paginator("list_shards").paginate(**named)
    return [
        shard["ShardId"]
        for page in pages
        for shard in page["Shards"]
        if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
    ]


def read_consumers(kinesis: Any, about: About) -> list[str]:
    """The names of the consumers with fan-out."""
    pages = kinesis.get_paginator("list_stream_consumers").paginate(StreamARN=about.arn)
    return [consumer["ConsumerName"] for page in pages for consumer in page["Consumers"]]


def read_metrics(
    cloudwatch: Any, stream: str, groups: Sequence[Group], since_s: int, now_s: int, step_s: int
) -> Metrics:
    """All metrics of the groups."""
    values: dict[Key, Sequence[float | None]] = {}
    for dimension in sorted({group.dimension for group in groups}):
        keys = {
            key: None
            for group in groups
            if group.dimension == dimension
            for measure in group.measures
            for key in measure.keys(group.owner)
        }
        found = read(cloudwatch, stream, keys, since_s, now_s, step_s, dimension)
        values |= found.values
    return replace(found, values=values)
