"""The part of the catalog that holds alarms; see `shardline.storage.catalog_port`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shardline.storage.alarm_entities import (
    Alarm,
    AlarmKey,
    AlarmType,
    HistoryItem,
    ItemType,
    Notice,
)


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which items of the alarms' histories are asked for: of an account and region, by these.

    `start_ms` is in the range, `end_ms` is not. `after` is the time and the number of the item
    before the first one.
    """

    account: str
    region: str
    alarm: str | None
    alarm_types: Sequence[AlarmType]
    item_type: ItemType | None
    start_ms: int
    end_ms: int
    newest_first: bool
    after: tuple[int, int] | None
    limit: int


class AlarmStore(Protocol):
    """Alarms, their histories, and the actions that have to be taken yet."""

    async def alarms(self, place: tuple[str, str] | None = None) -> Sequence[Alarm]:
        """The alarms of an account and region, or every alarm, sorted by these and name."""
        ...

    async def alarm(self, key: AlarmKey) -> Alarm | None:
        """The alarm of that account, region and name."""
        ...

    async def insert_alarm(self, alarm: Alarm, items: Sequence[HistoryItem]) -> None:
        """Add an alarm, with items of its history. Raises `NameTaken`."""
        ...

    async def update_alarm(
        self, alarm: Alarm, items: Sequence[HistoryItem] = (), notices: Sequence[Notice] = ()
    ) -> None:
        """Replace the alarm of that name, if it is still at `alarm.version`; it gets one higher.

        What it makes happen is stored in the same transaction. Raises `Conflict`.
        """
        ...

    async def remove_alarms(self, keys: Sequence[AlarmKey], items: Sequence[HistoryItem]) -> None:
        """Remove alarms, with items of their histories, which stay. Idempotent."""
        ...

    async def alarm_history(self, query: HistoryQuery) -> Sequence[HistoryItem]:
        """The items that are asked for, by time and number, in the order that is asked for."""
        ...

    async def forget_alarm_history(self, before_ms: int) -> None:
        """Give up the items of before that time."""
        ...

    async def alarm_notices(self) -> Sequence[Notice]:
        """The actions that were not finished yet, oldest first."""
        ...

    async def finish_alarm_notice(self, notice_id: str, item: HistoryItem) -> None:
        """Remove an action that was taken or given up, and keep the item that says so. Idempotent:
        an action that is gone adds no item.
        """
        ...
