"""Ticks of the axes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.doctor.drawing.axes import ticks, time_labels, time_ticks


def test_round_figures() -> None:
    assert ticks(9) == [0, 2, 4, 6, 8, 10]
    assert ticks(100) == [0, 20, 40, 60, 80, 100]
    assert ticks(0) == ticks(-5) == ticks(math.nan) == ticks(math.inf) == [0, 1]


@given(st.floats(min_value=0, max_value=1e300))
def test_the_highest_is_between_0_and_the_last(highest: float) -> None:
    marks = ticks(highest)
    assert marks[0] == 0
    assert marks[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(marks) <= 7
    assert marks == sorted(set(marks))


def test_times_are_round_and_a_new_day_is_named() -> None:
    # Given six hours around midnight
    start = 1_769_637_600  # 2026-01-28T22:00:00Z
    at = time_ticks(start, start + 6 * 3600)
    # Then hours are named, and midnight by its day
    assert time_labels(at) == ["22:00", "23:00", "29 Jan", "01:00", "02:00", "03:00", "04:00"]


def test_days_are_named_when_there_are_many() -> None:
    at = time_ticks(1_769_558_400, 1_769_558_400 + 6 * 86_400)
    assert time_labels(at)[:2] == ["28 Jan", "29 Jan"]


@pytest.mark.parametrize("span", [1, 60, 3_599, 86_400, 40 * 86_400, 455 * 86_400, 10**10])
def test_there_are_few_times_and_all_are_inside(span: int) -> None:
    at = time_ticks(1_000, 1_000 + span)
    assert all(1_000 <= each <= 1_000 + span for each in at)
    assert len(at) <= 7
    assert len(time_labels(at)) == len(at)
