"""PutRecord and PutRecords.

A batch goes through here as columns: keys, data, and the shard of each; nothing is done per record
that can be done per request.

What becomes of them is in `appending`.
"""

from collections.abc import Sequence
from time import perf_counter

from shardline.gateway.errors import ServiceError, ValidationError
from shardline.gateway.types import Caller
from shardline.kinesis import lifecycle, messages, positions
from shardline.kinesis.book import StreamBook
from shardline.kinesis.counts.columns import PartialPut
from shardline.kinesis.counts.outcomes import outcome_of
from shardline.kinesis.encryption.vault import Vault, encryption_type
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.operations.appending import Appending, Columns, Placed
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import (
    PutRecordInput,
    PutRecordOutput,
    PutRecordsInput,
    PutRecordsOutput,
)
from shardline.kinesis.throughput import Throughput
from shardline.storage.record_log import RecordLog

MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_KEY_BYTES = 1024  # 256 characters of UTF-8


class Puts:
    """The writing operations."""

    def __init__(
        self,
        book: StreamBook,
        log: RecordLog,
        vault: Vault,
        throughput: Throughput,
        on_demand: OnDemand,
    ) -> None:
        self._book = book
        self._append = Appending(book, log, vault, throughput, on_demand).append

    async def put_record(self, caller: Caller, call: PutRecordInput) -> PutRecordOutput:
        """Put one record."""
        begun = perf_counter()
        live = self._at_hand(caller, call) or await self._find(caller, call)
        lifecycle.after(live.stream, "write")
        if call.PartitionKey is None and live.stream.distribution != "AUTO":
            raise ValidationError([_null_key("partitionKey")])
        key = (call.PartitionKey or "").encode()
        size = len(key) + len(call.Data)
        if size > live.max_record_bytes:
            raise ValidationError([_too_long("data", live)])
        if call.SequenceNumberForOrdering is not None:
            positions.check_ordering(
                call.SequenceNumberForOrdering,
                live.stream.name,
                caller.account,
                now_ms=self._book.clock.now_ms(),
            )
        hashes = None if call.ExplicitHashKey is None else (call.ExplicitHashKey,)
        columns = Columns((key,), (call.Data,), hashes)
        kind = encryption_type(live.stream)
        try:
            answer = await self._append(live, columns, dry_run=call.DryRun)
        except Exception as error:
            if outcome_of(error):
                self._note_failed(live, begun, throttled=False)
            raise
        placed = answer.results[0]
        if answer.failed:
            self._note_failed(live, begun, throttled=True)
            raise ServiceError(placed.ErrorCode or "", placed.ErrorMessage)
        live.counts.put_record(self._book.clock.now_ms(), size, perf_counter() - begun)
        return PutRecordOutput(placed.ShardId or "", placed.SequenceNumber or "", kind)

    async def put_records(self, caller: Caller, call: PutRecordsInput) -> PutRecordsOutput:
        """Put up to 500 records. Each gets a place of its own; the call answers in their order."""
        begun = perf_counter()
        live = self._at_hand(caller, call) or await self._find(caller, call)
        lifecycle.after(live.stream, "write")
        records = call.Records
        datas = [record.Data for record in records]
        keys = [record.PartitionKey.encode() for record in records if record.PartitionKey]
        if len(keys) < len(records) and live.stream.distribution == "AUTO":
            keys = [(record.PartitionKey or "").encode() for record in records]
        elif len(keys) < len(records):
            raise ValidationError(
                [
                    _null_key(f"records.{number}.member.partitionKey")
                    for number, record in enumerate(records, 1)
                    if record.PartitionKey is None
                ]
            )
        size = _check_sizes(live, keys, datas)
        hashes = [record.ExplicitHashKey for record in records]
        columns = Columns(keys, datas, hashes if any(hashes) else None)
        kind = encryption_type(live.stream)
        try:
            placed = await self._append(live, columns, dry_run=call.DryRun)
        except Exception as error:
            if outcome_of(error):
                nothing = PartialPut(len(keys), 0, 0, 0, perf_counter() - begun)
                live.counts.put_records_partly(self._book.clock.now_ms(), nothing)
            raise
        now_ms, seconds = self._book.clock.now_ms(), perf_counter() - begun
        if placed.failed:
            live.counts.put_records_partly(now_ms, _partial(columns, placed, seconds))
        else:
            live.counts.put_records(now_ms, len(keys), size, seconds)
        return PutRecordsOutput(placed.failed, placed.results, kind)

    def _at_hand(self, caller: Caller, call: PutRecordInput | PutRecordsInput) -> LiveStream | None:
        """What `_find` answers without waiting, which is nearly always."""
        if call.StreamName is None or call.StreamARN is not None or call.StreamId is not None:
            return None
        return self._book.at_hand(caller.account, caller.region, call.StreamName)

    async def _find(self, caller: Caller, call: PutRecordInput | PutRecordsInput) -> LiveStream:
        return await self._book.find(
            caller.account, caller.region, call.StreamName, call.StreamARN, call.StreamId
        )

    def _note_failed(self, live: LiveStream, begun: float, *, throttled: bool) -> None:
        """Count a PutRecord that failed."""
        seconds = perf_counter() - begun
        live.counts.put_record_failed(self._book.clock.now_ms(), seconds, throttled=throttled)


def _partial(columns: Columns, placed: Placed, seconds: float) -> PartialPut:
    """What a PutRecords came to of which some records failed."""
    records = zip(placed.results, columns.keys, columns.datas, strict=True)
    sizes = [len(key) + len(data) for result, key, data in records if result.SequenceNumber]
    return PartialPut(len(columns.keys), len(sizes), placed.throttled, sum(sizes), seconds)


def _check_sizes(live: LiveStream, keys: Sequence[bytes], datas: Sequence[bytes]) -> int:
    """Refuse a record over the stream's maximum, and a request over AWS's; answer its size."""
    limit = live.max_record_bytes
    if max(map(len, datas)) + MAX_KEY_BYTES > limit:
        errors = [
            _too_long(f"records.{number}.member.data", live)
            for number, (key, data) in enumerate(zip(keys, datas, strict=True), 1)
            if len(key) + len(data) > limit
        ]
        if errors:
            raise ValidationError(errors)
    size = sum(map(len, datas)) + sum(map(len, keys))
    if size > MAX_REQUEST_BYTES:
        raise messages.invalid_argument("Records size exceeds 10 MB limit")
    return size


def _too_long(path: str, live: LiveStream) -> str:
    return (
        f"Value at '{path}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {live.max_record_bytes}"
    )


def _null_key(path: str) -> str:
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
