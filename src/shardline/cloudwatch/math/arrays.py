"""Functions on arrays of series. Pure.

A series that has nothing to be sorted by comes last, and equal ones stay in their order; AWS says
neither. FIRST and LAST of an empty array are a series without datapoints.
"""

import math

from shardline.cloudwatch.math.aggregates import ranked_by
from shardline.cloudwatch.math.signatures import Scope, Spec
from shardline.cloudwatch.math.values import MOST_SERIES, Series


def _metrics(scope: Scope, text: str = "") -> list[Series]:
    return [series for id_, series in scope.metrics.items() if text in id_]


def _nothing(scope: Scope) -> Series:
    return Series("", scope.span.period_s, {})


def _first(scope: Scope, array: list[Series]) -> Series:
    return array[0] if array else _nothing(scope)


def _last(scope: Scope, array: list[Series]) -> Series:
    return array[-1] if array else _nothing(scope)


def _sort(
    scope: Scope, array: list[Series], by: str, order: str, limit: float = math.inf
) -> list[Series]:
    def key(series: Series) -> tuple[bool, float]:
        rank = ranked_by(by, scope, series)
        if math.isnan(rank):
            return True, 0.0
        return False, rank if order == "ASC" else -rank

    return sorted(array, key=key)[: _index(limit)]


def _search(scope: Scope, text: str, statistic: str, period_s: float | None = None) -> list[Series]:
    period = scope.search_period_s if period_s is None else int(period_s)
    return scope.searches[text, statistic, period]


def _slice(array: list[Series], start: float, end: float = math.inf) -> list[Series]:
    return array[_index(start) : _index(end)]


def _index(number: float) -> int:
    """A place in an array. What is no number, or below 0, is 0; what is too large is its end."""
    if math.isnan(number):
        return 0
    return int(min(max(number, 0.0), float(MOST_SERIES)))


_SORTED = "TS[], AVG|MAX|MIN|SUM, ASC|DESC"

ARRAYS: dict[str, Spec] = {
    "FIRST": Spec("the first series", ("TS[] -> TS",), _first, takes_scope=True),
    "LAST": Spec("the last series", ("TS[] -> TS",), _last, takes_scope=True),
    "METRICS": Spec(
        "the metrics of the request, or those with the text in their Id",
        ("-> TS[]", "text -> TS[]"),
        _metrics,
        takes_scope=True,
    ),
    "METRIC_COUNT": Spec(
        "how many series there are", ("TS[] -> S",), lambda array: float(len(array))
    ),
    "REMOVE_EMPTY": Spec(
        "the series that have datapoints",
        ("TS[] -> TS[]",),
        lambda array: [series for series in array if series.points],
    ),
    "SEARCH": Spec(
        "the metrics of the last two weeks that fit, each with a statistic by the period",
        ("text, text -> TS[]", "text, text, S -> TS[]"),
        _search,
        takes_scope=True,
    ),
    "SLICE": Spec(
        "the series from the first number on, and before the second",
        ("TS[], S -> TS[]", "TS[], S, S -> TS[]"),
        _slice,
    ),
    "SORT": Spec(
        "the series in order; at most so many",
        (f"{_SORTED} -> TS[]", f"{_SORTED}, S -> TS[]"),
        _sort,
        takes_scope=True,
    ),
}
