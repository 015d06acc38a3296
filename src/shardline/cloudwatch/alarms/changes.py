"""What follows from a new state of an alarm. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from shardline.cloudwatch.alarms import messages
from shardline.cloudwatch.alarms.history import state_updated
from shardline.storage.alarm_entities import Alarm, HistoryItem, Notice, State


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm as it is now, what its history says of that, and the actions to be taken."""

    alarm: Alarm
    items: tuple[HistoryItem, ...] = ()
    notices: tuple[Notice, ...] = ()


def moved(
    alarm: Alarm,
    state: State,
    reason: str,
    reason_data: str | None,
    now_ms: int,
    region_name: str,
    new_id: Callable[[], str],
) -> Change:
    """Put an alarm in a state, for a reason.

    Actions are taken, and the history written, only where the state is another than before.
    """
    after = replace(
        alarm, state=state, reason=reason, reason_data=reason_data, state_updated_ms=now_ms
    )
    if state == alarm.state:
        return Change(after)
    after = replace(after, transitioned_ms=now_ms)
    item = state_updated(alarm, after, now_ms)
    if not alarm.actions_enabled or not actions_of(after):
        return Change(after, (item,))
    subject = messages.subject(after, region_name)
    message = messages.message(after, alarm.state, region_name)
    notices = tuple(
        Notice(new_id(), *alarm.key, alarm.type, action, subject, message, now_ms)
        for action in actions_of(after)
    )
    return Change(after, (item,), notices)


def actions_of(alarm: Alarm) -> tuple[str, ...]:
    """The actions of the state that an alarm is in, each once."""
    actions = {
        "OK": alarm.ok_actions,
        "ALARM": alarm.alarm_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[alarm.state]
    return tuple(dict.fromkeys(actions))
