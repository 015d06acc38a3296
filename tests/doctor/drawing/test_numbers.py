"""Figures as people read them."""

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.doctor.drawing.numbers import human, scale_of
from shardline.doctor.findings import Unit


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "bytes", "0 B"),
        (1023, "bytes", "1,023 B"),
        (1.2 * 1024**2, "bytes", "1.2 MiB"),
        (3 * 1024**3, "bytes", "3 GiB"),
        (3_400, "records", "3.4k"),
        (999, "count", "999"),
        (0.25, "count", "0.25"),
        (12_345_678, "count", "12.3M"),
        (250, "milliseconds", "250 ms"),
        (0.004, "milliseconds", "0 ms"),
        (4_200, "milliseconds", "4.2 s"),
        (90_000, "milliseconds", "1.5 min"),
        (86_400_000, "milliseconds", "1 d"),
        (0.983, "share", "98.3%"),
        (1, "share", "100%"),
        (4, "shards", "4"),
        (-0.001, "count", "0"),
        (math.inf, "count", "∞T"),
    ],
)
def test_figures(value: float, unit: Unit, text: str) -> None:
    assert human(value, unit) == text


def test_a_rate_says_so() -> None:
    assert human(2048, "bytes", per_second=True) == "2 KiB/s"


def test_a_row_shares_the_scale_of_its_largest() -> None:
    scale = scale_of(3 * 1024**2, "bytes")
    assert [scale.number(each) for each in (3 * 1024**2, 512 * 1024, 0)] == ["3", "0.5", "0"]
    assert scale.unit == "MiB"


@given(st.floats(), st.sampled_from(get_args(Unit)))
def test_any_figure_is_short(value: float, unit: Unit) -> None:
    assert 0 < len(human(value, unit)) <= 14


@given(st.floats(min_value=0.01, max_value=1e14), st.sampled_from(["bytes", "count"]))
def test_what_is_read_is_near_what_it_was(value: float, unit: Unit) -> None:
    scale = scale_of(value, unit)
    assert float(scale.number(value).replace(",", "")) * scale.by == pytest.approx(value, rel=0.5)
