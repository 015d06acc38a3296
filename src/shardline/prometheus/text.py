"""The text, written by prometheus-client. It is imported when somebody first asks for the page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from shardline.histogram import Histogram
from shardline.prometheus.families import Family, Reading, Sample, Summary
from shardline.prometheus.merging import merged

if TYPE_CHECKING:
    from prometheus_client import Metric

ReadingsOf = Callable[[], Sequence[Reading]]
Others = Callable[[], Awaitable[Sequence[Sequence[Reading]]]]
"""The readings of the other processes that serve together with this one."""


class Text:
    """Makes the text: one at a time, in a thread, from numbers that were copied before.

    With `others` the text is of all processes together.
    """

    def __init__(
        self, read: ReadingsOf, read_slowly: ReadingsOf, others: Others | None = None
    ) -> None:
        self._read = read
        self._read_slowly = read_slowly
        self._others = others
        self._writing = asyncio.Lock()

    async def render(self, accept: str) -> tuple[bytes, str]:
        """The text that an Accept header asks for, and its content type."""
        async with self._writing:
            others = None if self._others is None else await self._others()
            readings = self._read()
            return await asyncio.to_thread(self._write, readings, others, accept)

    def _write(
        self, mine: Sequence[Reading], others: Sequence[Sequence[Reading]] | None, accept: str
    ) -> tuple[bytes, str]:
        readings = [*mine, *self._read_slowly()]
        if others is None:
            return written(readings, accept)
        return written(merged([readings, *others]), accept, of_process=False)


def written(
    readings: Sequence[Reading], accept: str, *, of_process: bool = True
) -> tuple[bytes, str]:
    """Readings as text; `of_process` with what the library knows of the process itself."""
    from prometheus_client import CollectorRegistry, ProcessCollector
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.registry import Collector

    class Readings(Collector):
        def collect(self) -> Iterator["Metric"]:
            for family, samples in readings:
                yield _metric(family, samples)

    registry = CollectorRegistry()
    registry.register(Readings())
    if of_process:
        ProcessCollector(registry=registry)
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def _metric(family: Family, samples: Iterable[Sample]) -> "Metric":
    from prometheus_client.metrics_core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        SummaryMetricFamily,
    )

    name, kind, text, labels = family
    if kind == "counter":
        metric: Metric = CounterMetricFamily(name, text, labels=labels)
    elif kind == "gauge":
        metric = GaugeMetricFamily(name, text, labels=labels)
    elif kind == "summary":
        metric = SummaryMetricFamily(name, text, labels=labels)
    else:
        metric = HistogramMetricFamily(name, text, labels=labels)
    for names, value in samples:
        match value:
            case Summary(count, total):
                metric.add_metric(names, count, total)  # type: ignore[attr-defined]
            case Histogram():
                metric.add_metric(names, _buckets(value), value.sum)  # type: ignore[attr-defined]
            case _:
                metric.add_metric(names, value)  # type: ignore[attr-defined]
    return metric


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    bounds = [*map(str, histogram.bounds), "+Inf"]
    return list(zip(bounds, accumulate(histogram.counts), strict=True))
