"""Adopted streams: topics that others keep in Kafka, which are read here and no more.

What would write to one, or change what the topic itself decides, is refused. What is only ours
(tags, consumers, policies, monitoring) is as for every stream. DeleteStream forgets the stream and
leaves the topic.

A shard is a partition, by number. Its create second is made of the topic's id: so sequence numbers
are the same when the topic is adopted again, and others than those of another topic of that name.
"""

from typing import Final
from zlib import crc32

from shardline.gateway.errors import ServiceError
from shardline.kinesis import lineage, messages
from shardline.storage.entities import Stream

REFUSED: Final = frozenset(
    {
        "write",
        "reshard",
        "change_retention",
        "change_mode",
        "change_max_record_size",
        "change_encryption",
        "change_warm_throughput",
        "change_distribution",
    }
)
"""The events, in the words of the lifecycle's table, that do not happen to an adopted stream."""

FOREVER_MS: Final = -1
_MAX_RECORD_KIB: Final = 10 * 1024
_MIN_HOURS, _MAX_HOURS = 24, 8760
_LAST_SECOND: Final = 1_000_000_000  # long before any stream was made


def refusal(stream: Stream) -> ServiceError:
    """How what would change the topic is refused: each of those operations has this error."""
    return messages.invalid_argument(
        f"Stream {stream.name} under account {stream.account} is the Kafka topic {stream.topic}, "
        "which is only read."
    )


def adopted_stream(
    *,
    stream_id: str,
    account: str,
    region: str,
    name: str,
    topic: str,
    topic_id: str,
    partitions: int,
    retention_ms: int | None,
    now_ms: int,
) -> Stream:
    """The stream that a topic is; `retention_ms` is the topic's, None if it is not known."""
    return Stream(
        id=stream_id,
        account=account,
        region=region,
        name=name,
        created_ms=now_ms,
        mode="PROVISIONED",
        status="ACTIVE",
        retention_hours=_shown_hours(retention_ms),
        max_record_kib=_MAX_RECORD_KIB,
        shards=lineage.initial_shards(partitions, 1 + crc32(topic_id.encode()) % _LAST_SECOND),
        topic=topic,
    )


def _shown_hours(retention_ms: int | None) -> int:
    """What is shown of a retention period, since Kinesis knows 24 to 8,760 hours; rounded up."""
    if retention_ms is None:
        return _MIN_HOURS
    if retention_ms == FOREVER_MS:
        return _MAX_HOURS
    return min(max(-(-retention_ms // lineage.HOUR_MS), _MIN_HOURS), _MAX_HOURS)
