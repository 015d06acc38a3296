"""Functions that make a scalar of a series, and a series of an array of them. Pure.

AVG takes missing values as 0, as AWS says; for a series that are the periods of the time asked for
which have no datapoint. The others look at the values that are there. The average, minimum, maximum
and deviation of nothing have no value. STDDEV is that of a whole population; AWS does not say.
"""

import math
import statistics
from collections.abc import Callable, Sequence

from shardline.cloudwatch.math.signatures import Scope, Spec
from shardline.cloudwatch.math.values import UNDEFINED, Series, Value, as_series

Aggregate = Callable[[Sequence[float], int], float]
"""Of the values that are there, and how many there could be."""


def _sum(values: Sequence[float], _: int) -> float:
    try:
        return math.fsum(values)
    except OverflowError:
        return UNDEFINED


def _average(values: Sequence[float], places: int) -> float:
    return _sum(values, places) / places if places else UNDEFINED


def _minimum(values: Sequence[float], _: int) -> float:
    return min(values, default=UNDEFINED)


def _maximum(values: Sequence[float], _: int) -> float:
    return max(values, default=UNDEFINED)


def _deviation(values: Sequence[float], _: int) -> float:
    try:
        return statistics.pstdev(values) if values else UNDEFINED
    except OverflowError:
        return UNDEFINED


def _count(values: Sequence[float], _: int) -> float:
    return float(len(values))


def of_series(aggregate: Aggregate, scope: Scope, series: Series) -> float:
    """The scalar of one series."""
    values = list(series.points.values())
    return aggregate(values, max(len(scope.span.grid(series.period_s)), len(values)))


def _aggregate(about: str, aggregate: Aggregate) -> Spec:
    def compute(scope: Scope, value: Value) -> Value:
        if not isinstance(value, list):
            return of_series(aggregate, scope, as_series(value))
        return _across(aggregate, scope, value)

    return Spec(about, ("TS -> S", "TS[] -> TS"), compute, takes_scope=True)


def _across(aggregate: Aggregate, scope: Scope, array: list[Series]) -> Series:
    by_time: dict[int, list[float]] = {}
    for series in array:
        for at, value in series.points.items():
            by_time.setdefault(at, []).append(value)
    period_s = min((series.period_s for series in array), default=scope.span.period_s)
    return Series("", period_s, {}).with_points(
        (at, aggregate(by_time[at], len(array))) for at in sorted(by_time)
    )


_BY_NAME: dict[str, Aggregate] = {
    "AVG": _average,
    "DATAPOINT_COUNT": _count,
    "MAX": _maximum,
    "MIN": _minimum,
    "STDDEV": _deviation,
    "SUM": _sum,
}
_ABOUT = {
    "AVG": "the average; missing values are 0",
    "DATAPOINT_COUNT": "how many values are there",
    "MAX": "the greatest value",
    "MIN": "the least value",
    "STDDEV": "the standard deviation",
    "SUM": "the sum",
}
AGGREGATES: dict[str, Spec] = {
    name: _aggregate(_ABOUT[name], work) for name, work in _BY_NAME.items()
}


def ranked_by(name: str, scope: Scope, series: Series) -> float:
    """What SORT puts a series in order by."""
    return of_series(_BY_NAME[name], scope, series)
