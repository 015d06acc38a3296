"""PutRecord and PutRecords.

A batch goes through here as columns: keys, data, and the shard of each; nothing is done per record
that can be done per request.

A shard that was sealed between the look-up and the append refuses its batch. Those records are
routed again in the stream's new state, which `StreamBook.find` has completed by then: they land in
the child shards, or meet the stream gone.

What the store could not write fails with InternalFailure: the whole call with a 500, which SDKs
retry by themselves, when nothing of it was written; else record by record, as botocore's model
says of PutRecords.
"""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from shardline.gateway.errors import ServiceError, ValidationError
from shardline.gateway.types import Caller
from shardline.kinesis import lifecycle, messages, positions, sequence
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.vault import Vault, encryption_type
from shardline.kinesis.hashing import Group, group
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import (
    PutRecordInput,
    PutRecordOutput,
    PutRecordsInput,
    PutRecordsOutput,
    PutRecordsResultEntry,
)
from shardline.kinesis.throughput import Throughput
from shardline.storage.entities import Stream
from shardline.storage.record_log import (
    Appended,
    Batch,
    Cipher,
    RecordLog,
    StorageError,
    UnknownShard,
)

log = logging.getLogger("shardline.kinesis")

MAX_REQUEST_BYTES = 10 * 1024 * 1024
MAX_TRIES = 5  # a stream that is resharded more often than this within one call is busy, not ours
MAX_KEY_BYTES = 1024  # 256 characters of UTF-8

FAILED = PutRecordsResultEntry(ErrorCode="InternalFailure", ErrorMessage="Internal Service Failure")
"""What botocore's model says that PutRecords answers for a record that could not be written."""


class Columns(NamedTuple):
    """The records of one request. `hashes` are the ExplicitHashKeys; None when there are none."""

    keys: Sequence[bytes]
    datas: Sequence[bytes]
    hashes: Sequence[str | None] | None

    def at(self, positions: Sequence[int]) -> "Columns":
        """Some of the records."""
        return Columns(
            [self.keys[position] for position in positions],
            [self.datas[position] for position in positions],
            self.hashes and [self.hashes[position] for position in positions],
        )


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
        self._log = log
        self._vault = vault
        self._throughput = throughput
        self._on_demand = on_demand

    async def put_record(self, caller: Caller, call: PutRecordInput) -> PutRecordOutput:
        """Put one record."""
        live = await self._writable(caller, call)
        if call.PartitionKey is None and live.stream.distribution != "AUTO":
            raise ValidationError([_null_key("partitionKey")])
        key = (call.PartitionKey or "").encode()
        if len(key) + len(call.Data) > live.max_record_bytes:
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
        (placed,), throttled = await self._append(live, columns, dry_run=call.DryRun)
        if throttled:
            raise ServiceError(placed.ErrorCode or "", placed.ErrorMessage)
        return PutRecordOutput(placed.ShardId or "", placed.SequenceNumber or "", kind)

    async def put_records(self, caller: Caller, call: PutRecordsInput) -> PutRecordsOutput:
        """Put up to 500 records. Each gets a place of its own; the call answers in their order."""
        live = await self._writable(caller, call)
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
        _check_sizes(live, keys, datas)
        hashes = [record.ExplicitHashKey for record in records]
        columns = Columns(keys, datas, hashes if any(hashes) else None)
        kind = encryption_type(live.stream)
        results, failed = await self._append(live, columns, dry_run=call.DryRun)
        return PutRecordsOutput(failed, results, kind)

    async def _writable(self, caller: Caller, call: PutRecordInput | PutRecordsInput) -> LiveStream:
        live = None
        if call.StreamName is not None and call.StreamARN is None and call.StreamId is None:
            live = self._book.at_hand(caller.account, caller.region, call.StreamName)
        if live is None:
            live = await self._book.find(
                caller.account, caller.region, call.StreamName, call.StreamARN, call.StreamId
            )
        lifecycle.after(live.stream, "write")
        return live

    async def _append(
        self, live: LiveStream, columns: Columns, *, dry_run: bool | None
    ) -> tuple[list[PutRecordsResultEntry], int]:
        """Append the records of a call; answer what became of each, and how many failed.

        Raises the failure itself when nothing was written.
        """
        groups = _parts(live, columns)
        cipher = self._vault.cipher(live) if live.stream.key_id is not None else None
        if dry_run:
            raise dry_run_error()
        stream = live.stream
        results: list[Any] = [None] * len(columns.keys)
        throttled = 0
        if live.throttled:
            groups, throttled = self._throughput.admit(live, groups, results)
            if not groups:
                return results, throttled
        failure: Exception | None = None
        try:
            for _ in range(MAX_TRIES):
                refused = await self._append_groups(stream, groups, results, cipher)
                if not refused:
                    return results, throttled
                groups = await self._route_again(stream, columns, refused)
        except StorageError as error:
            failure = error
        failure = failure or messages.internal_failure()
        failed = results.count(None)
        if failed == len(results):
            raise failure
        log.error("%d of %d records for %s: %s", failed, len(results), stream.name, failure)
        results = [FAILED if result is None else result for result in results]
        return results, failed + throttled

    async def _append_groups(
        self,
        stream: Stream,
        groups: Sequence[Group],
        results: list[Any],
        cipher: Cipher | None,
    ) -> list[int]:
        """Append each group and fill in its results; answer the positions that were refused."""
        batches = [Batch(part.shard.number, part.keys, part.datas, cipher) for part in groups]
        try:
            answers = await self._log.append(stream.id, batches)
        except UnknownShard as gone:
            raise messages.stream_not_found(stream.name, stream.account) from gone
        self._on_demand.count(stream, batches, answers)
        refused: list[int] = []
        for part, answer in zip(groups, answers, strict=True):
            if not isinstance(answer, Appended):
                refused.extend(part.positions)
                continue
            name = shard_id(part.shard.number)
            numbers = sequence.numbers(part.shard, answer.first, len(part.keys), answer.arrived_ms)
            for position, number in zip(part.positions, numbers, strict=True):
                results[position] = PutRecordsResultEntry(number, name)
        return refused

    async def _route_again(
        self, stream: Stream, columns: Columns, refused: list[int]
    ) -> list[Group]:
        """Part the refused records among the shards that followed, in the order of the request.

        They go on to the stream with the call's id: if it was deleted, and another one made under
        its name, the log finds none.
        """
        live = await self._book.find(stream.account, stream.region, stream.name)
        lifecycle.after(live.stream, "write")
        refused = sorted(refused)
        return [
            part._replace(positions=[refused[where] for where in part.positions])
            for part in _parts(live, columns.at(refused))
        ]


def _parts(live: LiveStream, columns: Columns) -> list[Group]:
    """The records of a call by shard, as the stream's distribution strategy says."""
    if live.stream.distribution == "AUTO":
        return live.turns.spread(live.routes, columns.keys, columns.datas)
    return group(live.routes, *columns)


def _check_sizes(live: LiveStream, keys: Sequence[bytes], datas: Sequence[bytes]) -> None:
    """Refuse a record over the stream's maximum, and a request over AWS's."""
    limit = live.max_record_bytes
    if max(map(len, datas)) + MAX_KEY_BYTES > limit:
        errors = [
            _too_long(f"records.{number}.member.data", live)
            for number, (key, data) in enumerate(zip(keys, datas, strict=True), 1)
            if len(key) + len(data) > limit
        ]
        if errors:
            raise ValidationError(errors)
    if sum(map(len, datas)) + sum(map(len, keys)) > MAX_REQUEST_BYTES:
        raise messages.invalid_argument("Records size exceeds 10 MB limit")


def _too_long(path: str, live: LiveStream) -> str:
    return (
        f"Value at '{path}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {live.max_record_bytes}"
    )


def _null_key(path: str) -> str:
    return f"Value null at '{path}' failed to satisfy constraint: Member must not be null"


def dry_run_error() -> ServiceError:
    return ServiceError(
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun parameter was set.",
    )
