"""Alarms in an SQL database. The contract is in `shardline.storage.alarm_port`."""

from collections.abc import Sequence

from shardline.storage.alarm_entities import Alarm, AlarmKey, HistoryItem, Notice
from shardline.storage.alarm_port import HistoryQuery
from shardline.storage.catalog import alarm_statements
from shardline.storage.catalog.sql_store import SqlStore


class SqlAlarms(SqlStore):
    """An `AlarmStore`."""

    async def alarms(self, place: tuple[str, str] | None = None) -> Sequence[Alarm]:
        """Alarms, sorted by account, region and name. Raises `StorageError`."""
        return await self._read(lambda db: alarm_statements.load_alarms(db, place))

    async def alarm(self, key: AlarmKey) -> Alarm | None:
        """The alarm of that name. Raises `StorageError`."""
        return await self._read(lambda db: alarm_statements.find_alarm(db, key))

    async def insert_alarm(self, alarm: Alarm, items: Sequence[HistoryItem]) -> None:
        """Add an alarm, with items of its history. Raises `NameTaken`, `WriteFailed`."""
        await self._write(lambda db: alarm_statements.insert_alarm(db, alarm, items))

    async def update_alarm(
        self, alarm: Alarm, items: Sequence[HistoryItem] = (), notices: Sequence[Notice] = ()
    ) -> None:
        """Replace an alarm, with what follows from it. Raises `Conflict`, `WriteFailed`."""
        await self._write(lambda db: alarm_statements.update_alarm(db, alarm, items, notices))

    async def remove_alarms(self, keys: Sequence[AlarmKey], items: Sequence[HistoryItem]) -> None:
        """Remove alarms, not their histories. Idempotent. Raises `WriteFailed`."""
        await self._write(lambda db: alarm_statements.remove_alarms(db, keys, items))

    async def alarm_history(self, query: HistoryQuery) -> Sequence[HistoryItem]:
        """The items that are asked for. Raises `StorageError`."""
        return await self._read(lambda db: alarm_statements.find_history(db, query))

    async def forget_alarm_history(self, before_ms: int) -> None:
        """Give up the items of before that time. Raises `WriteFailed`."""
        await self._write(lambda db: alarm_statements.forget_history(db, before_ms))

    async def alarm_notices(self) -> Sequence[Notice]:
        """The actions that were not finished yet, oldest first. Raises `StorageError`."""
        return await self._read(alarm_statements.load_notices)

    async def finish_alarm_notice(self, notice_id: str, item: HistoryItem) -> None:
        """Remove an action and keep the item that tells of it. Raises `WriteFailed`."""
        await self._write(lambda db: alarm_statements.finish_notice(db, notice_id, item))
