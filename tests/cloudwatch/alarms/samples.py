"""Alarms and datapoints for the tests of the rules."""

from typing import Any

from shardline.cloudwatch.alarms.evaluation import Point
from shardline.storage.alarm_entities import Alarm, MetricStat, Watch

MINUTE_MS = 1_721_135_580_000  # 2024-07-16T13:13:00Z
METRIC = MetricStat("AWS/Kinesis", "IncomingBytes", (("StreamName", "flights"),), 60, "Sum")


def a_watch(**changes: Any) -> Watch:
    """Three periods of three above 10."""
    given: dict[str, Any] = {
        "operator": "GreaterThanThreshold",
        "threshold": 10.0,
        "evaluation_periods": 3,
        "metric": METRIC,
    }
    return Watch(**{**given, **changes})


def an_alarm(watch: Watch | None = None, **changes: Any) -> Alarm:
    """An alarm that was just made."""
    given: dict[str, Any] = {
        "account": "000000000000",
        "region": "us-east-1",
        "name": "busy",
        "configured_ms": MINUTE_MS,
        "state": "INSUFFICIENT_DATA",
        "reason": "Unchecked: Initial alarm creation",
        "reason_data": None,
        "state_updated_ms": MINUTE_MS,
        "transitioned_ms": MINUTE_MS,
        "watch": watch or a_watch(),
    }
    return Alarm(**{**given, **changes})


def points(drawn: str, *, good: float = 5.0, bad: float = 25.0) -> list[Point]:
    """Periods as AWS draws them, oldest first: `0` is within the threshold, `X` beyond it."""
    values = {"0": good, "X": bad, "-": None}
    marks = drawn.split()
    first_s = MINUTE_MS // 1000 - 60 * (len(marks) - 1)
    return [
        Point(first_s + 60 * place, values[mark], None if mark == "-" else 1.0)
        for place, mark in enumerate(marks)
    ]
