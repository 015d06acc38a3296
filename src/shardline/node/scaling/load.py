"""The load of a stream, from the node's own metrics."""

from shardline.cloudwatch.math.values import Series
from shardline.cloudwatch.queries import MetricQuery, MetricStat
from shardline.cloudwatch.reader import MetricReader
from shardline.cloudwatch.statistics import statistic_of
from shardline.kinesis import consumers
from shardline.kinesis.counts.metrics import NAMESPACE
from shardline.module.scaling.load import Window
from shardline.module.scaling.rules import MINUTE_S
from shardline.module.scaling.span import BYTES, FAN_OUT_LAG, POLLING_LAG, RECORDS, Span
from shardline.storage.entities import Stream
from shardline.storage.metric_store import Metric


async def read_window(reader: MetricReader, stream: Stream, now_s: int) -> Window:
    """The minutes that a decision is made of. Raises `StorageError`."""
    span = Span.until(now_s)
    queries = [
        _query("bytes", stream, BYTES, "Sum"),
        _query("records", stream, RECORDS, "Sum"),
        _query("age", stream, POLLING_LAG, "Maximum"),
    ]
    queries += [
        _query(f"lag{number}", stream, FAN_OUT_LAG, "Maximum", consumer.name)
        for number, consumer in enumerate(consumers.present(stream, now_s * 1000))
    ]
    found = await reader.series(queries, span.load_from_s, span.end_s)
    points = {id_: each.points for id_, each in found.items() if isinstance(each, Series)}
    bytes_in, records_in = points.pop("bytes"), points.pop("records")
    return span.window(bytes_in, records_in, list(points.values()))


def _query(
    id_: str, stream: Stream, name: str, statistic: str, consumer: str | None = None
) -> MetricQuery:
    dimensions = [("StreamName", stream.name)]
    if consumer is not None:
        dimensions.insert(0, ("ConsumerName", consumer))
    metric = Metric(stream.account, stream.region, NAMESPACE, name, tuple(dimensions))
    known = statistic_of(statistic)
    assert known is not None
    return MetricQuery(
        id_,
        MetricStat(metric, known, MINUTE_S),
        account=stream.account,
        region=stream.region,
    )
