"""Topics of others, which are read as they are: what their messages are as records.

    key        the partition key, if it is UTF-8 of 1 to 256 characters without control characters;
               else a stand-in, since Kinesis has no other keys: `-` for none or an empty one,
               `0x` and the bytes in hexadecimal, or `sha256:` and their hash if that would be
               longer than 256
    value      the data; none (a tombstone) is empty data
    timestamp  the arrival; what cannot be one of Kinesis is the nearest that can
    headers    nothing
    offset     the offset: aborted messages, control records and what was compacted away are gaps

Messages larger than the largest record of Kinesis are passed over, which is logged.

Only what was committed is read, up to where the first open transaction begins. Kafka removes old
messages when the topic's own settings say so: who wants one that is gone gets the next.
"""

import hashlib
import logging
import re
from typing import Any, Final

from confluent_kafka import Message

from shardline.storage.kafka_log.cursors import consumer_config
from shardline.storage.kafka_log.pages import Decode, Reading, Record, as_bytes
from shardline.storage.kafka_log.url import KafkaSettings

log = logging.getLogger("shardline.storage")

MAX_RECORD_BYTES: Final = 10 * 1024 * 1024  # of key and data, as AWS has it
LAST_MS: Final = ((1 << 36) - 1) * 1000  # the last second that a sequence number can say
_MAX_KEY_CHARS: Final = 256
_NO_KEY: Final = b"-"
_control = re.compile(rb"[\x00-\x1f\x7f]").search


def cursor_config(settings: KafkaSettings) -> dict[str, Any]:
    """Settings of a consumer that reads pages."""
    return consumer_config(settings) | {
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,  # the last offsets may have no messages
        "receive.message.max.bytes": 256 * 1024 * 1024,  # a broker gives a whole batch
    }


def follower_config(settings: KafkaSettings) -> dict[str, Any]:
    """Settings of a consumer that stands at the tails."""
    return consumer_config(settings) | {
        "isolation.level": "read_committed",
        "auto.offset.reset": "latest",
    }


def partition_key(key: bytes) -> bytes:
    """What stands for a message's key: UTF-8 of 1 to 256 characters."""
    if not key:
        return _NO_KEY
    if _control(key) is None and _is_short_text(key):
        return key
    if 2 + 2 * len(key) <= _MAX_KEY_CHARS:
        return b"0x" + key.hex().encode()
    return b"sha256:" + hashlib.sha256(key).hexdigest().encode()


def _is_short_text(key: bytes) -> bool:
    try:
        return len(key.decode()) <= _MAX_KEY_CHARS
    except UnicodeDecodeError:
        return False


def decoder(reading: Reading) -> Decode:
    """What makes records of messages that somebody else wrote.

    Whatever has arrived is one: how long that is kept is the topic's own affair.
    """

    def decode(message: Message) -> Record | None:
        key, data = as_bytes(message.key()), as_bytes(message.value())
        if len(key) + len(data) > MAX_RECORD_BYTES:
            log.warning(
                "Kafka's topic %s has a message of more than %d bytes, which is passed over: in "
                "partition %d, at offset %d",
                reading.place[0], MAX_RECORD_BYTES, reading.place[1], message.offset(),
            )  # fmt: skip
            return None
        return min(max(message.timestamp()[1], 0), LAST_MS), partition_key(key), data, False

    return decode
