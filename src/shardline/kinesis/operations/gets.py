"""GetShardIterator and GetRecords."""

import itertools
import os
from typing import Any

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller
from shardline.kinesis import (
    iterators,
    lifecycle,
    lineage,
    messages,
    naming,
    positions,
    sequence,
)
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.reads import Reads
from shardline.kinesis.encryption.vault import KMS
from shardline.kinesis.iterators import ShardIterator
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.operations.puts import dry_run_error
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import (
    MAX_READ_RECORDS,
    ChildShard,
    GetRecordsInput,
    GetRecordsOutput,
    HashKeyRange,
    Record,
)
from shardline.kinesis.throughput import Throughput
from shardline.storage.entities import Shard, Stream
from shardline.storage.record_log import Page, RecordLog, UnknownShard

MAX_READ_BYTES = 10 * 1024 * 1024


class Gets:
    """The reading operations. `token_key` signs iterators."""

    def __init__(
        self,
        book: StreamBook,
        log: RecordLog,
        reads: Reads,
        clock: Clock,
        token_key: bytes,
        throughput: Throughput,
    ) -> None:
        self._book = book
        self._log = log
        self._reads = reads
        self._throughput = throughput
        self._clock = clock
        self._token_key = token_key
        # Differs in every token of this process, and between processes by where it starts.
        self._nonces = itertools.count(int.from_bytes(os.urandom(7), "big"))

    async def get_shard_iterator(self, caller: Caller, call: dict[str, Any]) -> dict[str, Any]:
        """An iterator at one of the five kinds of positions."""
        name = naming.name_in_call(caller.account, caller.region, call)
        number = lineage.read_shard_id(call["ShardId"], name, caller.account)
        try:
            live = await self._book.of_call(caller, call)
            lifecycle.after(live.stream, "read")
        except ServiceError as error:
            if error.code != "ResourceNotFoundException":
                raise
            # AWS speaks of the shard here, not of the stream.
            raise messages.shard_does_not_exist(shard_id(number), name, caller.account) from error
        shard = self._visible_shard(live, number)
        if live.throttled and not call.get("DryRun"):
            self._throughput.take_iterator(live, shard)
        try:
            offset = await self._start(live, shard, call)
        except UnknownShard as gone:
            raise messages.shard_does_not_exist(shard_id(number), name, caller.account) from gone
        if call.get("DryRun"):
            raise dry_run_error()
        return {"ShardIterator": self._token(live.stream, shard, offset)}

    async def get_records(self, caller: Caller, call: GetRecordsInput) -> GetRecordsOutput:
        """Read from an iterator on. Answers nothing, and a next iterator, at the tail."""
        now_ms = self._clock.now_ms()
        at = iterators.read(self._token_key, call.ShardIterator, now_ms)
        live = await self._book.by_id(at.stream_id)
        if live is None or (live.stream.account, live.stream.region) != (
            caller.account,
            caller.region,
        ):
            raise messages.shard_does_not_exist(shard_id(at.shard), at.name, caller.account)
        if call.StreamARN is not None or call.StreamId is not None:
            _check_named(live.stream, call)
        shard = self._visible_shard(live, at.shard)
        if call.DryRun:
            raise dry_run_error()
        if live.throttled:
            self._throughput.start_read(live, shard)
        page = await self._read(live, shard, at.offset, call.Limit, now_ms)
        if live.throttled:
            self._throughput.end_read(live, shard, page)
        return await self._answer(live, shard, page, now_ms)

    async def _read(
        self, live: LiveStream, shard: Shard, offset: int, limit: int | None, now_ms: int
    ) -> Page:
        stream = live.stream
        if shard.end is not None and offset >= shard.end:
            # Nor does the log know the steps of an UpdateShardCount, which end where they begin.
            return Page((), offset, None, at_end=True)
        try:
            return await self._reads.read(
                live,
                shard.number,
                offset,
                max_records=limit or MAX_READ_RECORDS,
                max_bytes=MAX_READ_BYTES,
                since_ms=now_ms - live.retention_ms,
            )
        except UnknownShard as gone:
            raise messages.shard_does_not_exist(
                shard_id(shard.number), stream.name, stream.account
            ) from gone

    async def _answer(
        self, live: LiveStream, shard: Shard, page: Page, now_ms: int
    ) -> GetRecordsOutput:
        answer = GetRecordsOutput(
            _records(shard, page), MillisBehindLatest=_behind_ms(page, now_ms)
        )
        if page.at_end:
            # The log knows of the seal a moment before the book knows of the children.
            settled = await self._book.by_id(live.stream.id) or live
            children = lineage.child_shards(settled.stream.shards, shard.number)
            if children:
                answer.ChildShards = [_child(child) for child in children]
                return answer
        answer.NextShardIterator = self._token(live.stream, shard, page.next)
        return answer

    def _visible_shard(self, live: LiveStream, number: int) -> Shard:
        stream = live.stream
        shard = live.shards.get(number)
        if (
            shard is None
            or not lineage.is_visible(shard, lineage.horizon_ms(stream, self._clock.now_ms()))
            or not lifecycle.takes_records(stream.status)
        ):
            raise messages.shard_does_not_exist(shard_id(number), stream.name, stream.account)
        return shard

    async def _start(self, live: LiveStream, shard: Shard, call: dict[str, Any]) -> int:
        stream, kind, number = (
            live.stream,
            call["ShardIteratorType"],
            call.get("StartingSequenceNumber"),
        )
        now_ms = self._clock.now_ms()
        time_ms = positions.check_start(kind, number, call.get("Timestamp"), now_ms=now_ms)
        if time_ms is not None:
            return await self._offset_at(stream, shard, time_ms)
        if kind == "TRIM_HORIZON":
            return 0
        tail = self._log.tail(stream.id, shard.number) if shard.end is None else shard.end
        if kind == "LATEST":
            return tail
        assert number is not None
        return positions.start_offset(kind, number, stream, shard, tail=tail)

    async def _offset_at(self, stream: Stream, shard: Shard, time_ms: int) -> int:
        try:
            return await self._log.offset_at(stream.id, shard.number, time_ms)
        except UnknownShard:
            if shard.end is None:
                raise
            return shard.end  # a step of an UpdateShardCount, which the log never had

    def _token(self, stream: Stream, shard: Shard, offset: int) -> str:
        place = ShardIterator(stream.id, stream.name, shard.number, offset, self._clock.now_ms())
        return iterators.make(self._token_key, place, next(self._nonces))


def _check_named(stream: Stream, call: GetRecordsInput) -> None:
    """A stream that is named beside the iterator must be the iterator's (AWS's text: unknown)."""
    named = naming.resolve(
        stream.account, stream.region, arn=call.StreamARN, stream_id=call.StreamId
    )
    if (named.name or stream.name, named.stream_id or stream.id) != (stream.name, stream.id):
        raise messages.invalid_argument("The ShardIterator is not one of the stream named with it.")


def _behind_ms(page: Page, now_ms: int) -> int:
    """The age of the next record; 0 means that there is none, so one of this very ms is 1 old."""
    return 0 if page.waiting_ms is None else max(1, now_ms - page.waiting_ms)


def _records(shard: Shard, page: Page) -> list[Record]:
    records: list[Record] = []
    for run in page.runs:
        arrived_s = run.arrived_ms / 1000
        numbers = sequence.numbers(shard, run.first, len(run.keys), run.arrived_ms)
        kind = KMS if run.encrypted else None
        records += [
            Record(number, arrived_s, data, key.decode(), kind)
            for number, data, key in zip(numbers, run.datas, run.keys, strict=True)
        ]
    return records


def _child(child: dict[str, Any]) -> ChildShard:
    return ChildShard(
        child["ShardId"], child["ParentShards"], HashKeyRange(**child["HashKeyRange"])
    )
