"""The alarms of a node: their parts, put together."""

import logging
from collections.abc import Callable, Mapping

from shardline.clock import Clock
from shardline.cloudwatch.alarms.book import AlarmBook
from shardline.cloudwatch.alarms.courier import Courier
from shardline.cloudwatch.alarms.descriptions import AlarmDescriptions
from shardline.cloudwatch.alarms.evaluator import Evaluator
from shardline.cloudwatch.alarms.history import KEPT_MS
from shardline.cloudwatch.alarms.operations import AlarmChanges
from shardline.cloudwatch.alarms.tagging import AlarmTags
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.alarms.webhook import Webhooks
from shardline.cloudwatch.reader import MetricReader
from shardline.gateway.types import Handler
from shardline.storage.alarm_port import AlarmStore
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.alarms")


class Alarms:
    """Alarms on the metrics of one store, kept in one catalog."""

    def __init__(
        self,
        store: AlarmStore,
        reader: MetricReader,
        clock: Clock,
        targets: Targets,
        is_alone: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._clock = clock
        self._webhooks = Webhooks()
        self.courier = Courier(store, clock, targets, self._webhooks, is_alone=is_alone)
        self._book = AlarmBook(store, clock, self.courier)
        self.evaluator = Evaluator(self._book, reader, clock)

    def handlers(self) -> Mapping[str, Handler]:
        """The operations on alarms, by AWS's names."""
        return {
            **AlarmChanges(self._book, self._clock).handlers(),
            **AlarmDescriptions(self._book, self._store, self._clock).handlers(),
            **AlarmTags(self._book).handlers(),
        }

    async def run_once(self) -> None:
        """Look at the alarms that are due, and take up actions that wait."""
        for work in (self.courier.run_once, self.evaluator.run_once):
            try:
                await work()
            except StorageError as error:
                log.error("alarms: %s", error)

    async def trim(self) -> None:
        """Give up what is too old in the histories."""
        try:
            await self._store.forget_alarm_history(self._clock.now_ms() - KEPT_MS)
        except StorageError as error:
            log.error("the histories of alarms: %s", error)

    async def close(self) -> None:
        """Leave actions that are under way to the next process."""
        await self.courier.close()
        await self._webhooks.close()
