"""What CloudWatch says of a stream's load, as the engine of scaling wants it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from shardline.module.alarms import NAMESPACE, PERIOD_S
from shardline.module.scaling.load import Window
from shardline.module.scaling.span import BYTES, FAN_OUT_LAG, POLLING_LAG, RECORDS, Span
from shardline.module.target import Target


def window(target: Target, stream: str, consumers: Sequence[str], now_s: int) -> Window:
    """The last five hours of a stream, minute by minute. Raises what boto3 raises."""
    span = Span.until(now_s)
    loads = [_query("bytes", BYTES, "Sum", stream), _query("records", RECORDS, "Sum", stream)]
    found = _values(target, loads, span.load_from_s, span.end_s)
    lags = [_query("age", POLLING_LAG, "Maximum", stream)]
    lags += [
        _query(f"lag{number}", FAN_OUT_LAG, "Maximum", stream, name)
        for number, name in enumerate(consumers)
    ]
    behind = _values(target, lags, span.lag_from_s, span.end_s)
    return span.window(found["bytes"], found["records"], list(behind.values()))


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
