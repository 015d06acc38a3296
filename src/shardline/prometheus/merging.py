"""Readings of several processes that serve together, as those of one.

What was counted is added up. What every process knows of the same things (streams, their shards,
the files) is not: the highest is taken. A process that was replaced begins at 0 again, which
Prometheus takes for a restart.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from shardline.histogram import Histogram
from shardline.prometheus import families
from shardline.prometheus.families import Family, Reading, Sample, Summary

ADDED_GAUGES = frozenset(
    family.name
    for family in (
        families.SERVING,
        families.REQUEST_BYTES,
        families.ANSWER_BYTES,
        families.MEMORY_BYTES,
        families.WAITING_CALLS,
        families.SUBSCRIPTIONS,
    )
)


class _Histogram(msgspec.Struct, array_like=True, tag="h"):
    bounds: list[float]
    counts: list[int]
    sum: float


class _Summary(msgspec.Struct, array_like=True, tag="s"):
    samples: float
    total: float


_Value: TypeAlias = float | _Histogram | _Summary


class _Reading(msgspec.Struct, array_like=True):
    family: Family
    samples: list[tuple[tuple[str, ...], _Value]]


def encode(readings: Iterable[Reading]) -> bytes:
    """Readings as another process can be given them."""
    return msgspec.msgpack.encode(
        [
            _Reading(family, [(sample.labels, _packed(sample.value)) for sample in samples])
            for family, samples in readings
        ]
    )


def decode(data: bytes) -> list[Reading]:
    """What `encode` was given."""
    found = msgspec.msgpack.decode(data, type=list[_Reading])
    return [
        (each.family, [Sample(labels, _unpacked(value)) for labels, value in each.samples])
        for each in found
    ]


def merged(all_readings: Iterable[Sequence[Reading]]) -> list[Reading]:
    """The readings of all processes, as of one."""
    found: dict[Family, dict[tuple[str, ...], float | Summary | Histogram]] = {}
    for readings in all_readings:
        for family, samples in readings:
            values = found.setdefault(family, {})
            is_added = family.kind != "gauge" or family.name in ADDED_GAUGES
            for labels, value in samples:
                before = values.get(labels)
                values[labels] = value if before is None else _both(before, value, is_added)
    return [
        (family, [Sample(labels, value) for labels, value in values.items()])
        for family, values in found.items()
    ]


def _both(
    one: float | Summary | Histogram, other: float | Summary | Histogram, is_added: bool
) -> float | Summary | Histogram:
    if isinstance(one, Histogram) and isinstance(other, Histogram):
        both = one.copy()
        both.counts = [a + b for a, b in zip(one.counts, other.counts, strict=True)]
        both.sum += other.sum
        return both
    if isinstance(one, Summary) and isinstance(other, Summary):
        return Summary(one.samples + other.samples, one.total + other.total)
    assert isinstance(one, int | float)
    assert isinstance(other, int | float)
    return one + other if is_added else max(one, other)


def _packed(value: float | Summary | Histogram) -> _Value:
    match value:
        case Histogram():
            return _Histogram(list(value.bounds), value.counts, value.sum)
        case Summary(samples, total):
            return _Summary(samples, total)
        case _:
            return value


def _unpacked(value: _Value) -> float | Summary | Histogram:
    match value:
        case _Histogram(bounds, counts, total):
            histogram = Histogram(bounds)
            histogram.counts, histogram.sum = counts, total
            return histogram
        case _Summary(samples, total):
            return Summary(samples, total)
        case _:
            return value
