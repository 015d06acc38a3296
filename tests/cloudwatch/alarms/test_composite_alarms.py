"""Composite alarms over the wire."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch.alarms.webhook_server import WebhookServer
from cloudwatch.alarms.wire import ACCOUNT, BUSY, a_minute_of
from shardline.testing import TestServer

ARN = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
ONLY_COMPOSITES = {"AlarmTypes": ["CompositeAlarm"]}


def refusal(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**members)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def state(server: TestServer, name: str) -> str:
    answer = server.client("cloudwatch").describe_alarms(AlarmNames=[name], **ONLY_COMPOSITES)
    (alarm,) = answer["CompositeAlarms"]
    return str(alarm["StateValue"])


def test_a_composite_alarm_follows_its_children(
    cloudwatch: Any, server: TestServer, webhook: WebhookServer
) -> None:
    # Given a composite alarm on a metric alarm and one that is set by hand, and one on that
    cloudwatch.put_metric_alarm(**BUSY)
    cloudwatch.put_metric_alarm(**{**BUSY, "AlarmName": "deploying", "MetricName": "None"})
    rule = "ALARM(busy) AND NOT ALARM(deploying)"
    cloudwatch.put_composite_alarm(
        AlarmName="page", AlarmRule=rule, AlarmActions=[webhook.url], AlarmDescription="d"
    )
    cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule=f'ALARM("{ARN}page")')
    # When the metric alarm goes to ALARM, Then both follow at the same look
    a_minute_of(server, 25.0)
    assert (state(server, "page"), state(server, "all")) == ("ALARM", "ALARM")
    (page,) = cloudwatch.describe_alarms(AlarmNames=["page"], **ONLY_COMPOSITES)["CompositeAlarms"]
    assert page["AlarmRule"] == rule
    assert page["StateReason"].startswith(f"{ARN}busy transitioned to ALARM at ")
    server.finish_actions()
    (message,) = webhook.messages
    assert (message["AlarmRule"], "Trigger" in message) == (rule, False)
    # And they are no metric alarms
    assert {each["AlarmName"] for each in cloudwatch.describe_alarms()["MetricAlarms"]} == {
        "busy",
        "deploying",
    }
    items = cloudwatch.describe_alarm_history(AlarmName="page", **ONLY_COMPOSITES)
    assert {item["AlarmType"] for item in items["AlarmHistoryItems"]} == {"CompositeAlarm"}
    assert cloudwatch.describe_alarm_history(AlarmName="page")["AlarmHistoryItems"] == []
    # When the other does, Then they do not hold any more
    cloudwatch.set_alarm_state(AlarmName="deploying", StateValue="ALARM", StateReason="deploy")
    server.look_at_alarms()
    assert (state(server, "page"), state(server, "all")) == ("OK", "OK")


def test_families(server: TestServer) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**BUSY)
    cloudwatch.put_composite_alarm(AlarmName="one", AlarmRule="ALARM(busy)")
    cloudwatch.put_composite_alarm(AlarmName="two", AlarmRule="ALARM(busy) OR OK(one)")
    children = cloudwatch.describe_alarms(ChildrenOfAlarmName="two")
    assert [set(each) for each in children["MetricAlarms"]] == [
        {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    ]
    assert [each["AlarmName"] for each in children["CompositeAlarms"]] == ["one"]
    parents = cloudwatch.describe_alarms(ParentsOfAlarmName="busy")
    assert parents["CompositeAlarms"] == [
        {"AlarmName": name, "AlarmArn": ARN + name} for name in ("one", "two")
    ]
    assert refusal(cloudwatch.describe_alarms, ParentsOfAlarmName="busy", StateValue="OK") == (
        "ValidationError",
        "ParentsOfAlarmName cannot be set with other filters",
    )


def test_an_alarm_that_others_depend_on_stays(server: TestServer) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**BUSY)
    for name in ("one", "two"):
        cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule="ALARM(busy)")
    assert refusal(cloudwatch.delete_alarms, AlarmNames=["busy"]) == (
        "ValidationError",
        "Cannot delete busy as there are composite alarm(s) depending on it.",
    )
    assert refusal(cloudwatch.delete_alarms, AlarmNames=["one", "two"]) == (
        "ValidationError",
        "Only one composite alarm can be deleted at a time.",
    )
    cloudwatch.delete_alarms(AlarmNames=["one"])
    cloudwatch.delete_alarms(AlarmNames=["two", "busy"])
    everything = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    assert everything["MetricAlarms"] == everything["CompositeAlarms"] == []


def test_what_is_refused(server: TestServer) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**BUSY)
    put = cloudwatch.put_composite_alarm
    assert refusal(put, AlarmName="c", AlarmRule="ALARM(x) OR OK(busy)") == (
        "ValidationError",
        f"Could not save the composite alarm as alarms [{ARN}x] in the alarm rule do not exist",
    )
    assert refusal(put, AlarmName="c", AlarmRule="ALARM(busy) OR") == (
        "ValidationError",
        "AlarmRule must be a valid expression: it ends where an alarm is expected",
    )
    assert refusal(put, AlarmName="busy", AlarmRule="TRUE") == (
        "ValidationError",
        "An alarm of another type has the name busy.",
    )
    assert refusal(put, AlarmName="c", AlarmRule="TRUE", ActionsSuppressor="busy") == (
        "ValidationError",
        "ActionsSuppressor: Shardline does not suppress the actions of alarms.",
    )
    put(AlarmName="c", AlarmRule="ALARM(busy)")
    assert refusal(cloudwatch.put_metric_alarm, **{**BUSY, "AlarmName": "c"}) == (
        "ValidationError",
        "An alarm of another type has the name c.",
    )


def test_a_cycle_stays_as_it_is(server: TestServer) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="one", AlarmRule="TRUE")
    cloudwatch.put_composite_alarm(AlarmName="two", AlarmRule="ALARM(one)")
    server.look_at_alarms()
    assert (state(server, "one"), state(server, "two")) == ("ALARM", "ALARM")
    cloudwatch.put_composite_alarm(AlarmName="one", AlarmRule="NOT ALARM(two)")
    server.look_at_alarms()
    assert (state(server, "one"), state(server, "two")) == ("ALARM", "ALARM")
