"""What is kept of what age, seen through the API, while the clock moves over 455 days."""

import datetime
from typing import Any

import pytest

from cloudwatch.metrics_support import put
from shardline.cloudwatch.periods import oldest_s, rounded_start_s
from shardline.testing import ManualClock, TestServer, running_server

DAY_S = 86_400


def sums(server: TestServer, client: Any, period_s: int, days: float) -> list[float]:
    """The sum of each period in the last so many days."""
    now_s = server.clock.now_ms() // 1000
    totals: list[float] = []
    token: dict[str, Any] = {}
    while True:
        page = client.get_metric_data(
            MetricDataQueries=[
                {
                    "Id": "m",
                    "MetricStat": {
                        "Metric": {"Namespace": "App", "MetricName": "m"},
                        "Period": period_s,
                        "Stat": "Sum",
                    },
                }
            ],
            StartTime=datetime.datetime.fromtimestamp(now_s - days * DAY_S, datetime.UTC),
            EndTime=datetime.datetime.fromtimestamp(now_s + 60, datetime.UTC),
            **token,
        )
        totals += page["MetricDataResults"][0]["Values"]
        if "NextToken" not in page:
            return totals
        token = {"NextToken": page["NextToken"]}


@pytest.mark.slow
def test_sums_are_the_same_whatever_their_age() -> None:
    with running_server(clock=ManualClock()) as server:
        client = server.client("cloudwatch")
        # Given a value every 8 hours for 460 days, with upkeep each day
        for day in range(460):
            server.clock.advance(seconds=DAY_S)
            put(server, "App", "m", {3600 * (8 * n + 4): day + n for n in range(3)})
            server.upkeep()
        whole = sum(day + n for day in range(460) for n in range(3))
        # Then hours and days have 455 days of them, and finer periods those that they are kept for
        lost = sum(day + n for day in range(5) for n in range(3))
        assert sum(sums(server, client, 3600, 455)) == whole - lost
        assert sum(sums(server, client, DAY_S, 455)) == whole - lost
        assert len(sums(server, client, 3600, 455)) == 455 * 3
        assert len(sums(server, client, 300, 455)) == 63 * 3
        assert len(sums(server, client, 60, 455)) == 15 * 3
        assert sums(server, client, 300, 63) == sums(server, client, 3600, 63)
        assert sums(server, client, 60, 15) == sums(server, client, 3600, 15)
        # And a statistic has them too
        now_s = server.clock.now_ms() // 1000
        found = client.get_metric_statistics(
            Namespace="App",
            MetricName="m",
            StartTime=datetime.datetime.fromtimestamp(now_s - 455 * DAY_S, datetime.UTC),
            EndTime=datetime.datetime.fromtimestamp(now_s, datetime.UTC),
            Period=DAY_S,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        assert sum(point["Sum"] for point in found) == whole - lost
        assert sum(point["SampleCount"] for point in found) == 455 * 3


def test_periods_have_the_age_of_their_steps() -> None:
    now_s = 2_000_000_000
    for period_s, kept_days in (
        (1, 0.125), (30, 0.125), (60, 15), (120, 15), (300, 63), (600, 63), (3600, 455),
        (86_400, 455), (5400, 63),
    ):  # fmt: skip
        assert oldest_s(period_s, now_s) == now_s - kept_days * DAY_S


def test_starts_lie_on_the_steps_of_their_age() -> None:
    now_s = 2_000_000_123
    for days, step_s in ((0, 60), (15, 60), (16, 300), (63, 300), (64, 3600), (900, 3600)):
        start_s = rounded_start_s(now_s - days * DAY_S + 0.5, now_s, 60)
        assert start_s % step_s == 0
        assert 0 <= now_s - days * DAY_S - start_s < step_s
    assert rounded_start_s(now_s - 0.5, now_s, 5) == now_s - 3
