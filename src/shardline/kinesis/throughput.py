"""The throughput of shards: what a stream whose AWS rates hold admits, of puts and of reads.

AWS's figures are those of its quotas page; that its MB is 2^20 bytes is in botocore's model (a
shard writes "1 MiB per second" and reads "2 MiB per second": CreateStream) and in the source of
Amazon's own producer library, whose limiter takes 1024 * 1024. The bursts are ours: AWS states
none, but that records larger than 1 MiB are taken from a reserve which is filled all the time, and
that calls fail for 5 seconds after an answer of 10 MB.
"""

from collections.abc import Sequence
from operator import add
from typing import Any

from shardline.clock import Clock
from shardline.kinesis import messages
from shardline.kinesis.buckets import Rate, per_second
from shardline.kinesis.hashing import Group
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.load import SHARD_BYTES, SHARD_RECORDS
from shardline.kinesis.meters import Meters, ReadRate, WriteRate
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import PutRecordsResultEntry
from shardline.storage.entities import Shard, Stream
from shardline.storage.record_log import Page

MIB = 1024 * 1024
WRITE_BYTES_PER_S = SHARD_BYTES
WRITE_RECORDS_PER_S = SHARD_RECORDS
READ_RATE = ReadRate(bytes=per_second(2 * MIB), calls=per_second(5))
ITERATOR_RATE = per_second(5)


def write_rate_of(stream: Stream) -> WriteRate:
    """What each shard of a stream takes, whatever the stream's mode.

    The burst in bytes is one second's worth, or one record as large as the stream allows.
    """
    burst = max(WRITE_BYTES_PER_S, stream.max_record_kib * 1024)
    return WriteRate(Rate(WRITE_BYTES_PER_S, burst), per_second(WRITE_RECORDS_PER_S))


class Throughput:
    """Admits puts and reads. To be asked for streams that are `throttled`, and no others."""

    def __init__(self, meters: Meters, clock: Clock) -> None:
        self._meters = meters
        self._clock = clock

    def admit(
        self, live: LiveStream, groups: Sequence[Group], results: list[Any]
    ) -> tuple[list[Group], dict[int, int]]:
        """The records that may be put, and how many of which shard may not.

        These get their result here.

        Of the records for one shard those are taken, in order, that come before the first one
        which does not fit.
        """
        stream, now_ms = live.stream, self._clock.now_ms()
        rate = write_rate_of(stream)
        admitted: list[Group] = []
        throttled: dict[int, int] = {}
        for part in groups:
            sizes = list(map(add, map(len, part.keys), map(len, part.datas)))
            fitting = self._meters.write((stream.id, part.shard.number), rate, sizes, now_ms)
            if fitting == len(sizes):
                admitted.append(part)
                continue
            if fitting:
                admitted.append(_first(part, fitting))
            refused = _refused(stream, part.shard)
            for position in part.positions[fitting:]:
                results[position] = refused
            throttled[part.shard.number] = len(sizes) - fitting
        return admitted, throttled

    def start_read(self, live: LiveStream, shard: Shard) -> None:
        """Take one GetRecords of a shard. Raises ProvisionedThroughputExceededException."""
        stream = live.stream
        if not self._meters.read((stream.id, shard.number), READ_RATE, self._clock.now_ms()):
            raise messages.shard_read_rate_exceeded(
                shard_id(shard.number), stream.name, stream.account
            )

    def end_read(self, live: LiveStream, shard: Shard, page: Page) -> None:
        """Take the bytes of the answer to a GetRecords."""
        key = (live.stream.id, shard.number)
        self._meters.charge(key, READ_RATE, page.size, self._clock.now_ms())

    def take_iterator(self, live: LiveStream, shard: Shard) -> None:
        """Take one GetShardIterator. Raises ProvisionedThroughputExceededException."""
        stream = live.stream
        key = ("GetShardIterator", stream.id, shard.number)
        if not self._meters.call(key, ITERATOR_RATE, self._clock.now_ms()):
            raise messages.shard_rate_exceeded(shard_id(shard.number), stream.name, stream.account)


def _first(part: Group, count: int) -> Group:
    return Group(part.shard, part.keys[:count], part.datas[:count], part.positions[:count])


def _refused(stream: Stream, shard: Shard) -> PutRecordsResultEntry:
    error = messages.shard_rate_exceeded(shard_id(shard.number), stream.name, stream.account)
    return PutRecordsResultEntry(ErrorCode=error.code, ErrorMessage=error.message)
