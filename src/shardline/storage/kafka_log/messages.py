"""What a record is as a Kafka message.

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

from confluent_kafka import Message

from shardline.storage import encrypted, frames
from shardline.storage.kafka_log.pages import Decode, Reading, Record, as_bytes
from shardline.storage.record_log import Batch

Headers = list[tuple[str, str | bytes | None]]


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


def decoder(reading: Reading) -> Decode:
    """What makes records of our messages: those of the shard, that are not too old."""
    ours, since_ms = ("s", b"%d" % reading.shard), reading.since_ms

    def decode(message: Message) -> Record | None:
        headers_, arrived_ms = message.headers() or (), message.timestamp()[1]
        if ours not in headers_ or arrived_ms < since_ms:
            return None
        key, data = as_bytes(message.key()), as_bytes(message.value())
        if len(headers_) > 1:
            return arrived_ms, *_decrypted(data, arrived_ms, reading), True
        return arrived_ms, key, data, False

    return decode


def _decrypted(value: bytes, arrived_ms: int, reading: Reading) -> tuple[bytes, bytes]:
    place = _place(reading.stream, reading.shard, arrived_ms)
    body = encrypted.decrypt(value, place, reading.ciphers)
    (key,), (data,), _ = frames.unpack(body, max_records=1, max_bytes=0, at_least_one=True)
    return key, data
