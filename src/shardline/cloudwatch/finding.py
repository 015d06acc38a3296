"""Finds the metrics that a SEARCH looks for."""

from shardline.cloudwatch.computing import SearchAsked
from shardline.cloudwatch.math.values import MOST_SERIES
from shardline.cloudwatch.metrics import LISTED_S
from shardline.storage.metric_store import Metric, MetricStore

MOST_LOOKED_AT = 10_000
"""Metrics that one SEARCH looks at."""


async def find(store: MetricStore, asked: SearchAsked, now_s: int) -> tuple[list[Metric], bool]:
    """The first 500 that had data in the last two weeks, and whether those are all.

    Raises `StorageError`.
    """
    found: list[Metric] = []
    after: Metric | None = None
    for _ in range(MOST_LOOKED_AT // MOST_SERIES):
        some = await store.metrics(
            asked.account,
            asked.region,
            namespace=asked.search.namespace,
            since_s=now_s - LISTED_S,
            after=after,
            limit=MOST_SERIES,
        )
        found += filter(asked.search.fits, some)
        if len(found) > MOST_SERIES:
            return found[:MOST_SERIES], False
        if len(some) < MOST_SERIES:
            return found, True
        after = some[-1]
    return found, False
