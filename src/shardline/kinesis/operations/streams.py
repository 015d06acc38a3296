"""Making, describing, listing and deleting streams."""

import asyncio
from typing import Any

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis import consumers, lineage, messages, naming, page_tokens, tags
from shardline.kinesis.book import StreamBook, new_stream_id
from shardline.kinesis.encryption.vault import describe_encryption
from shardline.kinesis.limits import Limits
from shardline.kinesis.on_demand import START_SHARDS
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.operations.on_demand import (
    auto_is_for_on_demand,
    check_warm,
    warm_throughput,
)
from shardline.storage.entities import Distribution, Stream, StreamMode

DEFAULT_RETENTION_HOURS = 24
DEFAULT_MAX_RECORD_KIB = 1024
USER_PARTITION_KEY: Distribution = "USER_PARTITION_KEY"
STREAMS_PER_PAGE = 100
DESCRIBED_SHARDS = 100  # what DescribeStream answers at most, whatever Limit says (AWS's docs)


class Streams:
    """The operations on whole streams."""

    def __init__(
        self,
        book: StreamBook,
        clock: Clock,
        limits: Limits,
        token_key: bytes,
        on_demand: OnDemand,
    ) -> None:
        self._book = book
        self._on_demand = on_demand
        self._clock = clock
        self._limits = limits
        self._token_key = token_key
        self._creating = asyncio.Lock()

    async def create_stream(self, caller: Caller, call: dict[str, Any]) -> None:
        """Make a stream. Without a ShardCount and a mode it is provisioned with 4 shards."""
        name = call["StreamName"]
        mode, count = _mode_and_count(call)
        warm = call.get("WarmThroughputMiBps")
        new_tags: dict[str, str] = call.get("Tags") or {}
        tags.check_stream_tags(name, caller.account, new_tags)
        _check_distribution(call, mode)
        if warm is not None:
            check_warm(self._on_demand, caller, warm)
        async with self._creating:  # between them, two calls could pass a limit that holds for one
            mine = await self._book.of(caller.account, caller.region)
            if any(stream.name == name for stream in mine):
                raise messages.stream_exists(name, caller.account)
            self._limits.check_new_stream(mine, caller, shards=count, mode=mode)
            now_ms = self._clock.now_ms()
            await self._book.create(
                Stream(
                    id=new_stream_id(),
                    account=caller.account,
                    region=caller.region,
                    name=name,
                    created_ms=now_ms,
                    mode=mode,
                    status="CREATING",
                    retention_hours=DEFAULT_RETENTION_HOURS,
                    max_record_kib=call.get("MaxRecordSizeInKiB") or DEFAULT_MAX_RECORD_KIB,
                    shards=lineage.initial_shards(count, now_ms // 1000),
                    tags=tuple(sorted(new_tags.items())),
                    distribution=call.get("RecordDistributionStrategy") or USER_PARTITION_KEY,
                    warm_mibps=warm,
                )
            )

    async def delete_stream(self, caller: Caller, call: dict[str, Any]) -> None:
        """Delete a stream with all its records, and with its consumers if the call says so."""
        live = await self._book.of_call(caller, call)
        now_ms, due_ms = self._clock.now_ms(), self._book.due_ms()

        def make(stream: Stream) -> Stream:
            there = consumers.present(stream, now_ms)
            if not call.get("EnforceConsumerDeletion") and consumers.lasting(there):
                raise messages.has_consumers(stream.name, stream.account)
            return consumers.deregister_all(stream, now_ms=now_ms, due_ms=due_ms)

        await self._book.change(live, "delete", make)

    async def describe_stream(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """A stream with a page of its shards."""
        stream = (await self._book.of_call(caller, call)).stream
        shards = self._visible(stream, call)
        page = shards[: min(call.get("Limit") or DESCRIBED_SHARDS, DESCRIBED_SHARDS)]
        return {
            "StreamDescription": {
                **_common(stream),
                "Shards": [lineage.describe(shard) for shard in page],
                "HasMoreShards": len(page) < len(shards),
            }
        }

    def _visible(self, stream: Stream, call: dict[str, Any]) -> list[Any]:
        shards = lineage.visible(stream, self._clock.now_ms())
        if (after := call.get("ExclusiveStartShardId")) is None:
            return shards
        number = lineage.read_shard_id(after, stream.name, stream.account)
        return [shard for shard in shards if shard.number > number]

    async def describe_stream_summary(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """A stream without its shards, and without its StreamId, which the model lets be absent.

        SDKs send a call that carries a StreamId to a host of that name at AWS, even where an
        endpoint is set (botocore's endpoint rules), and the Kinesis Client Library sends the one
        that it finds here. A call that carries it is understood none the less.
        """
        stream = (await self._book.of_call(caller, call)).stream
        now_ms = self._clock.now_ms()
        shards = lineage.visible(stream, now_ms)
        summary = {
            **_common(stream),
            "OpenShardCount": len(lineage.open_shards(shards)),
            "ConsumerCount": len(consumers.present(stream, now_ms)),
            "MaxRecordSizeInKiB": stream.max_record_kib,
        }
        if stream.mode == "ON_DEMAND":
            summary["RecordDistributionStrategy"] = stream.distribution
            if self._on_demand.has_advantage(stream.account, stream.region):
                summary["WarmThroughput"] = warm_throughput(stream)
        return {"StreamDescriptionSummary": summary}

    async def list_streams(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """The caller's streams by name, a page at a time."""
        after = call.get("ExclusiveStartStreamName") or ""
        if (token := call.get("NextToken")) is not None:
            now_ms = self._clock.now_ms()
            after = page_tokens.read(self._token_key, "ListStreams", token, now_ms)["after"]
        streams = [
            stream
            for stream in await self._book.of(caller.account, caller.region)
            if stream.name > after
        ]
        page = streams[: call.get("Limit") or STREAMS_PER_PAGE]
        answer: dict[str, Any] = {
            "StreamNames": [stream.name for stream in page],
            "HasMoreStreams": len(page) < len(streams),
            "StreamSummaries": [_summary(stream) for stream in page],
        }
        if answer["HasMoreStreams"]:
            answer["NextToken"] = page_tokens.make(
                self._token_key, "ListStreams", {"after": page[-1].name}, self._clock.now_ms()
            )
        return answer

    async def describe_limits(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """What the account may have in this region, and what of it is used."""
        return self._limits.describe(await self._book.of(caller.account, caller.region))


def _mode_and_count(call: dict[str, Any]) -> tuple[StreamMode, int]:
    """The mode and the number of shards of a new stream.

    ShardCount with ON_DEMAND is refused; the sentence is that of AWS's CloudFormation handler, as
    the API's own is not known. So is warm throughput without ON_DEMAND, in a sentence of ours.
    """
    mode = (call.get("StreamModeDetails") or {}).get("StreamMode")
    count, warm = call.get("ShardCount"), call.get("WarmThroughputMiBps")
    if mode == "ON_DEMAND":
        if count is not None:
            raise messages.invalid_argument("ShardCount is not expected when StreamMode=ON_DEMAND")
        return "ON_DEMAND", max(START_SHARDS, warm or 0)
    if warm is not None:
        raise messages.invalid_argument(
            "WarmThroughputMiBps is only supported for streams in ON_DEMAND mode."
        )
    return "PROVISIONED", count or START_SHARDS


def _check_distribution(call: dict[str, Any], mode: StreamMode) -> None:
    """RecordDistributionStrategy is for on-demand streams (botocore's model)."""
    if mode == "PROVISIONED" and call.get("RecordDistributionStrategy") == "AUTO":
        raise auto_is_for_on_demand()


def _common(stream: Stream) -> dict[str, Any]:
    return {
        "StreamName": stream.name,
        "StreamARN": naming.stream_arn(stream.region, stream.account, stream.name),
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.mode},
        "StreamCreationTimestamp": stream.created_ms / 1000,
        "RetentionPeriodHours": stream.retention_hours,
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(stream.shard_metrics)}],
        **describe_encryption(stream),
    }


def _summary(stream: Stream) -> dict[str, Any]:
    common = _common(stream)
    return {
        member: common[member]
        for member in (
            "StreamName",
            "StreamARN",
            "StreamStatus",
            "StreamModeDetails",
            "StreamCreationTimestamp",
        )
    }
