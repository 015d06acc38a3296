"""Functions of time: series made of timestamps, and gaps that are filled. Pure.

FILL looks at the periods of the time that is asked for. REPEAT leaves open what lies before the
first datapoint, LINEAR also what lies behind the last.
"""

import datetime
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import cast

from shardline.cloudwatch.math.pointwise import Points, over_each
from shardline.cloudwatch.math.signatures import Scope, Spec
from shardline.cloudwatch.math.values import Series, Value

Filler = float | str | Series


def _constant(scope: Scope, value: float) -> Series:
    period_s = scope.span.period_s
    return _on_grid(scope, Series("", period_s, {}), lambda _: value)


def _on_grid(scope: Scope, like: Series, value_at: Callable[[int], float]) -> Series:
    grid = scope.span.grid(like.period_s)
    scope.span.budget.take_points(len(grid))
    return like.with_points((at, value_at(at)) for at in grid)


def _of_time(about: str, part: Callable[[datetime.datetime], int]) -> Spec:
    def value_at(at_s: int) -> float:
        return float(part(datetime.datetime.fromtimestamp(at_s, datetime.UTC)))

    def compute(scope: Scope, series: Series) -> Series:
        return _on_grid(scope, series, value_at)

    return Spec(about, ("TS -> TS",), compute, takes_scope=True)


def _fill(scope: Scope, value: Value, filler: Filler) -> Value:
    return over_each(lambda series: _filled(scope, series, filler))(value)


def _filled(scope: Scope, series: Series, filler: Filler) -> Series:
    grid = scope.span.grid(series.period_s)
    scope.span.budget.take_points(len(grid))
    if filler == "LINEAR":
        return series.with_points(_linear(series))
    if filler == "REPEAT":
        return series.with_points(_repeated(series, grid))
    if isinstance(filler, Series):
        whole = {**filler.points, **series.points}
    else:
        whole = {**dict.fromkeys(grid, cast(float, filler)), **series.points}
    return series.with_points(sorted(whole.items()))


def _repeated(series: Series, grid: range) -> Points:
    latest: float | None = None
    for at in sorted(series.points.keys() | set(grid)):
        latest = series.points.get(at, latest)
        if latest is not None:
            yield at, latest


def _linear(series: Series) -> Iterator[tuple[int, float]]:
    for (earlier, from_value), (later, to_value) in pairwise(series.points.items()):
        slope = (to_value - from_value) / (later - earlier)
        for at in range(earlier, later, series.period_s):
            yield at, from_value + slope * (at - earlier)
    if series.points:
        last = max(series.points)
        yield last, series.points[last]


TIMELY: dict[str, Spec] = {
    "DATE": _of_time("the day of the month, from 1 on", lambda at: at.day),
    "DAY": _of_time("the day of the week, 1 for Monday", datetime.datetime.isoweekday),
    "EPOCH": _of_time("the seconds since 1970", lambda at: int(at.timestamp())),
    "FILL": Spec(
        "a value where there is none: a number, another series', the one before, or between",
        ("TS, S|TS|REPEAT|LINEAR -> TS", "TS[], S|TS|REPEAT|LINEAR -> TS[]"),
        _fill,
        takes_scope=True,
    ),
    "HOUR": _of_time("the hour (UTC), 0 to 23", lambda at: at.hour),
    "MINUTE": _of_time("the minute, 0 to 59", lambda at: at.minute),
    "MONTH": _of_time("the month, 1 to 12", lambda at: at.month),
    "PERIOD": Spec(
        "the metric's period in seconds", ("TS -> S",), lambda series: float(series.period_s)
    ),
    "TIME_SERIES": Spec("the number at every period", ("S -> TS",), _constant, takes_scope=True),
    "YEAR": _of_time("the year", lambda at: at.year),
}
