"""Reads the alarms about a stream that are in the state ALARM."""

from collections.abc import Mapping
from typing import Any

from shardline.doctor.facts import Alarm

MOST_PAGES = 50


def in_alarm(cloudwatch: Any, stream: str) -> tuple[Alarm, ...]:
    """Whatever they are called: those with a metric of the stream."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        StateValue="ALARM",
        AlarmTypes=["MetricAlarm"],
        PaginationConfig={"PageSize": 100, "MaxItems": 100 * MOST_PAGES},
    )
    return tuple(
        Alarm(
            each["AlarmName"],
            each.get("StateReason", ""),
            int(each["StateUpdatedTimestamp"].timestamp()),
        )
        for page in pages
        for each in page["MetricAlarms"]
        if _is_about(each, stream)
    )


def _is_about(alarm: Mapping[str, Any], stream: str) -> bool:
    metrics = [each.get("MetricStat", {}).get("Metric", {}) for each in alarm.get("Metrics", ())]
    return any(
        {"Name": "StreamName", "Value": stream} in metric.get("Dimensions", ())
        for metric in (alarm, *metrics)
    )
