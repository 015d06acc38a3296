"""Composite alarms: who depends on whom, and which state follows. Pure.

Sources: AWS's documentation of PutCompositeAlarm and its example of an event of one; an error of
PutCompositeAlarm quoted in public.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from shardline.cloudwatch.alarms.arns import alarm_arn, alarm_named
from shardline.cloudwatch.alarms.numbers import spoken, stamp
from shardline.cloudwatch.alarms.rules import RuleError, children, holds, parse
from shardline.storage.alarm_entities import Alarm, State

Named = Mapping[str, Alarm]
"""The alarms of one account and region, by name."""


def children_of(alarm: Alarm) -> list[str]:
    """The names of the alarms that a composite alarm depends on; none for a metric alarm."""
    if alarm.rule is None:
        return []
    names = [name_in(alarm, written) for written in children(parse(alarm.rule))]
    return list(dict.fromkeys(names))


def parents_of(name: str, alarms: Collection[Alarm]) -> list[Alarm]:
    """The composite alarms that depend on an alarm."""
    return [alarm for alarm in alarms if name in children_of(alarm)]


def name_in(alarm: Alarm, written: str) -> str:
    """The name that a rule means: itself, or the one in an ARN of the same account and region.

    Another ARN stays what it is, and names nothing.
    """
    key = alarm_named(written)
    return key[2] if key and key[:2] == (alarm.account, alarm.region) else written


def problem(alarm: Alarm, named: Named) -> str | None:
    """What is wrong with the rule of a composite alarm, or None."""
    assert alarm.rule is not None
    try:
        names = children_of(alarm)
    except RuleError as error:
        return f"AlarmRule must be a valid expression: {error}"  # ours
    missing = [name for name in names if name not in named and name != alarm.name]
    if missing:
        prefix = alarm_arn(alarm).removesuffix(alarm.name)
        arns = [name if name.startswith("arn:") else prefix + name for name in missing]
        return (
            f"Could not save the composite alarm as alarms [{', '.join(arns)}] in the alarm rule "
            "do not exist"
        )
    return None


def in_order(alarms: Sequence[Alarm]) -> Iterator[Alarm]:
    """Composite alarms, each behind those that it depends on; none that depends on a cycle."""
    named = {alarm.name: alarm for alarm in alarms if alarm.rule is not None}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for alarm in named.values():
        sorter.add(alarm.name, *(name for name in children_of(alarm) if name in named))
    with suppress(CycleError):  # what is outside of cycles comes all the same
        sorter.prepare()
    while ready := sorter.get_ready():
        for name in ready:
            yield named[name]
        sorter.done(*ready)


def state_of(alarm: Alarm, named: Named) -> State:
    """The state that follows from the states of others."""
    assert alarm.rule is not None
    rule = parse(alarm.rule)
    states = {
        written: named[name].state
        for written in children(rule)
        if (name := name_in(alarm, written)) in named
    }
    return "ALARM" if holds(rule, states) else "OK"


def reason(alarm: Alarm, named: Named) -> tuple[str, str | None]:
    """Why: the child that changed last, as a sentence and as JSON."""
    changed = [named[name] for name in children_of(alarm) if name in named]
    if not changed:
        return "The alarm rule depends on no alarm.", None  # ours
    last = max(changed, key=lambda child: child.transitioned_ms)
    arn = alarm_arn(last)
    text = f"{arn} transitioned to {last.state} at {spoken(last.transitioned_ms)}"
    state = {"value": last.state, "timestamp": stamp(last.transitioned_ms)}
    data = {"triggeringAlarms": [{"arn": arn, "state": state}]}
    return text, json.dumps(data, separators=(",", ":"))
