"""Round ticks: of figures from 0, and of times."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_SPANS = (
    *(_MINUTE * each for each in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * each for each in (1, 2, 3, 6, 12)),
    *(_DAY * each for each in (1, 2, 7, 14, 28, 91, 182, 364)),
)


def ticks(highest: float, most: int = 5) -> list[float]:
    """At most `most` + 1 round figures from 0 to the first that is not below `highest`.

    Without a `highest` above 0 they are 0 and 1.
    """
    if not (highest > 0 and math.isfinite(highest)):
        return [0.0, 1.0]
    rough = highest / most
    if rough < 1e-300:  # too small for a power of ten to divide by
        return [0.0, highest]
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next((each for each in (1, 2, 2.5, 5) if each * power >= rough), 10)
    return [number * step for number in range(math.ceil(highest / step) + 1)]


def time_ticks(start_s: int, end_s: int, most: int = 6) -> list[int]:
    """At most `most` + 1 round times from `start_s` to `end_s`, in seconds since 1970."""
    span = next((each for each in _SPANS if (end_s - start_s) / each <= most), None)
    if span is None:
        return [start_s, end_s]
    first = -(-start_s // span) * span
    return list(range(first, end_s + 1, span))


def time_labels(at: Sequence[int]) -> list[str]:
    """What is written at those times: the hour, with the day where that is another one (UTC)."""
    times = [datetime.fromtimestamp(each, UTC) for each in at]
    if all(time.hour == time.minute == 0 for time in times):
        return [f"{time.day} {time:%b}" for time in times]
    labels, day = [], times[0].date() if times else None
    for time in times:
        labels.append(f"{time:%H:%M}" if time.date() == day else f"{time.day} {time:%b}")
        day = time.date()
    return labels
