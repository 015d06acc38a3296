"""Asks Kinesis what a stream is, and CloudWatch for its metrics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shardline.doctor.figures.lines import Datapoints
from shardline.doctor.figures.measures import Group, Key
from shardline.module.alarms import NAMESPACE

MOST_QUERIES = 500
"""Of one GetMetricData."""
DELAY_S = 60
"""The minute that has just ended may not be there yet; the one before is."""
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


@dataclass(frozen=True, slots=True)
class Window:
    """Whole steps of time, in seconds since 1970."""

    start_s: int
    step_s: int
    steps: int


def window_of(since_s: int, now_s: int, step_s: int | None) -> Window:
    """The steps that begin in the time from `since_s` and are over, with all their datapoints.

    Without `step_s` it is the shortest that CloudWatch still has and that gives at most
    `MOST_STEPS`. Raises ValueError for one that does neither, and says what would do.
    """
    end_s = now_s - DELAY_S
    fitting = [each for each in STEPS_S if not _fault(each, since_s, now_s)]
    if step_s is None:
        step_s = fitting[0] if fitting else STEPS_S[-1]
    elif fault := _fault(step_s, since_s, now_s):
        raise ValueError(f"{fault}: a --period of {fitting[0] if fitting else _DAY_S} would do")
    last = end_s // step_s
    first = min(since_s // step_s, last - 1)
    return Window(first * step_s, step_s, last - first)


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


def read_datapoints(
    cloudwatch: Any, stream: str, groups: Sequence[Group], window: Window
) -> Datapoints:
    """All metrics of the groups, `MOST_QUERIES` statistics with each call."""
    asked = list(_asked(stream, groups))
    values: dict[Key, list[float | None]] = {key: [None] * window.steps for key, _ in asked}
    for begin in range(0, len(asked), MOST_QUERIES):
        part = asked[begin : begin + MOST_QUERIES]
        ids = {f"q{number}": key for number, (key, _) in enumerate(part)}
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[
                {"Id": name, "MetricStat": {**metric, "Period": window.step_s}}
                for name, (_, metric) in zip(ids, part, strict=True)
            ],
            StartTime=datetime.fromtimestamp(window.start_s, UTC),
            EndTime=datetime.fromtimestamp(window.start_s + window.steps * window.step_s, UTC),
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                into = values[ids[result["Id"]]]
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    step = (int(at.timestamp()) - window.start_s) // window.step_s
                    if 0 <= step < window.steps:
                        into[step] = value
    return Datapoints(window.start_s, window.step_s, window.steps, values)


def _asked(stream: str, groups: Sequence[Group]) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Each statistic once, as GetMetricData has it."""
    seen: set[Key] = set()
    for group in groups:
        dimensions = [{"Name": "StreamName", "Value": stream}]
        if group.dimension:
            dimensions.append({"Name": group.dimension, "Value": group.owner})
        for key in (key for measure in group.measures for key in measure.keys(group.owner)):
            if key not in seen:
                seen.add(key)
                metric = {"Namespace": NAMESPACE, "MetricName": key[0], "Dimensions": dimensions}
                yield key, {"Metric": metric, "Stat": key[1]}
