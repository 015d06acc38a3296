"""Periods and times that are asked for: which there are, of what age, and where they begin. Pure.

Source: the documentation of GetMetricStatistics in AWS's model.
"""

from collections.abc import Mapping
from typing import Any

from shardline.cloudwatch.checks import VALUE, Checks
from shardline.storage.metric_store import KEPT_S, Resolution

SHORT_PERIODS = (1, 5, 10, 20, 30)
NEWEST_S = 2 * 3600
"""How far in the future a datapoint may be put."""
LONGEST_PERIOD_S = 366 * 86_400
_LATEST_S = 253_402_300_799  # the end of the year 9999


def is_period(period_s: float) -> bool:
    """Whether there is such a period; at most a year, which is ours."""
    return 1 <= period_s <= LONGEST_PERIOD_S and (period_s in SHORT_PERIODS or not period_s % 60)


def check_period(checks: Checks, path: str, period_s: int | None) -> None:
    """Hold a period to those that there are."""
    if period_s is None or period_s < 1 or period_s > LONGEST_PERIOD_S:
        checks.bad_value(str(period_s), path)
    elif not is_period(period_s):
        checks.refuse(VALUE, f"The parameter {path} must be a multiple of 60.")


def times_of(
    checks: Checks, call: Mapping[str, Any], in_wrong_order: str
) -> tuple[float, float] | None:
    """StartTime and EndTime of a call, in seconds since 1970; None if they are wrong.

    Operations have different sentences for a start behind the end.
    """
    times = []
    for name in ("StartTime", "EndTime"):
        at_s = call.get(name)
        if checks.required(at_s, name):
            assert at_s is not None
            if 0 <= at_s <= _LATEST_S:
                times.append(float(at_s))
            else:
                checks.bad_value(str(at_s), name)
    if len(times) < 2:
        return None
    if times[0] == times[1]:
        checks.refuse(VALUE, "The parameter StartTime must not equal parameter EndTime.")
        return None
    if times[0] > times[1]:
        checks.refuse(VALUE, in_wrong_order)
        return None
    return times[0], times[1]


def oldest_s(period_s: int, now_s: int) -> int:
    """Since when there are datapoints of a period: as long as steps are kept that it is made of."""
    steps: tuple[Resolution, ...] = tuple(KEPT_S)
    return now_s - max(KEPT_S[step] for step in steps if period_s % step == 0)


def rounded_start_s(start_s: float, now_s: int, period_s: int) -> int:
    """Where a time that is asked for begins (seconds since 1970).

    It is rounded down to the steps that are kept of its age: to minutes, or to a period below a
    minute, in the last 15 days; to five minutes in the last 63 days; before, to hours.
    """
    steps: tuple[Resolution, ...] = tuple(KEPT_S)
    kept = [step for step in steps if step >= 60 and start_s >= now_s - KEPT_S[step]]
    step = min(kept, default=max(steps))
    step_s = period_s if step == 60 and period_s < 60 else int(step)
    return int(start_s // step_s) * step_s
