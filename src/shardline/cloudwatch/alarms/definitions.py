"""PutMetricAlarm's input: held against CloudWatch's rules, and made into an alarm. Pure.

What the model says of lengths and values was checked before, in the general sentences; here is what
it does not say. All of it comes under the code ValidationError but for what is said to be else.

Sources of the sentences: answers of AWS quoted in public issues (terraform 24070,
terraform-provider-aws 29894 and 42504, cfn-lint 766 and 1306, aws-cdk 7155), by people whose
windows were too long, or recorded by moto's tests. Those marked "ours" are known from nowhere;
"X must not be null" is AWS's for MetricName and Period, and ours for others.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from shardline.cloudwatch.alarms.answers import query_member
from shardline.cloudwatch.alarms.evaluation import ANOMALY_OPERATORS
from shardline.cloudwatch.alarms.members import VALIDATION, refuse
from shardline.cloudwatch.alarms.reasons import period_of
from shardline.cloudwatch.checks import LIMIT, Checks
from shardline.cloudwatch.computing import searches_in
from shardline.cloudwatch.queries import MetricQuery, queries_of
from shardline.cloudwatch.statistics import extended_statistic_of
from shardline.cloudwatch.units import UNITS
from shardline.storage.alarm_entities import MetricStat, Query, Watch

MOST_METRICS = 10  # of a metric math alarm
DAY_S, WEEK_S = 86_400, 604_800

_OF_ONE_METRIC = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_NOT_BUILT = {
    "EvaluationCriteria": "alarms on PromQL queries",
    "EvaluationInterval": "alarms on PromQL queries",
    "ThresholdMetricId": "alarms on anomaly detection models",
    "WarmUpConfiguration": "warm-up periods of alarms",
    "ActionConfiguration": "tags in the notifications of alarms",
}


def watch_of(account: str, region: str, call: Mapping[str, Any]) -> Watch:
    """What an alarm watches, by PutMetricAlarm's input. Raises `ServiceError`."""
    _require_built(call)
    for name in ("ComparisonOperator", "EvaluationPeriods", "Threshold"):
        _require(call, name)
    threshold = call["Threshold"]
    if not -LIMIT <= threshold <= LIMIT:
        refuse(f"The value {threshold} for parameter Threshold is invalid.")  # ours
    members = call.get("Metrics") or []
    if members:
        for name in _OF_ONE_METRIC:
            if call.get(name) is not None:
                refuse(f"{name} should not be set if list of Metrics is set.")
        _compiled(account, region, members)
    queries = tuple(map(_query, members))
    if queries:
        _check_queries(queries)
    watch = Watch(
        call["ComparisonOperator"],
        float(threshold),
        call["EvaluationPeriods"],
        None if queries else _metric(call),
        queries,
        call.get("DatapointsToAlarm"),
        call.get("TreatMissingData"),
        call.get("EvaluateLowSampleCountPercentile"),
    )
    _check_options(watch)
    _check_window(watch)
    return watch


def check_period(period: int) -> None:
    """Hold a period to those that alarms can have. AWS's sentence is older than its 20."""
    if period not in (10, 20, 30) and period % 60:
        refuse("Period must be 10, 20, 30 or a multiple of 60")


def metric_of(given: Mapping[str, Any], period: int, stat: str, unit: str | None) -> MetricStat:
    """A statistic of a metric. The same dimension twice is refused, as in PutMetricData."""
    pairs = tuple((each["Name"], each["Value"]) for each in given.get("Dimensions") or ())
    if len(dict(pairs)) < len(pairs):
        refuse("No Metric may specify the same dimension twice.")
    return MetricStat(given["Namespace"], given["MetricName"], pairs, period, stat, unit)


def compiled(account: str, region: str, queries: Sequence[Query]) -> list[MetricQuery]:
    """An alarm's Metrics as they are computed."""
    return _compiled(account, region, [query_member(query) for query in queries])


def _compiled(account: str, region: str, members: Sequence[Mapping[str, Any]]) -> list[MetricQuery]:
    """Metrics of a call, with their expressions. Raises `ServiceError` for what is wrong."""
    checks = Checks(VALIDATION)
    queries = queries_of(checks, "Metrics", account, region, members, UNITS)
    checks.raise_any()
    if searches_in(queries):
        refuse("SEARCH is not supported on Metric Alarms")
    if any(query.return_data and query.kind == "TS[]" for query in queries):
        refuse(
            "Metrics expression that return multi time series are only allowed for "
            "MetricsInsights expression with an ORDER BY clause"
        )
    return queries


def _require_built(call: Mapping[str, Any]) -> None:
    """Say plainly which kinds of alarms are not here."""
    for name, what in _NOT_BUILT.items():
        if call.get(name) is not None:
            refuse(f"{name}: Shardline has no {what}.")
    if call.get("ComparisonOperator") in ANOMALY_OPERATORS:
        refuse(
            f"ComparisonOperator {call['ComparisonOperator']}: Shardline has no alarms on anomaly "
            "detection models."
        )
    if "WallClockWindow" in (call.get("EvaluationWindow") or {}):
        refuse("EvaluationWindow: Shardline has no wall clock windows, only sliding ones.")


def _require(call: Mapping[str, Any], name: str) -> None:
    if call.get(name) is None:
        refuse(f"{name} must not be null")


def _metric(call: Mapping[str, Any]) -> MetricStat:
    for name in ("MetricName", "Namespace", "Period"):
        _require(call, name)
    check_period(call["Period"])
    simple, extended = call.get("Statistic"), call.get("ExtendedStatistic")
    if simple is not None and extended is not None:
        refuse("Statistic and ExtendedStatistic cannot both be set")  # ours
    if extended is not None and extended_statistic_of(extended) is None:
        refuse(
            f"The value {extended} for parameter ExtendedStatistic is not supported.",
            "InvalidParameterValue",
        )
    stat = simple or extended
    if stat is None:
        refuse("Statistic must not be null")
    return metric_of(call, call["Period"], stat, call.get("Unit"))


def _query(member: Mapping[str, Any]) -> Query:
    stat, metric = member.get("MetricStat"), None
    if stat is not None:
        check_period(stat["Period"])
        metric = metric_of(stat["Metric"], stat["Period"], stat["Stat"], stat.get("Unit"))
    if member.get("Period") is not None:
        check_period(member["Period"])
    return Query(
        member["Id"],
        metric,
        member.get("Expression"),
        member.get("Label"),
        member.get("Period"),
        member.get("ReturnData", True),
    )


def _check_queries(queries: Sequence[Query]) -> None:
    if sum(query.returns for query in queries) != 1:
        refuse("Exactly one element of the metrics list should return data.")
    metrics = sum(query.metric is not None for query in queries)
    if not metrics:
        refuse("At least one element of the metrics list must be a metric.")  # ours
    if metrics > MOST_METRICS:
        refuse(f"The metrics list must not have more than {MOST_METRICS} metrics.")  # ours


def _check_options(watch: Watch) -> None:
    if watch.missing_data not in (None, *_TREATMENTS):
        refuse(
            f"The value {watch.missing_data} is not supported for TreatMissingData parameter. "
            f"Supported values are [{', '.join(_TREATMENTS)}]."
        )
    if watch.low_samples not in (None, "evaluate", "ignore"):
        refuse(
            f"Option {watch.low_samples} is not supported. Supported options for parameter "
            "EvaluateLowSampleCountPercentile are evaluate and ignore."
        )
    if (watch.datapoints_to_alarm or 0) > watch.evaluation_periods:
        refuse("DatapointsToAlarm must be less than or equal to EvaluationPeriods")


def _check_window(watch: Watch) -> None:
    period = period_of(watch)
    window = period * watch.evaluation_periods
    if period < 3600 and window > DAY_S:
        refuse(
            "Metrics cannot be checked across more than a day "
            f"(EvaluationPeriods * Period must be <= {DAY_S})."
        )
    if window > WEEK_S:
        refuse(
            "Metrics cannot be checked across more than a week "
            f"(EvaluationPeriods * Period must be <= {WEEK_S}) for alarms using period >= 3600"
        )
