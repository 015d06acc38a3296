"""Alarms at work: each is looked at every minute, and put in the state that its datapoints say.

A look is at what was so `SETTLE_MS` ago: what is counted in a minute reaches the store when the
minute is over, and a look at its very end would find it missing. Looks that were missed, because
the process stood still, are not made up for.

One process looks: the one that is on duty, which a node sees to; `Turn` can say it too. Two that
look at once do no harm but work: the catalog lets only one of them move an alarm. So nothing has to
be handed over to the next one, which looks at every alarm anew.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from shardline.clock import Clock
from shardline.cloudwatch.alarms import composites
from shardline.cloudwatch.alarms.book import AlarmBook
from shardline.cloudwatch.alarms.evaluation import evaluate
from shardline.cloudwatch.alarms.points import points_of, step_of
from shardline.cloudwatch.alarms.reasons import reason, reason_data
from shardline.cloudwatch.math.values import MathError
from shardline.cloudwatch.reader import MetricReader
from shardline.storage.alarm_entities import Alarm, AlarmKey
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.alarms")

SETTLE_MS = 10_000

Turn = Callable[[], Awaitable[bool]]
"""Says whether it is this process that looks at the alarms."""


async def always() -> bool:
    """The turn of a process that is alone."""
    return True


class Evaluator:
    """Looks at the alarms of a catalog."""

    def __init__(
        self, book: AlarmBook, reader: MetricReader, clock: Clock, turn: Turn = always
    ) -> None:
        self._book = book
        self._reader = reader
        self._clock = clock
        self._turn = turn
        # When each alarm was looked at: the end of its last period, and how it was configured.
        self._looked: dict[AlarmKey, tuple[int, int]] = {}
        self._looking = asyncio.Lock()

    async def run_once(self) -> None:
        """Look at every alarm that is due. Raises `StorageError` if there is no reading them."""
        await self.look(SETTLE_MS)

    async def look(self, settle_ms: int) -> None:
        """Look at every alarm that is due, at what was so `settle_ms` ago."""
        async with self._looking:  # a look at an earlier moment must not end after a later one
            if await self._turn():
                await self._look(settle_ms)

    async def _look(self, settle_ms: int) -> None:
        alarms = await self._book.all()
        at_s = (self._clock.now_ms() - settle_ms) // 1000
        looked: dict[AlarmKey, tuple[int, int]] = {}
        for alarm in alarms:
            if alarm.watch is None:
                continue
            before = self._looked.get(alarm.key, (0, 0))
            end_s = at_s - at_s % step_of(alarm.watch)
            if before[1] == alarm.configured_ms and end_s <= before[0]:
                looked[alarm.key] = before
                continue
            try:
                await self._look_at(alarm, end_s)
            except (StorageError, MathError) as error:
                log.error("alarm %s: %s", alarm.name, error)
            else:
                looked[alarm.key] = (end_s, alarm.configured_ms)
        self._looked = looked
        if any(alarm.rule is not None for alarm in alarms):
            await self._look_at_composites()

    async def _look_at_composites(self) -> None:
        """Put composite alarms in the states that follow from what the others are in by now."""
        places: dict[tuple[str, str], list[Alarm]] = {}
        for alarm in await self._book.all():
            places.setdefault(alarm.key[:2], []).append(alarm)
        for alarms in places.values():
            named = {alarm.name: alarm for alarm in alarms}
            for alarm in composites.in_order(alarms):
                state = composites.state_of(alarm, named)
                if state == alarm.state:
                    continue
                why, data = composites.reason(alarm, named)
                moved = await self._book.move(alarm.key, state, why, data, since=alarm.version)
                if moved is not None:
                    named[alarm.name] = moved

    async def _look_at(self, alarm: Alarm, end_s: int) -> None:
        watch = alarm.watch
        assert watch is not None
        found = evaluate(watch, await points_of(self._reader, alarm, end_s))
        if found.state in (None, alarm.state):
            return
        assert found.state is not None
        why = reason(watch, found.state, found)
        data = reason_data(watch, found, self._clock.now_ms())
        moved = await self._book.move(alarm.key, found.state, why, data, since=alarm.version)
        if moved is not None and moved.state == found.state:
            log.info("alarm %s: %s: %s", alarm.name, found.state, why)
