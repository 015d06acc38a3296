"""The changes of the alarms."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shardline.module.actual import Actual
from shardline.module.alarms import alarms, duration, prefix
from shardline.module.places import owner_tag
from shardline.module.plan.access import tag_list
from shardline.module.plan.capacity import shards_after
from shardline.module.plan.changes import Call, Change
from shardline.module.spec.wanted import WantedStream

_SIGNS = {
    "LessThanThreshold": "<",
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
}
_SHARDS = re.compile(r"/ \((\d+) \* ")  # of an expression of utilisation
_UNORDERED = ("Dimensions", "AlarmActions", "OKActions")


def alarm_changes(wanted: WantedStream, actual: Actual) -> Iterator[Change]:
    """Put those that are missing or different, and delete those that the module made and that are
    no longer wanted."""
    named = set()
    for parameters in alarms(wanted, shards_after(wanted, actual)):
        name = parameters["AlarmName"]
        named.add(name)
        there = actual.alarms.get(name)
        params = {**parameters, "Tags": tag_list(owner_tag(actual.place, wanted.name))}
        call = Call("cloudwatch", "PutMetricAlarm", params)
        if there is None:
            yield Change("create", what_of(wanted.name, name), None, _summary(parameters), (call,))
        elif different := differences(parameters, there.parameters):
            before, after = _summary(there.parameters), _summary(parameters)
            note = ", ".join(different) if before == after else ""
            what = what_of(wanted.name, name)
            yield Change("change", what, before, after, (call,), note=note)
    for name, alarm in sorted(actual.alarms.items()):
        if name not in named and actual.is_ours(alarm.tags):
            call = Call("cloudwatch", "DeleteAlarms", {"AlarmNames": [name]})
            yield Change(
                "remove", what_of(wanted.name, name), _summary(alarm.parameters), None, (call,)
            )


def what_of(stream: str, name: str) -> str:
    """What a plan calls an alarm: the stream's name stands over it."""
    return f"alarm {name.removeprefix(prefix(stream))}"


def differences(wanted: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """The parameters that differ. What CloudWatch shows beyond what was put is its own business."""
    return [key for key, value in wanted.items() if not _holds(value, there.get(key), key)]


def _holds(wanted: Any, there: Any, key: str = "") -> bool:
    """Whether what is there says all that is wanted; an empty list may be left out."""
    if isinstance(wanted, Mapping):
        if not isinstance(there, Mapping):
            return False
        return all(_holds(value, there.get(name), name) for name, value in wanted.items())
    if isinstance(wanted, list):
        have = list(there or ())
        if key in _UNORDERED:
            wanted, have = sorted(wanted, key=str), sorted(have, key=str)
        pairs = zip(wanted, have, strict=False)
        return len(wanted) == len(have) and all(_holds(one, other) for one, other in pairs)
    return bool(wanted == there)


def _summary(parameters: Mapping[str, Any]) -> str:
    """`> 1% for 5 minutes`, `>= 80% of 4 shards, 10 of 15 minutes`."""
    threshold = float(parameters.get("Threshold") or 0)
    is_age = "Milli" in parameters.get("MetricName", "")
    amount = duration(threshold) if is_age else f"{threshold * 100:g}%"
    sign = _SIGNS.get(parameters.get("ComparisonOperator", ""), "?")
    expressions = [each.get("Expression") or "" for each in parameters.get("Metrics") or ()]
    shards = [found[1] for each in expressions if (found := _SHARDS.search(each))]
    of = f" of {shards[0]} shards" if shards else ""
    minutes = parameters.get("EvaluationPeriods")
    points = parameters.get("DatapointsToAlarm", minutes)
    how_long = f" for {minutes}" if points == minutes else f", {points} of {minutes}"
    return f"{sign} {amount}{of}{how_long} minutes"
