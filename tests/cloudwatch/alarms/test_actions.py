"""Actions over the wire: to a webhook that takes them, fails, redirects, hangs, or is not there."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudwatch.alarms.webhook_server import WebhookServer
from cloudwatch.alarms.wire import ACCOUNT, BUSY, a_clock, a_minute_of, history, state_of
from shardline.cloudwatch.alarms.courier import Courier
from shardline.cloudwatch.alarms.webhook import Undelivered, Webhooks
from shardline.settings import NodeSettings
from shardline.testing import TestServer, running_server

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:ops"


@pytest.fixture
def told(webhook: WebhookServer) -> Iterator[TestServer]:
    """A server that was told where the topic `ops` is."""
    settings = NodeSettings(data_dir=None, port=0, alarm_topics=(("ops", webhook.url),))
    with running_server(settings, clock=a_clock()) as server:
        yield server


def actions(server: TestServer, name: str = "busy") -> list[str]:
    server.finish_actions()
    return [summary for _, summary in history(server, name, HistoryItemType="Action")]


def test_a_topic_gets_what_sns_would_send(told: TestServer, webhook: WebhookServer) -> None:
    # Given an alarm with actions for each state
    told.client("cloudwatch").put_metric_alarm(
        **{**BUSY, "AlarmDescription": "Ärger", "DatapointsToAlarm": 1, "Unit": "None"},
        AlarmActions=[TOPIC, TOPIC],
        OKActions=[TOPIC],
        InsufficientDataActions=[TOPIC],
    )
    # When it goes to ALARM
    a_minute_of(told, 25.0)
    assert actions(told) == [f"Successfully executed action {TOPIC}"]
    # Then the topic's URL was posted one notification, as SNS has them
    ((headers, body),) = webhook.received
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-message-id"] == body["MessageId"]
    assert headers["x-amz-sns-topic-arn"] == TOPIC
    assert list(body) == ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp"]
    assert body["Type"] == "Notification"
    assert body["TopicArn"] == TOPIC
    assert body["Subject"] == 'ALARM: "busy" in US East (N. Virginia)'
    message = json.loads(body["Message"])
    times = [
        message.pop(name) for name in ("AlarmConfigurationUpdatedTimestamp", "StateChangeTime")
    ]
    assert all(text.endswith("+0000") for text in times)
    assert body["Timestamp"] == times[1].replace("+0000", "Z")
    assert message.pop("NewStateReason").startswith("Threshold Crossed: 1 out of the last 1 data")
    assert message == {
        "AlarmName": "busy",
        "AlarmDescription": "Ärger",
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "Region": "US East (N. Virginia)",
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:busy",
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [TOPIC],
        "AlarmActions": [TOPIC, TOPIC],
        "InsufficientDataActions": [TOPIC],
        "Trigger": {
            "MetricName": "Load",
            "Namespace": "App",
            "StatisticType": "Statistic",
            "Statistic": "SUM",
            "Unit": "None",
            "Dimensions": [{"value": "a", "name": "Host"}],
            "Period": 60,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 10.0,
            "TreatMissingData": "",
            "EvaluateLowSampleCountPercentile": "",
        },
    }
    # And the other states have their own
    a_minute_of(told, 5.0)
    told.clock.advance(minutes=3)
    actions(told)
    assert [(m["OldStateValue"], m["NewStateValue"]) for m in webhook.messages] == [
        ("INSUFFICIENT_DATA", "ALARM"),
        ("ALARM", "OK"),
        ("OK", "INSUFFICIENT_DATA"),
    ]


def test_a_url_is_an_action(server: TestServer, webhook: WebhookServer) -> None:
    server.client("cloudwatch").put_metric_alarm(**BUSY, AlarmActions=[webhook.url])
    a_minute_of(server, 25.0)
    assert actions(server) == [f"Successfully executed action {webhook.url}"]
    assert webhook.received[0][1]["TopicArn"] == webhook.url


def test_a_state_that_is_set_by_hand_acts_until_the_next_look(
    server: TestServer, webhook: WebhookServer
) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**BUSY, AlarmActions=[webhook.url], OKActions=[webhook.url])
    server.look_at_alarms()
    for _ in range(2):  # the second time it is in that state
        cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="testing")
        actions(server)
    a_minute_of(server, 5.0)
    assert state_of(server) == "OK"
    actions(server)
    assert [(m["NewStateValue"], m["NewStateReason"][:10]) for m in webhook.messages] == [
        ("ALARM", "testing"),
        ("OK", "Threshold "),
    ]


def test_actions_that_are_disabled_are_not_taken(
    server: TestServer, webhook: WebhookServer
) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(**BUSY, AlarmActions=[webhook.url])
    cloudwatch.disable_alarm_actions(AlarmNames=["busy", "none"])
    a_minute_of(server, 25.0)
    assert (state_of(server), actions(server), webhook.received) == ("ALARM", [], [])
    a_minute_of(server, 5.0)
    cloudwatch.enable_alarm_actions(AlarmNames=["busy"])
    a_minute_of(server, 25.0)
    assert len(actions(server)) == len(webhook.received) == 1


def test_actions_that_nobody_takes_are_in_the_history(server: TestServer) -> None:
    arn = "arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:x"
    server.client("cloudwatch").put_metric_alarm(**BUSY, AlarmActions=[arn, TOPIC])
    a_minute_of(server, 25.0)
    assert sorted(actions(server)) == [
        f'Failed to execute action {arn}. Received error: "Shardline takes no actions of this '
        'kind."',
        f'Failed to execute action {TOPIC}. Received error: "This server was told no URL for the '
        'topic ops."',
    ]


def test_hosts_that_are_not_listed_get_nothing(webhook: WebhookServer) -> None:
    settings = NodeSettings(data_dir=None, port=0, alarm_hosts=("hooks.example.org",))
    with running_server(settings, clock=a_clock()) as server:
        server.client("cloudwatch").put_metric_alarm(**BUSY, AlarmActions=[webhook.url])
        a_minute_of(server, 25.0)
        assert actions(server) == [
            f"Failed to execute action {webhook.url}. Received error: "
            '"This server does not let alarms post to 127.0.0.1."'
        ]
    assert webhook.received == []


def without_pauses(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.node.alarms.courier, "_retry_s", (0.0, 0.0))


def test_a_webhook_that_fails_twice_gets_it_the_third_time(
    server: TestServer, webhook: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pauses(server, monkeypatch)
    webhook.statuses = [500, 429]
    server.client("cloudwatch").put_metric_alarm(**BUSY, AlarmActions=[webhook.url])
    a_minute_of(server, 25.0)
    assert actions(server) == [f"Successfully executed action {webhook.url}"]
    assert len({body["MessageId"] for _, body in webhook.received}) == 1
    assert len(webhook.received) == 3


@pytest.mark.parametrize(
    ("statuses", "error", "posts"),
    [([500] * 9, "HTTP 500", 3), ([404], "HTTP 404", 1), ([302], "HTTP 302", 1)],
)
def test_a_webhook_that_refuses(
    server: TestServer,
    webhook: WebhookServer,
    monkeypatch: pytest.MonkeyPatch,
    statuses: list[int],
    error: str,
    posts: int,
) -> None:
    without_pauses(server, monkeypatch)
    webhook.statuses = list(statuses)
    server.client("cloudwatch").put_metric_alarm(**BUSY, AlarmActions=[webhook.url])
    a_minute_of(server, 25.0)
    assert actions(server) == [f'Failed to execute action {webhook.url}. Received error: "{error}"']
    assert len(webhook.received) == posts


def test_a_webhook_that_is_not_there(server: TestServer, monkeypatch: pytest.MonkeyPatch) -> None:
    without_pauses(server, monkeypatch)
    with WebhookServer() as gone:
        pass
    server.client("cloudwatch").put_metric_alarm(**BUSY, AlarmActions=[gone.url])
    a_minute_of(server, 25.0)
    (summary,) = actions(server)
    assert summary.startswith(f"Failed to execute action {gone.url}. Received error: ")


def test_a_webhook_that_hangs_is_not_waited_for() -> None:
    async def scenario(url: str) -> float:
        webhooks = Webhooks(answer_s=0.2)
        begin = time.monotonic()
        with pytest.raises(Undelivered, match=r"no answer within 0\.2 s") as undelivered:
            await webhooks.post(url, b"{}", {})
        assert not undelivered.value.is_final
        await webhooks.close()
        return time.monotonic() - begin

    with WebhookServer() as webhook:
        webhook.statuses = [0]
        assert asyncio.run(scenario(webhook.url)) < 10


def test_what_is_no_url_is_given_up_at_once() -> None:
    async def scenario() -> None:
        with pytest.raises(Undelivered) as undelivered:
            await Webhooks().post("http://host:port/", b"{}", {})
        assert undelivered.value.is_final

    asyncio.run(scenario())


def test_a_server_that_stops_waits_for_no_webhook_and_loses_no_action(
    tmp_path: Path, webhook: WebhookServer
) -> None:
    # Given an action that hangs
    settings = NodeSettings(data_dir=tmp_path, port=0)
    clock = a_clock()
    webhook.statuses = [0]
    with running_server(settings, clock=clock) as server:
        server.client("cloudwatch").put_metric_alarm(**BUSY, AlarmActions=[webhook.url])
        a_minute_of(server, 25.0)
        webhook.wait()
        begin = time.monotonic()
    # When the server stops, Then it does not wait for the ten seconds that an answer may take
    assert time.monotonic() - begin < 8
    # And the next one takes the action, under the same id
    clock.advance(seconds=1)
    with running_server(settings, clock=clock) as server:
        server.run(server.node.alarms.courier.run_once())
        assert actions(server) == [f"Successfully executed action {webhook.url}"]
    first, second = (body for _, body in webhook.received)
    assert first == second


def test_what_happens_beside_a_webhook_that_hangs(
    server: TestServer, webhook: WebhookServer
) -> None:
    cloudwatch = server.client("cloudwatch")
    webhook.statuses = [0]
    cloudwatch.put_metric_alarm(**BUSY, AlarmActions=[webhook.url])
    begin = time.monotonic()
    states = []
    for value in (25.0, 5.0, 25.0, 5.0):
        a_minute_of(server, value)
        states.append(state_of(server))
    assert states == ["ALARM", "OK", "ALARM", "OK"]
    assert time.monotonic() - begin < 8


def test_no_httpx_without_actions(server: TestServer) -> None:
    courier: Any = server.node.alarms.courier
    assert isinstance(courier, Courier)
    server.client("cloudwatch").put_metric_alarm(**BUSY)
    a_minute_of(server, 25.0)
    assert courier._webhooks._client is None
