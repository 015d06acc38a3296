"""Which metrics of AWS/Kinesis are shown, and what of them.

    rate    a sum by the second; a step without data is one without load
    count   a sum by the step
    mean    of all samples; the highest is that of a single sample
    age     the highest of each step: how far the slowest reader was behind
    failed  the part of the calls, or of the records, that failed

Failures are shown instead of AWS's successes, so that the highest is the worst in every line.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shardline.doctor.findings import Unit

Kind = Literal["rate", "count", "mean", "age", "failed"]
Statistic = Literal["Sum", "SampleCount", "Maximum"]
Owner = Literal["", "ShardId", "ConsumerName"]
Key = tuple[str, str, str]
"""A metric, a statistic, and the name of the shard or the consumer, "" for the stream."""

_STATISTICS: dict[Kind, tuple[Statistic, ...]] = {
    "rate": ("Sum",),
    "count": ("Sum",),
    "mean": ("Sum", "SampleCount", "Maximum"),
    "age": ("Maximum",),
    "failed": ("Sum", "SampleCount"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A line that is to be shown. `whole` is the metric that counts what could have failed.

    Without it that is the number of samples, each of which is 0 or 1.
    """

    label: str
    kind: Kind
    metric: str
    unit: Unit
    whole: str = ""

    def keys(self, owner: str) -> Iterator[Key]:
        """The statistics that it is made of."""
        if self.whole:
            yield from ((metric, "Sum", owner) for metric in (self.metric, self.whole))
        else:
            yield from ((self.metric, each, owner) for each in _STATISTICS[self.kind])


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under a heading, of one thing: the stream, a shard or a consumer.

    `label` and `owner` name it; `dimension` is CloudWatch's for the owner.
    """

    label: str
    measures: Sequence[Measure]
    dimension: Owner = ""
    owner: str = ""


WRITING = (
    Measure("bytes", "rate", "IncomingBytes", "bytes"),
    Measure("records", "rate", "IncomingRecords", "records"),
    Measure("throttled records", "count", "WriteProvisionedThroughputExceeded", "count"),
    Measure("PutRecord time", "mean", "PutRecord.Latency", "milliseconds"),
    Measure("PutRecord failed", "failed", "PutRecord.Success", "share"),
    Measure("PutRecords time", "mean", "PutRecords.Latency", "milliseconds"),
    Measure(
        "PutRecords failed",
        "failed",
        "PutRecords.SuccessfulRecords",
        "share",
        whole="PutRecords.TotalRecords",
    ),
)
READING = (
    Measure("bytes", "rate", "GetRecords.Bytes", "bytes"),
    Measure("records", "rate", "GetRecords.Records", "records"),
    Measure("throttled calls", "count", "ReadProvisionedThroughputExceeded", "count"),
    Measure("behind", "age", "GetRecords.IteratorAgeMilliseconds", "milliseconds"),
    Measure("GetRecords time", "mean", "GetRecords.Latency", "milliseconds"),
    Measure("GetRecords failed", "failed", "GetRecords.Success", "share"),
)
CONSUMER = (
    Measure("bytes", "rate", "SubscribeToShardEvent.Bytes", "bytes"),
    Measure("records", "rate", "SubscribeToShardEvent.Records", "records"),
    Measure("behind", "age", "SubscribeToShardEvent.MillisBehindLatest", "milliseconds"),
    Measure("events failed", "failed", "SubscribeToShardEvent.Success", "share"),
)
SHARD = (
    Measure("bytes in", "rate", "IncomingBytes", "bytes"),
    Measure("records in", "rate", "IncomingRecords", "records"),
    Measure("bytes out", "rate", "OutgoingBytes", "bytes"),
    Measure("records out", "rate", "OutgoingRecords", "records"),
    Measure("behind", "age", "IteratorAgeMilliseconds", "milliseconds"),
    Measure("throttled records", "count", "WriteProvisionedThroughputExceeded", "count"),
    Measure("throttled calls", "count", "ReadProvisionedThroughputExceeded", "count"),
)


def of_stream() -> list[Group]:
    """What every stream has."""
    return [Group("writing", WRITING), Group("reading (GetRecords)", READING)]


def of_consumers(names: Sequence[str]) -> list[Group]:
    """A group for each consumer with fan-out."""
    return [Group(f"consumer {name}", CONSUMER, "ConsumerName", name) for name in names]


def of_shards(ids: Sequence[str], enabled: Sequence[str]) -> list[Group]:
    """A group for each shard, of the shard-level metrics that are on."""
    measures = [each for each in SHARD if each.metric in enabled]
    return [Group(name, measures, "ShardId", name) for name in ids]
