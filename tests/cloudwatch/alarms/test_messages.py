"""What an action sends, beside notifications of AWS; which URL it goes to; AWS's region names."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch.alarms.samples import MINUTE_MS, a_watch, an_alarm
from shardline.cloudwatch.alarms.arns import alarm_named, host_of, is_url, topic_named
from shardline.cloudwatch.alarms.history import (
    MOST_DATA,
    MOST_SUMMARY,
    action_taken,
    configured,
    state_updated,
)
from shardline.cloudwatch.alarms.messages import MOST_SUBJECT, message, subject
from shardline.cloudwatch.alarms.regions import region_name
from shardline.cloudwatch.alarms.targets import Targets
from shardline.storage.alarm_entities import MetricStat, Notice, Query

ARN = "arn:aws:sns:us-east-1:000000000000:ops"


def test_an_expressions_trigger() -> None:
    # As a notification of 2020-04-29 has it, but for TreatMissingData, which was indented then
    metric = MetricStat("Test", "HealthyHostCount", (("TargetGroup", "tg"),), 60, "Average")
    queries = (
        Query("expr_1", expression="100*(healthyHostCount/fleetCapacity)"),
        Query("healthyHostCount", metric, label="HealthyHostCount", returns=False),
    )
    alarm = an_alarm(
        a_watch(metric=None, queries=queries, threshold=65.0, missing_data="missing"),
        state="ALARM",
    )
    assert json.loads(message(alarm, "OK", "US West (Oregon)"))["Trigger"] == {
        "Period": 60,
        "EvaluationPeriods": 3,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 65.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
        "Metrics": [
            {
                "Expression": "100*(healthyHostCount/fleetCapacity)",
                "Id": "expr_1",
                "ReturnData": True,
            },
            {
                "Id": "healthyHostCount",
                "Label": "HealthyHostCount",
                "MetricStat": {
                    "Metric": {
                        "Dimensions": [{"value": "tg", "name": "TargetGroup"}],
                        "MetricName": "HealthyHostCount",
                        "Namespace": "Test",
                    },
                    "Period": 60,
                    "Stat": "Average",
                },
                "ReturnData": False,
            },
        ],
    }


@pytest.mark.parametrize(
    ("stat", "kind", "shown"),
    [
        ("SampleCount", "Statistic", "SAMPLE_COUNT"),
        ("Average", "Statistic", "AVERAGE"),
        ("p99.9", "ExtendedStatistic", "p99.9"),
    ],
)
def test_statistics(stat: str, kind: str, shown: str) -> None:
    alarm = an_alarm(a_watch(metric=MetricStat("App", "m", (), 60, stat)))
    trigger = json.loads(message(alarm, "OK", "x"))["Trigger"]
    assert (trigger["StatisticType"], trigger[kind]) == (kind, shown)


def test_subjects_are_within_snss_length() -> None:
    region = region_name("us-east-1")
    assert subject(an_alarm(state="OK"), region) == 'OK: "busy" in US East (N. Virginia)'
    long = subject(an_alarm(name="n" * 255), region)
    assert len(long) == MOST_SUBJECT
    assert long.startswith('INSUFFICIENT_DATA: "nnn')
    assert long.endswith('n..." in US East (N. Virginia)')


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("us-east-1", "US East (N. Virginia)"),
        ("eu-central-1", "Europe (Frankfurt)"),
        ("cn-north-1", "China (Beijing)"),
        ("mars-1", "mars-1"),
    ],
)
def test_region_names(region: str, name: str) -> None:
    assert region_name(region) == name


@given(st.text(max_size=4000), st.text(max_size=1000))
def test_items_are_within_awss_lengths(text: str, name: str) -> None:
    metrics = [MetricStat("n" * 255, "m" * 255, (("d" * 255, "v" * 1000),), 60, "Sum")] * 10
    watch = a_watch(metric=None, queries=tuple(Query(f"m{n}", m) for n, m in enumerate(metrics)))
    alarm = an_alarm(watch, name=name[:255] or "x", reason=text[:1023], description=text[:1024])
    notice = Notice("id", *alarm.key, "MetricAlarm", "arn:" + "a" * 1020, "s", text * 9, MINUTE_MS)
    for item in (
        configured(alarm, "created", MINUTE_MS),
        state_updated(alarm, an_alarm(reason_data=json.dumps([text])), MINUTE_MS),
        action_taken(notice, None, MINUTE_MS),
        action_taken(notice, text[:300], MINUTE_MS),
    ):
        assert len(item.summary) <= MOST_SUMMARY
        assert len(item.data) <= MOST_DATA
        assert json.loads(item.data)


# Where actions go


def test_arns_and_urls() -> None:
    topic = topic_named(ARN)
    assert topic is not None
    assert (topic.region, topic.account, topic.name) == ("us-east-1", "000000000000", "ops")
    assert topic_named(ARN + ".fifo") is not None
    assert topic_named("arn:aws:sqs:us-east-1:000000000000:ops") is None
    assert alarm_named("arn:aws:cloudwatch:r-1:000000000000:alarm:a:b c") == (
        "000000000000",
        "r-1",
        "a:b c",
    )
    assert alarm_named(ARN) is None
    assert [is_url(text) for text in ("HTTPS://x", "ftp://x", ARN)] == [True, False, False]
    hosts = {
        "https://Example.org:8443/a?b=c": "example.org",
        "http://user:secret@[::1]/": "::1",
        "https:///path": None,
        "file:///etc/passwd": None,
        "http://a\n.org/": None,
        "http://[x": None,
        "http://ä.org/": None,
        "http://a:99999/": None,
    }
    assert {url: host_of(url) for url in hosts} == hosts


def test_targets() -> None:
    other = ARN.replace("000000000000", "111111111111")
    targets = Targets({"ops": "http://a/", other: "http://b/"}, ("example.org",))
    assert targets.url_of(ARN) == "http://a/"  # the operator's own, whatever the hosts
    assert targets.url_of(other) == "http://b/"
    assert targets.url_of("https://EXAMPLE.org/x") == "https://EXAMPLE.org/x"
    for refused in ("https://evil.org/", "https://example.org.evil.org/", "https://", "arn:x"):
        with pytest.raises(LookupError):
            targets.url_of(refused)
    assert Targets({}).url_of("http://anywhere/") == "http://anywhere/"


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_is_none(text: str) -> None:
    host = host_of("http://" + text)
    assert host is None or host.isascii()
