"""What the catalog reads and writes of alarms, each within a transaction of the caller."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, delete, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from shardline.storage.alarm_entities import Alarm, AlarmKey, HistoryItem, Notice, Watch
from shardline.storage.alarm_port import HistoryQuery
from shardline.storage.catalog.alarm_schema import alarm_history, alarm_notices, alarms
from shardline.storage.catalog_port import Conflict, NameTaken


class _Configuration(msgspec.Struct, omit_defaults=True):
    """The members of an alarm that stand in one column."""

    watch: Watch | None = None
    rule: str | None = None
    description: str | None = None
    actions_enabled: bool = True
    ok_actions: tuple[str, ...] = ()
    alarm_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()


_CONFIGURATION: Final = msgspec.json.Decoder(_Configuration)
_WHOLE: Final = _Configuration.__struct_fields__


def load_alarms(db: Connection, place: tuple[str, str] | None) -> list[Alarm]:
    """The alarms of an account and region, or all, sorted by account, region and name."""
    found = select(alarms).order_by(alarms.c.account, alarms.c.region, alarms.c.name)
    if place is not None:
        found = found.where(alarms.c.account == place[0], alarms.c.region == place[1])
    return [_alarm(row) for row in db.execute(found).mappings()]


def find_alarm(db: Connection, key: AlarmKey) -> Alarm | None:
    """The alarm of that name, if there is one."""
    row = db.execute(select(alarms).where(*_at(key))).mappings().first()
    return None if row is None else _alarm(row)


def insert_alarm(db: Connection, alarm: Alarm, items: Sequence[HistoryItem]) -> None:
    """Add an alarm, and what its history says of that. Raises `NameTaken`."""
    try:
        with db.begin_nested():
            db.execute(insert(alarms).values(_row(alarm)))
    except IntegrityError as error:
        raise NameTaken("/".join(alarm.key)) from error
    keep_items(db, items)


def update_alarm(
    db: Connection, alarm: Alarm, items: Sequence[HistoryItem], notices: Sequence[Notice]
) -> None:
    """Store an alarm as a version one higher, with what follows from it. Raises `Conflict`."""
    changed = db.execute(
        update(alarms)
        .where(*_at(alarm.key), alarms.c.version == alarm.version)
        .values({**_row(alarm), "version": alarm.version + 1})
    )
    if changed.rowcount != 1:
        raise Conflict(f"alarm {alarm.name} is no longer at version {alarm.version}")
    keep_items(db, items)
    if notices:
        db.execute(insert(alarm_notices), [dataclasses.asdict(notice) for notice in notices])


def remove_alarms(db: Connection, keys: Sequence[AlarmKey], items: Sequence[HistoryItem]) -> None:
    """Remove alarms, and keep what their histories say of that."""
    for key in keys:
        db.execute(delete(alarms).where(*_at(key)))
    keep_items(db, items)


def keep_items(db: Connection, items: Sequence[HistoryItem]) -> None:
    """Add items to the histories."""
    rows = [dataclasses.asdict(item) for item in items]
    for row in rows:
        del row["number"]
    if rows:
        db.execute(insert(alarm_history), rows)


def find_history(db: Connection, query: HistoryQuery) -> list[HistoryItem]:
    """The items that a query asks for, in its order."""
    table = alarm_history.c
    found = select(alarm_history).where(
        table.account == query.account,
        table.region == query.region,
        table.alarm_type.in_(query.alarm_types),
        table.at_ms >= query.start_ms,
        table.at_ms < query.end_ms,
    )
    if query.alarm is not None:
        found = found.where(table.alarm == query.alarm)
    if query.item_type is not None:
        found = found.where(table.type == query.item_type)
    order = tuple_(table.at_ms, table.number)
    if query.after is not None:
        after = tuple_(*query.after)
        found = found.where(order < after if query.newest_first else order > after)
    columns = (table.at_ms, table.number)
    found = found.order_by(*(c.desc() for c in columns) if query.newest_first else columns)
    rows = db.execute(found.limit(query.limit)).mappings()
    return [HistoryItem(**row) for row in rows]


def forget_history(db: Connection, before_ms: int) -> None:
    """Give up what happened earlier."""
    db.execute(delete(alarm_history).where(alarm_history.c.at_ms < before_ms))


def load_notices(db: Connection) -> list[Notice]:
    """The actions that have to be taken, oldest first."""
    found = select(alarm_notices).order_by(alarm_notices.c.created_ms, alarm_notices.c.id)
    return [Notice(**row) for row in db.execute(found).mappings()]


def finish_notice(db: Connection, notice_id: str, item: HistoryItem) -> None:
    """Remove an action that was taken or given up, and keep what its alarm's history says of it."""
    gone = db.execute(delete(alarm_notices).where(alarm_notices.c.id == notice_id))
    if gone.rowcount == 1:  # else another process has told it
        keep_items(db, [item])


def _at(key: AlarmKey) -> tuple[Any, ...]:
    account, region, name = key
    return (alarms.c.account == account, alarms.c.region == region, alarms.c.name == name)


def _row(alarm: Alarm) -> dict[str, Any]:
    whole = _Configuration(**{name: getattr(alarm, name) for name in _WHOLE})
    own = {c.name: getattr(alarm, c.name) for c in alarms.columns if c.name != "configuration"}
    return {**own, "configuration": msgspec.json.encode(whole).decode()}


def _alarm(row: RowMapping) -> Alarm:
    whole = _CONFIGURATION.decode(row["configuration"])
    own = {name: value for name, value in row.items() if name != "configuration"}
    return Alarm(**own, **{name: getattr(whole, name) for name in _WHOLE})
