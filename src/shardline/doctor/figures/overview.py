"""All of a report: what the stream is, what it can take, and its lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shardline.doctor.capacity import SHARD_BYTES_OUT
from shardline.doctor.figures.lines import Line, full, lines_of
from shardline.doctor.figures.measures import of_consumers, of_shards, of_stream
from shardline.doctor.figures.reading import (
    About,
    read_about,
    read_consumers,
    read_metrics,
    read_shards,
)
from shardline.module.scaling.rules import SHARD_BYTES, SHARD_RECORDS

CAPACITY: Mapping[str, int] = {
    "IncomingBytes": SHARD_BYTES,
    "IncomingRecords": SHARD_RECORDS,
    "GetRecords.Bytes": SHARD_BYTES_OUT,
}
"""What one shard takes or gives in a second, by the metric that counts it."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A stream over time. `capacity` is that of all open shards together, by the second.

    `groups` are lines of the stream and of its consumers; `shards` of each metric the lines of all
    shards.
    """

    about: About
    start_s: int
    end_s: int
    step_s: int
    capacity: Mapping[str, int]
    groups: Sequence[Sequence[Line]]
    shards: Sequence[Sequence[Line]]


def overview(
    kinesis: Any,
    cloudwatch: Any,
    named: dict[str, str],
    since_s: int,
    now_s: int,
    step_s: int,
    *,
    shards: bool,
    consumers: bool,
) -> Overview:
    """Read it all. Raises what boto3 raises."""
    about = read_about(kinesis, named)
    names = read_consumers(kinesis, about) if consumers and about.consumers else []
    ids = read_shards(kinesis, named) if shards and about.shard_metrics else []
    of_all = [*of_stream(), *of_consumers(names)]
    by_shard = of_shards(ids, about.shard_metrics)
    metrics = read_metrics(cloudwatch, about.name, [*of_all, *by_shard], since_s, now_s, step_s)
    capacity = {metric: each * about.open_shards for metric, each in CAPACITY.items()}
    per_shard = [lines_of(group, metrics) for group in by_shard]
    return Overview(
        about,
        metrics.start_s,
        metrics.end_s(metrics.steps - 1),
        metrics.step_s,
        capacity,
        [_with_capacity(lines_of(group, metrics), capacity) for group in of_all],
        [list(lines) for lines in zip(*per_shard, strict=True)],
    )


def _with_capacity(lines: list[Line], capacity: Mapping[str, int]) -> list[Line]:
    """The lines, and how full the shards were, below those that say what filled them."""
    used = full(lines, capacity)
    if used is None:
        return lines
    return [*lines[:2], used, *lines[2:]]
