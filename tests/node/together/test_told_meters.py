"""Meters of gateways that tell each other: what one takes, the other has not, once it was told."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from shardline.kinesis.buckets import Rate, per_second
from shardline.kinesis.meters import LocalMeters, ReadRate, WriteRate
from shardline.node.together.told_meters import ToldMeters
from shardline.storage.members_port import Listener
from shardline.testing import ManualClock

WRITE = WriteRate(per_second(1000), per_second(10))
READ = ReadRate(Rate(2000, 10_000), per_second(5))
SHARD = ("stream", 0)


class Wires:
    """Messages that are heard at once by all others."""

    most_bytes = 400

    def __init__(self, others: list["Wires"]) -> None:
        self._others = list(others)
        for each in others:
            each._others.append(self)
        self._listeners: dict[bytes, Listener] = {}
        self.sizes: list[int] = []

    def on(self, topic: bytes, listener: Listener) -> None:
        self._listeners[topic] = listener

    def tell(self, topic: bytes, payload: bytes = b"", *, worker: int | None = None) -> None:
        self.sizes.append(len(payload))
        for other in self._others:
            other._listeners[topic](1, payload)


def gateways(count: int, clock: ManualClock) -> tuple[Sequence[ToldMeters], Sequence[Wires]]:
    wires: list[Wires] = []
    for _ in range(count):
        wires.append(Wires(wires))
    return [ToldMeters(each, clock) for each in wires], wires


def tell(*meters: ToldMeters) -> None:
    for each in meters:
        asyncio.run(each.run_once())


def test_what_was_told_is_taken_everywhere() -> None:
    clock = ManualClock()
    (one, two, three), _ = gateways(3, clock)
    now = clock.now_ms()
    assert one.write(SHARD, WRITE, [100] * 6, now) == 6
    tell(one, two, three)
    assert two.write(SHARD, WRITE, [100] * 6, now) == 4
    tell(one, two, three)
    assert three.write(SHARD, WRITE, [100], now) == 0
    assert three.write(("other", 1), WRITE, [100], now) == 1
    assert three.write(SHARD, WRITE, [100] * 9, now + 500) == 5


def test_what_several_took_at_once_is_owed() -> None:
    clock = ManualClock()
    (one, two), _ = gateways(2, clock)
    now = clock.now_ms()
    assert one.write(SHARD, WRITE, [100] * 10, now) == 10
    assert two.write(SHARD, WRITE, [100] * 10, now) == 10
    tell(one, two)
    for each in (one, two):
        assert each.write(SHARD, WRITE, [1], now + 999) == 0
        assert each.write(SHARD, WRITE, [100] * 10, now + 1500) == 5


def test_a_call_and_a_read_are_told_too() -> None:
    clock = ManualClock()
    (one, two), _ = gateways(2, clock)
    now = clock.now_ms()
    assert one.call("x", per_second(1), now)
    assert one.read(SHARD, READ, now)
    one.charge(SHARD, READ, 12_000, now)
    tell(one)
    assert not two.call("x", per_second(1), now)
    assert not two.read(SHARD, READ, now + 900)
    assert two.read(SHARD, READ, now + 6_500)


def test_alone_they_do_what_those_of_one_process_do() -> None:
    clock = ManualClock()
    (told, _), _ = gateways(2, clock)
    local, choose, now = LocalMeters(), random.Random(7), clock.now_ms()
    for step in range(500):
        now += choose.choice([0, 1, 50, 400])
        sizes = [choose.randrange(1, 400) for _ in range(choose.randrange(1, 6))]
        assert told.write(SHARD, WRITE, sizes, now) == local.write(SHARD, WRITE, sizes, now), step
        tell(told)


@pytest.mark.parametrize("buckets", [1, 2, 50])
def test_many_are_told_in_messages_that_fit(buckets: int) -> None:
    clock = ManualClock()
    (one, two), wires = gateways(2, clock)
    now = clock.now_ms()
    for number in range(buckets):
        assert one.call(("c" * (number % 40), number), per_second(1), now)
    tell(one)
    assert max(wires[0].sizes) <= Wires.most_bytes
    assert not any(
        two.call(("c" * (number % 40), number), per_second(1), now) for number in range(buckets)
    )
    tell(one)
    sent = len(wires[0].sizes)
    tell(one)
    assert len(wires[0].sizes) == sent  # nothing was taken since
