"""When alarms are looked at, by whom, and what a failing store does to it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from cloudwatch.alarms.samples import METRIC, MINUTE_MS, a_watch, an_alarm
from shardline.cloudwatch.alarms.book import AlarmBook
from shardline.cloudwatch.alarms.evaluator import SETTLE_MS, Evaluator
from shardline.cloudwatch.alarms.history import configured
from shardline.cloudwatch.reader import MetricReader
from shardline.storage.alarm_entities import Alarm, Notice
from shardline.storage.alarm_port import HistoryQuery
from shardline.storage.catalog import SqlCatalog
from shardline.storage.metric_store import Datapoint, Datum, Metric
from shardline.storage.record_log import StorageError
from shardline.storage.statistic_set import set_of_values
from shardline.testing import ManualClock, MemoryMetrics

KINESIS = Metric(
    "000000000000", "us-east-1", METRIC.namespace, METRIC.metric_name, METRIC.dimensions
)
WATCH = a_watch(evaluation_periods=1)


class Metrics(MemoryMetrics):
    """Counts what is read, and fails where it is told to."""

    reads = 0
    fails = False

    async def read_periods(
        self, metric: Metric, period_s: int, start_s: int, end_s: int, **how: object
    ) -> Sequence[Datapoint]:
        """See the contract."""
        self.reads += 1
        if self.fails:
            raise StorageError("the metrics are gone")
        return await super().read_periods(metric, period_s, start_s, end_s, **how)  # type: ignore[arg-type]


class Outbox:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []

    def send(self, notices: Sequence[Notice]) -> None:
        """See the contract."""
        self.sent += notices


class World:
    """A catalog with alarms, metrics, and a clock that stands at a minute's beginning."""

    def __init__(self, catalog: SqlCatalog) -> None:
        self.catalog = catalog
        self.clock = ManualClock(MINUTE_MS)
        self.metrics = Metrics()
        self.outbox = Outbox()
        self.book = AlarmBook(catalog, self.clock, self.outbox)
        self.reader = MetricReader(self.metrics, self.clock)
        self.evaluator = self.another()

    def another(self, turn: Callable[[], Awaitable[bool]] | None = None) -> Evaluator:
        more = () if turn is None else (turn,)
        return Evaluator(self.book, self.reader, self.clock, *more)

    async def put(self, *alarms: Alarm) -> None:
        for alarm in alarms:
            await self.catalog.insert_alarm(alarm, [configured(alarm, "created", MINUTE_MS)])

    async def count(self, value: float) -> None:
        known = set_of_values([(value, 1.0)])
        assert known is not None
        await self.metrics.put([Datum(KINESIS, "None", 60, self.clock.now_ms() // 1000, known)])

    async def state(self, name: str = "busy") -> str:
        alarm = await self.catalog.alarm(("000000000000", "us-east-1", name))
        assert alarm is not None
        return alarm.state

    async def updates(self) -> int:
        query = HistoryQuery(
            "000000000000", "us-east-1", None, ["MetricAlarm"], "StateUpdate",
            0, 2**62, True, None, 100,
        )  # fmt: skip
        return len(await self.catalog.alarm_history(query))


def run(scenario: Callable[[World], Awaitable[None]]) -> None:
    async def on_catalog() -> None:
        catalog = await SqlCatalog.open(None)
        try:
            await scenario(World(catalog))
        finally:
            await catalog.close()

    asyncio.run(on_catalog())


def test_a_minute_counts_when_it_has_settled() -> None:
    async def scenario(world: World) -> None:
        # Given a minute beyond the threshold that is over
        await world.put(an_alarm(WATCH))
        await world.count(25.0)
        world.clock.advance(minutes=1, milliseconds=SETTLE_MS - 1)
        await world.evaluator.run_once()
        assert await world.state() == "INSUFFICIENT_DATA"
        # When its last counts have had their time, Then it is seen
        world.clock.advance(milliseconds=1)
        await world.evaluator.run_once()
        assert await world.state() == "ALARM"

    run(scenario)


def test_an_alarm_is_looked_at_once_a_minute_and_when_it_was_configured() -> None:
    async def scenario(world: World) -> None:
        await world.put(an_alarm(WATCH))
        world.clock.advance(milliseconds=SETTLE_MS)
        reads = []
        for _ in range(12):
            await world.evaluator.run_once()
            reads.append(world.metrics.reads)
            world.clock.advance(seconds=10)
        assert reads == [1] * 6 + [2] * 6
        await world.evaluator.run_once()
        assert world.metrics.reads == 3
        # When it is configured anew, Then it is looked at without delay
        await world.book.configure(an_alarm().key, lambda alarm: replace(alarm, description="new"))
        await world.evaluator.run_once()
        await world.evaluator.run_once()
        assert world.metrics.reads == 4

    run(scenario)


def test_a_short_period_is_looked_at_by_its_periods() -> None:
    async def scenario(world: World) -> None:
        metric = METRIC.__class__("App", "m", (), 10, "Sum")
        await world.put(an_alarm(a_watch(metric=metric)))
        for _ in range(6):
            await world.evaluator.run_once()
            world.clock.advance(seconds=10)
        assert world.metrics.reads == 6

    run(scenario)


def test_time_that_stood_still_is_not_made_up_for() -> None:
    async def scenario(world: World) -> None:
        await world.put(an_alarm(WATCH))
        await world.evaluator.run_once()
        world.clock.advance(days=3)
        await world.evaluator.run_once()
        await world.evaluator.run_once()
        assert world.metrics.reads == 2

    run(scenario)


def test_only_the_one_whose_turn_it_is_looks() -> None:
    async def scenario(world: World) -> None:
        await world.put(an_alarm(WATCH))
        turn = False

        async def ours() -> bool:
            return turn

        evaluator = world.another(ours)
        await evaluator.run_once()
        assert world.metrics.reads == 0
        turn = True
        await evaluator.run_once()
        assert world.metrics.reads == 1

    run(scenario)


def test_of_two_that_look_at_once_one_moves_an_alarm() -> None:
    async def scenario(world: World) -> None:
        # Given an alarm with an action, beyond its threshold
        await world.put(an_alarm(WATCH, alarm_actions=("https://example.org/hook",)))
        await world.count(25.0)
        world.clock.advance(minutes=2)
        # When several processes look at it at the same time
        await asyncio.gather(*(world.another().run_once() for _ in range(8)))
        # Then it is moved once, and one action is taken
        assert await world.state() == "ALARM"
        assert await world.updates() == 1
        assert len(world.outbox.sent) == 1
        assert list(await world.catalog.alarm_notices()) == world.outbox.sent

    run(scenario)


def test_what_was_found_of_an_older_alarm_is_not_used() -> None:
    async def scenario(world: World) -> None:
        # Given a look that is under way while the alarm is configured anew
        await world.put(an_alarm(WATCH))
        stale = await world.catalog.alarm(an_alarm().key)
        assert stale is not None
        await world.book.configure(stale.key, lambda alarm: an_alarm(WATCH, description="new"))
        # When it ends, Then the alarm stays as it is
        after = await world.book.move(stale.key, "ALARM", "old", None, since=stale.version)
        assert after is not None
        assert (after.state, after.description) == ("INSUFFICIENT_DATA", "new")
        assert await world.book.move(("x", "y", "z"), "OK", "none", None) is None

    run(scenario)


def test_an_alarm_that_cannot_be_read_leaves_the_others(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(world: World) -> None:
        await world.put(an_alarm(WATCH), an_alarm(WATCH, name="other"))
        await world.count(25.0)
        world.clock.advance(minutes=2)
        world.metrics.fails = True
        await world.evaluator.run_once()
        assert world.metrics.reads == 2
        assert [record.getMessage() for record in caplog.records] == [
            "alarm busy: the metrics are gone",
            "alarm other: the metrics are gone",
        ]
        # And they are looked at again at once when the store is back
        world.metrics.fails = False
        await world.evaluator.run_once()
        assert (await world.state(), await world.state("other")) == ("ALARM", "ALARM")

    run(scenario)
