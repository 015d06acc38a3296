"""What the actions of CloudWatch are checked against: alarms and dashboards by name, else `*`.

A call that lists alarms without naming any is about `alarm:*`, as AWS's denials of DescribeAlarms
say.
"""

from collections.abc import Iterable

from shardline.iam.actions.calls import ApiCall, Check, Rule, on
from shardline.iam.policy.arns import ANY_RESOURCE

_ON_ALARMS = "DeleteAlarms DescribeAlarms DisableAlarmActions EnableAlarmActions"
_ON_ALARM = "DescribeAlarmHistory DescribeAlarmContributors SetAlarmState"
_PUT_ALARM = "PutMetricAlarm PutCompositeAlarm"
_ON_ALL = """
    DescribeAlarmsForMetric GetMetricData GetMetricStatistics GetMetricWidgetImage ListDashboards
    ListMetrics
"""
_ON_ARN = "ListTagsForResource TagResource UntagResource"
_ON_DASHBOARDS = "DeleteDashboards GetDashboard PutDashboard"


def _alarms(call: ApiCall, names: Iterable[str]) -> list[str]:
    prefix = f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:"
    return [prefix + name for name in names] or [f"{prefix}*"]


def _on_alarms(call: ApiCall) -> tuple[Check, ...]:
    return on(call, _alarms(call, call.params.get("AlarmNames") or ()))


def _on_alarm(call: ApiCall) -> tuple[Check, ...]:
    name = call.params.get("AlarmName")
    return on(call, _alarms(call, [name] if name else ()))


def _put_alarm(call: ApiCall) -> tuple[Check, ...]:
    name = str(call.params.get("AlarmName"))
    kinds = ("AlarmActions", "OKActions", "InsufficientDataActions")
    actions = tuple(arn for kind in kinds for arn in call.params.get(kind) or ())
    return on(call, _alarms(call, [name]), {"cloudwatch:alarmactions": actions} if actions else {})


def _put_metric_data(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [ANY_RESOURCE], {"cloudwatch:namespace": str(call.params.get("Namespace"))})


def _on_dashboards(call: ApiCall) -> tuple[Check, ...]:
    one = call.params.get("DashboardName")
    names = call.params.get("DashboardNames") or ([one] if one else ["*"])
    return on(call, [f"arn:aws:cloudwatch::{call.account}:dashboard/{name}" for name in names])


def _on_arn(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [str(call.params.get("ResourceARN") or ANY_RESOURCE)])


def _on_all(call: ApiCall) -> tuple[Check, ...]:
    return on(call, [ANY_RESOURCE])


RULES: dict[str, Rule] = {
    **dict.fromkeys(_ON_ALARMS.split(), _on_alarms),
    **dict.fromkeys(_ON_ALARM.split(), _on_alarm),
    **dict.fromkeys(_PUT_ALARM.split(), _put_alarm),
    **dict.fromkeys(_ON_ALL.split(), _on_all),
    **dict.fromkeys(_ON_ARN.split(), _on_arn),
    **dict.fromkeys(_ON_DASHBOARDS.split(), _on_dashboards),
    "PutMetricData": _put_metric_data,
}
