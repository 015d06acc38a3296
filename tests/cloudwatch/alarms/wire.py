"""What the tests of alarms do over the wire."""

import datetime
from typing import Any

from shardline.storage.metric_store import Datum, Metric
from shardline.storage.statistic_set import set_of_values
from shardline.testing import ManualClock, TestServer

ACCOUNT = "000000000000"
BUSY = {
    "AlarmName": "busy",
    "Namespace": "App",
    "MetricName": "Load",
    "Dimensions": [{"Name": "Host", "Value": "a"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 10.0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def a_clock() -> ManualClock:
    """A clock that stands at the beginning of this minute, by the wall."""
    clock = ManualClock()
    return ManualClock(clock.now_ms() - clock.now_ms() % 60_000)


def put_load(server: TestServer, value: float, **metric: Any) -> None:
    """Put a value of the metric that BUSY watches, now."""
    at = datetime.datetime.fromtimestamp(server.clock.now_ms() / 1000, datetime.UTC)
    server.client("cloudwatch").put_metric_data(
        Namespace="App",
        MetricData=[
            {
                "MetricName": "Load",
                "Dimensions": BUSY["Dimensions"],
                "Timestamp": at,
                "Value": value,
                **metric,
            }
        ],
    )


def a_minute_of(server: TestServer, value: float) -> None:
    """Let a minute pass in which the metric had a value."""
    put_load(server, value)
    server.clock.advance(minutes=1)


def state_of(server: TestServer, name: str = "busy") -> str:
    """The state of an alarm."""
    return str(described(server, name)["StateValue"])


def described(server: TestServer, name: str = "busy") -> dict[str, Any]:
    """An alarm as DescribeAlarms shows it."""
    (alarm,) = server.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return dict(alarm)


def history(server: TestServer, name: str = "busy", **filters: Any) -> list[tuple[str, str]]:
    """The types and summaries of what happened to an alarm, oldest first."""
    answer = server.client("cloudwatch").describe_alarm_history(
        AlarmName=name, ScanBy="TimestampAscending", **filters
    )
    return [
        (item["HistoryItemType"], item["HistorySummary"]) for item in answer["AlarmHistoryItems"]
    ]


def store(server: TestServer, metric: Metric, value: float, count: float = 1.0) -> None:
    """Put a value straight into the store, as what counts Kinesis's metrics does."""
    known = set_of_values([(value, count)])
    assert known is not None
    datum = Datum(metric, "None", 60, server.clock.now_ms() // 1000, known)
    server.run(server.node.metrics.put([datum]))  # type: ignore[arg-type]
