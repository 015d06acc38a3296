"""What producers know: every attempt to put a record, and what became of it."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

HASH_KEYS = 1 << 128


class Fate(Enum):
    """What a producer knows of an attempt."""

    UNKNOWN = "unknown"  # no answer, or InternalFailure: the record may be there, once
    REFUSED = "refused"  # a 4xx: the record must not be there
    ACKNOWLEDGED = "acknowledged"  # the record must be there, once, at its sequence number


@dataclass(slots=True)
class Attempt:
    """One attempt to put one record. A retry is another attempt, with the same counter."""

    id: str  # unique over all attempts
    serial: int  # grows with every attempt of its producer
    key: str
    hash_key: str | None
    counter: int  # grows per key with every acknowledged record
    size: int
    fate: Fate = Fate.UNKNOWN
    shard: str = ""
    sequence: int = 0

    @property
    def data(self) -> bytes:
        """The record's data: its id, and a filling that only this id has."""
        head = f"{self.id}|{self.counter}|".encode()
        filling = hashlib.sha256(head).digest()
        return (head + filling * (1 + self.size // len(filling)))[: max(self.size, len(head))]

    @property
    def position(self) -> int:
        """Where the record lies in the space of hash keys."""
        if self.hash_key is not None:
            return int(self.hash_key)
        return int.from_bytes(hashlib.md5(self.key.encode()).digest(), "big")

    @property
    def has_place(self) -> bool:
        """Whether it was acknowledged by an answer that came whole."""
        return self.fate is Fate.ACKNOWLEDGED and bool(self.shard)

    def acknowledge(self, shard: str, sequence: str) -> None:
        """Note the answer."""
        self.fate, self.shard, self.sequence = Fate.ACKNOWLEDGED, shard, int(sequence)


def attempt_id(data: bytes) -> str:
    """The id in a record's data."""
    return data.partition(b"|")[0].decode("ascii", "replace")


class Ledger:
    """The attempts of all producers on one stream, and the errors that they met."""

    def __init__(self) -> None:
        self.attempts: dict[str, Attempt] = {}
        self.errors: Counter[str] = Counter()
        self.read: set[str] = set()  # ids that a reader was given while producers wrote
        self.calls = 0  # calls that were acknowledged
        self._changed = threading.Condition()

    def enter(self, attempt: Attempt) -> None:
        """Note an attempt before it is made."""
        self.attempts[attempt.id] = attempt

    def count_call(self) -> None:
        """Note that a call was acknowledged."""
        with self._changed:
            self.calls += 1
            self._changed.notify_all()

    def count_error(self, text: str) -> None:
        """Note that a call, or one record of it, was not acknowledged."""
        with self._changed:
            self.errors[text] += 1
            self._changed.notify_all()

    def wait_for_calls(self, more: int, timeout_s: float) -> bool:
        """Wait until so many more calls have been acknowledged; whether they were."""
        with self._changed:
            wanted = self.calls + more
            return self._changed.wait_for(lambda: self.calls >= wanted, timeout_s)

    def wait_for_errors(self, text: str, more: int, timeout_s: float) -> bool:
        """Wait until so many more errors of that kind were met; whether they were."""
        with self._changed:
            wanted = self.errors[text] + more
            return self._changed.wait_for(lambda: self.errors[text] >= wanted, timeout_s)

    def with_fate(self, fate: Fate) -> Iterator[Attempt]:
        """Every attempt of that fate."""
        return (attempt for attempt in self.attempts.values() if attempt.fate is fate)

    def summary(self) -> str:
        """How many attempts had which fate, on one line."""
        fates = Counter(attempt.fate for attempt in self.attempts.values())
        return ", ".join(f"{fates[fate]} {fate.value}" for fate in Fate)
