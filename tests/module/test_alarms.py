"""The alarms: AWS's recommendation, thresholds that follow from the rest, what can be changed."""

from typing import Any

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator

from shardline.module.alarms import alarms
from shardline.module.spec import loads, resolve


def made(yaml: str, shards: int = 4) -> dict[str, dict[str, Any]]:
    """The alarms of a configuration, by name."""
    found = alarms(resolve(loads(yaml)), shards)
    return {each["AlarmName"]: each for each in found}


def plain(alarm: dict[str, Any]) -> tuple[Any, ...]:
    """What AWS's recommendation says of an alarm."""
    return (
        alarm["MetricName"],
        alarm["Statistic"],
        alarm["ComparisonOperator"],
        alarm["DatapointsToAlarm"],
        alarm["EvaluationPeriods"],
        alarm["TreatMissingData"],
        alarm["Threshold"],
    )


FULL = "name: orders\nshards: 4\nretention: 7d\nconsumers: [billing]\n"


def test_the_seven_that_aws_recommends() -> None:
    found = made("name: orders\nshards: 4\nretention: 7d\n")

    more, less = "GreaterThanThreshold", "LessThanThreshold"
    half = 3.5 * 24 * 3600 * 1000
    assert [plain(alarm) for alarm in found.values() if "MetricName" in alarm] == [
        ("GetRecords.IteratorAgeMilliseconds", "Maximum", more, 15, 15, "breaching", half),
        ("GetRecords.Success", "Average", less, 5, 5, "missing", 0.99),
        ("PutRecord.Success", "Average", less, 5, 5, "missing", 0.99),
        ("ReadProvisionedThroughputExceeded", "Average", more, 5, 5, "notBreaching", 0.01),
        ("WriteProvisionedThroughputExceeded", "Average", more, 5, 5, "notBreaching", 0.01),
    ]
    failed = found["kinesis-orders-failed-records"]
    assert [each.get("Expression") for each in failed["Metrics"]] == [None, None, "failed / total"]
    assert failed["Threshold"] == pytest.approx(0.001)
    lag = made(FULL)["kinesis-orders-lag-billing"]
    assert plain(lag)[:5] == ("SubscribeToShardEvent.MillisBehindLatest", "Average", more, 5, 5)
    assert lag["Dimensions"] == [
        {"Name": "StreamName", "Value": "orders"},
        {"Name": "ConsumerName", "Value": "billing"},
    ]


@pytest.mark.parametrize(
    ("alarm", "metric", "expression"),
    [
        ("bytes-in", "IncomingBytes", "load / (4 * 60 * 1048576)"),
        ("records-in", "IncomingRecords", "load / (4 * 60 * 1000)"),
        ("bytes-out", "GetRecords.Bytes", "load / (4 * 60 * 2097152)"),
    ],
)
def test_utilisation_is_a_share_of_what_the_shards_take(
    alarm: str, metric: str, expression: str
) -> None:
    found = made(FULL)[f"kinesis-orders-{alarm}-utilization"]

    assert found["Metrics"][0]["MetricStat"]["Metric"]["MetricName"] == metric
    assert found["Metrics"][1]["Expression"] == expression
    assert (found["Threshold"], found["ComparisonOperator"]) == (
        0.8,
        "GreaterThanOrEqualToThreshold",
    )
    assert (found["DatapointsToAlarm"], found["EvaluationPeriods"]) == (10, 15)


def test_more_shards_are_another_capacity() -> None:
    before, after = made(FULL, 4), made(FULL, 8)

    assert {name for name in before if before[name] != after[name]} == {
        "kinesis-orders-bytes-in-utilization",
        "kinesis-orders-records-in-utilization",
        "kinesis-orders-bytes-out-utilization",
    }


def test_more_retention_is_more_time_to_catch_up() -> None:
    before, after = made(FULL), made(FULL.replace("7d", "24h"))

    assert {name: after[name]["Threshold"] for name in before if before[name] != after[name]} == {
        "kinesis-orders-iterator-age": 12 * 3600 * 1000
    }


def test_on_demand_has_no_fixed_capacity_to_compare_with() -> None:
    assert sorted(made("name: orders")) == [
        "kinesis-orders-failed-records",
        "kinesis-orders-iterator-age",
        "kinesis-orders-put-success",
        "kinesis-orders-read-success",
        "kinesis-orders-read-throttled",
        "kinesis-orders-write-throttled",
    ]


def test_an_alarm_can_be_silenced_or_set_and_sent_somewhere() -> None:
    found = made(
        FULL
        + """
alarms:
  iterator_age: 6h
  put_success: false
  write_throttled: 5%
  notify: ["arn:aws:sns:us-east-1:123456789012:oncall"]
  notify_recovered: ["arn:aws:sns:us-east-1:123456789012:relief"]
"""
    )

    assert found["kinesis-orders-iterator-age"]["Threshold"] == 6 * 3600 * 1000
    assert found["kinesis-orders-write-throttled"]["Threshold"] == 0.05
    assert "kinesis-orders-put-success" not in found
    for alarm in found.values():
        assert alarm["AlarmActions"] == ["arn:aws:sns:us-east-1:123456789012:oncall"]
        assert alarm["OKActions"] == ["arn:aws:sns:us-east-1:123456789012:relief"]


@pytest.mark.parametrize(
    ("more", "iterator_age", "lag"),
    [
        ("", "breaching", None),
        ("expect_readers: false", "notBreaching", None),
        ("consumers: [billing]", "notBreaching", "breaching"),
        ("consumers: [billing]\nexpect_readers: false", "notBreaching", "missing"),
    ],
)
def test_nobody_reading_is_an_alarm_where_somebody_should(
    more: str, iterator_age: str, lag: str | None
) -> None:
    found = made(f"name: orders\n{more}\n")

    assert found["kinesis-orders-iterator-age"]["TreatMissingData"] == iterator_age
    assert found.get("kinesis-orders-lag-billing", {}).get("TreatMissingData") == lag


def test_the_description_says_what_it_means() -> None:
    text = made(FULL)["kinesis-orders-bytes-in-utilization"]["AlarmDescription"]

    assert text.startswith("Nearly full: bytes written, >= 80% for 10 of 15 minutes. Warns when")


def test_each_is_a_call_that_the_model_of_cloudwatch_takes() -> None:
    shape = Session().get_service_model("cloudwatch").operation_model("PutMetricAlarm").input_shape
    longest = FULL.replace("orders", "s" * 106).replace("billing", "c" * 128)

    for alarm in made(longest).values():
        assert not ParamValidator().validate(alarm, shape).has_errors()
        assert len(alarm["AlarmName"]) <= 255
        assert len(alarm["AlarmDescription"]) <= 1024
