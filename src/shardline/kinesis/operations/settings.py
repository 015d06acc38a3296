"""Changes of a stream's settings: retention, record size, enhanced monitoring."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from shardline.gateway.types import Caller
from shardline.kinesis import messages, naming
from shardline.kinesis.book import StreamBook
from shardline.kinesis.upkeep import Upkeep
from shardline.storage.entities import Stream

MIN_RETENTION_HOURS = 24
MAX_RETENTION_HOURS = 8760
ALL_METRICS = (
    "IncomingBytes",
    "IncomingRecords",
    "OutgoingBytes",
    "OutgoingRecords",
    "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds",
)


class StreamSettings:
    """The operations that change one setting of a stream."""

    def __init__(self, book: StreamBook, upkeep: Upkeep) -> None:
        self._book = book
        self._upkeep = upkeep

    async def increase_stream_retention_period(self, caller: Caller, call: dict[str, Any]) -> None:
        """Keep records longer. What has expired by then stays gone."""
        hours = call["RetentionPeriodHours"]

        def check(stream: Stream) -> None:
            if hours < stream.retention_hours:
                raise messages.invalid_argument(
                    f"Requested retention period ({hours} hours) for stream {stream.name} can not "
                    f"be shorter than existing retention period ({stream.retention_hours} hours). "
                    "Use DecreaseRetentionPeriod API."
                )

        await self._change_retention(caller, call, check)

    async def decrease_stream_retention_period(self, caller: Caller, call: dict[str, Any]) -> None:
        """Keep records shorter: what is older is gone at once."""
        hours = call["RetentionPeriodHours"]

        def check(stream: Stream) -> None:
            if hours > stream.retention_hours:
                raise messages.invalid_argument(
                    f"Requested retention period ({hours} hours) for stream {stream.name} can not "
                    f"be longer than existing retention period ({stream.retention_hours} hours). "
                    "Use IncreaseRetentionPeriod API."
                )

        await self._change_retention(caller, call, check)

    async def _change_retention(
        self, caller: Caller, call: dict[str, Any], check: Callable[[Stream], None]
    ) -> None:
        hours = call["RetentionPeriodHours"]
        _check_retention_range(hours)
        live = await self._book.of_call(caller, call)
        check(live.stream)
        if hours == live.stream.retention_hours:
            return  # no change, and no UPDATING: Terraform's provider relies on it
        # What the old period gave up must not come back under a longer one.
        await self._upkeep.trim(live)

        def make(stream: Stream) -> Stream:
            check(stream)
            return replace(stream, retention_hours=hours)

        await self._book.change(live, "change_retention", make)
        await self._upkeep.trim(live)

    async def update_max_record_size(self, caller: Caller, call: dict[str, Any]) -> None:
        """Change how large one record may be."""
        live = await self._book.of_call(caller, call)
        size = call["MaxRecordSizeInKiB"]
        await self._book.change(
            live, "change_max_record_size", lambda stream: replace(stream, max_record_kib=size)
        )

    async def enable_enhanced_monitoring(
        self, caller: Caller, call: dict[str, Any]
    ) -> dict[str, Any]:
        """Switch shard-level metrics on."""
        return await self._change_metrics(caller, call, lambda now, named: now | named)

    async def disable_enhanced_monitoring(
        self, caller: Caller, call: dict[str, Any]
    ) -> dict[str, Any]:
        """Switch shard-level metrics off."""
        return await self._change_metrics(caller, call, lambda now, named: now - named)

    async def _change_metrics(
        self,
        caller: Caller,
        call: dict[str, Any],
        combine: Callable[[set[str], set[str]], set[str]],
    ) -> dict[str, Any]:
        """ALL stands for the seven metrics, and comes back as them: a caller sees what is on."""
        asked = set(call["ShardLevelMetrics"])
        named = set(ALL_METRICS) if "ALL" in asked else asked
        live = await self._book.of_call(caller, call)

        def after(stream: Stream) -> tuple[str, ...]:
            on = combine(set(stream.shard_metrics), named)
            return tuple(metric for metric in ALL_METRICS if metric in on)

        before = await self._book.change(
            live, "change_monitoring", lambda stream: replace(stream, shard_metrics=after(stream))
        )
        return {
            "StreamName": before.name,
            "StreamARN": naming.stream_arn(before.region, before.account, before.name),
            "CurrentShardLevelMetrics": list(before.shard_metrics),
            "DesiredShardLevelMetrics": list(after(before)),
        }


def _check_retention_range(hours: int) -> None:
    if hours < MIN_RETENTION_HOURS:
        raise messages.invalid_argument(
            f"Minimum allowed retention period is {MIN_RETENTION_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too short."
        )
    if hours > MAX_RETENTION_HOURS:
        raise messages.invalid_argument(
            f"Maximum allowed retention period is {MAX_RETENTION_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too long."
        )
