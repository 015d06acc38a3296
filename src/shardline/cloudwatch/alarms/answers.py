"""How alarms look to a client: the members of AWS's MetricAlarm and CompositeAlarm. Pure."""

from typing import Any

from shardline.cloudwatch.alarms.arns import alarm_arn
from shardline.cloudwatch.statistics import SIMPLE
from shardline.storage.alarm_entities import Alarm, HistoryItem, MetricStat, Query


def metric_alarm(alarm: Alarm) -> dict[str, Any]:
    """An alarm on metrics as DescribeAlarms shows it."""
    watch = alarm.watch
    assert watch is not None
    shown = {
        **_common(alarm),
        "EvaluationPeriods": watch.evaluation_periods,
        "DatapointsToAlarm": watch.datapoints_to_alarm,
        "Threshold": watch.threshold,
        "ComparisonOperator": watch.operator,
        "TreatMissingData": watch.missing_data,
        "EvaluateLowSampleCountPercentile": watch.low_samples,
    }
    if watch.metric is None:
        shown["Metrics"] = [query_member(query) for query in watch.queries]
    else:
        shown |= _metric(watch.metric)
    return _without_nulls(shown)


def composite_alarm(alarm: Alarm) -> dict[str, Any]:
    """An alarm on other alarms as DescribeAlarms shows it."""
    return _without_nulls({**_common(alarm), "AlarmRule": alarm.rule})


def history_item(item: HistoryItem) -> dict[str, Any]:
    """An item as DescribeAlarmHistory shows it."""
    return {
        "AlarmName": item.alarm,
        "AlarmType": item.alarm_type,
        "Timestamp": item.at_ms / 1000,
        "HistoryItemType": item.type,
        "HistorySummary": item.summary,
        "HistoryData": item.data,
    }


def query_member(query: Query) -> dict[str, Any]:
    """A member of an alarm's Metrics, as it was put."""
    stat = query.metric
    metric = None
    if stat is not None:
        metric = _without_nulls(
            {
                "Metric": {
                    "Namespace": stat.namespace,
                    "MetricName": stat.metric_name,
                    "Dimensions": dimensions(stat),
                },
                "Period": stat.period,
                "Stat": stat.stat,
                "Unit": stat.unit,
            }
        )
    return _without_nulls(
        {
            "Id": query.id,
            "MetricStat": metric,
            "Expression": query.expression,
            "Label": query.label,
            "ReturnData": query.returns,
            "Period": query.period,
        }
    )


def dimensions(stat: MetricStat) -> list[dict[str, str]]:
    """The dimensions of a metric as a list of members."""
    return [{"Name": name, "Value": value} for name, value in stat.dimensions]


def _common(alarm: Alarm) -> dict[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmArn": alarm_arn(alarm),
        "AlarmDescription": alarm.description,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_ms / 1000,
        "ActionsEnabled": alarm.actions_enabled,
        "OKActions": list(alarm.ok_actions),
        "AlarmActions": list(alarm.alarm_actions),
        "InsufficientDataActions": list(alarm.insufficient_data_actions),
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateReasonData": alarm.reason_data,
        "StateUpdatedTimestamp": alarm.state_updated_ms / 1000,
        "StateTransitionedTimestamp": alarm.transitioned_ms / 1000,
    }


def _metric(stat: MetricStat) -> dict[str, Any]:
    kind = "Statistic" if stat.stat in SIMPLE else "ExtendedStatistic"
    return {
        "MetricName": stat.metric_name,
        "Namespace": stat.namespace,
        kind: stat.stat,
        "Dimensions": dimensions(stat),
        "Period": stat.period,
        "Unit": stat.unit,
    }


def _without_nulls(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if value is not None}
