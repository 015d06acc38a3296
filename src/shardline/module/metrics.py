"""What CloudWatch says of a stream's load, as the engine of scaling wants it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from shardline.module.alarms import NAMESPACE, PERIOD_S
from shardline.module.scaling.load import Load, Window
from shardline.module.scaling.rules import WINDOW_MINUTES
from shardline.module.target import Target

DELAY_S = 60
"""The minute that has just ended may not be there yet; the one before is."""
LAG_MINUTES = 15
"""The furthest that a reader was behind in so many minutes counts: one that polls rarely shows."""


def window(target: Target, stream: str, consumers: Sequence[str], now_s: int) -> Window:
    """The last five hours of a stream, minute by minute. Raises what boto3 raises."""
    end_s = (now_s - DELAY_S) // PERIOD_S * PERIOD_S
    load_from = end_s - WINDOW_MINUTES * PERIOD_S
    loads = [_query("bytes", "IncomingBytes", "Sum", stream)]
    loads += [_query("records", "IncomingRecords", "Sum", stream)]
    found = _values(target, loads, load_from, end_s)
    minutes = [
        Load(found["bytes"].get(at, 0.0), found["records"].get(at, 0.0))
        for at in range(load_from, end_s, PERIOD_S)
    ]
    lags = [_query("age", "GetRecords.IteratorAgeMilliseconds", "Maximum", stream)]
    lags += [
        _query(f"lag{number}", "SubscribeToShardEvent.MillisBehindLatest", "Maximum", stream, name)
        for number, name in enumerate(consumers)
    ]
    behind = _values(target, lags, end_s - LAG_MINUTES * PERIOD_S, end_s)
    values = [value for points in behind.values() for value in points.values()]
    return Window(minutes, max(values) / 1000 if values else None)


def _query(
    name: str, metric: str, statistic: str, stream: str, consumer: str | None = None
) -> dict[str, Any]:
    dimensions = [{"Name": "StreamName", "Value": stream}]
    if consumer is not None:
        dimensions.append({"Name": "ConsumerName", "Value": consumer})
    about = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions}
    return {
        "Id": name,
        "MetricStat": {"Metric": about, "Period": PERIOD_S, "Stat": statistic},
        "ReturnData": True,
    }


def _values(
    target: Target, queries: list[dict[str, Any]], start_s: int, end_s: int
) -> dict[str, dict[int, float]]:
    """The values of each query by the second in which their minute begins."""
    found: dict[str, dict[int, float]] = {query["Id"]: {} for query in queries}
    pages = target.cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries,
        StartTime=datetime.fromtimestamp(start_s, UTC),
        EndTime=datetime.fromtimestamp(end_s, UTC),
        ScanBy="TimestampAscending",
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            pairs = zip(result["Timestamps"], result["Values"], strict=True)
            found[result["Id"]] |= {int(at.timestamp()): value for at, value in pairs}
    return found
