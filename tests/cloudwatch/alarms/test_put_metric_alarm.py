"""PutMetricAlarm, and what it refuses."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch.alarms.wire import ACCOUNT, BUSY, a_minute_of, described, history, state_of
from shardline.testing import TestServer

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:ops"
EVERYTHING = {
    **BUSY,
    "AlarmDescription": "Ärger",
    "ActionsEnabled": False,
    "OKActions": [TOPIC],
    "AlarmActions": [TOPIC, "https://example.org/hook?token=1"],
    "InsufficientDataActions": ["arn:aws:lambda:us-east-1:000000000000:function:f"],
    "Unit": "Count",
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "TreatMissingData": "notBreaching",
}
TIMES = (
    "AlarmConfigurationUpdatedTimestamp",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
)


def refusal(client: Any, **call: Any) -> tuple[str, str]:
    """The code and the text that a call is refused with."""
    with pytest.raises(ClientError) as refused:
        client.put_metric_alarm(**call)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_alarm_comes_back_as_it_was_put(cloudwatch: Any, server: TestServer) -> None:
    cloudwatch.put_metric_alarm(**EVERYTHING)
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    now_ms = server.clock.now_ms()
    assert {round(alarm.pop(name).timestamp() * 1000) for name in TIMES} == {now_ms}
    assert alarm == {
        **EVERYTHING,
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:busy",
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
    }


def test_an_alarm_on_an_expression_comes_back_as_it_was_put(cloudwatch: Any) -> None:
    metric = {"Namespace": "App", "MetricName": "Load", "Dimensions": BUSY["Dimensions"]}
    metrics = [
        {"Id": "e1", "Expression": "m1 * 8", "Label": "Bits", "ReturnData": True},
        {
            "Id": "m1",
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p99", "Unit": "Count"},
            "ReturnData": False,
        },
    ]
    cloudwatch.put_metric_alarm(
        AlarmName="math",
        Metrics=metrics,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
    )
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert alarm["Metrics"] == metrics
    assert "MetricName" not in alarm


def test_an_extended_statistic(cloudwatch: Any) -> None:
    call = {**BUSY, "ExtendedStatistic": "p99.9", "EvaluateLowSampleCountPercentile": "ignore"}
    del call["Statistic"]
    cloudwatch.put_metric_alarm(**call)
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert alarm["ExtendedStatistic"] == "p99.9"
    assert alarm["EvaluateLowSampleCountPercentile"] == "ignore"
    assert "Statistic" not in alarm


def test_an_update_overwrites_all_but_the_state_and_the_tags(server: TestServer) -> None:
    # Given an alarm in ALARM, with a tag
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**EVERYTHING, Tags=[{"Key": "team", "Value": "a"}])
    cloudwatch.put_metric_alarm(**BUSY, Tags=[{"Key": "team", "Value": "b"}])
    a_minute_of(server, 25.0)
    assert state_of(server) == "ALARM"
    before = described(server)
    # When it is configured anew
    server.clock.advance(seconds=1)
    cloudwatch.put_metric_alarm(**{**BUSY, "Threshold": 99.0})
    # Then its state is what it was, until it is looked at next
    after = described(server)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"Threshold", "AlarmConfigurationUpdatedTimestamp"}
    assert "AlarmDescription" not in after
    arn = after["AlarmArn"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "team", "Value": "a"}
    ]
    assert [summary for kind, summary in history(server) if kind == "ConfigurationUpdate"] == [
        'Alarm "busy" created',
        'Alarm "busy" updated',
        'Alarm "busy" updated',
    ]


METRIC = {"Metric": {"Namespace": "App", "MetricName": "Load"}, "Period": 60, "Stat": "Sum"}
M1 = {"Id": "m1", "MetricStat": METRIC, "ReturnData": False}
ON_METRICS = {
    "AlarmName": "math",
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "LessThanThreshold",
}
NONE = object()
INVALID = "ValidationError"
REFUSED_BY_RULE = [
    ({"MetricName": NONE}, INVALID, "MetricName must not be null"),
    ({"Namespace": NONE}, INVALID, "Namespace must not be null"),
    ({"Period": NONE}, INVALID, "Period must not be null"),
    ({"Statistic": NONE}, INVALID, "Statistic must not be null"),
    ({"EvaluationPeriods": NONE}, INVALID, "EvaluationPeriods must not be null"),
    ({"Threshold": NONE}, INVALID, "Threshold must not be null"),
    ({"ComparisonOperator": NONE}, INVALID, "ComparisonOperator must not be null"),
    (
        {"ExtendedStatistic": "p90"},
        INVALID,
        "Statistic and ExtendedStatistic cannot both be set",
    ),
    (
        {"Statistic": NONE, "ExtendedStatistic": "90"},
        "InvalidParameterValue",
        "The value 90 for parameter ExtendedStatistic is not supported.",
    ),
    ({"Period": 45}, INVALID, "Period must be 10, 20, 30 or a multiple of 60"),
    (
        {"EvaluationPeriods": 1441},
        INVALID,
        "Metrics cannot be checked across more than a day "
        "(EvaluationPeriods * Period must be <= 86400).",
    ),
    (
        {"Period": 86400, "EvaluationPeriods": 8},
        INVALID,
        "Metrics cannot be checked across more than a week "
        "(EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600",
    ),
    (
        {"DatapointsToAlarm": 2},
        INVALID,
        "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
    ),
    (
        {"TreatMissingData": "x"},
        INVALID,
        "The value x is not supported for TreatMissingData parameter. Supported values are "
        "[breaching, notBreaching, ignore, missing].",
    ),
    (
        {"EvaluateLowSampleCountPercentile": "x"},
        INVALID,
        "Option x is not supported. Supported options for parameter "
        "EvaluateLowSampleCountPercentile are evaluate and ignore.",
    ),
    ({"AlarmActions": ["ops"]}, INVALID, "Invalid arn syntax: ops"),
    ({"OKActions": ["arn:aws:sns"]}, INVALID, "Invalid arn syntax: arn:aws:sns"),
    ({"AlarmActions": ["http://a b/"]}, INVALID, "Invalid URL: http://a b/"),
    ({"AlarmActions": ["https://h:x/"]}, INVALID, "Invalid URL: https://h:x/"),
    ({"InsufficientDataActions": ["http://"]}, INVALID, "Invalid URL: http://"),
    (
        {"AlarmActions": [TOPIC.replace("us-east-1", "eu-west-1")]},
        INVALID,
        "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
    ),
    (
        {"AlarmActions": [TOPIC] * 6},
        INVALID,
        f"1 validation error detected: Value '[{', '.join([TOPIC] * 6)}]' at 'alarmActions' "
        "failed to satisfy constraint: Member must have length less than or equal to 5",
    ),
    (
        {"AlarmName": "a\tb"},
        INVALID,
        "The parameter AlarmName contains ASCII control characters.",
    ),
    (
        {"Dimensions": BUSY["Dimensions"] * 2},
        INVALID,
        "No Metric may specify the same dimension twice.",
    ),
    (
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        INVALID,
        "ComparisonOperator GreaterThanUpperThreshold: Shardline has no alarms on anomaly "
        "detection models.",
    ),
    (
        {"ThresholdMetricId": "ad1"},
        INVALID,
        "ThresholdMetricId: Shardline has no alarms on anomaly detection models.",
    ),
    (
        {"EvaluationWindow": {"WallClockWindow": {}}},
        INVALID,
        "EvaluationWindow: Shardline has no wall clock windows, only sliding ones.",
    ),
    (
        {"Tags": [{"Key": "aws:x", "Value": ""}]},
        "InvalidParameterValue",
        "aws: prefixed tag key names are not allowed for external use.",
    ),
    (
        {"Tags": [{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]},
        "InvalidParameterValue",
        "Duplicate tag keys found.",
    ),
    (
        {"Tags": [{"Key": str(n), "Value": ""} for n in range(51)]},
        "InvalidParameterValue",
        "An alarm cannot have more than 50 tags.",
    ),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("change", "code", "text"), REFUSED_BY_RULE)
def test_what_is_refused(
    server_of_all: TestServer, change: dict[str, Any], code: str, text: str
) -> None:
    call = {name: value for name, value in {**BUSY, **change}.items() if value is not NONE}
    client = server_of_all.client("cloudwatch")
    assert refusal(client, **call) == (code, text)
    assert client.describe_alarms()["MetricAlarms"] == []


REFUSED_METRICS = [
    ([{**M1, "ReturnData": False}], "Exactly one element of the metrics list should return data."),
    (
        [{**M1, "ReturnData": True}, {"Id": "e1", "Expression": "m1"}],
        "Exactly one element of the metrics list should return data.",
    ),
    (
        [{"Id": "e1", "Expression": "TIME_SERIES(1)"}],
        "At least one element of the metrics list must be a metric.",
    ),
    (
        [{"Id": "e1", "Expression": "METRICS()"}, M1],
        "Metrics expression that return multi time series are only allowed for "
        "MetricsInsights expression with an ORDER BY clause",
    ),
    (
        [{"Id": "e1", "Expression": "SUM(SEARCH('Load', 'Sum', 60))"}],
        "SEARCH is not supported on Metric Alarms",
    ),
    (
        [{"Id": "m1", "MetricStat": {**METRIC, "Period": 5}}],
        "Period must be 10, 20, 30 or a multiple of 60",
    ),
    (
        [{"Id": f"m{n}", "MetricStat": METRIC, "ReturnData": not n} for n in range(11)],
        "The metrics list must not have more than 10 metrics.",
    ),
]


@pytest.mark.parametrize(("metrics", "text"), REFUSED_METRICS)
def test_metrics_that_are_refused(
    server_of_all: TestServer, metrics: list[dict[str, Any]], text: str
) -> None:
    client = server_of_all.client("cloudwatch")
    assert refusal(client, **ON_METRICS, Metrics=metrics) == (INVALID, text)


def test_expressions_are_checked(server_of_all: TestServer) -> None:
    client = server_of_all.client("cloudwatch")
    broken = [{"Id": "e1", "Expression": "m1 +"}, M1]
    code, text = refusal(client, **ON_METRICS, Metrics=broken)
    assert code == INVALID
    assert text.startswith("Error in expression 'e1': ")
    code, text = refusal(client, **ON_METRICS, Metrics=[{"Id": "e1", "Expression": "m2"}, M1])
    assert (code, text[:24]) == (INVALID, "Error in expression 'e1'")


@pytest.mark.parametrize("name", ["MetricName", "Namespace", "Statistic", "Dimensions", "Period"])
def test_metrics_and_a_metric_do_not_go_together(server_of_all: TestServer, name: str) -> None:
    client = server_of_all.client("cloudwatch")
    call = {**ON_METRICS, "Metrics": [{**M1, "ReturnData": True}], name: BUSY[name]}
    assert refusal(client, **call) == (
        INVALID,
        f"{name} should not be set if list of Metrics is set.",
    )


def test_a_refusal_is_the_same_in_every_protocol(cloudwatch: Any) -> None:
    assert refusal(cloudwatch, **{**BUSY, "Period": 45}) == (
        INVALID,
        "Period must be 10, 20, 30 or a multiple of 60",
    )


def test_a_threshold_that_is_no_number(cloudwatch: Any) -> None:
    if cloudwatch.meta.service_model.resolved_protocol == "json":
        pytest.skip("botocore writes it as a string, which no JSON number is")
    assert refusal(cloudwatch, **{**BUSY, "Threshold": float("nan")})[0] == INVALID
