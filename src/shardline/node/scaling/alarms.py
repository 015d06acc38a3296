"""Makes the alarms of utilisation follow the number of shards."""

import logging
from collections.abc import Container
from typing import Any

from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Api
from shardline.kinesis.lineage import open_shards
from shardline.module.places import Place, owner_tag
from shardline.module.scaling import alarms
from shardline.node.root_calls import call_as_root
from shardline.storage.entities import Stream

log = logging.getLogger("shardline.scaling")


class FollowingAlarms:
    """The module's alarms of utilisation, of the streams that a node scales.

    They are looked at when the number of shards is another than at the last look, so that nothing
    is missed over a restart, and a failure is made good a minute later.
    """

    def __init__(self, cloudwatch: Api) -> None:
        self._cloudwatch = cloudwatch
        self._followed: dict[str, int] = {}

    def keep_only(self, streams: Container[str]) -> None:
        """Forget all streams but those of these ids."""
        self._followed = {id_: each for id_, each in self._followed.items() if id_ in streams}

    async def follow(self, stream: Stream) -> None:
        """Let the alarms be for the shards that there are. Raises `StorageError`."""
        shards = len(open_shards(stream.shards))
        if stream.status != "ACTIVE" or self._followed.get(stream.id) == shards:
            return
        asked = {"AlarmNames": alarms.names(stream.name)}
        try:
            found = await self._call(stream, "DescribeAlarms", asked)
            for alarm in found["MetricAlarms"]:
                await self._follow(stream, alarm, shards)
        except ServiceError as refused:
            log.warning("stream %s: its alarms do not follow: %s", stream.name, refused)
            return
        self._followed[stream.id] = shards

    async def _follow(self, stream: Stream, alarm: dict[str, Any], shards: int) -> None:
        metrics = alarms.with_shards(alarm.get("Metrics", ()), shards)
        if metrics == list(alarm.get("Metrics", ())) or not await self._is_ours(stream, alarm):
            return
        put = self._cloudwatch.model.operations["PutMetricAlarm"].input
        assert put is not None
        params = {name: value for name, value in alarm.items() if name in put.members}
        await self._call(stream, "PutMetricAlarm", params | {"Metrics": metrics})
        log.info("alarm %s: now for %s shards", alarm["AlarmName"], shards)

    async def _is_ours(self, stream: Stream, alarm: dict[str, Any]) -> bool:
        """Whether the module made it for this stream."""
        asked = {"ResourceARN": alarm["AlarmArn"]}
        answer = await self._call(stream, "ListTagsForResource", asked)
        ((key, value),) = owner_tag(Place(stream.account, stream.region), stream.name).items()
        return {"Key": key, "Value": value} in answer["Tags"]

    async def _call(self, stream: Stream, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        return await call_as_root(
            self._cloudwatch, stream.account, stream.region, operation, params
        )
