"""The meters of one process."""

from hypothesis import given
from hypothesis import strategies as st

from shardline.kinesis.buckets import Rate, per_second
from shardline.kinesis.meters import LocalMeters, ReadRate, WriteRate

NOW = 1_700_000_000_000
WRITE = WriteRate(Rate(100, 150), per_second(10))
READ = ReadRate(per_second(100), per_second(5))
batches = st.lists(
    st.tuples(st.integers(0, 800), st.lists(st.integers(0, 60), min_size=1, max_size=15)),
    max_size=20,
)


@given(batches)
def test_records_are_taken_in_order_up_to_the_first_that_does_not_fit(
    calls: list[tuple[int, list[int]]],
) -> None:
    # Given one pair of buckets, and a plain model of it: one record after the other, in thousandths
    meters, now = LocalMeters(), NOW
    room, count = WRITE.bytes.burst * 1000, WRITE.records.burst * 1000
    for wait, sizes in calls:
        now += wait
        room = min(room + wait * WRITE.bytes.per_s, WRITE.bytes.burst * 1000)
        count = min(count + wait * WRITE.records.per_s, WRITE.records.burst * 1000)
        fitting = 0
        for size in sizes:
            if size * 1000 > room or count < 1000:
                break
            room, count, fitting = room - size * 1000, count - 1000, fitting + 1
        # Then both admit the same
        assert meters.write("shard", WRITE, sizes, now) == fitting


def test_shards_do_not_share() -> None:
    meters = LocalMeters()
    assert meters.write(("stream", 0), WRITE, [150], NOW) == 1
    assert meters.write(("stream", 0), WRITE, [1], NOW) == 0
    assert meters.write(("stream", 1), WRITE, [150], NOW) == 1


def test_what_is_refused_takes_nothing() -> None:
    meters = LocalMeters()
    assert meters.write("shard", WRITE, [151], NOW) == 0
    assert meters.write("shard", WRITE, [150], NOW) == 1


def test_reads_are_counted_by_calls_and_by_what_they_answered() -> None:
    meters = LocalMeters()
    assert [meters.read("shard", READ, NOW) for _ in range(6)] == [True] * 5 + [False]
    meters.charge("shard", READ, 500, NOW)
    # A fifth of a second later there is a call again, but the answer is owed for five seconds.
    assert not meters.read("shard", READ, NOW + 200)
    assert not meters.read("shard", READ, NOW + 5000)
    assert meters.read("shard", READ, NOW + 5010)


def test_a_read_that_owes_takes_no_call() -> None:
    meters = LocalMeters()
    meters.charge("shard", READ, 200, NOW)
    assert [meters.read("shard", READ, NOW) for _ in range(9)] == [False] * 9
    assert [meters.read("shard", READ, NOW + 2010) for _ in range(5)] == [True] * 5


def test_writes_reads_and_calls_of_one_key_are_metered_apart() -> None:
    meters = LocalMeters()
    assert meters.write("key", WRITE, [150], NOW) == 1
    assert meters.read("key", READ, NOW)
    assert meters.call("key", per_second(1), NOW)
    assert not meters.call("key", per_second(1), NOW)


def test_what_is_full_again_is_forgotten() -> None:
    # Given many shards that were written once, each a second after the one before
    meters = LocalMeters()
    for number in range(50_000):
        assert meters.write(number, WRITE, [1], NOW + number * 1000) == 1
        assert len(meters) <= 1026
    # Then one that is in use is not among the forgotten
    last = NOW + 50_000_000
    assert meters.write("busy", WRITE, [150], last) == 1
    for number in range(2000):
        meters.call(number, per_second(1), last)
    assert meters.write("busy", WRITE, [1], last) == 0
