"""Dates in conditions."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.iam.policy.dates import iso, milliseconds, passes_legacy_parsing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2020-01-01T00:00:00Z", 1_577_836_800_000),
        ("2020-01-01", 1_577_836_800_000),
        ("2020-01", 1_577_836_800_000),
        ("2020-01-01T01:00:00+01:00", 1_577_836_800_000),
        ("2019-12-31T22:30:00-0130", 1_577_836_800_000),
        ("2020-01-01T00:00:00.25Z", 1_577_836_800_250),
        ("1577836800", 1_577_836_800_000),
        ("-1", -1_000),
        ("01T", None),
        ("2020-02-30", None),
        ("2020-01-01T25:00:00Z", None),
        ("2020-01-01T00:00:00+99:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_date_is_read(text: str, expected: int | None) -> None:
    assert milliseconds(text) == expected


@given(st.integers(0, 4_000_000_000_000))
def test_a_time_is_read_as_it_is_written(time_ms: int) -> None:
    assert milliseconds(iso(time_ms)) == time_ms
    assert passes_legacy_parsing(iso(time_ms))


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))
def test_dates_are_read_as_python_reads_them(moment: datetime) -> None:
    expected = round(moment.replace(microsecond=0, tzinfo=UTC).timestamp() * 1000)
    assert milliseconds(moment.isoformat(timespec="seconds") + "Z") == expected


@given(st.text(max_size=40))
def test_whatever_the_text_nothing_else_happens(text: str) -> None:
    assert milliseconds(text) is None or passes_legacy_parsing(text)
