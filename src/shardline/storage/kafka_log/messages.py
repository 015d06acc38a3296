"""What a record is as a Kafka message, and a page made of messages.

    key        the partition key; none if the record is encrypted
    value      the data; what the cipher made of both (see `encrypted`) if it is encrypted
    timestamp  the arrival (CreateTime), ms
    header s   the shard's number, decimal: a message that came too late, or from somebody else, is
               never taken for one of the shard that has the partition now
    header e   there if the record is encrypted: the number of its cipher, decimal

A cipher is told stream, shard and arrival as the record's place. Its offset is not known before
Kafka has the record: so whoever can write to the topic can drop, repeat or reorder encrypted
records of one shard, but cannot alter them, nor bring them in from
another stream, shard or time.
"""

from collections.abc import Sequence
from typing import NamedTuple

from shardline.storage import encrypted, frames
from shardline.storage.kafka_log.cluster import Place
from shardline.storage.kafka_log.cursors import Cursor
from shardline.storage.record_log import (
    Batch,
    CipherMissing,
    Ciphers,
    Page,
    Run,
    Undecipherable,
)

Headers = list[tuple[str, str | bytes | None]]


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


def headers(batch: Batch) -> Headers:
    """The headers of every record of a batch."""
    shard: Headers = [("s", b"%d" % batch.shard)]
    return shard if batch.cipher is None else [*shard, ("e", b"%d" % batch.cipher.number)]


def columns(
    stream: str, batch: Batch, arrived_ms: int
) -> tuple[Sequence[bytes | None], Sequence[bytes]]:
    """The keys and values of a batch's messages."""
    if batch.cipher is None:
        return batch.keys, batch.datas
    place = _place(stream, batch.shard, arrived_ms)
    encrypt = batch.cipher.encrypt
    values = [
        encrypt(frames.pack([[key]], [[data]], 0)[0].body, place)
        for key, data in zip(batch.keys, batch.datas, strict=True)
    ]
    return [None] * len(values), values


def _place(stream: str, shard: int, arrived_ms: int) -> bytes:
    return encrypted.place("kafka record", stream, shard, arrived_ms)


def read_page(cursor: Cursor, reading: Reading) -> Page:
    """Read a page; blocks. Raises what `RecordLog.read` raises."""
    page = Pager(reading)
    ours = ("s", b"%d" % reading.shard)
    waiting_ms: int | None = None
    next_ = reading.end
    for message in cursor.messages(reading.place, reading.start, reading.end):
        headers_, arrived_ms = message.headers() or (), message.timestamp()[1]
        if ours not in headers_ or arrived_ms < reading.since_ms:
            continue
        offset, key, data = (
            message.offset() or 0,
            as_bytes(message.key()),
            as_bytes(message.value()),
        )
        is_encrypted = len(headers_) > 1
        if is_encrypted:
            try:
                key, data = _decrypted(data, arrived_ms, reading)
            except (CipherMissing, Undecipherable):
                cursor.push_back(message)  # the reader may come again, with the cipher
                if not page.count:
                    raise
                waiting_ms, next_ = arrived_ms, offset
                break
        if not page.add(offset, arrived_ms, key, data, is_encrypted):
            cursor.push_back(message)
            waiting_ms, next_ = arrived_ms, offset
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

    def add(self, offset: int, arrived_ms: int, key: bytes, data: bytes, encrypted: bool) -> bool:
        """Take a record, or answer that it does not fit. The first fits, whatever its size."""
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


def _decrypted(value: bytes, arrived_ms: int, reading: Reading) -> tuple[bytes, bytes]:
    place = _place(reading.stream, reading.shard, arrived_ms)
    body = encrypted.decrypt(value, place, reading.ciphers)
    (key,), (data,), _ = frames.unpack(body, max_records=1, max_bytes=0, at_least_one=True)
    return key, data


def as_bytes(part: bytes | str | None) -> bytes:
    """A message's key or value; empty where there is none."""
    return part if isinstance(part, bytes) else b""
