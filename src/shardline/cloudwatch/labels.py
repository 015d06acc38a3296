"""Labels of what GetMetricData answers, with the values that AWS's dynamic labels stand for. Pure.

Source: AWS's page "Using dynamic labels". It does not show how values are written: numbers here
have up to 12 digits, times are ISO 8601 in the time zone of the call, spans of time like `1h5m`.
A placeholder that has no value (of no datapoints) is `--`; one that is not known stays as it is.
"""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence

from shardline.cloudwatch.math.values import Series
from shardline.cloudwatch.queries import MetricQuery, MetricStat
from shardline.storage.metric_store import Metric

_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_PROPERTY = re.compile(r"PROP\((['\"])(.*)\1\)")
_ZONE = re.compile(r"[+-]\d{4}", re.ASCII)
_NOTHING = "--"

Point = tuple[int, float]
_VALUES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "DATAPOINT_COUNT": len,
    "FIRST": lambda values: values[0],
    "FIRST_LAST_RANGE": lambda values: values[-1] - values[0],
    "LAST": lambda values: values[-1],
    "MAX": max,
    "MIN": min,
    "MIN_MAX_RANGE": lambda values: max(values) - min(values),
    "SUM": sum,
}
_POINTS: Mapping[str, Callable[[Sequence[Point]], Point]] = {
    "FIRST": lambda points: points[0],
    "LAST": lambda points: points[-1],
    "MAX": lambda points: max(points, key=lambda point: point[1]),
    "MIN": lambda points: min(points, key=lambda point: point[1]),
}
_SPANS = {"FIRST_LAST_TIME_RANGE": ("FIRST", "LAST"), "MIN_MAX_TIME_RANGE": ("MIN", "MAX")}


def time_zone(text: str) -> datetime.timezone | None:
    """The time zone that is written like `+0130`; None if it is none."""
    if not _ZONE.fullmatch(text):
        return None
    hours, minutes = int(text[1:3]), int(text[3:])
    if hours > 23 or minutes > 59:
        return None
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return datetime.timezone(-offset if text[0] == "-" else offset)


def label_of(
    query: MetricQuery, series: Series, now_s: int, zone: datetime.timezone = datetime.UTC
) -> str:
    """The label of one series of a query's result."""
    label = query.label if query.label is not None else query.default_label()
    if query.kind == "TS[]":
        label = f"{label} {series.label}".strip()

    def replaced(found: re.Match[str]) -> str:
        return _value(found[1], query, series, now_s, zone) or found[0]

    return _PLACEHOLDER.sub(replaced, label)


def labels_of_found(metrics: Sequence[Metric]) -> list[str]:
    """Labels of metrics that a SEARCH found: of each what others have otherwise, or its name."""
    rows = [[metric.name, *(value for _, value in metric.dimensions)] for metric in metrics]
    kinds = {(metric.namespace, *(name for name, _ in metric.dimensions)) for metric in metrics}
    if len(kinds) > 1:  # they have no columns to compare
        return [
            " ".join([metric.namespace, *row]) for metric, row in zip(metrics, rows, strict=True)
        ]
    differ = [len(set(column)) > 1 for column in zip(*rows, strict=True)]
    return [
        " ".join(part for part, is_own in zip(row, differ, strict=True) if is_own) or row[0]
        for row in rows
    ]


def _value(
    name: str, query: MetricQuery, series: Series, now_s: int, zone: datetime.timezone
) -> str | None:
    """What a placeholder stands for, None if it is not known."""
    if name == "LABEL":
        return query.default_label()
    if wanted := _PROPERTY.fullmatch(name):
        return _property(wanted[2], query.stat) if query.stat else None
    points = list(series.points.items())
    if name in _VALUES:
        values = list(series.points.values())
        if name == "DATAPOINT_COUNT" or values:
            return f"{_VALUES[name](values):.12g}"
        return _NOTHING
    return _time(name, points, now_s, zone)


def _time(name: str, points: Sequence[Point], now_s: int, zone: datetime.timezone) -> str | None:
    if name in _SPANS:
        one, other = (_POINTS[each] for each in _SPANS[name])
        return _duration(abs(other(points)[0] - one(points)[0])) if points else _NOTHING
    base, _, rest = name.partition("_")
    if base not in _POINTS or rest not in ("TIME", "TIME_RELATIVE"):
        return None
    if not points:
        return _NOTHING
    at_s = _POINTS[base](points)[0]
    if rest == "TIME_RELATIVE":
        return _duration(abs(now_s - at_s))
    return datetime.datetime.fromtimestamp(at_s, zone).isoformat()


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h"] * bool(hours) + [f"{minutes}m"] * bool(minutes)
    return "".join([*parts, f"{rest}s"] if rest or not parts else parts)


def _property(name: str, stat: MetricStat) -> str | None:
    metric = stat.metric
    if name.startswith("Dim."):
        return dict(metric.dimensions).get(name.removeprefix("Dim."), _NOTHING)
    return {
        "AccountId": metric.account,
        "MetricName": metric.name,
        "Namespace": metric.namespace,
        "Period": str(stat.period_s),
        "Region": metric.region,
        "Stat": stat.statistic.name,
    }.get(name)
