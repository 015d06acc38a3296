"""Reading a shard, as GetRecords and SubscribeToShard both do it: where it begins, what comes."""

from collections.abc import Sequence

from shardline.clock import Clock
from shardline.gateway.types import DeniedKey
from shardline.kinesis import lifecycle, lineage, messages, positions
from shardline.kinesis.book import StreamBook
from shardline.kinesis.encryption.reads import Reads
from shardline.kinesis.lineage import shard_id
from shardline.kinesis.shelf import LiveStream
from shardline.kinesis.structs import ChildShard, HashKeyRange
from shardline.storage.entities import Shard, Stream
from shardline.storage.record_log import Page, RecordLog, UnknownShard


class Reading:
    """Reads shards of a book's streams."""

    def __init__(self, book: StreamBook, log: RecordLog, reads: Reads, clock: Clock) -> None:
        self._book = book
        self._log = log
        self._reads = reads
        self._clock = clock

    def visible_shard(self, live: LiveStream, number: int) -> Shard:
        """The shard of that number, as long as it can be read.

        Raises ResourceNotFoundException.
        """
        stream = live.stream
        shard = live.shards.get(number)
        if (
            shard is None
            or not lineage.is_visible(shard, lineage.horizon_ms(stream, self._clock.now_ms()))
            or not lifecycle.takes_records(stream.status)
        ):
            raise messages.shard_does_not_exist(shard_id(number), stream.name, stream.account)
        return shard

    async def start(
        self,
        stream: Stream,
        shard: Shard,
        kind: str,
        number: str | None,
        timestamp: float | None,
    ) -> int:
        """The offset at which one of the five kinds of positions begins. The time is in seconds.

        Raises InvalidArgumentException with GetShardIterator's texts (which SubscribeToShard uses
        too), and ResourceNotFoundException.
        """
        time_ms = positions.check_start(kind, number, timestamp, now_ms=self._clock.now_ms())
        try:
            if time_ms is not None:
                return await self._offset_at(stream, shard, time_ms)
            if kind == "TRIM_HORIZON":
                return 0
            tail = await self.tail(stream, shard)
        except UnknownShard as gone:
            raise _gone(stream, shard) from gone
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

    async def tail(self, stream: Stream, shard: Shard) -> int:
        """The offset after the shard's last record. Raises `UnknownShard`."""
        return shard.end if shard.end is not None else await self._log.tail(stream.id, shard.number)

    async def page(
        self,
        live: LiveStream,
        shard: Shard,
        offset: int,
        *,
        max_records: int,
        max_bytes: int,
        denied: Sequence[DeniedKey] = (),
    ) -> Page:
        """What lies at an offset, without what has expired; `denied` are keys not to be used.

        Raises ResourceNotFoundException, and the KMS errors of `Reads.read`.
        """
        if shard.end is not None and offset >= shard.end:
            # Nor does the log know the steps of an UpdateShardCount, which end where they begin.
            return Page((), offset, None, at_end=True)
        try:
            return await self._reads.read(
                live,
                shard.number,
                offset,
                max_records=max_records,
                max_bytes=max_bytes,
                since_ms=self._clock.now_ms() - live.retention_ms,
                denied=denied,
            )
        except UnknownShard as gone:
            raise _gone(live.stream, shard) from gone

    async def children(self, live: LiveStream, shard: Shard) -> list[ChildShard]:
        """The children of a shard that was read to its end.

        None, if the log knows of the seal and the book not yet of the children: read on then.
        """
        settled = await self._book.by_id(live.stream.id) or live
        return [
            ChildShard(
                child["ShardId"], child["ParentShards"], HashKeyRange(**child["HashKeyRange"])
            )
            for child in lineage.child_shards(settled.stream.shards, shard.number)
        ]


def behind_ms(page: Page, now_ms: int) -> int:
    """The age of the next record; 0 means that there is none, so one of this very ms is 1 old."""
    return 0 if page.waiting_ms is None else max(1, now_ms - page.waiting_ms)


def age_ms_of(page: Page, now_ms: int) -> int:
    """How old the last record of a page is; 0 when nothing is left to read after it.

    AWS says of its IteratorAgeMilliseconds both that it is this age, and that 0 means that the
    reader has completely caught up.
    """
    if page.waiting_ms is None:
        return 0
    last_ms = page.runs[-1].arrived_ms if page.runs else page.waiting_ms
    return max(0, now_ms - last_ms)


def _gone(stream: Stream, shard: Shard) -> Exception:
    return messages.shard_does_not_exist(shard_id(shard.number), stream.name, stream.account)
