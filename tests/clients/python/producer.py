"""Writes records that are hard to carry and knows what must come back."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

LAST_HASH_KEY = 2**128 - 1
HARD_DATA = {0: b"", 1: b"\xff\xfe\x00\xc3\x28", 2: bytes(range(256))}  # the second is not UTF-8


@dataclass(frozen=True)
class Record:
    """One that was written, or one that was read (with its time of arrival)."""

    shard: str
    sequence: str
    key: str
    data: bytes
    arrived: datetime | None = None


def expect(actual: Any, expected: Any, what: str = "") -> None:
    """An assertion that `python -O` keeps."""
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


class Producer:
    """`shards` are the open ones: they say where each key must go."""

    def __init__(self, client: Any, stream: str) -> None:
        self.client = client
        self.stream = stream
        self.shards: list[dict[str, Any]] = []
        self.written: list[Record] = []

    def put(self) -> None:
        """Put the next record."""
        entry = _entry(len(self.written))
        self._acknowledged(entry, self.client.put_record(StreamName=self.stream, **entry))

    def put_batch(self, count: int) -> None:
        """Put the next `count` records in one call."""
        first = len(self.written)
        entries = [_entry(i) for i in range(first, first + count)]
        answer = self.client.put_records(StreamName=self.stream, Records=entries)
        expect(answer["FailedRecordCount"], 0)
        for entry, result in zip(entries, answer["Records"], strict=True):
            self._acknowledged(entry, result)

    def check(self, read: list[Record]) -> None:
        """Check that `read` is exactly what was written, and in order per key."""
        expect(_per_key(replace(record, arrived=None) for record in read), _per_key(self.written))

    def _acknowledged(self, entry: dict[str, Any], result: dict[str, Any]) -> None:
        key = entry["PartitionKey"]
        explicit = entry.get("ExplicitHashKey")
        hashed = int(explicit or int(hashlib.md5(key.encode()).hexdigest(), 16))
        (home,) = (shard["ShardId"] for shard in self.shards if _holds(shard, hashed))
        expect(result["ShardId"], home, f"the shard of {key}")
        self.written.append(Record(home, result["SequenceNumber"], key, entry["Data"]))


def _entry(i: int) -> dict[str, Any]:
    if i % 50 == 7:
        return {
            "PartitionKey": "explicit",
            "ExplicitHashKey": str(LAST_HASH_KEY),
            "Data": b"explicit %d" % i,
        }
    key = f"key-{i % 8}" if i % 8 else "schlüssel-鍵-🔑"
    return {"PartitionKey": key, "Data": HARD_DATA.get(i % 30, b"record %d" % i)}


def _holds(shard: dict[str, Any], hashed: int) -> bool:
    range_ = shard["HashKeyRange"]
    return int(range_["StartingHashKey"]) <= hashed <= int(range_["EndingHashKey"])


def _per_key(records: Iterable[Record]) -> dict[str, list[Record]]:
    found = defaultdict(list)
    for record in records:
        found[record.key].append(record)
    return found
