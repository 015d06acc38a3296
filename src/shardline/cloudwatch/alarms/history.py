"""What the history of an alarm says: one item for each thing that happened to it. Pure.

Sources of the JSON: items quoted in public repositories (a created alarm, updated states), and the
summaries of actions there. Not seen, and ours by the pattern of these: the types Update and Delete,
and the data of actions but for its first members.
"""

import json
from contextlib import suppress
from typing import Any, Literal

from shardline.cloudwatch.alarms.answers import composite_alarm, metric_alarm
from shardline.cloudwatch.alarms.numbers import stamp
from shardline.storage.alarm_entities import Alarm, HistoryItem, ItemType, Notice

KEPT_MS = 30 * 24 * 3600 * 1000
"""How long items are kept: 30 days, by AWS's page "Using Amazon CloudWatch alarms" (once 14)."""

MOST_DATA, MOST_SUMMARY = 4095, 255

Change = Literal["created", "updated", "deleted"]
_TYPES = {"created": "Create", "updated": "Update", "deleted": "Delete"}
_TIMES = (
    "AlarmConfigurationUpdatedTimestamp",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)


def configured(alarm: Alarm, change: Change, now_ms: int) -> HistoryItem:
    """An alarm was made, changed or deleted."""
    shown = metric_alarm(alarm) if alarm.watch is not None else composite_alarm(alarm)
    # AWS leaves these to the items on states.
    for name in ("StateReason", "StateReasonData", "StateTransitionedTimestamp"):
        shown.pop(name, None)
    for name in _TIMES:
        if name in shown:
            shown[name] = stamp(round(shown[name] * 1000))
    data = {"version": "1.0", "type": _TYPES[change], f"{change}Alarm": _small(shown)}
    short = {**data, f"{change}Alarm": _small({"AlarmName": alarm.name})}
    summary = f'Alarm "{alarm.name}" {change}'
    return _item(alarm, "ConfigurationUpdate", now_ms, summary, data, short)


def state_updated(before: Alarm, after: Alarm, now_ms: int) -> HistoryItem:
    """An alarm went from one state to another."""
    data = {"version": "1.0", "oldState": _state(before), "newState": _state(after)}
    short = {
        "version": "1.0",
        "oldState": {"stateValue": before.state},
        "newState": {"stateValue": after.state},
    }
    summary = f"Alarm updated from {before.state} to {after.state}"
    return _item(after, "StateUpdate", now_ms, summary, data, short)


def action_taken(notice: Notice, error: str | None, now_ms: int) -> HistoryItem:
    """An action was taken, or given up with an error."""
    data: dict[str, Any] = {
        "actionState": "Succeeded" if error is None else "Failed",
        "notificationResource": notice.action,
        "stateUpdateTimestamp": notice.created_ms,
    }
    if error is None:
        summary = f"Successfully executed action {notice.action}"
    else:
        summary = f'Failed to execute action {notice.action}. Received error: "{error}"'
        data["error"] = error
    full = {**data, "publishedMessage": notice.message}
    return HistoryItem(
        notice.account,
        notice.region,
        notice.alarm,
        notice.alarm_type,
        now_ms,
        "Action",
        _bounded(summary),
        _json(full, data),
    )


def _item(
    alarm: Alarm,
    kind: ItemType,
    now_ms: int,
    summary: str,
    data: dict[str, Any],
    short: dict[str, Any],
) -> HistoryItem:
    account, region, name = alarm.key
    text = _json(data, short)
    return HistoryItem(account, region, name, alarm.type, now_ms, kind, _bounded(summary), text)


def _state(alarm: Alarm) -> dict[str, Any]:
    state: dict[str, Any] = {"stateValue": alarm.state, "stateReason": alarm.reason}
    if alarm.reason_data:
        try:
            state["stateReasonData"] = json.loads(alarm.reason_data)
        except (ValueError, RecursionError):  # deeper than can be read from here
            state["stateReasonData"] = alarm.reason_data
    return state


def _small(shown: Any) -> Any:
    """The members as the JSON of histories names them; OKActions become `okactions`, sic."""
    if isinstance(shown, dict):
        return {
            "okactions" if name == "OKActions" else name[0].lower() + name[1:]: _small(value)
            for name, value in shown.items()
        }
    return [_small(value) for value in shown] if isinstance(shown, list) else shown


def _json(data: dict[str, Any], short: dict[str, Any]) -> str:
    """`data`, or what is short of it where that would be longer than AWS's items are."""
    with suppress(RecursionError):  # a reason's JSON is the caller's own, and may be deep
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        if len(text) <= MOST_DATA:
            return text
    return json.dumps(short, separators=(",", ":"), ensure_ascii=False)


def _bounded(summary: str) -> str:
    return summary if len(summary) <= MOST_SUMMARY else summary[: MOST_SUMMARY - 3] + "..."
