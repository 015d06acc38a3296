"""Dynamic labels, by the table of AWS's page "Using dynamic labels"."""

import datetime

import pytest

from shardline.cloudwatch.labels import label_of, time_zone
from shardline.cloudwatch.math.values import Series
from shardline.cloudwatch.queries import MetricQuery, MetricStat
from shardline.cloudwatch.statistics import statistic_of
from shardline.storage.metric_store import Metric

NOW_S = 1_700_000_000 + 7200
STATISTIC = statistic_of("p99")
assert STATISTIC
STAT = MetricStat(Metric("123", "eu-west-1", "App", "Latency", (("Host", "a"),)), STATISTIC, 300)
SERIES = Series("x", 300, {1_700_000_000: 2.0, 1_700_000_300: 8.0, 1_700_003_900: 5.5})


def shown(label: str | None, series: Series = SERIES) -> str:
    return label_of(MetricQuery("m1", STAT, label=label), series, NOW_S)


@pytest.mark.parametrize(
    ("placeholder", "value"),
    [
        ("AVG", "5.16666666667"), ("DATAPOINT_COUNT", "3"), ("FIRST", "2"), ("LAST", "5.5"),
        ("MAX", "8"), ("MIN", "2"), ("SUM", "15.5"), ("FIRST_LAST_RANGE", "3.5"),
        ("MIN_MAX_RANGE", "6"), ("FIRST_LAST_TIME_RANGE", "1h5m"), ("MIN_MAX_TIME_RANGE", "5m"),
        ("FIRST_TIME", "2023-11-14T22:13:20+00:00"), ("FIRST_TIME_RELATIVE", "2h"),
        ("LAST_TIME", "2023-11-14T23:18:20+00:00"), ("LAST_TIME_RELATIVE", "55m"),
        ("MAX_TIME", "2023-11-14T22:18:20+00:00"), ("MIN_TIME_RELATIVE", "2h"),
        ("LABEL", "Latency"), ("PROP('AccountId')", "123"), ("PROP('Dim.Host')", "a"),
        ("PROP('Dim.Other')", "--"), ('PROP("MetricName")', "Latency"),
        ("PROP('Namespace')", "App"), ("PROP('Period')", "300"), ("PROP('Region')", "eu-west-1"),
        ("PROP('Stat')", "p99"), ("PROP('Other')", "${PROP('Other')}"), ("AVG_TIME", "${AVG_TIME}"),
        ("", "${}"),
    ],
)  # fmt: skip
def test_placeholders(placeholder: str, value: str) -> None:
    assert shown(f"[${{{placeholder}}}]") == f"[{value}]"


def test_of_nothing() -> None:
    nothing = Series("x", 300, {})
    label = "${AVG} ${MAX_TIME} ${LAST_TIME_RELATIVE} ${FIRST_LAST_TIME_RANGE} ${DATAPOINT_COUNT}"
    assert shown(label, nothing) == "-- -- -- -- 0"


def test_what_has_no_label() -> None:
    assert shown(None) == "Latency"
    assert label_of(MetricQuery("e1"), SERIES, NOW_S) == "e1"
    assert label_of(MetricQuery("e1", label="${PROP('Stat')}"), SERIES, NOW_S) == "${PROP('Stat')}"
    # Of an array of series each has its own label behind
    assert label_of(MetricQuery("e1", kind="TS[]", label="Twice"), SERIES, NOW_S) == "Twice x"
    assert label_of(MetricQuery("e1", kind="TS[]", label=""), SERIES, NOW_S) == "x"


def test_time_zones() -> None:
    assert time_zone("+0130") == datetime.timezone(datetime.timedelta(minutes=90))
    assert time_zone("-0800") == datetime.timezone(-datetime.timedelta(hours=8))
    for text in ("", "0130", "+130", "+2400", "+0060", "+01:30", "Z"):
        assert time_zone(text) is None
