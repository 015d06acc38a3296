"""Reads what CloudWatch has of a stream, in a few calls of GetMetricData."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from shardline.doctor.checks.hot_shards import WATCHED
from shardline.doctor.facts import Load, Metrics
from shardline.module.alarms import NAMESPACE
from shardline.module.scaling.rules import WINDOW_MINUTES
from shardline.module.scaling.span import DELAY_S

Asked = tuple[str, str, str]
"""A metric, a statistic, and the shard or consumer that it is of ("" for the stream)."""

_SUMS = (
    "IncomingBytes",
    "IncomingRecords",
    "GetRecords.Bytes",
    "GetRecords.Records",
    "PutRecord.Success",
    "PutRecords.Success",
    "GetRecords.Success",
    "PutRecords.TotalRecords",
    "PutRecords.FailedRecords",
    "PutRecords.ThrottledRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)
_CALLS = ("PutRecord", "PutRecords", "GetRecords")
STREAM: tuple[Asked, ...] = (
    *((name, "Sum", "") for name in _SUMS),
    *((f"{call}.Success", "SampleCount", "") for call in _CALLS),
    *((f"{call}.Latency", statistic, "") for call in _CALLS for statistic in ("Average", "p99")),
    ("GetRecords.IteratorAgeMilliseconds", "Maximum", ""),
)
MOST_QUERIES = 500
MOST_SHARDS = MOST_QUERIES // len(WATCHED)
"""So many shards fit into one call; of more, those with the widest ranges are looked at."""
MOST_HOURS = 15 * 24
_STEPS = ((60, 24 * 3600), (300, 5 * 86_400), (3600, 455 * 86_400))
"""The step of a span: as fine as is of use, and as CloudWatch still has it."""


def step_of(span_s: int) -> int:
    """Minutes for a day, five minutes for five days, else hours."""
    return next((step for step, most in _STEPS if span_s <= most), 3600)


def of_stream(
    cloudwatch: Any, stream: str, consumers: Sequence[str], since_s: int, now_s: int
) -> Metrics:
    """The stream's and its consumers' metrics since a time."""
    lags = [("SubscribeToShardEvent.MillisBehindLatest", "Maximum", name) for name in consumers]
    step = step_of(now_s - since_s)
    return read(cloudwatch, stream, (*STREAM, *lags), since_s, now_s, step, "ConsumerName")


def of_shards(
    cloudwatch: Any, stream: str, shards: Sequence[str], since_s: int, now_s: int
) -> Metrics:
    """The shard-level metrics that show a hot shard, of the last hour at most."""
    asked = [(name, "Sum", shard) for shard in shards[:MOST_SHARDS] for name in WATCHED]
    return read(cloudwatch, stream, asked, max(since_s, now_s - 3600), now_s, 60, "ShardId")


def of_hours(
    cloudwatch: Any, stream: str, consumers: Sequence[str], hours: int, now_s: int
) -> Metrics:
    """When records came and were read, hour by hour, for as long as they are kept: 15 days at
    most. The hour that runs is in it."""
    asked = [("IncomingRecords", "Sum", ""), ("GetRecords.Records", "Sum", "")]
    asked += [("SubscribeToShardEvent.Records", "Sum", name) for name in consumers]
    since_s = now_s - (min(hours, MOST_HOURS) + 1) * 3600
    return read(cloudwatch, stream, asked, since_s, now_s + 3600, 3600, "ConsumerName", delay=0)


def load(cloudwatch: Any, stream: str, now_s: int) -> Load:
    """The last five hours, for the engine of scaling: minutes without data are without load."""
    asked = [("IncomingBytes", "Sum", ""), ("IncomingRecords", "Sum", "")]
    since_s = now_s - DELAY_S - WINDOW_MINUTES * 60
    found = read(cloudwatch, stream, asked, since_s, now_s, 60, "")
    sizes, counts = (
        [each or 0.0 for each in found.of(name)][-WINDOW_MINUTES:] for name, _, _ in asked
    )
    return Load(sizes, counts)


def read(
    cloudwatch: Any,
    stream: str,
    asked: Iterable[Asked],
    since_s: int,
    now_s: int,
    step: int,
    owner: str,
    delay: int = DELAY_S,
) -> Metrics:
    """Metrics in whole steps. The step that has just ended may not be there yet.

    `owner` is CloudWatch's name of what the metrics are of, where they are not of the stream.
    """
    keys = list(asked)
    start = since_s // step * step
    end = max(start + step, (now_s - delay) // step * step)
    steps = (end - start) // step
    values: dict[Asked, list[float | None]] = {key: [None] * steps for key in keys}
    for first in range(0, len(keys), MOST_QUERIES):
        some = keys[first : first + MOST_QUERIES]
        queries = [_query(f"m{i}", stream, key, step, owner) for i, key in enumerate(some)]
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                column = values[some[int(result["Id"][1:])]]
                for at, value in zip(result["Timestamps"], result["Values"], strict=True):
                    place = (int(at.timestamp()) - start) // step
                    if 0 <= place < steps:
                        column[place] = value
    return Metrics(start, step, steps, values)


def _query(id_: str, stream: str, asked: Asked, step: int, owner: str) -> dict[str, Any]:
    name, statistic, of = asked
    dimensions = [{"Name": "StreamName", "Value": stream}]
    if of:
        dimensions.append({"Name": owner, "Value": of})
    metric = {"Namespace": NAMESPACE, "MetricName": name, "Dimensions": dimensions}
    return {
        "Id": id_,
        "MetricStat": {"Metric": metric, "Period": step, "Stat": statistic},
        "ReturnData": True,
    }
