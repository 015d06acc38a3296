"""The one place where alarms change: each change with its history and its actions, or not at all.

The catalog refuses a change that another one overtook; it is then made anew from what is there.
That holds between processes too: of two that find an alarm beyond its threshold only one moves it.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from shardline.clock import Clock
from shardline.cloudwatch.alarms.changes import Change, moved
from shardline.cloudwatch.alarms.history import configured
from shardline.cloudwatch.alarms.regions import region_name
from shardline.gateway.errors import InternalFailure
from shardline.storage.alarm_entities import Alarm, AlarmKey, Notice, State
from shardline.storage.alarm_port import AlarmStore
from shardline.storage.catalog_port import Conflict, NameTaken

_TRIES = 20  # a change waits for nothing, so that so many in a row are a fault of ours


class Outbox(Protocol):
    """Takes the actions that have to be taken."""

    def send(self, notices: Sequence[Notice]) -> None:
        """Take these actions, which are stored. Never waits."""
        ...


class AlarmBook:
    """The alarms of the catalog, and their changes. Methods raise `StorageError`."""

    def __init__(self, store: AlarmStore, clock: Clock, outbox: Outbox) -> None:
        self._store = store
        self._clock = clock
        self._outbox = outbox

    async def all(self) -> Sequence[Alarm]:
        """Every alarm of every account and region."""
        return await self._store.alarms()

    async def of(self, account: str, region: str) -> Sequence[Alarm]:
        """The alarms of an account and region, by name."""
        return await self._store.alarms((account, region))

    async def find(self, key: AlarmKey) -> Alarm | None:
        """The alarm of that name."""
        return await self._store.alarm(key)

    async def put(self, key: AlarmKey, configure: Callable[[Alarm | None], Alarm]) -> None:
        """Make an alarm, or configure the one that is there, which keeps its state and tags.

        `configure` is given what is there, and may refuse by raising.
        """
        for _ in range(_TRIES):
            before = await self._store.alarm(key)
            after = configure(before)
            item = configured(after, "updated" if before else "created", self._clock.now_ms())
            try:
                if before is None:
                    await self._store.insert_alarm(after, [item])
                else:
                    await self._store.update_alarm(after, [item])
            except (Conflict, NameTaken):
                continue
            return
        raise InternalFailure

    async def configure(self, key: AlarmKey, change: Callable[[Alarm], Alarm]) -> Alarm | None:
        """Change how an alarm is configured; None if there is none. What changes nothing is none.

        A change of tags alone is no item of the history.
        """

        def configured_by(alarm: Alarm) -> Change:
            after = change(alarm)
            if replace(after, tags=alarm.tags) == alarm:
                return Change(after)
            now_ms = self._clock.now_ms()
            after = replace(after, configured_ms=now_ms)
            return Change(after, (configured(after, "updated", now_ms),))

        return await self._change(key, configured_by)

    async def move(
        self,
        key: AlarmKey,
        state: State,
        reason: str,
        data: str | None,
        *,
        since: int | None = None,
    ) -> Alarm | None:
        """Put an alarm in a state; None if there is none.

        With `since` only if it is still at that version: what was found of an earlier one is stale.
        """

        def moved_to(alarm: Alarm) -> Change:
            if since not in (None, alarm.version):
                return Change(alarm)
            name = region_name(alarm.region)
            now_ms = self._clock.now_ms()
            return moved(alarm, state, reason, data, now_ms, name, _new_id)

        return await self._change(key, moved_to)

    async def remove(self, alarms: Sequence[Alarm]) -> None:
        """Delete alarms. Their histories stay."""
        now_ms = self._clock.now_ms()
        items = [configured(alarm, "deleted", now_ms) for alarm in alarms]
        await self._store.remove_alarms([alarm.key for alarm in alarms], items)

    async def _change(self, key: AlarmKey, change: Callable[[Alarm], Change]) -> Alarm | None:
        for _ in range(_TRIES):
            before = await self._store.alarm(key)
            if before is None:
                return None
            found = change(before)
            if found.alarm == before:
                return before
            try:
                await self._store.update_alarm(found.alarm, found.items, found.notices)
            except Conflict:
                continue
            self._outbox.send(found.notices)
            return found.alarm
        raise InternalFailure


def _new_id() -> str:
    return str(uuid.uuid4())
