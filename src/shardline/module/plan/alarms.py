"""The changes of the alarms."""

from collections.abc import Iterator, Mapping
from typing import Any

from shardline.module.actual import Actual, owner_tag
from shardline.module.alarms import alarms
from shardline.module.plan.access import tag_list
from shardline.module.plan.changes import Call, Change
from shardline.module.plan.stream import shards_after
from shardline.module.spec.wanted import WantedStream

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
            yield Change("create", f"alarm {name}", None, _summary(parameters), (call,))
        elif different := differences(parameters, there.parameters):
            yield Change(
                "change",
                f"alarm {name}",
                _summary(there.parameters),
                _summary(parameters),
                (call,),
                note=", ".join(different),
            )
    for name, alarm in sorted(actual.alarms.items()):
        if name not in named and actual.is_ours(alarm.tags):
            call = Call("cloudwatch", "DeleteAlarms", {"AlarmNames": [name]})
            yield Change("remove", f"alarm {name}", _summary(alarm.parameters), None, (call,))


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
    """`> 0.01 in 5 of 5 minutes`."""
    sign = {
        "LessThanThreshold": "<",
        "GreaterThanThreshold": ">",
        "GreaterThanOrEqualToThreshold": ">=",
    }.get(parameters.get("ComparisonOperator", ""), "?")
    of = parameters.get("EvaluationPeriods")
    points = parameters.get("DatapointsToAlarm", of)
    return f"{sign} {parameters.get('Threshold'):g} in {points} of {of} minutes"
