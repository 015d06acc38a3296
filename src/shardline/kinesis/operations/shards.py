"""Listing shards, and resharding: SplitShard, MergeShards, UpdateShardCount."""

from dataclasses import replace
from typing import Any

from shardline.clock import Clock
from shardline.gateway.types import Caller
from shardline.kinesis import (
    filters,
    lifecycle,
    lineage,
    messages,
    naming,
    page_tokens,
    resharding,
    scaling,
)
from shardline.kinesis.book import StreamBook
from shardline.kinesis.limits import Limits
from shardline.kinesis.resharding import Plan
from shardline.storage.entities import Stream

SHARDS_PER_PAGE = 1000  # the default, and the most whatever MaxResults says (AWS's docs)
NOT_WITH_TOKEN = (
    "StreamName",
    "StreamARN",
    "StreamId",
    "StreamCreationTimestamp",
    "ExclusiveStartShardId",
    "ShardFilter",
)


class Shards:
    """The operations on shards."""

    def __init__(self, book: StreamBook, clock: Clock, limits: Limits, token_key: bytes) -> None:
        self._book = book
        self._clock = clock
        self._limits = limits
        self._token_key = token_key

    async def list_shards(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """A page of a stream's shards. A token carries the rest of the question."""
        now_ms = self._clock.now_ms()
        asked = self._question(call, now_ms)
        live = await self._book.of_call(caller, asked)
        stream = live.stream
        _check_creation_time(stream, asked)
        lifecycle.after(stream, "list")
        shards = filters.filtered(stream, asked.get("ShardFilter"), now_ms)
        if (after := asked.get("ExclusiveStartShardId")) is not None:
            number = lineage.read_shard_id(after, stream.name, stream.account)
            shards = [shard for shard in shards if shard.number > number]
        page = shards[: min(call.get("MaxResults") or SHARDS_PER_PAGE, SHARDS_PER_PAGE)]
        answer: dict[str, Any] = {"Shards": [lineage.describe(shard) for shard in page]}
        if len(page) < len(shards):
            rest = {
                "StreamName": stream.name,
                "StreamId": stream.id,
                "ShardFilter": asked.get("ShardFilter"),
                "ExclusiveStartShardId": lineage.shard_id(page[-1].number),
            }
            answer["NextToken"] = page_tokens.make(self._token_key, "ListShards", rest, now_ms)
        return answer

    def _question(self, call: dict[str, Any], now_ms: int) -> dict[str, Any]:
        token = call.get("NextToken")
        if token is None:
            if not any(call.get(member) for member in ("StreamName", "StreamARN", "StreamId")):
                raise messages.invalid_argument(
                    "Either NextToken or StreamName should be provided."
                )
            return call
        for member in NOT_WITH_TOKEN:
            if call.get(member) is not None:
                raise messages.invalid_argument(
                    f"NextToken and {member} cannot be provided together."
                )
        return page_tokens.read(self._token_key, "ListShards", token, now_ms)

    async def split_shard(self, caller: Caller, call: dict[str, Any]) -> None:
        """Part a shard in two at a hash key."""
        number = _shard_number(caller, call, "ShardToSplit")
        start = int(call["NewStartingHashKey"])
        live = await self._book.of_call(caller, call)
        quota = self._limits.quota(await self._book.of(caller.account, caller.region))

        def plan(stream: Stream) -> Plan:
            _require_provisioned(stream)
            return resharding.split(self._unexpired(stream), number, start, quota)

        await self._book.change(live, "reshard", lambda stream: stream, plan)

    async def merge_shards(self, caller: Caller, call: dict[str, Any]) -> None:
        """Make one shard of two neighbours."""
        number = _shard_number(caller, call, "ShardToMerge")
        adjacent = _shard_number(caller, call, "AdjacentShardToMerge")
        live = await self._book.of_call(caller, call)

        def plan(stream: Stream) -> Plan:
            _require_provisioned(stream)
            return resharding.merge(self._unexpired(stream), number, adjacent)

        await self._book.change(live, "reshard", lambda stream: stream, plan)

    def _unexpired(self, stream: Stream) -> Stream:
        """The stream without closed shards that are gone for a caller, but not yet from here."""
        return replace(stream, shards=tuple(lineage.visible(stream, self._clock.now_ms())))

    async def update_shard_count(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """Reshard to so many equal ranges."""
        target = call["TargetShardCount"]
        live = await self._book.of_call(caller, call)
        quota = self._limits.quota(await self._book.of(caller.account, caller.region))
        now_ms = self._clock.now_ms()

        def remember(stream: Stream) -> Stream:
            times = (*scaling.within_day(stream.reshards_ms, now_ms), now_ms)
            return replace(stream, reshards_ms=times[-scaling.UPDATES_PER_DAY :])

        def plan(stream: Stream) -> Plan:
            _require_provisioned(stream)
            if live.limits == "off":
                scaling.check_quota(stream, target, quota)
            else:
                scaling.check_count(stream, target, now_ms=now_ms, quota=quota)
            return scaling.uniform_plan(stream.shards, target)

        before = await self._book.change(live, "reshard", remember, plan)
        return {
            "StreamName": before.name,
            "StreamARN": naming.stream_arn(before.region, before.account, before.name),
            "CurrentShardCount": len(lineage.open_shards(before.shards)),
            "TargetShardCount": target,
        }


def _shard_number(caller: Caller, call: dict[str, Any], member: str) -> int:
    """AWS reads shard ids before it looks for the stream."""
    name = naming.name_in_call(caller.account, caller.region, call)
    return lineage.read_shard_id(call[member], name, caller.account)


def _require_provisioned(stream: Stream) -> None:
    if stream.mode == "ON_DEMAND":
        raise messages.stream_is_on_demand(stream.name, stream.account)


def _check_creation_time(stream: Stream, call: dict[str, Any]) -> None:
    """StreamCreationTimestamp tells apart streams that had the same name."""
    wanted = call.get("StreamCreationTimestamp")
    if wanted is not None and int(wanted) != stream.created_ms // 1000:
        raise messages.stream_not_found(stream.name, stream.account)
