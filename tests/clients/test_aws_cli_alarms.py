"""Alarms by the ordinary `aws` command, and what a webhook gets of them."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudwatch.alarms.webhook_server import WebhookServer

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.timeout(180)]

PUT = (
    *("put-metric-alarm", "--alarm-name", "behind", "--namespace", "AWS/Kinesis"),
    *("--metric-name", "GetRecords.IteratorAgeMilliseconds", "--statistic", "Maximum"),
    *("--dimensions", "Name=StreamName,Value=events", "--period", "60"),
    *("--evaluation-periods", "3", "--threshold", "60000"),
    *("--comparison-operator", "GreaterThanThreshold", "--treat-missing-data", "ignore"),
)


@pytest.fixture
def webhook() -> Iterator[WebhookServer]:
    with WebhookServer() as webhook:
        yield webhook


def aws(server: dict[str, str], *arguments: str) -> Any:
    """What the command prints, as JSON; None for nothing."""
    command = [Path(sys.executable).with_name("aws"), "cloudwatch", *arguments, "--output", "json"]
    done = subprocess.run(
        command, env=server, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout) if done.stdout else None


def test_an_alarm_from_its_making_to_its_end(
    server: dict[str, str], webhook: WebhookServer
) -> None:
    # Given an alarm, made by the command of docs/alarms.md
    assert (
        aws(server, *PUT, "--alarm-actions", json.dumps([webhook.url]), "--tags", "Key=a,Value=b")
        is None
    )
    (alarm,) = aws(server, "describe-alarms", "--alarm-name-prefix", "beh")["MetricAlarms"]
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["Dimensions"] == [{"Name": "StreamName", "Value": "events"}]
    assert (alarm["Threshold"], alarm["TreatMissingData"]) == (60000.0, "ignore")
    tags = aws(server, "list-tags-for-resource", "--resource-arn", alarm["AlarmArn"])
    assert tags["Tags"] == [{"Key": "a", "Value": "b"}]
    # When its state is set by hand
    state = ("--state-value", "ALARM", "--state-reason", "a drill")
    assert aws(server, "set-alarm-state", "--alarm-name", "behind", *state) is None
    # Then the webhook is told, and the history says so
    items: list[Any] = []
    deadline = time.monotonic() + 60
    while len(items) < 3:
        assert time.monotonic() < deadline
        shown = aws(server, "describe-alarm-history", "--alarm-name", "behind")
        items = shown["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        f"Successfully executed action {webhook.url}",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        'Alarm "behind" created',
    ]
    (message,) = webhook.messages
    assert (message["NewStateValue"], message["NewStateReason"]) == ("ALARM", "a drill")
    # And it can be deleted
    assert aws(server, "delete-alarms", "--alarm-names", "behind") is None
    assert aws(server, "describe-alarms")["MetricAlarms"] == []


def test_a_server_looks_by_itself(server: dict[str, str], webhook: WebhookServer) -> None:
    # Given an alarm on periods of ten seconds, and a value now
    metric = ("--namespace", "App/Alarms", "--metric-name", "Errors")
    aws(
        server,
        *("put-metric-alarm", "--alarm-name", "errors", *metric, "--statistic", "Sum"),
        *("--period", "10", "--evaluation-periods", "1", "--threshold", "0"),
        *(
            "--comparison-operator",
            "GreaterThanThreshold",
            "--alarm-actions",
            json.dumps([webhook.url]),
        ),
    )
    aws(server, "put-metric-data", *metric, "--value", "1", "--storage-resolution", "1")
    # When nobody does anything, Then the webhook is told within half a minute or so
    webhook.wait(seconds=90)
    assert webhook.messages[0]["NewStateReason"].startswith("Threshold Crossed: 1 datapoint [1.0 (")
