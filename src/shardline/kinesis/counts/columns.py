"""What calls came to, as plain numbers, and which samples of which metrics follow from them.

A call that went well appends a number to a few lists, and nothing else: a success is a line of the
columns, so that samples of 1, and of 0 for what did not happen, are never written down. Samples are
made of it when the lists are taken: values with how often each occurred, by the metric's name.
Latencies are kept to the hundredth of a millisecond.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Occurred = Mapping[float, int]
"""Values, each with how often it occurred."""

Samples = dict[str, Occurred]
"""Samples by the name of their metric."""


class PutRecordColumns:
    """PutRecord: one line in `sizes` and `seconds` for each that succeeded."""

    __slots__ = ("failed_seconds", "seconds", "sizes", "throttled")

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.seconds: list[float] = []
        self.failed_seconds: list[float] = []
        self.throttled = 0  # how many of those that failed

    def samples(self) -> Samples:
        """What they come to."""
        stored, failed = len(self.sizes), len(self.failed_seconds)
        if not stored + failed:
            return {}
        sizes = _values(self.sizes)
        return {
            "IncomingBytes": sizes,
            "IncomingRecords": {1: stored},
            "PutRecord.Bytes": sizes,
            "PutRecord.Latency": _milliseconds(self.seconds, self.failed_seconds),
            "PutRecord.Success": {1: stored, 0: failed},
            "WriteProvisionedThroughputExceeded": _ones(self.throttled, stored + failed),
        }


class PartialPut(NamedTuple):
    """A PutRecords of which not every record was stored."""

    records: int
    stored: int
    throttled: int
    size: int
    seconds: float


class PutRecordsColumns:
    """PutRecords: one line in `records`, `sizes` and `seconds` for each that succeeded wholly."""

    __slots__ = ("partial", "records", "seconds", "sizes")

    def __init__(self) -> None:
        self.records: list[int] = []
        self.sizes: list[int] = []
        self.seconds: list[float] = []
        self.partial: list[PartialPut] = []

    def samples(self) -> Samples:
        """What they come to."""
        whole, partial = len(self.records), self.partial
        if not whole + len(partial):
            return {}
        some = [put for put in partial if put.stored]
        sizes = _values(self.sizes)
        sizes.update(put.size for put in some)
        stored = _values(self.records)
        stored.update(put.stored for put in some)
        throttled = _values(put.throttled for put in partial)
        throttled[0] += whole
        failed = _values(put.records - put.stored - put.throttled for put in partial)
        failed[0] += whole
        total = _values(self.records)
        total.update(put.records for put in partial)
        successful = {**stored, 0: len(partial) - len(some)}
        return {
            "IncomingBytes": sizes,
            "IncomingRecords": stored,
            "PutRecords.Bytes": sizes,
            "PutRecords.Latency": _milliseconds(self.seconds, [put.seconds for put in partial]),
            "PutRecords.Success": {1: whole + len(some), 0: len(partial) - len(some)},
            "PutRecords.TotalRecords": total,
            "PutRecords.SuccessfulRecords": successful,
            "PutRecords.Records": successful,
            "PutRecords.FailedRecords": failed,
            "PutRecords.ThrottledRecords": throttled,
            "WriteProvisionedThroughputExceeded": throttled,
        }


class GetRecordsColumns:
    """GetRecords: one line in `records`, `sizes`, `ages` and `seconds` for each that succeeded."""

    __slots__ = ("ages", "failed_seconds", "records", "seconds", "sizes", "throttled")

    def __init__(self) -> None:
        self.records: list[int] = []
        self.sizes: list[int] = []
        self.ages: list[int] = []
        self.seconds: list[float] = []
        self.failed_seconds: list[float] = []
        self.throttled = 0  # how many of those that failed

    def samples(self) -> Samples:
        """What they come to."""
        read, failed = len(self.records), len(self.failed_seconds)
        if not read + failed:
            return {}
        ages = _values(self.ages)
        return {
            "GetRecords.Bytes": _values(self.sizes),
            "GetRecords.Records": _values(self.records),
            "GetRecords.IteratorAgeMilliseconds": ages,
            "GetRecords.IteratorAge": ages,
            "GetRecords.Latency": _milliseconds(self.seconds, self.failed_seconds),
            "GetRecords.Success": {1: read, 0: failed},
            "ReadProvisionedThroughputExceeded": _ones(self.throttled, read + failed),
        }


class ShardColumns:
    """One shard of a stream with enhanced monitoring."""

    __slots__ = ("ages", "read_refusals", "read_sizes", "reads", "refusals", "sizes", "writes")

    def __init__(self) -> None:
        self.writes: list[int] = []  # records of a put that were stored
        self.sizes: list[int] = []
        self.refusals: list[int] = []  # records of a put that were over the rates
        self.reads: list[int] = []  # records of a GetRecords or an event
        self.read_sizes: list[int] = []
        self.ages: list[int] = []
        self.read_refusals: list[int] = []  # 1 or 0 for each GetRecords

    def samples(self) -> Samples:
        """What they come to."""
        return {
            "IncomingRecords": _values(self.writes),
            "IncomingBytes": _values(self.sizes),
            "WriteProvisionedThroughputExceeded": _values(self.refusals),
            "OutgoingRecords": _values(self.reads),
            "OutgoingBytes": _values(self.read_sizes),
            "IteratorAgeMilliseconds": _values(self.ages),
            "ReadProvisionedThroughputExceeded": _values(self.read_refusals),
        }


class ConsumerColumns:
    """One consumer with fan-out: one line in `records`, `sizes` and `behind` for an event sent."""

    __slots__ = ("behind", "failed", "rate_exceeded", "records", "refused", "sizes", "subscribed")

    def __init__(self) -> None:
        self.records: list[int] = []
        self.sizes: list[int] = []
        self.behind: list[int] = []
        self.failed = 0  # events
        self.subscribed = 0
        self.refused = 0
        self.rate_exceeded = 0  # how many of those that were refused

    def samples(self) -> Samples:
        """What they come to."""
        return {
            "SubscribeToShard.Success": {1: self.subscribed, 0: self.refused},
            "SubscribeToShard.RateExceeded": {1: self.rate_exceeded},
            "SubscribeToShardEvent.Bytes": _values(self.sizes),
            "SubscribeToShardEvent.Records": _values(self.records),
            "SubscribeToShardEvent.MillisBehindLatest": _values(self.behind),
            "SubscribeToShardEvent.Success": {1: len(self.records), 0: self.failed},
        }


def _values(column: Iterable[float]) -> Counter[float]:
    return Counter(column)


def _ones(ones: int, calls: int) -> Occurred:
    return {1: ones, 0: calls - ones}


def _milliseconds(*columns: Iterable[float]) -> Occurred:
    hundredths = Counter[int]()
    for seconds in columns:
        hundredths.update([round(each * 100_000) for each in seconds])
    return {each / 100: count for each, count in hundredths.items()}
