"""The price of a month, worked out by hand from the table."""

from typing import Any

import pytest
from hypothesis import given

from module.configurations import right, unhurried
from shardline.module.prices import AS_OF, Load, monthly
from shardline.module.prices.formulas import FACTS, LINES, LOAD
from shardline.module.prices.rates import RATES
from shardline.module.spec import StreamConfig, resolve

NOTHING = Load(records_per_second=0)
GB = 100 * 3600 * 730 / 1024 / 1024  # 100 records of 1 KiB a second, for a month


def lines(load: Load | None = None, **values: Any) -> dict[str, float]:
    """The lines of the estimate for a stream without alarms, in dollars."""
    config = StreamConfig.model_validate({"name": "a", "alarms": False, **values})
    return {line.title: line.dollars for line in monthly(resolve(config), load).lines}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"shards": 4}, {"Shards": 4 * 730 * 0.015}),
        ({"shards": {"min": 2, "max": 9}}, {"Shards": 2 * 730 * 0.015}),
        (
            {"shards": 4, "retention": "25h"},
            {"Shards": 43.8, "Kept longer than 24 hours": 4 * 730 * 0.02},
        ),
        (
            {"shards": 4, "consumers": ["b", "c"]},
            {"Shards": 43.8, "Fan-out consumers": 2 * 4 * 730 * 0.015},
        ),
        (
            {"shards": 4, "shard_level_metrics": "all"},
            {"Shards": 43.8, "Metrics of each shard": 4 * 7 * 0.3},
        ),
        ({}, {"The stream": 730 * 0.04}),
    ],
)
def test_what_is_charged_without_load(values: dict[str, Any], expected: dict[str, float]) -> None:
    assert lines(NOTHING, **values) == pytest.approx(expected)


def test_what_is_charged_for_load_on_shards() -> None:
    assert lines(shards=1, retention="30d", consumers=["b"]) == pytest.approx(
        {
            "Shards": 10.95,
            "Records written": 100 * 3600 * 730 * 0.014 / 1e6,
            "Kept longer than 24 hours": 14.6,
            "Fan-out consumers": 10.95,
            "Sent to fan-out consumers": GB * 0.013,
            "Kept longer than 7 days": GB / 730 * (30 - 7) * 24 * 0.023,
        }
    )


def test_what_is_charged_for_load_on_demand() -> None:
    assert lines(retention="30d", consumers=["b"]) == pytest.approx(
        {
            "The stream": 29.2,
            "Data written": GB * 0.08,
            "Data read": GB * 0.04,
            "Sent to fan-out consumers": GB * 0.05,
            "Kept longer than 24 hours": GB / 730 * 6 * 24 * 0.10,
            "Kept longer than 7 days": GB / 730 * 23 * 24 * 0.023,
        }
    )


@pytest.mark.parametrize(("kib", "units"), [(0.5, 1), (25, 1), (25.5, 2), (26, 2), (1024, 41)])
def test_a_record_is_paid_in_units_of_25_kb(kib: float, units: int) -> None:
    written = lines(Load(1, kib), shards=1)["Records written"]
    assert written == pytest.approx(3600 * 730 * units * 0.014 / 1e6)


def test_on_demand_counts_full_kilobytes() -> None:
    assert lines(Load(100, 0.1))["Data written"] == pytest.approx(GB * 0.08)


def test_alarms_are_charged_by_what_they_watch() -> None:
    config = StreamConfig(name="a", shards=1, consumers=("b", "c"))
    (alarms,) = (x for x in monthly(resolve(config)).lines if x.title == "Alarms")
    # Nine alarms and one for each consumer; that of failed records watches two metrics.
    assert alarms.amount == 9 + 1 + 2


def test_another_region_is_priced_as_one_that_is_known_and_says_so() -> None:
    config = StreamConfig(name="a", region="eu-west-1")
    estimate = monthly(resolve(config))
    assert estimate.total == monthly(resolve(StreamConfig(name="a"))).total
    assert f"list prices of {AS_OF} in us-east-1, for want of those of eu-west-1" in estimate.note


@unhurried
@given(right)
def test_every_stream_has_a_price(values: dict[str, Any]) -> None:
    estimate = monthly(resolve(StreamConfig.model_validate(values)))
    assert estimate.total > 0
    assert all(line.dollars > 0 for line in estimate.lines)


def test_formulas_use_what_there_is() -> None:
    assert {line["rate"] for line in LINES} == set(RATES["us-east-1"])
    assert not {assumed["name"] for assumed in LOAD} & set(FACTS)
    assert Load() == Load(**{assumed["name"]: assumed["default"] for assumed in LOAD})
