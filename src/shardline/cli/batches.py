"""Lines become records, and records the batches of PutRecords."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shardline.cli import Failure

MOST_RECORDS = 500  # AWS: PutRecords, Records
MOST_BYTES = 4 * 1024 * 1024  # AWS takes 10 MiB a request and took 5 until 2025; both hold this
LONGEST_KEY = 256  # AWS: PartitionKey

# A rule makes the partition key of a line; it raises ValueError with what is wrong.
KeyRule = Callable[[bytes], str]


@dataclass(slots=True)
class Batch:
    """Records of one PutRecords request. `size` counts data and keys, as AWS does."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0
    first_line: int = 0
    last_line: int = 0

    def add(self, key: str, data: bytes, size: int, line: int) -> None:
        """Put one more record of `size` bytes, which came from that line, behind the others."""
        self.first_line = self.first_line or line
        self.last_line = line
        self.entries.append({"Data": data, "PartitionKey": key})
        self.size += size

    def is_full_for(self, size: int) -> bool:
        """Whether a record of that size has to go into the next batch."""
        return len(self.entries) >= MOST_RECORDS or self.size + size > MOST_BYTES


def fixed_key(key: str) -> KeyRule:
    """The same key for every record: one shard, in order."""
    return lambda line: key


def random_key(line: bytes) -> str:
    """A key of its own for every record: an even spread over the shards."""
    return f"{random.getrandbits(64):016x}"


def key_of_member(name: str) -> KeyRule:
    """The value of a member of each line, which has to be a JSON object; text or a number."""
    import msgspec

    decode = msgspec.json.Decoder(dict[str, Any]).decode

    def rule(line: bytes) -> str:
        try:
            value = decode(line).get(name)
        except msgspec.MsgspecError as error:
            raise ValueError(f"it is no JSON object ({error})") from error
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_KEY:
            raise ValueError(f"its {name!r} is not a text of 1 to {LONGEST_KEY} characters")
        return value

    return rule


def batches(chunks: Iterable[list[bytes]], key_of: KeyRule) -> Iterator[Batch]:
    """Full batches, and what has gathered whenever a chunk is empty and at the end.

    Blank lines are skipped: they are how text files end, and seldom somebody's data. Raises
    `Failure` with the line's number where no key can be made; what came before it is given first.
    """
    batch = Batch()
    number = 0
    for chunk in chunks:
        for line in chunk:
            number += 1
            if not line or line.isspace():
                continue
            try:
                key = key_of(line)
            except ValueError as error:
                yield from _given(batch)
                raise Failure(f"line {number} has no partition key: {error}") from error
            size = len(line) + len(key.encode())
            if batch.is_full_for(size):
                yield from _given(batch)
                batch = Batch()
            batch.add(key, line, size, number)
        if not chunk:
            yield from _given(batch)
            batch = Batch()
    yield from _given(batch)


def _given(batch: Batch) -> Iterator[Batch]:
    if batch.entries:
        yield batch
