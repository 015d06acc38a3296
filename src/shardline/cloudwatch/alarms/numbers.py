"""Numbers and times as CloudWatch, a Java program, writes them in alarms' texts. Pure."""

import math
from datetime import UTC, datetime
from decimal import Decimal


def shown(value: float) -> str:
    """A number as Java's Double.toString has it: `25.0`, `1.5E7`, `1.0E-4`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    exact = Decimal(repr(value)).normalize()
    sign, digits, _ = exact.as_tuple()
    first, *rest = map(str, digits)
    return f"{'-' if sign else ''}{first}.{''.join(rest) or '0'}E{exact.adjusted()}"


def stamp(at_ms: int) -> str:
    """A time as alarms' JSON has it: `2024-07-16T13:14:42.817+0000`."""
    return f"{_utc(at_ms):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}+0000"


def zulu(at_ms: int) -> str:
    """A time as SNS has it: `2024-07-16T13:14:42.817Z`."""
    return f"{_utc(at_ms):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def short(at_s: int) -> str:
    """A time as reasons have it: `16/07/24 13:13:00`."""
    return f"{_utc(at_s * 1000):%d/%m/%y %H:%M:%S}"


def spoken(at_ms: int) -> str:
    """A time as composite alarms' reasons have it: `Tuesday 14 January, 2020 20:29:37 UTC`."""
    return f"{_utc(at_ms):%A %d %B, %Y %H:%M:%S} UTC"


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)
