"""Meters in shared memory: what one process takes, another has not."""

import random
from pathlib import Path

import pytest

from shardline.kinesis.buckets import Rate, per_second
from shardline.kinesis.meters import LocalMeters, ReadRate, WriteRate
from shardline.node.together import meters
from shardline.node.together.meters import SharedMeters

WRITE = WriteRate(per_second(1000), per_second(10))
READ = ReadRate(Rate(2000, 10_000), per_second(5))


def test_a_rate_holds_for_all_together(tmp_path: Path) -> None:
    one, two = SharedMeters(tmp_path / "meters"), SharedMeters(tmp_path / "meters")
    assert one.write("shard", WRITE, [100] * 6, 0) == 6
    assert two.write("shard", WRITE, [100] * 6, 0) == 4
    assert one.write("shard", WRITE, [1], 0) == 0
    assert two.write("other", WRITE, [100] * 6, 0) == 6
    assert two.write("shard", WRITE, [100] * 6, 500) == 5
    assert one.write("shard", WRITE, [1], 500) == 0


def test_they_do_what_those_of_one_process_do(tmp_path: Path) -> None:
    """Any calls, by two processes in turn, as if one had made them."""
    shared = [SharedMeters(tmp_path / "meters") for _ in range(2)]
    local, choose, now_ms = LocalMeters(), random.Random(7), 1_000
    for step in range(3000):
        now_ms += choose.choice([0, 0, 1, 50, 400])
        shard, mine = choose.choice(["a", "b", ("c", 1)]), shared[step % 2]
        match choose.randrange(4):
            case 0:
                sizes = [choose.randrange(1, 400) for _ in range(choose.randrange(1, 6))]
                results = {m.write(shard, WRITE, sizes, now_ms) for m in (mine, local)}
            case 1:
                results = {m.read(shard, READ, now_ms) for m in (mine, local)}
            case 2:
                size = choose.randrange(12_000)
                results = {m.charge(shard, READ, size, now_ms) for m in (mine, local)}
            case _:
                results = {m.call(shard, per_second(3), now_ms) for m in (mine, local)}
        assert len(results) == 1, step


def test_more_buckets_than_slots_make_room_of_those_that_are_full_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meters, "SLOTS", 32)
    shared = SharedMeters(tmp_path / "meters")
    for number in range(500):
        now_ms = number * 1000
        assert shared.call(number, per_second(1), now_ms)
        assert not shared.call(number, per_second(1), now_ms)


def test_closing_is_idempotent(tmp_path: Path) -> None:
    shared = SharedMeters(tmp_path / "meters")
    shared.close()
    shared.close()
