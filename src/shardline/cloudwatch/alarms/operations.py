"""AWS's operations that make, change and delete alarms."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shardline.clock import Clock
from shardline.cloudwatch.alarms import composites
from shardline.cloudwatch.alarms.book import AlarmBook
from shardline.cloudwatch.alarms.definitions import watch_of
from shardline.cloudwatch.alarms.members import check_actions, check_name, refuse, tags_of
from shardline.cloudwatch.alarms.reasons import FIRST_REASON
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller, Handler
from shardline.storage.alarm_entities import Alarm, Watch

_SUPPRESSION = (
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)
_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")


class AlarmChanges:
    """The operations that change alarms."""

    def __init__(self, book: AlarmBook, clock: Clock) -> None:
        self._book = book
        self._clock = clock

    def handlers(self) -> Mapping[str, Handler]:
        """The operations by AWS's names."""
        return {
            "PutMetricAlarm": self.put_metric_alarm,
            "PutCompositeAlarm": self.put_composite_alarm,
            "SetAlarmState": self.set_alarm_state,
            "DeleteAlarms": self.delete_alarms,
            "EnableAlarmActions": self.enable_alarm_actions,
            "DisableAlarmActions": self.disable_alarm_actions,
        }

    async def put_metric_alarm(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Make or configure an alarm on metrics."""
        watch = watch_of(caller.account, caller.region, call)
        await self._put(caller, call, watch=watch)

    async def put_composite_alarm(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Make or configure an alarm on other alarms."""
        for name in _SUPPRESSION:
            if call.get(name) is not None:
                refuse(f"{name}: Shardline does not suppress the actions of alarms.")
        if call.get("ActionConfiguration") is not None:
            refuse("ActionConfiguration: Shardline has no tags in the notifications of alarms.")
        alarms = await self._book.of(caller.account, caller.region)
        probe = replace(_new(caller, call["AlarmName"], (), 0), rule=call["AlarmRule"])
        if (wrong := composites.problem(probe, {each.name: each for each in alarms})) is not None:
            refuse(wrong)
        await self._put(caller, call, rule=call["AlarmRule"])

    async def set_alarm_state(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Put an alarm in a state until it is looked at next."""
        data = call.get("StateReasonData")
        if data is not None:
            _require_json(data)
        key = (caller.account, caller.region, call["AlarmName"])
        alarm = await self._book.move(key, call["StateValue"], call["StateReason"], data)
        if alarm is None:
            raise ServiceError(
                "ResourceNotFound",
                f"Alarm {call['AlarmName']} does not exist",  # ours
                status=404,
            )

    async def delete_alarms(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Delete the alarms that there are of those named, unless others depend on them."""
        names = set(call["AlarmNames"])
        alarms = await self._book.of(caller.account, caller.region)
        gone = [alarm for alarm in alarms if alarm.name in names]
        if sum(alarm.rule is not None for alarm in gone) > 1:
            refuse("Only one composite alarm can be deleted at a time.")  # ours
        left = [alarm for alarm in alarms if alarm.name not in names]
        for alarm in gone:
            if composites.parents_of(alarm.name, left):
                refuse(
                    f"Cannot delete {alarm.name} as there are composite alarm(s) depending on it."
                )
        await self._book.remove(gone)

    async def enable_alarm_actions(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Let alarms take their actions."""
        await self._set_enabled(caller, call, True)

    async def disable_alarm_actions(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Let alarms take no actions."""
        await self._set_enabled(caller, call, False)

    async def _set_enabled(self, caller: Caller, call: Mapping[str, Any], enabled: bool) -> None:
        for name in dict.fromkeys(call["AlarmNames"]):
            await self._book.configure(
                (caller.account, caller.region, name),
                lambda alarm: replace(alarm, actions_enabled=enabled),
            )

    async def _put(
        self,
        caller: Caller,
        call: Mapping[str, Any],
        *,
        watch: Watch | None = None,
        rule: str | None = None,
    ) -> None:
        name = call["AlarmName"]
        check_name(name)
        on_ok, on_alarm, on_no_data = (tuple(call.get(kind) or ()) for kind in _ACTIONS)
        check_actions((*on_ok, *on_alarm, *on_no_data), caller.region)
        tags = tags_of(call.get("Tags") or ())

        def configure(before: Alarm | None) -> Alarm:
            now_ms = self._clock.now_ms()
            alarm = before or _new(caller, name, tags, now_ms)
            if before is not None and (before.rule is None) != (rule is None):
                refuse(f"An alarm of another type has the name {name}.")  # ours
            return replace(
                alarm,
                configured_ms=now_ms,
                description=call.get("AlarmDescription"),
                actions_enabled=call.get("ActionsEnabled", True),
                ok_actions=on_ok,
                alarm_actions=on_alarm,
                insufficient_data_actions=on_no_data,
                watch=watch,
                rule=rule,
            )

        await self._book.put((caller.account, caller.region, name), configure)


def _new(caller: Caller, name: str, tags: tuple[tuple[str, str], ...], now_ms: int) -> Alarm:
    return Alarm(
        caller.account,
        caller.region,
        name,
        now_ms,
        "INSUFFICIENT_DATA",
        FIRST_REASON,
        None,
        now_ms,
        now_ms,
        tags=tags,
    )


def _require_json(data: str) -> None:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        raise ServiceError(
            "InvalidFormat",
            "StateReasonData is not a valid JSON document",  # ours
        ) from None
