"""AWS's operations that show alarms and their histories."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shardline.clock import Clock
from shardline.cloudwatch.alarms import composites, tokens
from shardline.cloudwatch.alarms.answers import composite_alarm, history_item, metric_alarm
from shardline.cloudwatch.alarms.book import AlarmBook
from shardline.cloudwatch.alarms.composites import children_of
from shardline.cloudwatch.alarms.history import KEPT_MS
from shardline.cloudwatch.alarms.members import refuse
from shardline.gateway.types import Caller, Handler
from shardline.storage.alarm_entities import Alarm
from shardline.storage.alarm_port import AlarmStore, HistoryQuery

MOST_RECORDS = 100
"""How many alarms or items a page has where the call does not say. AWS's number is not known."""

_FURTHEST_MS = 2**62


class AlarmDescriptions:
    """The operations that read alarms."""

    def __init__(self, book: AlarmBook, store: AlarmStore, clock: Clock) -> None:
        self._book = book
        self._store = store
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """The operations by AWS's names."""
        return {
            "DescribeAlarms": self.describe_alarms,
            "DescribeAlarmsForMetric": self.describe_alarms_for_metric,
            "DescribeAlarmHistory": self.describe_alarm_history,
        }

    async def describe_alarms(self, caller: Caller, call: Mapping[str, Any]) -> dict[str, Any]:
        """A page of the alarms that a filter lets through, by name."""
        alarms = await self._book.of(caller.account, caller.region)
        members, chosen = _choice(call, alarms)
        if (token := call.get("NextToken")) is not None:
            after = tokens.read_name("DescribeAlarms", token)
            chosen = [alarm for alarm in chosen if alarm.name > after]
        page = chosen[: call.get("MaxRecords") or MOST_RECORDS]
        answer = _shown(page, members)
        if len(page) < len(chosen):
            answer["NextToken"] = tokens.make("DescribeAlarms", page[-1].name)
        return answer

    async def describe_alarms_for_metric(
        self, caller: Caller, call: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The alarms on one metric itself, by name."""
        alarms = await self._book.of(caller.account, caller.region)
        found = [metric_alarm(alarm) for alarm in alarms if _is_on(alarm, call)]
        return {"MetricAlarms": found}

    async def describe_alarm_history(
        self, caller: Caller, call: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A page of what happened to alarms, newest first unless the call says else."""
        start, end = call.get("StartDate"), call.get("EndDate")
        if start is not None and end is not None and start > end:
            # GetMetricStatistics's sentence, of these parameters
            refuse(
                "The parameter StartDate must be less than the parameter EndDate.",
                "InvalidParameterCombination",
            )
        token = call.get("NextToken")
        limit = call.get("MaxRecords") or MOST_RECORDS
        oldest_ms = self._clock.now_ms() - KEPT_MS
        query = HistoryQuery(
            caller.account,
            caller.region,
            call.get("AlarmName"),
            call.get("AlarmTypes") or ("MetricAlarm",),
            call.get("HistoryItemType"),
            max(oldest_ms, _ms(start, oldest_ms)),
            _ms(end, _FURTHEST_MS),
            call.get("ScanBy") != "TimestampAscending",
            tokens.read_place("DescribeAlarmHistory", token) if token is not None else None,
            limit + 1,
        )
        # Contributors are those of alarms on queries that give many series, which are not here.
        found = [] if call.get("AlarmContributorId") else await self._store.alarm_history(query)
        page = found[:limit]
        answer: dict[str, Any] = {"AlarmHistoryItems": [history_item(item) for item in page]}
        if len(page) < len(found):
            place = [page[-1].at_ms, page[-1].number]
            answer["NextToken"] = tokens.make("DescribeAlarmHistory", place)
        return answer


_OF_PARENT = ("AlarmName", "AlarmArn")
_OF_CHILD = (*_OF_PARENT, "StateValue", "StateUpdatedTimestamp")
_NOT_WITH_FAMILY = (
    "AlarmNames",
    "AlarmNamePrefix",
    "AlarmTypes",
    "StateValue",
    "ActionPrefix",
)


def _choice(
    call: Mapping[str, Any], alarms: Sequence[Alarm]
) -> tuple[Collection[str] | None, list[Alarm]]:
    """The alarms that a call asks for, and the members that are shown of them, None for all."""
    child, parent = call.get("ParentsOfAlarmName"), call.get("ChildrenOfAlarmName")
    if child is None and parent is None:
        if call.get("AlarmNames") and call.get("AlarmNamePrefix"):
            refuse("AlarmNames and AlarmNamePrefix cannot both be set")  # ours
        return None, [alarm for alarm in alarms if _is_chosen(alarm, call)]
    asked = "ParentsOfAlarmName" if parent is None else "ChildrenOfAlarmName"
    if (child and parent) or any(call.get(name) is not None for name in _NOT_WITH_FAMILY):
        refuse(f"{asked} cannot be set with other filters")  # ours
    if child is not None:
        return _OF_PARENT, composites.parents_of(child, alarms)
    names = {name for each in alarms if each.name == parent for name in children_of(each)}
    return _OF_CHILD, [alarm for alarm in alarms if alarm.name in names]


def _shown(alarms: Sequence[Alarm], members: Collection[str] | None) -> dict[str, Any]:
    """Alarms as DescribeAlarms lists them, each in the list of its type."""
    lists: dict[str, list[dict[str, Any]]] = {"MetricAlarms": [], "CompositeAlarms": []}
    for alarm in alarms:
        whole = metric_alarm(alarm) if alarm.rule is None else composite_alarm(alarm)
        shown = {name: whole[name] for name in members or whole}
        lists[f"{alarm.type}s"].append(shown)
    return lists


def _is_chosen(alarm: Alarm, call: Mapping[str, Any]) -> bool:
    names, prefix = call.get("AlarmNames"), call.get("AlarmNamePrefix")
    action = call.get("ActionPrefix")
    actions = (*alarm.ok_actions, *alarm.alarm_actions, *alarm.insufficient_data_actions)
    return (
        alarm.type in (call.get("AlarmTypes") or ("MetricAlarm",))
        and (not names or alarm.name in names)
        and (prefix is None or alarm.name.startswith(prefix))
        and call.get("StateValue") in (None, alarm.state)
        and (action is None or any(each.startswith(action) for each in actions))
    )


def _is_on(alarm: Alarm, call: Mapping[str, Any]) -> bool:
    metric = alarm.watch.metric if alarm.watch else None
    if metric is None:
        return False
    dimensions = {(each["Name"], each["Value"]) for each in call.get("Dimensions") or ()}
    stat = call.get("Statistic") or call.get("ExtendedStatistic")
    return (
        (metric.namespace, metric.metric_name) == (call["Namespace"], call["MetricName"])
        and set(metric.dimensions) == dimensions
        and stat in (None, metric.stat)
        and call.get("Period") in (None, metric.period)
        and call.get("Unit") in (None, metric.unit)
    )


def _ms(seconds: float | None, default: int) -> int:
    if seconds is None:
        return default
    return round(min(max(seconds, -_FURTHEST_MS / 1000), _FURTHEST_MS / 1000) * 1000)
