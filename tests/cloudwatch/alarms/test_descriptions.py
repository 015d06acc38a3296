"""What operations show of alarms and their histories, page by page; states set by hand; tags."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch.alarms.wire import ACCOUNT, BUSY, a_minute_of, described, history
from shardline.cloudwatch.alarms.history import KEPT_MS
from shardline.storage.alarm_entities import AlarmType, HistoryItem
from shardline.storage.alarm_port import HistoryQuery
from shardline.testing import TestServer

ARN = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:"


def names(answer: dict[str, Any]) -> list[str]:
    return [alarm["AlarmName"] for alarm in answer["MetricAlarms"]]


def refusal(call: Any, **members: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call(**members)
    answer = refused.value.response
    error = answer["Error"]
    return error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def many(server: TestServer) -> TestServer:
    """A server with the alarms a-1 (in ALARM, tells `ops`), a-2, b-1 (of another metric) and ä."""
    cloudwatch = server.client("cloudwatch")
    for name in ("a-2", "a-1", "ä"):
        action = {"OKActions": [TOPIC + "ops"]} if name == "a-1" else {}
        cloudwatch.put_metric_alarm(**{**BUSY, "AlarmName": name}, **action)
    cloudwatch.put_metric_alarm(**{**BUSY, "AlarmName": "b-1", "MetricName": "Other"})
    server.look_at_alarms()  # so that the state set by hand stays
    cloudwatch.set_alarm_state(AlarmName="a-1", StateValue="ALARM", StateReason="x")
    return server


def test_filters(many: TestServer, cloudwatch: Any) -> None:
    def found(**filters: Any) -> list[str]:
        return names(cloudwatch.describe_alarms(**filters))

    assert found() == ["a-1", "a-2", "b-1", "ä"]
    assert found(AlarmNames=["b-1", "a-2", "none"]) == ["a-2", "b-1"]
    assert found(AlarmNamePrefix="a-") == ["a-1", "a-2"]
    assert found(StateValue="ALARM") == ["a-1"]
    assert found(ActionPrefix=TOPIC) == ["a-1"]
    assert found(ActionPrefix="arn:aws:lambda") == []
    assert found(AlarmTypes=["CompositeAlarm", "LogAlarm"]) == []
    assert refusal(cloudwatch.describe_alarms, AlarmNames=["a"], AlarmNamePrefix="a")[:2] == (
        "ValidationError",
        "AlarmNames and AlarmNamePrefix cannot both be set",
    )


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
def test_pages(many: TestServer, size: int) -> None:
    pages = many.client("cloudwatch").get_paginator("describe_alarms")
    found = [names(page) for page in pages.paginate(PaginationConfig={"PageSize": size})]
    assert [name for page in found for name in page] == ["a-1", "a-2", "b-1", "ä"]
    assert all(len(page) == size for page in found[:-1])


def test_alarms_of_a_metric(many: TestServer, cloudwatch: Any) -> None:
    def found(**more: Any) -> list[str]:
        metric = {name: BUSY[name] for name in ("Namespace", "MetricName", "Dimensions")}
        return names(cloudwatch.describe_alarms_for_metric(**{**metric, **more}))

    assert found() == ["a-1", "a-2", "ä"]
    assert found(Statistic="Sum", Period=60) == ["a-1", "a-2", "ä"]
    assert found(Statistic="Average") == found(Period=300) == found(Unit="Bytes") == []
    assert found(Dimensions=[]) == found(MetricName="x") == found(Namespace="x") == []
    assert found(ExtendedStatistic="p90") == []


@pytest.mark.parametrize("token", ["", "x", "eyJ9", "bnVsbA==", "WyJEZXNjcmliZUFsYXJtcyIsMV0="])
def test_tokens_that_are_none(server: TestServer, token: str) -> None:
    cloudwatch = server.client("cloudwatch")
    for call in (cloudwatch.describe_alarms, cloudwatch.describe_alarm_history):
        assert refusal(call, NextToken=token) == (
            "InvalidNextToken",
            "The NextToken is invalid.",
            400,
        )


def test_a_token_is_of_one_operation(many: TestServer) -> None:
    cloudwatch = many.client("cloudwatch")
    token = cloudwatch.describe_alarms(MaxRecords=1)["NextToken"]
    assert refusal(cloudwatch.describe_alarm_history, NextToken=token)[0] == "InvalidNextToken"


# The history


def test_the_items_of_a_history(server: TestServer, cloudwatch: Any) -> None:
    # Given an alarm that was made, moved, and deleted
    cloudwatch.put_metric_alarm(**BUSY, OKActions=[TOPIC + "ops"])
    server.look_at_alarms()
    cloudwatch.set_alarm_state(
        AlarmName="busy", StateValue="ALARM", StateReason="by hand", StateReasonData='{"a": 1}'
    )
    server.clock.advance(seconds=1)
    cloudwatch.delete_alarms(AlarmNames=["busy", "none"])
    # Then its history is there, newest first
    items = cloudwatch.describe_alarm_history(AlarmName="busy")["AlarmHistoryItems"]
    assert [(item["HistoryItemType"], item["HistorySummary"]) for item in items] == [
        ("ConfigurationUpdate", 'Alarm "busy" deleted'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("ConfigurationUpdate", 'Alarm "busy" created'),
    ]
    assert {(item["AlarmName"], item["AlarmType"]) for item in items} == {("busy", "MetricAlarm")}
    deleted, moved, created = (json.loads(item["HistoryData"]) for item in items)
    assert moved == {
        "version": "1.0",
        "oldState": {
            "stateValue": "INSUFFICIENT_DATA",
            "stateReason": "Unchecked: Initial alarm creation",
        },
        "newState": {
            "stateValue": "ALARM",
            "stateReason": "by hand",
            "stateReasonData": {"a": 1},
        },
    }
    times = ("alarmConfigurationUpdatedTimestamp", "stateUpdatedTimestamp")
    assert all(created["createdAlarm"].pop(name).endswith("+0000") for name in times)
    assert created == {
        "version": "1.0",
        "type": "Create",
        "createdAlarm": {
            "alarmName": "busy",
            "alarmArn": f"{ARN}busy",
            "actionsEnabled": True,
            "okactions": [TOPIC + "ops"],
            "alarmActions": [],
            "insufficientDataActions": [],
            "stateValue": "INSUFFICIENT_DATA",
            "evaluationPeriods": 1,
            "threshold": 10.0,
            "comparisonOperator": "GreaterThanThreshold",
            "metricName": "Load",
            "namespace": "App",
            "statistic": "Sum",
            "dimensions": [{"name": "Host", "value": "a"}],
            "period": 60,
        },
    }
    assert (deleted["type"], deleted["deletedAlarm"]["stateValue"]) == ("Delete", "ALARM")


def test_a_history_by_type_time_and_page(server: TestServer) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**BUSY)
    begin_s = server.clock.now_ms() / 1000
    for value in (25.0, 5.0, 25.0):
        a_minute_of(server, value)
    whole = history(server)
    assert len(whole) == 4
    assert history(server, HistoryItemType="StateUpdate") == whole[1:]
    assert history(server, HistoryItemType="Action") == []
    assert history(server, HistoryItemType="AlarmContributorAction") == []
    assert history(server, AlarmContributorId="x") == []
    assert history(server, StartDate=begin_s + 30) == whole[1:]
    assert history(server, EndDate=begin_s + 30) == whole[:1]
    assert history(server, StartDate=begin_s + 30, EndDate=begin_s + 90) == whole[1:2]
    for order in ("TimestampAscending", "TimestampDescending"):
        pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
            ScanBy=order, PaginationConfig={"PageSize": 1}
        )
        found = [item["HistorySummary"] for page in pages for item in page["AlarmHistoryItems"]]
        expected = [summary for _, summary in whole]
        assert found == (expected if order == "TimestampAscending" else expected[::-1])
    assert refusal(cloudwatch.describe_alarm_history, StartDate=2, EndDate=1)[:2] == (
        "InvalidParameterCombination",
        "The parameter StartDate must be less than the parameter EndDate.",
    )


def test_items_of_one_moment_are_told_once_each(many: TestServer) -> None:
    # The clock stands still: all of it happened at once
    pages = many.client("cloudwatch").get_paginator("describe_alarm_history")
    found = [
        item["HistorySummary"]
        for page in pages.paginate(PaginationConfig={"PageSize": 2})
        for item in page["AlarmHistoryItems"]
    ]
    assert found[::-1] == [
        *(f'Alarm "{name}" created' for name in ("a-2", "a-1", "ä", "b-1")),
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]


def test_a_history_is_kept_for_thirty_days(server: TestServer) -> None:
    server.client("cloudwatch").put_metric_alarm(**BUSY)
    server.clock.advance(milliseconds=KEPT_MS)
    assert len(history(server)) == 1
    server.clock.advance(milliseconds=1)
    assert history(server) == []
    assert len(stored(server)) == 1
    # When upkeep is done, Then they are gone for good
    server.upkeep()
    assert stored(server) == []


def stored(server: TestServer) -> list[HistoryItem]:
    kinds: tuple[AlarmType] = ("MetricAlarm",)
    query = HistoryQuery(ACCOUNT, "us-east-1", None, kinds, None, 0, 2**62, True, None, 9)
    return list(server.run(server.node.catalog.alarm_history(query)))  # type: ignore[arg-type]


# States set by hand, and tags


def test_a_state_set_by_hand(server: TestServer, cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**BUSY)
    server.look_at_alarms()
    before = described(server)
    server.clock.advance(seconds=1)
    cloudwatch.set_alarm_state(
        AlarmName="busy", StateValue="OK", StateReason="r", StateReasonData="[]"
    )
    after = described(server)
    assert (after["StateValue"], after["StateReason"], after["StateReasonData"]) == (
        "OK",
        "r",
        "[]",
    )
    assert after["StateTransitionedTimestamp"] > before["StateTransitionedTimestamp"]
    # The same state again: the update is told, and no transition
    server.clock.advance(seconds=1)
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="OK", StateReason="again")
    again = described(server)
    assert again["StateTransitionedTimestamp"] == after["StateTransitionedTimestamp"]
    assert again["StateUpdatedTimestamp"] > after["StateUpdatedTimestamp"]
    assert (again["StateReason"], "StateReasonData" in again) == ("again", False)
    assert len(history(server)) == 2


def test_states_that_cannot_be_set(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**BUSY)
    state = {"AlarmName": "busy", "StateValue": "OK", "StateReason": "r"}
    assert refusal(cloudwatch.set_alarm_state, **{**state, "AlarmName": "none"}) == (
        "ResourceNotFound",
        "Alarm none does not exist",
        404,
    )
    assert refusal(cloudwatch.set_alarm_state, **state, StateReasonData="{") == (
        "InvalidFormat",
        "StateReasonData is not a valid JSON document",
        400,
    )
    code, text, _ = refusal(cloudwatch.set_alarm_state, **{**state, "StateValue": "BAD"})
    assert code == "ValidationError"
    assert "Value 'BAD' at 'stateValue' failed to satisfy constraint" in text


def test_tags(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**BUSY, Tags=[{"Key": "b", "Value": "1"}])
    arn = f"{ARN}busy"

    def tags() -> dict[str, str]:
        listed = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in listed}

    cloudwatch.tag_resource(
        ResourceARN=arn, Tags=[{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}]
    )
    assert tags() == {"a": "", "b": "2"}
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["b", "none"])
    assert tags() == {"a": ""}
    more = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert refusal(cloudwatch.tag_resource, ResourceARN=arn, Tags=more)[:2] == (
        "InvalidParameterValue",
        "An alarm cannot have more than 50 tags.",
    )
    # Tags are no configuration
    items = cloudwatch.describe_alarm_history(AlarmName="busy")["AlarmHistoryItems"]
    assert len(items) == 1


def test_tags_of_what_is_not_there(cloudwatch: Any) -> None:
    listed = cloudwatch.list_tags_for_resource
    for arn in (f"{ARN}none", f"{ARN}none".replace("us-east-1", "eu-west-1")):
        code, text, status = refusal(listed, ResourceARN=arn)
        assert (code, status) == ("ResourceNotFoundException", 404)
        assert text == f"Resource {arn} does not exist"
        for call, more in (
            (cloudwatch.tag_resource, {"Tags": []}),
            (cloudwatch.untag_resource, {"TagKeys": []}),
        ):
            assert refusal(call, ResourceARN=arn, **more)[0] == "ResourceNotFoundException"
    arn = "arn:aws:cloudwatch::000000000000:dashboard/x"
    assert refusal(listed, ResourceARN=arn) == (
        "InvalidParameterValue",
        f"The value {arn} for parameter ResourceARN is invalid.",
        400,
    )
