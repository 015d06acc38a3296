"""Distributions by bounds."""

from hypothesis import given
from hypothesis import strategies as st

from shardline.histogram import BYTES, SECONDS, Histogram


@given(st.lists(st.floats(0, 20)))
def test_a_value_is_below_the_first_bound_that_is_not_less(values: list[float]) -> None:
    histogram = Histogram(SECONDS)
    for value in values:
        histogram.add(value)
    copied = histogram.copy()
    histogram.add(1.0)
    for place, bound in enumerate(SECONDS):
        below = sum(copied.counts[: place + 1])
        assert below == sum(value <= bound for value in values)
    assert sum(copied.counts) == len(values)
    assert copied.sum == sum(values)


def test_bounds_grow() -> None:
    for bounds in (SECONDS, BYTES):
        assert list(bounds) == sorted(set(bounds))
