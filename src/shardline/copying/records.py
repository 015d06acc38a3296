"""A record on its way, and which hash key it is put with.

Reading a record does not tell the explicit hash key that it may have been put with. The MD5 of its
partition key does: if that lies in the range of the shard it was read from, the record goes by its
key at the destination too. If not, it was put with an explicit hash key, and is put with the first
one of its shard's range, which keeps it with the others of its kind and where it was.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class HashRange(NamedTuple):
    """The hash keys of a shard, both ends included."""

    start: int
    end: int

    @classmethod
    def of(cls, shard: Mapping[str, Any]) -> "HashRange":
        """The range of a shard as ListShards gives it."""
        found = shard["HashKeyRange"]
        return cls(int(found["StartingHashKey"]), int(found["EndingHashKey"]))


class Record(NamedTuple):
    """A record of the source. `explicit` is the hash key to put it with, if its key is not enough.

    `has_key` is false where the source has it without a partition key, as the AUTO distribution
    strategy allows; `key` is then the name of its shard.
    """

    sequence: str
    key: str
    data: bytes
    explicit: str | None
    arrived: float
    has_key: bool = True

    @property
    def size(self) -> int:
        """Bytes of key and data, as AWS counts them."""
        return len(self.key.encode()) + len(self.data)

    @property
    def hash_key(self) -> int:
        """The hash key that it is put by."""
        return hash_of(self.key) if self.explicit is None else int(self.explicit)

    def entry(self) -> dict[str, Any]:
        """The record as PutRecords takes it."""
        entry: dict[str, Any] = {"Data": self.data, "PartitionKey": self.key}
        if self.explicit is not None:
            entry["ExplicitHashKey"] = self.explicit
        return entry


def hash_of(key: str) -> int:
    """The hash key of a partition key: its MD5, as Kinesis has it."""
    return int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest(), "big")


def explicit_hash(key: str, place: HashRange) -> str | None:
    """The hash key that keeps a record of that partition key in a range; None if its own does."""
    return None if place.start <= hash_of(key) <= place.end else str(place.start)


def record_of(read: Mapping[str, Any], shard: str, place: HashRange) -> Record:
    """A record as boto3's GetRecords gives it, of a source shard and its range."""
    key = read.get("PartitionKey")
    arrived = seconds(read["ApproximateArrivalTimestamp"])
    sequence, data = read["SequenceNumber"], read["Data"]
    if not key:
        return Record(sequence, shard, data, explicit_hash(shard, place), arrived, has_key=False)
    return Record(sequence, key, data, explicit_hash(key, place), arrived)


def seconds(told: datetime | float) -> float:
    """A time in seconds since 1970, of a client that gives times so, or as boto3 does."""
    return told.timestamp() if isinstance(told, datetime) else told


def digest(key: str, data: bytes) -> bytes:
    """Eight bytes that stand for a record's key and data."""
    named = key.encode()
    made = hashlib.blake2b(b"%d:%b" % (len(named), named), digest_size=8)
    made.update(data)
    return made.digest()


SUMS = 1 << 64


def checksum(digests: "list[bytes]") -> int:
    """A sum over records that does not depend on their order, so that sums of parts add up."""
    return sum(int.from_bytes(each, "big") for each in digests) % SUMS
