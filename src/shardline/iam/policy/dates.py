"""Dates in conditions: W3C's forms of ISO 8601, and seconds since 1970.

What AWS takes for a date is wider than what is one: `01T` passes, `234-13` does not (moto's
`tests/test_iam/test_iam_policies.py`, which records the answers of AWS). A value that passes and
is no date is later than nothing, earlier than nothing and equal to nothing.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_SECONDS = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_LEGACY = re.compile(
    r"(?P<year>\d\d(\d\d)?)?(-(?P<month>\d\d?)(-(?P<day>\d\d?))?)?"
    r"([Tt](?P<hour>\d\d?)?(:(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<part>\d{1,9}))?)?)?"
    r"(?P<zone>[Zz]|[+-]\d\d(:?\d\d)?)?)?",
    re.ASCII,
)


def milliseconds(text: str) -> int | None:
    """The time that a text means, ms since 1970; None for what is no date."""
    if _SECONDS.fullmatch(text):
        return int(text) * 1000
    found = _LEGACY.fullmatch(text)
    if found is None or len(found["year"] or "") != 4:
        return None
    second = int(found["second"] or 0)
    part = int((found["part"] or "0").ljust(9, "0")[:6])
    try:
        moment = datetime(
            int(found["year"]),
            int(found["month"] or 1),
            int(found["day"] or 1),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            second,
            part,
            tzinfo=_zone(found["zone"]),
        )
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


def iso(time_ms: int) -> str:
    """A time as the key `aws:CurrentTime` has it: UTC, to the second, or to the millisecond."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)
    exact = "milliseconds" if time_ms % 1000 else "seconds"
    return moment.isoformat(timespec=exact).replace("+00:00", "Z")


def passes_legacy_parsing(text: str) -> bool:
    """Whether AWS takes a policy's text for a date, as far as its answers are recorded."""
    if _SECONDS.fullmatch(text):
        return -(2**63) <= int(text) < 2**63
    found = _LEGACY.fullmatch(text)
    return bool(text) and found is not None and _in(found["month"], 12) and _in(found["day"], 31)


def _in(text: str | None, last: int) -> bool:
    return text is None or 1 <= int(text) <= last


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)
