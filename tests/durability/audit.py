"""Whether a stream holds what its producers were promised.

`Audit` is given records as readers get them, parents before children, and the shards as ListShards
answers them. It answers problems in plain words; no problem means that the promise was kept:

* every acknowledged record is there, at the shard and the sequence number of the answer, once;
* an attempt that was not answered is there at most once, one that was refused is not there;
* every record is whole, and lies in a shard that its hash key belongs to;
* sequence numbers grow within a shard, and for each key also from parents to children;
* the records of a key are in the order in which their producer was answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from durability.ledger import HASH_KEYS, Attempt, Fate, Ledger, attempt_id


class Found(NamedTuple):
    """A record, as a reader got it."""

    shard: str
    sequence: int
    key: str
    data: bytes


@dataclass
class Audit:
    """The records found so far, and what was wrong with them."""

    ledger: Ledger
    places: dict[str, tuple[str, int]] = field(default_factory=dict)  # attempt id → shard, number
    problems: list[str] = field(default_factory=list)
    _last_of_shard: dict[str, int] = field(default_factory=dict)
    _last_of_key: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    _ranges: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note_shards(self, shards: Sequence[dict[str, Any]]) -> None:
        """Learn the ranges of shards; every hash key must belong to exactly one open shard."""
        for shard in shards:
            self._ranges[shard["ShardId"]] = hash_range(shard)
        open_ranges = sorted(
            hash_range(shard)
            for shard in shards
            if "EndingSequenceNumber" not in shard["SequenceNumberRange"]
        )
        edges = [-1, *(end for _, end in open_ranges)]
        starts = [start - 1 for start, _ in open_ranges] + [HASH_KEYS - 1]
        if edges != starts:
            self.problems.append(f"the open shards do not part the hash keys: {open_ranges}")

    def note(self, records: Iterable[Found]) -> None:
        """Look at records, those of parents before those of children."""
        for record in records:
            self._note_order(record)
            attempt = self.ledger.attempts.get(attempt_id(record.data))
            if attempt is None:
                self._blame(record, "was never put")
            elif record.data != attempt.data or record.key != attempt.key:
                self._blame(record, "is damaged")
            else:
                self._note_attempt(record, attempt)

    def _note_order(self, record: Found) -> None:
        if record.sequence <= self._last_of_shard.get(record.shard, 0):
            self._blame(record, "has a sequence number that does not grow")
        self._last_of_shard[record.shard] = record.sequence

    def _note_attempt(self, record: Found, attempt: Attempt) -> None:
        start, end = self._ranges[record.shard]
        if not start <= attempt.position <= end:
            self._blame(record, "lies in a shard of other hash keys")
        if attempt.id in self.places:
            self._blame(record, f"is there twice, also at {self.places[attempt.id]}")
        self.places[attempt.id] = (record.shard, record.sequence)
        self._note_key_order(record, attempt)

    def _note_key_order(self, record: Found, attempt: Attempt) -> None:
        """Attempts are made in the order of their serials; their counters grow as far as they
        were acknowledged, and go back to the first that was not."""
        serial, counter, sequence = self._last_of_key.get(attempt.key, (0, -1, 0))
        if attempt.serial <= serial or attempt.counter <= counter:
            self._blame(record, f"comes after attempt {serial} of the same key")
        if record.sequence <= sequence:
            self._blame(record, "has a lower number than an earlier record of its key")
        if attempt.fate is Fate.ACKNOWLEDGED:
            counter = attempt.counter
        self._last_of_key[attempt.key] = (attempt.serial, counter, record.sequence)

    def settle(self) -> list[str]:
        """Compare with what the producers know, after everything has been read."""
        for attempt in self.ledger.attempts.values():
            place = self.places.get(attempt.id)
            if attempt.fate is Fate.ACKNOWLEDGED and place is None:
                self._say(f"LOST: {attempt.id}, acknowledged at {attempt.sequence}")
            elif attempt.has_place and place != (attempt.shard, attempt.sequence):
                self._say(f"{attempt.id} was acknowledged at {attempt.sequence} and is at {place}")
            elif attempt.fate is Fate.REFUSED and place is not None:
                self._say(f"{attempt.id} was refused and is at {place}")
            elif attempt.id in self.ledger.read and place is None:
                self._say(f"LOST: {attempt.id}, which a reader had been given")
        return self.problems

    def _blame(self, record: Found, what: str) -> None:
        self._say(f"{attempt_id(record.data)} in {record.shard} at {record.sequence} {what}")

    def _say(self, problem: str) -> None:
        self.problems.append(problem)


def hash_range(shard: dict[str, Any]) -> tuple[int, int]:
    """The first and the last hash key of a shard, from ListShards."""
    keys = shard["HashKeyRange"]
    return int(keys["StartingHashKey"]), int(keys["EndingHashKey"])
