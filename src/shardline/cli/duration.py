"""Times as people write and read them: `90s`, `1h10m`, `2d`, `2026-01-31T12:00:00Z`."""

import re
from datetime import UTC, datetime, timedelta

from shardline.doctor.words import two_units

_PART = re.compile(r"(\d+)([smhdw])")
_WHOLE = re.compile(r"(?:\d+[smhdw])+")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_since(text: str, now: datetime) -> datetime:
    """The time so long before `now`, or the ISO 8601 time (UTC unless it says otherwise).

    Raises ValueError, saying what would be right, for anything else and for what is yet to come.
    """
    try:
        since = now - _duration(text) if _WHOLE.fullmatch(text) else datetime.fromisoformat(text)
        if since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        since = since.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{text!r} is no time: write how long ago, such as 90s, 5m, 1h10m or 2d, "
            "or a time such as 2026-01-31T12:00:00Z"
        ) from error
    if since > now:
        raise ValueError(f"{text!r} is yet to come: it is {now:%Y-%m-%dT%H:%M:%SZ}")
    return since


def _duration(text: str) -> timedelta:
    return timedelta(
        seconds=sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(text))
    )


def in_words(span: timedelta) -> str:
    """A span as people write it, by its two largest units: `23h 10m`, `4m 2s`, `0.35s`."""
    seconds = span.total_seconds()
    if abs(seconds) < 10:
        return f"{seconds:.2f}s"
    return ("-" if seconds < 0 else "") + two_units(round(abs(seconds)))
