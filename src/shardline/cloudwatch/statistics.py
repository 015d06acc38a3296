"""The statistics that can be asked for, and what a statistic set says to each. Pure.

Besides the five that every set knows there are those that need the values themselves: percentiles
(`p99`), trimmed means (`tm90`, `TM(10%:90%)`, `TM(150:1000)`), the interquartile mean (`IQM`),
winsorized means (`wm`), trimmed counts (`tc`) and sums (`ts`), and percentile ranks (`PR(:300)`).
They have no answer where the values are not known, or one of them is negative.

Source: AWS's page "CloudWatch statistics definitions". It leaves open how a share of the values is
taken that ends within one: here a trimmed statistic takes that part of it. A percentile is the
least value that at least so many per cent of the values do not exceed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from shardline.storage.statistic_set import StatisticSet

Values = Mapping[float, float]

SIMPLE: dict[str, Callable[[StatisticSet], float | None]] = {
    "SampleCount": lambda known: known.count,
    "Average": lambda known: known.sum / known.count if known.count else None,
    "Sum": lambda known: known.sum,
    "Minimum": lambda known: known.minimum,
    "Maximum": lambda known: known.maximum,
}
_NUMBER = r"\d{1,21}(?:\.\d{1,10})?"
_SHORT = re.compile(rf"(p|tm|wm|tc|ts)({_NUMBER})", re.ASCII)
_PERCENT = re.compile(rf"(TM|WM|TC|TS)\((?:({_NUMBER})%)?:(?:({_NUMBER})%)?\)", re.ASCII)
_RANGE = re.compile(rf"(TM|WM|TC|TS|PR)\(({_NUMBER})?:({_NUMBER})?\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic by its name, and what computes it."""

    name: str
    needs_values: bool
    _compute: Callable[[StatisticSet], float | None]

    def of(self, known: StatisticSet) -> float | None:
        """The statistic of a set; None if it has none."""
        return self._compute(known)


def statistic_of(name: str) -> Statistic | None:
    """The statistic of a name; None if there is none."""
    simple = SIMPLE.get(name)
    return Statistic(name, False, simple) if simple else extended_statistic_of(name)


def extended_statistic_of(name: str) -> Statistic | None:
    """The statistic of a name, if it is one that needs the values; None if there is none."""
    compute = _of_values(name)
    return Statistic(name, True, _where_known(compute)) if compute else None


def _where_known(
    compute: Callable[[Values], float | None],
) -> Callable[[StatisticSet], float | None]:
    def known_only(known: StatisticSet) -> float | None:
        if known.values is None or known.minimum < 0:
            return None
        return compute(dict(sorted(known.values.items())))

    return known_only


def _of_values(name: str) -> Callable[[Values], float | None] | None:
    if name in ("IQM", "iqm"):
        return lambda values: _by_share("tm", values, 25.0, 75.0)
    if (short := _SHORT.fullmatch(name)) and float(short[2]) <= 100:
        kind, high = short[1], float(short[2])
        if kind == "p":
            return lambda values: _percentile(values, high)
        return lambda values: _by_share(kind, values, 0.0, high)
    if (percent := _PERCENT.fullmatch(name)) and (percent[2] or percent[3]):
        kind, low, high = percent[1].lower(), float(percent[2] or 0), float(percent[3] or 100)
        if low < high <= 100:
            return lambda values: _by_share(kind, values, low, high)
    if (fixed := _RANGE.fullmatch(name)) and (fixed[2] or fixed[3]):
        return _of_range(fixed[1].lower(), fixed[2], fixed[3])
    return None


def _of_range(
    kind: str, least: str | None, most: str | None
) -> Callable[[Values], float | None] | None:
    low = float(least) if least else -1.0  # below every value there can be
    high = float(most) if most else float("inf")
    if low >= high:
        return None
    return lambda values: _by_value(kind, values, low, high)


def _percentile(values: Values, share: float) -> float:
    wanted = sum(values.values()) * share / 100
    reached = accumulate(values.values())
    for value, count in zip(values, reached, strict=True):
        if count >= wanted:
            return value
    return max(values)  # where a sum of fractions was rounded


def _by_share(kind: str, values: Values, low: float, high: float) -> float | None:
    """Of what lies between two percentages of the values."""
    whole = sum(values.values())
    begin, end = whole * low / 100, whole * high / 100
    passed = 0.0
    kept: dict[float, float] = {}
    for value, count in values.items():
        share = min(passed + count, end) - max(passed, begin)
        if share > 0:
            kept[value] = share
        passed += count
    if kind == "wm" and kept:
        kept[min(kept)] += begin
        kept[max(kept)] += whole - end
    return _told(kind, kept)


def _by_value(kind: str, values: Values, low: float, high: float) -> float | None:
    """Of the values that are above `low` and not above `high`."""
    if kind == "wm":
        kept: dict[float, float] = {}
        for value, count in values.items():
            at = min(max(value, low), high)
            kept[at] = kept.get(at, 0.0) + count
        return _told(kind, kept)
    kept = {value: count for value, count in values.items() if low < value <= high}
    if kind == "pr":
        return 100 * sum(kept.values()) / sum(values.values())
    return _told(kind, kept)


def _told(kind: str, kept: Values) -> float | None:
    count = sum(kept.values())
    total = sum(value * times for value, times in kept.items())
    if kind == "tc":
        return count
    if kind == "ts":
        return total
    return total / count if count else None
