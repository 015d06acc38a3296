"""The sentences, beside ones of AWS; each test names what was quoted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.alarms.samples import MINUTE_MS, a_watch, points
from shardline.cloudwatch.alarms.evaluation import Evaluation, Point, evaluate
from shardline.cloudwatch.alarms.numbers import shown, spoken, stamp, zulu
from shardline.cloudwatch.alarms.reasons import period_of, reason, reason_data
from shardline.storage.alarm_entities import MetricStat, Query, State

AT_S = MINUTE_MS // 1000


def told(
    state: State,
    drawn: str,
    *,
    good: float = 0.0,
    bad: float = 25.0,
    threshold: float = 1.0,
    **rest: object,
) -> str:
    wanted = {"operator": "GreaterThanOrEqualToThreshold", "threshold": threshold, **rest}
    watch = a_watch(**wanted)
    return reason(watch, state, evaluate(watch, points(drawn, good=good, bad=bad)))


def test_without_datapoints_to_alarm() -> None:
    # AWS's documentation of EventBridge, and of DescribeAlarms
    assert told("ALARM", "X", evaluation_periods=1) == (
        "Threshold Crossed: 1 datapoint [25.0 (16/07/24 13:13:00)] was greater than or equal to "
        "the threshold (1.0)."
    )
    assert told("OK", "0", evaluation_periods=1) == (
        "Threshold Crossed: 1 datapoint [0.0 (16/07/24 13:13:00)] was not greater than or equal to "
        "the threshold (1.0)."
    )
    three = told("ALARM", "X X X", bad=2.0, operator="GreaterThanThreshold", threshold=0.0)
    assert three == (
        "Threshold Crossed: 3 datapoints [2.0 (16/07/24 13:13:00), 2.0 (16/07/24 13:12:00), "
        "2.0 (16/07/24 13:11:00)] were greater than the threshold (0.0)."
    )


def test_with_datapoints_to_alarm() -> None:
    one = {"evaluation_periods": 1, "datapoints_to_alarm": 1}
    assert told("ALARM", "X", **one) == (
        "Threshold Crossed: 1 out of the last 1 datapoints [25.0 (16/07/24 13:13:00)] was greater "
        "than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert told("OK", "X 0", evaluation_periods=2, datapoints_to_alarm=2) == (
        "Threshold Crossed: 1 out of the last 2 datapoints [0.0 (16/07/24 13:13:00)] was not "
        "greater than or equal to the threshold (1.0) "
        "(minimum 1 datapoint for ALARM -> OK transition)."
    )
    twenty = {"evaluation_periods": 20, "datapoints_to_alarm": 1, "missing_data": "notBreaching"}
    assert told("ALARM", "- " * 21 + "X", bad=613.0, **twenty) == (
        "Threshold Crossed: 1 out of the last 20 datapoints [613.0 (16/07/24 13:13:00)] was "
        "greater than or equal to the threshold (1.0) and 19 missing datapoints were treated as "
        "[NonBreaching] (minimum 1 datapoint for OK -> ALARM transition)."
    )


def test_many_datapoints_come_as_the_most_recent() -> None:
    five = {"evaluation_periods": 5, "datapoints_to_alarm": 5, "operator": "LessThanThreshold"}
    assert told("ALARM", "X X X X X", bad=0.0, good=99.0, threshold=65.0, **five) == (
        "Threshold Crossed: 5 out of the last 5 datapoints were less than the threshold (65.0). "
        "The most recent datapoints which crossed the threshold: [0.0 (16/07/24 13:13:00), "
        "0.0 (16/07/24 13:12:00), 0.0 (16/07/24 13:11:00), 0.0 (16/07/24 13:10:00), "
        "0.0 (16/07/24 13:09:00)] (minimum 5 datapoints for OK -> ALARM transition)."
    )


def test_missing_datapoints() -> None:
    assert told("ALARM", "- - -", evaluation_periods=1, missing_data="breaching") == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was "
        "treated as [Breaching]."
    )
    assert told("OK", "- - - - -", missing_data="notBreaching") == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints "
        "were treated as [NonBreaching]."
    )
    two_of_three = {"datapoints_to_alarm": 2, "missing_data": "breaching"}
    assert told("ALARM", "- - - - 0", **two_of_three) == (
        "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were "
        "treated as [Breaching]."
    )
    eight = {"evaluation_periods": 8, "operator": "LessThanOrEqualToThreshold", "threshold": 0.0}
    assert told(
        "OK", "- - - - - - - - - 0", good=2.0, bad=0.0, missing_data="breaching", **eight
    ) == (
        "Threshold Crossed: 1 datapoint [2.0 (16/07/24 13:13:00)] was not less than or equal to "
        "the threshold (0.0) and 7 missing datapoints were treated as [Breaching]."
    )


def test_insufficient_data() -> None:
    assert told("INSUFFICIENT_DATA", "- - -", evaluation_periods=1) == (
        "Insufficient Data: 1 datapoint was unknown."
    )
    assert told("INSUFFICIENT_DATA", "- - - - -") == "Insufficient Data: 3 datapoints were unknown."


def test_the_data_of_a_reason() -> None:
    # As an EventBridge event of 2024-07-16 had it, with these very times
    watch = a_watch(evaluation_periods=1, threshold=12.0)
    found = evaluate(watch, [Point(AT_S - 60), Point(AT_S, 1051.0, 1051.0)])
    assert reason_data(watch, found, 1_721_135_682_817) == (
        '{"version":"1.0","queryDate":"2024-07-16T13:14:42.817+0000",'
        '"startDate":"2024-07-16T13:13:00.000+0000","statistic":"Sum","period":60,'
        '"recentDatapoints":[1051.0],"threshold":12.0,"evaluatedDatapoints":'
        '[{"timestamp":"2024-07-16T13:13:00.000+0000","sampleCount":1051.0,"value":1051.0}]}'
    )


def test_the_data_of_missing_datapoints() -> None:
    watch = a_watch(evaluation_periods=1)
    data = json.loads(reason_data(watch, evaluate(watch, points("- - -")), MINUTE_MS))
    assert data["recentDatapoints"] == []
    assert "startDate" not in data
    assert data["evaluatedDatapoints"] == [{"timestamp": "2024-07-16T13:13:00.000+0000"}]


def test_the_data_of_an_expression_and_a_unit() -> None:
    m1 = Query("m1", MetricStat("App", "m", (), 300, "Sum"), returns=False)
    watch = a_watch(metric=None, queries=(m1, Query("e1", expression="m1*2")))
    data = json.loads(reason_data(watch, Evaluation("OK", (), ()), MINUTE_MS))
    assert (data["period"], "statistic" in data) == (300, False)
    watch = a_watch(metric=MetricStat("App", "m", (), 60, "Sum", "Bytes"))
    assert json.loads(reason_data(watch, Evaluation("OK", (), ()), MINUTE_MS))["unit"] == "Bytes"


def test_the_period_of_queries() -> None:
    m1 = Query("m1", MetricStat("App", "m", (), 300, "Sum"), returns=False)
    assert (
        period_of(a_watch(metric=None, queries=(Query("e1", expression="m1", period=60), m1))) == 60
    )
    assert (
        period_of(a_watch(metric=None, queries=(Query("m1", MetricStat("A", "m", (), 20, "Sum")),)))
        == 20
    )
    assert (
        period_of(a_watch(metric=None, queries=(Query("e1", expression="TIME_SERIES(1)"),))) == 60
    )


@given(st.integers(4, 1440), st.floats(allow_nan=False, allow_infinity=False))
def test_everything_stays_within_awss_lengths(periods: int, value: float) -> None:
    watch = a_watch(evaluation_periods=periods, threshold=-1.7976931348623157e308)
    found = evaluate(watch, [Point(60 * place, value, value) for place in range(periods)])
    assert len(reason(watch, "ALARM", found)) <= 1023
    assert len(reason_data(watch, found, MINUTE_MS)) <= 4000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (25.0, "25.0"), (0.0, "0.0"), (-1.5, "-1.5"), (9999999.0, "9999999.0"),
        (1e7, "1.0E7"), (12345678.9, "1.23456789E7"), (1e-3, "0.001"), (5e-4, "5.0E-4"),
        (-1e300, "-1.0E300"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_numbers_are_javas(value: float, text: str) -> None:
    assert shown(value) == text


@given(st.floats(allow_nan=False))
def test_numbers_lose_nothing(value: float) -> None:
    assert float(shown(value).replace("Infinity", "inf")) == value


def test_times() -> None:
    assert stamp(1_721_135_682_007) == "2024-07-16T13:14:42.007+0000"
    assert zulu(1_721_135_682_007) == "2024-07-16T13:14:42.007Z"
    assert spoken(1_579_033_777_415) == "Tuesday 14 January, 2020 20:29:37 UTC"
