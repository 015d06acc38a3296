"""Puts metrics into a server's store, and asks for them."""

import datetime
from typing import Any

from shardline.storage.metric_store import Datum, Metric
from shardline.storage.statistic_set import set_of_values
from shardline.testing import TestServer

ACCOUNT = "000000000000"


def put(
    server: TestServer,
    namespace: str,
    name: str,
    values: dict[int, float] | dict[int, list[float]],
    *,
    resolution: Any = 60,
    unit: str = "Count",
    **dimensions: str,
) -> None:
    """Put values, each so many seconds ago."""
    metric = Metric(ACCOUNT, server.region, namespace, name, tuple(sorted(dimensions.items())))
    now_s = server.clock.now_ms() // 1000
    data = []
    for ago_s, given in values.items():
        each = given if isinstance(given, list) else [given]
        known = set_of_values((float(value), 1.0) for value in each)
        assert known is not None
        data.append(Datum(metric, unit, resolution, now_s - ago_s, known))
    server.run(server.node.metrics.put(data))  # type: ignore[arg-type]


def put_many(server: TestServer, namespace: str, dimensions: dict[str, dict[str, str]]) -> None:
    """Put a 1 a minute ago into each of many metrics, by name or `name/anything`."""
    now_s = server.clock.now_ms() // 1000
    one = set_of_values([(1.0, 1.0)])
    assert one is not None
    data = []
    for name, each in dimensions.items():
        pairs = tuple(sorted(each.items()))
        metric = Metric(ACCOUNT, server.region, namespace, name.partition("/")[0], pairs)
        data.append(Datum(metric, "Count", 60, now_s - 60, one))
    server.run(server.node.metrics.put(data))  # type: ignore[arg-type]


def at(server: TestServer, ago_s: float) -> datetime.datetime:
    """So many seconds ago, to the whole second."""
    now_s = server.clock.now_ms() // 1000
    return datetime.datetime.fromtimestamp(now_s - ago_s, datetime.UTC)


def minute(server: TestServer, ago_s: int) -> datetime.datetime:
    """The minute that was so many seconds ago."""
    return at(server, ago_s).replace(second=0)
