"""GetMetricStatistics as boto3 calls it by each protocol, and what it refuses, in AWS's words."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch.metrics_support import at, minute, put
from example_counts import examples
from gateway.shape_values import values_of
from shardline.cloudwatch.get_statistics import StatisticsAsked, asked
from shardline.cloudwatch.units import UNITS
from shardline.gateway.errors import ServiceError
from shardline.gateway.model import load_service
from shardline.testing import TestServer

NOW_S = 1_700_000_000
SHAPE = load_service("cloudwatch").operations["GetMetricStatistics"].input
STATISTICS = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]
A_CALL: dict[str, Any] = {
    "Namespace": "App",
    "MetricName": "m",
    "StartTime": NOW_S - 3600.0,
    "EndTime": float(NOW_S),
    "Period": 60,
    "Statistics": ["Sum"],
}


def get(server: TestServer, client: Any, namespace: str, **more: Any) -> list[dict[str, Any]]:
    call = {
        "Namespace": namespace,
        "MetricName": "m",
        "StartTime": at(server, 600),
        "EndTime": at(server, -60),
        "Period": 60,
        "Statistics": ["Sum"],
    }
    call |= more
    if "ExtendedStatistics" in more:
        del call["Statistics"]
    answer = client.get_metric_statistics(**call)
    assert answer["Label"] == "m"
    return list(answer["Datapoints"])


def test_the_five_statistics_by_the_minute(cloudwatch: Any, server: TestServer) -> None:
    namespace = "Five/" + cloudwatch.meta.service_model.resolved_protocol
    put(server, namespace, "m", {120: [1, 2, 6], 0: 4.5}, Host="a")
    put(server, namespace, "m", {120: 100}, Host="b")
    found = get(
        server,
        cloudwatch,
        namespace,
        Dimensions=[{"Name": "Host", "Value": "a"}],
        Statistics=STATISTICS,
    )
    assert found == [
        {"Timestamp": minute(server, 120), "Unit": "Count", "SampleCount": 3.0, "Average": 3.0,
         "Sum": 9.0, "Minimum": 1.0, "Maximum": 6.0},
        {"Timestamp": minute(server, 0), "Unit": "Count", "SampleCount": 1.0, "Average": 4.5,
         "Sum": 4.5, "Minimum": 4.5, "Maximum": 4.5},
    ]  # fmt: skip
    assert get(server, cloudwatch, namespace) == []


def test_percentiles_and_others(cloudwatch: Any, server: TestServer) -> None:
    namespace = "Extended/" + cloudwatch.meta.service_model.resolved_protocol
    put(server, namespace, "m", {60: [float(n) for n in range(1, 101)]})
    (found,) = get(
        server, cloudwatch, namespace, ExtendedStatistics=["p50", "p99.9", "TM(10%:90%)", "PR(:20)"]
    )
    assert found["ExtendedStatistics"] == {
        "p50": 50.0, "p99.9": 100.0, "TM(10%:90%)": 50.5, "PR(:20)": 20.0,
    }  # fmt: skip


def test_units_are_apart(cloudwatch: Any, server: TestServer) -> None:
    namespace = "Units/" + cloudwatch.meta.service_model.resolved_protocol
    put(server, namespace, "m", {60: 1})
    put(server, namespace, "m", {60: 2}, unit="Bytes")
    assert [point["Unit"] for point in get(server, cloudwatch, namespace)] == ["Bytes", "Count"]
    (found,) = get(server, cloudwatch, namespace, Unit="Bytes")
    assert (found["Sum"], found["Unit"]) == (2.0, "Bytes")
    assert get(server, cloudwatch, namespace, Unit="Seconds") == []


def test_periods_begin_at_the_start_rounded_to_the_minute(
    cloudwatch: Any, server: TestServer
) -> None:
    namespace = "Periods/" + cloudwatch.meta.service_model.resolved_protocol
    first = minute(server, 540)
    put(server, namespace, "m", {60 * n: 1 for n in range(10)})
    start = first + timedelta(seconds=20)
    found = get(server, cloudwatch, namespace, StartTime=start, Period=240)
    assert [(point["Timestamp"], point["Sum"]) for point in found] == [
        (first, 4.0),
        (first + timedelta(seconds=240), 4.0),
        (first + timedelta(seconds=480), 2.0),
    ]


def test_seconds_of_what_is_put_by_the_second(cloudwatch: Any, server: TestServer) -> None:
    namespace = "Seconds/" + cloudwatch.meta.service_model.resolved_protocol
    put(server, namespace, "m", {3 * n: 1 for n in range(20)}, resolution=1)
    found = get(server, cloudwatch, namespace, StartTime=at(server, 31), Period=10)
    assert sum(point["Sum"] for point in found) >= 11
    assert all(point["Timestamp"].second % 10 == 0 for point in found)
    # What is put by the minute has no seconds
    put(server, namespace + "2", "m", {30: 1})
    assert get(server, cloudwatch, namespace + "2", Period=10) == []


def test_what_is_refused_says_so(cloudwatch: Any, server: TestServer) -> None:
    with pytest.raises(cloudwatch.exceptions.InvalidParameterCombinationException) as refused:
        get(server, cloudwatch, "App", StartTime=at(server, 86_400), Period=1)
    assert refused.value.response["Error"]["Message"].startswith("You have requested up to 86460 ")
    with pytest.raises(ClientError) as refused:
        get(server, cloudwatch, "App", Period=90)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "InvalidParameterValue",
        "The parameter Period must be a multiple of 60.",
    )


def refusal(**changed: Any) -> tuple[str, str | None]:
    call = {name: value for name, value in (A_CALL | changed).items() if value is not ...}
    with pytest.raises(ServiceError) as refused:
        asked("0", "r", call, UNITS, NOW_S)
    return refused.value.code, refused.value.message


VALUE, MISSING, COMBINATION = (
    "InvalidParameterValue",
    "MissingParameter",
    "InvalidParameterCombination",
)


@pytest.mark.parametrize(
    ("changed", "code", "sentence"),
    [
        ({"Namespace": ..., "MetricName": "", "Period": None, "StartTime": ..., "EndTime": ...},
         MISSING,
         "The parameter Namespace is required.\nThe parameter MetricName is required.\n"
         "The parameter Period is required.\nThe parameter StartTime is required.\n"
         "The parameter EndTime is required."),
        ({"StartTime": float(NOW_S)}, VALUE,
         "The parameter StartTime must not equal parameter EndTime."),
        ({"StartTime": NOW_S + 1.0}, VALUE,
         "The parameter StartTime must be less than the parameter EndTime."),
        ({"StartTime": -1.0}, VALUE, "The value -1.0 for parameter StartTime is invalid."),
        ({"Period": 0}, VALUE, "The value 0 for parameter Period is invalid."),
        ({"Period": 45}, VALUE, "The parameter Period must be a multiple of 60."),
        ({"EndTime": NOW_S + 86_400.0}, COMBINATION,
         "You have requested up to 1500 datapoints, which exceeds the limit of 1440. You may "
         "reduce the datapoints requested by increasing Period, or decreasing the time range."),
        ({"Statistics": ...}, COMBINATION,
         "Must specify either Statistics or ExtendedStatistics"),
        ({"ExtendedStatistics": ["p1"]}, COMBINATION,
         "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have "
         "specified both."),
        ({"Statistics": ["p99"]}, VALUE,
         "The parameter Statistics.member.1 must be a value in the set "
         "[ SampleCount, Average, Sum, Minimum, Maximum ]."),
        ({"Statistics": ..., "ExtendedStatistics": ["Sum", None]}, VALUE,
         "The value Sum for parameter ExtendedStatistics.member.1 is invalid.\n"
         "The value None for parameter ExtendedStatistics.member.2 is invalid."),
        ({"Statistics": ["Sum"] * 6}, VALUE,
         "The collection Statistics must not have a size greater than 5."),
        ({"Unit": "Miles"}, VALUE,
         f"The parameter Unit must be a value in the set [ {', '.join(UNITS)} ]."),
        ({"Dimensions": [{"Name": "a"}]}, MISSING,
         "The parameter Dimensions.member.1.Value is required."),
    ],
)  # fmt: skip
def test_what_is_refused(changed: dict[str, Any], code: str, sentence: str) -> None:
    assert refusal(**changed) == (code, sentence)


def test_the_limit_itself_is_allowed() -> None:
    call = A_CALL | {"StartTime": NOW_S - 86_400.0}
    assert asked("0", "r", call, UNITS, NOW_S).start_s == (NOW_S - 86_400) // 60 * 60


@pytest.mark.parametrize(
    ("days", "step_s"), [(0.1, 60), (14.9, 60), (15.1, 300), (62.9, 300), (63.1, 3600), (400, 3600)]
)
def test_starts_are_rounded_by_their_age(days: float, step_s: int) -> None:
    start_s = NOW_S - days * 86_400
    call = A_CALL | {"StartTime": start_s, "EndTime": start_s + 60}
    assert asked("0", "r", call, UNITS, NOW_S).start_s == start_s // step_s * step_s


@pytest.mark.parametrize(("period_s", "step_s"), [(1, 1), (5, 5), (20, 20), (60, 60), (120, 60)])
def test_recent_starts_are_rounded_to_short_periods(period_s: int, step_s: int) -> None:
    call = A_CALL | {"StartTime": NOW_S - 100.5, "Period": period_s}
    assert asked("0", "r", call, UNITS, NOW_S).start_s == (NOW_S - 100.5) // step_s * step_s


@given(data=st.data())
@settings(max_examples=examples(150), deadline=None)
def test_any_call_is_taken_or_refused(data: Any) -> None:
    assert SHAPE is not None
    call = data.draw(values_of(SHAPE))
    with contextlib.suppress(ServiceError):  # anything else would fail
        assert isinstance(asked("0", "r", call, UNITS, NOW_S), StatisticsAsked)
