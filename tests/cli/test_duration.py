"""`--since`: how long ago, or a time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardline.cli.duration import in_words, parse_since

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("1h10m", timedelta(minutes=70)),
        ("2d", timedelta(days=2)),
        ("1w", timedelta(weeks=1)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_so_long_ago(text: str, ago: timedelta) -> None:
    assert parse_since(text, NOW) == NOW - ago


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T10:00:00Z", "2026-03-01T11:00:00+01:00", "2026-03-01T10:00", "2026-03-01 10:00"],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert parse_since(text, NOW) == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "5", "m", "1x", "1h 10m", "-5m", "1.5h", "yesterday", "99999999999w"]
)
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90s, 5m, 1h10m or 2d"):
        parse_since(text, NOW)


def test_what_is_yet_to_come_is_refused() -> None:
    with pytest.raises(ValueError, match="yet to come"):
        parse_since("2026-03-01T12:00:01Z", NOW)


@given(st.integers(0, 30), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_parts_add_up(days: int, hours: int, minutes: int, seconds: int) -> None:
    since = parse_since(f"{days}d{hours}h{minutes}m{seconds}s", NOW)
    assert NOW - since == timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.00s"),
        (0.347, "0.35s"),
        (59.6, "1m"),
        (242, "4m 2s"),
        (83_400, "23h 10m"),
        (86_400, "1d"),
        (90_061, "1d 1h"),
        (-3600, "-1h"),
    ],
)
def test_spans_are_told_by_their_two_largest_units(seconds: float, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words
