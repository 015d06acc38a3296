"""What `catalog_port` promises of alarms, their histories, and the actions that wait."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog_support import PLACES, open_catalog, place_of
from shardline.storage.alarm_entities import Alarm, HistoryItem, MetricStat, Notice, Query, Watch
from shardline.storage.alarm_port import HistoryQuery
from shardline.storage.catalog_port import Catalog, Conflict, NameTaken

Scenario = Callable[[Catalog], Awaitable[None]]
METRIC = MetricStat("App", "Load", (("Zone", "b"), ("Host", "a")), 60, "p99.9", "Count")


def an_alarm(name: str = "busy", **changes: Any) -> Alarm:
    alarm = Alarm(
        account="000000000000",
        region="us-east-1",
        name=name,
        configured_ms=1,
        state="OK",
        reason="Unchecked",
        reason_data=None,
        state_updated_ms=2,
        transitioned_ms=3,
        watch=Watch("GreaterThanThreshold", 1e-9, 3, METRIC, (), 2, "ignore", "evaluate"),
    )
    return replace(alarm, **changes)


def an_item(summary: str, at_ms: int = 1, **changes: Any) -> HistoryItem:
    item = HistoryItem(
        "000000000000", "us-east-1", "busy", "MetricAlarm", at_ms, "StateUpdate", summary, "{}"
    )
    return replace(item, **changes)


def a_notice(id_: str, created_ms: int = 1) -> Notice:
    return Notice(
        id_, "000000000000", "us-east-1", "busy", "MetricAlarm", "arn:a", "s", "{}", created_ms
    )


EVERYTHING = HistoryQuery(
    "000000000000", "us-east-1", None, ["MetricAlarm", "CompositeAlarm"], None,
    0, 2**62, False, None, 1000,
)  # fmt: skip


async def summaries(catalog: Catalog, **changes: Any) -> list[str]:
    found = await catalog.alarm_history(replace(EVERYTHING, **changes))
    return [item.summary for item in found]


@pytest.fixture(params=PLACES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Scenario], None]:
    place = place_of(request, tmp_path)

    def run_scenario(scenario: Scenario) -> None:
        async def on_catalog() -> None:
            catalog = await open_catalog(place)
            try:
                await scenario(catalog)
            finally:
                await catalog.close()

        asyncio.run(on_catalog())

    return run_scenario


def test_alarms_come_back_as_they_were(run: Callable[[Scenario], None]) -> None:
    queries = (
        Query("e1", expression="m1 * 2", label="ä", period=60),
        Query("m1", METRIC, returns=False),
    )
    alarms = [
        an_alarm("ä", description="d", actions_enabled=False, ok_actions=("a", "b")),
        an_alarm("b", watch=Watch("LessThanThreshold", -1.0, 1, None, queries)),
        an_alarm("a", watch=None, rule="TRUE", tags=(("k", "v"),), alarm_actions=("x",)),
        an_alarm("a", region="eu-west-1", reason_data="{}", insufficient_data_actions=("y",)),
        an_alarm("a", account="111111111111"),
    ]

    async def scenario(catalog: Catalog) -> None:
        for alarm in alarms:
            await catalog.insert_alarm(alarm, [])
        assert list(await catalog.alarms()) == sorted(alarms, key=lambda alarm: alarm.key)
        here = await catalog.alarms(("000000000000", "us-east-1"))
        assert [alarm.name for alarm in here] == ["a", "b", "ä"]
        for alarm in alarms:
            assert await catalog.alarm(alarm.key) == alarm
        assert await catalog.alarm(("000000000000", "us-east-1", "none")) is None

    run(scenario)


def test_a_name_is_one_alarms(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert_alarm(an_alarm(), [an_item("first")])
        with pytest.raises(NameTaken):
            await catalog.insert_alarm(an_alarm(rule="TRUE", watch=None), [an_item("second")])
        assert await summaries(catalog) == ["first"]

    run(scenario)


def test_an_update_takes_everything_with_it_or_nothing(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        # Given an alarm, and a change of it
        await catalog.insert_alarm(an_alarm(), [])
        changed = an_alarm(state="ALARM", reason="r", reason_data="{}", transitioned_ms=9)
        await catalog.update_alarm(changed, [an_item("changed")], [a_notice("n1")])
        assert await catalog.alarm(changed.key) == replace(changed, version=1)
        # When another change was made from the same version, Then nothing of it is kept
        with pytest.raises(Conflict):
            await catalog.update_alarm(an_alarm(), [an_item("late")], [a_notice("n2")])
        with pytest.raises(Conflict):
            await catalog.update_alarm(an_alarm("none"), [an_item("none")], [a_notice("n3")])
        assert await summaries(catalog) == ["changed"]
        assert list(await catalog.alarm_notices()) == [a_notice("n1")]

    run(scenario)


def test_a_history_outlives_its_alarm(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert_alarm(an_alarm(), [an_item("created")])
        key = an_alarm().key
        await catalog.remove_alarms([key, ("x", "y", "z")], [an_item("deleted")])
        await catalog.remove_alarms([key], [])
        assert await catalog.alarm(key) is None
        assert await summaries(catalog) == ["created", "deleted"]
        await catalog.insert_alarm(an_alarm(), [an_item("again")])
        assert await summaries(catalog) == ["created", "deleted", "again"]

    run(scenario)


def test_what_a_history_is_asked_for(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        items = [
            an_item("a", 10),
            an_item("b", 20, type="Action"),
            an_item("c", 20, alarm="other"),
            an_item("d", 30, alarm_type="CompositeAlarm"),
            an_item("elsewhere", 20, region="eu-west-1"),
            an_item("of another", 20, account="111111111111"),
        ]
        await catalog.insert_alarm(an_alarm(), items)
        assert await summaries(catalog) == ["a", "b", "c", "d"]
        assert await summaries(catalog, newest_first=True) == ["d", "c", "b", "a"]
        assert await summaries(catalog, alarm="other") == ["c"]
        assert await summaries(catalog, alarm_types=["CompositeAlarm"]) == ["d"]
        assert await summaries(catalog, item_type="Action") == ["b"]
        assert await summaries(catalog, start_ms=20, end_ms=30) == ["b", "c"]
        # And page by page, in either direction
        for newest_first in (False, True):
            after, found = None, []
            while page := await catalog.alarm_history(
                replace(EVERYTHING, newest_first=newest_first, after=after, limit=1)
            ):
                found.append(page[0].summary)
                after = (page[0].at_ms, page[0].number)
            assert found == (["d", "c", "b", "a"] if newest_first else ["a", "b", "c", "d"])

    run(scenario)


def test_old_items_are_given_up(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert_alarm(an_alarm(), [an_item("a", 10), an_item("b", 20)])
        await catalog.forget_alarm_history(20)
        assert await summaries(catalog) == ["b"]

    run(scenario)


def test_an_action_is_finished_once(run: Callable[[Scenario], None]) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.insert_alarm(an_alarm(), [])
        await catalog.update_alarm(an_alarm(), notices=[a_notice("n2", 5), a_notice("n1", 7)])
        assert [notice.id for notice in await catalog.alarm_notices()] == ["n2", "n1"]
        for _ in range(2):
            await catalog.finish_alarm_notice("n2", an_item("taken"))
        assert [notice.id for notice in await catalog.alarm_notices()] == ["n1"]
        assert await summaries(catalog) == ["taken"]

    run(scenario)
