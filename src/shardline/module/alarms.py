"""The alarms of a stream, as the parameters of CloudWatch's PutMetricAlarm.

The first seven are those that AWS recommends for the namespace AWS/Kinesis, with its statistics,
periods and treatment of missing data. AWS gives no thresholds: those come with the wanted stream.
Where this differs from AWS's recommendation:

- failed records are a share of all records of the batches, not a number: no number is right for
  every stream;
- a stream that is always read (`expect_readers`) alarms when nobody reads. Readers that poll show
  in the iterator age, fan-out consumers in their own lag, so that the missing data of the one that
  is expected is what breaches: the consumers' where there are consumers, else the iterator age's.

The last three compare the load with what the shards can take, and hold only for a number of shards:
they are made anew when that changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shardline.module.spec.alarms import AGES, BY_NAME, UTILIZATIONS, AlarmName
from shardline.module.spec.wanted import WantedStream

Parameters = dict[str, Any]
Missing = Literal["breaching", "notBreaching", "missing"]

NAMESPACE = "AWS/Kinesis"
PERIOD_S = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """How an alarm looks at its metric: so many of so many minutes past the threshold."""

    statistic: Literal["Average", "Maximum", "Sum"]
    compare: Literal["<", ">", ">="]
    minutes: int
    of: int
    missing: Missing


RULES: Mapping[AlarmName, Rule] = {
    AlarmName.ITERATOR_AGE: Rule("Maximum", ">", 15, 15, "breaching"),
    AlarmName.READ_SUCCESS: Rule("Average", "<", 5, 5, "missing"),
    AlarmName.PUT_SUCCESS: Rule("Average", "<", 5, 5, "missing"),
    AlarmName.FAILED_RECORDS: Rule("Sum", ">", 5, 5, "notBreaching"),
    AlarmName.READ_THROTTLED: Rule("Average", ">", 5, 5, "notBreaching"),
    AlarmName.WRITE_THROTTLED: Rule("Average", ">", 5, 5, "notBreaching"),
    AlarmName.CONSUMER_LAG: Rule("Average", ">", 5, 5, "missing"),
    AlarmName.BYTES_IN_UTILIZATION: Rule("Sum", ">=", 10, 15, "notBreaching"),
    AlarmName.RECORDS_IN_UTILIZATION: Rule("Sum", ">=", 10, 15, "notBreaching"),
    AlarmName.BYTES_OUT_UTILIZATION: Rule("Sum", ">=", 10, 15, "notBreaching"),
}

# What one shard takes or gives in a second (AWS's quotas).
PER_SHARD: Mapping[AlarmName, int] = {
    AlarmName.BYTES_IN_UTILIZATION: 1_048_576,
    AlarmName.RECORDS_IN_UTILIZATION: 1_000,
    AlarmName.BYTES_OUT_UTILIZATION: 2_097_152,
}

_OPERATORS = {
    "<": "LessThanThreshold",
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
}


def prefix(stream: str) -> str:
    """What the names of a stream's alarms begin with. Another stream's may begin so as well."""
    return f"kinesis-{stream}-"


def alarm_name(stream: str, alarm: AlarmName, consumer: str | None = None) -> str:
    """The name of an alarm: at most 255 characters, as long as the policies' names are possible."""
    if consumer is not None:
        return f"{prefix(stream)}lag-{consumer}"
    return prefix(stream) + alarm.value.replace("_", "-")


def is_name_of(stream: str, name: str) -> bool:
    """Whether a name is one that an alarm of the stream can have. Those of the stream `orders-eu`
    begin as those of `orders` do."""
    if not name.startswith(prefix(stream)):
        return False
    plain = {alarm_name(stream, alarm) for alarm in AlarmName}
    return name in plain or name.startswith(f"{prefix(stream)}lag-")


def alarms(wanted: WantedStream, shards: int) -> list[Parameters]:
    """The alarms that a stream of so many open shards should have, without tags."""
    made = []
    for alarm, threshold in wanted.alarms.thresholds.items():
        consumers = wanted.consumers if alarm is AlarmName.CONSUMER_LAG else (None,)
        made += [_alarm(wanted, shards, alarm, threshold, consumer) for consumer in consumers]
    return made


def missing_data(wanted: WantedStream, alarm: AlarmName) -> Missing:
    """What an alarm makes of a minute without data."""
    if alarm is AlarmName.ITERATOR_AGE:
        alone = wanted.expect_readers and not wanted.consumers
        return "breaching" if alone else "notBreaching"
    if alarm is AlarmName.CONSUMER_LAG and wanted.expect_readers:
        return "breaching"
    return RULES[alarm].missing


def _alarm(
    wanted: WantedStream, shards: int, alarm: AlarmName, threshold: float, consumer: str | None
) -> Parameters:
    rule = RULES[alarm]
    return {
        "AlarmName": alarm_name(wanted.name, alarm, consumer),
        "AlarmDescription": _description(alarm, threshold, consumer),
        "ActionsEnabled": True,
        "AlarmActions": list(wanted.alarms.notify),
        "OKActions": list(wanted.alarms.notify_recovered),
        **_looks_at(wanted.name, shards, alarm, consumer),
        "EvaluationPeriods": rule.of,
        "DatapointsToAlarm": rule.minutes,
        "Threshold": float(threshold),
        "ComparisonOperator": _OPERATORS[rule.compare],
        "TreatMissingData": missing_data(wanted, alarm),
    }


def _description(alarm: AlarmName, threshold: float, consumer: str | None) -> str:
    rule, kind = RULES[alarm], BY_NAME[alarm]
    amount = duration(threshold) if alarm in AGES else f"{threshold * 100:g}%"
    of = f"{rule.minutes} of {rule.of} minutes" if rule.minutes < rule.of else f"{rule.of} minutes"
    who = f" ({consumer})" if consumer else ""
    return f"{kind.title}{who}, {rule.compare} {amount} for {of}. {kind.description}"


def duration(milliseconds: float) -> str:
    """`12h`, `90m`: whole hours where it is that, else minutes."""
    minutes = milliseconds / 60_000
    return f"{minutes / 60:g}h" if minutes % 60 == 0 else f"{minutes:g}m"


def _looks_at(stream: str, shards: int, alarm: AlarmName, consumer: str | None) -> Parameters:
    """One metric, or an expression of metrics."""
    dimensions = [{"Name": "StreamName", "Value": stream}]
    metric, statistic = BY_NAME[alarm].metric, RULES[alarm].statistic
    if alarm is AlarmName.FAILED_RECORDS:
        parts = {"failed": metric, "total": "PutRecords.TotalRecords"}
        return _expression("failed / total", parts, dimensions, statistic)
    if alarm in UTILIZATIONS:
        capacity = f"({shards} * {PERIOD_S} * {PER_SHARD[alarm]})"
        return _expression(f"load / {capacity}", {"load": metric}, dimensions, statistic)
    if consumer is not None:
        dimensions.append({"Name": "ConsumerName", "Value": consumer})
    return {
        "Namespace": NAMESPACE,
        "MetricName": metric,
        "Dimensions": dimensions,
        "Statistic": statistic,
        "Period": PERIOD_S,
    }


def _expression(
    expression: str, metrics: Mapping[str, str], dimensions: list[dict[str, str]], statistic: str
) -> Parameters:
    stats = [
        {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": metric,
                    "Dimensions": dimensions,
                },
                "Period": PERIOD_S,
                "Stat": statistic,
            },
            "ReturnData": False,
        }
        for name, metric in metrics.items()
    ]
    share = {"Id": "share", "Expression": expression, "Label": expression, "ReturnData": True}
    return {"Metrics": [*stats, share]}
