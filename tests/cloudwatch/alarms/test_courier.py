"""Actions: tried again with growing pauses, never lost, never waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from cloudwatch.alarms.samples import MINUTE_MS, an_alarm
from shardline.cloudwatch.alarms.courier import OLDEST_MS, OTHERS_MS, RETRY_S, Courier
from shardline.cloudwatch.alarms.targets import Targets
from shardline.cloudwatch.alarms.webhook import Undelivered
from shardline.storage.alarm_entities import HistoryItem, Notice
from shardline.storage.alarm_port import HistoryQuery
from shardline.storage.catalog import SqlCatalog
from shardline.testing import ManualClock

URL = "https://example.org/hook"
NOTICE = Notice(
    "00000000-0000-4000-8000-000000000001", *an_alarm().key, "MetricAlarm", URL,
    'ALARM: "busy" in US East (N. Virginia)', '{"AlarmName":"busy"}', MINUTE_MS,
)  # fmt: skip


class Hook:
    """A webhook that answers with these outcomes, then takes everything. None hangs."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.posts: list[tuple[str, bytes, Mapping[str, str]]] = []

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """See `Post`."""
        self.posts.append((url, body, headers))
        if self.outcomes:
            outcome = self.outcomes.pop(0)
            if outcome is None:
                await asyncio.Event().wait()
            else:
                raise outcome


class World:
    """A catalog, a clock that stands still, and what was slept."""

    def __init__(self, catalog: SqlCatalog) -> None:
        self.catalog = catalog
        self.clock = ManualClock(MINUTE_MS)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def courier(self, hook: Hook, **settings: Any) -> Courier:
        targets = settings.pop("targets", Targets({}))
        return Courier(self.catalog, self.clock, targets, hook, sleep=self.sleep, **settings)

    async def put(self, *notices: Notice) -> None:
        alarm = await self.catalog.alarm(an_alarm().key)
        if alarm is None:
            alarm = an_alarm()
            await self.catalog.insert_alarm(alarm, [])
        await self.catalog.update_alarm(alarm, [], notices)

    async def outcomes(self) -> list[str]:
        return [item.summary for item in await self.items()]

    async def items(self) -> list[HistoryItem]:
        query = HistoryQuery(
            "000000000000", "us-east-1", "busy", ["MetricAlarm"], "Action",
            0, 2**62, False, None, 1000,
        )  # fmt: skip
        return list(await self.catalog.alarm_history(query))


def run(scenario: Callable[[World], Awaitable[None]]) -> None:
    async def on_catalog() -> None:
        catalog = await SqlCatalog.open(None)
        try:
            await scenario(World(catalog))
        finally:
            await catalog.close()

    asyncio.run(on_catalog())


def notices(number: int) -> list[Notice]:
    return [replace(NOTICE, id=f"id-{place:04d}") for place in range(number)]


def test_an_action_that_fails_is_tried_again() -> None:
    async def scenario(world: World) -> None:
        await world.put(NOTICE)
        hook = Hook(Undelivered("HTTP 503"), Undelivered("no answer within 10 s"))
        courier = world.courier(hook)
        courier.send([NOTICE])
        await courier.idle()
        assert world.slept == [1.0, 2.0]
        assert await world.outcomes() == [f"Successfully executed action {URL}"]
        assert list(await world.catalog.alarm_notices()) == []
        # And every try was the same message
        assert len(hook.posts) == 3
        assert len({(url, body) for url, body, _ in hook.posts}) == 1

    run(scenario)


def test_an_action_is_given_up_after_so_many_tries() -> None:
    async def scenario(world: World) -> None:
        await world.put(NOTICE)
        courier = world.courier(Hook(*[Undelivered("HTTP 500")] * 99))
        courier.send([NOTICE])
        await courier.idle()
        assert world.slept == list(RETRY_S)
        assert await world.outcomes() == [
            f'Failed to execute action {URL}. Received error: "HTTP 500"'
        ]
        assert list(await world.catalog.alarm_notices()) == []

    run(scenario)


def test_some_failures_are_final() -> None:
    async def scenario(world: World) -> None:
        await world.put(NOTICE)
        courier = world.courier(Hook(Undelivered("HTTP 404", is_final=True)))
        courier.send([NOTICE])
        await courier.idle()
        assert world.slept == []
        assert await world.outcomes() == [
            f'Failed to execute action {URL}. Received error: "HTTP 404"'
        ]

    run(scenario)


def test_actions_that_nobody_takes_say_so() -> None:
    async def scenario(world: World) -> None:
        actions = [
            "arn:aws:sns:us-east-1:000000000000:unknown",
            "arn:aws:lambda:us-east-1:000000000000:function:f",
            "https://elsewhere.org/",
        ]
        given = [
            replace(NOTICE, id=str(place), action=action) for place, action in enumerate(actions)
        ]
        await world.put(*given)
        hook = Hook()
        courier = world.courier(hook, targets=Targets({"ops": URL}, ("example.org",)))
        for notice in given:
            courier.send([notice])
            await courier.idle()
        assert hook.posts == []
        assert await world.outcomes() == [
            f'Failed to execute action {action}. Received error: "{reason}"'
            for action, reason in zip(
                actions,
                [
                    "This server was told no URL for the topic unknown.",
                    "Shardline takes no actions of this kind.",
                    "This server does not let alarms post to elsewhere.org.",
                ],
                strict=True,
            )
        ]

    run(scenario)


def test_what_hangs_delays_neither_others_nor_the_end() -> None:
    async def scenario(world: World) -> None:
        # Given one action that hangs
        first, *others = notices(5)
        await world.put(first, *others)
        courier = world.courier(Hook(None))
        courier.send([first])
        await asyncio.sleep(0)
        # When others follow, Then they are taken
        courier.send(others)
        for _ in range(1000):
            if len(await world.outcomes()) == 4:
                break
        assert len(await world.outcomes()) == 4
        # And when the server stops, the one that hangs is left to the next
        await asyncio.wait_for(courier.close(), 5)
        assert list(await world.catalog.alarm_notices()) == [first]
        courier.send([first])
        await courier.idle()
        assert list(await world.catalog.alarm_notices()) == [first]

        world.clock.advance(milliseconds=1)
        hook = Hook()
        again = world.courier(hook)
        await again.run_once()
        await again.idle()
        assert len(hook.posts) == 1
        assert list(await world.catalog.alarm_notices()) == []

    run(scenario)


def test_only_so_many_are_taken_at_once_and_none_is_lost() -> None:
    async def scenario(world: World) -> None:
        given = notices(10)
        await world.put(*given)
        hook = Hook()
        courier = world.courier(hook, at_once=4)
        courier.send(given)
        await courier.idle()
        assert len(hook.posts) == 4
        for taken in (8, 10, 10):
            await courier.run_once()
            await courier.idle()
            assert len(hook.posts) == taken
        assert len({dict(headers)["x-amz-sns-message-id"] for _, _, headers in hook.posts}) == 10

    run(scenario)


def test_what_another_process_is_taking_is_left_to_it_for_a_while() -> None:
    async def scenario(world: World) -> None:
        hook = Hook()
        courier = world.courier(hook)
        world.clock.advance(seconds=1)
        await world.put(replace(NOTICE, created_ms=world.clock.now_ms()))
        await courier.run_once()
        await courier.idle()
        assert hook.posts == []
        world.clock.advance(milliseconds=OTHERS_MS + 1)
        await courier.run_once()
        await courier.idle()
        assert len(hook.posts) == 1

    run(scenario)


def test_what_is_too_old_is_given_up() -> None:
    async def scenario(world: World) -> None:
        await world.put(NOTICE)
        world.clock.advance(milliseconds=OLDEST_MS + 1)
        hook = Hook()
        courier = world.courier(hook)
        await courier.run_once()
        await courier.idle()
        assert hook.posts == []
        assert await world.outcomes() == [
            f'Failed to execute action {URL}. Received error: "The action is too old."'
        ]

    run(scenario)


def test_the_history_has_what_was_sent() -> None:
    async def scenario(world: World) -> None:
        await world.put(NOTICE)
        courier = world.courier(Hook())
        courier.send([NOTICE, NOTICE])
        await courier.idle()
        (item,) = await world.items()
        assert item.data == (
            '{"actionState":"Succeeded","notificationResource":"https://example.org/hook",'
            f'"stateUpdateTimestamp":{MINUTE_MS},'
            '"publishedMessage":"{\\"AlarmName\\":\\"busy\\"}"}'
        )
        assert item.at_ms == MINUTE_MS

    run(scenario)


def test_a_fault_of_ours_is_logged_and_leaves_the_action(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(world: World) -> None:
        await world.put(NOTICE)
        courier = world.courier(Hook(ZeroDivisionError()))
        courier.send([NOTICE])
        await courier.idle()
        assert "a fault of ours in an action of alarm busy" in caplog.text
        assert URL not in caplog.messages[0]
        assert list(await world.catalog.alarm_notices()) == [NOTICE]

    run(scenario)
