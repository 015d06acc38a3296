"""What has to be done now and then: make old metrics coarser, and give up the oldest."""

import logging

from shardline.clock import Clock
from shardline.storage.metric_store import MetricStore
from shardline.storage.record_log import StorageError

log = logging.getLogger("shardline.upkeep")


class MetricUpkeep:
    """Keeps a metric store from growing for ever."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def run_once(self) -> None:
        """Do it with what is too old by now."""
        try:
            await self._store.forget(self._clock.now_ms() // 1000)
        except StorageError as error:
            log.error("upkeep of the metrics: %s", error)
