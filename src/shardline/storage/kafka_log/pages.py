"""A page of records, made of the messages in a range of a partition."""

from collections.abc import Callable
from typing import NamedTuple

from confluent_kafka import Message

from shardline.storage.kafka_log.answers import Place
from shardline.storage.kafka_log.cursors import Cursor
from shardline.storage.record_log import CipherMissing, Ciphers, Page, Run, Undecipherable


class Reading(NamedTuple):
    """What is read: a part of a shard that is known to be written. Offsets are Kafka's."""

    stream: str
    shard: int
    place: Place
    first: int
    start: int
    end: int
    is_sealed: bool  # nothing follows `end`
    max_records: int
    max_bytes: int
    since_ms: int
    ciphers: Ciphers


Record = tuple[int, bytes, bytes, bool]
"""When it arrived (ms), its key and data, and whether it is encrypted."""

Decode = Callable[[Message], Record | None]
"""The record that a message is, None for one that is none; or `CipherMissing`, `Undecipherable`."""

Decoder = Callable[[Reading], Decode]


def read_page(cursor: Cursor, reading: Reading, decoder: Decoder) -> Page:
    """Read a page; blocks. Raises what `RecordLog.read` raises."""
    page = Pager(reading)
    decode = decoder(reading)
    waiting_ms: int | None = None
    next_ = reading.end
    for message in cursor.messages(reading.place, reading.start, reading.end):
        offset = message.offset() or 0
        try:
            record = decode(message)
        except (CipherMissing, Undecipherable):
            cursor.push_back(message)  # the reader may come again, with the cipher
            if not page.count:
                raise
            waiting_ms, next_ = message.timestamp()[1], offset
            break
        if record is not None and not page.add(offset, record):
            cursor.push_back(message)
            waiting_ms, next_ = record[0], offset
            break
    at_end = reading.is_sealed and next_ >= reading.end
    return Page(tuple(page.runs), next_ - reading.first, waiting_ms, at_end, page.size)


class Pager:
    """Gathers the records of a page into runs: of consecutive offsets, that arrived together."""

    def __init__(self, reading: Reading) -> None:
        self._first = reading.first
        self._most = reading.max_records
        self._bytes = reading.max_bytes
        self.runs: list[Run] = []
        self.count = 0
        self.size = 0
        self._follows: tuple[int, int, bool] | None = None  # what would go on the last run
        self._keys: list[bytes] = []
        self._datas: list[bytes] = []

    def add(self, offset: int, record: Record) -> bool:
        """Take a record, or answer that it does not fit. The first fits, whatever its size."""
        arrived_ms, key, data, encrypted = record
        size = self.size + len(key) + len(data)
        if self.count >= self._most or (size > self._bytes and self.count):
            return False
        if self._follows != (offset, arrived_ms, encrypted):
            self._keys, self._datas = [], []
            first = offset - self._first
            self.runs.append(Run(first, arrived_ms, self._keys, self._datas, encrypted))
        self._keys.append(key)
        self._datas.append(data)
        self._follows = (offset + 1, arrived_ms, encrypted)
        self.count += 1
        self.size = size
        return True


def as_bytes(part: bytes | str | None) -> bytes:
    """A message's key or value; empty where there is none."""
    return part if isinstance(part, bytes) else b""
