"""Did every record come back: once, unchanged, and in order within its key?"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MISSING, DOUBLED, ALTERED, DISORDERED = "missing", "doubled", "altered", "out of order"
FAULTS = (MISSING, DOUBLED, ALTERED, DISORDERED)

_ID = re.compile(rb'\{"id":(\d{1,9}),')


@dataclass(slots=True)
class ShardTally:
    """What came out of one shard; bytes are data and keys, as AWS counts."""

    records: int = 0
    bytes: int = 0
    keys: set[str] = field(default_factory=set)


class Check:
    """Compares what is read with what was sent: `(key, data)` by id, a key's ids in order."""

    def __init__(self, sent: Sequence[tuple[str, bytes]]) -> None:
        self.read = 0
        self.faults: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.shards: dict[str, ShardTally] = {}
        self._sent = sent
        self._seen = bytearray(len(sent))
        self._last_of_key: dict[str, int] = {}
        self._last_sequence: dict[str, int] = {}

    def take(self, shard: str, records: list[dict[str, Any]]) -> None:
        """Check records of one shard, in the order in which they were read."""
        tally = self.shards.setdefault(shard, ShardTally())
        last_sequence = self._last_sequence.get(shard, -1)
        for record in records:
            key, data = record["PartitionKey"], record["Data"]
            tally.bytes += len(data) + len(key.encode())
            tally.keys.add(key)
            sequence = int(record["SequenceNumber"])
            if sequence <= last_sequence:
                self._fault(DISORDERED, f"sequence number {sequence} after {last_sequence}")
            last_sequence = sequence
            self._take_one(shard, key, data)
        self._last_sequence[shard] = last_sequence
        tally.records += len(records)
        self.read += len(records)

    def finish(self) -> None:
        """Nothing more will come: what has not been seen is missing."""
        for number, seen in enumerate(self._seen):
            if not seen:
                key, _ = self._sent[number]
                self._fault(MISSING, f"record {number} of key {key}")

    @property
    def is_good(self) -> bool:
        """Whether nothing was found wrong, so far."""
        return not self.faults

    def _take_one(self, shard: str, key: str, data: bytes) -> None:
        found = _ID.match(data)
        number = int(found[1]) if found else len(self._sent)
        if number >= len(self._sent) or (key, data) != self._sent[number]:
            self._fault(ALTERED, f"key {key}, data {data[:60]!r} in {shard}")
            return
        if self._seen[number]:
            self._fault(DOUBLED, f"record {number} of key {key} in {shard}")
            return
        self._seen[number] = True
        last = self._last_of_key.get(key, -1)
        if number < last:
            self._fault(DISORDERED, f"record {number} of key {key} after {last} in {shard}")
        self._last_of_key[key] = number

    def _fault(self, kind: str, example: str) -> None:
        self.faults[kind] += 1
        self.examples.setdefault(kind, example)
