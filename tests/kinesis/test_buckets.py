"""Token buckets: what they give over time."""

from hypothesis import given
from hypothesis import strategies as st

from shardline.kinesis.buckets import Bucket, Rate, per_second

NOW = 1_700_000_000_000
rates = st.builds(Rate, st.integers(1, 5000), st.integers(1, 20_000))
waits = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 9000)), max_size=40)


@given(rates, waits)
def test_it_never_gives_more_than_its_burst_and_what_the_rate_brought(
    rate: Rate, asked: list[tuple[int, int]]
) -> None:
    bucket, now, given_out = Bucket(rate, NOW), NOW, 0
    for wait, amount in asked:
        now += wait
        if amount <= bucket.left(now):
            bucket.take(amount)
            given_out += amount
        assert 0 <= bucket.left(now) <= rate.burst
    assert given_out * 1000 <= rate.burst * 1000 + (now - NOW) * rate.per_s


@given(rates, waits)
def test_who_takes_all_there_is_gets_the_rate_to_the_last_token(
    rate: Rate, asked: list[tuple[int, int]]
) -> None:
    # Given an empty bucket, emptied again while a token would still go in: nothing runs over
    bucket, now = Bucket(rate, NOW), NOW
    bucket.take(rate.burst)
    taken = 0
    for wait, _ in asked:
        step = min(wait, (rate.burst - 1) * 1000 // rate.per_s)
        now += step
        left = bucket.left(now)
        bucket.take(left)
        taken += left
    # Then all that the rate brought was given, in whole tokens
    assert taken == (now - NOW) * rate.per_s // 1000


@given(rates, st.integers(1, 50_000))
def test_more_than_there_is_empties_it_and_is_owed_whole(rate: Rate, amount: int) -> None:
    bucket = Bucket(rate, NOW)
    bucket.charge(amount, NOW)
    if amount <= rate.burst:
        assert bucket.left(NOW) == rate.burst - amount
        return
    assert bucket.left(NOW) == -amount
    paid_at = NOW + -(-amount * 1000 // rate.per_s)
    assert bucket.left(paid_at - 1) < 0
    assert bucket.left(paid_at) == 0 or rate.per_s >= 1000


def test_ten_of_two_a_second_are_paid_after_five() -> None:
    bucket = Bucket(per_second(2), NOW)
    bucket.charge(10, NOW)
    assert bucket.left(NOW + 5000) == 0
    assert bucket.left(NOW + 5500) == 1


def test_a_burst_that_is_raised_is_there_at_once() -> None:
    bucket = Bucket(Rate(1, 1), NOW)
    bucket.take(1)
    bucket.rate = Rate(1, 10)
    assert bucket.left(NOW) == 9
    bucket.rate = Rate(1, 1)
    assert bucket.left(NOW) == 0


def test_a_clock_that_goes_back_brings_nothing_and_stops_nothing() -> None:
    bucket = Bucket(per_second(1), NOW)
    bucket.take(1)
    an_hour_ago = NOW - 3_600_000
    assert bucket.left(an_hour_ago) == 0
    assert bucket.left(an_hour_ago + 1000) == 1


def test_it_is_full_when_nothing_of_it_is_used() -> None:
    bucket = Bucket(per_second(10), NOW)
    assert bucket.is_full(NOW)
    bucket.take(1)
    assert not bucket.is_full(NOW + 99)
    assert bucket.is_full(NOW + 100)
