"""One stream's counts: by the clock's minute, until they are published; and since the start.

Calls write plain numbers into columns. They are folded into statistic sets when the minute turns,
when there are `MOST` of them, and when somebody asks. No I/O, no clock: who counts says when it is.
"""

from collections.abc import Mapping, Sequence

from shardline.kinesis.counts.columns import (
    ConsumerColumns,
    GetRecordsColumns,
    PartialPut,
    PutRecordColumns,
    PutRecordsColumns,
    ShardColumns,
)
from shardline.kinesis.counts.ledger import Counted, Ledger, Place, Total
from shardline.kinesis.lineage import shard_id
from shardline.storage.entities import Stream
from shardline.storage.record_log import Appended, Batch, Refused

MINUTE_MS = 60_000
MOST = 4096  # lines of a column before it is folded: bounds what a busy minute holds


class StreamCounts:
    """What one stream, its shards and its consumers counted."""

    __slots__ = (
        "_begin_ms",
        "_consumers",
        "_end_ms",
        "_get",
        "_ledger",
        "_put",
        "_puts",
        "_shard_metrics",
        "_shards",
        "by_shard",
        "subscriptions",
    )

    def __init__(self) -> None:
        self._begin_ms = self._end_ms = 0  # the minute of what is in the columns
        self._put = PutRecordColumns()
        self._puts = PutRecordsColumns()
        self._get = GetRecordsColumns()
        self._consumers: dict[str, ConsumerColumns] = {}
        self._shards: dict[int, ShardColumns] | None = None  # None: nothing is counted by shard
        self._shard_metrics: frozenset[str] = frozenset()
        self.by_shard = False
        self._ledger = Ledger()
        self.subscriptions: dict[str, int] = {}  # open ones, by consumer

    def become(self, stream: Stream) -> None:
        """Take over what a change of the stream says: which metrics of which shards are counted."""
        self.fold()
        self._shard_metrics = frozenset(stream.shard_metrics)
        self.by_shard = bool(self._shard_metrics)
        self._shards = {} if self.by_shard else None
        shards = [shard_id(shard.number) for shard in stream.shards] if self._shard_metrics else []
        self._ledger.keep_only({*shards, *(consumer.name for consumer in stream.consumers)})

    @property
    def totals(self) -> Mapping[Place, Total]:
        """What came since the process started, up to the last fold."""
        return self._ledger.totals

    def put_record(self, now_ms: int, size: int, seconds: float) -> None:
        """A PutRecord that succeeded: data and key in bytes, how long it took."""
        put = self._put
        if not self._begin_ms <= now_ms < self._end_ms or len(put.sizes) >= MOST:
            put = self._turn(now_ms)._put
        put.sizes.append(size)
        put.seconds.append(seconds)

    def put_record_failed(self, now_ms: int, seconds: float, *, throttled: bool) -> None:
        """A PutRecord that failed, or was over the rates."""
        put = self._at(now_ms, len(self._put.failed_seconds))._put
        put.failed_seconds.append(seconds)
        put.throttled += throttled

    def put_records(self, now_ms: int, records: int, size: int, seconds: float) -> None:
        """A PutRecords that succeeded for every record."""
        puts = self._puts
        if not self._begin_ms <= now_ms < self._end_ms or len(puts.records) >= MOST:
            puts = self._turn(now_ms)._puts
        puts.records.append(records)
        puts.sizes.append(size)
        puts.seconds.append(seconds)

    def put_records_partly(self, now_ms: int, put: PartialPut) -> None:
        """A PutRecords that succeeded for some records, or for none."""
        self._at(now_ms, len(self._puts.partial))._puts.partial.append(put)

    def put_in_shards(
        self,
        now_ms: int,
        batches: Sequence[Batch],
        answers: Sequence[Appended | Refused],
        refused: Mapping[int, int],
    ) -> None:
        """What a put appended; `refused` says how many records were over the rates, by shard."""
        if self._shards is None:
            return
        for batch, answer in zip(batches, answers, strict=True):
            if isinstance(answer, Appended):
                shard = self._shard(now_ms, batch.shard)
                shard.writes.append(len(batch.keys))
                shard.sizes.append(sum(map(len, batch.keys)) + sum(map(len, batch.datas)))
                if batch.shard not in refused:
                    shard.refusals.append(0)

    def put_refused(self, now_ms: int, refused: Mapping[int, int]) -> None:
        """How many records of a put were over the rates, by shard."""
        if self._shards is not None:
            for number, records in refused.items():
                self._shard(now_ms, number).refusals.append(records)

    def get_records(
        self, now_ms: int, number: int, records: int, size: int, age_ms: int, seconds: float
    ) -> None:
        """A GetRecords of a shard that succeeded. `age_ms` is 0 at the tip of the shard."""
        get = self._get
        if not self._begin_ms <= now_ms < self._end_ms or len(get.records) >= MOST:
            get = self._turn(now_ms)._get
        get.records.append(records)
        get.sizes.append(size)
        get.ages.append(age_ms)
        get.seconds.append(seconds)
        if self._shards is not None:
            shard = self._shard(now_ms, number)
            shard.reads.append(records)
            shard.read_sizes.append(size)
            shard.ages.append(age_ms)
            shard.read_refusals.append(0)

    def get_records_failed(
        self, now_ms: int, number: int, seconds: float, *, throttled: bool
    ) -> None:
        """A GetRecords of a shard that failed, or was over the rates."""
        get = self._at(now_ms, len(self._get.failed_seconds))._get
        get.failed_seconds.append(seconds)
        get.throttled += throttled
        if self._shards is not None:
            self._shard(now_ms, number).read_refusals.append(int(throttled))

    def subscribe(self, now_ms: int, consumer: str) -> None:
        """A SubscribeToShard that subscribed."""
        self._consumer(now_ms, consumer).subscribed += 1

    def subscribe_failed(self, now_ms: int, consumer: str, *, too_soon: bool) -> None:
        """A SubscribeToShard that failed, or came too soon after another one."""
        columns = self._consumer(now_ms, consumer)
        columns.refused += 1
        columns.rate_exceeded += too_soon

    def event(
        self, now_ms: int, consumer: str, number: int, records: int, size: int, behind_ms: int
    ) -> None:
        """An event that was sent to a consumer of a shard."""
        columns = self._consumer(now_ms, consumer)
        columns.records.append(records)
        columns.sizes.append(size)
        columns.behind.append(behind_ms)
        if self._shards is not None:
            shard = self._shard(now_ms, number)
            shard.reads.append(records)
            shard.read_sizes.append(size)

    def event_failed(self, now_ms: int, consumer: str) -> None:
        """An event that could not be made, or not be sent."""
        self._consumer(now_ms, consumer).failed += 1

    def opened(self, consumer: str, change: int) -> None:
        """One open subscription of a consumer more (1), or less (-1)."""
        now = self.subscriptions.get(consumer, 0) + change
        if now:
            self.subscriptions[consumer] = now
        else:
            del self.subscriptions[consumer]

    def take(self) -> Counted:
        """What was counted since it was last taken."""
        self.fold()
        return self._ledger.take()

    def fold(self) -> None:
        """Make samples of the columns."""
        note, minute_ms = self._ledger.note, self._begin_ms
        if put := self._put.samples():
            note(minute_ms, "stream", "", put)
            self._put = PutRecordColumns()
        if puts := self._puts.samples():
            note(minute_ms, "stream", "", puts)
            self._puts = PutRecordsColumns()
        if get := self._get.samples():
            note(minute_ms, "stream", "", get)
            self._get = GetRecordsColumns()
        for name, consumer in self._consumers.items():
            note(minute_ms, "consumer", name, consumer.samples())
        for number, shard in (self._shards or {}).items():
            samples = shard.samples()
            wanted = {name: samples[name] for name in self._shard_metrics}
            note(minute_ms, "shard", shard_id(number), wanted)
        self._consumers = {}
        self._shards = None if self._shards is None else {}

    def _at(self, now_ms: int, lines: int) -> "StreamCounts":
        if not self._begin_ms <= now_ms < self._end_ms or lines >= MOST:
            self._turn(now_ms)
        return self

    def _turn(self, now_ms: int) -> "StreamCounts":
        self.fold()
        self._begin_ms = now_ms - now_ms % MINUTE_MS
        self._end_ms = self._begin_ms + MINUTE_MS
        return self

    def _shard(self, now_ms: int, number: int) -> ShardColumns:
        assert self._shards is not None
        columns = self._shards.get(number)
        lines = max(len(columns.writes), len(columns.reads)) if columns else 0
        self._at(now_ms, lines)
        return self._shards.setdefault(number, ShardColumns())

    def _consumer(self, now_ms: int, name: str) -> ConsumerColumns:
        columns = self._consumers.get(name)
        self._at(now_ms, len(columns.records) if columns else 0)
        return self._consumers.setdefault(name, ConsumerColumns())
