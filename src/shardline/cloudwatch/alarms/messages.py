"""What an action sends: the notification that SNS posts to a subscriber for an alarm. Pure.

Source: notifications of AWS quoted in public repositories, of metric alarms, of ones on
expressions, and of composite alarms. Members that sign a notification are not there: nothing here
has Amazon's certificate.
"""

import json
from typing import Any

from shardline.cloudwatch.alarms.answers import dimensions
from shardline.cloudwatch.alarms.arns import alarm_arn
from shardline.cloudwatch.alarms.numbers import stamp, zulu
from shardline.cloudwatch.alarms.reasons import period_of
from shardline.cloudwatch.statistics import SIMPLE
from shardline.storage.alarm_entities import Alarm, MetricStat, Notice, Query, State, Watch

MOST_SUBJECT = 100  # SNS's

_STATISTICS = {"SampleCount": "SAMPLE_COUNT"}


def subject(alarm: Alarm, region_name: str) -> str:
    """A notification's subject, `ALARM: "name" in US East (N. Virginia)`; a long name is cut."""
    begin, end = f'{alarm.state}: "', f'" in {region_name}'
    room = MOST_SUBJECT - len(begin) - len(end)
    name = alarm.name if len(alarm.name) <= room else alarm.name[: room - 3] + "..."
    return begin + name + end


def message(alarm: Alarm, old_state: State, region_name: str) -> str:
    """A notification's Message, which is JSON: of an alarm that has just got its state."""
    told: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
    }
    if alarm.rule is not None:
        told["AlarmRule"] = alarm.rule
    told |= {
        "AWSAccountId": alarm.account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured_ms),
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": stamp(alarm.transitioned_ms),
        "Region": region_name,
        "AlarmArn": alarm_arn(alarm),
        "OldStateValue": old_state,
        "OKActions": list(alarm.ok_actions),
        "AlarmActions": list(alarm.alarm_actions),
        "InsufficientDataActions": list(alarm.insufficient_data_actions),
    }
    if alarm.watch is not None:
        told["Trigger"] = _trigger(alarm.watch)
    return _json(told)


def notification(notice: Notice) -> bytes:
    """The body that is posted for an action."""
    body = {
        "Type": "Notification",
        "MessageId": notice.id,
        "TopicArn": notice.action,
        "Subject": notice.subject,
        "Message": notice.message,
        "Timestamp": zulu(notice.created_ms),
    }
    return _json(body).encode()


def headers(notice: Notice) -> dict[str, str]:
    """The headers of a post, with SNS's. An action is ASCII: other ones are not posted."""
    return {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Shardline",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-message-id": notice.id,
        "x-amz-sns-topic-arn": notice.action,
    }


def _trigger(watch: Watch) -> dict[str, Any]:
    common = {
        "Period": period_of(watch),
        "EvaluationPeriods": watch.evaluation_periods,
        "DatapointsToAlarm": watch.datapoints_to_alarm,
        "ComparisonOperator": watch.operator,
        "Threshold": watch.threshold,
        "TreatMissingData": watch.missing_data or "",
        "EvaluateLowSampleCountPercentile": watch.low_samples or "",
    }
    if watch.datapoints_to_alarm is None:
        del common["DatapointsToAlarm"]
    if watch.metric is None:
        return {**common, "Metrics": [_query(query) for query in watch.queries]}
    stat = watch.metric
    kind = "Statistic" if stat.stat in SIMPLE else "ExtendedStatistic"
    shown = _STATISTICS.get(stat.stat, stat.stat.upper()) if kind == "Statistic" else stat.stat
    return {
        "MetricName": stat.metric_name,
        "Namespace": stat.namespace,
        "StatisticType": kind,
        kind: shown,
        "Unit": stat.unit,
        "Dimensions": _dimensions(stat),
        **common,
    }


def _query(query: Query) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if query.expression is not None:
        told["Expression"] = query.expression
    told["Id"] = query.id
    if query.label is not None:
        told["Label"] = query.label
    if query.metric is not None:
        stat = query.metric
        told["MetricStat"] = {
            "Metric": {
                "Dimensions": _dimensions(stat),
                "MetricName": stat.metric_name,
                "Namespace": stat.namespace,
            },
            "Period": stat.period,
            "Stat": stat.stat,
        }
        if stat.unit is not None:
            told["MetricStat"]["Unit"] = stat.unit
    return {**told, "ReturnData": query.returns}


def _dimensions(stat: MetricStat) -> list[dict[str, str]]:
    """As notifications have them: the value first, and both in small letters."""
    return [{"value": each["Value"], "name": each["Name"]} for each in dimensions(stat)]


def _json(told: dict[str, Any]) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)
