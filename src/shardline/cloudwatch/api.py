"""The CloudWatch API as the gateway serves it: every operation that is built, by AWS's name."""

from collections.abc import Mapping
from typing import Any

from shardline.clock import Clock
from shardline.cloudwatch.datums import data_of
from shardline.gateway.model import load_service
from shardline.gateway.shapes import ListShape, StructureShape
from shardline.gateway.types import Api, Caller
from shardline.storage.metric_store import MetricStore


class MetricData:
    """The operations that write metrics."""

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._units = _units()

    async def put_metric_data(self, caller: Caller, call: Mapping[str, Any]) -> None:
        """Keep what a client counted; durable when it is answered."""
        now_ms = self._clock.now_ms()
        await self._store.put(data_of(caller.account, caller.region, call, self._units, now_ms))


def cloudwatch_api(store: MetricStore, clock: Clock) -> Api:
    """Put the operations together."""
    data = MetricData(store, clock)
    return Api(
        load_service("cloudwatch"),
        {"PutMetricData": data.put_metric_data},
        self_validating=frozenset({"PutMetricData"}),
    )


def _units() -> tuple[str, ...]:
    """The units that there are, in the model's order, in which AWS prints them."""
    call = load_service("cloudwatch").operations["PutMetricData"].input
    assert call is not None
    data = call.members["MetricData"]
    assert isinstance(data, ListShape)
    assert isinstance(data.member, StructureShape)
    return data.member.members["Unit"].enum
