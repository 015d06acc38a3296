"""PutMetricData's input: held against CloudWatch's rules, and made into what a store keeps. Pure.

The entity that a metric may be put for (`EntityMetricData`) is read over: nothing here answers
questions about entities. Its metrics are kept.
"""

from collections.abc import Mapping
from typing import Any, cast

from shardline.cloudwatch.checks import COMBINATION, MISSING, VALUE, Checks
from shardline.cloudwatch.metrics import dimensions_of, name_of, namespace_of
from shardline.cloudwatch.periods import NEWEST_S
from shardline.storage.metric_store import Datum, Metric, Resolution
from shardline.storage.statistic_set import StatisticSet, set_of_statistics, set_of_values

MOST_METRICS, MOST_VALUES, MOST_ENTITIES = 1000, 150, 2
OLDEST_MS = 14 * 24 * 3600 * 1000
NEWEST_MS = NEWEST_S * 1000
RESOLUTIONS = (1, 60)

_STATISTICS = ("Maximum", "Minimum", "SampleCount", "Sum")


def data_of(
    account: str, region: str, call: Mapping[str, Any], units: tuple[str, ...], now_ms: int
) -> list[Datum]:
    """The data of a call. Raises `ServiceError` with everything that is wrong with it."""
    checks = Checks()
    namespace = _namespace(checks, call.get("Namespace"))
    members = _members(checks, call)
    checks.raise_any()
    data = [
        datum
        for path, member in members
        if (datum := _datum(checks, path, member, account, region, namespace, units, now_ms))
    ]
    checks.raise_any()
    return data


def _namespace(checks: Checks, namespace: str | None) -> str:
    name = namespace_of(checks, "Namespace", namespace)
    if name.startswith("AWS/"):
        checks.bad_value("AWS/", "Namespace")
    return name


def _members(checks: Checks, call: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Every member of the call's lists of data, each with its path."""
    lists = [("MetricData", call.get("MetricData") or [])]
    entities = call.get("EntityMetricData") or []
    checks.size(entities, "EntityMetricData", MOST_ENTITIES)
    for number, entity in enumerate(entities[:MOST_ENTITIES], 1):
        path = f"EntityMetricData.member.{number}"
        if checks.required(entity, path):
            lists.append((f"{path}.MetricData", entity.get("MetricData") or []))
    members = [
        (f"{path}.member.{number}", member)
        for path, data in lists
        for number, member in enumerate(data, 1)
    ]
    if checks.size(members, "MetricData", MOST_METRICS):
        checks.required(members, "MetricData")
    return members


def _datum(
    checks: Checks,
    path: str,
    member: Mapping[str, Any] | None,
    account: str,
    region: str,
    namespace: str,
    units: tuple[str, ...],
    now_ms: int,
) -> Datum | None:
    """What is put, or None where that is nothing, or wrong."""
    if member is None:
        checks.required(None, path)
        return None
    dimensions = dimensions_of(checks, f"{path}.Dimensions", member.get("Dimensions") or [])
    name = name_of(checks, f"{path}.MetricName", member.get("MetricName"))
    at_ms = _at_ms(checks, f"{path}.Timestamp", member.get("Timestamp"), now_ms)
    unit = member.get("Unit", "None")
    checks.one_of(unit, f"{path}.Unit", units)
    resolution = member.get("StorageResolution", 60)
    checks.one_of(resolution, f"{path}.StorageResolution", RESOLUTIONS)
    statistics = _statistics(checks, path, member)
    if statistics is None or resolution not in RESOLUTIONS:
        return None
    metric = Metric(account, region, namespace, name, dimensions)
    return Datum(metric, unit, cast(Resolution, resolution), at_ms // 1000, statistics)


def _at_ms(checks: Checks, path: str, timestamp: float | None, now_ms: int) -> int:
    if timestamp is None:
        return now_ms
    at_ms = round(timestamp * 1000)
    if at_ms < now_ms - OLDEST_MS:
        checks.refuse(VALUE, f"The parameter {path} must specify a time within the past two weeks.")
    if at_ms > now_ms + NEWEST_MS:
        checks.refuse(
            VALUE,
            f"The parameter {path} must specify a time no more than two hours in the future.",
        )
    return at_ms


def _statistics(checks: Checks, path: str, member: Mapping[str, Any]) -> StatisticSet | None:
    """The values of a datum, in whichever of three forms they came.

    AWS was seen to take `Values` and `StatisticValues` together; the latter count.
    """
    value, values = member.get("Value"), member.get("Values") or []
    known = member.get("StatisticValues")
    for other, name in ((values, "Values"), (known, "StatisticValues")):
        if value is not None and other:
            checks.refuse(
                COMBINATION,
                f"The parameters {path}.Value and {path}.{name} are mutually exclusive "
                "and you have specified both.",
            )
    if value is not None:
        checks.number(value, f"{path}.Value")
        return set_of_values([(value, 1.0)])
    listed = _listed(checks, path, values, member.get("Counts") or [])
    if known:
        return _known(checks, f"{path}.StatisticValues", known)
    if not values:
        checks.refuse(
            MISSING,
            f"At least one of the parameters {path}.Value or {path}.StatisticValues "
            "must be specified.",
        )
    return listed


def _listed(
    checks: Checks, path: str, values: list[float | None], counts: list[float | None]
) -> StatisticSet | None:
    if counts and len(counts) != len(values):
        checks.refuse(
            VALUE, f"The parameters {path}.Values and {path}.Counts must be of the same size."
        )
        return None
    if not checks.size(values, f"{path}.Values", MOST_VALUES):
        return None
    for value in values:
        checks.number(value, f"{path}.Values")
    for count in counts:
        checks.number(count, f"{path}.Counts", least=0)
    pairs = zip(values, counts or [1.0] * len(values), strict=True)
    return set_of_values(
        (value, count) for value, count in pairs if value is not None and count is not None
    )


def _known(checks: Checks, path: str, known: Mapping[str, float]) -> StatisticSet | None:
    for name in _STATISTICS:
        checks.number(known.get(name), f"{path}.{name}")
    if not all(name in known for name in _STATISTICS):
        return None
    maximum, minimum, count, total = (known[name] for name in _STATISTICS)
    if maximum < minimum:
        checks.refuse(VALUE, f"The parameter {path}.Maximum must be greater than {path}.Minimum.")
    if count < 0:
        checks.refuse(VALUE, f"The parameter {path}.SampleCount must be greater than 0.")
    if count == 0:
        checks.refuse(VALUE, f"The parameter {path}.SampleCount must not equal 0.")
    return set_of_statistics(count, total, minimum, maximum)
