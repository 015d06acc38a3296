"""The metrics of the namespace AWS/Kinesis: names, units, dimensions, and what one sample is.

Names, units and dimensions are those of AWS's page "Monitoring the Amazon Kinesis Data Streams
service with Amazon CloudWatch". `sample` says in our words what that page says, and, where it is
silent, what we chose (docs/metrics.md has the choices with their reasons).
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

NAMESPACE = "AWS/Kinesis"

Level = Literal["stream", "shard", "consumer"]
Unit = Literal["Bytes", "Count", "Milliseconds"]

DIMENSIONS: Mapping[Level, tuple[str, ...]] = {
    "stream": ("StreamName",),
    "shard": ("ShardId", "StreamName"),
    "consumer": ("ConsumerName", "StreamName"),
}


class StreamMetric(NamedTuple):
    """One metric. `alias_of` is set for the names that AWS has given up but still publishes."""

    level: Level
    name: str
    unit: Unit
    sample: str
    alias_of: str | None = None


_EVENT = "an event that was sent"

METRICS: tuple[StreamMetric, ...] = (
    StreamMetric("stream", "IncomingBytes", "Bytes", "a put: bytes that were stored"),
    StreamMetric("stream", "IncomingRecords", "Count", "a put: records that were stored"),
    StreamMetric("stream", "PutRecord.Bytes", "Bytes", "a PutRecord that succeeded: its bytes"),
    StreamMetric("stream", "PutRecord.Latency", "Milliseconds", "a PutRecord: how long it took"),
    StreamMetric("stream", "PutRecord.Success", "Count", "a PutRecord: 1 if it succeeded, else 0"),
    StreamMetric("stream", "PutRecords.Bytes", "Bytes", "a PutRecords: bytes that were stored"),
    StreamMetric("stream", "PutRecords.Latency", "Milliseconds", "a PutRecords: how long it took"),
    StreamMetric(
        "stream", "PutRecords.Success", "Count", "a PutRecords: 1 if a record was stored, else 0"
    ),
    StreamMetric(
        "stream", "PutRecords.TotalRecords", "Count", "a PutRecords: records that came with it"
    ),
    StreamMetric(
        "stream",
        "PutRecords.SuccessfulRecords",
        "Count",
        "a PutRecords: records that were stored",
    ),
    StreamMetric(
        "stream",
        "PutRecords.FailedRecords",
        "Count",
        "a PutRecords: records that failed with InternalFailure",
    ),
    StreamMetric(
        "stream", "PutRecords.ThrottledRecords", "Count", "a PutRecords: records over the rates"
    ),
    StreamMetric(
        "stream",
        "PutRecords.Records",
        "Count",
        "deprecated: as PutRecords.SuccessfulRecords",
        alias_of="PutRecords.SuccessfulRecords",
    ),
    StreamMetric(
        "stream", "WriteProvisionedThroughputExceeded", "Count", "a put: records over the rates"
    ),
    StreamMetric("stream", "GetRecords.Bytes", "Bytes", "a GetRecords that succeeded: its bytes"),
    StreamMetric(
        "stream", "GetRecords.Records", "Count", "a GetRecords that succeeded: its records"
    ),
    StreamMetric(
        "stream",
        "GetRecords.IteratorAgeMilliseconds",
        "Milliseconds",
        "a GetRecords that succeeded: the age of its last record, 0 at the tip of the shard",
    ),
    StreamMetric(
        "stream",
        "GetRecords.IteratorAge",
        "Milliseconds",
        "deprecated: as GetRecords.IteratorAgeMilliseconds",
        alias_of="GetRecords.IteratorAgeMilliseconds",
    ),
    StreamMetric("stream", "GetRecords.Latency", "Milliseconds", "a GetRecords: how long it took"),
    StreamMetric(
        "stream", "GetRecords.Success", "Count", "a GetRecords: 1 if it succeeded, else 0"
    ),
    StreamMetric(
        "stream",
        "ReadProvisionedThroughputExceeded",
        "Count",
        "a GetRecords: 1 if it was over the rates, else 0",
    ),
    StreamMetric(
        "consumer", "SubscribeToShard.Success", "Count", "a call: 1 if it subscribed, else 0"
    ),
    StreamMetric(
        "consumer",
        "SubscribeToShard.RateExceeded",
        "Count",
        "a call that came too soon after another one: 1",
    ),
    StreamMetric("consumer", "SubscribeToShardEvent.Bytes", "Bytes", f"{_EVENT}: its bytes"),
    StreamMetric("consumer", "SubscribeToShardEvent.Records", "Count", f"{_EVENT}: its records"),
    StreamMetric(
        "consumer",
        "SubscribeToShardEvent.MillisBehindLatest",
        "Milliseconds",
        f"{_EVENT}: its MillisBehindLatest",
    ),
    StreamMetric(
        "consumer", "SubscribeToShardEvent.Success", "Count", "an event: 1 if it was sent, else 0"
    ),
    StreamMetric("shard", "IncomingBytes", "Bytes", "a put: bytes stored in the shard"),
    StreamMetric("shard", "IncomingRecords", "Count", "a put: records stored in the shard"),
    StreamMetric("shard", "OutgoingBytes", "Bytes", "a GetRecords or an event: its bytes"),
    StreamMetric("shard", "OutgoingRecords", "Count", "a GetRecords or an event: its records"),
    StreamMetric(
        "shard",
        "IteratorAgeMilliseconds",
        "Milliseconds",
        "a GetRecords that succeeded: as GetRecords.IteratorAgeMilliseconds",
    ),
    StreamMetric(
        "shard",
        "WriteProvisionedThroughputExceeded",
        "Count",
        "a put: records over the shard's rates",
    ),
    StreamMetric(
        "shard",
        "ReadProvisionedThroughputExceeded",
        "Count",
        "a GetRecords: 1 if it was over the shard's rates, else 0",
    ),
)

BY_NAME: Mapping[tuple[Level, str], StreamMetric] = {
    (metric.level, metric.name): metric for metric in METRICS
}
