"""Alarms at work: metrics are put, time passes, states change, over the wire."""

import json
from pathlib import Path
from typing import Any

import pytest

from cloudwatch.alarms.wire import (
    ACCOUNT,
    BUSY,
    a_clock,
    a_minute_of,
    described,
    history,
    put_load,
    state_of,
    store,
)
from shardline.settings import NodeSettings
from shardline.storage.metric_store import Metric
from shardline.testing import TestServer, running_server


def test_an_alarm_goes_to_and_fro(server: TestServer) -> None:
    # Given an alarm on one period of one
    server.client("cloudwatch").put_metric_alarm(**BUSY)
    assert state_of(server) == "INSUFFICIENT_DATA"
    # When the metric is beyond the threshold for a minute, and within it for another
    a_minute_of(server, 25.0)
    in_alarm = described(server)
    a_minute_of(server, 5.0)
    # Then it is in the states that follow, with AWS's words
    assert in_alarm["StateValue"] == "ALARM"
    assert in_alarm["StateReason"].startswith("Threshold Crossed: 1 datapoint [25.0 (")
    assert in_alarm["StateReason"].endswith(")] was greater than the threshold (10.0).")
    data = json.loads(in_alarm["StateReasonData"])
    assert data["recentDatapoints"] == [25.0]
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 1.0
    assert state_of(server) == "OK"
    # And without data, for as long as the evaluation range is, in none
    server.clock.advance(minutes=2)
    assert state_of(server) == "OK"
    server.clock.advance(minutes=1)
    assert described(server)["StateReason"] == "Insufficient Data: 1 datapoint was unknown."
    assert history(server) == [
        ("ConfigurationUpdate", 'Alarm "busy" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("StateUpdate", "Alarm updated from ALARM to OK"),
        ("StateUpdate", "Alarm updated from OK to INSUFFICIENT_DATA"),
    ]


def test_a_look_that_finds_the_same_changes_nothing(server: TestServer) -> None:
    server.client("cloudwatch").put_metric_alarm(**BUSY)
    a_minute_of(server, 25.0)
    before = described(server)
    a_minute_of(server, 26.0)
    assert described(server) == before


def test_two_of_three(server: TestServer) -> None:
    server.client("cloudwatch").put_metric_alarm(
        **{**BUSY, "EvaluationPeriods": 3, "DatapointsToAlarm": 2}
    )
    states = []
    for value in (25.0, 5.0, 5.0, 25.0, 5.0, 25.0, 5.0, 5.0):
        a_minute_of(server, value)
        states.append(state_of(server))
    assert states == [
        "INSUFFICIENT_DATA",  # one that breaches is not enough, and nothing says OK
        "OK", "OK", "OK", "OK", "ALARM", "OK", "OK",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("treatment", "state"),
    [
        ("missing", "INSUFFICIENT_DATA"),
        ("breaching", "ALARM"),
        ("notBreaching", "OK"),
        ("ignore", "INSUFFICIENT_DATA"),
    ],
)
def test_missing_data(server: TestServer, treatment: str, state: str) -> None:
    server.client("cloudwatch").put_metric_alarm(**BUSY, TreatMissingData=treatment)
    server.clock.advance(minutes=1)
    assert state_of(server) == state


def test_a_long_period_slides_by_minutes(server: TestServer) -> None:
    # Given an alarm on the sum of five minutes, and a value now
    server.client("cloudwatch").put_metric_alarm(**{**BUSY, "Period": 300})
    put_load(server, 6.0)
    states = []
    for _ in range(6):
        server.clock.advance(minutes=1)
        states.append(state_of(server))
    assert states == ["OK"] * 6
    # When as much comes again within five minutes of the next one
    put_load(server, 6.0)
    server.clock.advance(minutes=4)
    put_load(server, 6.0)
    server.clock.advance(minutes=1)
    # Then both are in one window
    assert state_of(server) == "ALARM"


def test_seconds(server: TestServer) -> None:
    server.client("cloudwatch").put_metric_alarm(**{**BUSY, "Period": 10})
    put_load(server, 25.0, StorageResolution=1)
    server.clock.advance(seconds=10)
    assert state_of(server) == "ALARM"


def test_units(server: TestServer) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**{**BUSY, "AlarmName": "bytes"}, Unit="Bytes")
    cloudwatch.put_metric_alarm(**BUSY)
    put_load(server, 6.0, Unit="Bytes")
    put_load(server, 6.0, Unit="Count")
    server.clock.advance(minutes=1)
    assert (state_of(server, "bytes"), state_of(server)) == ("OK", "ALARM")


def test_an_expression(server: TestServer) -> None:
    # Given an alarm on the share of errors
    def metric(name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "App", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": name.lower(), "MetricStat": stat, "ReturnData": False}

    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Metrics=[
            {"Id": "share", "Expression": "100 * errors / calls"},
            metric("Errors"),
            metric("Calls"),
        ],
        EvaluationPeriods=1,
        DatapointsToAlarm=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    # When 6 of 100 calls fail
    for name, value in (("Errors", 6.0), ("Calls", 100.0)):
        cloudwatch.put_metric_data(
            Namespace="App",
            MetricData=[
                {"MetricName": name, "Value": value, "Timestamp": server.clock.now_ms() / 1000}
            ],
        )
    server.clock.advance(minutes=1)
    # Then it is in ALARM
    alarm = described(server, "errors")
    assert alarm["StateValue"] == "ALARM"
    assert "[6.0 (" in alarm["StateReason"]
    assert "statistic" not in json.loads(alarm["StateReasonData"])


def test_a_percentile_of_too_few_samples(server: TestServer) -> None:
    call = {**BUSY, "ExtendedStatistic": "p90", "EvaluateLowSampleCountPercentile": "ignore"}
    del call["Statistic"]
    server.client("cloudwatch").put_metric_alarm(**call)
    metric = Metric(ACCOUNT, server.region, "App", "Load", (("Host", "a"),))
    store(server, metric, 25.0, count=99)
    server.clock.advance(minutes=1)
    assert state_of(server) == "INSUFFICIENT_DATA"
    store(server, metric, 25.0, count=100)
    server.clock.advance(minutes=1)
    assert state_of(server) == "ALARM"


def test_kinesiss_metrics(server: TestServer) -> None:
    # The runbook's alarm: readers that fall behind
    server.client("cloudwatch").put_metric_alarm(
        AlarmName="behind",
        Namespace="AWS/Kinesis",
        MetricName="GetRecords.IteratorAgeMilliseconds",
        Dimensions=[{"Name": "StreamName", "Value": "flights"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=2,
        Threshold=60_000,
        ComparisonOperator="GreaterThanThreshold",
    )
    name = "GetRecords.IteratorAgeMilliseconds"
    metric = Metric(ACCOUNT, server.region, "AWS/Kinesis", name, (("StreamName", "flights"),))
    for age_ms in (1_000.0, 90_000.0, 120_000.0):
        store(server, metric, age_ms)
        server.clock.advance(minutes=1)
    assert state_of(server, "behind") == "ALARM"


def test_accounts_and_regions_are_apart(server: TestServer) -> None:
    there = server.client("cloudwatch", region_name="eu-west-1")
    there.put_metric_alarm(**BUSY)
    a_minute_of(server, 25.0)
    (alarm,) = there.describe_alarms()["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert server.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_alarms_outlive_a_restart(tmp_path: Path) -> None:
    # Given an alarm that went to ALARM
    settings = NodeSettings(data_dir=tmp_path, port=0)
    clock = a_clock()
    with running_server(settings, clock=clock) as server:
        server.client("cloudwatch").put_metric_alarm(**BUSY, Tags=[{"Key": "team", "Value": "a"}])
        a_minute_of(server, 25.0)
        before, items = described(server), history(server)
        assert before["StateValue"] == "ALARM"
    # When the server starts again
    with running_server(settings, clock=clock) as server:
        # Then all is there, and looking goes on
        assert described(server) == before
        assert history(server) == items
        tags = server.client("cloudwatch").list_tags_for_resource(ResourceARN=before["AlarmArn"])
        assert tags["Tags"] == [{"Key": "team", "Value": "a"}]
        a_minute_of(server, 5.0)
        assert state_of(server) == "OK"
