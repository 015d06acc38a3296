"""Functions that make of each datapoint another, or of each two neighbours. Pure."""

import math
from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise

from shardline.cloudwatch.math.signatures import Spec
from shardline.cloudwatch.math.values import UNDEFINED, Series, Value, as_series

Points = Iterable[tuple[int, float]]
_EACH = ("TS -> TS", "TS[] -> TS[]")


def over_each(work: Callable[[Series], Series]) -> Callable[[Value], Value]:
    """`work` on a series, or on each of an array."""

    def compute(value: Value) -> Value:
        if isinstance(value, list):
            return [work(series) for series in value]
        return work(as_series(value))

    return compute


def _of_value(about: str, work: Callable[[float], float]) -> Spec:
    def compute(series: Series) -> Series:
        return series.with_points((at, work(value)) for at, value in series.points.items())

    return Spec(about, _EACH, over_each(compute))


def _of_neighbours(about: str, work: Callable[[float, float, int], float]) -> Spec:
    """Of the earlier value, the later one, and the seconds between. The first has no earlier."""

    def compute(series: Series) -> Series:
        return series.with_points(
            (later, work(earlier_value, value, later - earlier))
            for (earlier, earlier_value), (later, value) in pairwise(series.points.items())
        )

    return Spec(about, _EACH, over_each(compute))


def _logarithm(work: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: work(value) if value > 0 else UNDEFINED


def _running_sum(series: Series) -> Series:
    return series.with_points(zip(series.points, accumulate(series.points.values()), strict=True))


POINTWISE: dict[str, Spec] = {
    "ABS": _of_value("the value without its sign", abs),
    "CEIL": _of_value(
        "the least whole number that is not below the value", lambda value: float(math.ceil(value))
    ),
    "DIFF": _of_neighbours(
        "what the value is more than the one before", lambda earlier, later, _: later - earlier
    ),
    "DIFF_TIME": _of_neighbours(
        "the seconds since the datapoint before", lambda _earlier, _later, seconds: float(seconds)
    ),
    "FLOOR": _of_value(
        "the greatest whole number that is not above the value",
        lambda value: float(math.floor(value)),
    ),
    "LOG": _of_value("the natural logarithm; none of what is not above 0", _logarithm(math.log)),
    "LOG10": _of_value("the logarithm to the base 10", _logarithm(math.log10)),
    "RATE": _of_neighbours(
        "`DIFF` by the second", lambda earlier, later, seconds: (later - earlier) / seconds
    ),
    "RUNNING_SUM": Spec("the sum of all values so far", _EACH, over_each(_running_sum)),
}
