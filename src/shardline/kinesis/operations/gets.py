"""GetShardIterator and GetRecords."""

import itertools
import os
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from shardline.clock import Clock
from shardline.gateway.errors import ServiceError
from shardline.gateway.types import Caller, DeniedKey
from shardline.kinesis import iterators, lifecycle, lineage, messages, naming
from shardline.kinesis.book import StreamBook
from shardline.kinesis.counts.outcomes import outcome_of
from shardline.kinesis.iterators import ShardIterator
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.operations.appending import dry_run_error
from shardline.kinesis.reading import Reading, age_ms_of, behind_ms
from shardline.kinesis.record_page import RecordPage
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import MAX_READ_RECORDS, GetRecordsInput, GetRecordsOutput
from shardline.kinesis.throughput import Throughput
from shardline.storage.entities import Shard, Stream
from shardline.storage.record_log import Page

MAX_READ_BYTES = 10 * 1024 * 1024


class Gets:
    """The reading operations. `token_key` signs iterators."""

    def __init__(
        self,
        book: StreamBook,
        reading: Reading,
        clock: Clock,
        token_key: bytes,
        throughput: Throughput,
    ) -> None:
        self._book = book
        self._reading = reading
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
        shard = self._reading.visible_shard(live, number)
        if live.throttled and not call.get("DryRun"):
            self._throughput.take_iterator(live, shard)
        offset = await self._reading.start(
            live.stream,
            shard,
            call["ShardIteratorType"],
            call.get("StartingSequenceNumber"),
            call.get("Timestamp"),
        )
        if call.get("DryRun"):
            raise dry_run_error()
        return {"ShardIterator": self._token(live.stream, shard, offset)}

    async def get_records(self, caller: Caller, call: GetRecordsInput) -> GetRecordsOutput:
        """Read from an iterator on. Answers nothing, and a next iterator, at the tail."""
        begun, now_ms = perf_counter(), self._clock.now_ms()
        at = iterators.read(self._token_key, call.ShardIterator, now_ms)
        live = await self._book.by_id(at.stream_id)
        if live is None or (live.stream.account, live.stream.region) != (
            caller.account,
            caller.region,
        ):
            raise messages.shard_does_not_exist(shard_id(at.shard), at.name, caller.account)
        if call.StreamARN is not None or call.StreamId is not None:
            _check_named(live.stream, call)
        shard = self._reading.visible_shard(live, at.shard)
        if call.DryRun:
            raise dry_run_error()
        try:
            page = await self._page(
                live, shard, at.offset, call.Limit or MAX_READ_RECORDS, caller.denied_keys
            )
            answer = await self._answer(live, shard, page, now_ms)
        except Exception as error:
            if outcome := outcome_of(error):
                throttled, seconds = outcome == "throttled", perf_counter() - begun
                live.counts.get_records_failed(now_ms, at.shard, seconds, throttled=throttled)
            raise
        records, age_ms = len(answer.Records), age_ms_of(page, now_ms)
        seconds = perf_counter() - begun
        live.counts.get_records(now_ms, at.shard, records, page.size, age_ms, seconds)
        return answer

    async def _page(
        self, live: LiveStream, shard: Shard, offset: int, most: int, denied: Sequence[DeniedKey]
    ) -> Page:
        """What is read of a shard, within its rates and by the keys that the caller may use."""
        if live.throttled:
            self._throughput.start_read(live, shard)
        page = await self._reading.page(
            live,
            shard,
            offset,
            max_records=most,
            max_bytes=MAX_READ_BYTES,
            denied=denied,
        )
        if live.throttled:
            self._throughput.end_read(live, shard, page)
        return page

    async def _answer(
        self, live: LiveStream, shard: Shard, page: Page, now_ms: int
    ) -> GetRecordsOutput:
        answer = GetRecordsOutput(
            RecordPage(shard, page), MillisBehindLatest=behind_ms(page, now_ms)
        )
        if page.at_end and (children := await self._reading.children(live, shard)):
            answer.ChildShards = children
        else:
            answer.NextShardIterator = self._token(live.stream, shard, page.next)
        return answer

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
