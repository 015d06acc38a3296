"""Sparklines."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.doctor.drawing.sparkline import BLOCKS, GAP, resample, sparkline

VALUES = st.lists(st.none() | st.floats(), max_size=200)


def test_values_are_told_from_nothing_and_from_gaps() -> None:
    assert sparkline([0, 0.001, 4, 8, None, 8], 10) == "▁▂▅█ █"


def test_a_given_top_leaves_room_above() -> None:
    assert sparkline([1, 2], 10, top=8) == "▂▃"
    assert sparkline([9], 10, top=8) == "█"


def test_peaks_are_kept_or_evened_out_as_told() -> None:
    values = [0, 8, None, None, 2, 4]
    assert resample(values, 3) == [8, None, 4]
    assert resample(values, 3, "mean") == [4, None, 3]


@pytest.mark.parametrize("values", [[], [None], [math.nan], [-1.0], [0.0], [math.inf], [5e-324]])
def test_there_is_a_block_for_each_value(values: list[float | None]) -> None:
    assert len(sparkline(values, 5)) == len(values)


@given(VALUES, st.integers(-3, 100), st.sampled_from(["max", "mean"]))
def test_it_never_fails_and_never_exceeds_its_width(values, width, how) -> None:  # type: ignore[no-untyped-def]
    drawn = sparkline(values, width, how=how)
    assert len(drawn) == max(0, min(width, len(values)))
    assert set(drawn) <= {*BLOCKS, GAP}


@given(
    st.lists(st.floats(min_value=0, max_value=1e300), min_size=1, max_size=200), st.integers(1, 50)
)
def test_the_highest_is_always_seen(values: list[float], width: int) -> None:
    drawn = sparkline(values, width)
    assert (BLOCKS[-1] in drawn) == (max(values) > 0)
    assert max(each or 0 for each in resample(values, width)) == max(values)
