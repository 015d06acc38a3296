"""What has been used of every rate: the one thing that processes with the same limits share.

`Meters` is the interface. A process that is alone keeps its meters in memory (`LocalMeters`).
"""

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol

from shardline.kinesis.buckets import Bucket, Rate

_SWEEP_FROM = 1024


class WriteRate(NamedTuple):
    """What can be put into one shard. Bytes are of data and partition keys."""

    bytes: Rate
    records: Rate


class ReadRate(NamedTuple):
    """What GetRecords can read of one shard. Bytes are of data and partition keys."""

    bytes: Rate
    calls: Rate


class Meters(Protocol):
    """Meters by key: a shard of a stream, or whatever calls are counted for.

    Each method looks and takes in one step that no other process can come between. None of them
    waits or fails.
    """

    def write(self, shard: Hashable, rate: WriteRate, sizes: Sequence[int], now_ms: int) -> int:
        """Take what records of these sizes (bytes) need, in order, up to the first that does not
        fit; answer how many do."""
        ...

    def read(self, shard: Hashable, rate: ReadRate, now_ms: int) -> bool:
        """Take one call, if one is left and no earlier answer is owed any more."""
        ...

    def charge(self, shard: Hashable, rate: ReadRate, size: int, now_ms: int) -> None:
        """Take the bytes of a read's answer, whether or not they are there."""
        ...

    def call(self, what: Hashable, rate: Rate, now_ms: int) -> bool:
        """Take one call, if one is left."""
        ...


class LocalMeters:
    """The meters of one process, in memory. A bucket that is full again is forgotten in time."""

    def __init__(self) -> None:
        self._buckets: dict[Hashable, Bucket] = {}
        self._sweep_at = _SWEEP_FROM

    def write(self, shard: Hashable, rate: WriteRate, sizes: Sequence[int], now_ms: int) -> int:
        """As `Meters.write`."""
        size = self._bucket(("written bytes", shard), rate.bytes, now_ms)
        count = self._bucket(("written records", shard), rate.records, now_ms)
        room = size.left(now_ms)
        fitting = min(len(sizes), max(count.left(now_ms), 0))
        total = sum(sizes)
        if fitting < len(sizes) or total > room:
            sums = list(accumulate(sizes))
            fitting = min(bisect_right(sums, room), fitting)
            total = sums[fitting - 1] if fitting else 0
        size.take(total)
        count.take(fitting)
        return fitting

    def read(self, shard: Hashable, rate: ReadRate, now_ms: int) -> bool:
        """As `Meters.read`."""
        size = self._bucket(("read bytes", shard), rate.bytes, now_ms)
        return size.left(now_ms) > 0 and self._take_call(("reads", shard), rate.calls, now_ms)

    def charge(self, shard: Hashable, rate: ReadRate, size: int, now_ms: int) -> None:
        """As `Meters.charge`."""
        self._bucket(("read bytes", shard), rate.bytes, now_ms).charge(size, now_ms)

    def call(self, what: Hashable, rate: Rate, now_ms: int) -> bool:
        """As `Meters.call`."""
        return self._take_call(what, rate, now_ms)

    def _take_call(self, what: Hashable, rate: Rate, now_ms: int) -> bool:
        bucket = self._bucket(("calls", what), rate, now_ms)
        if bucket.left(now_ms) < 1:
            return False
        bucket.take(1)
        return True

    def __len__(self) -> int:
        """How many buckets are remembered."""
        return len(self._buckets)

    def _bucket(self, key: Hashable, rate: Rate, now_ms: int) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            self._sweep(now_ms)
            bucket = self._buckets[key] = Bucket(rate, now_ms)
        bucket.rate = rate
        return bucket

    def _sweep(self, now_ms: int) -> None:
        # Of shards and streams that are gone, too. Each sweep is paid for by as many new buckets.
        if len(self._buckets) >= self._sweep_at:
            self._buckets = {
                key: bucket for key, bucket in self._buckets.items() if not bucket.is_full(now_ms)
            }
            self._sweep_at = max(_SWEEP_FROM, 2 * len(self._buckets))
