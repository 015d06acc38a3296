"""The families that tell what AWS/Kinesis tells, each made of one of its metrics.

What AWS sums up is a counter since the process started, a time a summary in seconds, an age a gauge
of the highest in the clock's minute (or the one before). A Success has a second counter, of the
attempts.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from shardline.kinesis.counts.ledger import Total
from shardline.kinesis.counts.metrics import METRICS, Level, StreamMetric
from shardline.kinesis.counts.stream import MINUTE_MS
from shardline.kinesis.shelf import LiveStream
from shardline.prometheus.families import Family, Reading, Sample, Summary

_LABELS: Mapping[Level, tuple[str, ...]] = {
    "stream": ("account", "region", "stream"),
    "shard": ("account", "region", "stream", "shard"),
    "consumer": ("account", "region", "stream", "consumer"),
}
_PREFIX: Mapping[Level, str] = {"stream": "", "shard": "shard_", "consumer": ""}
_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])")

Value = Callable[[Total, int], float | Summary | None]
"""What a total is at a time; None for nothing to tell."""


class Exported(NamedTuple):
    """A family, the metric that it is made of, and how."""

    family: Family
    metric: StreamMetric
    value: Value


def _sum(total: Total, now_ms: int) -> float:
    return total.sum


def _count(total: Total, now_ms: int) -> float:
    return total.count


def _summary(total: Total, now_ms: int) -> Summary:
    return Summary(total.count, total.sum / 1000)


def _recent(total: Total, now_ms: int) -> float | None:
    is_recent = total.minute_ms > now_ms - 2 * MINUTE_MS
    return total.maximum / 1000 if is_recent else None


def _exported(metric: StreamMetric) -> Iterator[Exported]:
    words = re.sub(r"Milliseconds$|Millis(?=Behind)", "", metric.name).replace(".", "_")
    stem = f"shardline_kinesis_{_PREFIX[metric.level]}{_WORD_BEGINS.sub('_', words).lower()}"
    labels = _LABELS[metric.level]
    each = f"{metric.name}: {metric.sample}."
    if metric.name.endswith(".Latency"):
        yield Exported(Family(f"{stem}_seconds", "summary", each, labels), metric, _summary)
    elif metric.unit == "Milliseconds":
        family = Family(f"{stem}_seconds", "gauge", f"The highest of a minute. {each}", labels)
        yield Exported(family, metric, _recent)
    else:
        yield Exported(Family(f"{stem}_total", "counter", each, labels), metric, _sum)
        if metric.name.endswith(".Success"):
            attempts = stem.removesuffix("_success") + "_attempts_total"
            family = Family(attempts, "counter", f"Samples of {metric.name}.", labels)
            yield Exported(family, metric, _count)


EXPORTED: tuple[Exported, ...] = tuple(
    exported for metric in METRICS if metric.alias_of is None for exported in _exported(metric)
)


def kinesis_readings(streams: list[LiveStream], now_ms: int) -> list[Reading]:
    """What every stream counted up to now."""
    found: dict[tuple[Level, str], list[tuple[tuple[str, ...], Total]]] = {}
    for live in streams:
        live.counts.fold()
        stream = live.stream
        names = stream.account, stream.region, stream.name
        for place, total in live.counts.totals.items():
            labels = names if place.level == "stream" else (*names, place.part)
            found.setdefault((place.level, place.name), []).append((labels, total))
    return [
        (exported.family, _samples(exported, found, now_ms))
        for exported in EXPORTED
        if (exported.metric.level, exported.metric.name) in found
    ]


def _samples(
    exported: Exported,
    found: Mapping[tuple[Level, str], list[tuple[tuple[str, ...], Total]]],
    now_ms: int,
) -> list[Sample]:
    totals = found[exported.metric.level, exported.metric.name]
    values = ((labels, exported.value(total, now_ms)) for labels, total in totals)
    return [Sample(labels, value) for labels, value in values if value is not None]
