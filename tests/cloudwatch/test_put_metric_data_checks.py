"""What PutMetricData refuses, in AWS's words. Sources: `shardline.cloudwatch.checks`."""

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from example_counts import examples
from gateway.shape_values import values_of
from shardline.cloudwatch.checks import MOST_SENTENCES
from shardline.cloudwatch.datums import NEWEST_MS, OLDEST_MS, data_of
from shardline.cloudwatch.units import UNITS
from shardline.gateway.errors import ServiceError
from shardline.gateway.model import load_service
from shardline.storage.metric_store import Datum, Metric
from shardline.storage.statistic_set import StatisticSet

NOW_MS = 1_700_000_040_500
SHAPE = load_service("cloudwatch").operations["PutMetricData"].input
VALUE, MISSING, COMBINATION = (
    "InvalidParameterValue",
    "MissingParameter",
    "InvalidParameterCombination",
)
FIRST = "MetricData.member.1"
A_SET = {"SampleCount": 10.0, "Sum": 55.0, "Minimum": 1.0, "Maximum": 10.0}


def put(call: dict[str, Any]) -> list[Datum]:
    return data_of("000000000000", "us-east-1", call, UNITS, NOW_MS)


def datum(**members: Any) -> dict[str, Any]:
    return {"MetricName": "m", "Value": 1.0, **members}


def put_one(**members: Any) -> Datum:
    (found,) = put({"Namespace": "App", "MetricData": [datum(**members)]})
    return found


def refusal_of(call: dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(ServiceError) as refused:
        put(call)
    assert refused.value.status == 400
    return refused.value.code, refused.value.message


def refusal(**members: Any) -> tuple[str, str | None]:
    given_ = {name: value for name, value in datum(**members).items() if value is not ...}
    return refusal_of({"Namespace": "App", "MetricData": [given_]})


def test_what_is_put_is_what_comes_out() -> None:
    dimensions = [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]
    assert put_one(Dimensions=dimensions, Timestamp=1_700_000_000.25, Unit="Bytes") == Datum(
        Metric("000000000000", "us-east-1", "App", "m", (("a", "1"), ("b", "2"))),
        "Bytes",
        60,
        1_700_000_000,
        StatisticSet(1, 1, 1, 1, {1.0: 1.0}),
    )
    plain = put_one(StorageResolution=1)
    assert (plain.unit, plain.resolution, plain.at_s) == ("None", 1, NOW_MS // 1000)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Value": -2.0}, StatisticSet(1, -2, -2, -2, {-2.0: 1.0})),
        ({"Value": None, "Values": [1.0, 3.0]}, StatisticSet(2, 4, 1, 3, {1.0: 1.0, 3.0: 1.0})),
        (
            {"Value": None, "Values": [1.0, 3.0], "Counts": [2.0, 0.5]},
            StatisticSet(2.5, 3.5, 1, 3, {1.0: 2.0, 3.0: 0.5}),
        ),
        ({"Value": None, "StatisticValues": A_SET}, StatisticSet(10, 55, 1, 10, None)),
        # AWS was seen to take both; that the set counts is ours.
        (
            {"Value": None, "StatisticValues": A_SET, "Values": [7.0]},
            StatisticSet(10, 55, 1, 10, None),
        ),
        ({"Value": 2.0**360}, StatisticSet(1, 2**360, 2**360, 2**360, {2.0**360: 1.0})),
    ],
)
def test_values_come_in_three_forms(members: dict[str, Any], expected: StatisticSet) -> None:
    assert put_one(**members).statistics == expected


def test_counts_of_nothing_put_nothing() -> None:
    empty = {"MetricName": "m", "Values": [1.0], "Counts": [0.0]}
    assert put({"Namespace": "App", "MetricData": [empty]}) == []


@pytest.mark.parametrize(
    ("call", "code", "sentence"),
    [
        ({}, MISSING,
         "The parameter Namespace is required.\nThe parameter MetricData is required."),
        ({"Namespace": ""}, MISSING,
         "The parameter Namespace is required.\nThe parameter MetricData is required."),
        ({"Namespace": "App"}, MISSING, "The parameter MetricData is required."),
        ({"Namespace": "App", "MetricData": []}, MISSING, "The parameter MetricData is required."),
        ({"Namespace": "AWS/Kinesis", "MetricData": [datum()]}, VALUE,
         "The value AWS/ for parameter Namespace is invalid."),
        ({"Namespace": ":a", "MetricData": [datum()]}, VALUE,
         "The value :a for parameter Namespace is invalid."),
        ({"Namespace": "ä" * 256, "MetricData": [datum()]}, VALUE,
         "The value for parameter Namespace contains non-ASCII characters.\n"
         "The parameter Namespace must be shorter than 256 characters."),
        ({"Namespace": "a\x07", "MetricData": [datum()]}, VALUE,
         "The value for parameter Namespace contains control characters."),
        ({"Namespace": "App", "MetricData": [datum()] * 1001}, VALUE,
         "The collection MetricData must not have a size greater than 1000."),
        ({"Namespace": "App", "MetricData": [None]}, MISSING,
         f"The parameter {FIRST} is required."),
        ({"Namespace": "App", "EntityMetricData": [{}] * 3}, VALUE,
         "The collection EntityMetricData must not have a size greater than 2."),
        ({"Namespace": "App", "EntityMetricData": [{"MetricData": [{"Value": 1.0}]}]}, MISSING,
         "The parameter EntityMetricData.member.1.MetricData.member.1.MetricName is required."),
    ],
)  # fmt: skip
def test_the_call(call: dict[str, Any], code: str, sentence: str) -> None:
    assert refusal_of(call) == (code, sentence)


@pytest.mark.parametrize(
    ("members", "code", "sentence"),
    [
        ({"MetricName": None}, MISSING, f"The parameter {FIRST}.MetricName is required."),
        ({"MetricName": "m" * 256}, VALUE,
         f"The parameter {FIRST}.MetricName must be shorter than 256 characters."),
        ({"Unit": "active"}, VALUE,
         f"The parameter {FIRST}.Unit must be a value in the set [ {', '.join(UNITS)} ]."),
        ({"StorageResolution": 30}, VALUE,
         f"The parameter {FIRST}.StorageResolution must be a value in the set [ 1, 60 ]."),
        ({"Timestamp": (NOW_MS - OLDEST_MS - 1) / 1000}, VALUE,
         f"The parameter {FIRST}.Timestamp must specify a time within the past two weeks."),
        ({"Timestamp": (NOW_MS + NEWEST_MS + 1) / 1000}, VALUE,
         f"The parameter {FIRST}.Timestamp must specify a time no more than two hours in the "
         "future."),
        ({"Value": math.nan}, VALUE, f"The value NaN for parameter {FIRST}.Value is invalid."),
        ({"Value": math.inf}, VALUE, f"The value Infinity for parameter {FIRST}.Value is invalid."),
        ({"Value": -math.inf}, VALUE,
         f"The value -Infinity for parameter {FIRST}.Value is invalid."),
        ({"Value": 1e109}, VALUE, f"The value 1e+109 for parameter {FIRST}.Value is invalid."),
        ({"Value": ...}, MISSING,
         f"At least one of the parameters {FIRST}.Value or {FIRST}.StatisticValues must be "
         "specified."),
        ({"Values": [1.0, 10.0]}, COMBINATION,
         f"The parameters {FIRST}.Value and {FIRST}.Values are mutually exclusive and you have "
         "specified both."),
        ({"StatisticValues": A_SET}, COMBINATION,
         f"The parameters {FIRST}.Value and {FIRST}.StatisticValues are mutually exclusive and "
         "you have specified both."),
        ({"Value": ..., "Values": [1.0, 10.0], "Counts": [2.0, 4.0, 5.0]}, VALUE,
         f"The parameters {FIRST}.Values and {FIRST}.Counts must be of the same size."),
        ({"Value": ..., "Counts": [2.0]}, VALUE,
         f"The parameters {FIRST}.Values and {FIRST}.Counts must be of the same size."),
        ({"Value": ..., "Values": [1.0] * 151}, VALUE,
         f"The collection {FIRST}.Values must not have a size greater than 150."),
        ({"Value": ..., "Values": [math.nan]}, VALUE,
         f"The value NaN for parameter {FIRST}.Values is invalid."),
        ({"Value": ..., "Values": [1.0], "Counts": [-1.0]}, VALUE,
         f"The value -1.0 for parameter {FIRST}.Counts is invalid."),
        ({"Value": ..., "StatisticValues": {"Sum": 1.0}}, MISSING,
         f"The parameter {FIRST}.StatisticValues.Maximum is required.\n"
         f"The parameter {FIRST}.StatisticValues.Minimum is required.\n"
         f"The parameter {FIRST}.StatisticValues.SampleCount is required."),
        ({"Value": ..., "StatisticValues": A_SET | {"Maximum": 0.0}}, VALUE,
         f"The parameter {FIRST}.StatisticValues.Maximum must be greater than "
         f"{FIRST}.StatisticValues.Minimum."),
        ({"Value": ..., "StatisticValues": A_SET | {"SampleCount": 0.0}}, VALUE,
         f"The parameter {FIRST}.StatisticValues.SampleCount must not equal 0."),
        ({"Value": ..., "StatisticValues": A_SET | {"SampleCount": -1.0}}, VALUE,
         f"The parameter {FIRST}.StatisticValues.SampleCount must be greater than 0."),
        ({"Value": ..., "StatisticValues": A_SET | {"Sum": math.nan}}, VALUE,
         f"The value NaN for parameter {FIRST}.StatisticValues.Sum is invalid."),
    ],
)  # fmt: skip
def test_a_datum(members: dict[str, Any], code: str, sentence: str) -> None:
    assert refusal(**members) == (code, sentence)


@pytest.mark.parametrize(
    ("dimensions", "code", "sentence"),
    [
        ([{"Name": f"n{n}", "Value": "v"} for n in range(31)], VALUE,
         f"The collection {FIRST}.Dimensions must not have a size greater than 30."),
        ([{"Name": "a", "Value": "v"}] * 2, VALUE,
         "No Metric may specify the same dimension twice."),
        ([{"Name": "", "Value": "v"}], MISSING,
         f"The parameter {FIRST}.Dimensions.member.1.Name is required."),
        ([None], MISSING,
         f"The parameter {FIRST}.Dimensions.member.1.Name is required.\n"
         f"The parameter {FIRST}.Dimensions.member.1.Value is required."),
        ([{"Name": ":a", "Value": "v"}], VALUE,
         f"The value :a for parameter {FIRST}.Dimensions.member.1.Name is invalid."),
        ([{"Name": "a", "Value": "  "}], VALUE,
         f"The value    for parameter {FIRST}.Dimensions.member.1.Value is invalid."),
        ([{"Name": "a", "Value": "ü" * 1025}], VALUE,
         f"The value for parameter {FIRST}.Dimensions.member.1.Value contains non-ASCII "
         f"characters.\nThe parameter {FIRST}.Dimensions.member.1.Value must be shorter than 1025 "
         "characters."),
    ],
)  # fmt: skip
def test_dimensions(dimensions: list[Any], code: str, sentence: str) -> None:
    assert refusal(Dimensions=dimensions) == (code, sentence)


def test_the_limits_themselves_are_allowed() -> None:
    dimensions = [{"Name": f"n{n}", "Value": "v" * 1024} for n in range(30)]
    assert put_one(Dimensions=dimensions, MetricName="m" * 255)
    assert put_one(Timestamp=(NOW_MS - OLDEST_MS) / 1000)
    assert put_one(Timestamp=(NOW_MS + NEWEST_MS) / 1000)
    values = {"MetricName": "m", "Values": [float(n) for n in range(150)]}
    assert len(put({"Namespace": "A" * 255, "MetricData": [values] * 1000})) == 1000


def test_everything_that_is_wrong_is_told_up_to_a_bound() -> None:
    bad = [datum(Value=math.nan) for _ in range(200)]
    code, message = refusal_of({"Namespace": "App", "MetricData": bad})
    assert code == VALUE
    assert message is not None
    lines = message.split("\n")
    assert len(lines) == MOST_SENTENCES
    assert lines[1] == "The value NaN for parameter MetricData.member.2.Value is invalid."


@given(data=st.data())
@settings(max_examples=examples(150), deadline=None)
def test_any_call_is_taken_or_refused(data: Any) -> None:
    assert SHAPE is not None
    call = data.draw(values_of(SHAPE))
    with contextlib.suppress(ServiceError):  # anything else would fail
        assert all(isinstance(datum, Datum) for datum in put(call))
