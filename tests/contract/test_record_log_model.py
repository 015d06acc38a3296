"""Any sequence of calls gives what a plain list would give, also after a restart or a crash."""

import asyncio
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from cluster.kafka import KafkaCluster
from contract.record_log_support import (
    ALL,
    SMALL,
    ModelShard,
    SetClock,
    batch,
    crash_copy,
    kafka_settings,
    records,
    shared_logs,
)
from example_counts import examples
from shardline.storage.ciphers import DataKey
from shardline.storage.kafka_log import KafkaLog
from shardline.storage.range_port import MemoryRanges
from shardline.storage.record_log import Appended, RecordLog, Refused
from shardline.storage.sqlite_log import SqliteLog
from shardline.testing.memory_log import MemoryLog

SHARDS = st.integers(0, 2)
DATA = st.binary(max_size=30)
CIPHERS = {number: DataKey(number, bytes([number]) * 32) for number in (1, 2)}
BATCHES = st.lists(
    st.tuples(SHARDS, st.lists(DATA, max_size=5), st.sampled_from([None, *CIPHERS.values()])).map(
        lambda part: replace(batch(part[0], *part[1]), cipher=part[2])
    ),
    max_size=4,
)


class AnyLog(RuleBasedStateMachine):
    """One stream at a time, of three shards at most. A stream that is dropped is followed by one
    of another id."""

    log: RecordLog

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = SetClock()
        self.stream = 0
        self.model: dict[int, ModelShard] = {}

    @property
    def name(self) -> str:
        return f"s{self.stream}"

    @initialize()
    def open(self) -> None:
        self.log = MemoryLog(self.clock)
        self.create({0})

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.runner.run(self.log.close())
        self.runner.close()

    @rule(shards=st.sets(SHARDS, min_size=1))
    def create(self, shards):
        self.runner.run(self.log.create(self.name, shards))
        for shard in shards:
            self.model.setdefault(shard, ModelShard())

    @rule(calls=st.lists(BATCHES, min_size=1, max_size=4))
    def append(self, calls):
        calls = [[part for part in parts if part.shard in self.model] for parts in calls]

        async def together():
            return await asyncio.gather(*(self.log.append(self.name, parts) for parts in calls))

        for parts, answer in zip(calls, self.runner.run(together()), strict=True):
            assert len(answer) == len(parts)
            for part, result in zip(parts, answer, strict=True):
                place = self.model[part.shard].append(part, self.clock.at)
                expected = Appended(part.shard, *place) if place else Refused(part.shard)
                assert result == expected

    @rule(shards=st.sets(SHARDS))
    def seal(self, shards):
        shards &= self.model.keys()
        ends = self.runner.run(self.log.seal(self.name, shards))
        assert ends == {shard: len(self.model[shard].records) for shard in shards}
        for shard in shards:
            self.model[shard].sealed = True

    @rule(step=st.integers(-5, 20))
    def move_the_clock(self, step):
        self.clock.at += step

    @rule(back=st.integers(-30, 30))
    def trim(self, back):
        before_ms = self.clock.at - back
        for shard in self.model.values():
            shard.horizon = shard.first_since(before_ms)
        horizons = self.runner.run(self.log.trim(self.name, before_ms))
        assert horizons == {number: shard.horizon for number, shard in self.model.items()}

    @rule()
    def drop(self):
        self.runner.run(self.log.drop(self.name))
        self.model.clear()
        self.stream += 1
        self.create({0, 1})

    @rule(
        start=st.integers(0, 60),
        max_records=st.integers(1, 10),
        max_bytes=st.integers(0, 150),
        back=st.none() | st.integers(-10, 40),
    )
    def read(self, start, max_records, max_bytes, back):
        since_ms = 0 if back is None else self.clock.at - back
        for number, shard in self.model.items():
            self.check_page(number, shard, start, max_records, max_bytes, since_ms)

    def check_page(self, number, shard, start, max_records, max_bytes, since_ms):
        page = self.runner.run(
            self.log.read(
                self.name,
                number,
                start,
                max_records=max_records,
                max_bytes=max_bytes,
                since_ms=since_ms,
                ciphers=CIPHERS,
            )
        )
        got = records(page), page.next, page.waiting_ms, page.at_end
        assert got == shard.read(start, max_records, max_bytes, since_ms)

    @rule(back=st.integers(-10, 60))
    def find_a_time(self, back):
        time_ms = self.clock.at - back
        for number, shard in self.model.items():
            found = self.runner.run(self.log.offset_at(self.name, number, time_ms))
            assert found == shard.first_since(time_ms)

    @invariant()
    def tails_agree(self):
        for number, shard in self.model.items():
            assert self.runner.run(self.log.tail(self.name, number)) == len(shard.records)


class AnySqliteLog(AnyLog):
    """The same, on disk: the log may be closed and opened, or left in a crash, at any point."""

    @initialize()
    def open(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.copies = 0
        self.open_in(self.directory / "0")
        self.create({0})

    def open_in(self, path: Path) -> None:
        self.path = path
        self.log = self.runner.run(SqliteLog.open(path, self.clock, bounds=SMALL))

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.directory)

    @rule()
    def restart(self):
        self.runner.run(self.log.close())
        self.open_in(self.path)
        self.everything_is_there()

    @rule()
    def crash(self):
        self.copies += 1
        copy = self.directory / str(self.copies)
        crash_copy(self.log, self.path, copy)
        self.runner.run(self.log.close())
        self.open_in(copy)
        self.everything_is_there()

    def everything_is_there(self):
        for number, shard in self.model.items():
            self.check_page(number, shard, 0, ALL, ALL, 0)
            self.check_page(number, shard, 1, ALL, ALL, self.clock.at - 10)


class AnySharedLog(AnyLog):
    """The same, by three workers of one machine, each of which knows only what it is told."""

    @initialize()
    def open(self) -> None:
        self.directory = Path(tempfile.mkdtemp())
        self.log = self.runner.run(shared_logs(self.directory, self.clock, SMALL))
        self.create({0})

    def teardown(self) -> None:
        super().teardown()
        shutil.rmtree(self.directory)

    @rule()
    def restart(self):
        self.runner.run(self.log.close())
        self.log = self.runner.run(shared_logs(self.directory, self.clock, SMALL))
        for number, shard in self.model.items():
            self.check_page(number, shard, 0, ALL, ALL, 0)


class AnyKafkaLog(AnyLog):
    """The same, on a Kafka: a gateway that is opened again knows only what Kafka and the store of
    the ranges kept."""

    brokers = ""

    @initialize()
    def open(self) -> None:
        self.settings = kafka_settings(self.brokers)
        self.ranges = MemoryRanges()
        self.open_again()
        self.create({0})

    def open_again(self) -> None:
        self.log = self.runner.run(KafkaLog.open(self.settings, self.clock, self.ranges))

    @rule()
    def restart(self):
        self.runner.run(self.log.close())
        self.open_again()
        for number, shard in self.model.items():
            self.check_page(number, shard, 0, ALL, ALL, 0)
            self.check_page(number, shard, 1, ALL, ALL, self.clock.at - 10)


@pytest.mark.parametrize(
    "histories",
    [pytest.param(3, marks=pytest.mark.slow), pytest.param(25, marks=pytest.mark.full)],
)
@pytest.mark.timeout(1200)
def test_any_kafka_log(kafka_broker: KafkaCluster, histories: int) -> None:
    AnyKafkaLog.brokers = kafka_broker.bootstrap_servers
    run_state_machine_as_test(
        AnyKafkaLog,
        settings=settings(
            max_examples=histories,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


TestAnyLog = AnyLog.TestCase
TestAnyLog.settings = settings(max_examples=examples(60), stateful_step_count=30, deadline=None)
TestAnySqliteLog = AnySqliteLog.TestCase
TestAnySqliteLog.settings = settings(
    max_examples=examples(25), stateful_step_count=30, deadline=None
)
TestAnySharedLog = AnySharedLog.TestCase
TestAnySharedLog.settings = settings(
    max_examples=examples(25), stateful_step_count=30, deadline=None
)
