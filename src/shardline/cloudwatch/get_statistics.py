"""GetMetricStatistics: what is asked, held against CloudWatch's rules, and the answer. Pure.

Sources of the sentences beside those in `checks`: telegraf 2022, cloud-custodian 7683 and 9137,
Technofy's cloudwatch_exporter 13; LocalStack's for times in the wrong order, moto's for no
statistics. That an extended statistic is none is told in a sentence of ours.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shardline.cloudwatch.checks import COMBINATION, Checks
from shardline.cloudwatch.metrics import metric_of
from shardline.cloudwatch.periods import check_period, rounded_start_s, times_of
from shardline.cloudwatch.statistics import SIMPLE, Statistic, extended_statistic_of, statistic_of
from shardline.storage.metric_store import Datapoint, Metric
from shardline.storage.statistic_set import StatisticSet

MOST_DATAPOINTS, MOST_STATISTICS, MOST_EXTENDED = 1440, 5, 10


@dataclass(frozen=True, slots=True)
class StatisticsAsked:
    """A checked call. `start_s` is rounded already."""

    metric: Metric
    unit: str | None
    period_s: int
    start_s: int
    end_s: int
    statistics: tuple[Statistic, ...]

    @property
    def needs_values(self) -> bool:
        """Whether a statistic needs more than sums."""
        return any(statistic.needs_values for statistic in self.statistics)


def asked(
    account: str, region: str, call: Mapping[str, Any], units: Collection[str], now_s: int
) -> StatisticsAsked:
    """The call. Raises `ServiceError` with everything that is wrong with it."""
    checks = Checks()
    metric = metric_of(checks, "", account, region, call)
    period_s = call.get("Period")
    if checks.required(period_s, "Period"):
        check_period(checks, "Period", period_s)
    times = times_of(
        checks, call, "The parameter StartTime must be less than the parameter EndTime."
    )
    statistics = _statistics(checks, call)
    unit = call.get("Unit")
    if unit is not None:
        checks.one_of(unit, "Unit", units)
    checks.raise_any()
    assert period_s is not None
    assert times is not None
    start_s, end_s = times
    _not_too_many(checks, int((end_s - start_s) / period_s))
    checks.raise_any()
    start_s = rounded_start_s(start_s, now_s, period_s)
    return StatisticsAsked(metric, unit, period_s, start_s, -int(-end_s // 1), statistics)


def _not_too_many(checks: Checks, datapoints: int) -> None:
    if datapoints > MOST_DATAPOINTS:
        checks.refuse(
            COMBINATION,
            f"You have requested up to {datapoints} datapoints, which exceeds the limit of "
            f"{MOST_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or "
            "decreasing the time range.",
        )


def _statistics(checks: Checks, call: Mapping[str, Any]) -> tuple[Statistic, ...]:
    plain, extended = call.get("Statistics") or [], call.get("ExtendedStatistics") or []
    if plain and extended:
        checks.refuse(
            COMBINATION,
            "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have "
            "specified both.",
        )
    elif not plain and not extended:
        checks.refuse(COMBINATION, "Must specify either Statistics or ExtendedStatistics")
    checks.size(plain, "Statistics", MOST_STATISTICS)
    checks.size(extended, "ExtendedStatistics", MOST_EXTENDED)
    found: dict[str, Statistic] = {}
    for number, name in enumerate(plain[:MOST_STATISTICS], 1):
        checks.one_of(name, f"Statistics.member.{number}", SIMPLE)
        if name in SIMPLE and (statistic := statistic_of(name)):
            found[name] = statistic
    for number, name in enumerate(extended[:MOST_EXTENDED], 1):
        statistic = extended_statistic_of(name or "")
        if statistic is None:
            checks.bad_value(str(name), f"ExtendedStatistics.member.{number}")
        else:
            found[name] = statistic
    return tuple(found.values())


def answer(call: StatisticsAsked, points: Sequence[Datapoint]) -> dict[str, Any]:
    """The answer's members. A datapoint that has none of the statistics is left out."""
    datapoints = []
    for point in points:
        told = _told(call.statistics, point.statistics)
        if told:
            datapoints.append({"Timestamp": point.start_s, **told, "Unit": point.unit})
    return {"Label": call.metric.name, "Datapoints": datapoints}


def _told(statistics: Sequence[Statistic], known: StatisticSet) -> dict[str, Any]:
    values = {each.name: value for each in statistics if (value := each.of(known)) is not None}
    if statistics[0].needs_values and values:
        return {"ExtendedStatistics": values}
    return values
