"""Counting the load of on-demand streams."""

from kinesis_samples import NOW_MS, make_stream
from shardline.kinesis.load import (
    MINUTE_MS,
    NONE,
    SHARD_BYTES,
    Load,
    LoadMeter,
    StreamLoad,
    highest,
    total,
)
from shardline.storage.entities import DayPeak
from shardline.storage.record_log import Appended, Batch, Refused

STREAM = make_stream(4, mode="ON_DEMAND")
START_MS = NOW_MS - NOW_MS % 86_400_000
DAY = START_MS // 86_400_000
DAY_MINUTES = 1440


def put(meter: LoadMeter, shard: int, size: int, records: int, at_ms: int) -> None:
    batch = Batch(shard, [b"key"] * records, [b"x" * (size - 3)] * records)
    meter.count(STREAM, [batch], [Appended(shard, 0, at_ms)])


def test_a_load_is_a_mean_of_the_last_full_minute_with_keys() -> None:
    meter = LoadMeter()
    for second in range(60):
        put(meter, 1, 100, 2, START_MS + second * 1000)
    put(meter, 2, 600, 1, START_MS + 59_999)
    # Nothing of the minute that is going on is seen
    assert meter.at(STREAM.id, START_MS + MINUTE_MS - 1).last == {}
    seen = meter.at(STREAM.id, START_MS + MINUTE_MS)
    assert seen.last == {1: Load(200.0, 2.0), 2: Load(10.0, 1 / 60)}
    assert seen.peak() == Load(210.0, 2 + 1 / 60)
    # and a minute later it is over
    assert meter.at(STREAM.id, START_MS + 2 * MINUTE_MS).last == {}


def test_a_look_that_comes_late_sees_the_highest_minute_there_was() -> None:
    load = StreamLoad(0)
    for minute, size in enumerate((6000, 60_000, 600)):
        load.add(minute, 0, size, 60)
    load.turn(20)
    assert (load.fresh, load.last) == ({0: Load(1000.0, 1.0)}, {})


def test_a_minute_is_complete_when_the_next_one_brings_something() -> None:
    meter = LoadMeter()
    put(meter, 0, 600, 1, START_MS)
    put(meter, 0, 1200, 1, START_MS + MINUTE_MS)
    put(meter, 0, 6, 1, START_MS + MINUTE_MS - 1)  # late, counted to the minute going on
    assert meter.at(STREAM.id, START_MS + 2 * MINUTE_MS).last == {0: Load(20.1, 2 / 60)}


def test_what_was_refused_and_what_is_provisioned_is_not_counted() -> None:
    meter = LoadMeter()
    batch = Batch(0, [b"k"], [b"d"])
    meter.count(STREAM, [batch, batch], [Refused(0), Appended(0, 0, START_MS)])
    meter.count(make_stream(4), [batch], [Appended(0, 0, START_MS)])
    assert meter.at(STREAM.id, START_MS + MINUTE_MS).last == {0: Load(2 / 60, 1 / 60)}


def test_no_shard_counts_for_more_than_aws_lets_it_take() -> None:
    loads = [Load(5.0 * SHARD_BYTES, 10.0), Load(10.0, 9000.0)]
    assert total(loads) == Load(SHARD_BYTES + 10.0, 1010.0)
    assert highest(loads) == Load(5.0 * SHARD_BYTES, 9000.0)
    assert (highest([]), total([]), NONE.shards) == (NONE, NONE, 0)
    assert Load(SHARD_BYTES / 2, 100).shards == 0.5
    assert Load(0, 250).shards == 0.25


def test_a_shard_is_known_by_its_highest_minute_of_today_and_yesterday() -> None:
    load = StreamLoad(DAY * DAY_MINUTES)
    load.add(DAY * DAY_MINUTES + 5, 0, 60 * SHARD_BYTES // 2, 1)
    load.add(DAY * DAY_MINUTES + 6, 0, 60 * SHARD_BYTES // 4, 1)
    load.turn(DAY * DAY_MINUTES + 7)
    assert load.highest([0, 1]) == {0: 0.5, 1: 0.0}
    load.turn((DAY + 1) * DAY_MINUTES + 1439)
    assert load.highest([0]) == {0: 0.5}
    load.turn((DAY + 2) * DAY_MINUTES)
    assert load.highest([0]) == {0: 0.0}


def test_a_closed_shard_is_forgotten() -> None:
    load = StreamLoad(0)
    load.add(1, 7, 6000, 1)
    load.turn(2)
    assert load.highest([7])[7] > 0
    assert load.highest([8]) == {8: 0.0}
    assert load.highest([7]) == {7: 0.0}


def test_a_peak_is_remembered_for_30_days() -> None:
    meter = LoadMeter()
    put(meter, 0, 6000, 1, START_MS)
    for days, seen in ((1, 100.0), (30, 100.0), (31, 0.0)):
        assert meter.at(STREAM.id, START_MS + days * 86_400_000).peak().bytes == seen


def test_recent_is_of_today_and_yesterday() -> None:
    meter = LoadMeter()
    put(meter, 0, 6000, 1, START_MS)
    assert meter.at(STREAM.id, START_MS + 86_400_000 * 2 - 1).recent().bytes == 100.0
    assert meter.at(STREAM.id, START_MS + 86_400_000 * 2).recent() == NONE


def test_what_changed_is_given_out_once_and_comes_back() -> None:
    meter = LoadMeter()
    put(meter, 0, 6001, 1, START_MS)
    meter.at(STREAM.id, START_MS + MINUTE_MS)
    stored = meter.take_changed()
    assert stored == {STREAM.id: [DayPeak(STREAM.id, DAY, 101, 1)]}  # rounded up
    assert meter.take_changed() == {}
    # What could not be stored is given out again
    meter.not_stored([STREAM.id, "gone"])
    assert meter.take_changed() == stored
    # A lower minute changes nothing
    put(meter, 0, 60, 1, START_MS + MINUTE_MS)
    meter.at(STREAM.id, START_MS + 2 * MINUTE_MS)
    assert meter.take_changed() == {}
    # And what an earlier process stored is known again
    later = LoadMeter()
    later.restore(stored[STREAM.id], START_MS)
    assert later.at(STREAM.id, START_MS).peak() == Load(101, 1)


def test_a_peak_that_is_too_old_is_taken_out_of_the_store() -> None:
    meter = LoadMeter()
    meter.restore([DayPeak(STREAM.id, DAY - 31, 5, 5), DayPeak(STREAM.id, DAY, 7, 7)], START_MS)
    assert meter.at(STREAM.id, START_MS).peak() == Load(7, 7)
    assert meter.take_changed() == {STREAM.id: [DayPeak(STREAM.id, DAY, 7, 7)]}


def test_to_forget_leaves_the_last_minute() -> None:
    load = StreamLoad(DAY * DAY_MINUTES)
    load.add(DAY * DAY_MINUTES, 0, 60_000, 60)
    load.add(DAY * DAY_MINUTES + 1, 0, 6_000, 6)
    load.turn(DAY * DAY_MINUTES + 2)
    load.forget()
    assert load.peak() == load.recent() == Load(100.0, 0.1)
    assert load.highest([0])[0] == Load(100.0, 0.1).shards
    load.turn(DAY * DAY_MINUTES + 3)
    load.forget()
    assert load.peak() == NONE
    assert load.changed


def test_streams_that_are_gone_are_forgotten() -> None:
    meter = LoadMeter()
    put(meter, 0, 6000, 1, START_MS)
    meter.keep_only(set())
    assert meter.at(STREAM.id, START_MS + MINUTE_MS).peak() == NONE
