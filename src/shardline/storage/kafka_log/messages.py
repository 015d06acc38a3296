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

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from confluent_kafka import Message

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


class Record(NamedTuple):
    """A record as a page gives it."""

    offset: int  # Kafka's
    arrived_ms: int
    key: bytes
    data: bytes
    encrypted: bool


def headers(batch: Batch) -> Headers:
    """The headers of every record of a batch."""
    shard: Headers = [("s", b"%d" % batch.shard)]
    return shard if batch.cipher is None else [*shard, ("e", b"%d" % batch.cipher.number)]


def columns(stream: str, batch: Batch, arrived_ms: int) -> tuple[list[bytes | None], list[bytes]]:
    """The keys and values of a batch's messages."""
    if batch.cipher is None:
        return list(batch.keys), list(batch.datas)
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
    given: list[Record] = []
    size = 0
    waiting_ms: int | None = None
    next_ = reading.start
    for message in _of_shard(cursor, reading):
        record = _decrypted(cursor, message, reading, given)
        if record is not None:
            bytes_ = len(record.key) + len(record.data)
            fits = len(given) < reading.max_records and size + bytes_ <= reading.max_bytes
            if (fits or not given) and reading.max_records:
                given.append(record)
                size += bytes_
                next_ = record.offset + 1
                continue
        cursor.push_back(message)
        waiting_ms = message.timestamp()[1]
        next_ = message.offset() or 0
        break
    else:
        next_ = reading.end
    at_end = reading.is_sealed and next_ >= reading.end
    return Page(tuple(_runs(given, reading.first)), next_ - reading.first, waiting_ms, at_end, size)


def _of_shard(cursor: Cursor, reading: Reading) -> Iterator[Message]:
    shard = b"%d" % reading.shard
    for message in cursor.messages(reading.place, reading.start, reading.end):
        is_ours = ("s", shard) in (message.headers() or ())
        if is_ours and message.timestamp()[1] >= reading.since_ms:
            yield message


def _decrypted(
    cursor: Cursor, message: Message, reading: Reading, given: list[Record]
) -> Record | None:
    """The record; None where the page has to end before it. Raises if it would be the first."""
    offset, (_, arrived_ms) = message.offset() or 0, message.timestamp()
    key, value = _bytes(message.key()), _bytes(message.value())
    if len(message.headers() or ()) == 1:
        return Record(offset, arrived_ms, key, value, False)
    place = _place(reading.stream, reading.shard, arrived_ms)
    try:
        body = encrypted.decrypt(value, place, reading.ciphers)
        (key,), (data,), _ = frames.unpack(body, max_records=1, max_bytes=0, at_least_one=True)
    except (CipherMissing, Undecipherable):
        if given:
            return None
        cursor.push_back(message)  # the reader may come again, with the cipher
        raise
    return Record(offset, arrived_ms, key, data, True)


def _bytes(part: bytes | str | None) -> bytes:
    return part if isinstance(part, bytes) else b""


def _runs(given: list[Record], first: int) -> Iterator[Run]:
    """Records at consecutive offsets that arrived together, run by run."""
    numbered = enumerate(given)
    for (_, arrived_ms, is_encrypted), group in groupby(
        numbered, key=lambda each: (each[1].offset - each[0], each[1].arrived_ms, each[1].encrypted)
    ):
        records = [record for _, record in group]
        keys, datas = [each.key for each in records], [each.data for each in records]
        yield Run(records[0].offset - first, arrived_ms, keys, datas, is_encrypted)
