"""Meters in memory that several processes share: a rate holds for all of them together.

    slots     `SLOTS` of four 64-bit numbers, native byte order
    slot      key     64 bits of a hash of what the bucket is for; 0 for a slot that is free
              used    what of the burst is used, in thousandths (see `shardline.kinesis.buckets`)
              at_ms   as of when
              per_s   the rate by which it fills

A bucket lies in one of `PROBES` slots behind the place that its hash says. If none is free, one
that is full again makes room, or else the first: who used that has a burst once more. Every look is
within a file lock, about 2 µs, which only streams with AWS's throughput limits pay.
"""

import fcntl
import hashlib
import mmap
import os
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shardline.kinesis.buckets import Bucket, Rate
from shardline.kinesis.meters import LocalMeters, ReadRate, WriteRate

SLOTS: Final = 1 << 15
PROBES: Final = 16
_FIELDS = 4
_BYTES = SLOTS * _FIELDS * 8
_MOST_HASHES = 100_000


class SharedMeters(LocalMeters):
    """See `shardline.kinesis.meters.Meters`; `close` it. Raises `OSError` when made."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.fstat(self._file).st_size < _BYTES:
            os.ftruncate(self._file, _BYTES)
        self._numbers = memoryview(mmap.mmap(self._file, _BYTES)).cast("q")
        self._hashes: dict[Hashable, int] = {}
        self._touched: list[tuple[int, Bucket]] = []

    def write(self, shard: Hashable, rate: WriteRate, sizes: Sequence[int], now_ms: int) -> int:
        """As `Meters.write`."""
        with self._locked():
            return super().write(shard, rate, sizes, now_ms)

    def read(self, shard: Hashable, rate: ReadRate, now_ms: int) -> bool:
        """As `Meters.read`."""
        with self._locked():
            return super().read(shard, rate, now_ms)

    def charge(self, shard: Hashable, rate: ReadRate, size: int, now_ms: int) -> None:
        """As `Meters.charge`."""
        with self._locked():
            super().charge(shard, rate, size, now_ms)

    def call(self, what: Hashable, rate: Rate, now_ms: int) -> bool:
        """As `Meters.call`."""
        with self._locked():
            return super().call(what, rate, now_ms)

    def close(self) -> None:
        """Release the memory. Idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
            for at, bucket in self._touched:
                self._numbers[at + 1], self._numbers[at + 2] = bucket.state
                self._numbers[at + 3] = bucket.rate.per_s
        finally:
            self._touched.clear()
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _bucket(self, key: Hashable, rate: Rate, now_ms: int) -> Bucket:
        at = self._slot(self._hash(key), now_ms)
        bucket = Bucket(rate, now_ms)
        bucket.state = self._numbers[at + 1], self._numbers[at + 2]
        self._touched.append((at, bucket))
        return bucket

    def _slot(self, key: int, now_ms: int) -> int:
        """Where the bucket of a key lies, in numbers; an empty one is made."""
        numbers, home, free = self._numbers, key % SLOTS, -1
        for probe in range(PROBES):
            at = (home + probe) % SLOTS * _FIELDS
            if numbers[at] == key:
                return at
            used, at_ms, per_s = numbers[at + 1 : at + 4].tolist()
            if free < 0 and (not numbers[at] or used <= (now_ms - at_ms) * per_s):
                free = at
        at = free if free >= 0 else home * _FIELDS
        numbers[at], numbers[at + 1], numbers[at + 2] = key, 0, now_ms
        return at

    def _hash(self, key: Hashable) -> int:
        found = self._hashes.get(key)
        if found is None:
            if len(self._hashes) >= _MOST_HASHES:
                self._hashes.clear()
            digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
            found = self._hashes[key] = (int.from_bytes(digest) >> 1) or 1
        return found
