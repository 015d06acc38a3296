"""The CloudWatch API as the gateway serves it: every operation that is built, by AWS's name."""

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from shardline.clock import Clock
from shardline.cloudwatch.datums import data_of
from shardline.cloudwatch.reader import MetricReader
from shardline.cloudwatch.reading import MetricReading
from shardline.cloudwatch.units import UNITS
from shardline.gateway.model import load_service
from shardline.gateway.types import Api, Caller, Handler
from shardline.storage.metric_store import MetricStore


class MetricData:
    """The operations that write metrics."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """The operations, by AWS's name."""
        return {"PutMetricData": self.put_metric_data}

    async def put_metric_data(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Keep what a client counted; durable when it is answered."""
        now_ms = self._clock.now_ms()
        await self._store.put(data_of(caller.account, caller.region, call, UNITS, now_ms))


def cloudwatch_api(
    store: MetricStore, clock: Clock, reader: MetricReader, *others: Mapping[str, Handler]
) -> Api:
    """Put the operations together; `others` are those that the model validates."""
    metrics = {
        **MetricData(store, clock).handlers(),
        **MetricReading(reader, clock).handlers(),
    }
    handlers = dict(ChainMap(metrics, *map(dict, others)))
    return Api(load_service("cloudwatch"), handlers, self_validating=frozenset(metrics))
