"""Appending the records of one put: routed, admitted, written, and routed again if need be.

A shard that was sealed between the look-up and the append refuses its batch. Those records are
routed again in the stream's new state, which `StreamBook.find` has completed by then: they land in
the child shards, or meet the stream gone.

What the store could not write fails with InternalFailure: the whole call with a 500, which SDKs
retry by themselves, when nothing of it was written; else record by record, as botocore's model
says of PutRecords.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from shardline.gateway.errors import ServiceError
from shardline.kinesis import lifecycle, messages, sequence
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.vault import Vault
from shardline.kinesis.hashing import Group, group
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.on_demand_scaler import OnDemand
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import PutRecordsResultEntry
from shardline.kinesis.throughput import Throughput
from shardline.storage.entities import Stream
from shardline.storage.record_log import (
    Appended,
    Batch,
    RecordLog,
    Refused,
    StorageError,
    UnknownShard,
)

log = logging.getLogger("shardline.kinesis")

MAX_TRIES = 5  # a stream that is resharded more often than this within one call is busy, not ours

FAILED = PutRecordsResultEntry(ErrorCode="InternalFailure", ErrorMessage="Internal Service Failure")
"""What botocore's model says that PutRecords answers for a record that could not be written."""

NONE: Mapping[int, int] = {}


class Columns(Struct, frozen=True):
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


class Placed(Struct, frozen=True):
    """What became of the records of a put. `failed` counts the `throttled` ones too."""

    results: list[PutRecordsResultEntry]
    failed: int
    throttled: int


class Appending:
    """Appends the records of puts."""

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

    async def append(self, live: LiveStream, columns: Columns, *, dry_run: bool | None) -> Placed:
        """Append the records of a call; answer what became of each.

        Raises the failure itself when nothing was written.
        """
        groups = _parts(live, columns)
        cipher = self._vault.cipher(live) if live.stream.key_id is not None else None
        if dry_run:
            raise dry_run_error()
        stream = live.stream
        results: list[Any] = [None] * len(columns.keys)
        refused: Mapping[int, int] = NONE  # how many records are over the rates, by shard
        throttled = 0
        if live.throttled:
            groups, refused = self._throughput.admit(live, groups, results)
            throttled = sum(refused.values())
            live.counts.put_refused(self._book.clock.now_ms(), refused)
            if not groups:
                return Placed(results, throttled, throttled)
        failure: Exception | None = None
        try:
            for _ in range(MAX_TRIES):
                batches = [
                    Batch(each.shard.number, each.keys, each.datas, cipher) for each in groups
                ]
                answers = await self._log.append(stream.id, batches)
                self._count(live, batches, answers, refused)
                late = _fill_in(results, groups, answers)
                if not late:
                    return Placed(results, throttled, throttled)
                groups = await self._route_again(stream, columns, late)
        except UnknownShard as gone:
            raise messages.stream_not_found(stream.name, stream.account) from gone
        except StorageError as error:
            failure = error
        failure = failure or messages.internal_failure()
        failed = results.count(None)
        if failed == len(results):
            raise failure
        log.error("%d of %d records for %s: %s", failed, len(results), stream.name, failure)
        results = [FAILED if result is None else result for result in results]
        return Placed(results, failed + throttled, throttled)

    def _count(
        self,
        live: LiveStream,
        batches: Sequence[Batch],
        answers: Sequence[Appended | Refused],
        refused: Mapping[int, int],
    ) -> None:
        self._on_demand.count(live.stream, batches, answers)
        if live.counts.by_shard:
            live.counts.put_in_shards(self._book.clock.now_ms(), batches, answers, refused)

    async def _route_again(
        self, stream: Stream, columns: Columns, refused: list[int]
    ) -> list[Group]:
        """Part the refused records among the shards that followed, in the order of the request.

        They go on to the stream with the call's id: if it was deleted, and another one made under
        its name, the log finds none.
        """
        # Who sealed the shards may be a process that followed the catalog before this one did.
        await self._book.follow([stream.id])
        live = await self._book.find(stream.account, stream.region, stream.name)
        lifecycle.after(live.stream, "write")
        refused = sorted(refused)
        return [
            replace(part, positions=[refused[where] for where in part.positions])
            for part in _parts(live, columns.at(refused))
        ]


def _fill_in(
    results: list[Any], groups: Sequence[Group], answers: Sequence[Appended | Refused]
) -> list[int]:
    """Fill in the results of what was appended; answer the positions that came too late."""
    late: list[int] = []
    for part, answer in zip(groups, answers, strict=True):
        if not isinstance(answer, Appended):
            late.extend(part.positions)
            continue
        name = shard_id(part.shard.number)
        numbers = sequence.of_appended(part.shard, answer, len(part.keys))
        for position, number in zip(part.positions, numbers, strict=True):
            results[position] = PutRecordsResultEntry(number, name)
    return late


def _parts(live: LiveStream, columns: Columns) -> list[Group]:
    """The records of a call by shard, as the stream's distribution strategy says."""
    if live.stream.distribution == "AUTO":
        return live.turns.spread(live.routes, columns.keys, columns.datas)
    return group(live.routes, columns.keys, columns.datas, columns.hashes)


def dry_run_error() -> ServiceError:
    return ServiceError(
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun parameter was set.",
    )
