"""Computes queries from the series of their metrics, and says which metrics those are. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from shardline.cloudwatch.math.evaluating import Evaluator
from shardline.cloudwatch.math.searching import Search, parse_search
from shardline.cloudwatch.math.signatures import Scope, SearchKey
from shardline.cloudwatch.math.syntax import Function, Number, Text, all_of
from shardline.cloudwatch.math.values import Series, Span, Value
from shardline.cloudwatch.periods import NEWEST_S, oldest_s
from shardline.cloudwatch.queries import MetricQuery, MetricStat, in_order
from shardline.cloudwatch.statistics import Statistic, statistic_of
from shardline.storage.metric_store import Metric


@dataclass(frozen=True, slots=True)
class SearchAsked:
    """A SEARCH in an expression, known to the evaluation by its `key`."""

    key: SearchKey
    account: str
    region: str
    search: Search
    statistic: Statistic

    @property
    def period_s(self) -> int:
        """The period of the series."""
        return self.key[2]

    def stat(self, metric: Metric) -> MetricStat:
        """The statistic of a metric that was found."""
        return MetricStat(metric, self.statistic, self.period_s)


def searches_in(queries: Sequence[MetricQuery]) -> list[SearchAsked]:
    """Every SEARCH in expressions that were checked, each once."""
    found: dict[SearchKey, SearchAsked] = {}
    for query in queries:
        for node in all_of(query.expression) if query.expression else ():
            if isinstance(node, Function) and node.name == "SEARCH":
                asked = _search_asked(query, node)
                found[asked.key] = asked
    return list(found.values())


def _search_asked(query: MetricQuery, node: Function) -> SearchAsked:
    text, name, *period = (cast(Text | Number, each).value for each in node.arguments)
    statistic = statistic_of(str(name))
    assert statistic is not None
    key = str(text), str(name), int(period[0]) if period else query.search_period_s
    return SearchAsked(key, query.account, query.region, parse_search(str(text)), statistic)


def smallest_period_s(queries: Collection[MetricQuery]) -> int:
    """The period of a series that is made of no metric: the least in use, else a minute."""
    return min((query.stat.period_s for query in queries if query.stat), default=60)


def possible_points(periods_s: Iterable[int], start_s: int, end_s: int, now_s: int) -> int:
    """How many datapoints metrics can have at most by these periods."""
    return sum(
        max(0, min(end_s, now_s + NEWEST_S) - max(start_s, oldest_s(period_s, now_s))) // period_s
        + 1
        for period_s in periods_s
    )


def evaluated(
    queries: Sequence[MetricQuery],
    metrics: Mapping[str, Series],
    searches: Mapping[SearchKey, list[Series]],
    start_s: int,
    end_s: int,
) -> dict[str, Value]:
    """What each query comes to, by Id. `metrics` has the series of those for a metric, by Id.

    `searches` has what each of `searches_in` found, by its key. Raises `MathError` if the
    expressions are too much work.
    """
    ours = {query.id: metrics[query.id] for query in queries if query.stat}
    values: dict[str, Value] = dict(ours)
    span = Span(start_s, end_s, smallest_period_s(queries))
    for query in in_order(queries):
        if query.expression is not None:
            own = replace(span, period_s=query.period_s or span.period_s)
            scope = Scope(own, ours, searches, query.search_period_s)
            values[query.id] = Evaluator(scope, values).value(query.expression)
    return values
